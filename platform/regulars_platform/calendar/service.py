"""Keeping a shop's events, and letting their days define who buys at events."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.calendar.events import YEARLY, Event, Occurrence, occurrences
from regulars_platform.calendar.tables import CalendarEvent
from regulars_platform.campaigns.service import get_campaign
from regulars_platform.customers.event_days import CALENDAR_DAYS
from regulars_platform.errors import InvalidInputError, NotFoundError, RegularsError
from regulars_platform.shops.practice import keep_section
from regulars_platform.words import N_, Sentence

MAX_EVENTS = 200
_FIRST_YEAR = 2000


class EventNotFoundError(NotFoundError):
    """There is no such event in this shop."""

    @classmethod
    def of(cls) -> "EventNotFoundError":
        """For any id."""
        return cls(
            Sentence(N_("There is no such event in this shop.")),
            Sentence(N_("Go back to the calendar.")),
        )


def keep_event(
    session: Session,
    *,
    shop_id: int,
    event: Event,
    event_id: int | None,
    now: dt.datetime,
) -> Event:
    """Keep a new event, or another version of one. Raises EventNotFoundError, InvalidInputError."""
    if event_id is None:
        if len(list_events(session, shop_id)) >= MAX_EVENTS:
            raise InvalidInputError([_too_many()])
        row = CalendarEvent(shop_id=shop_id, created_at=now, template_id=None)
        session.add(row)
    else:
        row = _row(session, shop_id, event_id)
    row.name, row.kind, row.repeats = event.name, event.kind, event.repeats
    row.first_day, row.days = event.first_day, event.days
    row.is_sale, row.lead_days = event.is_sale, event.lead_days
    session.flush()
    tell_event_days(session, shop_id, now.date())
    return _build(row)


def set_template(
    session: Session, *, shop_id: int, event_id: int, campaign_id: int | None
) -> Event:
    """Name the campaign after which a draft is made each time, or none."""
    row = _row(session, shop_id, event_id)
    if campaign_id is not None:
        get_campaign(session, shop_id, campaign_id)
    row.template_id = campaign_id
    session.flush()
    return _build(row)


def remove_event(session: Session, *, shop_id: int, event_id: int, today: dt.date) -> None:
    """Forget an event; drafts that were made for it stay."""
    session.delete(_row(session, shop_id, event_id))
    session.flush()
    tell_event_days(session, shop_id, today)


def get_event(session: Session, shop_id: int, event_id: int) -> Event:
    """One event of the shop. Raises EventNotFoundError."""
    return _build(_row(session, shop_id, event_id))


def list_events(session: Session, shop_id: int) -> list[Event]:
    """All events of the shop, by name."""
    rows = session.scalars(
        select(CalendarEvent)
        .where(CalendarEvent.shop_id == shop_id)
        .order_by(CalendarEvent.name, CalendarEvent.id)
    )
    return [_build(row) for row in rows]


def occurrences_of(events: Iterable[Event], first: dt.date, last: dt.date) -> list[Occurrence]:
    """Each time of any of them in these days, by day."""
    found = [one for event in events for one in occurrences(event, first, last)]
    return sorted(found, key=lambda one: (one.first, one.event.name, one.event.id))


def tell_event_days(session: Session, shop_id: int, today: dt.date) -> None:
    """Write the days of the sales among the events where deal hunters are defined by them.

    Yearly ones as days of every year, others up to the end of next year, so that this changes (and
    with it every customer's features) only with the events and once a year.
    """
    spans: set[tuple[str, str]] = set()
    until = dt.date(today.year + 1, 12, 31)
    for event in list_events(session, shop_id):
        if not event.is_sale:
            continue
        first = event.first_day
        leap = (first.month, first.day) == (2, 29)
        if event.repeats == YEARLY and not leap:
            # by a common year: 28 February and a day is 1 March, as it mostly is
            begin = dt.date(2001, first.month, first.day)
            end = begin + dt.timedelta(days=event.days - 1)
            spans.add((f"{begin:%m-%d}", f"{end:%m-%d}"))
            continue
        for one in occurrences(event, dt.date(_FIRST_YEAR, 1, 1), until):
            spans.add((one.first.isoformat(), one.last.isoformat()))
    kept = [list(span) for span in sorted(spans)]
    keep_section(session, shop_id, CALENDAR_DAYS, kept or None)


def _too_many() -> RegularsError:
    return RegularsError(
        Sentence(N_("A calendar holds %(most)s events at most."), {"most": MAX_EVENTS}),
        Sentence(N_("Remove one that is over.")),
    )


def _row(session: Session, shop_id: int, event_id: int) -> CalendarEvent:
    row = session.get(CalendarEvent, event_id)
    if row is None or row.shop_id != shop_id:
        raise EventNotFoundError.of()
    return row


def _build(row: CalendarEvent) -> Event:
    return Event(
        id=row.id,
        name=row.name,
        kind=row.kind,
        repeats=row.repeats,
        first_day=row.first_day,
        days=row.days,
        is_sale=row.is_sale,
        template_id=row.template_id,
        lead_days=row.lead_days,
    )
