"""The orders of a shop laid out by customer, once per version: features are quick to make of them.

Customers, products and words become numbers in the order of their names, and the rows of every
table stand by customer. What lies before a day is then a filter that keeps the order, so that
medians, longest gaps and favourites as of any day are read off in one pass (`runs`) and nothing is
sorted again. Columns are plain arrays on disk that are mapped into memory: reading one costs
nothing until it is looked at.
"""

import re
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.alike import alike, numbered, places_among
from regulars_platform.customers.local_days import local_days
from regulars_platform.customers.runs import Array, Ints, Runs, in_order
from regulars_platform.orders.table import PAID, UNPAID

TABLES: dict[str, tuple[str, ...]] = {
    "purchases": ("day", "at", "amount", "returned", "discounted"),  # by time
    "amounts": ("row",),  # every purchase, by amount
    "gaps": ("row",),  # purchases on a later day than the one before, by the days between
    "channels": ("row", "word"),  # purchases that name one, by word
    "households": ("day", "word"),  # of all orders that name one, by time
    "regions": ("day", "word"),  # of all orders that say where to, by time
    "credits": ("day", "returned"),  # money given back under an order of its own
    "others": ("day", "at", "waiting"),  # neither paid nor a credit, by time
    "lines": ("day", "word", "amount", "quantity"),  # paid lines with a product, by it
}
"""Tables and their columns, all of them by customer first; `day` is the shop's own, from 1970.

A `word` is a number, too: its place among those of `<table>-words.parquet`. A `row` is a place in
the table of purchases. How many rows each customer has says `<table>.rows.npy`.
"""

BOUGHT, CREDIT, OTHER = 1, 2, 3
"""Kinds of orders: purchases, money given back, and what was not paid."""

WORDS = {"channels": "channel", "households": "household", "regions": "region"}
"""Tables of words -> the column of whole orders that they are from."""

_MONEY = ("amount", "returned", "quantity")
"""Columns that are kept as short as they may be, and added up as whole numbers of 64 bits."""


def write_histories(
    orders: pl.LazyFrame, lines: pl.LazyFrame, folder: Path, *, timezone: str
) -> None:
    """Whole orders of known customers, by ordered_at and order_id, and order lines -> the tables.

    folder: empty; holds `<table>.<column>.npy` afterwards.
    """
    orders = orders.filter(pl.col("ordered_at").is_not_null())
    groups = alike(_column(orders, "customer_id"))
    customers = groups.names.sort()
    _write_names(customers.alias("customer_id"), folder, "customers")
    by_code = np.empty(len(customers), dtype=np.int64)
    by_code[places_among(groups.names, customers)] = np.arange(len(customers))
    order, runs = groups.in_order(by_code), Runs.of_lengths(groups.lengths[by_code])
    del groups, by_code
    _write_orders(orders, order, runs, folder, timezone)
    del order, runs
    _write_lines(lines, customers, folder, timezone)


class Before:
    """The rows of a table with a day before `today` (days since 1970), a column at a time.

    day: of each; runs: who has which of them.
    """

    def __init__(self, folder: Path, table: str, today: int) -> None:
        self.folder = folder
        self._table = table
        day = self.whole("day")
        kept = day < today
        # usually a day looks back on everything, and nothing has to be left out
        self._kept: Array | None = None if kept.all() else kept
        self.day: Array = self._cut(day)

    def __getitem__(self, column: str) -> Array:
        found = self._cut(self.whole(column))
        return found.astype(np.int64) if column in _MONEY else found

    @cached_property
    def runs(self) -> Runs:
        """The stretches of each customer."""
        return self._of_kept(Runs.of_lengths(read_column(self.folder, self._table, "rows")))

    def whole(self, column: str) -> Array:
        """The column with the rows of all days, numbers as short as they are kept."""
        return read_column(self.folder, self._table, column)

    def in_order_of(self, table: str) -> tuple[Runs, Array]:
        """Of purchases: who has which rows of `table`, and their places in the `whole` columns."""
        rows = read_column(self.folder, table, "row")
        runs = Runs.of_lengths(read_column(self.folder, table, "rows"))
        if self._kept is None:
            return runs, rows
        kept = self._kept[rows]
        return runs.where(kept), rows[kept]

    def words_of(self, table: str) -> tuple[Runs, Array]:
        """Of purchases: who has which rows of `table`, and their words."""
        runs, words = (
            Runs.of_lengths(read_column(self.folder, table, "rows")),
            read_column(self.folder, table, "word"),
        )
        if self._kept is None:
            return runs, words
        kept = self._kept[read_column(self.folder, table, "row")]
        return runs.where(kept), words[kept]

    def _of_kept(self, runs: Runs) -> Runs:
        return runs if self._kept is None else runs.where(self._kept)

    def _cut(self, values: Array) -> Array:
        return values if self._kept is None else values[self._kept]


