"""Cells as exports write them: wrappers off, blanks off, nothing else touched.

All functions build Polars expressions over String columns; a blank cell becomes null.
"""

from collections.abc import Callable

import polars as pl

BLANKS = (
    " \t\n\r\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2007\u2009"
    "\u200b\u200e\u200f\u202f\u3000\ufeff"
)
_WRAPPED = r'^="(.*?)"?$'  # ="123": how a spreadsheet is told to keep a number as text
NOTHING = ("-", "--", "—", "——", "/", "null", "none", "nan", "n/a", "na", "nil", "\\n", "无", "無")
"""Words for "nothing here", compared in lower case."""

# what a spreadsheet (1.23457E+18) or a program (1.23457e18) makes of a long number
SCIENTIFIC = r"^[+-]?\d([.,]\d+)?[eE]\+\d{1,3}$|^[+-]?\d[.,]\d+[eE]\d{1,3}$"

ROUNDED_MARK = "≈"
"""Put before a number of 16 digits or more that a workbook held as a number, not as text: its
last digits are not those of the key it was."""


def clean(cell: pl.Expr) -> pl.Expr:
    """Text without edge blanks, `="..."` and a leading apostrophe; null where nothing is left."""
    text = cell.str.strip_chars(BLANKS)
    text = pl.when(text.str.starts_with("=")).then(text.str.replace(_WRAPPED, "$1")).otherwise(text)
    text = text.str.strip_prefix("'").str.strip_chars(BLANKS)
    return pl.when(text.str.len_bytes() > 0).then(text)


def clean_key(cell: pl.Expr) -> pl.Expr:
    """A cleaned order number, customer number or the like; words for "nothing" are null.

    An e-mail address is folded to lower case: it is the same mailbox.
    """
    text = clean(cell)
    text = (
        pl.when(text.str.contains("@", literal=True)).then(text.str.to_lowercase()).otherwise(text)
    )
    return pl.when(~text.str.to_lowercase().is_in(list(NOTHING))).then(text)


def is_scientific(key: pl.Expr) -> pl.Expr:
    """Whether a key lost its digits to scientific notation or to a number cell (false for null)."""
    return (key.str.contains(SCIENTIFIC) | key.str.starts_with(ROUNDED_MARK)).fill_null(value=False)


def is_number_cell(key: pl.Expr) -> pl.Expr:
    """Whether a long key was a number in its workbook, and so has lost its last digits."""
    return key.str.starts_with(ROUNDED_MARK).fill_null(value=False)


def is_masked(key: pl.Expr) -> pl.Expr:
    """Whether part of a value is hidden behind stars: never a key."""
    return key.str.contains("*", literal=True).fill_null(value=False)


def ends_in_zero_fraction(key: pl.Expr) -> pl.Expr:
    """Whether a key is a whole number written as a float: 17850.0."""
    return key.str.contains(r"^\d+\.0$").fill_null(value=False)


def rounded_by_spreadsheet(key: pl.Expr) -> pl.Expr:
    """Whether a number of 16 digits or more has only zeros after the 15th digit."""
    return key.str.contains(r"^\d{15}0+$").fill_null(value=False)


def has_many_digits(key: pl.Expr) -> pl.Expr:
    """Whether a key is a number of 16 digits or more: too long for a spreadsheet."""
    return key.str.contains(r"^\d{16,}$").fill_null(value=False)


def by_unique(cells: pl.Series, work: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """`work` done once per different cell: the columns of its answer, one row per cell.

    Order columns repeat themselves (dates, prices, order numbers), and patterns are dear.
    """
    unique = cells.unique(maintain_order=True).rename("cell")
    answer = work(unique)
    if unique.len() == cells.len():
        return answer
    return (
        cells.rename("cell")
        .to_frame()
        .join(
            answer.insert_column(0, unique),
            on="cell",
            how="left",
            maintain_order="left",
            nulls_equal=True,
        )
        .drop("cell")
    )
