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


BOUGHT, CREDIT, OTHER = 1, 2, 3
"""Kinds of orders: purchases, money given back, and what was not paid."""

WORDS = {"channels": "channel", "households": "household", "regions": "region"}
"""Tables of words -> the column of whole orders that they are from."""


def write_histories(
    orders: pl.LazyFrame, lines: pl.LazyFrame, folder: Path, *, timezone: str
) -> None:
    """Whole orders of known customers, by ordered_at and order_id, and order lines -> the tables.

    folder: empty; holds `<table>.parquet` afterwards.
    """
    ids = _names(orders, "customer_id", folder, "customers")
    paid, positive = pl.col("status") == PAID, pl.col("amount") > 0
    bought = orders.filter(paid & positive)
    words = {
        column: _names(bought if table == "channels" else orders, column, folder, f"{table}-words")
        for table, column in WORDS.items()
    }
    money_back = pl.col("refund") - pl.col("amount").clip(upper_bound=0)
    known = orders.select(
        _code("customer_id", ids).alias("code"),
        _day(timezone),
        pl.col("ordered_at").to_physical().alias("at"),
        pl.col("amount"),
        money_back.alias("returned"),
        (pl.col("discount") > 0).alias("discounted"),
        ((pl.col("status") == UNPAID) & positive).alias("waiting"),
        # without a status an order is neither paid nor anything else
        pl.when(paid & positive)
        .then(BOUGHT)
        .when(paid & ~positive)
        .then(CREDIT)
        .when(~paid)
        .then(OTHER)
        .cast(pl.UInt8)
        .alias("kind"),
        *(_code(column, words[column]).alias(column) for column in WORDS.values()),
    )
    found = known.collect(engine="streaming")
    _write_by_customer(found, folder)
    del found
    _write_lines(lines, ids, folder, timezone)


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


def _names(rows: pl.LazyFrame, column: str, folder: Path, file: str) -> pl.Series:
    """The texts of a column in their order, written as they are numbered."""
    names = rows.select(pl.col(column).drop_nulls().unique().sort()).collect(engine="streaming")
    _write(names, folder, file)
    return names[column]


def _code(column: str, names: pl.Series) -> pl.Expr:
    """The place of each text among the sorted names; null for what is not among them."""
    if names.is_empty():
        return pl.lit(None, dtype=pl.UInt32)
    return pl.col(column).cast(pl.Enum(names), strict=False).to_physical().cast(pl.UInt32)


def _write_by_customer(found: pl.DataFrame, folder: Path) -> None:
    """found: all orders by time, coded."""
    order = by_code(found["code"].to_numpy())
    kinds = found["kind"].fill_null(0).to_numpy()[order]
    bought = order[kinds == BOUGHT]
    _write(_picked(found, order[kinds == OTHER], "others"), folder, "others")
    _write(_picked(found, order[kinds == CREDIT], "credits"), folder, "credits")
    for table in ("households", "regions"):
        _write(_words_of(found, order, table), folder, table)
    _write(_ascending(_words_of(found, bought, "channels"), "word"), folder, "channels")
    purchases = _picked(found, bought, "purchases")
    del found, order, kinds, bought
    _write(purchases, folder, "purchases")
    _write(_ascending(_gaps(purchases), "gap"), folder, "gaps")
    _write(_ascending(purchases.select(TABLES["amounts"]), "amount"), folder, "amounts")


def _picked(found: pl.DataFrame, rows: Ints, table: str) -> pl.DataFrame:
    return _gathered(found.select(TABLES[table]), rows)


def _words_of(found: pl.DataFrame, rows: Ints, table: str) -> pl.DataFrame:
    """Those of the rows that have a word of that kind."""
    words = found.select("code", "day", pl.col(WORDS[table]).alias("word"))
    if words["word"].null_count() == words.height:
        return words.clear()
    return _gathered(words, rows).drop_nulls("word")


def _gaps(purchases: pl.DataFrame) -> pl.DataFrame:
    same = pl.col("code") == pl.col("code").shift(1)
    gap = pl.when(same).then(pl.col("day") - pl.col("day").shift(1))
    return purchases.select("code", "day", gap.alias("gap")).filter(pl.col("gap") > 0)


def _write_lines(lines: pl.LazyFrame, ids: pl.Series, folder: Path, timezone: str) -> None:
    bought = lines.filter(
        (pl.col("status") == PAID) & (pl.col("amount") > 0) & pl.col("product").is_not_null()
    )
    products = _names(bought, "product", folder, "lines-words")
    coded = bought.select(
        _code("customer_id", ids).alias("code"),
        _day(timezone),
        _code("product", products).alias("word"),
        "amount",
        "quantity",
    )
    found = coded.filter(pl.col("code").is_not_null()).collect(engine="streaming")
    found = _gathered(found, by_code(found["code"].to_numpy()))
    _write(_ascending(found, "word"), folder, "lines")


def by_code(codes: Array) -> Ints:
    """The rows sorted by code, equals in the order in which they stand."""
    # one sort of whole numbers that differ, several times as quick as a stable argsort
    rows = max(1, len(codes))
    keys = codes.astype(np.int64) * rows + np.arange(len(codes))
    keys.sort()
    return keys % rows


def _ascending(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Rows that are sorted by code, sorted by `column` within each; words keep their order."""
    if frame.is_empty():
        return frame
    codes, values = frame["code"].to_numpy(), frame[column].to_numpy()
    low, high = int(values.min()), int(values.max())
    width, rows = high - low + 1, len(codes)
    last = (int(codes[-1]) + 1) * width
    order: Ints
    if last >= 2**63:
        order = np.lexsort((values, codes))
    else:
        keys: Ints = codes.astype(np.int64) * width + (values.astype(np.int64) - low)
        if last * rows < 2**63:
            keys = keys * rows + np.arange(rows)
            keys.sort()
            order = keys % rows
        else:
            # equal amounts and equal gaps are one as good as the other
            order = np.argsort(keys, kind="stable" if column == "word" else None)
    # as many rows of each code as before, and in the same places
    return frame.select("code", *_gathered(frame.drop("code"), order))


def _gathered(frame: pl.DataFrame, rows: Ints) -> pl.DataFrame:
    places = pl.Series(rows.astype(np.uint32))  # what they are made into anyway
    # what comes from a file is in many pieces, and looking for the piece of a row takes longest
    return pl.DataFrame([column.rechunk().gather(places) for column in frame])


def _write(frame: pl.DataFrame, folder: Path, table: str) -> None:
    frame.write_parquet(folder / f"{table}.parquet", compression="lz4", statistics=False)
