"""Events of the shop's year, and drafts of campaigns for their next time."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.calendar.drafts import copy_for, drafts_of
from regulars_platform.calendar.events import Event, Occurrence, next_occurrence, read_event
from regulars_platform.calendar.service import (
    get_event,
    keep_event,
    list_events,
    occurrences_of,
    remove_event,
    set_template,
)
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Day, Id, Line, Model, Money, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.drafts.discounts import Discount, check_discount, draft_discount
from regulars_web.drafts.plans import find_shop_facts

area = Area("calendar", "Events of the shop's year (docs/calendar.md) and campaigns for them.")

Kind = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z0-9_]+$")]
Repeats = Literal["once", "yearly", "monthly", "weekly"]


class EventAsked(Model):
    """An event."""

    name: Line
    kind: Kind
    """One of the kinds that docs/calendar.md lists, such as anniversary, double_11 or other."""
    repeats: Repeats
    first_day: Day
    """Of the first time; of any year where it comes back every year."""
    days: Annotated[int, Field(ge=1, le=60)] = 1
    is_sale: bool = False
    """Whether its days define deal hunters."""
    lead_days: Annotated[int, Field(ge=1, le=60)] = 7
    """So long before the next time a draft is made after its template."""


class EventShown(Model):
    """An event of the shop."""

    id: Id
    name: str
    kind: str
    repeats: str
    first_day: dt.date
    days: int
    is_sale: bool
    lead_days: int
    template_id: Id | None
    """The campaign after which a draft is made each time."""
    next_day: dt.date | None
    """First day of its next time, within two years."""
    drafts: list[Id]
    """Campaigns that were made for its times."""


class OccurrenceShown(Model):
    """One time of an event, both days included."""

    event_id: Id
    name: str
    first: dt.date
    last: dt.date


class DaysQuery(PageQuery):
    """Which days; two years at most."""

    first: Day | None = None
    """Left out: today."""
    days: Annotated[int, Field(ge=1, le=731)] = 365


class TemplateAsked(Model):
    """The campaign after which a draft is made each time; null: none."""

    campaign_id: Id | None


class CopyAsked(Model):
    """The campaign to copy."""

    campaign_id: Id


class DiscountAsked(Model):
    """So much off orders from so much on."""

    threshold: Money
    amount: Money
    """Less than the threshold."""


class DraftMade(Model):
    """The campaign that was made, or that was there already for this time."""

    campaign_id: Id


@area.get("/events", scope=Scope.READ_CAMPAIGNS)
def list_calendar_events(call: Call, work: Session, query: PageQuery) -> Page[EventShown]:
    """The shop's events, in the order in which they were made."""
    return paged(
        list_events(work, call.shop_id),
        query,
        lambda event: _shown(work, call, event),
        lambda event: (event.id,),
    )


@area.get("/events/ahead", scope=Scope.READ_CAMPAIGNS)
def list_days_ahead(call: Call, work: Session, query: DaysQuery) -> Page[OccurrenceShown]:
    """Every time of every event in a span of days, the first one first."""
    first = query.first or call.today
    last = first + min(dt.timedelta(days=query.days), dt.date.max - first)
    return paged(
        occurrences_of(list_events(work, call.shop_id), first, last),
        query,
        _occurrence,
        lambda one: (one.first.isoformat(), one.event.id),
        kinds=(str, int),
    )


@area.post(
    "/events",
    scope=Scope.WRITE_CAMPAIGNS,
    status=201,
    example={
        "name": "Member day",
        "kind": "other",
        "repeats": "monthly",
        "first_day": "2030-01-08",
    },
)
def create_event(call: Call, work: Session, body: EventAsked) -> Answer[EventShown]:
    """Put an event into the calendar."""
    return Answer[EventShown](data=_keep(call, work, body, None))


@area.get("/events/{event_id}", scope=Scope.READ_CAMPAIGNS)
def get_calendar_event(call: Call, work: Session, event_id: Id) -> Answer[EventShown]:
    """One event."""
    event = get_event(work, call.shop_id, event_id)
    return Answer[EventShown](data=_shown(work, call, event))


