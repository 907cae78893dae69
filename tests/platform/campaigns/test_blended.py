"""What a forecast takes for the margin where costs per product are known."""

import datetime as dt
from pathlib import Path

import polars as pl
from deltalake import write_deltalake

from regulars_platform.campaigns.blended import at_average_margin, year_coverage
from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line, lines, money

BY_PRODUCT = {
    "margin_source": "products",
    "margin_low_percent": "40",
    "margin_high_percent": "40",
}


def shop(tmp_path: Path) -> FeatureStore:
    """Tea for 100 that costs 30, honey for 50 of unknown cost, and what does not count."""
    sold = lines(
        line("1", "a", "2025-12-03", 100),
        line("2", "a", "2025-12-04", 50, product="honey"),
        line("3", "a", "2024-12-04", 999),
        line("4", "a", "2026-02-04", 999),
        line("5", "a", "2025-12-05", 999, status="unpaid"),
    ).collect()
    write_deltalake(str(tmp_path / "orders"), sold)
    return FeatureStore(tmp_path, "UTC")


def test_the_year_before_says_what_goods_earn_on_average(tmp_path: Path) -> None:
    store = shop(tmp_path)
    costs = pl.DataFrame({"product": ["tea"], "cost": [money(30)]})
    DatasetTable(tmp_path, "products").merge(costs)
    asked = read_draft(draft(**BY_PRODUCT))

    found = at_average_margin(asked, store, 0)

    # 70 of the tea and 40% of the honey's 50, out of 150
    assert (found.margin_low, found.margin_high) == (6_000, 6_000)


def test_a_flat_margin_stays_what_it_is(tmp_path: Path) -> None:
    asked = read_draft(draft())

    assert at_average_margin(asked, shop(tmp_path), 0) is asked


def test_without_costs_the_flat_margin_is_the_average(tmp_path: Path) -> None:
    found = at_average_margin(read_draft(draft(**BY_PRODUCT)), shop(tmp_path), 0)

    assert found.margin_low == 4_000


def test_coverage_is_of_the_year_before(tmp_path: Path) -> None:
    shop(tmp_path)
    until = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    assert year_coverage(tmp_path, until) is None

    costs = pl.DataFrame({"product": ["tea"], "cost": [money(30)]})
    DatasetTable(tmp_path, "products").merge(costs)
    found = year_coverage(tmp_path, until)

    assert found is not None
    assert (found.goods, found.known) == (money(150), money(100))
