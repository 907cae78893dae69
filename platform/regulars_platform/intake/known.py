"""What is stored already, as a file is compared with it."""

from dataclasses import dataclass

import polars as pl

from regulars_platform.intake.models import FilePart
from regulars_platform.orders.parts import ITEM, ORDER, OrderParts
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, OrdersTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the rows of a file are compared with.

    lines: stored rows of the same kind (ORDER_SCHEMA): of a file of orders, the orders as files of
    orders brought them, not as items and refunds completed them. keys: KEY of those, and of lines
    that are kept but left out. whole: `order_id` and `amount` of
    every order that a file of orders brought. items: order_id, line_key and amount of stored items.
    version, parts_version: of the two tables these were read from (None: no such table).
    """

    part: FilePart
    lines: pl.LazyFrame
    keys: pl.LazyFrame
    whole: pl.LazyFrame
    items: pl.LazyFrame
    version: int | None
    parts_version: int | None


def what_is_known(orders: OrdersTable, parts: OrderParts, part: FilePart) -> Known:
    """The stored rows that a file of this kind is compared with, as they are now."""
    version, parts_version = orders.version(), parts.version()
    stored = orders.scan(version)
    kept = parts.scan(part).filter(~pl.col("left_out")).select(list(ORDER_SCHEMA))
    heads = parts.scan(ORDER).select("order_id", "amount")
    own = stored
    if parts_version is not None:
        own = stored.join(heads.select("order_id").unique(), on="order_id", how="anti")
    lines = pl.concat([own, kept]) if part is FilePart.ORDER else kept
    return Known(
        part=part,
        lines=lines,
        keys=pl.concat([own.select(KEY), parts.scan(ORDER).select(KEY)]),
        whole=per_order(pl.concat([own.select("order_id", "amount"), heads])),
        items=parts.scan(ITEM).select("order_id", "line_key", "amount"),
        version=version,
        parts_version=parts_version,
    )


def per_order(lines: pl.LazyFrame) -> pl.LazyFrame:
    """`order_id` and `amount` of the orders that these lines are of."""
    return lines.group_by("order_id").agg(pl.col("amount").sum())
