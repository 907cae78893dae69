"""The whole orders of a shop on disk, sorted by time, without ever holding all of them at once.

Lines are put together in parts by their order number, then brought into their order a stretch of
time at a time. However many orders there are, memory holds one part or one stretch.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from regulars_platform.orders.table import whole_orders

PART = 1_500_000
"""About how many order lines are put together, and how many orders are sorted, at once."""


def write_kept_orders(lines: pl.LazyFrame, path: Path, scratch: Path) -> None:
    """Order lines -> whole orders of known customers, by ordered_at and order_id, as Parquet.

    scratch: an empty folder for what lies between.
    """
    number = int(lines.select(pl.len()).collect(engine="streaming").item())
    parts = max(1, -(-number // PART))
    if parts == 1:
        _sorted(_known(lines)).collect(engine="streaming").write_parquet(path)
        return
    part_of = pl.col("order_id").hash(seed=0) % parts
    for part in range(parts):
        found = _known(lines.filter(part_of == part)).collect(engine="streaming")
        found.write_parquet(scratch / f"part-{part}.parquet")
        del found
    orders = pl.scan_parquet(scratch / "part-*.parquet")
    # nobody known: one empty stretch
    stretches = [scratch / "stretch.parquet"]
    orders.head(0).collect().write_parquet(stretches[0])
    for number, (first, end) in enumerate(_stretches(orders, parts)):
        moment = pl.col("ordered_at")
        inside = orders.filter((moment >= first) & (pl.lit(True) if end is None else moment < end))
        stretches.append(scratch / f"stretch-{number}.parquet")
        _sorted(inside).collect(engine="streaming").write_parquet(stretches[-1])
    pl.scan_parquet(stretches).sink_parquet(path)


def _known(lines: pl.LazyFrame) -> pl.LazyFrame:
    return whole_orders(lines).filter(pl.col("customer_id").is_not_null())


def _sorted(orders: pl.LazyFrame) -> pl.LazyFrame:
    return orders.sort("ordered_at", "order_id", maintain_order=True)


def _stretches(orders: pl.LazyFrame, number: int) -> list[tuple[dt.datetime, dt.datetime | None]]:
    """From when to when (None: to the end) each stretch reaches; about as many orders in each."""
    moments = orders.select(pl.col("ordered_at").sort()).collect(engine="streaming")["ordered_at"]
    places = sorted({place * len(moments) // number for place in range(number)})
    starts: list[dt.datetime] = sorted(set(moments.gather(places))) if len(moments) else []
    return [
        (start, starts[place + 1] if place + 1 < len(starts) else None)
        for place, start in enumerate(starts)
    ]
