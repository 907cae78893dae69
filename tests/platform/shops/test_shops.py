"""Opening a shop."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from regulars_platform.errors import RegularsError
from regulars_platform.settings import build_settings
from regulars_platform.shops.service import (
    find_first_shop,
    get_shop,
    known_currencies,
    known_timezones,
    open_shop,
    rename_shop,
)
from regulars_platform.storage.database import Base, Database

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(build_settings(tmp_path))
    Base.metadata.create_all(database.engine)
    with database.unit_of_work() as session:
        yield session
    database.dispose()


def test_an_opened_shop_is_found_again(session: Session) -> None:
    assert find_first_shop(session) is None
    shop = open_shop(session, name=" Tea ", currency="CNY", timezone="Asia/Shanghai", now=NOW)
    assert shop.name == "Tea"
    assert find_first_shop(session) == shop == get_shop(session, shop.id)


def test_a_renamed_shop_keeps_its_currency_and_zone(session: Session) -> None:
    shop = open_shop(session, name="Tea", currency="GBP", timezone="Europe/London", now=NOW)
    renamed = rename_shop(session, shop.id, "Coffee")
    assert (renamed.name, renamed.currency, renamed.timezone) == ("Coffee", "GBP", "Europe/London")


@pytest.mark.parametrize(
    ("name", "currency", "timezone", "field"),
    [
        ("  ", "CNY", "Asia/Shanghai", "shop_name"),
        ("x" * 201, "CNY", "Asia/Shanghai", "shop_name"),
        ("Tea", "XXX", "Asia/Shanghai", "currency"),
        ("Tea", "DEM", "Europe/Berlin", "currency"),  # replaced by the euro in 2002
        ("Tea", "CNY", "Shanghai", "timezone"),
        ("Tea", "CNY", "../../etc/passwd", "timezone"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    session: Session, name: str, currency: str, timezone: str, field: str
) -> None:
    with pytest.raises(RegularsError) as refused:
        open_shop(session, name=name, currency=currency, timezone=timezone, now=NOW)
    assert refused.value.field == field


def test_the_currencies_and_zones_of_the_shops_we_know_are_offered() -> None:
    assert {"CNY", "TWD", "HKD", "USD", "GBP", "EUR"} <= set(known_currencies())
    assert {"Asia/Shanghai", "Asia/Taipei", "Europe/London", "UTC"} <= set(known_timezones())
