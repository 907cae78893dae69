"""Looking at all customers of a shop, in the background."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.identity.service import examine
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import Job, JobId
from regulars_platform.jobs.service import enqueue, find_latest_job

KIND = "examine_identity"


def ask_to_examine(session: Session, shop_id: int, now: dt.datetime) -> JobId:
    """Have the shop's customers looked at; work that is under way already is enough."""
    latest = find_examination_job(session, shop_id)
    if latest is not None and not latest.is_over:
        return latest.id
    return enqueue(session, KIND, shop_id, shop_id, now)


def find_examination_job(session: Session, shop_id: int) -> Job | None:
    """The latest such work of this shop, or None."""
    return find_latest_job(session, (KIND,), shop_id)


def examine_identity(context: JobContext) -> None:
    """For the job's shop, on what is stored now. Safe to repeat."""
    examine(
        context.database,
        context.settings,
        context.job.shop_id,
        now=dt.datetime.now(dt.UTC),
        report=context.report,
    )
