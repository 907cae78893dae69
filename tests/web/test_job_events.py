"""Pages that wait for a job are told of its progress, at a cost that does not grow with them."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from regulars_platform.jobs.models import Job, JobId, JobState
from regulars_platform.jobs.service import enqueue
from regulars_platform.jobs.tables import JobRow
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_web.job_watching import JobWatch
from regulars_web.pages.jobs.views import install_job_watch
from tests.web.conftest import NOW, Browser

JOB = Job(
    id=JobId("a-job"),
    shop_id=1,
    kind="check_import",
    subject_id=1,
    state=JobState.RUNNING,
    step="reading",
    done=0,
    total=1000,
    problem=None,
    hint=None,
    cancel_requested=False,
    created_at=NOW,
    started_at=NOW,
    finished_at=None,
)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Readings:
    """A job as the database would have it, and how often it was asked for."""

    def __init__(self) -> None:
        self.job = JOB
        self.count = 0

    def __call__(self) -> Job:
        self.count += 1
        return self.job


def test_a_job_is_read_once_a_second_however_many_pages_ask() -> None:
    clock, readings = Clock(), Readings()
    watch = JobWatch(3, clock)
    for _ in range(50):
        watch.look("a-job", readings)
    assert readings.count == 1
    clock.now += 1.0
    for _ in range(50):
        watch.look("a-job", readings)
    assert readings.count == 2


def test_the_time_left_is_that_at_the_pace_of_the_step_so_far() -> None:
    clock, readings = Clock(), Readings()
    watch = JobWatch(3, clock)
    readings.job = replace(JOB, done=200)
    assert watch.look("a-job", readings).seconds_left is None
    clock.now += 10
    readings.job = replace(JOB, done=400)  # 20 a second, 600 to go
    assert watch.look("a-job", readings).seconds_left == pytest.approx(30)
    clock.now += 10
    readings.job = replace(JOB, step="checking", done=10)  # another step: nothing is known of it
    assert watch.look("a-job", readings).seconds_left is None
    clock.now += 4
    readings.job = replace(JOB, step="checking", done=18, total=None)
    assert watch.look("a-job", readings).seconds_left is None


def test_so_many_lines_may_be_held_open_and_one_more_when_one_is_left() -> None:
    watch = JobWatch(2)
    first, second = watch.enter(), watch.enter()
    assert first is not None
    assert second is not None
    assert watch.enter() is None
    first.leave()
    first.leave()
    assert watch.enter() is not None
    assert watch.enter() is None


def test_no_line_is_opened_while_the_server_ends() -> None:
    watch = JobWatch(2)
    watch.ending.set()
    assert watch.enter() is None


@pytest.fixture
def job(database: Database, shop_with_owner: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Asked for, and read anew each time."""
    del shop_with_owner
    monkeypatch.setattr("regulars_web.job_watching.FRESH", 0.0)
    with database.unit_of_work() as session:
        return enqueue(session, "check_import", 1, 1, NOW)


def change(database: Database, job: str, **values: object) -> None:
    with database.unit_of_work() as session:
        row = session.get_one(JobRow, job)
        for name, value in values.items():
            setattr(row, name, value)


def said(answer: TestResponse) -> Iterator[tuple[str, dict[str, object]]]:
    """The events of a line."""
    for chunk in answer.iter_encoded():
        lines = dict(line.split(": ", 1) for line in chunk.decode().split("\n") if line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"])


def test_a_line_tells_what_changes_and_ends_with_the_job(
    owner: Browser, database: Database, job: str
) -> None:
    change(database, job, state=JobState.RUNNING, step="reading", done=250, total=1000)
    answer = owner.get(f"/jobs/{job}/events", buffered=False)
    assert answer.mimetype == "text/event-stream"
    events = said(answer)
    name, told = next(events)
    assert (name, told["step"], told["count"]) == (
        "progress",
        "Reading the lines",
        "250 of 1,000",
    )
    assert told["percent"] == 25
    change(database, job, state=JobState.DONE, done=1000)
    name, told = next(events)
    assert (name, told["state"]) == ("over", "done")
    assert list(events) == []


def test_a_line_lives_half_a_minute_at_most(
    owner: Browser, database: Database, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_web.pages.jobs.views.LINE_LIFE", 0.0)
    change(database, job, state=JobState.RUNNING, step="reading")
    events = list(said(owner.get(f"/jobs/{job}/events", buffered=False)))
    assert [name for name, _ in events] == ["progress"]


def test_where_no_line_is_left_the_browser_is_told_to_ask_instead(
    app: Flask, owner: Browser, job: str
) -> None:
    watch = JobWatch(1)
    install_job_watch(app, watch)
    held = owner.get(f"/jobs/{job}/events", buffered=False)
    assert owner.get(f"/jobs/{job}/events").status_code == 204
    held.close()
    assert watch.enter() is not None


def test_jobs_of_another_shop_are_not_there(owner: Browser, database: Database, job: str) -> None:
    del job
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="EUR", timezone="UTC", now=NOW)
        foreign = enqueue(session, "check_import", other.id, 1, NOW + dt.timedelta(seconds=1))
    for path in ("", "/events", "/progress"):
        assert owner.get(f"/jobs/{foreign}{path}").status_code == 404


def test_whoever_waits_can_cancel_and_comes_back_to_the_same_page(
    owner: Browser, database: Database, job: str
) -> None:
    change(database, job, state=JobState.RUNNING, step="reading")
    page = owner.get(f"/jobs/{job}/progress?back=/data/3").get_data(as_text=True)
    assert 'name="next" value="/data/3"' in page
    assert owner.post(f"/jobs/{job}/cancel", {"next": "/data/3"}).location == "/data/3"
    after = owner.get(f"/jobs/{job}/progress").get_data(as_text=True)
    assert "Stopping at the next safe place" in after
    assert "/cancel" not in after


def test_a_page_without_scripts_loads_itself_anew(
    owner: Browser, database: Database, job: str
) -> None:
    change(database, job, state=JobState.RUNNING, step="reading")
    assert '<noscript><meta http-equiv="refresh"' in owner.get(f"/jobs/{job}").get_data(
        as_text=True
    )
