"""Events of the shop's year: on which days each falls, in any span of time."""

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.words import N_

ONCE, YEARLY, MONTHLY, WEEKLY = "once", "yearly", "monthly", "weekly"
REPEATS = (ONCE, YEARLY, MONTHLY, WEEKLY)
OWN, PLATFORM = "own", "platform"
MAX_DAYS = 60
MAX_LEAD = 60
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventKind:
    """A kind of event. origin: own or platform; day: (month, day) where it is the same for
    everybody; days: how long it usually lasts."""

    name: str
    label: str
    origin: str
    repeats: str
    is_sale: bool
    day: tuple[int, int] | None = None
    days: int = 1


KINDS: dict[str, EventKind] = {
    kind.name: kind
    for kind in (
        EventKind(
            name="anniversary",
            label=N_("Anniversary"),
            origin=OWN,
            repeats=YEARLY,
            is_sale=True,
        ),
        EventKind(
            name="new_products",
            label=N_("New products"),
            origin=OWN,
            repeats=ONCE,
            is_sale=False,
        ),
        EventKind(
            name="member_day", label=N_("Member day"), origin=OWN, repeats=MONTHLY, is_sale=True
        ),
        EventKind(
            name="double_11",
            label=N_("Double 11"),
            origin=PLATFORM,
            repeats=YEARLY,
            is_sale=True,
            day=(11, 11),
        ),
        EventKind(
            name="618",
            label=N_("6.18"),
            origin=PLATFORM,
            repeats=YEARLY,
            is_sale=True,
            day=(6, 18),
        ),
        EventKind(
            name="juhuasuan",
            label=N_("Juhuasuan group sale"),
            origin=PLATFORM,
            repeats=ONCE,
            is_sale=True,
            days=3,
        ),
        EventKind(
            name="taoqianggou",
            label=N_("Taoqianggou flash sale"),
            origin=PLATFORM,
            repeats=ONCE,
            is_sale=True,
        ),
        EventKind(
            name="shoujiao",
            label=N_("First banner of the platform"),
            origin=PLATFORM,
            repeats=ONCE,
            is_sale=True,
        ),
        EventKind(name="other", label=N_("Another event"), origin=OWN, repeats=ONCE, is_sale=True),
    )
}
"""By name, in the order in which pages show them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event of a shop (see `tables.CalendarEvent`). id: 0 before it is kept."""

    id: int
    name: str
    kind: str
    repeats: str
    first_day: dt.date
    days: int
    is_sale: bool
    template_id: int | None = None
    lead_days: int = 7

    @property
    def about(self) -> EventKind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def recurs(self) -> bool:
        """Whether it comes back."""
        return self.repeats != ONCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One time of an event, both days included."""

    event: Event
    first: dt.date
    last: dt.date


def read_event(raw: Mapping[str, Any]) -> Event:
    """An event as a form has it. Raises InvalidInputError with every field that does not hold."""
    reader = FieldReader(raw)
    name = reader.text("name")
    kind = reader.choice("kind", tuple(KINDS))
    repeats = reader.choice("repeats", REPEATS)
    first = reader.date("first_day")
    days = reader.whole("days", low=1, high=MAX_DAYS, default=1)
    lead = reader.whole("lead_days", low=1, high=MAX_LEAD, default=7)
    if first is not None and not EARLIEST <= first <= LATEST:
        reader.refuse("first_day", N_("Choose a day between the years 2000 and 2100."))
    if repeats == WEEKLY and days is not None and days > _WEEK.days:
        reader.refuse("days", N_("An event of every week lasts seven days at most."))
    if repeats == MONTHLY and days is not None and days > 28:
        reader.refuse("days", N_("An event of every month lasts 28 days at most."))
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return Event(
        id=0,
        name=name or "",
        kind=kind or "other",
        repeats=repeats or ONCE,
        first_day=first or EARLIEST,
        days=days or 1,
        is_sale=raw.get("is_sale") in (True, "1", "on"),
        lead_days=lead or 7,
    )


def occurrences(event: Event, first: dt.date, last: dt.date) -> list[Occurrence]:
    """Each time of the event that touches the days from `first` to `last`, by day.

    What comes back every year has always done so; monthly and weekly ones begin on their first day.
    A 29 February falls on 28 February in common years, a 31st on the last day of shorter months.

    >>> day = Event(id=1, name="", kind="other", repeats="yearly", days=1, is_sale=True,
    ...             first_day=dt.date(2024, 2, 29))
    >>> [str(one.first) for one in occurrences(day, dt.date(2023, 1, 1), dt.date(2024, 12, 31))]
    ['2023-02-28', '2024-02-29']
    """
    length = dt.timedelta(days=event.days - 1)
    found = []
    for begin in _begins(event, first - length, last):
        end = begin + length
        if end >= first and begin <= last:
            found.append(Occurrence(event=event, first=begin, last=end))
    return found


def next_occurrence(event: Event, day: dt.date) -> Occurrence | None:
    """The first time that begins on `day` or later, within two years."""
    ahead = occurrences(event, day, day + dt.timedelta(days=731))
    return next((one for one in ahead if one.first >= day), None)


def last_occurrence(event: Event, day: dt.date) -> Occurrence | None:
    """The latest time that was over before `day`, within two years."""
    behind = occurrences(event, day - dt.timedelta(days=731), day)
    return next((one for one in reversed(behind) if one.last < day), None)


def _begins(event: Event, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """First days from `first` to `last`, ascending."""
    start = event.first_day
    if event.repeats == ONCE:
        days: Iterator[dt.date] = iter((start,))
    elif event.repeats == YEARLY:
        days = (
            _in_month(year, start.month, start.day) for year in range(first.year, last.year + 1)
        )
    elif event.repeats == MONTHLY:
        months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        days = (_in_month(month // 12, month % 12 + 1, start.day) for month in months)
    else:
        days = _weeks(start, max(first, start), last)
    recurring = event.repeats in (MONTHLY, WEEKLY)
    return (day for day in days if first <= day <= last and (day >= start or not recurring))


def _weeks(start: dt.date, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    day = start + ((first - start) + dt.timedelta(days=6)) // _WEEK * _WEEK
    while day <= last:
        yield day
        day += _WEEK


def _in_month(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))
