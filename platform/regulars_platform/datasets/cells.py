"""Cells of one column -> values of one kind, and what is wrong with those that are none.

Every reader takes the raw cells (String) and gives the values by the name under which they are
stored, and a series of problem codes (null: nothing is wrong; see `reasons`).
"""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from regulars_platform.datasets.birthdays import FIRST_YEAR, Birthday, Order, read_birthday
from regulars_platform.datasets.vocabulary import SAY_NOTHING, VOCABULARY, YES, fold
from regulars_platform.intake.cells import (
    NOTHING,
    by_unique,
    clean,
    clean_key,
    has_many_digits,
    is_masked,
    is_scientific,
)
from regulars_platform.intake.dates import DateOrder, read_moments
from regulars_platform.intake.money import Decimal, read_numbers
from regulars_platform.orders.table import MONEY_SCALE

MAX_KEY = 500
MAX_TEXT = 1_000
OLDEST = 120
TAG_MARKS = r"[,;|、，；｜]"
_CONTROL = r"[\x00-\x1f\x7f]"

Values = Mapping[str, pl.Series]


def cleaned(cells: pl.Series) -> pl.Series:
    """Without wrappers and edge blanks; words for "nothing" are null."""
    text = clean(pl.col("cell"))
    told = pl.when(~text.str.to_lowercase().is_in(list(NOTHING))).then(text)
    return cells.rename("cell").to_frame().select(told).to_series()


def read_keys(
    cells: pl.Series, *, strip_floats: bool = False, rounded: bool = False
) -> tuple[pl.Series, pl.Series]:
    """Keys as order files are read; a spoilt one is null and has a problem."""
    frame = cells.rename("cell").to_frame().select(clean_key(pl.col("cell")).alias("key"))
    key = pl.col("key")
    if strip_floats:
        frame = frame.with_columns(key.str.replace(r"\.0$", ""))
    problem = (
        pl.when(is_scientific(key))
        .then(pl.lit("scientific_key"))
        .when(is_masked(key))
        .then(pl.lit("masked_key"))
        .when(has_many_digits(key) if rounded else pl.lit(value=False))
        .then(pl.lit("rounded_key"))
        .when((key.str.len_chars() > MAX_KEY) | key.str.contains(_CONTROL))
        .then(pl.lit("bad_key"))
    )
    read = frame.with_columns(problem.alias("problem")).with_columns(
        pl.when(pl.col("problem").is_null()).then(key).alias("key")
    )
    return read["key"], read["problem"]


def read_texts(cells: pl.Series, *, masked_is_wrong: bool = False) -> tuple[pl.Series, pl.Series]:
    """Text of at most MAX_TEXT characters."""
    text = pl.col("cell")
    frame = cleaned(cells).rename("cell").to_frame()
    stars = is_masked(text) if masked_is_wrong else pl.lit(value=False)
    problem = (
        pl.when(text.str.len_chars() > MAX_TEXT)
        .then(pl.lit("too_long"))
        .when(stars)
        .then(pl.lit("masked"))
    )
    read = frame.with_columns(problem.alias("problem")).with_columns(
        pl.when(pl.col("problem").is_null()).then(text).alias("cell")
    )
    return read["cell"], read["problem"]


def read_words(cells: pl.Series, vocabulary: str) -> tuple[pl.Series, pl.Series]:
    """Words of one list of `vocabulary`; others are a problem."""
    known = VOCABULARY[vocabulary]
    nothing = {fold(word) for word in NOTHING}

    def read(unique: pl.Series) -> pl.DataFrame:
        found, problems = [], []
        for cell in _clean_texts(unique):
            folded = None if cell is None else fold(cell)
            meaning = known.get(folded) if folded is not None else None
            silent = folded is None or folded in nothing or folded in SAY_NOTHING
            found.append(meaning)
            problems.append(None if meaning is not None or silent else "unknown_word")
        return pl.DataFrame(
            {"value": found, "problem": problems},
            schema={"value": pl.String, "problem": pl.String},
        )

    read_all = by_unique(cells, read)
    return read_all["value"], read_all["problem"]


