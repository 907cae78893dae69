"""Tests of net profit in many segments: honest in the tail, of one mind with the interval."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from regulars_experiments.comparison import Comparison
from regulars_experiments.profit_tests import net_p_values
from tests.experiments.build import Floats
from tests.experiments.test_profit_ratios import COLUMNS, MARGIN, compared, fall, rows


def net_p(comparison: Comparison) -> Floats:
    return net_p_values(
        fall(comparison), comparison, COLUMNS, margin_low=MARGIN, margin_high=MARGIN
    )


def test_it_is_never_smaller_than_the_p_value_of_the_interval() -> None:
    held = rows("0 held", 2_000, 1, buyers=0.05)
    arms = [
        rows(f"arm {i:02}", 18_000, i, buyers=0.06, offer=1.0 + i % 3, contact=0.02 * i)
        for i in range(20)
    ]
    comparison = compared(held, *arms)
    assert (net_p(comparison) >= fall(comparison).net.p_value).all()


def test_it_is_that_of_shuffling_the_customers_where_that_is_larger() -> None:
    held = rows("0 held", 1_000, 5, buyers=0.06)
    sent = rows("1 sent", 9_000, 6, buyers=0.08, offer=1.0, contact=0.05)
    nets = [
        side.select(float(MARGIN) * pl.col("kept") - pl.col("offer")).to_numpy()[:, 0]
        for side in (held, sent)
    ]
    # were the net zero, those told would bring the contact's cost more, each of them
    pooled = np.concatenate([nets[0], nets[1] - 0.05])
    distance = abs(nets[0].mean() - pooled.mean())
    rng = np.random.default_rng(7)
    draws = np.array([rng.choice(pooled, 1_000, replace=False).mean() for _ in range(4_000)])
    shuffled = np.mean(np.abs(draws - pooled.mean()) >= distance)

    comparison = compared(held, sent)
    own = fall(comparison).net.p_value[0]
    assert net_p(comparison)[0] == pytest.approx(max(own, shuffled), abs=0.02)


def test_where_the_net_is_not_estimable_there_is_no_test() -> None:
    few = rows("0 held", 200, 1, buyers=0.05)
    sent = rows("1 sent", 1_800, 2, buyers=0.05, offer=1.0)
    assert np.isnan(net_p(compared(few, sent))).all()


def test_goods_that_earn_nothing_leave_the_interval_alone() -> None:
    comparison = compared(
        rows("0 held", 2_000, 1, buyers=0.05), rows("1 sent", 2_000, 2, buyers=0.05, offer=2.0)
    )
    none = Fraction(0)
    bars = fall(comparison, none, none)
    found = net_p_values(bars, comparison, COLUMNS, margin_low=none, margin_high=none)
    assert found[0] == bars.net.p_value[0]
