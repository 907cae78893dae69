"""Past order values of a campaign's people in bins, against values that are known one by one."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.past_values import bin_edges, past_values_json, round_width
from tests.platform.campaigns.build import arm
from tests.platform.reports.build import drawn, held, ledger, plan


def spread(low: int, high: int, each: int) -> pl.DataFrame:
    """`each` customers for every whole amount from low to high, told and held out in turn."""
    values = [float(value) for value in range(low, high + 1) for _ in range(each)]
    return ledger(
        *(
            (held if place % 2 else drawn)(f"c{place}", average_order_value=value)
            for place, value in enumerate(values)
        )
    )


def test_everybody_with_a_past_value_is_in_one_bin_or_outside_all() -> None:
    people = pl.concat([spread(40, 99, 20), ledger(held("none", average_order_value=None))])

    found = past_values_json(people, plan())

    assert found["units"] == 1201
    assert found["without_value"] == 1
    assert sum(found["counts"]) + found["below"] + found["above"] == 1200
    # the edges are exact: a value on an edge belongs to the bin that begins there
    for low, high, count in zip(
        found["edges"][:-2], found["edges"][1:-1], found["counts"][:-1], strict=True
    ):
        assert count == 20 * sum(low <= value * MONEY_SCALE < high for value in range(40, 100))


def test_those_who_reached_the_threshold_before_are_counted_and_it_is_an_edge() -> None:
    found = past_values_json(spread(40, 99, 20), plan())

    (mark,) = found["thresholds"]
    assert mark == {"arm": "Free shipping", "threshold": 80 * MONEY_SCALE, "reaching": 400}
    place = found["edges"].index(80 * MONEY_SCALE)
    assert sum(found["counts"][place:]) + found["above"] == 400


def test_a_threshold_of_each_ones_own_has_no_place_on_the_scale() -> None:
    offer = {
        "kind": "free_shipping", "threshold": "20", "multiple": "1.2", "shipping_cost": "5",
        "reach": "personal", "price_points": "round",
    }  # fmt: skip
    found = past_values_json(spread(40, 99, 20), plan(arms=[arm(offer=offer)]))

    assert found["thresholds"] == []
    assert sum(found["counts"]) + found["below"] + found["above"] == 1200


def around_50(*, at_85: int, at_95: int = 0) -> pl.DataFrame:
    return ledger(
        *(drawn(f"a{i}", average_order_value=50.0) for i in range(200)),
        *(drawn(f"b{i}", average_order_value=60.0) for i in range(100)),
        *(drawn(f"c{i}", average_order_value=85.0) for i in range(at_85)),
        *(drawn(f"d{i}", average_order_value=95.0) for i in range(at_95)),
    )


def told(found: dict[str, Any]) -> list[int]:
    return [count for count in (found["below"], *found["counts"], found["above"]) if count]


def test_a_bin_of_fewer_than_ten_is_not_told() -> None:
    found = past_values_json(around_50(at_85=6, at_95=7), plan())

    assert told(found) == [200, 100]
    assert [found["below"], *found["counts"], found["above"]].count(None) == 2


def test_one_small_bin_does_not_follow_from_the_others() -> None:
    # 36 reach 80: with 30 of them told, the other 6 would be known
    found = past_values_json(around_50(at_85=6, at_95=30), plan())

    assert found["thresholds"][0]["reaching"] == 36
    assert told(found) == [200, 100]


def test_a_side_of_fewer_than_ten_does_not_follow_from_the_whole() -> None:
    found = past_values_json(around_50(at_85=9), plan())

    assert found["thresholds"][0]["reaching"] is None
    # 309 in all: the 100 are kept back with the 9
    assert told(found) == [200]


def test_without_past_orders_there_is_nothing_to_draw() -> None:
    people = ledger(drawn("a", average_order_value=None), held("b", average_order_value=0.0))
    found = past_values_json(people, plan())

    assert (found["edges"], found["counts"]) == ([], [])
    assert found["without_value"] == 2


@pytest.mark.parametrize(
    ("least", "width"), [(1, 100), (100, 100), (101, 200), (20_001, 50_000), (50_001, 100_000)]
)
def test_widths_are_round_amounts(least: float, width: int) -> None:
    assert round_width(least) == width


def test_one_value_alone_has_bins_around_it() -> None:
    edges = bin_edges(np.array([500_000]), [])

    assert edges[0] <= 500_000 <= edges[-1]
    assert len(edges) >= 2
