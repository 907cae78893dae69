"""Which days a quarter's effect is measured on: those on which one global holdout lasted."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from regulars_platform.reach.holdout import GlobalHoldout

MONTHS = 3


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year, 1 to 4.

    >>> Quarter.of(dt.date(2026, 5, 3)).first, Quarter(2026, 4).last
    (datetime.date(2026, 4, 1), datetime.date(2026, 12, 31))
    """

    year: int
    number: int

    @classmethod
    def of(cls, day: dt.date) -> "Quarter":
        """The one that a day lies in."""
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    @classmethod
    def coded(cls, code: int) -> "Quarter":
        """From `code`. Raises ValueError."""
        found = cls(code // 10, code % 10)
        if not (1 <= found.number <= 4 and dt.MINYEAR <= found.year < dt.MAXYEAR):
            raise ValueError(f"{code} is no quarter")
        return found

    @property
    def code(self) -> int:
        """Year and quarter as one number, as 20263."""
        return self.year * 10 + self.number

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, (self.number - 1) * MONTHS + 1, 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        return self.next.first - dt.timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        """The one after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The days of a quarter that are measured, both included, and the holdout that lasted on all
    of them. whole: they are the whole quarter."""

    quarter: Quarter
    first: dt.date
    last: dt.date
    holdout: GlobalHoldout
    whole: bool

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


def measured_window(
    quarter: Quarter, holdouts: Sequence[GlobalHoldout], last_day: dt.date
) -> Window | None:
    """The longest run of days of the quarter under one holdout, up to `last_day` (of the orders).

    None where no holdout lasted on any of them. A rotation in the middle of a quarter leaves two
    runs; whoever came out was told nothing before, so they are not added up.
    """
    found = []
    for one in holdouts:
        first = max(quarter.first, one.starts_on)
        ends = one.ends_on - dt.timedelta(days=1) if one.ends_on else quarter.last
        last = min(quarter.last, ends, last_day)
        if first <= last:
            whole = first == quarter.first and last == quarter.last
            found.append(Window(quarter=quarter, first=first, last=last, holdout=one, whole=whole))
    return max(found, key=lambda window: (window.days, window.first), default=None)


def quarters_to_show(
    holdouts: Sequence[GlobalHoldout], last_day: dt.date, *, most: int = 8
) -> list[Quarter]:
    """Quarters with a window, the latest first."""
    if not holdouts:
        return []
    quarter = Quarter.of(min(one.starts_on for one in holdouts))
    found = []
    while quarter.first <= last_day:
        if measured_window(quarter, holdouts, last_day) is not None:
            found.append(quarter)
        quarter = quarter.next
    return found[::-1][:most]
