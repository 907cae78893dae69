"""Rows of files that are only a part of an order: a Delta table beside the orders.

A shop system may write an order's buyer and money in one file, its lines in another and its
refunds in a third. Rows are kept here as they came, whoever came first; the orders table holds
what they say together (`intake.assemble`). Orders of which only one whole file is known have no
rows here.
"""

from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from regulars_platform.orders.table import ORDER_SCHEMA, in_schema

ORDER, ITEM, REFUND = "order", "item", "refund"
RETURNED = "returned"
"""Status of an item that was paid and then closed: given back as a whole. Its `refund` is what its
file says of it, 0 where it says nothing: what the line came to is known with its order only."""

PART_SCHEMA: dict[str, pl.DataType] = {
    "part": pl.String(),  # order | item | refund
    **ORDER_SCHEMA,  # of an item: no customer; of a refund: order, line_key (its number), refund
    "left_out": pl.Boolean(),  # the seller's own remark keeps this order out
}
PART_KEY = ("part", "order_id", "line_key")


class OrderParts:
    """The parts of the orders of one shop on disk, at any version."""

    def __init__(self, shop_dir: Path) -> None:
        self.path = shop_dir / "order_parts"

    def exists(self) -> bool:
        """Whether a file ever came in parts."""
        return (self.path / "_delta_log").is_dir()

    def version(self) -> int | None:
        """The version that a reader sees now; None before the first part."""
        return DeltaTable(str(self.path)).version() if self.exists() else None

    def scan(self, *parts: str) -> pl.LazyFrame:
        """Rows (PART_SCHEMA) of the parts named, or of all; no fixed order.

        Collect with `engine="streaming"` to keep memory flat.
        """
        if not self.exists():
            return pl.LazyFrame(schema=PART_SCHEMA)
        rows = in_schema(pl.scan_delta(str(self.path)), PART_SCHEMA)
        return rows.filter(pl.col("part").is_in(list(parts))) if parts else rows
