"""Doing one job, whoever asked: the worker, a test, or the command line."""

import datetime as dt
import errno
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from regulars_platform.errors import RegularsError
from regulars_platform.jobs.context import JobContext, Progress
from regulars_platform.jobs.errors import (
    DISK_FULL,
    DISK_FULL_HINT,
    UNEXPECTED,
    UNEXPECTED_HINT,
    JobCancelled,
)
from regulars_platform.jobs.models import Job, JobId, JobState
from regulars_platform.jobs.registry import load_handler
from regulars_platform.jobs.service import build_job, find_job
from regulars_platform.jobs.tables import JobRow
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.words import Sentence

log = logging.getLogger("regulars.jobs")
Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The clock of the edges."""
    return dt.datetime.now(dt.UTC)


def run_inline(settings: Settings, database: Database, job_id: str, clock: Clock = utc_now) -> Job:
    """Do a committed job here and now, and say how it ended. A job that is over is left alone.

    Never raises what the handler raised: the reason stands in the job, as it does on the page.
    """
    job = _begin(database, JobId(job_id), clock())
    if job is None:
        with database.unit_of_work() as session:
            found = find_job(session, job_id)
        if found is None:
            raise KeyError(f"there is no job {job_id}")
        return found
    outcome = _carry_out(settings, database, job)
    return _finish(database, job.id, outcome, clock())


def _begin(database: Database, job_id: JobId, now: dt.datetime) -> Job | None:
    """Mark it running; None when there is nothing to do. A job that was interrupted begins anew."""
    with database.unit_of_work() as session:
        row = session.get(JobRow, job_id)
        if row is None or row.state not in (JobState.QUEUED, JobState.RUNNING):
            return None
        row.state, row.started_at = JobState.RUNNING, row.started_at or now
        row.step, row.done, row.total = "", 0, None
        return build_job(row)


def _carry_out(settings: Settings, database: Database, job: Job) -> dict[str, Any]:
    """Run the handler. The columns that say how it ended."""
    progress = Progress(database, job.id)
    context = JobContext(settings=settings, database=database, job=job, progress=progress)
    try:
        with progress.writing():
            if job.cancel_requested:
                raise JobCancelled
            load_handler(job.kind)(context)
    except JobCancelled:
        return {"state": JobState.CANCELLED}
    except RegularsError as error:
        return _failed(error.problem, error.hint)
    except Exception as error:
        log.exception("job %s (%s) failed", job.id, job.kind)
        if _means_disk_full(error):
            return _failed(DISK_FULL, DISK_FULL_HINT)
        return _failed(UNEXPECTED, UNEXPECTED_HINT)
    return {"state": JobState.DONE}


def _means_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    # SQLite and the table library wrap the same fact in words of their own
    return any(words in str(error) for words in ("No space left on device", "disk is full"))


def _failed(problem: Sentence, hint: Sentence | None) -> dict[str, Any]:
    return {
        "state": JobState.FAILED,
        "problem": problem.as_json(),
        "hint": None if hint is None else hint.as_json(),
    }


def _finish(database: Database, job_id: JobId, outcome: dict[str, Any], now: dt.datetime) -> Job:
    with database.unit_of_work() as session:
        session.execute(
            update(JobRow).where(JobRow.id == job_id).values(**outcome, finished_at=now)
        )
        row = session.get_one(JobRow, job_id)
        return build_job(row)
