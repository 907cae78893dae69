"""How good the dates were on the last part of the history, by hand."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from regulars_platform.cycle.backtest import split_day
from tests.platform.cycle.build import bought, worked_out


def test_the_second_half_is_held_out_and_a_year_at_most() -> None:
    assert split_day(dt.date(2026, 1, 1), dt.date(2026, 4, 10)) == dt.date(2026, 2, 19)
    assert split_day(dt.date(2020, 1, 1), dt.date(2026, 1, 1)) == dt.date(2025, 1, 1)
    assert split_day(dt.date(2026, 1, 1), dt.date(2026, 2, 1)) is None


def test_on_time_early_late_and_never_are_told_apart(tmp_path: Path) -> None:
    # 201 days: the split is day 100; all have 10-day intervals until then, and an anchor on 105
    def customer(name: str, *after: int) -> list[dict[str, object]]:
        return bought(name, "tea", 75, 85, 95, 105, *after)

    rows = (
        customer("near", 117)  # told 10 days: 12 is within a quarter
        + customer("early", 110)
        + customer("late", 135)
        + customer("never")
        + bought("edge", "tea", 0, 200)  # the first and last day
    )
    _, document = worked_out(tmp_path, rows)
    found = document["backtest"]["all"]
    assert document["backtest"]["by"]["own"] == found
    # the last day's anchor cannot be judged before the end
    assert (found["told"], found["came"], found["near"], found["early"], found["late"]) == (
        4,
        3,
        1,
        1,
        2,
    )
    share, low, high = found["share"]
    expected = binomtest(1, 3).proportion_ci(method="wilson")
    assert (share, low, high) == pytest.approx((1 / 3, expected.low, expected.high))
    assert found["days_late"] == [2.0, None, None]


def test_an_anchor_knows_nothing_of_what_came_later(tmp_path: Path) -> None:
    # 20 days apart until the anchor, 5 days after: told 20, not a mixture
    rows = bought("ann", "tea", 60, 80, 100, 120, 125, 130, 135) + bought("ben", "x", 0, 200)
    _, document = worked_out(tmp_path, rows)
    found = document["backtest"]["by"]["own"]
    assert (found["told"], found["early"], found["days_late"][0]) == (1, 1, -15.0)


def test_regular_customers_are_foretold_and_the_median_has_its_range(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = []
    for place in range(60):
        days = np.cumsum(rng.integers(18, 23, size=18)) + rng.integers(0, 20)
        rows += bought(f"c{place}", "tea", *(int(one) for one in days if one < 330))
    _, document = worked_out(tmp_path, rows)
    found = document["backtest"]["all"]
    assert found["told"] == found["came"] == found["near"] == 60
    middle, low, high = found["days_late"]
    assert low <= 0 <= high
    assert abs(middle) <= 1
