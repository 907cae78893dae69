"""The orders of a shop laid out by customer, once per version: features are quick to make of them.

Customers, products and words become numbers in the order of their names, and every table is sorted
by customer. What lies before a day is then a filter that keeps the order, so that medians, longest
gaps and favourites as of any day are read off in one pass (`runs`) and nothing is sorted again.
"""

from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.runs import Array, Ints
from regulars_platform.orders.table import PAID, UNPAID

TABLES: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),  # the place of an id is its code
    "purchases": ("code", "day", "at", "amount", "returned", "discounted"),  # by time
    "amounts": ("code", "day", "amount"),  # of purchases, ascending
    "gaps": ("code", "day", "gap"),  # days since the purchase day before, ascending
    "channels": ("code", "day", "word"),  # of purchases, by word
    "households": ("code", "day", "word"),  # of all orders that name one, by time
    "regions": ("code", "day", "word"),  # of all orders that say where to, by time
    "credits": ("code", "day", "returned"),  # money given back under an order of its own
    "others": ("code", "day", "at", "waiting"),  # neither paid nor a credit, by time
    "lines": ("code", "day", "word", "amount", "quantity"),  # paid lines with a product, by it
}
"""Tables and their columns; `day` is the shop's own, counted from 1970.

A `word` is a number, too: its place among those of `<table>-words.parquet`.
"""


def write_histories(
    orders: pl.LazyFrame, lines: pl.LazyFrame, folder: Path, *, timezone: str
) -> None:
    """Whole orders of known customers, by ordered_at and order_id, and order lines -> the tables.

    folder: empty; holds `<table>.parquet` afterwards.
    """
    ids = orders.select(pl.col("customer_id").unique().sort()).collect(engine="streaming")
    _write(ids, folder, "customers")
    known = _coded(orders, ids["customer_id"], "customer_id", "code").select(
        "code",
        _day(timezone),
        pl.col("ordered_at").to_physical().alias("at"),
        "status",
        "amount",
        (pl.col("refund") - pl.col("amount").clip(upper_bound=0)).alias("returned"),
        (pl.col("discount") > 0).alias("discounted"),
    )
    paid, positive = pl.col("status") == PAID, pl.col("amount") > 0
    _write_purchases(known.filter(paid & positive), folder)
    _write_sorted(known.filter(paid & ~positive).select(*TABLES["credits"]), folder, "credits")
    waiting = ((pl.col("status") == UNPAID) & positive).alias("waiting")
    others = known.filter(~paid).select("code", "day", "at", waiting)
    _write_sorted(others, folder, "others")
    for table, column, rows in (
        ("channels", "channel", orders.filter(paid & positive)),
        ("households", "household", orders),
        ("regions", "region", orders),
    ):
        _write_words(rows, ids["customer_id"], column, folder, table, timezone)
    _write_lines(lines, ids["customer_id"], folder, timezone)


class Before:
    """The rows of a table with a day before `today` (days since 1970), a column at a time."""

    def __init__(self, folder: Path, table: str, today: int) -> None:
        self._path = folder / f"{table}.parquet"
        day = self._read("day")
        kept = day < today
        # usually a day looks back on everything, and nothing has to be left out
        self._kept: Array | None = None if kept.all() else kept
        self.day: Array = self._cut(day)

    def __getitem__(self, column: str) -> Array:
        return self._cut(self._read(column))

    def _read(self, column: str) -> Array:
        return pl.read_parquet(self._path, columns=[column])[column].to_numpy()

    def _cut(self, values: Array) -> Array:
        return values if self._kept is None else values[self._kept]


def read_names(folder: Path, table: str) -> pl.Series:
    """Names by code: the customers, or the words of a table."""
    file = table if table == "customers" else f"{table}-words"
    return pl.read_parquet(folder / f"{file}.parquet").to_series()


def _day(timezone: str) -> pl.Expr:
    local = pl.col("ordered_at").dt.convert_time_zone(timezone).dt.date()
    return local.to_physical().alias("day")


def _coded(frame: pl.LazyFrame, names: pl.Series, column: str, code: str) -> pl.LazyFrame:
    """With the place of each name among the sorted names; rows without one are left out."""
    codes = pl.LazyFrame({column: names, code: pl.arange(len(names), dtype=pl.UInt32, eager=True)})
    return frame.join(codes, on=column, how="inner", maintain_order="left")


def _write_purchases(purchases: pl.LazyFrame, folder: Path) -> None:
    found = purchases.select(*TABLES["purchases"]).collect(engine="streaming")
    found = found[by_code(found["code"].to_numpy())]
    _write(found, folder, "purchases")
    same = pl.col("code") == pl.col("code").shift(1)
    gap = pl.when(same).then(pl.col("day") - pl.col("day").shift(1))
    gaps = found.select("code", "day", gap.alias("gap")).filter(pl.col("gap") > 0)
    _write(_ascending(gaps, "gap"), folder, "gaps")
    del gaps
    _write(_ascending(found.select(*TABLES["amounts"]), "amount"), folder, "amounts")


def _write_words(
    rows: pl.LazyFrame, ids: pl.Series, column: str, folder: Path, table: str, timezone: str
) -> None:
    named = rows.filter(pl.col(column).is_not_null()).select("customer_id", _day(timezone), column)
    words = named.select(pl.col(column).unique().sort()).collect(engine="streaming")
    _write(words, folder, f"{table}-words")
    coded = _coded(_coded(named, ids, "customer_id", "code"), words[column], column, "word")
    found = coded.select(*TABLES[table]).collect(engine="streaming")
    if table in ("households", "regions"):
        found = found[by_code(found["code"].to_numpy())]
    else:
        found = _ascending(found, "word")
    _write(found, folder, table)


def _write_lines(lines: pl.LazyFrame, ids: pl.Series, folder: Path, timezone: str) -> None:
    bought = lines.filter(
        (pl.col("status") == PAID) & (pl.col("amount") > 0) & pl.col("product").is_not_null()
    ).select("customer_id", _day(timezone), "product", "amount", "quantity")
    words = bought.select(pl.col("product").unique().sort()).collect(engine="streaming")
    _write(words, folder, "lines-words")
    coded = _coded(_coded(bought, ids, "customer_id", "code"), words["product"], "product", "word")
    found = coded.select(*TABLES["lines"]).collect(engine="streaming")
    _write(_ascending(found, "word"), folder, "lines")


def _write_sorted(rows: pl.LazyFrame, folder: Path, table: str) -> None:
    found = rows.collect(engine="streaming")
    _write(found[by_code(found["code"].to_numpy())], folder, table)


def by_code(codes: Array) -> Ints:
    """The rows sorted by code, equals in the order in which they stand."""
    # one sort of whole numbers that differ, several times as quick as a stable argsort
    rows = max(1, len(codes))
    keys = codes.astype(np.int64) * rows + np.arange(len(codes))
    keys.sort()
    return keys % rows


def _ascending(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sorted by code, and within one by `column`."""
    first = np.argsort(frame[column].to_numpy())
    return frame[first[by_code(frame["code"].to_numpy()[first])]]


def _write(frame: pl.DataFrame, folder: Path, table: str) -> None:
    frame.write_parquet(folder / f"{table}.parquet", compression="lz4")
