"""The calendar's daily work: drafts of events that come near, and next year's event days."""

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.calendar.drafts import make_due_drafts
from regulars_platform.calendar.service import tell_event_days
from regulars_platform.calendar.tables import CalendarEvent
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.run import utc_now
from regulars_platform.words import N_


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether the shop has any events (see `jobs.daily`)."""
    counted = select(func.count()).where(CalendarEvent.shop_id == shop_id)
    return bool(session.scalar(counted))


def make_drafts(context: JobContext) -> None:
    """Make what is due on the day that the job is about; what is there is left as it is."""
    context.report(N_("Making drafts for the calendar"), 0, None)
    job = context.job
    day = dt.date.fromordinal(job.subject_id)
    with context.database.unit_of_work() as session:
        tell_event_days(session, job.shop_id, day)
        make_due_drafts(session, shop_id=job.shop_id, today=day, now=utc_now())