def read_names(folder: Path, table: str) -> pl.Series:
    """Names by code: the customers, or the words of a table."""
    file = table if table == "customers" else f"{table}-words"
    return pl.read_parquet(folder / f"{file}.parquet").to_series()


def read_column(folder: Path, table: str, column: str) -> Array:
    """A column as it is kept; not to be written to.

    Its head is read here: numpy has Python's own parser read it, which in Python 3.11 fails now and
    then where threads take turns in it (SystemError: AST constructor recursion depth mismatch).
    """
    path = folder / f"{table}.{column}.npy"
    with path.open("rb") as file:
        head = file.read(_HEADER)
    start = _START + int.from_bytes(head[_START - 2 : _START], "little")
    told = _HEAD.search(head)
    if told is None:
        raise ValueError(f"{path.name} is no column")
    kind, rows = np.dtype(told["kind"].decode()), int(told["rows"])
    if not rows:  # an empty file cannot be mapped
        return np.empty(0, dtype=kind)
    return np.asarray(np.memmap(path, dtype=kind, mode="r", offset=start, shape=(rows,)))


_HEADER, _START = 128, 10
"""As many bytes tell what an array of one dimension is; where their text starts (format 1.0)."""

_HEAD = re.compile(rb"'descr': '(?P<kind>[^']+)', .*'shape': \((?P<rows>\d+),\)")


def _write_orders(
    orders: pl.LazyFrame, order: Ints, runs: Runs, folder: Path, timezone: str
) -> None:
    """order: the rows of `orders` by customer and time; runs: those of each customer."""
    paid, positive = pl.col("status") == PAID, pl.col("amount") > 0
    money_back = pl.col("refund") - pl.col("amount").clip(upper_bound=0)
    found = _read(
        orders.select(
            "ordered_at",
            "amount",
            money_back.alias("returned"),
            (pl.col("discount") > 0).fill_null(False).alias("discounted"),
            ((pl.col("status") == UNPAID) & positive).fill_null(False).alias("waiting"),
            # without a status an order is neither paid nor anything else
            pl.when(paid & positive)
            .then(BOUGHT)
            .when(paid & ~positive)
            .then(CREDIT)
            .when(~paid)
            .then(OTHER)
            .otherwise(0)
            .cast(pl.UInt8)
            .alias("kind"),
        )
    )
    day = local_days(found["ordered_at"], timezone)
    columns = {
        "day": day,
        "at": found["ordered_at"].to_physical().to_numpy(),
        **{
            name: found[name].to_numpy() for name in ("amount", "returned", "discounted", "waiting")
        },
    }
    kinds = found["kind"].to_numpy()[order]
    del found
    for table, kind in (("others", OTHER), ("credits", CREDIT), ("purchases", BOUGHT)):
        kept = kinds == kind
        there = {name: columns[name] for name in TABLES[table]}
        _write(folder, table, runs.where(kept), order[kept], there)
    del columns
    _write_sorted(folder)
    for table in ("households", "regions"):
        _write_words(orders, table, order, runs, folder, day)
    bought = kinds == BOUGHT
    _write_channels(orders, order[bought], runs.where(bought), folder)


def _write_sorted(folder: Path) -> None:
    """The rows of purchases by amount, and those that come some days after the one before."""
    runs = Runs.of_lengths(read_column(folder, "purchases", "rows"))
    by_amount = in_order(runs, read_column(folder, "purchases", "amount"))
    _save(folder, "amounts", runs, {"row": by_amount})
    del by_amount
    day = read_column(folder, "purchases", "day")
    gap = np.diff(day, prepend=day[:1])
    gap[runs.starts] = 0
    later = gap > 0
    rows, of_gaps = np.flatnonzero(later).astype(np.uint32), runs.where(later)
    _save(folder, "gaps", of_gaps, {"row": rows[in_order(of_gaps, gap[later])]})


