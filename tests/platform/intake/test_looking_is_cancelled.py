"""Looking at a large file tells how far it is, and stops when it is asked to, leaving nothing."""

import datetime as dt
import gzip
import io
from pathlib import Path

import pytest

from regulars_platform.intake.models import ImportId, ImportState
from regulars_platform.intake.service import get_import, look, receive_upload
from regulars_platform.intake.staging import folder_of
from regulars_platform.jobs.errors import JobCancelled
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
TEXT = "Order ID,Customer,Date,Amount,Remark\n" + "".join(
    f"{n},c{n},2026-01-05,{n % 90}.50,é tea\n" for n in range(100_000)
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    return settings


@pytest.fixture
def database(settings: Settings) -> Database:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Tea", currency="EUR", timezone="UTC", now=NOW)
    return database


def received(settings: Settings, database: Database, content: bytes) -> ImportId:
    with database.unit_of_work() as session:
        return receive_upload(session, settings, 1, "orders.csv", io.BytesIO(content), NOW)


class Patience:
    """Listens so many times, and then asks to stop."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, step: str, done: int, total: int | None) -> None:
        del step, done, total
        self.left -= 1
        if self.left < 0:
            raise JobCancelled


@pytest.mark.parametrize(
    ("content", "steps"),
    [
        (TEXT.encode(), {"looking"}),
        (gzip.compress(TEXT.encode()), {"unpacking", "looking"}),
        (TEXT.encode("utf-16"), {"recoding"}),
    ],
    ids=["plain", "gzip", "utf-16"],
)
def test_every_megabyte_is_told_and_any_of_them_may_be_the_last(
    settings: Settings, database: Database, content: bytes, steps: set[str]
) -> None:
    told: list[tuple[str, int, int | None]] = []
    import_id = received(settings, database, content)
    look(settings, database, import_id, lambda step, done, total: told.append((step, done, total)))
    assert {step for step, _, _ in told} == steps
    for step in steps:
        done = [there for said, there, _ in told if said == step]
        assert done == sorted(done)
        assert all(total is not None and there <= total for _, there, total in told)

    for stop in (1, len(told) // 2, len(told) - 1):
        import_id = received(settings, database, content)
        with pytest.raises(JobCancelled):
            look(settings, database, import_id, Patience(stop))
        with database.reading() as session:
            import_ = get_import(session, import_id)
        assert (import_.state, import_.problem) == (ImportState.UPLOADED, None)
        kept = [path.name for path in folder_of(settings, import_id).root.iterdir()]
        assert kept == ["original"]
        assert look(settings, database, import_id).form.headings[0] == "Order ID"
