"""Sessions: one writes at a time, and who only reads blocks nobody."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    opened = Database(settings)
    create_all_tables(opened)
    yield opened
    opened.dispose()


def shop(name: str) -> Shop:
    return Shop(name=name, currency="EUR", timezone="UTC", created_at=NOW)


def test_a_unit_of_work_is_kept_whole_or_not_at_all(database: Database) -> None:
    def fail_halfway() -> None:
        with database.unit_of_work() as session:
            session.add(shop("half"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    with database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Shop)) == 0


def test_who_reads_sees_one_moment_and_does_not_keep_others_from_writing(
    database: Database,
) -> None:
    count = select(func.count()).select_from(Shop)
    with database.reading() as reader:
        assert reader.scalar(count) == 0
        with database.unit_of_work() as writer:
            writer.add(shop("tea"))
        assert reader.scalar(count) == 0

    with database.reading() as reader:
        assert reader.scalar(count) == 1


def test_nothing_is_kept_of_what_a_reader_does(database: Database) -> None:
    with database.reading() as reader:
        reader.add(shop("never"))
        reader.flush()

    with database.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(Shop)) == 0
