"""The whole orders of a shop on disk, sorted by time, without ever holding all of them at once.

Lines are read a stretch of time at a time, put together and sorted, and stretch after stretch goes
into one file. However many orders there are, memory holds one stretch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from regulars_platform.customers.runs import Array
from regulars_platform.orders.together import put_together

PART = 2_000_000
"""About how many order lines are put together and sorted at once."""

_ID = pl.col("order_id").hash(seed=0)
_MOMENT = pl.col("ordered_at")


def write_kept_orders(lines: pl.LazyFrame, path: Path, scratch: Path) -> None:
    """Order lines -> whole orders of known customers, by ordered_at and order_id, as Parquet.

    scratch: an empty folder for what lies between.
    """
    number = int(lines.select(pl.len()).collect(engine="streaming").item())
    if number <= PART:
        _sorted(_known(lines)).write_parquet(path, compression="lz4")
        return
    plan = _plan(lines, -(-number // PART))
    apart = _put_apart(lines, plan.apart, scratch)
    stretches = _stretches(lines, plan, apart)
    first = next(stretches)

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        # all that is made of them is a file: nobody asks for some columns or rows alone
        yield first
        yield from stretches

    register_io_source(frames, schema=first.schema).sink_parquet(path, compression="lz4")


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """ends: moments between stretches, ascending; apart: hashes of orders whose lines do not all
    have the same moment, and so may lie in several stretches."""

    ends: list[int]
    apart: pl.Series


def _plan(lines: pl.LazyFrame, parts: int) -> _Plan:
    """About as many lines in each of so many stretches."""
    found = lines.select(_ID.alias("id"), _MOMENT.to_physical().alias("at"))
    read = found.collect(engine="streaming")
    known = read["at"].drop_nulls().to_numpy()
    places = sorted({place * len(known) // parts for place in range(1, parts)} - {0})
    ends = sorted({int(one) for one in np.partition(known, places)[places]}) if places else []
    del known
    ids, moments = read["id"].to_numpy(), read["at"].fill_null(np.iinfo(np.int64).min).to_numpy()
    del read
    order = np.argsort(ids)
    ids, moments = ids[order], moments[order]
    del order
    several = (ids[1:] == ids[:-1]) & (moments[1:] != moments[:-1])
    apart: Array = np.unique(ids[1:][several])
    return _Plan(ends, pl.Series("id", apart, dtype=pl.UInt64))


def _put_apart(lines: pl.LazyFrame, apart: pl.Series, scratch: Path) -> pl.LazyFrame | None:
    """Those orders, put together by themselves: usually none, or few."""
    if apart.is_empty():
        return None
    parts = -(-len(apart) // PART)
    for part in range(parts):
        ids = apart.filter(apart % parts == part)
        found = _known(lines.filter(_ID.is_in(ids.implode())))
        found.write_parquet(scratch / f"apart-{part}.parquet", compression="lz4")
    return pl.scan_parquet(scratch / "apart-*.parquet")


def _stretches(
    lines: pl.LazyFrame, plan: _Plan, apart: pl.LazyFrame | None
) -> Iterator[pl.DataFrame]:
    for start, end in pairwise([None, *plan.ends, None]):
        found = _known(_between(lines, start, end).filter(~_ID.is_in(plan.apart.implode())))
        if apart is not None:
            found = pl.concat([found, _between(apart, start, end).collect(engine="streaming")])
        yield _sorted(found)


def _between(rows: pl.LazyFrame, start: int | None, end: int | None) -> pl.LazyFrame:
    """From a moment on (None: also those without a moment), and before another."""
    if start is not None:
        rows = rows.filter(pl.lit(start).cast(pl.Datetime("us", "UTC")) <= _MOMENT)
    if end is not None:
        before = pl.lit(end).cast(pl.Datetime("us", "UTC")) > _MOMENT
        rows = rows.filter(before if start is not None else before | _MOMENT.is_null())
    return rows


def _known(lines: pl.LazyFrame) -> pl.DataFrame:
    return put_together(lines).filter(pl.col("customer_id").is_not_null())


def _sorted(orders: pl.DataFrame) -> pl.DataFrame:
    # what no order has need not be moved about
    kinds = orders.schema
    nothing = [name for name in kinds if orders[name].null_count() == orders.height]
    moving = orders.drop(set(nothing) - {"ordered_at", "order_id"})
    found = moving.sort("ordered_at", "order_id", maintain_order=True)
    absent = (pl.lit(None, dtype=kinds[name]).alias(name) for name in nothing)
    return found.with_columns(absent).select(kinds.names())
