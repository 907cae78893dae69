"""What telling customers of an offer has to bring before it pays: from past orders, no guess.

Extra orders are counted at the usual size, or at the threshold where that is more, and as using the
offer: each earns its margin less what the offer then costs. What an offer gives to orders that come
anyway, and the contact, are lost before the first of them.
"""

from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.fields import WHOLE
from regulars_platform.offers.kinds import Offer
from regulars_platform.offers.leak import Leak, given_to_one
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.orders.table import MONEY_SCALE


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakEven:
    """Per customer told, currency units; low at the upper end of the margin, high at the lower.

    cost: lost where the offer changes nothing: the contact, and what goes to orders that come
    anyway (of an open offer: to those of the whole shop). low, high: goods that they have to buy
    beyond that; None: an order that uses the offer earns nothing, so none pays. orders_low,
    orders_high: the same in orders. telling_low, telling_high: goods that the contact alone has to
    bring, where the offer is there already; only of open offers. spend: what one of them spends in
    that time without it.
    """

    cost: float
    low: float | None
    high: float | None
    orders_low: float | None
    orders_high: float | None
    telling_low: float | None
    telling_high: float | None
    spend: float

    @property
    def never(self) -> bool:
        """Whether extra orders lose money even at the upper end of the margin."""
        return self.low is None


def break_even(
    offer: Offer,
    draft: Draft,
    *,
    told: int,
    spend: float,
    usual: float,
    theirs: Leak,
    whole: Leak | None,
) -> BreakEven | None:
    """Of a draft with one arm that tells `told` customers; None where its margin does not hold.

    spend: of one of them in a past window; usual: of their orders; both in currency units. theirs:
    what a code of their own would give away; whole: what an offer open to the whole shop would.

    Half of 100 customers told by a letter of 1.00, without an offer; orders of 40 earn 50%:

    >>> from regulars_platform.campaigns.plan_form import read_draft
    >>> from regulars_platform.offers.kinds import MessageOnly
    >>> raw = {"margin_low_percent": "50", "margin_high_percent": "50"}
    >>> raw["arms"] = [{"name": "a", "share_percent": "80", "offer": {"kind": "message"},
    ...     "channel": "letter", "contact_cost": "1"}]
    >>> none = Leak(customers=50, orders=9, qualifying_orders=0, cost=0)
    >>> found = break_even(MessageOnly(), read_draft(raw), told=50, spend=20.0, usual=40.0,
    ...     theirs=none, whole=None)
    >>> found.low, found.orders_low
    (2.0, 0.05)
    """
    if draft.margin_low is None or draft.margin_high is None or not draft.arms:
        return None
    contact = draft.arms[0].contact_cost / MONEY_SCALE
    given = (theirs.cost_per_customer or 0.0) if whole is None else whole.cost / max(told, 1)
    cost = contact + given / MONEY_SCALE
    size, gives = order_size(offer, usual), given_to_one(offer, usual)

    def orders(lost: float, margin: int) -> float | None:
        earned = margin / WHOLE * size - gives
        return lost / earned if earned > 0 else None

    low, high = orders(cost, draft.margin_high), orders(cost, draft.margin_low)
    telling = [
        None if whole is None else _goods(orders(contact, margin), size)
        for margin in (draft.margin_high, draft.margin_low)
    ]
    return BreakEven(
        cost=cost,
        low=_goods(low, size),
        high=_goods(high, size),
        orders_low=low,
        orders_high=high,
        telling_low=telling[0],
        telling_high=telling[1],
        spend=spend,
    )


def order_size(offer: Offer, usual: float) -> float:
    """What an order that uses the offer comes to, currency units: as usual, or the threshold.

    >>> from regulars_platform.offers.kinds import FreeShipping
    >>> order_size(FreeShipping(threshold=800_000, shipping_cost=50_000), 66.0)
    80.0
    """
    one = pl.DataFrame({"value": [float(usual)]})
    threshold = one.select(customer_threshold(offer, pl.col("value"))).item()
    return max(usual, (threshold or 0) / MONEY_SCALE)


def _goods(orders: float | None, size: float) -> float | None:
    return None if orders is None else orders * size
