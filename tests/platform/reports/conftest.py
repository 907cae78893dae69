"""A data folder with a shop in it."""

import datetime as dt
from pathlib import Path

import pytest

from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from regulars_platform.storage.migrations_run import import_all_tables

LAUNCH = dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    return found


@pytest.fixture
def database(settings: Settings) -> Database:
    import_all_tables()
    opened = Database(settings)
    Base.metadata.create_all(opened.engine)
    with opened.unit_of_work() as session:
        session.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=LAUNCH))
    return opened
