"""A shop with orders, in a database of its own."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import regulars_platform.accounts.tables  # noqa: F401 -- tables that a campaign leads to name users
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from tests.platform.customers.build import line, lines

NOW = dt.datetime(2026, 1, 31, 18, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder whose shop 1 has 300 customers, c000 to c299, with 1 to 3 orders each."""
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    rows: list[dict[str, Any]] = []
    for number in range(300):
        customer = f"c{number:03d}"
        for order in range(1 + number % 3):
            rows.append(  # noqa: PERF401 -- three nested terms read better as a loop
                line(
                    f"{customer}-{order}",
                    customer,
                    f"2026-01-{5 + 5 * order + number % 5:02d}",
                    40 + number % 60,
                    household=f"h{number // 2}" if number < 100 else None,
                )
            )
    lines(*rows).collect().write_delta(found.shop_dir(1) / "orders")
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The database of that folder, with two shops."""
    opened = Database(settings)
    Base.metadata.create_all(opened.engine)
    with opened.unit_of_work() as session:
        for name in ("tea", "books"):
            session.add(Shop(name=name, currency="EUR", timezone="UTC", created_at=NOW))
    yield opened
    opened.dispose()
