"""Birthdays as people and systems write them -> year, month and day, each perhaps not told.

29 February is a birthday; without a year it stays what it is. 29 February 1990 is no day: the value
is left out, never bent to the next one.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

FIRST_YEAR = 1900
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:[t\s]+[\d:.]+(?:z|[+-]\d\d:?\d\d)?)?$"  # in lower case, as the text is by then
_YEAR_FIRST = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + _TIME)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_YEAR_MONTH = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?$")
_YEAR = re.compile(r"^(\d{4})\s*年?$")
_MONTH_DAY = re.compile(r"^-{0,2}(\d{1,2})\s*[-月]\s*(\d{1,2})\s*[日号]?$")
_NUMERIC = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _TIME)
_SHORT = re.compile(r"^(\d{1,2})[/.](\d{1,2})\.?$")
_NAMED = re.compile(r"^(?:(\d{1,2})(?:st|nd|rd|th)?[\s.\-]+)?([a-z]{3,9})\.?,?(.*)$")
_REST = re.compile(r"^(?:[\s.\-,]*(\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:[\s.\-,]*(\d{4}))?$")
_NOTHING = re.compile(r"^[0\-/.\s年月日]*$")

Order = Literal["day_first", "month_first"]


@dataclass(frozen=True, slots=True)
class Birthday:
    """What a cell tells; None: not told."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


def read_birthday(text: str, order: Order | None, as_of: dt.date) -> Birthday | str | None:
    """A birthday; the code of what is wrong with the cell; None where it says nothing.

    order: how 03/04/1990 is read. as_of: nobody is born after it. Codes: `no_such_day`,
    `not_a_birthday`, `year_out_of_range`.

    >>> day = dt.date(2026, 1, 1)
    >>> read_birthday("1990年2月14日", None, day)
    Birthday(year=1990, month=2, day=14)
    >>> read_birthday("02-29", None, day), read_birthday("1990-02-29", None, day)
    (Birthday(year=None, month=2, day=29), 'no_such_day')
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if _NOTHING.match(plain):
        return None
    parts = _parts(plain, order)
    if parts is None:
        return "not_a_birthday"
    year, month, day = parts
    if year is not None and not FIRST_YEAR <= year <= as_of.year:
        return "year_out_of_range"
    if month is not None:
        try:
            # 2000 has a 29 February: without a year the day is one that exists in some year
            born = dt.date(year if year is not None else 2000, month, day or 1)
        except ValueError:
            return "no_such_day"
        if year is not None and born > as_of:
            return "year_out_of_range"
    return Birthday(year, month, day)


def numeric_birthday(text: str) -> tuple[int, int] | None:
    """The first two numbers of a birthday such as 03/04/1990 or 3/4, whose order is open."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    found = _NUMERIC.match(plain) or _SHORT.match(plain)
    return (int(found[1]), int(found[2])) if found else None


def _parts(plain: str, order: Order | None) -> tuple[int | None, int | None, int | None] | None:
    for pattern in (_YEAR_FIRST, _COMPACT):
        if found := pattern.match(plain):
            return int(found[1]), int(found[2]), int(found[3])
    if found := _YEAR_MONTH.match(plain):
        return int(found[1]), int(found[2]), None
    if found := _YEAR.match(plain):
        return int(found[1]), None, None
    if found := _MONTH_DAY.match(plain):
        return None, int(found[1]), int(found[2])
    found = _NUMERIC.match(plain) or _SHORT.match(plain)
    if found:
        first, other = int(found[1]), int(found[2])
        month, day = (other, first) if order == "day_first" else (first, other)
        return int(found[3]) if found.re is _NUMERIC else None, month, day
    return _named(plain)


def _named(plain: str) -> tuple[int | None, int | None, int | None] | None:
    found = _NAMED.match(plain)
    rest = _REST.match(found[3]) if found else None
    if not found or not rest or found[2][:3] not in _MONTHS:
        return None
    if found[1] and rest[1]:  # two days: 3 Feb 14
        return None
    day = found[1] or rest[1]
    month = _MONTHS.index(found[2][:3]) + 1
    return int(rest[2]) if rest[2] else None, month, int(day) if day else None
