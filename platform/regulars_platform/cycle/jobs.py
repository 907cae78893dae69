"""Working out who is due, in the background: after a press of the button, and once a day."""

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.cycle.service import (
    find_cycle,
    first_day,
    gather_inputs,
    work_out,
    write_due_dates,
)
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import JobId, JobState
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.jobs.tables import JobRow
from regulars_platform.words import N_

KIND = "work_out_cycle"


def work_out_cycle(context: JobContext) -> None:
    """For the job's shop, on its orders as they are now, with what staff have said by now.

    Safe to repeat: the same inputs leave the answer as it is, and the dates are written anew.
    """
    shop_id, now = context.job.shop_id, dt.datetime.now(dt.UTC)
    with context.database.reading() as session:
        asked = gather_inputs(session, context.settings, shop_id)

    def tell(done: int, total: int) -> None:
        context.report(N_("Reading purchases product by product"), done, total)

    work_out(asked, now=now, tell=tell)
    shop_dir = asked.store.shop_dir
    cycle = find_cycle(shop_dir)
    if cycle is None:  # somebody removed the files this very moment; another run makes them
        return
    today = now.astimezone(ZoneInfo(asked.store.timezone)).date()
    with context.database.reading() as session:
        write_due_dates(session, shop_id, cycle, shop_dir, first_day(cycle.last, today))


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether the dates are to be kept fresh: somebody has asked for them before."""
    asked = select(JobRow.id).where(JobRow.shop_id == shop_id, JobRow.kind == KIND).limit(1)
    return session.scalar(asked) is not None


def ask_unless_waiting(session: Session, shop_id: int, now: dt.datetime) -> None:
    """Put it in the queue; one that has begun may have read what was said before already."""
    latest = find_latest_job(session, (KIND,), shop_id)
    if latest is None or latest.state is not JobState.QUEUED:
        ask(session, shop_id, now)


def ask(session: Session, shop_id: int, now: dt.datetime) -> JobId:
    """Put it in the queue."""
    return enqueue(session, KIND, shop_id, shop_id, now)
