"""From when to when the orders reach, in the shop's own days."""

import datetime as dt
from pathlib import Path

from regulars_platform.customers.order_days import OrderDays, find_order_days
from regulars_platform.customers.store import FeatureStore
from tests.platform.customers.build import line, lines


def days(shop_dir: Path, *rows: dict[str, object], timezone: str = "UTC") -> OrderDays | None:
    lines(*rows).collect().write_delta(shop_dir / "orders")
    store = FeatureStore(shop_dir, timezone)
    version = store.table.version()
    assert version is not None
    return find_order_days(store, version)


def test_the_days_are_those_of_the_first_and_the_last_order(tmp_path: Path) -> None:
    found = days(
        tmp_path,
        line("1", "a", "2026-03-02", 10),
        line("2", "b", "2026-01-31", 10),
        line("3", "a", "2026-02-28", 10),
    )
    assert found == OrderDays(first=dt.date(2026, 1, 31), last=dt.date(2026, 3, 2))
    assert found.day_after == dt.date(2026, 3, 3)


def test_an_order_late_in_the_evening_belongs_to_the_next_day_further_east(tmp_path: Path) -> None:
    late = line("1", "a", "2026-03-02", 10, at="2026-03-02T20:00:00+00:00")
    found = days(tmp_path, late, timezone="Asia/Shanghai")
    assert found == OrderDays(first=dt.date(2026, 3, 3), last=dt.date(2026, 3, 3))


def test_orders_without_a_customer_have_no_days(tmp_path: Path) -> None:
    assert days(tmp_path, line("1", None, "2026-03-02", 10)) is None
