"""Histograms and the customer table."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from regulars_platform.customers.browse import distribution, search_customers
from regulars_platform.customers.features import FEATURE_SCHEMA
from regulars_platform.errors import NotFoundError


def frame_of(**columns: Sequence[object]) -> pl.LazyFrame:
    height = len(next(iter(columns.values())))
    filled = {name: [None] * height for name in FEATURE_SCHEMA} | columns
    return pl.LazyFrame(filled, schema=FEATURE_SCHEMA)


def test_the_bins_and_what_lies_outside_them_add_up_to_all_customers() -> None:
    values: list[object] = [float(v) for v in range(1000)] + [1e9] * 5 + [None] * 3
    found = distribution(frame_of(average_order_value=values), "average_order_value")
    assert found.customers == 1005
    assert found.empty == 3
    assert found.below + sum(b.customers for b in found.bins) + found.above == found.customers
    assert found.above >= 5
    assert found.bins[-1].high < 1100
    assert found.median == 502.0


def test_bins_have_round_edges_and_hold_their_lower_end() -> None:
    found = distribution(frame_of(orders=[1, 1, 2, 10]), "orders", bins=5)
    assert [(b.low, b.customers) for b in found.bins if b.customers] == [(0, 2), (2, 1), (10, 1)]


def test_marked_customers_are_counted_within_their_bins() -> None:
    frame = frame_of(orders=[1, 2, 3, 30])
    found = distribution(frame, "orders", marked=pl.col("orders") <= 2)
    assert sum(b.marked for b in found.bins) == 2
    assert all(b.marked <= b.customers for b in found.bins)


def test_all_values_alike_are_one_bar() -> None:
    found = distribution(frame_of(spend=[0.0, 0.0]), "spend")
    assert [b.customers for b in found.bins] == [2]


def test_negative_spend_is_drawn_and_extremes_are_counted_below() -> None:
    values: list[object] = [-1e9, *(float(v) for v in range(-100, 400))]
    found = distribution(frame_of(spend=values), "spend")
    assert found.below >= 1
    assert found.below + sum(b.customers for b in found.bins) + found.above == 501


def test_text_is_counted_by_value() -> None:
    found = distribution(frame_of(main_channel=["app", "web", "app", None]), "main_channel")
    assert found.values == (("app", 2), ("web", 1))
    assert found.empty == 1


def test_nobody_gives_no_bins() -> None:
    assert distribution(frame_of(orders=[]), "orders").bins == ()


def test_customers_are_found_by_a_part_of_their_id_sorted_and_paged() -> None:
    frame = frame_of(
        customer_id=["a1", "A2", "b1", "a3"], spend=[5.0, 9.0, 99.0, None], orders=[1, 2, 3, 4]
    )
    first = search_customers(frame, text="a", sort="spend", page_size=2)
    assert first.total == 3
    assert [row["customer_id"] for row in first.rows] == ["A2", "a1"]
    second = search_customers(frame, text="a", sort="spend", page_size=2, page=2)
    assert [row["customer_id"] for row in second.rows] == ["a3"]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", ["spend", "main_channel", "customer_id"])
def test_page_after_page_is_the_whole_table_in_its_order(sort: str, descending: bool) -> None:
    rng = np.random.default_rng(4)
    ids = [f"c{n:02}" for n in rng.permutation(60)]
    spend = [None if n % 7 == 0 else float(n % 5) for n in range(60)]  # many alike
    frame = frame_of(
        customer_id=ids, spend=spend, main_channel=[["app", "web", None][n % 3] for n in range(60)]
    )
    pages = [
        search_customers(frame, sort=sort, descending=descending, page=page, page_size=7)
        for page in range(1, 11)
    ]
    rows = frame.collect().sort("customer_id")  # equals are by their ids
    expected = rows.sort(sort, descending=descending, nulls_last=True, maintain_order=True)
    found = [row["customer_id"] for page in pages for row in page.rows]
    assert found == expected["customer_id"].to_list()


def test_signs_in_the_search_are_taken_literally() -> None:
    assert search_customers(frame_of(customer_id=["a.b", "axb"]), text="a.b").total == 1


def test_sorting_by_something_unknown_says_what_there_is() -> None:
    with pytest.raises(NotFoundError, match="average_order_value"):
        search_customers(frame_of(customer_id=["a"]), sort="shoe_size")
