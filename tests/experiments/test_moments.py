"""The addable value: parts make the whole, order does not matter, nothing cancels."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_experiments.aggregation import aggregate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.moments import Moments, plan_moments
from tests.experiments.build import moments_of

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["x", "y"]),
        st.integers(-(2**47), 2**47),
        st.integers(0, 10**6),
    ),
    max_size=30,
)
PLAN = plan_moments(
    by=["arm", "segment"], columns={"m": 10_000, "k": 1}, pairs=[("k", "m")], shapes=["m"]
)


def of_rows(rows: list[tuple[str, str, int, int]]) -> Moments:
    schema = {"arm": pl.String, "segment": pl.String, "m": pl.Int64, "k": pl.Int64}
    return aggregate(pl.DataFrame(rows, schema=schema, orient="row").lazy(), PLAN)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_parts_add_up_to_the_whole_and_order_does_not_matter(
    rows: list[tuple[str, str, int, int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    whole = of_rows(rows)
    assert (of_rows(shuffled[:cut]) + of_rows(shuffled[cut:])).cells == whole.cells
    assert of_rows(shuffled).cells == whole.cells


@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_sums_and_products_are_those_of_python_integers(
    rows: list[tuple[str, str, int, int]],
) -> None:
    place = {name: i for i, name in enumerate(PLAN.statistics())}
    for (arm, segment), sums in of_rows(rows).cells.items():
        own = [row for row in rows if row[:2] == (arm, segment)]
        assert sums[place["n"]] == len(own)
        assert sums[place["sum:m"]] == sum(m for *_, m, _ in own)
        assert sums[place["product:m*m"]] == sum(m * m for *_, m, _ in own)
        assert sums[place["product:k*m"]] == sum(m * k for *_, m, k in own)
        assert sums[place["buyers:m"]] == sum(m != 0 for *_, m, _ in own)
        assert sums[place["positive:m"]] == sum(m > 0 for *_, m, _ in own)


def test_rolling_up_equals_grouping_by_less() -> None:
    rng = np.random.default_rng(1)
    arm, segment = rng.choice(["a", "b"], 200).tolist(), rng.choice(["x", "y", "z"], 200).tolist()
    amounts = rng.integers(0, 10**6, 200) / 100
    fine = moments_of({"m": amounts}, by={"arm": arm, "segment": segment}, shapes=["m"])
    coarse = moments_of({"m": amounts}, by={"arm": arm}, shapes=["m"])
    assert dict(fine.rolled_up(["arm"]).cells) == dict(coarse.cells)
    assert fine.rolled_up(["arm"]).plan == coarse.plan


def test_moments_of_different_plans_are_not_added() -> None:
    other = moments_of({"k": [1, 2]}, by={"arm": ["a", "b"]})
    with pytest.raises(ValueError, match="different plans"):
        of_rows([]) + other


def test_mean_variance_and_covariance_are_those_of_numpy() -> None:
    rng = np.random.default_rng(2)
    m, k = np.round(rng.lognormal(3, 1, 500), 2), rng.normal(size=500)
    found = moments_of({"m": m, "k": k}, by={"arm": ["a"] * 500})
    one = found.summary([("a",)], {"m": 1})
    assert one.mean[0] == pytest.approx(m.mean(), rel=1e-14)
    assert one.variance[0] == pytest.approx(m.var(ddof=1), rel=1e-12)
    assert one.mean_square[0] == pytest.approx((m**2).mean(), rel=1e-14)
    assert one.error2[0] == pytest.approx(m.var(ddof=1) / 500, rel=1e-12)
    covariance = found.covariance([("a",)], {"m": 1}, {"k": 1})[0]
    assert covariance == pytest.approx(np.cov(m, k)[0, 1], rel=1e-9)


def test_a_weighted_sum_of_columns_is_that_of_the_rows() -> None:
    rng = np.random.default_rng(3)
    goods, cost = rng.integers(0, 9999, 300) / 100, rng.integers(0, 500, 300) / 100
    found = moments_of({"goods": goods, "cost": cost}, by={"arm": ["a"] * 300})
    net = {"goods": Fraction(2, 5), "cost": Fraction(-1)}
    rows = 0.4 * goods - cost
    together = found.summary([("a",)], net)
    assert together.mean[0] == pytest.approx(rows.mean(), rel=1e-12)
    assert together.variance[0] == pytest.approx(rows.var(ddof=1), rel=1e-12)
    half_back = {"cost": Fraction(1, 2), "goods": Fraction(-3)}
    assert found.covariance([("a",)], net, half_back)[0] == pytest.approx(
        np.cov(rows, cost / 2 - 3 * goods)[0, 1], rel=1e-10
    )


def test_a_small_spread_around_a_huge_mean_keeps_every_digit() -> None:
    """Mean / sd = 3e7: raw float sums of squares are wrong by percents here."""
    values = [300_000_000.0 + step for step in (-10, 0, 5, 10, 20)]
    variance = moments_of({"m": values}, by={"arm": ["a"] * 5}).summary([("a",)], {"m": 1}).variance
    assert variance[0] == 125.0  # deviations from 5: -15, -5, 0, 5, 15 -> 500 / 4


def test_a_cell_without_rows_or_with_one_has_no_mean_or_no_variance() -> None:
    found = moments_of({"m": [7.0]}, by={"arm": ["a"]})
    both = found.summary([("a",), ("nobody",)], {"m": 1})
    assert both.n.tolist() == [1.0, 0.0]
    assert both.mean[0] == 7.0
    assert np.isnan([both.mean[1], *both.variance]).all()
    assert np.isnan(found.covariance([("a",)], {"m": 1}, {"m": 1})).all()


def test_the_shape_counts_buyers_and_sums_powers_of_log_amounts() -> None:
    amounts = [0.0, 0.0, -5.0, 10.0, 20.0, 40.0]
    shape = moments_of({"m": amounts}, by={"arm": ["a"] * 6}, shapes=["m"]).shape([("a",)], "m")
    assert (shape.buyers[0], shape.positive[0]) == (4.0, 3.0)
    logs = np.log([10.0, 20.0, 40.0])  # whole numbers: the scale is 1
    for power, total in enumerate(shape.logs, start=1):
        assert total[0] == pytest.approx((logs**power).sum(), rel=1e-5)


@given(
    cents=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20),
    decimals=st.sampled_from([0, 2, 4]),
)
@settings(max_examples=50, deadline=None)
def test_decimals_are_kept_exactly(cents: list[int], decimals: int) -> None:
    numbers = [value / 10**decimals for value in cents]
    frame, scales = quantise(pl.DataFrame({"m": numbers}), ["m"])
    found = [Fraction(int(v), scales["m"]) for v in frame.get_column("m")]
    assert found == [Fraction(value, 10**decimals) for value in cents]
    assert scales["m"] in (1, 100, 10_000)


@given(
    numbers=st.lists(
        st.floats(-(2.0**40), 2.0**40, allow_subnormal=False).filter(lambda x: abs(x) > 1e-20),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=50, deadline=None)
def test_other_numbers_stay_within_the_stated_error(numbers: list[float]) -> None:
    frame, scales = quantise(pl.DataFrame({"m": numbers}), ["m"])
    largest = Fraction(max(abs(value) for value in numbers))
    for number, kept in zip(numbers, frame.get_column("m"), strict=True):
        assert abs(Fraction(int(kept), scales["m"]) - Fraction(number)) <= largest / 2**48


def test_nothing_is_zero_and_true_is_one() -> None:
    frame = pl.DataFrame({"m": [1.25, None], "k": [None, 3], "b": [True, None]})
    found, scales = quantise(frame, ["m", "k", "b"])
    assert found.get_column("m").to_list() == [125, 0]
    assert found.get_column("k").to_list() == [0, 3]
    assert found.get_column("b").to_list() == [1, 0]
    assert scales == {"m": 100, "k": 1, "b": 1}
    nothing, _ = quantise(pl.DataFrame({"m": [None, None]}, schema={"m": pl.Float64}), ["m"])
    assert nothing.get_column("m").to_list() == [0, 0]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        quantise(pl.DataFrame({"m": [1.0, value]}), ["m"])


@pytest.mark.parametrize("value", [2.0**48, -(2.0**60), 2**48, -(2**63)])
def test_numbers_too_large_to_be_added_exactly_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="too large"):
        quantise(pl.DataFrame({"m": [value]}), ["m"])


def test_many_of_the_largest_numbers_add_up_in_128_bits() -> None:
    largest = 2**48 - 1
    frame = pl.select(arm=pl.repeat("a", 2**16), m=pl.repeat(largest, 2**16, dtype=pl.Int64))
    plan = plan_moments(by=["arm"], columns={"m": 1})
    sums = aggregate(frame.lazy(), plan).cells[("a",)]
    assert sums == (2**16, largest * 2**16, largest**2 * 2**16)
