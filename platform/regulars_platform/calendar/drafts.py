"""Drafts for an event: after a template each time, or copied from the campaign of last year.

A draft is never launched by itself. The days of the earlier campaign keep their distances to the
event; who is asked, the arms and the offers stay as they were.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.calendar.events import (
    Event,
    Occurrence,
    last_occurrence,
    next_occurrence,
    occurrences,
)
from regulars_platform.calendar.service import get_event, list_events
from regulars_platform.calendar.tables import CalendarDraft
from regulars_platform.campaigns.errors import CampaignNotFoundError
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import (
    create_draft,
    get_campaign,
    launched_of,
    list_campaigns,
)
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence

DAYS = ("as_of", "send_date", "outcome_end", "settle_until")
NEAR = dt.timedelta(days=14)
"""A campaign sent so long before an event, or in it, counts as one for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A draft of an event. campaign: None where somebody has thrown it away."""

    day: dt.date
    campaign_id: int
    copied_from: int
    campaign: Campaign | None


class NoTimeError(RegularsError):
    """The event has no time ahead, so there is nothing to plan."""

    @classmethod
    def of(cls, name: str) -> "NoTimeError":
        """For that event."""
        return cls(
            Sentence(N_("%(name)s has no day ahead."), {"name": name}),
            Sentence(N_("Give it a day to come, or let it come back.")),
        )


def shifted_draft(raw: Mapping[str, Any], days: dt.timedelta, name: str) -> dict[str, Any]:
    """The same plan, all its days moved; what is no day stays as it was typed."""
    moved = {}
    for field in DAYS:
        try:
            moved[field] = (dt.date.fromisoformat(str(raw.get(field))) + days).isoformat()
        except (ValueError, OverflowError):
            moved[field] = str(raw.get(field) or "")
    return {**raw, **moved, "name": name[:200]}


def copy_for(
    session: Session,
    *,
    shop_id: int,
    event_id: int,
    campaign_id: int,
    today: dt.date,
    now: dt.datetime,
) -> Campaign:
    """A draft after that campaign for the event's next time; the one that is there already, if so.

    Raises EventNotFoundError, CampaignNotFoundError, NoTimeError.
    """
    event = get_event(session, shop_id, event_id)
    ahead = next_occurrence(event, today)
    if ahead is None:
        raise NoTimeError.of(event.name)
    earlier = get_campaign(session, shop_id, campaign_id)
    known = _known(session, event, ahead.first, campaign_id)
    if known is not None:
        try:
            return get_campaign(session, shop_id, known.campaign_id)
        except CampaignNotFoundError:  # thrown away; asked for again by a person
            session.delete(known)
            session.flush()
    return _make(session, shop_id, ahead, earlier, now)


def make_due_drafts(
    session: Session, *, shop_id: int, today: dt.date, now: dt.datetime
) -> list[Campaign]:
    """Drafts of all events with a template whose next time is near enough. Each is made once."""
    made = []
    for event in list_events(session, shop_id):
        ahead = next_occurrence(event, today)
        if event.template_id is None or ahead is None:
            continue
        near = ahead.first - today <= dt.timedelta(days=event.lead_days)
        if not near or _known(session, event, ahead.first, event.template_id) is not None:
            continue
        try:
            template = get_campaign(session, shop_id, event.template_id)
        except CampaignNotFoundError:  # a draft that served as template is gone
            continue
        if _send_date(template) == ahead.first:
            continue  # the template is the campaign of that day itself
        made.append(_make(session, shop_id, ahead, template, now))
    return made


def drafts_of(session: Session, shop_id: int, event_id: int) -> list[Made]:
    """Drafts that were made for the event, the latest day first."""
    rows = session.scalars(
        select(CalendarDraft)
        .where(CalendarDraft.shop_id == shop_id, CalendarDraft.event_id == event_id)
        .order_by(CalendarDraft.day.desc(), CalendarDraft.id.desc())
    )
    return [
        Made(
            day=row.day,
            campaign_id=row.campaign_id,
            copied_from=row.copied_from,
            campaign=session.get(Campaign, row.campaign_id),
        )
        for row in rows
    ]


def origin_of(session: Session, shop_id: int, campaign_id: int) -> int | None:
    """The campaign after which a draft was made; None for others."""
    return session.scalars(
        select(CalendarDraft.copied_from).where(
            CalendarDraft.shop_id == shop_id, CalendarDraft.campaign_id == campaign_id
        )
    ).first()


def campaigns_of_last_time(
    session: Session, shop_id: int, event: Event, today: dt.date
) -> tuple[Occurrence | None, list[tuple[Campaign, Plan]]]:
    """The event's time a year ago (of what comes every month or week: the last one), and the
    launched campaigns sent in it or up to NEAR before it, the latest first."""
    ahead = next_occurrence(event, today)
    a_year = dt.timedelta(days=366)
    if ahead is not None and event.recurs:
        before = occurrences(event, ahead.first - a_year, ahead.first)
        earlier = next((one for one in before if one.first < ahead.first), None)
        then = earlier if event.repeats == "yearly" else last_occurrence(event, today)
    else:
        then = last_occurrence(event, today)
    if then is None:
        return None, []
    launched = [row for row in list_campaigns(session, shop_id) if row.state == LAUNCHED]
    plans = [(row, launched_of(row).plan) for row in launched]
    return then, [
        (row, plan) for row, plan in plans if then.first - NEAR <= plan.send_date <= then.last
    ]


def _known(session: Session, event: Event, day: dt.date, campaign_id: int) -> CalendarDraft | None:
    return session.scalars(
        select(CalendarDraft).where(
            CalendarDraft.event_id == event.id,
            CalendarDraft.day == day,
            CalendarDraft.copied_from == campaign_id,
        )
    ).first()


def _make(
    session: Session, shop_id: int, ahead: Occurrence, earlier: Campaign, now: dt.datetime
) -> Campaign:
    """The earlier plan moved so that it lies to this time as it lay to its own."""
    sent = _send_date(earlier)
    own = None if sent is None else _time_of(ahead.event, sent)
    start = sent if own is None else own
    days = dt.timedelta(0) if start is None else ahead.first - start
    raw = shifted_draft(earlier.draft, days, f"{ahead.event.name} {ahead.first.isoformat()}")
    made = create_draft(session, shop_id=shop_id, raw=raw, now=now)
    session.add(
        CalendarDraft(
            shop_id=shop_id,
            event_id=ahead.event.id,
            day=ahead.first,
            campaign_id=made.id,
            copied_from=earlier.id,
            created_at=now,
        )
    )
    session.flush()
    return made


def _time_of(event: Event, sent: dt.date) -> dt.date | None:
    """The first day of the time that a campaign sent then was for."""
    near = occurrences(event, sent, sent + NEAR)
    return near[0].first if near and event.repeats != "weekly" else None


def _send_date(campaign: Campaign) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(campaign.draft.get("send_date")))
    except ValueError:
        return None
