"""Asking for work, doing it, and how it can end."""

import datetime as dt
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars_platform.errors import RegularsError
from regulars_platform.jobs import registry
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.errors import DISK_FULL, UNEXPECTED, JobNotFoundError
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import (
    enqueue,
    find_job,
    find_latest_job,
    get_job,
    list_jobs,
    request_cancel,
)
from regulars_platform.settings import Settings, build_settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.words import Sentence

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)


def count_to_three(context: JobContext) -> None:
    """Reports inside an open transaction, as handlers are allowed to."""
    with context.database.unit_of_work() as session:
        for done in range(4):
            context.report("Counting", done, 3)
        get_job(session, 1, context.job.id)


def refuse(_context: JobContext) -> None:
    """Finds something that the user can mend."""
    raise RegularsError(Sentence("Line %(line)s is odd.", {"line": 7}), Sentence("Mend it."))


def stumble(_context: JobContext) -> None:
    """A fault of our own."""
    raise ZeroDivisionError("secret detail")


def fill_the_disk(_context: JobContext) -> None:
    """What writing to a full disk raises."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for handler in (count_to_three, refuse, stumble, fill_the_disk):
        target = f"tests.platform.jobs.test_jobs:{handler.__name__}"
        monkeypatch.setitem(registry.HANDLERS, handler.__name__, target)
    return build_settings(tmp_path)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        for name in ("Tea", "Coffee"):
            open_shop(session, name=name, currency="CNY", timezone="Asia/Shanghai", now=NOW)
    yield database
    database.dispose()


def run(settings: Settings, database: Database, kind: str) -> Job:
    with database.unit_of_work() as session:
        job_id = enqueue(session, kind, 1, 42, NOW)
    return run_inline(settings, database, job_id, clock=lambda: LATER)


def test_a_job_runs_to_its_end_and_keeps_its_last_progress(
    settings: Settings, database: Database
) -> None:
    job = run(settings, database, "count_to_three")
    assert job.state is JobState.DONE
    assert (job.step, job.done, job.total, job.percent) == ("Counting", 3, 3, 100)
    assert (job.created_at, job.started_at, job.finished_at) == (NOW, LATER, LATER)


def test_a_job_asked_for_in_a_transaction_that_fails_does_not_exist(database: Database) -> None:
    def ask_and_fail() -> None:
        with database.unit_of_work() as session:
            enqueue(session, "count_to_three", 1, 42, NOW)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        ask_and_fail()
    with database.unit_of_work() as session:
        assert list_jobs(session, 1) == []


def test_a_problem_the_user_can_mend_is_kept_as_sentences(
    settings: Settings, database: Database
) -> None:
    job = run(settings, database, "refuse")
    assert job.state is JobState.FAILED
    assert (str(job.problem), str(job.hint)) == ("Line 7 is odd.", "Mend it.")


def test_a_fault_of_our_own_is_told_without_its_inside(
    settings: Settings, database: Database
) -> None:
    job = run(settings, database, "stumble")
    assert job.problem == UNEXPECTED
    assert "secret" not in f"{job.problem} {job.hint}"


def test_a_full_disk_is_called_a_full_disk(settings: Settings, database: Database) -> None:
    assert run(settings, database, "fill_the_disk").problem == DISK_FULL


def test_a_job_that_is_over_is_not_run_again(settings: Settings, database: Database) -> None:
    job = run(settings, database, "count_to_three")
    again = run_inline(settings, database, job.id, clock=lambda: LATER + dt.timedelta(hours=1))
    assert again == job


def test_a_queued_job_is_cancelled_at_once_and_never_runs(
    settings: Settings, database: Database
) -> None:
    with database.unit_of_work() as session:
        job_id = enqueue(session, "refuse", 1, 42, NOW)
        assert request_cancel(session, 1, job_id, LATER).state is JobState.CANCELLED
    assert run_inline(settings, database, job_id).state is JobState.CANCELLED


def test_a_job_belongs_to_its_shop(database: Database) -> None:
    with database.unit_of_work() as session:
        job_id = enqueue(session, "count_to_three", 1, 42, NOW)
        with pytest.raises(JobNotFoundError):
            get_job(session, 2, job_id)
        with pytest.raises(JobNotFoundError):
            request_cancel(session, 2, job_id, LATER)
        assert list_jobs(session, 2) == []
        assert find_job(session, job_id) is not None


def test_the_latest_job_about_a_subject_is_found(database: Database) -> None:
    with database.unit_of_work() as session:
        assert find_latest_job(session, ("refuse", "stumble"), 42) is None
        enqueue(session, "refuse", 1, 42, NOW)
        latest = enqueue(session, "stumble", 1, 42, LATER)
        enqueue(session, "stumble", 1, 43, LATER + dt.timedelta(days=1))
        found = find_latest_job(session, ("refuse", "stumble"), 42)
    assert found is not None
    assert found.id == latest


def test_another_shop_s_later_job_about_the_same_number_does_not_hide_ours(
    database: Database,
) -> None:
    with database.unit_of_work() as session:
        ours = enqueue(session, "refuse", 1, 20261, NOW)
        enqueue(session, "refuse", 2, 20261, LATER)
        found = find_latest_job(session, ("refuse",), 20261, shop_id=1)
        assert find_latest_job(session, ("refuse",), 20261, shop_id=3) is None
    assert found is not None
    assert found.id == ours


def test_a_kind_without_a_handler_is_refused_when_asked_for(database: Database) -> None:
    with database.unit_of_work() as session, pytest.raises(KeyError):
        enqueue(session, "no_such_kind", 1, 42, NOW)
