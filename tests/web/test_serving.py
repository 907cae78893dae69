"""`regulars serve` as a process: it starts, says what is in its way, and survives being killed."""

import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regulars_platform.intake import service as intake
from regulars_platform.intake.jobs import ask_for, ask_to_store
from regulars_platform.intake.models import ImportState
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.service import find_job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import upgrade

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
REGULARS = Path(sys.executable).parent / "regulars"
LINES = 30_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build_settings(tmp_path / "data")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(settings: Settings, port: int) -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def start(*more: str) -> subprocess.Popen[str]:
        command = [str(REGULARS), "serve", "--data", str(settings.data_dir), "--port", str(port)]
        process = subprocess.Popen(
            [*command, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_one_command_serves_and_ends_cleanly_with_its_worker(
    serve: Serve, port: int, settings: Settings
) -> None:
    process = serve()
    assert f"http://127.0.0.1:{port}/" in first_line(process)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        assert answer.url.endswith("/setup")

    second = serve()
    _, complaint = second.communicate(timeout=30)
    assert second.returncode == 2
    assert "already being served from the data folder" in complaint

    workers = [pid for pid in _children(process.pid) if _is_alive(pid)]
    assert len(workers) == 1
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Regulars has ended." in output
    assert "Traceback" not in errors
    eventually(lambda: not _is_alive(workers[0]), seconds=5)
    assert oct((settings.data_dir / "regulars.sqlite").stat().st_mode)[-2:] == "00"


def test_a_taken_port_is_said_plainly(serve: Serve, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = serve()
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken by another program." in complaint
    assert f"--port {port + 1}" in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize(
    "asked",
    [
        ("--host", "0.0.0.0"),  # noqa: S104 -- to be seen from elsewhere is the point
        ("--name", "shop.example.org"),  # a proxy on this machine hands strangers on
    ],
)
def test_where_others_can_reach_it_the_first_start_needs_the_printed_code(
    serve: Serve, port: int, asked: tuple[str, str]
) -> None:
    process = serve(*asked)
    assert "Regulars is at http://" in first_line(process)
    assert re.search(r"One-time code for the first start: \S{16}", first_line(process))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/setup", timeout=10) as answer:
        page = answer.read().decode()
        assert "Secure" in answer.headers["Set-Cookie"]
    assert 'name="code"' in page


def test_an_import_killed_in_the_middle_loses_and_doubles_nothing(
    serve: Serve, settings: Settings, tmp_path: Path
) -> None:
    prepare_data_dir(settings)
    upgrade(settings)
    database = Database(settings)
    file = tmp_path / "orders.csv"
    rows = (f"A{n // 3},c{n % 5000},2026-01-{n % 28 + 1:02d} 10:00,p{n},1.25" for n in range(LINES))
    file.write_text("Order ID,Customer,Date,Product,Amount\n" + "\n".join(rows) + "\n")
    with database.unit_of_work() as session, file.open("rb") as stream:
        shop = open_shop(session, name="Tea", currency="CNY", timezone="UTC", now=NOW)
        import_id = intake.receive_upload(session, settings, shop.id, "orders.csv", stream, NOW)
    look = intake.look(settings, database, import_id)
    with database.unit_of_work() as session:
        intake.confirm_mapping(session, import_id, look.mapping(), look.options)
        check = ask_for(session, "check_import", import_id, NOW)

    def state(job_id: str) -> JobState:
        with database.unit_of_work() as session:
            job = find_job(session, job_id)
        assert job is not None
        return job.state

    def kill_while_running(process: subprocess.Popen[str], job_id: str) -> None:
        eventually(lambda: state(job_id) is not JobState.QUEUED)
        process.kill()
        process.wait()

    kill_while_running(serve(), check)
    second = serve()
    eventually(lambda: state(check) is JobState.DONE)
    with database.unit_of_work() as session:
        store = ask_to_store(session, import_id, None, NOW + dt.timedelta(minutes=1))
    kill_while_running(second, store)
    serve()
    eventually(lambda: state(store) is JobState.DONE)
    with database.unit_of_work() as session:
        stored = intake.get_import(session, import_id)
    database.dispose()

    assert stored.state is ImportState.STORED
    assert stored.tallies is not None
    assert stored.tallies.stored.lines == stored.tallies.read.lines == LINES
    lines = OrdersTable(settings.shop_dir(shop.id)).scan().collect()
    assert lines.height == lines.select("order_id", "line_key").n_unique() == LINES
    assert lines["amount"].sum() == LINES * 12_500


def _children(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listing.split()]


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()
