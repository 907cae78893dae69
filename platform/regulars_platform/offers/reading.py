"""Offers out of a form or plan, every field by itself."""

from collections.abc import Callable
from dataclasses import replace

from regulars_platform.fields import WHOLE, FieldReader, money_text
from regulars_platform.offers.kinds import (
    KINDS,
    MAX_MULTIPLE,
    MAX_WORDS,
    PRICE_STYLES,
    REACHES,
    AmountOff,
    BonusPoints,
    CashBack,
    FlashSale,
    FreeShipping,
    Gift,
    MessageOnly,
    Offer,
    PercentOff,
    PriceStyle,
    Reach,
    RedPacket,
    ThresholdOffer,
)
from regulars_platform.words import N_, Sentence

MAX_POINTS = 1_000_000
MAX_PRODUCTS = 500


def read_offer(reader: FieldReader) -> Offer | None:
    """An offer out of a form or plan; None where a problem was noted in the reader.

    Fields: kind, reach, words (what the customer is told; may be empty), and by kind threshold,
    shipping_cost, amount, gift_cost, point_value (currency units), percent, points, per_unit,
    redeemed_percent, products; with a threshold also multiple (how many times the customer's own
    average order value) and price_points.
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
    elif kind in _PLAIN:
        plain = _PLAIN[kind](reader)
        found = None if plain is None else replace(plain, reach=reach, words=words)
    else:
        multiple, style = _own_thresholds(reader, reach)
        given = _READERS[kind](reader)
        found = given and replace(
            given, reach=reach, words=words, multiple=multiple, price_points=style
        )
    return found if len(reader.problems) == before else None


_SHARED = ("kind", "reach", "words")
_COMMON = (*_SHARED, "threshold", "multiple", "price_points")


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


def _gift(reader: FieldReader) -> Gift | None:
    reader.refuse_unknown((*_COMMON, "gift_cost"))
    threshold = reader.money("threshold", default=0)
    cost = reader.money("gift_cost", least=None)
    return None if threshold is None or cost is None else Gift(threshold=threshold, gift_cost=cost)


def _points(reader: FieldReader) -> BonusPoints | None:
    reader.refuse_unknown((*_COMMON, "points", "per_unit", "point_value", "redeemed_percent"))
    points = reader.whole("points", low=0, high=MAX_POINTS, default=0)
    per_unit = reader.whole("per_unit", low=0, high=MAX_POINTS, default=0)
    value = reader.money("point_value", least=None)
    redeemed = reader.percent("redeemed_percent", default=WHOLE)
    threshold = reader.money("threshold", default=0)
    if points == 0 and per_unit == 0:
        reader.refuse(
            "points",
            N_("Say how many points an order brings, or how many each unit of currency does."),
        )
        return None
    if points is None or per_unit is None or value is None or redeemed is None:
        return None
    if threshold is None:
        return None
    return BonusPoints(
        points=points,
        per_unit=per_unit,
        point_value=value,
        redeemed=redeemed,
        threshold=threshold,
    )


def _red_packet(reader: FieldReader) -> RedPacket | None:
    reader.refuse_unknown((*_SHARED, "amount"))
    amount = reader.money("amount", least=None)
    return None if amount is None else RedPacket(amount=amount)


def _flash_sale(reader: FieldReader) -> FlashSale | None:
    reader.refuse_unknown((*_SHARED, "percent", "products"))
    percent = reader.percent("percent", least=None)
    if percent == WHOLE:
        reader.refuse("percent", N_("100 percent off would give the goods away: choose less."))
        percent = None
    raw = reader.raw.get("products")
    given = raw.splitlines() if isinstance(raw, str) else reader.items("products")
    products = tuple(sorted({str(name).strip() for name in given} - {""}))
    if not products or len(products) > MAX_PRODUCTS:
        reader.refuse(
            "products",
            N_("Name the products of the sale, one in each line; at most %(most)s."),
            most=MAX_PRODUCTS,
        )
        return None
    return None if percent is None else FlashSale(percent=percent, products=products)


def _cash_back(reader: FieldReader) -> CashBack | None:
    reader.refuse_unknown((*_SHARED, "amount"))
    amount = reader.money("amount", least=None)
    return None if amount is None else CashBack(amount=amount)


_READERS: dict[str, Callable[[FieldReader], ThresholdOffer | None]] = {
    "free_shipping": _free_shipping,
    "amount_off": _amount_off,
    "percent_off": _percent_off,
    "gift": _gift,
    "points": _points,
}
_PLAIN: dict[str, Callable[[FieldReader], RedPacket | FlashSale | CashBack | None]] = {
    "red_packet": _red_packet,
    "flash_sale": _flash_sale,
    "cash_back": _cash_back,
}
