"""By day since launch: the running sums are the moments of each customer's amount so far."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_experiments.aggregation import aggregate
from regulars_experiments.days import DayMoments, DayPlan, aggregate_days
from regulars_experiments.moments import plan_moments

LAST = 5
PLAN = DayPlan(
    cells=plan_moments(
        by=["arm", "segment"], columns={"m": 100, "k": 1}, pairs=[("k", "m")], shapes=["m"]
    ),
    unit="who",
    last_day=LAST,
    references=(1, 3),
)
PURCHASES = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(-1, LAST + 1), st.integers(-500, 10**9), st.integers(0, 5)
    ),
    max_size=40,
)
ASSIGNED = pl.DataFrame(
    {
        "who": range(8),
        "arm": ["a", "b"] * 4,
        "segment": ["x", "x", "x", "x", "y", "y", "y", "y"],
    },
    schema_overrides={"who": pl.Int64},
)


def frame_of(purchases: list[tuple[int, int, int, int]]) -> pl.DataFrame:
    schema = {"who": pl.Int64, "day": pl.Int64, "m": pl.Int64, "k": pl.Int64}
    return pl.DataFrame(purchases, schema=schema, orient="row")


def by_day(purchases: list[tuple[int, int, int, int]]) -> DayMoments:
    return aggregate_days(ASSIGNED.lazy(), frame_of(purchases).lazy(), PLAN)


def everybody_between(
    purchases: list[tuple[int, int, int, int]], first: int, last: int
) -> pl.DataFrame:
    """One row per person assigned, with what was bought on these days."""
    own = frame_of(purchases).filter(pl.col("day").is_between(first, last))
    sums = own.group_by("who").agg(pl.col("m").sum(), pl.col("k").sum())
    return ASSIGNED.join(sums, on="who", how="left").with_columns(pl.col("m", "k").fill_null(0))


@settings(max_examples=40, deadline=None)
@given(purchases=PURCHASES)
def test_each_day_equals_a_file_with_one_row_per_person(
    purchases: list[tuple[int, int, int, int]],
) -> None:
    found = by_day(purchases)
    for day in range(LAST + 1):
        for moments, first in ((found.cumulative, 0), (found.daily, day)):
            wide = aggregate(everybody_between(purchases, first, day).lazy(), PLAN.cells)
            for cell, sums in wide.cells.items():
                assert moments.cells[found.key(cell, day)] == sums


@settings(max_examples=25, deadline=None)
@given(purchases=PURCHASES)
def test_the_covariance_of_an_early_and_a_late_day_is_that_of_the_persons(
    purchases: list[tuple[int, int, int, int]],
) -> None:
    found = by_day(purchases)
    value = {"m": Fraction(1, 2), "k": Fraction(-3)}
    for early, late in ((1, 1), (1, 4), (3, 5)):
        frames = [everybody_between(purchases, 0, day) for day in (early, late)]
        for cell in (("a", "x"), ("b", "y")):
            sides = [
                frame.filter((pl.col("arm") == cell[0]) & (pl.col("segment") == cell[1]))
                for frame in frames
            ]
            rows = [(side["m"] / 200 - 3 * side["k"]).to_numpy() for side in sides]
            expected = np.cov(rows[0], rows[1])[0, 1]
            answer = found.covariance([cell], value, early, late)[0]
            assert answer == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_those_who_were_not_assigned_and_days_outside_take_no_part() -> None:
    found = by_day([(9, 1, 500, 1), (0, -1, 500, 1), (0, LAST + 1, 500, 1), (0, 2, 300, 1)])
    last = found.cumulative.summary([found.key(("a", "x"), LAST)], {"m": 1})
    assert (last.n[0], last.mean[0]) == (2.0, 1.5)


def test_a_cell_in_which_nobody_buys_has_its_size_and_zeros() -> None:
    found = by_day([])
    quiet = found.cumulative.summary([found.key(("b", "y"), 0)], {"m": 1})
    assert (quiet.n[0], quiet.mean[0], quiet.variance[0]) == (2.0, 0.0, 0.0)


def test_what_a_day_plan_cannot_do_is_refused() -> None:
    with pytest.raises(ValueError, match="last day from 0"):
        DayPlan(cells=PLAN.cells, unit="who", last_day=-1)
    with pytest.raises(ValueError, match="reference days lie from 0 to 5, got 9"):
        DayPlan(cells=PLAN.cells, unit="who", last_day=5, references=(9,))
    with pytest.raises(ValueError, match="reference day"):
        by_day([]).covariance([("a", "x")], {"m": 1}, 2, 4)
    with pytest.raises(ValueError, match="reference day"):
        by_day([]).covariance([("a", "x")], {"m": 1}, 3, 1)
