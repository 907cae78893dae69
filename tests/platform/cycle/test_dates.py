"""When a customer is due: by their own intervals, else the product's, else days per piece."""

import datetime as dt
import statistics
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from regulars_experiments.medians import median_ranks
from regulars_platform.cycle import working_out
from regulars_platform.cycle.files import read_cycles
from tests.platform.cycle.build import START, bought, listed, worked_out


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def test_two_own_intervals_decide_by_their_median(tmp_path: Path) -> None:
    found, document = worked_out(tmp_path, bought("ann", "tea", 0, 20, 60))
    row = found["ann", "tea"]
    assert (row["rests_on"], row["based_on"], row["every"]) == ("own", 2, 30.0)
    assert (row["last_day"], row["due_on"]) == (day(60), day(90))
    assert document["counts"] == {"own": 1, "product": 0, "unit": 0}


def test_one_interval_is_too_few_and_nothing_is_told(tmp_path: Path) -> None:
    found, document = worked_out(tmp_path, bought("ann", "tea", 0, 20))
    assert found == {}
    assert document["pairs"] == 1


def test_where_quantities_vary_what_was_bought_last_has_to_last(tmp_path: Path) -> None:
    # 2 pieces lasted 40 days, 1 piece 30, 3 pieces 60: 20, 30 and 20 a piece; 4 were bought last
    found, _ = worked_out(tmp_path, bought("ann", "tea", 0, 40, 70, 130, pieces=[2, 1, 3, 4]))
    assert found["ann", "tea"]["every"] == 80.0
    assert found["ann", "tea"]["due_on"] == day(210)


def test_else_the_median_of_the_customers_of_the_product_decides(tmp_path: Path) -> None:
    spans = [10, 20, 30, 40, 50, 90]
    rows = [one for place, span in enumerate(spans) for one in bought(f"c{place}", "tea", 0, span)]
    found, document = worked_out(tmp_path, rows + bought("new", "tea", 5, pieces=2.0))
    row = found["new", "tea"]
    assert (row["rests_on"], row["based_on"]) == ("product", 6)
    assert row["every"] == 2 * statistics.median(spans)
    assert row["due_on"] == day(5 + 70)
    cycles = read_cycles(tmp_path, "k").row(0, named=True)
    assert (cycles["unit"], cycles["unit_low"], cycles["unit_high"]) == (35.0, 10.0, 90.0)
    # the censoring is counted: who has bought once may only not have come back yet
    assert (cycles["buyers"], cycles["customers"], cycles["waiting"]) == (7, 6, 1)
    assert document["counts"]["product"] == 7


def test_five_customers_are_too_few_for_a_product_and_its_unit_days_count(tmp_path: Path) -> None:
    rows = [one for place in range(5) for one in bought(f"c{place}", "tea", 0, 10)]
    products = listed({"product": "tea", "unit_days": 14.0})
    found, _ = worked_out(tmp_path, rows + bought("new", "tea", 5, pieces=3.0), products)
    row = found["new", "tea"]
    assert (row["rests_on"], row["based_on"], row["every"]) == ("unit", None, 42.0)
    assert row["due_on"] == day(47)


def test_goods_bought_once_in_a_life_are_never_due(tmp_path: Path) -> None:
    products = listed({"product": "bed", "also": "SKU-1", "one_off": True, "unit_days": 9.0})
    rows = bought("ann", "bed", 0, 10, 20) + bought("ben", "SKU-1", 0, 10, 20)
    found, document = worked_out(tmp_path, rows + bought("ann", "tea", 0, 5, 10), products)
    assert set(found) == {("ann", "tea")}
    assert document["one_off"] == 1


def test_both_names_of_a_product_are_one_product(tmp_path: Path) -> None:
    products = listed({"product": "Green tea", "also": "GT-1"})
    rows = bought("ann", "GT-1", 0) + bought("ann", "Green tea", 10) + bought("ann", "GT-1", 20)
    found, _ = worked_out(tmp_path, rows, products)
    assert found["ann", "Green tea"]["due_on"] == day(30)


def test_what_left_the_file_or_the_shop_is_marked(tmp_path: Path) -> None:
    products = listed({"product": "tea"}, {"product": "old"})
    rows = (
        bought("ann", "tea", 380, 390, 400)
        + bought("ann", "gone", 380, 390, 400)
        + bought("ann", "old", 0, 10, 20)
    )
    found, _ = worked_out(tmp_path, rows, products)
    assert found["ann", "tea"]["mark"] is None
    assert found["ann", "gone"]["mark"] == "not_listed"
    assert found["ann", "old"]["mark"] == "not_sold"


def test_gifts_unpaid_cancelled_and_wholly_refunded_lines_are_no_purchases(tmp_path: Path) -> None:
    rows = bought("ann", "tea", 0, 10, 20, 25, 26, 27, 28)
    rows[3]["status"], rows[4]["status"] = "unpaid", "cancelled"
    rows[5]["amount"] = 0
    rows[6]["refund"] = rows[6]["amount"]
    found, _ = worked_out(tmp_path, rows)
    assert found["ann", "tea"]["last_day"] == day(20)


def test_a_line_without_a_quantity_is_one_piece_and_ends_of_time_are_not_told(
    tmp_path: Path,
) -> None:
    rows = bought("ann", "tea", 0, 10, 20) + bought("ben", "tea", 0, 10, 20, pieces=[1, 1, 1e9])
    for row in rows[:3]:
        row["quantity"] = None
    found, document = worked_out(tmp_path, rows)
    assert found["ann", "tea"]["due_on"] == day(30)
    assert ("ben", "tea") not in found
    assert document["counts"]["own"] == 1


def test_parts_of_the_customers_give_what_the_whole_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for place in range(80):
        days = np.cumsum(rng.integers(5, 60, size=rng.integers(1, 8)))
        rows += bought(f"c{place}", f"p{place % 3}", *map(int, days))
    whole, document = worked_out(tmp_path / "whole", rows)
    monkeypatch.setattr(working_out, "LINES_AT_ONCE", 40)
    parts, again = worked_out(tmp_path / "parts", rows)
    assert parts == whole
    assert again == document


def test_no_purchase_at_all_is_no_document(tmp_path: Path) -> None:
    read = working_out.Read(lines=pl.LazyFrame(schema=_schema()), products=listed(), timezone="UTC")
    assert working_out.work_out_dates(read, tmp_path, "k") is None


def _schema() -> dict[str, pl.DataType]:
    from regulars_platform.orders.table import ORDER_SCHEMA

    return ORDER_SCHEMA


@pytest.mark.parametrize("n", [6, 7, 10, 25, 99, 1000])
def test_the_ranks_around_a_median_cover_it_at_least_19_times_of_20(n: int) -> None:
    low, high = median_ranks(np.array([float(n)]))
    # the median lies below the (high)-th and above the (low)-th value of n, counted from 0
    assert binom.cdf(high[0], n, 0.5) - binom.cdf(low[0], n, 0.5) >= 0.95 - 1e-12
    assert low[0] + high[0] == n - 1
