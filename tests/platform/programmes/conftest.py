"""A shop with nothing in it yet, in a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.programmes.build import open_shops


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The database of that folder, with two shops."""
    opened = Database(settings)
    create_all_tables(opened)
    open_shops(opened)
    yield opened
    opened.dispose()
