"""Plans in words: offers, channels and metrics as a reader sees them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_platform.campaigns.plan import EVERYONE_ELSE, HOLDOUT, Plan
from regulars_platform.delivery.lists import THRESHOLD_MARK
from regulars_platform.fields import FieldReader, percent_text
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
from regulars_platform.offers.reading import read_offer
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_web.formats import currency_sign, in_chinese, money, number

KIND_LABELS = {
    "free_shipping": lazy_gettext("Free shipping from a threshold"),
    "amount_off": lazy_gettext("Amount off at a threshold"),
    "percent_off": lazy_gettext("Percent off"),
    "gift": lazy_gettext("Gift with an order"),
    "points": lazy_gettext("Extra points"),
    "red_packet": lazy_gettext("Red packet: amount off any order"),
    "flash_sale": lazy_gettext("Flash sale of some products"),
    "cash_back": lazy_gettext("Cash back for following"),
    "message": lazy_gettext("Message only"),
}
CHANNEL_LABELS = {
    "sms": lazy_gettext("SMS"),
    "email": lazy_gettext("E-mail"),
    "phone": lazy_gettext("Phone"),
    "chat": lazy_gettext("Chat"),
    "message_box": lazy_gettext("Message box"),
    "poster": lazy_gettext("Poster"),
    "parcel_insert": lazy_gettext("Parcel insert"),
    "start_page": lazy_gettext("Start page"),
    "groups": lazy_gettext("Post to groups"),
    "moments": lazy_gettext("Post to moments"),
    "posts": lazy_gettext("Post to a feed"),
    "other": lazy_gettext("Another channel"),
}
PRICE_POINT_LABELS = {
    "nines": lazy_gettext("ending in 9 or 5: 39, 75, 129"),
    "round": lazy_gettext("round: 40, 80, 130"),
}
METRIC_LABELS = {
    "net_profit": lazy_gettext("Net profit"),
    "revenue": lazy_gettext("Revenue"),
    "orders": lazy_gettext("Orders"),
    "buyers": lazy_gettext("Buyers"),
    "followed": lazy_gettext("Follows the shop"),
    "favourited": lazy_gettext("Marks a favourite"),
    "carted": lazy_gettext("Puts something in the cart"),
}
GUARDRAIL_LABELS = {
    "refunds": lazy_gettext("Refunds"),
    "complained": lazy_gettext("Complaints"),
    "unsubscribed": lazy_gettext("No more messages wanted"),
}
UNIT_LABELS = {
    "customer": lazy_gettext("Each customer"),
    "household": lazy_gettext("Household or shared phone together"),
    "group": lazy_gettext("Whole groups, as a column of the customers' file names them"),
}


def short_money(ten_thousandths: int | Decimal, currency: str) -> str:
    """Money without the smaller coin where there is none."""
    return money(ten_thousandths, currency, whole=ten_thousandths % MONEY_SCALE == 0)


def offer_text(offer: Offer, currency: str) -> str:
    """The offer in a few words, with currency."""
    if isinstance(offer, MessageOnly):
        return str(gettext("Message only"))
    if isinstance(offer, ThresholdOffer):
        return _threshold_offer_text(offer, currency)
    match offer:
        case RedPacket():
            amount = short_money(offer.amount, currency)
            return str(gettext("Red packet: %(amount)s off any order", amount=amount))
        case FlashSale():
            sale = off_text(offer.percent)
            number_of = len(offer.products)
            return str(gettext("Flash sale: %(p)s%% off %(n)s products", p=sale, n=number_of))
        case CashBack():
            amount = short_money(offer.amount, currency)
            return str(gettext("%(amount)s back for following", amount=amount))


def offer_told(offer: Offer, currency: str) -> str:
    """The offer as customers read it where the shop wrote nothing; "" where there is none.

    Amounts have the currency's sign; {threshold} stands where each customer has one of their own.
    """
    if isinstance(offer, MessageOnly):
        return ""
    if isinstance(offer, ThresholdOffer) and offer.multiple is not None:
        return _text_from(offer, currency_sign(currency) + THRESHOLD_MARK, currency)
    return offer_text(offer, currency)


def _threshold_offer_text(offer: ThresholdOffer, currency: str) -> str:
    if isinstance(offer, PercentOff | Gift | BonusPoints) and not (
        offer.threshold or offer.multiple
    ):
        return _any_order_text(offer)
    return _text_from(offer, threshold_text(offer, currency), currency)


def _text_from(offer: ThresholdOffer, start: str, currency: str) -> str:
    match offer:
        case FreeShipping():
            return str(gettext("Free shipping from %(t)s", t=start))
        case AmountOff():
            amount = short_money(offer.amount, currency)
            return str(gettext("%(amount)s off from %(t)s", amount=amount, t=start))
        case PercentOff():
            return str(gettext("%(p)s%% off from %(t)s", p=off_text(offer.percent), t=start))
        case Gift():
            return str(gettext("A gift from %(t)s", t=start))
        case BonusPoints():
            return str(gettext("Extra points from %(t)s", t=start))


def _any_order_text(offer: PercentOff | Gift | BonusPoints) -> str:
    match offer:
        case PercentOff():
            return str(gettext("%(p)s%% off", p=off_text(offer.percent)))
        case Gift():
            return str(gettext("A gift with any order"))
        case BonusPoints():
            return str(gettext("Extra points with any order"))


def threshold_text(offer: ThresholdOffer, currency: str) -> str:
    """From where on: an amount, or how many times what the customer spent before."""
    if offer.multiple is None:
        return short_money(offer.threshold, currency)
    return str(gettext("%(k)s × own order value", k=multiple_text(offer.multiple)))


def multiple_text(points: int) -> str:
    """Basis points as a plain number, in the reader's format."""
    value = (Decimal(points) / MONEY_SCALE).normalize()
    return number(value, max(0, -int(value.as_tuple().exponent)))


