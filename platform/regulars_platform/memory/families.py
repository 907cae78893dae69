"""Offer families: which offers are alike enough to be learnt from together.

Two offers are of one family when they are of the same kind, open or personal alike, told through
the same channel, drawn by the same unit, of about the same depth, and when their threshold lies
about as far from what such customers usually spend. What a family is called is its key, so it is
written down here and nowhere else.
"""

from dataclasses import dataclass

from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.fields import WHOLE
from regulars_platform.offers.kinds import (
    AmountOff,
    BonusPoints,
    CashBack,
    FlashSale,
    FreeShipping,
    Gift,
    MessageOnly,
    Offer,
    PercentOff,
    RedPacket,
    own_multiple,
)
from regulars_platform.orders.table import MONEY_SCALE

BELOW, NEAR, FAR = "below", "near", "far"
_NEAR_FROM, _NEAR_TO = 0.8, 1.25
_DEPTHS = ((0.1, "under 10%"), (0.2, "10% to 20%"))
_DEEPEST = "over 20%"
_STEP = WHOLE // 20
_LONGEST_LABEL = 80

_KINDS: dict[type[Offer], str] = {
    FreeShipping: "free_shipping",
    AmountOff: "amount_off",
    PercentOff: "percent_off",
    Gift: "gift",
    BonusPoints: "points",
    RedPacket: "red_packet",
    FlashSale: "flash_sale",
    CashBack: "cash_back",
    MessageOnly: "message",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """What a family's offers have in common; the texts are codes, "" where nothing applies.

    threshold: "below", "near" or "far" from the usual order (up to 0.8 of it, up to 1.25, above),
    or "x1.15" where each customer has their own, 1.15 times theirs (to the nearest 0.05). depth:
    what is taken off, as a share of the smallest order that gets it. channel_label: the shop's own
    word for the channel "other". unit: what was drawn, customers or households.
    """

    kind: str
    reach: str
    channel: str
    channel_label: str
    unit: str
    threshold: str
    depth: str

    @property
    def key(self) -> str:
        """As it is stored; `family_of_key` reads it.

        >>> Family(kind="free_shipping", reach="open", channel="email", channel_label="",
        ...     unit="customer", threshold="near", depth="").key
        'free_shipping|open|email||customer|near|'
        """
        label = " ".join(self.channel_label.replace("|", " ").split()).casefold()[:_LONGEST_LABEL]
        parts = (self.kind, self.reach, self.channel, label, self.unit, self.threshold, self.depth)
        return "|".join(parts)


def family_of_key(key: str) -> Family:
    """The family that a stored key names."""
    kind, reach, channel, label, unit, threshold, depth = key.split("|")
    return Family(
        kind=kind,
        reach=reach,
        channel=channel,
        channel_label=label,
        unit=unit,
        threshold=threshold,
        depth=depth,
    )


def offer_family(arm: TreatmentArm, unit: str, usual_order: float | None) -> Family:
    """The family of an arm's offer towards customers who usually spend `usual_order`.

    usual_order: the median of their average order values, currency units; None where nobody has
    one, and then how far the threshold lies from it cannot be said.
    """
    return Family(
        kind=_KINDS[type(arm.offer)],
        reach=arm.offer.reach,
        channel=arm.channel,
        channel_label=arm.channel_label if arm.channel == "other" else "",
        unit=unit,
        threshold=_place(arm.offer, usual_order),
        depth=_depth(arm.offer),
    )


def _place(offer: Offer, usual_order: float | None) -> str:
    multiple = own_multiple(offer)
    if multiple is not None:
        # of such an offer the threshold is only the lowest that anybody is told, and may be 0
        return f"x{round(multiple / _STEP) * _STEP / WHOLE:.2f}"
    if isinstance(offer, MessageOnly) or not offer.threshold:
        return ""
    if usual_order is None or not usual_order > 0:
        return ""
    ratio = offer.threshold / MONEY_SCALE / usual_order
    return BELOW if ratio < _NEAR_FROM else NEAR if ratio <= _NEAR_TO else FAR


def _depth(offer: Offer) -> str:
    match offer:
        case AmountOff():
            share = offer.amount / offer.threshold
        case PercentOff() | FlashSale():
            share = offer.percent / WHOLE
        case _:
            return ""
    return next((name for most, name in _DEPTHS if share < most), _DEEPEST)
