"""Status words of shop systems -> paid, unpaid, cancelled.

Words are compared in lower case without punctuation and blanks (some tools strip the full-width
comma inside Chinese ones). What is not here is never guessed: it is shown with its count and
placed by a person.
"""

import polars as pl

from regulars_platform.intake.letters import traditional_spellings
from regulars_platform.orders.table import CANCELLED, PAID, UNPAID

REFUNDED = "refunded"
"""Paid and fully given back: paid where the file says how much was refunded, else cancelled."""
NOT_REFUNDED = "not_refunded"
"""Of a refund: asked for, refused or withdrawn; no money was given back."""

_WORDS = {
    PAID: (
        "买家已付款等待卖家发货|等待卖家发货|卖家已发货等待买家确认|等待买家确认|"
        "等待买家确认收货|卖家部分发货|"
        "交易成功|交易完成|待发货|部分发货|已发货|待收货|已收货|已完成|已付款|已支付|支付成功|付款成功|待出货|部分出货|已出货|配送中|已送达|已取货|"
        ""
        "完成|成功|"
        "WAIT_SELLER_SEND_GOODS|WAIT_BUYER_CONFIRM_GOODS|SELLER_CONSIGNED_PART|TRADE_BUYER_SIGNED|"
        "TRADE_FINISHED|TRADE_SUCCESS|paid|partially_refunded|partially refunded|complete|"
        "completed|"
        "wc-completed|processing|wc-processing|shipped|delivered|fulfilled|partially_fulfilled|"
        "done|success|successful|captured|部分退款|awaiting_fulfillment|"
        "awaiting_shipment|partially_shipped|dispatched|in_transit"
    ),
    UNPAID: (
        "等待买家付款|待付款|未付款|待支付|未支付|买家已付定金|WAIT_BUYER_PAY|TRADE_NO_CREATE_PAY|"
        "pending|pending payment|wc-pending|on-hold|wc-on-hold|authorized|authorised|"
        "partially_paid|"
        "unpaid|awaiting_payment|payment_pending|checkout-draft"
    ),
    CANCELLED: (
        "交易关闭|已关闭|已取消|取消订单|订单取消|关闭|取消|作废|TRADE_CLOSED|TRADE_CLOSED_BY_TAOBAO|voided|"
        "void|expired|cancelled|canceled|wc-cancelled|wc-canceled|failed|wc-failed|declined|"
        "付款以后用户退款成功交易自动关闭|付款以前卖家或买家主动关闭交易"
    ),
    REFUNDED: "refunded|wc-refunded|已退款|退款成功|全额退款|fully_refunded",
}
_REFUND_WORDS = {
    REFUNDED: "退款成功|退款完成|已退款|refunded",
    NOT_REFUNDED: (
        "没有申请退款|未申请退款|无退款申请|无退款|退款关闭|退款已关闭|已撤销|卖家拒绝退款|"
        "买家已经申请退款等待卖家同意|卖家已经同意退款等待买家退货|"
        "买家已经退货等待卖家确认收货|退款中"
    ),
}
_NOISE = r"[\s\p{P}]"


def plain_word(cell: pl.Expr) -> pl.Expr:
    """A cleaned status cell as it is compared (null: blank)."""
    return cell.str.normalize("NFKC").str.to_lowercase().str.replace_all(_NOISE, "")


def _plain(word: str) -> str:
    return str(pl.select(plain_word(pl.lit(word))).item())


def _compared(words: dict[str, str]) -> dict[str, str]:
    """Every word, and every Chinese one in Traditional letters too, as cells are compared."""
    return {
        _plain(spelled): status
        for status, several in words.items()
        for word in several.split("|")
        for spelled in (word, *traditional_spellings(word))
    }


KNOWN: dict[str, str] = _compared(_WORDS)
"""Compared word -> paid, unpaid, cancelled or refunded."""


KNOWN_OF_REFUNDS: dict[str, str] = _compared(_REFUND_WORDS)
"""Compared word -> refunded or not_refunded; a blank cell is no refund."""


def refund_meanings(placed: dict[str, str]) -> dict[str, str]:
    """Compared word of a refund's status -> refunded or not_refunded, with placed words."""
    ours = {
        _plain(word): status
        for word, status in placed.items()
        if status in (REFUNDED, NOT_REFUNDED)
    }
    return {**KNOWN_OF_REFUNDS, **ours}


def status_meanings(placed: dict[str, str], *, refunds_are_known: bool) -> dict[str, str]:
    """Compared word -> status, with the words a person placed.

    refunds_are_known: the file has a column of refunded money, so a refunded order stays a paid
    one whose refund is counted.
    """
    refunded = PAID if refunds_are_known else CANCELLED
    known = {word: refunded if status == REFUNDED else status for word, status in KNOWN.items()}
    ours = {
        _plain(word): status
        for word, status in placed.items()
        if status in (PAID, UNPAID, CANCELLED)
    }
    return {**known, **ours}
