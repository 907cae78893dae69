"""Programmes in the background: the day's run of a shop, and a version's result."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.models import Job, JobId
from regulars_platform.jobs.run import utc_now
from regulars_platform.jobs.service import enqueue, find_latest_job, get_job
from regulars_platform.programmes.beginning import begin_today
from regulars_platform.programmes.errors import RunUnderWayError
from regulars_platform.programmes.results import evaluate_version
from regulars_platform.programmes.running import run_programme
from regulars_platform.programmes.service import count_running, list_programmes
from regulars_platform.programmes.tables import RUNNING
from regulars_platform.words import N_

RUN, EVALUATE = "run_programmes", "evaluate_programme"


def wants_a_day(session: Session, shop_id: int) -> bool:
    """Whether the shop has anything to run today (see `jobs.daily`)."""
    return count_running(session, shop_id) > 0


def enqueue_run(session: Session, *, shop_id: int, day: dt.date, now: dt.datetime) -> JobId:
    """Ask for a day's run; a day that was run already is left as it is."""
    return enqueue(session, RUN, shop_id, day.toordinal(), now)


def enqueue_evaluation(
    session: Session, *, shop_id: int, version_id: int, now: dt.datetime
) -> JobId:
    """Ask for the result of a version on the orders as they are."""
    return enqueue(session, EVALUATE, shop_id, version_id, now)


def ask_for_run(session: Session, *, shop_id: int, day: dt.date, now: dt.datetime) -> Job:
    """The day's run that waits or is under way, or else a new one."""
    latest = find_latest_job(session, (RUN,), day.toordinal(), shop_id=shop_id)
    if latest is None or latest.is_over:
        return get_job(session, shop_id, enqueue_run(session, shop_id=shop_id, day=day, now=now))
    return latest


def ask_for_first_run(
    session: Session, *, shop_id: int, programme_id: int, day: dt.date, now: dt.datetime
) -> Job:
    """Let the day's run be the programme's first, and ask for it.

    Raises ProgrammeStateError, RunUnderWayError.
    """
    latest = find_latest_job(session, (RUN,), day.toordinal(), shop_id=shop_id)
    if latest is not None and not latest.is_over:
        raise RunUnderWayError.build()
    begin_today(session, shop_id=shop_id, programme_id=programme_id)
    return get_job(session, shop_id, enqueue_run(session, shop_id=shop_id, day=day, now=now))


def ask_for_result(session: Session, *, shop_id: int, version_id: int, now: dt.datetime) -> Job:
    """The evaluation of a version that waits or is under way, or else a new one."""
    latest = find_latest_job(session, (EVALUATE,), version_id, shop_id=shop_id)
    if latest is None or latest.is_over:
        asked = enqueue_evaluation(session, shop_id=shop_id, version_id=version_id, now=now)
        return get_job(session, shop_id, asked)
    return latest


def run(context: JobContext) -> None:
    """Run all running programmes for the day that the job is about; each is stored by itself."""
    job = context.job
    day = dt.date.fromordinal(job.subject_id)
    with context.database.reading() as session:
        running = list_programmes(session, job.shop_id, state=RUNNING)
    for done, programme in enumerate(running):
        context.report(N_("Running the programmes"), done, len(running))
        run_programme(context.database, context.settings, job.shop_id, programme.id, day, utc_now())
    context.report(N_("Running the programmes"), len(running), len(running))


def evaluate(context: JobContext) -> None:
    """Work out the result of the version that the job is about."""
    context.report(N_("Working out what the programme brought"), 0, None)
    job = context.job
    evaluate_version(
        context.database,
        context.settings,
        shop_id=job.shop_id,
        version_id=job.subject_id,
        now=utc_now(),
    )
