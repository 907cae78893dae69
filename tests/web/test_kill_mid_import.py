"""Killing everything in the middle of an import, and starting again, loses and doubles nothing."""

import datetime as dt
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from regulars_platform.intake.models import ImportId, ImportState
from regulars_platform.intake.service import (
    confirm_mapping,
    get_import,
    look,
    receive_upload,
)
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import import_all_tables, upgrade
from tests.serving import Server, free_port

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LINES = 120_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    import_all_tables()
    upgrade(found)
    return found


def order_file(path: Path) -> int:
    """Write an order file; returns its money in ten-thousandths."""
    rng = np.random.default_rng(5)
    cents = rng.integers(100, 20_000, LINES)
    pl.DataFrame(
        {
            "Order number": [f"O{i // 2}" for i in range(LINES)],
            "Customer": [f"C{i % 7000}" for i in range(LINES)],
            "Ordered at": [f"2026-01-{1 + (i // 2) % 28:02d} 10:00" for i in range(LINES)],
            "Product": [f"P{i % 40}" for i in range(LINES)],
            "Amount": [f"{value / 100:.2f}" for value in cents],
        }
    ).with_columns(pl.col("Customer").first().over("Order number")).write_csv(path)
    return int(cents.sum()) * 100


def latest(database: Database, kind: str, import_id: ImportId) -> Job | None:
    with database.unit_of_work() as session:
        return find_latest_job(session, (kind,), import_id)


def wait(database: Database, kind: str, import_id: ImportId, *, states: set[JobState]) -> Job:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        job = latest(database, kind, import_id)
        if job is not None and job.state in states:
            return job
        time.sleep(0.02)
    raise AssertionError(f"{kind} never came to be one of {states}")


def run_with_kills(
    server: Server, database: Database, kind: str, import_id: ImportId, moments: tuple[float, ...]
) -> None:
    """Ask for the job, and kill -9 everything so many seconds into each of its runs."""
    with database.unit_of_work() as session:
        enqueue(session, kind, 1, import_id, NOW)
    for moment in moments:
        server.start()
        job = wait(database, kind, import_id, states={JobState.RUNNING, JobState.DONE})
        time.sleep(moment)
        server.kill()
        if job.state is JobState.DONE:
            return
    server.start()
    done = wait(database, kind, import_id, states={JobState.DONE, JobState.FAILED})
    server.kill()
    assert done.state is JobState.DONE


def test_an_import_that_is_killed_again_and_again_ends_with_every_line_once(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    money = order_file(path)
    database = Database(settings)
    with database.unit_of_work() as session:
        open_shop(session, name="Tea", currency="EUR", timezone="UTC", now=NOW)
        with path.open("rb") as stream:
            import_id = receive_upload(session, settings, 1, path.name, stream, NOW)
    seen = look(settings, database, import_id)
    with database.unit_of_work() as session:
        confirm_mapping(session, import_id, seen.mapping(), seen.options)
    server = Server(data=settings.data_dir, port=free_port())

    try:
        run_with_kills(server, database, "check_import", import_id, (0.7,))
        run_with_kills(server, database, "store_import", import_id, (0.05, 0.3))
    finally:
        server.kill()

    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
    assert import_.state is ImportState.STORED
    assert import_.tallies is not None
    assert import_.tallies.read.lines == import_.tallies.stored.lines == LINES
    assert import_.tallies.stored.money == money
    stored = OrdersTable(settings.shop_dir(1)).scan().collect()
    assert stored.height == LINES
    assert stored.select("order_id", "line_key").n_unique() == LINES
    assert stored["amount"].sum() == money
