"""The shop's event days: its own sales and the platform's. Who mostly buys then hunts for deals.

Kept in the section `event_days` as [first, last] pairs of days, each YYYY-MM-DD for once or MM-DD
for every year. Nothing kept: the platforms' well-known days of every year.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from regulars_platform.customers.errors import PracticeError
from regulars_platform.shops.practice import HasPractice, keep_section, read_section

EVENT_DAYS = "event_days"
CALENDAR_DAYS = "calendar_days"
"""The same of the events of the shop's calendar that are sales; added to the others."""

MAX_SPANS = 400
MAX_SPAN_DAYS = 100
_YEARLY = re.compile(r"\d{2}-\d{2}")
_LEAP = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSpan:
    """From the first to the last day, both included, each as YYYY-MM-DD, or as MM-DD every year.

    A yearly span may reach over the end of the year; 29 February counts where there is one.
    """

    first: str
    last: str

    @property
    def is_yearly(self) -> bool:
        """Whether it comes back every year."""
        return _YEARLY.fullmatch(self.first) is not None


DEFAULT_EVENT_DAYS = tuple(
    EventSpan(first=day, last=day) for day in ("03-08", "06-18", "11-11", "12-12")
)


def read_event_days(shop: HasPractice) -> tuple[EventSpan, ...]:
    """The shop's own, or the default; an empty tuple where the shop says that it has none."""
    kept = read_section(shop, EVENT_DAYS)
    return DEFAULT_EVENT_DAYS if kept is None else _spans(kept)


def all_event_days(shop: HasPractice) -> tuple[EventSpan, ...]:
    """Those, and the sales of its calendar."""
    further = _spans(read_section(shop, CALENDAR_DAYS) or ())
    return tuple(dict.fromkeys((*read_event_days(shop), *further)))


def _spans(kept: Iterable[Sequence[str]]) -> tuple[EventSpan, ...]:
    return tuple(EventSpan(first=first, last=last) for first, last in kept)


def parse_event_days(pairs: Iterable[Sequence[str]]) -> tuple[EventSpan, ...]:
    """Spans from what somebody typed; PracticeError says which one is wrong and why."""
    found = []
    for pair in pairs:
        first, last = (text.strip() for text in pair)
        ends = [_day(text) for text in (first, last)]
        if None in ends or bool(_YEARLY.fullmatch(first)) != bool(_YEARLY.fullmatch(last)):
            raise PracticeError.event_day(first, last)
        span = EventSpan(first=first, last=last)
        begin, end = ends
        assert begin is not None  # noqa: S101 -- looked at above
        assert end is not None  # noqa: S101
        days = (end - begin).days
        if span.is_yearly:
            days %= 366  # over the end of the year
        if not 0 <= days < MAX_SPAN_DAYS:
            raise PracticeError.event_span(first, last, MAX_SPAN_DAYS)
        found.append(span)
    if len(found) > MAX_SPANS:
        raise PracticeError.too_many_events(len(found), MAX_SPANS)
    return tuple(sorted(set(found), key=lambda span: (span.first, span.last)))


def keep_event_days(session: Session, shop_id: int, spans: Sequence[EventSpan] | None) -> None:
    """Keep them as the shop's own; None goes back to the default."""
    kept = None if spans is None else [[span.first, span.last] for span in spans]
    keep_section(session, shop_id, EVENT_DAYS, kept)


def event_dates(spans: Sequence[EventSpan], first: dt.date, last: dt.date) -> list[dt.date]:
    """The event days from `first` to `last`, both included, ascending, each once.

    >>> spans = (EventSpan(first="12-31", last="01-01"),)
    >>> [str(day) for day in event_dates(spans, dt.date(2025, 1, 1), dt.date(2025, 12, 31))]
    ['2025-01-01', '2025-12-31']
    """
    found: set[dt.date] = set()
    for span in spans:
        for begin, end in _occurrences(span, first.year - 1, last.year):
            day, until = max(begin, first), min(end, last)
            while day <= until:
                found.add(day)
                day += dt.timedelta(days=1)
    return sorted(found)


def _occurrences(span: EventSpan, first: int, last: int) -> list[tuple[dt.date, dt.date]]:
    if not span.is_yearly:
        return [(dt.date.fromisoformat(span.first), dt.date.fromisoformat(span.last))]
    over = 1 if span.last < span.first else 0
    return [
        (_in_year(span.first, year, later=True), _in_year(span.last, year + over, later=False))
        for year in range(max(first, 1), last + 1)
    ]


def _in_year(text: str, year: int, *, later: bool) -> dt.date:
    """That day of the year; for 29 February in a common one the day after or before it."""
    try:
        return dt.date.fromisoformat(f"{year:04}-{text}")
    except ValueError:
        return dt.date(year, 3, 1) if later else dt.date(year, 2, 28)


def _day(text: str) -> dt.date | None:
    try:
        whole = f"{_LEAP}-{text}" if _YEARLY.fullmatch(text) else text
        return dt.date.fromisoformat(whole) if len(whole) == 10 else None
    except ValueError:
        return None
