"""Ages and birthdays as of a day."""

import calendar
import datetime as dt

import polars as pl

OLDEST = 120


def birthday_in(year: int, month: int, day: int) -> dt.date | None:
    """The day on which the birthday is kept in that year; None where it is no day of any year.

    One on 29 February is kept on 28 February in common years.

    >>> str(birthday_in(2025, 2, 29))
    '2025-02-28'
    """
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000, month)[1]):
        return None
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))


def birthday_columns(as_of: dt.date) -> tuple[pl.Expr, pl.Expr]:
    """age and birthday_in_days over birth_year, birth_month and birth_day.

    On the birthday itself 0 days are left. A year without a day counts as that of a birthday that
    is over; an age below 0 or above 120 is none.
    """
    days = {
        (month, day): _days_until(month, day, as_of)
        for month in range(1, 13)
        for day in range(1, 32)
    }
    left = {_key(*at): found for at, found in days.items() if found is not None}
    # the birthday is still to come this year, as seen from `as_of`
    ahead = {
        key: found > 0 and (as_of + dt.timedelta(days=found)).year == as_of.year
        for key, found in left.items()
    }
    key = pl.col("birth_month").cast(pl.Int32) * 100 + pl.col("birth_day").cast(pl.Int32)
    until = key.replace_strict(left, default=None, return_dtype=pl.Int64)
    early = key.replace_strict(ahead, default=None, return_dtype=pl.Boolean).fill_null(False)
    age = pl.lit(as_of.year, dtype=pl.Int64) - pl.col("birth_year") - early.cast(pl.Int64)
    plausible = pl.when(age.is_between(0, OLDEST)).then(age)
    return plausible.alias("age"), until.alias("birthday_in_days")


def _days_until(month: int, day: int, as_of: dt.date) -> int | None:
    this_year = birthday_in(as_of.year, month, day)
    if this_year is None:
        return None
    if this_year >= as_of:
        return (this_year - as_of).days
    following = birthday_in(as_of.year + 1, month, day)
    return None if following is None else (following - as_of).days


def _key(month: int, day: int) -> int:
    return month * 100 + day
