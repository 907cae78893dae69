"""The values of the intake: what a file looks like, what its columns mean, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NewType

ImportId = NewType("ImportId", int)


class OrderField(StrEnum):
    """What a column of an order file can mean to us."""

    ORDER_ID = "order_id"
    LINE_ID = "line_id"
    CUSTOMER_ID = "customer_id"
    CUSTOMER_FALLBACK = "customer_fallback"  # where the customer's cell is blank or masked
    HOUSEHOLD = "household"
    ORDERED_AT = "ordered_at"
    PAID_AT = "paid_at"  # filled: money came; parts a returned order from one never paid
    STATUS = "status"
    SHIPPED_AT = "shipped_at"
    RECEIVED_AT = "received_at"
    CANCELLED_AT = "cancelled_at"  # filled: the order was cancelled, whatever its status says
    PRODUCT = "product"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    AMOUNT = "amount"  # goods of the line (or of the whole order) after discount
    GOODS = "goods"  # goods before the discounts on the whole order
    TOTAL = "total"  # paid in all, with shipping
    DISCOUNT = "discount"  # on the line
    ORDER_DISCOUNT = "order_discount"  # on the whole order
    PAYMENT_DISCOUNT = "payment_discount"  # on the whole order too, given at the payment
    SHIPPING = "shipping"
    REFUND = "refund"
    REFUND_STATUS = "refund_status"  # whether the refunded money was really given back
    COUPON = "coupon"
    CHANNEL = "channel"
    REGION = "region"  # province or state; of a whole address in Chinese its first part
    REMARK = "remark"  # the seller's own remark
    TAG = "tag"  # the seller's own tag or flag
    ORDER_TYPE = "order_type"  # what the shop system calls this kind of order


MONEY_FIELDS = (
    OrderField.QUANTITY,
    OrderField.UNIT_PRICE,
    OrderField.AMOUNT,
    OrderField.GOODS,
    OrderField.TOTAL,
    OrderField.DISCOUNT,
    OrderField.ORDER_DISCOUNT,
    OrderField.PAYMENT_DISCOUNT,
    OrderField.SHIPPING,
    OrderField.REFUND,
)
"""Fields that hold numbers; all are kept as integers of ten-thousandths."""


LATER_MOMENTS = (OrderField.PAID_AT, OrderField.SHIPPED_AT, OrderField.RECEIVED_AT)
"""Moments of an order beside the one at which it was placed; a cell without one is no mistake."""


ADDING = (
    OrderField.SHIPPED_AT,
    OrderField.RECEIVED_AT,
    OrderField.REGION,
    OrderField.ORDER_TYPE,
)
"""Fields that say something more of an order and change nothing else of it."""


class FilePart(StrEnum):
    """What the rows of a file are. Items and refunds have no customer: they are kept until a file
    of orders says whose they are, and are joined to it by order number."""

    ORDER = "order"  # whole orders, or order lines that say all there is to know
    ITEM = "item"  # the lines of orders whose customer and money are in another file
    REFUND = "refund"  # refunds, each of an order (or a line) in another file


class OrderForm(StrEnum):
    """How much of an order a file of orders tells at once."""

    ROW = "row"  # one row is one order, whatever its cell of goods says
    WHOLE = "whole"  # all lines of an order, whose amount is one: they come and go together
    LINES = "lines"  # lines, each for itself


class ImportState(StrEnum):
    """How far an import is. `REFUSED` waits for a person (another file, another mapping);
    `FAILED` may simply be tried again. What is `DISCARDED` was thrown away before any of it was
    stored: only its number is left, which is never given again."""

    UPLOADED = "uploaded"
    LOOKED = "looked"
    CONFIRMED = "confirmed"
    CHECKED = "checked"
    STORING = "storing"
    STORED = "stored"
    REFUSED = "refused"
    FAILED = "failed"
    DISCARDED = "discarded"


DISCARDABLE = (
    ImportState.UPLOADED,
    ImportState.LOOKED,
    ImportState.CONFIRMED,
    ImportState.CHECKED,
    ImportState.REFUSED,
    ImportState.FAILED,
)
"""Nothing is stored, nor about to be."""

CONFIRMABLE = (
    ImportState.LOOKED,
    ImportState.CONFIRMED,
    ImportState.CHECKED,
    ImportState.REFUSED,
    ImportState.FAILED,
)
"""Where the columns can be settled, or settled anew."""

CHECKABLE = (
    ImportState.CONFIRMED,
    ImportState.CHECKED,
    ImportState.REFUSED,
    ImportState.FAILED,
)
"""Where every line can be read, or read anew."""


class OverlapChoice(StrEnum):
    """What to do with lines that an earlier file holds under other order numbers."""

    LEAVE_OUT = "leave_out"
    STORE_ALL = "store_all"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileForm:
    """How a file is written.

    headings: unique names of the columns, in order; a doubled or empty heading got a number.
    header_line: the physical line of the headings (1 = first). lines: physical lines after it,
    an upper bound of the records (exact for Parquet). sheet: which one of a workbook was read.
    """

    kind: Literal["csv", "parquet", "xlsx", "xls"]
    encoding: str
    delimiter: str
    compressed: bool
    headings: tuple[str, ...]
    header_line: int
    lines: int
    sheet: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "FileForm":
        """The inverse of `as_json`."""
        return cls(**{**stored, "headings": tuple(stored["headings"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """One column that we believe to know. `reason`: why; `confidence`: between 0 and 1."""

    field: OrderField
    heading: str
    reason: Literal["heading", "content", "remembered", "preset"]
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingOptions:
    """What a person decided about a file where its content leaves two readings open.

    date_order, decimal: None lets the content decide. status_words: cleaned word -> paid, unpaid
    or cancelled (of a refund: refunded or not_refunded), beyond the words that are known.
    part: what the rows are; None: what the headings say. leave_out: orders whose remark or tag
    contains one of these are left out (orders placed to look busy).
    """

    date_order: Literal["day_first", "month_first"] | None = None
    decimal: Literal["point", "comma"] | None = None
    status_words: Mapping[str, str] = field(default_factory=dict)
    part: FilePart | None = None
    leave_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form in which they are stored."""
        return {
            "date_order": self.date_order,
            "decimal": self.decimal,
            "status_words": dict(self.status_words),
            "part": None if self.part is None else str(self.part),
            "leave_out": list(self.leave_out),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "ReadingOptions":
        """The inverse of `as_json`; nothing stored means no decision."""
        if not stored:
            return cls()
        part = stored.get("part")
        return cls(
            date_order=stored["date_order"],
            decimal=stored["decimal"],
            status_words=stored["status_words"],
            part=None if part is None else FilePart(part),
            leave_out=tuple(stored.get("leave_out", ())),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Arithmetic:
    """Whether goods + freight - discount = paid in the first rows of a file.

    rows: those with both sides filled; held: of them, those that add up; equation: the headings,
    as one reads it.
    """

    equation: str
    held: int
    rows: int

    @property
    def share(self) -> float:
        """Part of the rows that add up, 0 to 1 (rows > 0)."""
        return self.held / self.rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one sees of a file before anything is read into the shop.

    first_rows: up to 20 records, each as long as `form.headings`. remembered: the shop confirmed
    the columns of a file with the same headings before; its `options` come along.
    status_words: words of the proposed status column in the first 1,000 records, with counts.
    preset: the export it was recognised as (`presets.PRESETS`), if any. arithmetic: of the proposed
    columns; None where they leave nothing to check.
    """

    form: FileForm
    first_rows: tuple[tuple[str, ...], ...]
    proposals: tuple[Proposal, ...]
    remembered: bool
    options: ReadingOptions
    status_words: Mapping[str, int]
    preset: str | None = None
    arithmetic: Arithmetic | None = None

    def mapping(self) -> dict[OrderField, str]:
        """The proposed columns as a mapping, ready to be confirmed."""
        return {proposal.field: proposal.heading for proposal in self.proposals}

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "form": self.form.as_json(),
            "first_rows": [list(row) for row in self.first_rows],
            "proposals": [
                {
                    "field": str(proposal.field),
                    "heading": proposal.heading,
                    "reason": proposal.reason,
                    "confidence": proposal.confidence,
                }
                for proposal in self.proposals
            ],
            "remembered": self.remembered,
            "options": self.options.as_json(),
            "status_words": dict(self.status_words),
            "preset": self.preset,
            "arithmetic": self.arithmetic
            and {
                "equation": self.arithmetic.equation,
                "held": self.arithmetic.held,
                "rows": self.arithmetic.rows,
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Look":
        """The inverse of `as_json`."""
        return cls(
            form=FileForm.from_json(stored["form"]),
            first_rows=tuple(tuple(row) for row in stored["first_rows"]),
            proposals=tuple(
                Proposal(**{**proposal, "field": OrderField(proposal["field"])})
                for proposal in stored["proposals"]
            ),
            remembered=stored["remembered"],
            options=ReadingOptions.from_json(stored["options"]),
            status_words=stored["status_words"],
            preset=stored.get("preset"),
            arithmetic=(Arithmetic(**stored["arithmetic"]) if stored.get("arithmetic") else None),
        )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
