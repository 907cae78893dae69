"""What a shop can offer, each kind with what it costs.

Money in ten-thousandths, percentages in basis points. `reach` says who may use the offer: "open"
to the whole shop (only the telling is randomised, so the holdout may use it and costs too) or
"personal" (a code for each treated customer, so that the holdout cannot).

A threshold is one for everybody, or with a `multiple` each customer's own: the price point at or
above that many times what the customer's past orders came to on average (see `thresholds`). Then
`threshold` is the lowest that anybody gets, and the one for customers whose past orders say
nothing. Only a personal offer can have a multiple: what is open to the whole shop is one threshold.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from regulars_platform.fields import WHOLE, money_text, percent_text

Reach = Literal["open", "personal"]
REACHES = ("open", "personal")
PriceStyle = Literal["nines", "round"]
PRICE_STYLES: tuple[PriceStyle, ...] = ("nines", "round")
MAX_WORDS = 2000
MAX_MULTIPLE = 10 * WHOLE


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeShipping:
    """Free shipping from `threshold`; the shop then pays `shipping_cost` per order."""

    threshold: int
    shipping_cost: int
    reach: Reach = "open"
    words: str = ""
    multiple: int | None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class AmountOff:
    """`amount` off an order of goods worth `threshold` or more."""

    threshold: int
    amount: int
    reach: Reach = "open"
    words: str = ""
    multiple: int | None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class PercentOff:
    """`percent` (basis points, below 10,000) off an order of `threshold` or more (0: any order)."""

    percent: int
    threshold: int = 0
    reach: Reach = "open"
    words: str = ""
    multiple: int | None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gift:
    """A gift with an order of `threshold` or more (0: any); it costs `gift_cost`, packing too."""

    gift_cost: int
    threshold: int = 0
    reach: Reach = "open"
    words: str = ""
    multiple: int | None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class BonusPoints:
    """Points with an order of `threshold` or more (0: any): a debt until they are spent.

    points: for the order as such; per_unit: for each whole unit of currency of its goods.
    point_value: what one point takes off when it is spent, ten-thousandths; redeemed: the share of
    points that are ever spent, basis points. So one point costs point_value x redeemed.
    """

    points: int
    per_unit: int
    point_value: int
    redeemed: int
    threshold: int = 0
    reach: Reach = "open"
    words: str = ""
    multiple: int | None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class RedPacket:
    """Up to `amount` off any order, however small (a red packet, or a coupon without a threshold).

    threshold, multiple and price_points are those of an offer that has none.
    """

    amount: int
    reach: Reach = "personal"
    words: str = ""
    threshold: Literal[0] = 0
    multiple: None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class FlashSale:
    """`percent` (basis points) off the named `products`, as the order lines name them."""

    percent: int
    products: tuple[str, ...]
    reach: Reach = "open"
    words: str = ""
    threshold: Literal[0] = 0
    multiple: None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class CashBack:
    """`amount` paid out to everyone who follows the shop in the outcome window, order or not."""

    amount: int
    reach: Reach = "open"
    words: str = ""
    threshold: Literal[0] = 0
    multiple: None = None
    price_points: PriceStyle = "nines"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageOnly:
    """Nothing but the message: costs only the contact."""

    reach: Reach = "open"
    words: str = ""


ThresholdOffer = FreeShipping | AmountOff | PercentOff | Gift | BonusPoints
"""An offer that orders of a threshold can use."""

PriceCut = AmountOff | PercentOff | RedPacket | FlashSale
"""An offer that lowers what the customer pays: its cost is missing in the amounts of orders."""

Incentive = ThresholdOffer | RedPacket | FlashSale | CashBack
"""An offer that gives something."""

Offer = Incentive | MessageOnly

KINDS: dict[str, type[Offer]] = {
    "free_shipping": FreeShipping,
    "amount_off": AmountOff,
    "percent_off": PercentOff,
    "gift": Gift,
    "points": BonusPoints,
    "red_packet": RedPacket,
    "flash_sale": FlashSale,
    "cash_back": CashBack,
    "message": MessageOnly,
}


def offer_json(offer: Offer) -> dict[str, Any]:
    """The canonical JSON form: decimals as text; reading it gives the same offer again.

    One threshold for everybody is written as it was before there were multiples, so that the digest
    of a plan stays what it was.
    """
    written: dict[str, Any] = {"reach": offer.reach, "words": offer.words}
    if not isinstance(offer, MessageOnly) and offer.multiple is not None:
        written |= {"multiple": money_text(offer.multiple), "price_points": offer.price_points}
    return written | _terms(offer)


def _terms(offer: Offer) -> dict[str, Any]:
    if isinstance(offer, ThresholdOffer):
        return _threshold_terms(offer)
    match offer:
        case RedPacket():
            return {"kind": "red_packet", "amount": money_text(offer.amount)}
        case FlashSale():
            percent = percent_text(offer.percent)
            return {"kind": "flash_sale", "percent": percent, "products": list(offer.products)}
        case CashBack():
            return {"kind": "cash_back", "amount": money_text(offer.amount)}
        case MessageOnly():
            return {"kind": "message"}


def _threshold_terms(offer: ThresholdOffer) -> dict[str, Any]:
    start = {"threshold": money_text(offer.threshold)}
    match offer:
        case FreeShipping():
            cost = money_text(offer.shipping_cost)
            return start | {"kind": "free_shipping", "shipping_cost": cost}
        case AmountOff():
            return start | {"kind": "amount_off", "amount": money_text(offer.amount)}
        case PercentOff():
            return start | {"kind": "percent_off", "percent": percent_text(offer.percent)}
        case Gift():
            return start | {"kind": "gift", "gift_cost": money_text(offer.gift_cost)}
        case BonusPoints():
            return start | {
                "kind": "points",
                "points": str(offer.points),
                "per_unit": str(offer.per_unit),
                "point_value": money_text(offer.point_value),
                "redeemed_percent": percent_text(offer.redeemed),
            }


def offer_threshold(offer: Offer) -> int | None:
    """The threshold in ten-thousandths; None where any order qualifies or there is nothing.

    None, too, where it is each customer's own: then no single one is the offer's.
    """
    if isinstance(offer, MessageOnly) or offer.multiple is not None:
        return None
    return offer.threshold or None


def own_multiple(offer: Offer) -> int | None:
    """How many times (basis points) the own order value the threshold is; None: one for all."""
    return None if isinstance(offer, MessageOnly) else offer.multiple


def at_threshold(offer: Offer, threshold: int) -> Offer:
    """The offer as one customer has it: with this threshold (ten-thousandths) and no other."""
    if isinstance(offer, ThresholdOffer):
        return replace(offer, threshold=threshold, multiple=None, price_points="nines")
    return offer
