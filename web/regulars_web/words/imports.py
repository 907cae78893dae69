"""What fields, states and reasons of an import are called on the pages."""

from collections.abc import Iterable

from flask_babel import gettext, lazy_gettext

from regulars_platform.intake.models import ImportState, OrderField
from regulars_platform.intake.reasons import reason_sentence
from regulars_platform.words import Sentence
from regulars_web.formats import sentence

FIELDS = {
    OrderField.ORDER_ID: lazy_gettext("Order number"),
    OrderField.CUSTOMER_ID: lazy_gettext("Customer"),
    OrderField.CUSTOMER_FALLBACK: lazy_gettext("Customer, where the other is blank"),
    OrderField.ORDERED_AT: lazy_gettext("Ordered on"),
    OrderField.PAID_AT: lazy_gettext("Paid on"),
    OrderField.AMOUNT: lazy_gettext("Amount of the goods, after discount"),
    OrderField.GOODS: lazy_gettext("Amount of the goods, before the order's discounts"),
    OrderField.TOTAL: lazy_gettext("Paid in all, with shipping"),
    OrderField.UNIT_PRICE: lazy_gettext("Price of one piece"),
    OrderField.QUANTITY: lazy_gettext("Number of pieces"),
    OrderField.PRODUCT: lazy_gettext("Product"),
    OrderField.STATUS: lazy_gettext("Status of the order"),
    OrderField.SHIPPED_AT: lazy_gettext("Shipped on"),
    OrderField.RECEIVED_AT: lazy_gettext("Received on"),
    OrderField.CANCELLED_AT: lazy_gettext("Cancelled on"),
    OrderField.SHIPPING: lazy_gettext("Shipping fee"),
    OrderField.DISCOUNT: lazy_gettext("Discount on the line"),
    OrderField.ORDER_DISCOUNT: lazy_gettext("Discount on the whole order"),
    OrderField.PAYMENT_DISCOUNT: lazy_gettext("Discount given at the payment"),
    OrderField.REFUND: lazy_gettext("Refunded"),
    OrderField.REFUND_STATUS: lazy_gettext("Status of the refund"),
    OrderField.COUPON: lazy_gettext("Coupon code"),
    OrderField.CHANNEL: lazy_gettext("Channel"),
    OrderField.REGION: lazy_gettext("Province or state (of an address, only that is kept)"),
    OrderField.HOUSEHOLD: lazy_gettext("Household or shared phone"),
    OrderField.LINE_ID: lazy_gettext("Number of the line or of the refund"),
    OrderField.REMARK: lazy_gettext("Seller's remark"),
    OrderField.TAG: lazy_gettext("Seller's tag or flag"),
    OrderField.ORDER_TYPE: lazy_gettext("Type of the order"),
}
"""Field -> its name, in the order in which the list offers them."""

GROUPS = (
    (
        lazy_gettext("Needed"),
        (OrderField.ORDER_ID, OrderField.CUSTOMER_ID, OrderField.ORDERED_AT),
    ),
    (
        lazy_gettext("Money: one of these"),
        (
            OrderField.AMOUNT,
            OrderField.GOODS,
            OrderField.TOTAL,
            OrderField.UNIT_PRICE,
            OrderField.QUANTITY,
        ),
    ),
    (
        lazy_gettext("Good to have"),
        (
            OrderField.PRODUCT,
            OrderField.STATUS,
            OrderField.PAID_AT,
            OrderField.SHIPPED_AT,
            OrderField.RECEIVED_AT,
            OrderField.CANCELLED_AT,
            OrderField.SHIPPING,
            OrderField.DISCOUNT,
            OrderField.ORDER_DISCOUNT,
            OrderField.PAYMENT_DISCOUNT,
            OrderField.REFUND,
            OrderField.REFUND_STATUS,
            OrderField.COUPON,
            OrderField.CHANNEL,
            OrderField.REGION,
            OrderField.REMARK,
            OrderField.TAG,
            OrderField.ORDER_TYPE,
            OrderField.CUSTOMER_FALLBACK,
            OrderField.HOUSEHOLD,
            OrderField.LINE_ID,
        ),
    ),
)

REASONS = {
    "heading": lazy_gettext("by its heading"),
    "content": lazy_gettext("by its content"),
    "remembered": lazy_gettext("as you confirmed before"),
    "preset": lazy_gettext("as this export writes it"),
}

STATUSES = {
    "paid": lazy_gettext("Paid"),
    "unpaid": lazy_gettext("Not paid"),
    "cancelled": lazy_gettext("Cancelled"),
}

REFUND_STATUSES = {
    "refunded": lazy_gettext("A refund: the money was given back"),
    "not_refunded": lazy_gettext("A refund: no money was given back"),
}


def statuses_for(fields: Iterable[str]) -> dict[str, str]:
    """What a status word of a file with these fields can be placed as."""
    refunds = REFUND_STATUSES if OrderField.REFUND_STATUS in set(fields) else {}
    return {status: str(name) for status, name in {**STATUSES, **refunds}.items()}


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
