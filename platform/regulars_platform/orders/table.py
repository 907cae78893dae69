"""The order lines of a shop: a Delta table (ACID, versions kept), keyed by order and line.

Money and quantities are integers of ten-thousandths (4 decimal places), so sums are exact.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

MONEY_SCALE = 10_000
"""One unit of currency (or one piece) in the integers stored here."""

PAID, UNPAID, CANCELLED = "paid", "unpaid", "cancelled"

ORDER_SCHEMA: dict[str, pl.DataType] = {
    "order_id": pl.String(),  # the shop's own order number, as text
    "line_key": pl.String(),  # product and occurrence within the order, or the file's own line id
    "customer_id": pl.String(),  # null: stored unattributed
    "household": pl.String(),  # shared phone or household, where the file has it
    "ordered_at": pl.Datetime("us", "UTC"),
    "status": pl.String(),  # paid | unpaid | cancelled
    "product": pl.String(),
    "quantity": pl.Int64(),  # ten-thousandths of a piece
    "amount": pl.Int64(),  # goods of this line after discounts, ten-thousandths; < 0: a credit
    "discount": pl.Int64(),  # >= 0, discount on this line (0 where the file has none)
    "order_discount": pl.Int64(),  # >= 0, discount on the whole order, same on each of its lines
    "shipping": pl.Int64(),  # shipping fee the customer paid on the whole order; null: not known
    "refund": pl.Int64(),  # >= 0, refunded of this line so far (a state, not a movement)
    "coupon": pl.String(),  # code used, where the file has it
    "channel": pl.String(),
    "paid_at": pl.Datetime("us", "UTC"),  # this and the next two: null where nobody told
    "shipped_at": pl.Datetime("us", "UTC"),
    "received_at": pl.Datetime("us", "UTC"),
    "region": pl.String(),  # province or state it was sent to
    "import_id": pl.Int64(),  # the import that last wrote this line
    "source_line": pl.Int64(),  # its line in that file, header = 1
}
KEY = ("order_id", "line_key")
TOLD_LATER = ("paid_at", "shipped_at", "received_at", "region")
"""Columns that a file may fill but never empties: a blank cell only means "not yet"."""


def in_schema(rows: pl.LazyFrame, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """The columns of `schema`, null where what was written earlier has no such column."""
    there = rows.collect_schema()
    return rows.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


class OrdersTable:
    """The order lines of one shop on disk, at any version."""

    def __init__(self, shop_dir: Path) -> None:
        self.path = shop_dir / "orders"

    def exists(self) -> bool:
        """Whether anything was ever stored."""
        return (self.path / "_delta_log").is_dir()

    def version(self) -> int | None:
        """The version that a reader sees now; None before the first import."""
        return DeltaTable(str(self.path)).version() if self.exists() else None

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """All lines as of `version` (default: now), columns as in ORDER_SCHEMA, no fixed order.

        A version written before a column existed has nulls in it.
        Collect with `engine="streaming"` to keep memory flat.
        """
        if not self.exists():
            return pl.LazyFrame(schema=ORDER_SCHEMA)
        return in_schema(pl.scan_delta(str(self.path), version=version), ORDER_SCHEMA)


def whole_orders(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Order lines -> one row per order.

    Columns: order_id, customer_id, household, ordered_at, status, channel, coupon (all codes of the
    order, sorted, with commas between), amount (goods after discounts), discount (line and order
    discounts together), shipping (null: not known), refund, paid_at, shipped_at, received_at (the
    first moment of any line), region; money in ten-thousandths. `amount` < 0 marks a credit note:
    money given back under an order number of its own, not a purchase.

    An order is paid if any of its lines is; then only the paid lines count: what was cancelled or
    left unpaid beside them was not bought.
    """
    is_paid = pl.col("status") == PAID
    counts = (is_paid | ~is_paid.any()).fill_null(True)
    codes = pl.col("coupon").drop_nulls().unique().sort().str.join(",")
    return lines.group_by("order_id").agg(
        *(
            pl.col(name).drop_nulls().min()
            for name in ("customer_id", "household", "ordered_at", "channel")
        ),
        pl.when(is_paid.any())
        .then(pl.lit(PAID))
        .otherwise(pl.col("status").drop_nulls().min())
        .alias("status"),
        pl.when(pl.col("coupon").is_not_null().any()).then(codes).alias("coupon"),
        pl.col("amount").filter(counts).sum(),
        (
            pl.col("discount").filter(counts).sum() + pl.col("order_discount").max().fill_null(0)
        ).alias("discount"),
        pl.col("shipping").max(),
        pl.col("refund").filter(counts).sum(),
        *(pl.col(name).drop_nulls().min() for name in TOLD_LATER),
    )


def freight_returned() -> pl.Expr:
    """Of whole orders: what of `refund` gives back the freight, as far as the customer had paid any
    and more came back than the goods had cost."""
    beyond = (pl.col("refund") - pl.col("amount")).clip(lower_bound=0)
    paid = pl.col("shipping").fill_null(0).clip(lower_bound=0)
    return pl.when(pl.col("amount") >= 0).then(pl.min_horizontal(beyond, paid)).otherwise(0)


def goods_refunded(orders: pl.LazyFrame) -> pl.LazyFrame:
    """Whole orders with `refund` without the freight in it. Once only: not for its own result.

    Freight is never counted as income, so that giving it back is no loss of goods.
    """
    return orders.with_columns((pl.col("refund") - freight_returned()).alias("refund"))


def start_of_day(day: dt.date, timezone: dt.tzinfo) -> dt.datetime:
    """Midnight at the start of `day` in the shop's time zone, as an aware UTC value."""
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone).astimezone(dt.UTC)
