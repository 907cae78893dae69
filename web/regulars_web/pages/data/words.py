"""What fields, states and reasons of an import are called on the pages."""

from flask_babel import gettext, lazy_gettext

from regulars_platform.intake.models import ImportState, OrderField
from regulars_platform.intake.reasons import reason_sentence
from regulars_platform.words import Sentence
from regulars_web.formats import sentence

FIELDS = {
    OrderField.ORDER_ID: lazy_gettext("Order number"),
    OrderField.CUSTOMER_ID: lazy_gettext("Customer"),
    OrderField.ORDERED_AT: lazy_gettext("Ordered on"),
    OrderField.AMOUNT: lazy_gettext("Amount of the goods, after discount"),
    OrderField.TOTAL: lazy_gettext("Paid in all, with shipping"),
    OrderField.UNIT_PRICE: lazy_gettext("Price of one piece"),
    OrderField.QUANTITY: lazy_gettext("Number of pieces"),
    OrderField.PRODUCT: lazy_gettext("Product"),
    OrderField.STATUS: lazy_gettext("Status of the order"),
    OrderField.CANCELLED_AT: lazy_gettext("Cancelled on"),
    OrderField.SHIPPING: lazy_gettext("Shipping fee"),
    OrderField.DISCOUNT: lazy_gettext("Discount on the line"),
    OrderField.ORDER_DISCOUNT: lazy_gettext("Discount on the whole order"),
    OrderField.REFUND: lazy_gettext("Refunded"),
    OrderField.COUPON: lazy_gettext("Coupon code"),
    OrderField.CHANNEL: lazy_gettext("Channel"),
    OrderField.HOUSEHOLD: lazy_gettext("Household or shared phone"),
    OrderField.LINE_ID: lazy_gettext("Line number within the order"),
}
"""Field -> its name, in the order in which the list offers them."""

GROUPS = (
    (
        lazy_gettext("Needed"),
        (OrderField.ORDER_ID, OrderField.CUSTOMER_ID, OrderField.ORDERED_AT),
    ),
    (
        lazy_gettext("Money: one of these"),
        (OrderField.AMOUNT, OrderField.TOTAL, OrderField.UNIT_PRICE, OrderField.QUANTITY),
    ),
    (
        lazy_gettext("Good to have"),
        (
            OrderField.PRODUCT,
            OrderField.STATUS,
            OrderField.CANCELLED_AT,
            OrderField.SHIPPING,
            OrderField.DISCOUNT,
            OrderField.ORDER_DISCOUNT,
            OrderField.REFUND,
            OrderField.COUPON,
            OrderField.CHANNEL,
            OrderField.HOUSEHOLD,
            OrderField.LINE_ID,
        ),
    ),
)

REASONS = {
    "heading": lazy_gettext("by its heading"),
    "content": lazy_gettext("by its content"),
    "remembered": lazy_gettext("as you confirmed before"),
}

STATUSES = {
    "paid": lazy_gettext("Paid"),
    "unpaid": lazy_gettext("Not paid"),
    "cancelled": lazy_gettext("Cancelled"),
}

_CHIPS = {
    ImportState.UPLOADED: ("quiet", lazy_gettext("Uploaded")),
    ImportState.LOOKED: ("caution", lazy_gettext("Columns to confirm")),
    ImportState.CONFIRMED: ("quiet", lazy_gettext("To be checked")),
    ImportState.CHECKED: ("caution", lazy_gettext("To be stored")),
    ImportState.STORING: ("busy", lazy_gettext("Being stored")),
    ImportState.STORED: ("good", lazy_gettext("Stored")),
    ImportState.REFUSED: ("bad", lazy_gettext("Not usable as it is")),
    ImportState.FAILED: ("bad", lazy_gettext("Did not work")),
}


def import_chip(state: ImportState, *, is_busy: bool) -> tuple[str, str]:
    """Kind and word of the chip that shows how far an import is."""
    if is_busy:
        return "busy", gettext("Under way")
    kind, word = _CHIPS[state]
    return kind, str(word)


def reject_reason(code: str) -> str:
    """Why lines were rejected, with the field in the reader's language."""
    said = reason_sentence(code)
    named = said.parameters.get("field")
    if named in list(OrderField):
        said = Sentence(said.template, {"field": str(FIELDS[OrderField(named)])})
    return sentence(said)
