"""A quarter's effect in the background; the job's subject is the quarter as a number."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import JobId
from regulars_platform.jobs.run import utc_now
from regulars_platform.jobs.service import enqueue
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.programme_effect.service import work_out_quarter
from regulars_platform.words import N_

WORK_OUT = "work_out_quarter"


def enqueue_quarter(session: Session, *, shop_id: int, quarter: Quarter, now: dt.datetime) -> JobId:
    """Ask for the quarter on the orders as they are."""
    return enqueue(session, WORK_OUT, shop_id, quarter.code, now)


def run(context: JobContext) -> None:
    """Work out and keep the quarter that the job is about."""
    context.report(N_("Comparing those held back from everything with all others"), 0, None)
    job = context.job
    work_out_quarter(
        context.database,
        context.settings,
        shop_id=job.shop_id,
        quarter=Quarter.coded(job.subject_id),
        now=utc_now(),
    )
