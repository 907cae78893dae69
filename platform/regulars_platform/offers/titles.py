"""Offers in a few words."""

from collections.abc import Callable
from decimal import Decimal

from regulars_platform.fields import WHOLE, money_text, percent_text
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
    ThresholdOffer,
)
from regulars_platform.words import N_, Sentence

Titled = Callable[[Offer, str], str]
"""Offer and currency -> the offer in a few words of the language that customers read; {threshold}
where each has one of their own; "" where there is nothing but a message."""


def offer_title(offer: Offer, currency: str = "") -> Sentence:
    """The offer in a few words. currency: a code that stands after each amount; "": none does."""

    def named(amount: int) -> str:
        return f"{money_text(amount)} {currency}".rstrip()

    if isinstance(offer, MessageOnly):
        return Sentence(N_("Message only"))
    if isinstance(offer, ThresholdOffer) and offer.multiple is not None:
        return _own_title(offer, f"{(Decimal(offer.multiple) / WHOLE).normalize():f}", named)
    if isinstance(offer, ThresholdOffer):
        return _title_from(offer, named)
    match offer:
        case RedPacket():
            return Sentence(
                N_("Red packet: %(amount)s off any order"), {"amount": named(offer.amount)}
            )
        case FlashSale():
            return Sentence(
                N_("Flash sale: %(percent)s percent off %(number)s products"),
                {"percent": percent_text(offer.percent), "number": len(offer.products)},
            )
        case CashBack():
            return Sentence(N_("%(amount)s back for following"), {"amount": named(offer.amount)})


def _title_from(offer: ThresholdOffer, named: Callable[[int], str]) -> Sentence:
    if offer.threshold == 0 and not isinstance(offer, FreeShipping | AmountOff):
        return _title_of_any_order(offer)
    threshold = named(offer.threshold)
    match offer:
        case FreeShipping():
            return Sentence(N_("Free shipping from %(threshold)s"), {"threshold": threshold})
        case AmountOff():
            return Sentence(
                N_("%(amount)s off from %(threshold)s"),
                {"amount": named(offer.amount), "threshold": threshold},
            )
        case PercentOff():
            return Sentence(
                N_("%(percent)s percent off from %(threshold)s"),
                {"percent": percent_text(offer.percent), "threshold": threshold},
            )
        case Gift():
            return Sentence(N_("A gift from %(threshold)s"), {"threshold": threshold})
        case BonusPoints():
            return Sentence(N_("Extra points from %(threshold)s"), {"threshold": threshold})


def _title_of_any_order(offer: PercentOff | Gift | BonusPoints) -> Sentence:
    match offer:
        case PercentOff():
            return Sentence(N_("%(percent)s percent off"), {"percent": percent_text(offer.percent)})
        case Gift():
            return Sentence(N_("A gift with any order"))
        case BonusPoints():
            return Sentence(N_("Extra points with any order"))


def _own_title(offer: ThresholdOffer, multiple: str, named: Callable[[int], str]) -> Sentence:
    match offer:
        case FreeShipping():
            return Sentence(
                N_("Free shipping from %(multiple)s times the own order value"),
                {"multiple": multiple},
            )
        case AmountOff():
            return Sentence(
                N_("%(amount)s off from %(multiple)s times the own order value"),
                {"amount": named(offer.amount), "multiple": multiple},
            )
        case PercentOff():
            return Sentence(
                N_("%(percent)s percent off from %(multiple)s times the own order value"),
                {"percent": percent_text(offer.percent), "multiple": multiple},
            )
        case Gift():
            return Sentence(
                N_("A gift from %(multiple)s times the own order value"), {"multiple": multiple}
            )
        case BonusPoints():
            return Sentence(
                N_("Extra points from %(multiple)s times the own order value"),
                {"multiple": multiple},
            )
