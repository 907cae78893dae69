"""Margins from costs per product: exact where the cost is known, flat where it is not."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.goods_costs import cost_coverage, order_margins, product_costs
from tests.platform.customers.build import line, lines, money

COSTS = pl.LazyFrame({"product": ["tea", "cup"], "cost": [money(30), money(4)]})
FLAT = 4_000


def margins(*rows: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    found = order_margins(lines(*rows), COSTS, FLAT).collect()
    return {name: (a, b, c) for name, a, b, c in found.rows()}


def sold(order: str, product: str | None, amount: float, **other: Any) -> dict[str, Any]:
    other = {"quantity": 10_000} | other
    return line(order, "a", "2026-02-03", amount, product=product, **other)


def test_a_known_cost_leaves_the_rest_of_the_price() -> None:
    # 3 cups at 10 each cost 4 each
    assert margins(sold("1", "cup", 30, quantity=30_000)) == {"1": (money(18), 0, 0)}


def test_goods_below_cost_lose_money() -> None:
    assert margins(sold("1", "tea", 25)) == {"1": (money(-5), 0, 0)}


@pytest.mark.parametrize(
    "other", [{"product": "honey"}, {"product": None}, {"product": "tea", "quantity": None}]
)
def test_without_a_cost_or_a_number_of_pieces_the_flat_margin_holds(other: dict[str, Any]) -> None:
    row = sold("1", other["product"], 50, quantity=other.get("quantity", 10_000))

    assert margins(row) == {"1": (money(20), money(50), 0)}


def test_an_order_adds_up_its_lines() -> None:
    rows = (
        sold("1", "tea", 50, line_key="1"),
        sold("1", "honey", 20, line_key="2"),
        sold("1", "cup", 10, line_key="3", status="cancelled"),
    )

    # 50 - 30 of the tea, 40% of the honey; the cup was not bought
    assert margins(*rows) == {"1": (money(28), money(20), 0)}


def test_what_is_sent_back_loses_the_margin_of_its_part() -> None:
    # half of a tea bought for 50: half of 20
    assert margins(sold("1", "tea", 50, refund=25))["1"][2] == money(10)


def test_what_is_refunded_beyond_the_goods_counts_at_the_flat_margin() -> None:
    # all of the tea's 20, and 40% of 6 of freight
    assert margins(sold("1", "tea", 50, refund=56))["1"][2] == money(22.4)


def test_a_credit_note_takes_its_margin_back() -> None:
    # two cups bought for 10 each come back: 20 less the 8 that they cost
    assert margins(sold("1", "cup", -20, quantity=-20_000)) == {"1": (money(-12), 0, money(12))}


def test_costs_are_found_by_either_name_of_a_product(tmp_path: Path) -> None:
    DatasetTable(tmp_path, "products").merge(
        pl.DataFrame(
            {
                "product": ["Green tea", "Cup", "Honey"],
                "also": ["SKU-1", "SKU-2", None],
                "cost": [money(30), None, money(9)],
            }
        )
    )

    found = dict(product_costs(tmp_path).collect().rows())
    assert found == {"Green tea": money(30), "SKU-1": money(30), "Honey": money(9)}


def test_a_name_of_two_products_with_different_costs_means_neither(tmp_path: Path) -> None:
    DatasetTable(tmp_path, "products").merge(
        pl.DataFrame({"product": ["red cup", "blue cup"], "also": ["cup", "cup"], "cost": [1, 2]})
    )

    assert sorted(product_costs(tmp_path).collect()["product"]) == ["blue cup", "red cup"]


def test_costs_of_an_earlier_version_stay_what_they_were(tmp_path: Path) -> None:
    table = DatasetTable(tmp_path, "products")
    first = table.merge(pl.DataFrame({"product": ["tea"], "cost": [1]}))
    table.merge(pl.DataFrame({"product": ["tea"], "cost": [2]}))

    assert product_costs(tmp_path, first).collect()["cost"].to_list() == [1]
    assert product_costs(tmp_path).collect()["cost"].to_list() == [2]


def test_coverage_is_by_money_sold() -> None:
    rows = (sold("1", "tea", 60), sold("2", "honey", 40), sold("3", "tea", 99, status="unpaid"))
    found = cost_coverage(lines(*rows), COSTS)

    assert (found.goods, found.known, found.share) == (money(100), money(60), 0.6)
    assert cost_coverage(lines(), COSTS).share is None
