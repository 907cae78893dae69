"""The calendar's pages: months as weeks of days, and an earlier campaign's result in short."""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_date, gettext, lazy_gettext

from regulars_platform.calendar.events import EARLIEST, LATEST, Event, Occurrence
from regulars_platform.calendar.service import occurrences_of
from regulars_web.formats import number
from regulars_web.words.reports import amount, interval, reason_words

REPEAT_LABELS = {
    "once": lazy_gettext("Once"),
    "yearly": lazy_gettext("Every year"),
    "monthly": lazy_gettext("Every month, on that day"),
    "weekly": lazy_gettext("Every week, on that weekday"),
}
MIN_YEAR, MAX_YEAR = EARLIEST.year, LATEST.year - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBox:
    """One day of a month; inside: of this month, not of the one before or after."""

    day: dt.date
    inside: bool
    is_today: bool
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A month as weeks. before, after: (year, month) of its neighbours."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[DayBox, ...], ...]
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """A year as twelve lists of what happens in it."""

    number: int
    months: tuple[tuple[str, int, tuple[Occurrence, ...]], ...]


def build_month(events: Sequence[Event], year: int, month: int, today: dt.date) -> Month:
    """The weeks, Monday first, that touch the month."""
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    every = occurrences_of(events, weeks[0][0], weeks[-1][-1])
    boxes = tuple(
        tuple(
            DayBox(
                day=day,
                inside=day.month == month,
                is_today=day == today,
                events=tuple(one.event for one in every if one.first <= day <= one.last),
            )
            for day in week
        )
        for week in weeks
    )
    first = dt.date(year, month, 1)
    before = first - dt.timedelta(days=1)
    after = first + dt.timedelta(days=31)
    return Month(
        title=format_date(first, "MMMM yyyy"),
        weekdays=tuple(format_date(day, "EEE") for day in weeks[0]),
        weeks=boxes,
        before=(before.year, before.month),
        after=(after.year, after.month),
    )


def build_year(events: Sequence[Event], year: int) -> Year:
    """What begins in each month of the year."""
    every = occurrences_of(events, dt.date(year, 1, 1), dt.date(year, 12, 31))
    return Year(
        number=year,
        months=tuple(
            (
                format_date(dt.date(year, month, 1), "MMMM"),
                month,
                tuple(one for one in every if one.first.year == year and one.first.month == month),
            )
            for month in range(1, 13)
        ),
    )


def last_result(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Per arm: its name, customers told, net profit each and in all, with their intervals."""
    currency = document["plan"]["currency"]
    lines = []
    for group in document["overall"]:
        net, n = group["net"], group["n"]
        line = {"arm": group["arm"], "told": number(n)}
        if net.get("estimate") is None:
            why = reason_words(net["code"])
            line |= {"each": "–", "each_range": why, "whole": "–", "whole_range": ""}
        else:
            line |= {
                "each": amount(net["estimate"], currency, signed=True),
                "each_range": interval(net["low"], net["high"], currency),
                "whole": amount(n * net["estimate"], currency, whole=True, signed=True),
                "whole_range": interval(n * net["low"], n * net["high"], currency, whole=True),
            }
        if document["status"]["state"] != "closed":
            line["arm"] = str(gettext("%(arm)s (provisional)", arm=line["arm"]))
        lines.append(line)
    return lines