def read_opt_outs(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whether somebody wants no contact: words, or the day on which they said so."""
    words, problem = read_words(cells, "opted_out")
    unknown = pl.select(pl.when(problem.is_not_null()).then(cells)).to_series()
    is_day = pl.any_horizontal(
        read_times(unknown, order, dt.UTC)[0].is_not_null()
        for order in ("day_first", "month_first")
    )
    read = pl.select(
        pl.when(is_day).then(True).otherwise(words == YES).alias("value"),
        pl.when(~is_day).then(problem).alias("problem"),
    )
    return read["value"], read["problem"]


def _clean_texts(cells: pl.Series) -> list[str | None]:
    return cells.rename("cell").to_frame().select(clean(pl.col("cell"))).to_series().to_list()


def read_tags(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Lists of tags, each once, in the order of the cell; a blank cell says nothing."""
    text, problem = read_texts(cells)
    parts = (
        text.rename("cell")
        .to_frame()
        .select(
            pl.col("cell")
            .str.replace_all(TAG_MARKS, "\x1f")
            .str.split("\x1f")
            .list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
            .list.unique(maintain_order=True)
        )
        .to_series()
    )
    return parts, problem


def read_birthdays(
    cells: pl.Series, order: Order | None, as_of: dt.date
) -> tuple[Values, pl.Series]:
    """birth_year, birth_month, birth_day."""

    def read(unique: pl.Series) -> pl.DataFrame:
        found: list[tuple[int | None, int | None, int | None, str | None]] = []
        for cell in cleaned(unique):
            silent = cell is None or fold(cell) in SAY_NOTHING
            told = None if silent else read_birthday(cell, order, as_of)
            if isinstance(told, Birthday):
                found.append((told.year, told.month, told.day, None))
            else:
                found.append((None, None, None, told))
        return pl.DataFrame(
            found,
            schema={
                "birth_year": pl.Int32,
                "birth_month": pl.Int8,
                "birth_day": pl.Int8,
                "problem": pl.String,
            },
            orient="row",
        )

    read_all = by_unique(cells, read)
    return {name: read_all[name] for name in read_all.columns[:3]}, read_all["problem"]


def read_birth_years(cells: pl.Series, as_of: dt.date) -> tuple[pl.Series, pl.Series]:
    """Years in which somebody of the file can have been born."""
    number = _digits(cells, r"^(\d{4})\s*年?(?:\.0)?$")
    fits = (number >= FIRST_YEAR) & (number <= as_of.year)
    return _kept(cells, number, fits, "year_out_of_range", pl.Int32())


def read_ages(cells: pl.Series, as_of: dt.date) -> tuple[pl.Series, pl.Series]:
    """Years of birth from ages in whole years as of a day; right to within one year."""
    number = _digits(cells, r"^(\d{1,3})\s*(?:岁|歲|years?|y)?(?:\.0)?$")
    return _kept(
        cells, as_of.year - number, (number >= 0) & (number <= OLDEST), "not_an_age", pl.Int32()
    )


def _digits(cells: pl.Series, pattern: str) -> pl.Series:
    text = cleaned(cells).str.normalize("NFKC").str.to_lowercase()
    return text.str.extract(pattern, 1).cast(pl.Int64, strict=False)


def _kept(
    cells: pl.Series, values: pl.Series, fits: pl.Series, code: str, kind: pl.DataType
) -> tuple[pl.Series, pl.Series]:
    told = cleaned(cells)
    silent = told.is_null() | _folded(told).is_in(list(SAY_NOTHING))
    good = fits.fill_null(value=False)
    frame = pl.DataFrame({"value": values, "good": good, "silent": silent})
    read = frame.select(
        pl.when("good").then("value").cast(kind).alias("value"),
        pl.when(~pl.col("good") & ~pl.col("silent")).then(pl.lit(code)).alias("problem"),
    )
    return read["value"], read["problem"]


def _folded(cells: pl.Series) -> pl.Series:
    return cells.fill_null("").str.to_lowercase().str.strip_chars()


def read_times(
    cells: pl.Series, order: DateOrder | None, timezone: dt.tzinfo
) -> tuple[pl.Series, pl.Series]:
    """Moments; a filled cell that is none is a problem."""
    told = cells.rename("cell").to_frame().select(clean_key(pl.col("cell"))).to_series()
    moments = read_moments(told, order, timezone)
    bad = told.is_not_null() & moments.is_null()
    return moments, pl.select(pl.when(bad).then(pl.lit("bad_date"))).to_series()


def days_of(moments: pl.Series, timezone: dt.tzinfo) -> pl.Series:
    """The day of each moment where the shop is."""
    zone = "UTC" if timezone is dt.UTC else str(timezone)
    return moments.dt.convert_time_zone(zone).dt.date()


def read_money(cells: pl.Series, decimal: Decimal) -> tuple[pl.Series, pl.Series]:
    """Ten-thousandths, never below zero."""
    read = read_numbers(_clean(cells), decimal)
    return _without_negative(read)


def _without_negative(read: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    below = pl.col("value") < 0
    whole = read.select(
        pl.when(~below).then("value").alias("value"),
        pl.when(below).then(pl.lit("negative")).otherwise("problem").alias("problem"),
    )
    return whole["value"], whole["problem"]


def read_wholes(cells: pl.Series, decimal: Decimal) -> tuple[pl.Series, pl.Series]:
    """Whole numbers, below zero too."""
    read = read_numbers(_clean(cells), decimal)
    broken = (pl.col("value") % MONEY_SCALE) != 0
    whole = read.select(
        pl.when(~broken).then(pl.col("value") // MONEY_SCALE).alias("value"),
        pl.when(broken).then(pl.lit("not_whole")).otherwise("problem").alias("problem"),
    )
    return whole["value"], whole["problem"]


def read_sizes(cells: pl.Series, decimal: Decimal) -> tuple[pl.Series, pl.Series]:
    """Numbers above zero, as floats."""
    read = read_numbers(_clean(cells), decimal)
    wrong = pl.col("value") <= 0
    whole = read.select(
        pl.when(~wrong).then(pl.col("value") / MONEY_SCALE).alias("value"),
        pl.when(wrong).then(pl.lit("negative")).otherwise("problem").alias("problem"),
    )
    return whole["value"], whole["problem"]


def read_shares(
    cells: pl.Series, decimal: Decimal, *, as_percent: bool
) -> tuple[pl.Series, pl.Series]:
    """Shares as ten-thousandths of the whole. as_percent: a number without a sign is percent."""
    told = _clean(cells).str.normalize("NFKC")
    signed = told.str.ends_with("%").fill_null(value=False)
    read = read_numbers(told.str.strip_suffix("%"), decimal)
    frame = read.with_columns(signed.alias("signed"))
    share = (
        pl.when(pl.col("signed") | pl.lit(as_percent))
        .then((pl.col("value").cast(pl.Float64) / 100).round(0).cast(pl.Int64))
        .otherwise("value")
    )
    frame = frame.with_columns(share.alias("value"))
    wrong = (pl.col("value") < 0) | (pl.col("value") > MONEY_SCALE)
    whole = frame.select(
        pl.when(~wrong).then("value").alias("value"),
        pl.when(wrong).then(pl.lit("not_a_share")).otherwise("problem").alias("problem"),
    )
    return whole["value"], whole["problem"]


def _clean(cells: pl.Series) -> pl.Series:
    return cells.rename("cell").to_frame().select(clean(pl.col("cell"))).to_series()
