"""A real worker process: it does the work once, survives being killed, and never outlives us."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regulars_platform.jobs import registry
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.jobs.service import enqueue, find_job, request_cancel
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

ROOT = Path(__file__).parents[3]
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    return settings


@pytest.fixture
def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for kind in ("wait_for_word", "store_import"):
        monkeypatch.setitem(registry.HANDLERS, kind, "elsewhere:in_the_worker")
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Tea", currency="CNY", timezone="Asia/Shanghai", now=NOW)
    yield database
    database.dispose()


Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.platform.jobs.tiny_worker", str(settings.data_dir)]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def ask(database: Database, kind: str, subject: int) -> str:
    with database.unit_of_work() as session:
        return enqueue(session, kind, 1, subject, NOW + dt.timedelta(seconds=subject))


def job_of(database: Database, job_id: str) -> Job:
    with database.unit_of_work() as session:
        job = find_job(session, job_id)
    assert job is not None
    return job


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def notes(settings: Settings) -> list[str]:
    path = settings.data_dir / "notes"
    return path.read_text().splitlines() if path.exists() else []


def test_a_job_whose_worker_is_killed_runs_again_and_ends_once(
    settings: Settings, database: Database, start_worker: Start
) -> None:
    job = ask(database, "wait_for_word", 7)
    first = start_worker()
    eventually(lambda: notes(settings) == ["began 7"])
    eventually(lambda: job_of(database, job).step == "Waiting")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert job_of(database, job).state is JobState.RUNNING

    (settings.data_dir / "go").touch()
    start_worker()
    start_worker()  # a second one must stand by
    eventually(lambda: job_of(database, job).state is JobState.DONE)
    time.sleep(1)
    assert notes(settings) == ["began 7", "began 7", "ended 7"]


def test_imports_of_one_shop_run_one_after_the_other_in_order(
    settings: Settings, database: Database, start_worker: Start
) -> None:
    jobs = [ask(database, "store_import", subject) for subject in (1, 2, 3)]
    start_worker()
    eventually(lambda: all(job_of(database, job).state is JobState.DONE for job in jobs))
    assert notes(settings) == [f"{word} {n}" for n in (1, 2, 3) for word in ("began", "ended")]


def test_a_running_job_stops_when_asked_to(
    settings: Settings, database: Database, start_worker: Start
) -> None:
    job = ask(database, "wait_for_word", 7)
    start_worker()
    eventually(lambda: notes(settings) == ["began 7"])
    with database.unit_of_work() as session:
        request_cancel(session, 1, job, NOW)
    eventually(lambda: job_of(database, job).state is JobState.CANCELLED)
    assert notes(settings) == ["began 7"]


def test_the_worker_ends_when_whoever_started_it_is_gone(
    settings: Settings, database: Database
) -> None:
    # an intermediate process starts the worker and is then killed without any chance to clean up
    code = (
        "import subprocess, sys, time\n"
        "w = subprocess.Popen([sys.executable, '-m', 'regulars_platform.jobs.worker', sys.argv[1]],"
        " stdin=subprocess.PIPE)\n"
        "print(w.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(settings.data_dir)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker_pid = int(parent.stdout.readline())
    eventually((settings.data_dir / "workflows.sqlite").exists)
    parent.kill()
    parent.communicate()
    eventually(lambda: not _is_alive(worker_pid), seconds=5)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # an orphan that nobody has collected yet is dead all the same
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