def arm_title(arm: Mapping[str, Any], currency: str) -> str:
    """What an arm as typed is called when nobody names it: its offer; "" while there is none."""
    offer = read_offer(FieldReader(arm.get("offer")))
    return "" if offer is None else offer_text(offer, currency)


def points_text(points: int) -> str:
    """Basis points as a number of percent, in the reader's format."""
    return number(Decimal(percent_text(points)))


def off_text(points: int) -> str:
    """How much is off: "5" percent; Chinese tells what is left to pay, in tenths: 9.5折."""
    if not in_chinese():
        return points_text(points)
    left = (Decimal(100) - Decimal(percent_text(points))) / 10
    return f"{left.normalize():f}"


def arm_label(name: str) -> str:
    """An arm's name; the holdout's in plain words."""
    return str(gettext("Held back (holdout)")) if name == HOLDOUT else name


def segment_label(name: str) -> str:
    """A segment's name; the rest in the reader's language."""
    return str(gettext("Everyone else")) if name == EVERYONE_ELSE else name


def channel_text(channel: str, label: str) -> str:
    """The channel as the shop calls it."""
    return label or str(CHANNEL_LABELS[channel])


def channel_word(name: str) -> str:
    """A channel's label; the log's own word where it is none of ours."""
    return str(CHANNEL_LABELS.get(name, name))


def margin_text(plan: Plan | ProgrammePlan) -> str:
    """One rate, or both ends of the range."""
    low, high = points_text(plan.margin_low), points_text(plan.margin_high)
    if plan.margin_source == "products":
        return str(
            gettext("by what each product cost; %(rate)s%% of goods without a known cost", rate=low)
        )
    if plan.margin_low == plan.margin_high:
        return str(gettext("%(rate)s%% of goods", rate=low))
    return str(gettext("%(low)s%% to %(high)s%% of goods", low=low, high=high))
