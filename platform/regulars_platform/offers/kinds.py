"""What a shop can offer, each kind with what it costs.

Money in ten-thousandths, percentages in basis points. `reach` says who may use the offer: "open"
to the whole shop (only the telling is randomised, so the holdout may use it and costs too) or
"personal" (a code for each treated customer, so that the holdout cannot).

A threshold is one for everybody, or with a `multiple` each customer's own: the price point at or
above that many times what the customer's past orders came to on average (see `thresholds`). Then
`threshold` is the lowest that anybody gets, and the one for customers whose past orders say
nothing. Only a personal offer can have a multiple: what is open to the whole shop is one threshold.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from regulars_platform.fields import WHOLE, FieldReader, money_text, percent_text
from regulars_platform.words import N_, Sentence

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
class MessageOnly:
    """Nothing but the message: costs only the contact."""

    reach: Reach = "open"
    words: str = ""


ThresholdOffer = FreeShipping | AmountOff | PercentOff
"""An offer that orders of a threshold can use."""

Offer = ThresholdOffer | MessageOnly

KINDS: dict[str, type[Offer]] = {
    "free_shipping": FreeShipping,
    "amount_off": AmountOff,
    "percent_off": PercentOff,
    "message": MessageOnly,
}


def read_offer(reader: FieldReader) -> Offer | None:
    """An offer out of a form or plan; None where a problem was noted in the reader.

    Fields: kind, reach, words (what the customer is told; may be empty), and by kind threshold,
    shipping_cost, amount (currency units), percent; with a threshold also multiple (how many times
    the customer's own average order value) and price_points.
    """
    before = len(reader.problems)
    kind = reader.choice("kind", tuple(KINDS))
    if kind is None:
        return None
    reach: Reach = (
        "personal" if reader.choice("reach", REACHES, default="open") == ("personal") else "open"
    )
    words = reader.text("words", limit=MAX_WORDS, optional=True) or ""
    found: Offer | None
    if kind == "message":
        reader.refuse_unknown(("kind", "reach", "words"))
        if reach == "personal":
            reader.refuse("reach", N_("A message alone has no code: leave it open."))
        found = MessageOnly(words=words)
    else:
        multiple, style = _own_thresholds(reader, reach)
        found = _READERS[kind](reader)
        if found is not None:
            found = replace(found, reach=reach, words=words, multiple=multiple, price_points=style)
    return found if len(reader.problems) == before else None


_COMMON = ("kind", "reach", "words", "threshold", "multiple", "price_points")


def _own_thresholds(reader: FieldReader, reach: Reach) -> tuple[int | None, PriceStyle]:
    """How many times (basis points) the own order value, and which price points."""
    if reader.raw.get("multiple") in (None, ""):
        if reader.raw.get("price_points") not in (None, ""):
            reader.refuse(
                "price_points",
                N_("Price points are for thresholds of the customers' own: give a multiple, too."),
            )
        return None, "nines"
    # a multiple has four decimals at most, as money has
    multiple = reader.money("multiple", least=None)
    if multiple is not None and multiple > MAX_MULTIPLE:
        reader.refuse(
            "multiple",
            N_("At most %(most)s times the own order value is possible, %(got)s came."),
            most=MAX_MULTIPLE // WHOLE,
            got=money_text(multiple),
        )
    if reach == "open":
        reader.refuse(
            "reach",
            N_("A threshold of each customer's own cannot be open to the whole shop."),
            Sentence(N_("Make the offer personal: only those told may use it, by a code.")),
        )
    style = reader.choice("price_points", PRICE_STYLES, default="nines")
    return multiple, "round" if style == "round" else "nines"


def _free_shipping(reader: FieldReader) -> FreeShipping | None:
    reader.refuse_unknown((*_COMMON, "shipping_cost"))
    threshold = reader.money("threshold", least=None)
    cost = reader.money("shipping_cost")
    if threshold is None or cost is None:
        return None
    return FreeShipping(threshold=threshold, shipping_cost=cost)


def _amount_off(reader: FieldReader) -> AmountOff | None:
    reader.refuse_unknown((*_COMMON, "amount"))
    threshold = reader.money("threshold", least=None)
    amount = reader.money("amount", least=None)
    if threshold is not None and amount is not None and amount >= threshold:
        reader.refuse(
            "amount",
            N_("The amount off (%(amount)s) must be below the threshold (%(threshold)s)."),
            amount=money_text(amount),
            threshold=money_text(threshold),
        )
    if threshold is None or amount is None:
        return None
    return AmountOff(threshold=threshold, amount=amount)


def _percent_off(reader: FieldReader) -> PercentOff | None:
    reader.refuse_unknown((*_COMMON, "percent"))
    percent = reader.percent("percent", least=None)
    threshold = reader.money("threshold", default=0)
    if percent == WHOLE:
        reader.refuse("percent", N_("100 percent off would give the goods away: choose less."))
    if percent is None or threshold is None:
        return None
    return PercentOff(percent=percent, threshold=threshold)


_READERS: dict[str, Callable[[FieldReader], ThresholdOffer | None]] = {
    "free_shipping": _free_shipping,
    "amount_off": _amount_off,
    "percent_off": _percent_off,
}


def offer_json(offer: Offer) -> dict[str, Any]:
    """The canonical JSON form: decimals as text; reading it gives the same offer again.

    One threshold for everybody is written as it was before there were multiples, so that the digest
    of a plan stays what it was.
    """
    written: dict[str, Any] = {"reach": offer.reach, "words": offer.words}
    if not isinstance(offer, MessageOnly) and offer.multiple is not None:
        written |= {"multiple": money_text(offer.multiple), "price_points": offer.price_points}
    match offer:
        case FreeShipping():
            return written | {
                "kind": "free_shipping",
                "threshold": money_text(offer.threshold),
                "shipping_cost": money_text(offer.shipping_cost),
            }
        case AmountOff():
            return written | {
                "kind": "amount_off",
                "threshold": money_text(offer.threshold),
                "amount": money_text(offer.amount),
            }
        case PercentOff():
            return written | {
                "kind": "percent_off",
                "percent": percent_text(offer.percent),
                "threshold": money_text(offer.threshold),
            }
        case MessageOnly():
            return written | {"kind": "message"}


def offer_title(offer: Offer, currency: str = "") -> Sentence:
    """The offer in a few words. currency: a code that stands after each amount; "": none does."""

    def named(amount: int) -> str:
        return f"{money_text(amount)} {currency}".rstrip()

    if isinstance(offer, MessageOnly):
        return Sentence(N_("Message only"))
    if offer.multiple is not None:
        return _own_title(offer, f"{(Decimal(offer.multiple) / WHOLE).normalize():f}", named)
    threshold = named(offer.threshold)
    match offer:
        case FreeShipping():
            return Sentence(N_("Free shipping from %(threshold)s"), {"threshold": threshold})
        case AmountOff():
            return Sentence(
                N_("%(amount)s off from %(threshold)s"),
                {"amount": named(offer.amount), "threshold": threshold},
            )
        case PercentOff(threshold=0):
            return Sentence(N_("%(percent)s percent off"), {"percent": percent_text(offer.percent)})
        case PercentOff():
            return Sentence(
                N_("%(percent)s percent off from %(threshold)s"),
                {"percent": percent_text(offer.percent), "threshold": threshold},
            )


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
    if isinstance(offer, MessageOnly):
        return offer
    return replace(offer, threshold=threshold, multiple=None, price_points="nines")
