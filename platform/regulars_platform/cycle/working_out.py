"""Working out who is due for what: from all orders, in parts of the customers, memory flat."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.cycle.backtest import anchors_of, judge, split_day
from regulars_platform.cycle.dates import OWN, PRODUCT, UNIT, product_cycles, with_dates
from regulars_platform.cycle.files import ROW_SCHEMA, cycle_folder
from regulars_platform.cycle.purchases import (
    BOUGHT,
    as_of,
    one_names,
    pairs_of,
    purchase_days,
    with_intervals,
)
from regulars_platform.storage.placing import place_frame

LINES_AT_ONCE = 1_500_000
"""So many order lines are held at a time."""
NOT_SOLD_DAYS = 180
NOT_SOLD_CYCLES = 3
"""A product that nobody bought in so many days, and in so many of its own cycles, before the last
order is no longer sold."""
NOT_LISTED, NOT_SOLD = "not_listed", "not_sold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What is read. lines: order lines; products: that dataset; timezone: of the shop."""

    lines: pl.LazyFrame
    products: pl.LazyFrame
    timezone: str


def work_out_dates(
    read: Read, shop_dir: Path, key: str, *, tell: Callable[[int, int], None] | None = None
) -> dict[str, Any] | None:
    """Write rows-<key> and cycles-<key>; returns the document, None without any purchase."""
    ends = _ends(read)
    if ends is None:
        return None
    first, last, lines = ends
    split = split_day(first, last)
    folder = cycle_folder(shop_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, suffix=".tmp") as name:
        scratch = Path(name)
        parts = max(1, -(-lines // LINES_AT_ONCE))
        for number, days in enumerate(_parts(read, parts)):
            _write_part(scratch, number, days, split)
            if tell is not None:
                tell(number + 1, parts)
        return _finish(read, scratch, folder, key, (first, split, last))


def _ends(read: Read) -> tuple[dt.date, dt.date, int] | None:
    day = pl.col("ordered_at").dt.convert_time_zone(read.timezone).dt.date()
    first, last, lines = (
        read.lines.filter(BOUGHT)
        .select(day.min().alias("first"), day.max().alias("last"), pl.len())
        .collect(engine="streaming")
        .row(0)
    )
    return None if first is None else (first, last, lines)


def _parts(read: Read, parts: int) -> Iterator[pl.DataFrame]:
    """All purchases of some customers at a time, as `with_intervals` gives them."""
    names = one_names(read.products)
    once = _bought_once(read.products)
    for number in range(parts):
        mine = pl.col("customer_id").hash(seed=7) % parts == number
        lines = read.lines.filter(mine) if parts > 1 else read.lines
        days = purchase_days(lines, names, once, timezone=read.timezone)
        yield with_intervals(days.collect(engine="streaming"))


def _write_part(scratch: Path, number: int, days: pl.DataFrame, split: dt.date | None) -> None:
    pairs_of(days).write_parquet(scratch / f"pairs-{number}.parquet")
    if split is not None:
        pairs_of(as_of(days, split)).write_parquet(scratch / f"before-{number}.parquet")
        anchors_of(days, split).write_parquet(scratch / f"anchors-{number}.parquet")


def _finish(
    read: Read, scratch: Path, folder: Path, key: str, ends: tuple[dt.date, dt.date | None, dt.date]
) -> dict[str, Any]:
    first, split, last = ends
    pairs = pl.scan_parquet(scratch / "pairs-*.parquet")
    cycles = product_cycles(pairs)
    lasting = read.products.select("product", "unit_days").unique("product", keep="first")
    rows = (
        with_dates(pairs, cycles.lazy(), lasting)
        .filter(pl.col("due_on").is_not_null())
        .join(_marks(read, cycles, last).lazy(), on="product", how="left")
        .select(pl.col(name).cast(kind) for name, kind in ROW_SCHEMA.items())
    )
    path = folder / f"rows-{key}.parquet"
    place_frame(path, rows)
    place_frame(folder / f"cycles-{key}.parquet", cycles.lazy())
    backtest: dict[str, Any] = {}
    if split is not None:
        before = product_cycles(pl.scan_parquet(scratch / "before-*.parquet"))
        anchors = pl.scan_parquet(scratch / "anchors-*.parquet")
        backtest = judge(anchors, before, lasting, split=split, last=last)
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "pairs": pairs.select(pl.len()).collect().item(),
        "counts": _counts(pl.scan_parquet(path)),
        "one_off": len(_bought_once(read.products)),
        "backtest": backtest,
    }


def _counts(rows: pl.LazyFrame) -> dict[str, int]:
    found = dict(rows.group_by("rests_on").len().collect(engine="streaming").iter_rows())
    return {basis: int(found.get(basis, 0)) for basis in (OWN, PRODUCT, UNIT)}


def _marks(read: Read, cycles: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """product, mark: what is no longer sold, or not in the products' file where there is one."""
    listed = read.products.select("product").collect()["product"]
    unseen = (pl.lit(last) - pl.col("last_sold")).dt.total_days()
    longest = pl.max_horizontal(
        pl.lit(float(NOT_SOLD_DAYS)), (pl.col("unit") * NOT_SOLD_CYCLES).fill_null(0.0)
    )
    missing = ~pl.col("product").is_in(listed.implode()) if len(listed) else pl.lit(False)
    return cycles.select(
        "product",
        pl.when(unseen > longest)
        .then(pl.lit(NOT_SOLD))
        .when(missing)
        .then(pl.lit(NOT_LISTED))
        .alias("mark"),
    )


def _bought_once(products: pl.LazyFrame) -> pl.Series:
    return products.filter(pl.col("one_off")).select("product").unique().collect()["product"]