@area.put("/events/{event_id}", scope=Scope.WRITE_CAMPAIGNS)
def replace_event(call: Call, work: Session, event_id: Id, body: EventAsked) -> Answer[EventShown]:
    """Change an event; its template stays."""
    get_event(work, call.shop_id, event_id)
    return Answer[EventShown](data=_keep(call, work, body, event_id))


@area.delete("/events/{event_id}", scope=Scope.WRITE_CAMPAIGNS)
def delete_event(call: Call, work: Session, event_id: Id) -> None:
    """Forget an event; its campaigns stay."""
    remove_event(work, shop_id=call.shop_id, event_id=event_id, today=call.today)


@area.put("/events/{event_id}/template", scope=Scope.WRITE_CAMPAIGNS)
def set_event_template(
    call: Call, work: Session, event_id: Id, body: TemplateAsked
) -> Answer[EventShown]:
    """Name the campaign after which a draft is made each time."""
    set_template(work, shop_id=call.shop_id, event_id=event_id, campaign_id=body.campaign_id)
    event = get_event(work, call.shop_id, event_id)
    return Answer[EventShown](data=_shown(work, call, event))


@area.post("/events/{event_id}/copy", scope=Scope.WRITE_CAMPAIGNS)
def copy_campaign_for_event(
    call: Call, work: Session, event_id: Id, body: CopyAsked
) -> Answer[DraftMade]:
    """A draft for the event's next time after an earlier campaign; once for each time."""
    made = copy_for(
        work,
        shop_id=call.shop_id,
        event_id=event_id,
        campaign_id=body.campaign_id,
        today=call.today,
        now=call.now,
    )
    return Answer[DraftMade](data=DraftMade(campaign_id=made.id))


@area.post(
    "/events/{event_id}/discount",
    scope=Scope.WRITE_CAMPAIGNS,
    status=201,
    example={"threshold": "199", "amount": "20"},
)
def draft_event_discount(
    call: Call, work: Session, event_id: Id, body: DiscountAsked
) -> Answer[DraftMade]:
    """A draft with an automatic discount from a threshold for the event's next time.

    The discount is open to the whole shop, only its telling is drawn; where the event has no
    template yet, this is it.
    """
    reader = FieldReader(body.model_dump())
    threshold, amount = reader.money("threshold", least=1), reader.money("amount", least=1)
    check_discount(reader, threshold, amount)
    if reader.problems or threshold is None or amount is None:
        raise InvalidInputError(reader.problems)
    made = draft_discount(
        work,
        call.shop,
        find_shop_facts(build_feature_store(call.settings, call.shop)),
        event_id=event_id,
        discount=Discount(threshold=threshold, amount=amount),
        today=call.today,
        now=call.now,
    )
    return Answer[DraftMade](data=DraftMade(campaign_id=made.id))


def _keep(call: Call, work: Session, body: EventAsked, event_id: int | None) -> EventShown:
    raw = {
        "name": body.name,
        "kind": body.kind,
        "repeats": body.repeats,
        "first_day": body.first_day.isoformat(),
        "days": str(body.days),
        "is_sale": "1" if body.is_sale else "",
        "lead_days": str(body.lead_days),
    }
    kept = keep_event(
        work, shop_id=call.shop_id, event=read_event(raw), event_id=event_id, now=call.now
    )
    return _shown(work, call, kept)


def _shown(work: Session, call: Call, event: Event) -> EventShown:
    ahead = next_occurrence(event, call.today)
    return EventShown(
        id=event.id,
        name=event.name,
        kind=event.kind,
        repeats=event.repeats,
        first_day=event.first_day,
        days=event.days,
        is_sale=event.is_sale,
        lead_days=event.lead_days,
        template_id=event.template_id,
        next_day=None if ahead is None else ahead.first,
        drafts=[row.campaign_id for row in drafts_of(work, call.shop_id, event.id)],
    )


def _occurrence(one: Occurrence) -> OccurrenceShown:
    return OccurrenceShown(
        event_id=one.event.id, name=one.event.name, first=one.first, last=one.last
    )
