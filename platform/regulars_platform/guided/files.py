"""The sample's order files: lines as numbers, told in a language and moved to days of one's own."""

import datetime as dt
import gzip
import io
from functools import cache
from importlib.resources import files

import polars as pl

from regulars_platform.guided.words import FileWords

FIRST_DAY = dt.date(2025, 1, 1)
LAST_DAY = dt.date(2026, 6, 30)
"""The days of the lines as they are kept."""

BEFORE = 85
"""So many days at least lie between the history's end and the day the sample shop is opened, so
that a campaign with the usual windows, and one more round, are over on the day one learns."""

WEEK = 7
MONEY = ("price", "discount", "amount", "shipping", "refund")
LINE_COLUMNS = (
    *("order", "customer", "moment", "status", "channel", "product", "quantity"),
    *MONEY,
)
"""Of the lines that `export` writes: numbers, money in hundredths, `moment` in the shop's time."""


def last_day_before(opened: dt.date) -> dt.date:
    """The last day of the history of a sample shop that is opened on that day.

    Moved by whole weeks, so that Saturdays stay Saturdays.

    >>> last_day_before(dt.date(2026, 11, 22))
    datetime.date(2026, 8, 25)
    """
    latest = opened - dt.timedelta(days=BEFORE)
    return LAST_DAY + dt.timedelta(days=(latest - LAST_DAY).days // WEEK * WEEK)


def history_lines(last_day: dt.date) -> pl.DataFrame:
    """The orders until `last_day`, columns as in LINE_COLUMNS."""
    begins = dt.datetime.combine(FIRST_DAY + (last_day - LAST_DAY), dt.time())
    return _kept().select(
        "order",
        "customer",
        (pl.lit(begins) + pl.duration(minutes=pl.col("minute"))).alias("moment"),
        *("status", "channel", "product", "quantity", "price", "discount"),
        (pl.col("price") * pl.col("quantity") - pl.col("discount")).alias("amount"),
        *("shipping", "refund"),
    )


def export(lines: pl.DataFrame, words: FileWords) -> bytes:
    """The file as a shop's system writes it: CSV, gzipped, in the order of the order numbers.

    lines: columns as in LINE_COLUMNS; customer null: somebody who left no name.
    """
    told = lines.sort("order", maintain_order=True).select(
        pl.format("A{}", pl.col("order")),
        pl.format("C{}", pl.col("customer")),
        pl.col("moment").dt.strftime("%Y-%m-%d %H:%M"),
        _named("status", words.statuses),
        _named("channel", words.channels),
        _named("product", words.goods),
        "quantity",
        *(_money(name) for name in MONEY),
    )
    buffer = io.BytesIO()
    told.rename(dict(zip(told.columns, words.headings, strict=True))).write_csv(buffer)
    return gzip.compress(buffer.getvalue(), compresslevel=6, mtime=0)


def _named(column: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.lit(pl.Series(names)).gather(pl.col(column)).alias(column)


def _money(column: str) -> pl.Expr:
    """Hundredths as text with two places."""
    value = pl.col(column)
    return pl.format("{}.{}", value // 100, (value % 100).cast(pl.String).str.zfill(2)).alias(
        column
    )


@cache
def _kept() -> pl.DataFrame:
    content = files("regulars_platform.guided").joinpath("before.csv.gz").read_bytes()
    return pl.read_csv(io.BytesIO(gzip.decompress(content)))
