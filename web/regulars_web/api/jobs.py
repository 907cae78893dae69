"""Work in the background."""

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs import service as jobs
from regulars_platform.jobs.models import Job, JobState
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, Key
from regulars_web.api.models import Answer, Count, Model, Moment, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.formats import sentence
from regulars_web.words.jobs import job_step, job_title

area = Area("jobs", "Work in the background: imports, evaluations and what else takes long.")

MOST = 5_000


class JobShown(Model):
    """A piece of work. `done`, `failed` and `cancelled` are final."""

    id: str
    kind: str
    title: str
    """What it does, in words."""
    subject_id: Count
    """The import, campaign, ... that it works on; of daily work the day as a number."""
    state: JobState
    step: str
    """What it is doing now, in words."""
    done: Count
    total: Count | None
    """Of the step; null where it is not known."""
    problem: str | None
    hint: str | None
    cancel_requested: bool
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class JobQuery(PageQuery):
    """Which jobs."""

    state: JobState | None = None


@area.get("/jobs", scope=Scope.READ_SHOP)
def list_jobs(call: Call, work: Session, query: JobQuery) -> Page[JobShown]:
    """The shop's jobs, the newest first."""
    found = jobs.list_jobs(work, call.shop_id, limit=MOST)
    return paged(
        [job for job in found if query.state in (None, job.state)],
        query,
        job_shown,
        lambda job: (job.created_at.isoformat(), str(job.id)),
        kinds=(str, str),
        descending=True,
    )


@area.get("/jobs/{job_id}", scope=Scope.READ_SHOP)
def get_job(call: Call, work: Session, job_id: Key) -> Answer[JobShown]:
    """One job: how far it is, and how it ended."""
    return Answer[JobShown](data=job_shown(jobs.get_job(work, call.shop_id, job_id)))


@area.post("/jobs/{job_id}/cancel", scope=Scope.WRITE_SHOP)
def cancel_job(call: Call, work: Session, job_id: Key) -> Answer[JobShown]:
    """Ask a job to stop.

    At once where it has not begun, else at its next report of progress; one that is over stays as
    it is.
    """
    job = jobs.request_cancel(work, call.shop_id, job_id, call.now)
    return Answer[JobShown](data=job_shown(job))


def start_once(call: Call, work: Session, kind: str) -> Answer[JobShown]:
    """Ask for a kind of work about the whole shop; one that waits or runs already is enough."""
    job = jobs.find_latest_job(work, (kind,), call.shop_id)
    if job is None or job.is_over:
        jobs.enqueue(work, kind, call.shop_id, call.shop_id, call.now)
        job = jobs.find_latest_job(work, (kind,), call.shop_id)
    if job is None:
        raise LookupError("a job that was just asked for is not there")
    return Answer[JobShown](data=job_shown(job))


def job_shown(job: Job) -> JobShown:
    """A job as the interface shows it."""
    return JobShown(
        id=str(job.id),
        kind=job.kind,
        title=job_title(job),
        subject_id=job.subject_id,
        state=job.state,
        step=job_step(job) if job.step else "",
        done=job.done,
        total=job.total,
        problem=sentence(job.problem) if job.problem else None,
        hint=sentence(job.hint) if job.hint else None,
        cancel_requested=job.cancel_requested,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
