"""Asking for background work, looking at it, and cancelling it."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.jobs.errors import JobNotFoundError
from regulars_platform.jobs.models import Job, JobId, JobState
from regulars_platform.jobs.registry import HANDLERS
from regulars_platform.jobs.tables import JobRow
from regulars_platform.words import Sentence

ACTIVE = (JobState.QUEUED, JobState.RUNNING)


def enqueue(session: Session, kind: str, shop_id: int, subject_id: int, now: dt.datetime) -> JobId:
    """Ask for a job. It starts once the caller's transaction is committed, and never otherwise."""
    if kind not in HANDLERS:
        raise KeyError(f"no handler is registered for jobs of kind {kind!r}")
    job_id = JobId(str(uuid.uuid4()))
    session.add(
        JobRow(
            id=job_id,
            shop_id=shop_id,
            kind=kind,
            subject_id=subject_id,
            state=JobState.QUEUED,
            step="",
            done=0,
            total=None,
            cancel_requested=False,
            created_at=now,
        )
    )
    session.flush()
    return job_id


def find_job(session: Session, job_id: str) -> Job | None:
    """The job of this id, or None."""
    row = session.get(JobRow, job_id)
    return None if row is None else build_job(row)


def get_job(session: Session, shop_id: int, job_id: str) -> Job:
    """The job of this id in this shop. Errors: JobNotFoundError."""
    job = find_job(session, job_id)
    if job is None or job.shop_id != shop_id:
        raise JobNotFoundError.of()
    return job


def find_latest_job(
    session: Session, kinds: tuple[str, ...], subject_id: int, *, shop_id: int | None = None
) -> Job | None:
    """The job that was last asked for about this import, campaign, ...; None if there is none.

    shop_id: of this shop alone; needed where several shops have subjects of the same number, such
    as a quarter.
    """
    query = select(JobRow).where(JobRow.kind.in_(kinds), JobRow.subject_id == subject_id)
    if shop_id is not None:
        query = query.where(JobRow.shop_id == shop_id)
    row = session.scalars(query.order_by(JobRow.created_at.desc(), JobRow.id).limit(1)).first()
    return None if row is None else build_job(row)


def list_jobs(session: Session, shop_id: int, *, limit: int = 50) -> list[Job]:
    """The shop's latest jobs, newest first."""
    query = select(JobRow).where(JobRow.shop_id == shop_id)
    rows = session.scalars(query.order_by(JobRow.created_at.desc(), JobRow.id).limit(limit))
    return [build_job(row) for row in rows]


def request_cancel(session: Session, shop_id: int, job_id: str, now: dt.datetime) -> Job:
    """Stop a job: at once if it has not begun, else at its next report of progress.

    A job that is over stays as it is. Errors: JobNotFoundError.
    """
    job = get_job(session, shop_id, job_id)
    row = session.get(JobRow, job.id)
    assert row is not None  # noqa: S101 -- get_job found it in this transaction
    if job.state is JobState.QUEUED:
        row.state, row.finished_at = JobState.CANCELLED, now
    if not job.is_over:
        row.cancel_requested = True
    return build_job(row)


def build_job(row: JobRow) -> Job:
    """The value of a stored row."""
    return Job(
        id=JobId(row.id),
        shop_id=row.shop_id,
        kind=row.kind,
        subject_id=row.subject_id,
        state=JobState(row.state),
        step=row.step,
        done=row.done,
        total=row.total,
        problem=None if row.problem is None else Sentence.from_json(row.problem),
        hint=None if row.hint is None else Sentence.from_json(row.hint),
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
