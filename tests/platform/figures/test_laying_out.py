"""A large shop's orders are laid out in the background as soon as they are stored."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars_platform.customers.store import FeatureStore
from regulars_platform.figures.visits import Source
from regulars_platform.intake import service
from regulars_platform.intake.jobs import LAY_OUT, ask_to_store
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue, list_jobs
from regulars_platform.segments.purchases import purchases
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ORDERS = "order,customer,date,amount,product\n" + "".join(
    f"D{number},c{number % 3},2026-01-{number + 1:02},10,tea\n" for number in range(9)
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Settings, Database]]:
    settings = build_settings(tmp_path)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Tea", currency="EUR", timezone="UTC", now=NOW)
    yield settings, database
    database.dispose()


def bring_in(settings: Settings, database: Database, path: Path) -> Job:
    """The orders, stored by a job as from the page."""
    path.write_text(ORDERS, "utf-8")
    with path.open("rb") as stream, database.unit_of_work() as session:
        import_id = service.receive_upload(session, settings, 1, path.name, stream, NOW)
    seen = service.look(settings, database, import_id)
    with database.unit_of_work() as session:
        service.confirm_mapping(session, import_id, seen.mapping(), seen.options)
    service.check(settings, database, import_id)
    with database.unit_of_work() as session:
        job_id = ask_to_store(session, import_id, None, NOW)
    return run_inline(settings, database, job_id)


def waiting(database: Database) -> list[Job]:
    with database.unit_of_work() as session:
        return [job for job in list_jobs(session, 1) if job.kind == LAY_OUT]


def test_after_a_large_file_one_job_lays_out_what_pages_read(
    shop: tuple[Settings, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = shop
    monkeypatch.setattr("regulars_platform.intake.jobs.LARGE", 9)
    assert bring_in(settings, database, tmp_path / "orders.csv").state is JobState.DONE
    (job,) = waiting(database)
    done = run_inline(settings, database, job.id)
    assert (done.state, done.done, done.total) == (JobState.DONE, 5, 5)

    folder = settings.shop_dir(1) / "features"
    there = {path.name: path.stat().st_ino for path in folder.iterdir()}
    store = FeatureStore(settings.shop_dir(1), "UTC")
    version = store.table.version()
    assert version is not None
    assert store.has_histories(version)
    assert purchases(store, version).collect().height == 9
    assert Source(store, version).days is not None
    assert store.features(dt.date(2026, 1, 10), version).collect()["orders"].to_list() == [3, 3, 3]
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == there


def test_after_a_small_file_nothing_is_asked_for(
    shop: tuple[Settings, Database], tmp_path: Path
) -> None:
    bring_in(*shop, tmp_path / "orders.csv")
    assert waiting(shop[1]) == []


def test_two_files_in_a_row_ask_for_it_once(
    shop: tuple[Settings, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_platform.intake.jobs.LARGE", 9)
    bring_in(*shop, tmp_path / "orders.csv")
    bring_in(*shop, tmp_path / "again.csv")
    assert len(waiting(shop[1])) == 1


def test_a_shop_without_orders_has_nothing_to_lay_out(shop: tuple[Settings, Database]) -> None:
    settings, database = shop
    with database.unit_of_work() as session:
        job_id = enqueue(session, LAY_OUT, 1, 1, NOW)
    assert run_inline(settings, database, job_id).state is JobState.DONE
