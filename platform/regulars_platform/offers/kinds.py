"""What a shop can offer, each kind with what it costs.

Money in ten-thousandths, percentages in basis points. `reach` says who may use the offer: "open"
to the whole shop (only the telling is randomised, so the holdout may use it and costs too) or
"personal" (a code for each treated customer, so that the holdout cannot).
"""

from dataclasses import dataclass
from typing import Any, Literal

from regulars_platform.fields import FieldReader, money_text, percent_text
from regulars_platform.words import N_, Sentence

Reach = Literal["open", "personal"]
REACHES = ("open", "personal")
MAX_WORDS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeShipping:
    """Free shipping from `threshold`; the shop then pays `shipping_cost` per order."""

    threshold: int
    shipping_cost: int
    reach: Reach = "open"
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AmountOff:
    """`amount` off an order of goods worth `threshold` or more."""

    threshold: int
    amount: int
    reach: Reach = "open"
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PercentOff:
    """`percent` (basis points, below 10,000) off an order of `threshold` or more (0: any order)."""

    percent: int
    threshold: int = 0
    reach: Reach = "open"
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageOnly:
    """Nothing but the message: costs only the contact."""

    reach: Reach = "open"
    words: str = ""


Offer = FreeShipping | AmountOff | PercentOff | MessageOnly

KINDS: dict[str, type[Offer]] = {
    "free_shipping": FreeShipping,
    "amount_off": AmountOff,
    "percent_off": PercentOff,
    "message": MessageOnly,
}


def read_offer(reader: FieldReader) -> Offer | None:
    """An offer out of a form or plan; None where a problem was noted in the reader.

    Fields: kind, reach, words (what the customer is told; may be empty), and by kind threshold,
    shipping_cost, amount (currency units), percent.
    """
    before = len(reader.problems)
    kind = reader.choice("kind", tuple(KINDS))
    reach: Reach = (
        "personal" if reader.choice("reach", REACHES, default="open") == ("personal") else "open"
    )
    words = reader.text("words", limit=MAX_WORDS, optional=True)
    if kind == "free_shipping":
        return _free_shipping(reader, reach, words or "", before)
    if kind == "amount_off":
        return _amount_off(reader, reach, words or "", before)
    if kind == "percent_off":
        return _percent_off(reader, reach, words or "", before)
    if kind == "message":
        reader.refuse_unknown(("kind", "reach", "words"))
        if reach == "personal":
            reader.refuse("reach", N_("A message alone has no code: leave it open."))
        return MessageOnly(words=words or "") if len(reader.problems) == before else None
    return None


def _free_shipping(
    reader: FieldReader, reach: Reach, words: str, before: int
) -> FreeShipping | None:
    reader.refuse_unknown(("kind", "reach", "words", "threshold", "shipping_cost"))
    threshold = reader.money("threshold", least=None)
    cost = reader.money("shipping_cost")
    if threshold is None or cost is None or len(reader.problems) > before:
        return None
    return FreeShipping(threshold=threshold, shipping_cost=cost, reach=reach, words=words)


def _amount_off(reader: FieldReader, reach: Reach, words: str, before: int) -> AmountOff | None:
    reader.refuse_unknown(("kind", "reach", "words", "threshold", "amount"))
    threshold = reader.money("threshold", least=None)
    amount = reader.money("amount", least=None)
    if threshold is not None and amount is not None and amount >= threshold:
        reader.refuse(
            "amount",
            N_("The amount off (%(amount)s) must be below the threshold (%(threshold)s)."),
            amount=money_text(amount),
            threshold=money_text(threshold),
        )
    if threshold is None or amount is None or len(reader.problems) > before:
        return None
    return AmountOff(threshold=threshold, amount=amount, reach=reach, words=words)


def _percent_off(reader: FieldReader, reach: Reach, words: str, before: int) -> PercentOff | None:
    reader.refuse_unknown(("kind", "reach", "words", "threshold", "percent"))
    percent = reader.percent("percent", least=None)
    threshold = reader.money("threshold", default=0)
    if percent == 10_000:
        reader.refuse("percent", N_("100 percent off would give the goods away: choose less."))
    if percent is None or threshold is None or len(reader.problems) > before:
        return None
    return PercentOff(percent=percent, threshold=threshold, reach=reach, words=words)


def offer_json(offer: Offer) -> dict[str, Any]:
    """The canonical JSON form: decimals as text; reading it gives the same offer again."""
    written: dict[str, Any] = {"reach": offer.reach, "words": offer.words}
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


def offer_title(offer: Offer) -> Sentence:
    """The offer in a few words, without currency."""
    match offer:
        case FreeShipping():
            return Sentence(
                N_("Free shipping from %(threshold)s"), {"threshold": money_text(offer.threshold)}
            )
        case AmountOff():
            return Sentence(
                N_("%(amount)s off from %(threshold)s"),
                {"amount": money_text(offer.amount), "threshold": money_text(offer.threshold)},
            )
        case PercentOff(threshold=0):
            return Sentence(N_("%(percent)s percent off"), {"percent": percent_text(offer.percent)})
        case PercentOff():
            return Sentence(
                N_("%(percent)s percent off from %(threshold)s"),
                {
                    "percent": percent_text(offer.percent),
                    "threshold": money_text(offer.threshold),
                },
            )
        case MessageOnly():
            return Sentence(N_("Message only"))


def offer_threshold(offer: Offer) -> int | None:
    """The threshold in ten-thousandths; None where any order qualifies or there is nothing."""
    if isinstance(offer, MessageOnly):
        return None
    return offer.threshold or None
