"""Rows that wait for their order file: counted when something is stored, shown on the pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from regulars_platform.intake.models import ImportId
from regulars_platform.intake.tables import WaitingPartsRow
from regulars_platform.orders.parts import ITEM, ORDER, REFUND, OrderParts


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Rows of one import (items or refunds) whose order is not there yet."""

    part: str
    orders: int
    lines: int


def count_waiting(parts: OrderParts) -> pl.DataFrame:
    """Columns import_id, part, orders, lines: rows whose order no file of orders has brought."""
    heads = parts.scan(ORDER).select("order_id").unique()
    rows = (
        parts.scan(ITEM, REFUND)
        .filter(~pl.col("left_out"))
        .select("part", "import_id", "order_id", "line_key")
    )
    found = (
        rows.filter(pl.col("part") == ITEM)
        .join(heads, on="order_id", how="semi")
        .select(pl.col("line_key").alias("order_id"), pl.lit(REFUND).alias("part"))
        .unique()
    )
    return (
        rows.join(heads, on="order_id", how="anti")
        .join(found, on=["part", "order_id"], how="anti")
        .group_by("import_id", "part")
        .agg(pl.col("order_id").n_unique().alias("orders"), pl.len().alias("lines"))
        .sort("import_id", "part")
        .collect(engine="streaming")
    )


def keep_waiting(session: Session, shop_id: int, counts: pl.DataFrame) -> None:
    """Keep what `count_waiting` found in place of what was known before."""
    session.execute(delete(WaitingPartsRow).where(WaitingPartsRow.shop_id == shop_id))
    for row in counts.iter_rows(named=True):
        session.add(WaitingPartsRow(shop_id=shop_id, **row))


def waiting_of(session: Session, shop_id: int) -> Mapping[ImportId, Waiting]:
    """The imports of a shop of which something waits for its order file."""
    query = select(WaitingPartsRow).where(WaitingPartsRow.shop_id == shop_id)
    return {
        ImportId(row.import_id): Waiting(part=row.part, orders=row.orders, lines=row.lines)
        for row in session.scalars(query)
    }