def _write_channels(orders: pl.LazyFrame, bought: Ints, runs: Runs, folder: Path) -> None:
    """bought: the rows of `orders` that are purchases."""
    words = _numbered(_column(orders, WORDS["channels"]), folder, "channels")
    named = words.is_not_null().to_numpy()[bought]
    runs, place = runs.where(named), np.flatnonzero(named)
    word = words.fill_null(0).to_numpy()[bought[place]]
    order = in_order(runs, word)
    row = place[order].astype(np.uint32)
    _save(folder, "channels", runs, {"row": row, "word": word[order]})


def _write_words(
    orders: pl.LazyFrame, table: str, order: Ints, runs: Runs, folder: Path, day: Array
) -> None:
    """Those orders that have a word of that kind. day: of all orders."""
    words = _numbered(_column(orders, WORDS[table]), folder, table)
    named = words.is_not_null().to_numpy()[order]
    columns = {"day": day, "word": words.fill_null(0).to_numpy()}
    _write(folder, table, runs.where(named), order[named], columns)


def _write_lines(lines: pl.LazyFrame, customers: pl.Series, folder: Path, timezone: str) -> None:
    told = ("customer_id", "product", "ordered_at")
    bought = lines.filter(
        (pl.col("status") == PAID)
        & (pl.col("amount") > 0)
        & pl.all_horizontal(pl.col(name).is_not_null() for name in told)
    )
    found = _read(bought.select(*told, "amount", pl.col("quantity").fill_null(0)))
    groups = alike(found["customer_id"])
    found = found.drop("customer_id")
    places = places_among(groups.names, customers)
    known = np.flatnonzero(places >= 0)
    known = known[np.argsort(places[known])]
    lengths = np.zeros(len(customers), dtype=np.int64)
    lengths[places[known]] = groups.lengths[known]
    order, runs = groups.in_order(known), Runs.of_lengths(lengths)
    del groups, places, known
    words = _numbered(found["product"], folder, "lines").to_numpy()
    order = order[in_order(runs, words[order])]
    columns = {
        "day": local_days(found["ordered_at"], timezone),
        "word": words,
        **{name: found[name].to_numpy() for name in ("amount", "quantity")},
    }
    del found, words
    _write(folder, "lines", runs, order, columns)


def _read(rows: pl.LazyFrame) -> pl.DataFrame:
    """What comes from a file is in many pieces: put together, it is looked up quicker."""
    return rows.collect(engine="streaming").rechunk()


def _column(rows: pl.LazyFrame, name: str) -> pl.Series:
    return _read(rows.select(name))[name]


def _numbered(texts: pl.Series, folder: Path, table: str) -> pl.Series:
    """Numbers of the texts, whose names are written."""
    names = texts.drop_nulls().unique().sort()
    _write_names(names, folder, f"{table}-words")
    return numbered(texts, names)


def _write_names(names: pl.Series, folder: Path, file: str) -> None:
    path = folder / f"{file}.parquet"
    names.to_frame().write_parquet(path, compression="lz4", statistics=False)


def _write(folder: Path, table: str, runs: Runs, rows: Ints, columns: dict[str, Array]) -> None:
    """rows: the places of the table's rows in the columns."""
    _save(folder, table, runs, {name: column[rows] for name, column in columns.items()})


def _save(folder: Path, table: str, runs: Runs, columns: dict[str, Array]) -> None:
    np.save(folder / f"{table}.rows.npy", runs.counts().astype(np.uint32))
    for name in TABLES[table]:
        np.save(folder / f"{table}.{name}.npy", _short(name, columns[name]))


def _short(name: str, values: Array) -> Array:
    """In as few bytes as will do, where a column has small numbers alone."""
    if not len(values):
        return values
    if name == "word":
        return values.astype(np.min_scalar_type(int(values.max())))
    whole = np.iinfo(np.int32)
    if name in _MONEY and whole.min <= int(values.min()) and int(values.max()) <= whole.max:
        return values.astype(np.int32)
    return values
