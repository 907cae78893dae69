"""The periods of the shop report: days, seven days, calendar months; whole days of the shop."""

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Literal

By = Literal["day", "week", "month"]
KINDS: tuple[By, ...] = ("day", "week", "month")
DAYS = 7
EPOCH = dt.date(1970, 1, 1).toordinal()
_ONE = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From the first to the last day, both included, in the shop's time zone."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def numbers(self) -> tuple[int, int]:
        """Both days counted from 1970."""
        return self.first.toordinal() - EPOCH, self.last.toordinal() - EPOCH


def period_until(by: By, day: dt.date) -> Period:
    """The latest period of the kind that is over at the end of `day`.

    >>> period_until("month", dt.date(2026, 3, 30)).last
    datetime.date(2026, 2, 28)
    """
    if by == "day":
        return Period(first=day, last=day)
    if by == "week":
        return Period(first=day - dt.timedelta(days=DAYS - 1), last=day)
    next_day = day + _ONE
    last = day if next_day.day == 1 else day.replace(day=1) - _ONE
    return Period(first=last.replace(day=1), last=last)


def period_before(by: By, period: Period) -> Period:
    """The one that ends the day before this one begins."""
    return period_until(by, period.first - _ONE)


def year_before(by: By, period: Period) -> Period:
    """The same period of last year, by the calendar: 29 February is compared with the 28th.

    >>> year_before("week", Period(first=dt.date(2024, 2, 23), last=dt.date(2024, 2, 29)))
    Period(first=datetime.date(2023, 2, 22), last=datetime.date(2023, 2, 28))
    """
    year = period.last.year - 1
    if by == "month":
        last = calendar.monthrange(year, period.last.month)[1]
        return period_until(by, period.last.replace(year=year, day=last))
    is_leap_day = (period.last.month, period.last.day) == (2, 29)
    return period_until(
        by, period.last.replace(year=year, day=28 if is_leap_day else period.last.day)
    )


def course(by: By, period: Period, number: int) -> tuple[Period, ...]:
    """So many periods one after the other, this one the last."""
    found = [period]
    while len(found) < number:
        found.append(period_before(by, found[-1]))
    return tuple(reversed(found))


def days_until(last: dt.date, days: int) -> Period:
    """So many days, `last` the last of them."""
    return Period(first=last - dt.timedelta(days=days - 1), last=last)
