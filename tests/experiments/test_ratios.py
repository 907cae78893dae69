"""Fieller sets against the inequality that defines them, public figures, and known truths."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from regulars_experiments.ratios import (
    Extent,
    RatioSet,
    RatioSets,
    complier_effect,
    fieller_set,
    kept_share,
    return_on_cost,
)
from regulars_experiments.results import NotEstimable, Reason
from tests.experiments.build import Floats, reference_case, summary

Z = float(stats.norm.ppf(0.975))


def one(value: float) -> Floats:
    return np.array([float(value)])


def fieller(a: float, b: float, va: float, vb: float, c: float, k: float = Z) -> RatioSets:
    return fieller_set(
        one(a),
        one(b),
        numerator_variance=one(va),
        denominator_variance=one(vb),
        covariance=one(c),
        critical=k,
    )


def answer(found: RatioSets, cell: int = 0) -> RatioSet:
    value = found.answer(cell)
    assert isinstance(value, RatioSet), value
    return value


def reason(found: RatioSets, cell: int = 0) -> Reason:
    value = found.answer(cell)
    assert isinstance(value, NotEstimable), value
    for numbers in (found.estimate, found.low, found.high):
        assert np.isnan(numbers[cell])
    return value.reason


@pytest.mark.parametrize(
    ("a", "b", "va", "vb", "c"),
    [
        (3.0, 2.0, 0.5, 0.1, 0.05),
        (-3.0, 2.0, 0.5, 0.1, 0.1),
        (3.0, -2.0, 0.5, 0.1, -0.1),
        (0.0, 2.0, 0.5, 0.1, 0.0),
        (0.4, 2.0, 0.0, 0.1, 0.0),
        (0.4, 2.0, 0.3, 0.0, 0.0),
    ],
)
def test_the_limits_solve_the_defining_inequality(
    a: float, b: float, va: float, vb: float, c: float
) -> None:
    found = answer(fieller(a, b, va, vb, c))
    assert found.extent is Extent.BOUNDED
    assert found.low is not None
    assert found.high is not None

    def beyond(r: float) -> float:
        return (a - r * b) ** 2 - Z**2 * (va - 2 * r * c + r * r * vb)

    assert found.low == pytest.approx(optimize.brentq(beyond, -1e3, a / b, xtol=1e-14), abs=1e-9)
    assert found.high == pytest.approx(optimize.brentq(beyond, a / b, 1e3, xtol=1e-14), abs=1e-9)


@settings(max_examples=300, deadline=None)
@given(
    a=st.floats(-5, 5),
    b=st.floats(-3, 3),
    error_a=st.floats(0.1, 2),
    error_b=st.floats(0.1, 2),
    correlation=st.floats(-0.95, 0.95),
    r=st.floats(-20, 20),
)
def test_a_ratio_belongs_to_the_set_exactly_if_it_is_not_contradicted(
    a: float, b: float, error_a: float, error_b: float, correlation: float, r: float
) -> None:
    c = correlation * error_a * error_b
    z = abs(a - r * b) / np.sqrt(error_a**2 - 2 * r * c + r**2 * error_b**2)
    if abs(z - Z) > 1e-6:
        assert answer(fieller(a, b, error_a**2, error_b**2, c)).contains(r) is bool(z <= Z)


def test_the_set_has_three_shapes() -> None:
    shapes = [answer(fieller(4, b, 1, 1, 0)).extent for b in (5.0, 1.0)]
    assert shapes == [Extent.BOUNDED, Extent.OUTSIDE]
    nothing = answer(fieller(0.5, 0.5, 1, 1, 0))
    assert nothing == RatioSet(extent=Extent.EVERYTHING, estimate=None, low=None, high=None)


def test_outside_means_two_far_ends_and_no_estimate() -> None:
    found = answer(fieller(4, 1, 1, 1, 0))
    assert found.estimate is None
    assert found.low is not None
    assert found.high is not None
    assert not found.contains((found.low + found.high) / 2)
    assert found.contains(4.0)
    assert found.contains(-1e9)


def test_swapping_numerator_and_denominator_inverts_the_limits() -> None:
    found, swapped = answer(fieller(3, 2, 0.2, 0.1, 0.05)), answer(fieller(2, 3, 0.1, 0.2, 0.05))
    assert found.low is not None
    assert found.high is not None
    assert swapped.low == pytest.approx(1 / found.high)
    assert swapped.high == pytest.approx(1 / found.low)


def test_huge_amounts_lose_no_digits() -> None:
    """1e12 of money against shares: the limits scale with the unit and nothing else."""
    small, large = (
        answer(fieller(3, 2, 0.2, 0.1, 0.05)),
        answer(fieller(3e12, 2, 0.2e24, 0.1, 0.05e12)),
    )
    assert large.low == pytest.approx((small.low or 0) * 1e12, rel=1e-12)
    assert large.high == pytest.approx((small.high or 0) * 1e12, rel=1e-12)


def test_no_number_without_information() -> None:
    assert reason(fieller(np.nan, 1, 1, 1, 0)) is Reason.TOO_FEW_UNITS
    assert reason(fieller(1, 1, np.inf, 1, 0)) is Reason.TOO_FEW_UNITS
    assert reason(fieller(1, 1, 0, 0, 0)) is Reason.NO_VARIATION


def return_of(case: dict[str, Any], confidence: float = 0.95) -> RatioSets:
    sides = case["control"], case["treatment"]
    margin, cost = (
        tuple(summary(side["n"], side[f"{name}_mean"], side[f"{name}_var"]) for side in sides)
        for name in ("margin", "cost")
    )
    within = one(sides[0]["cov"]), one(sides[1]["cov"])
    return return_on_cost((margin[0], margin[1]), (cost[0], cost[1]), within, confidence=confidence)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["roi-01", "roi-02"])
def test_return_on_cost_agrees_with_public_figures(name: str) -> None:
    case = reference_case("roi_fieller", name)
    found = answer(return_of(case["input"], 1 - case["input"]["alpha"]))
    expected = case["expected"]
    assert found.extent is Extent.BOUNDED
    for value, known in (("estimate", "roi"), ("low", "low"), ("high", "high")):
        assert getattr(found, value) == pytest.approx(expected[known], rel=1e-8)


COUPONS: dict[str, dict[str, float]] = {
    "control": {"n": 1000, "margin_mean": 1, "margin_var": 9, "cost_mean": 0, "cost_var": 0},
    "treatment": {"n": 9000, "margin_mean": 1.2, "margin_var": 9, "cost_mean": 0.1, "cost_var": 1},
}


def coupons(**treatment: float) -> dict[str, Any]:
    sides = {"control": {**COUPONS["control"], "cov": 0.0}}
    return {**sides, "treatment": {**COUPONS["treatment"], "cov": 1.5, **treatment}}


def test_return_on_a_cost_that_may_be_nothing_is_no_ratio() -> None:
    assert answer(return_of(coupons())).extent is Extent.BOUNDED
    assert reason(return_of(coupons(cost_mean=0.01))) is Reason.NOT_A_RATIO  # se 0.0105
    assert reason(return_of(coupons(cost_mean=0.0, cost_var=0.0, cov=0.0))) is Reason.NOT_A_RATIO
    assert reason(return_of(coupons(cost_mean=-0.1))) is Reason.NOT_A_RATIO  # it saves money
    assert reason(return_of(coupons(n=1, cost_var=np.nan))) is Reason.TOO_FEW_UNITS


def test_a_contact_that_costs_the_same_for_all_leaves_the_margin_s_interval() -> None:
    found = answer(return_of(coupons(cost_mean=0.05, cost_var=0.0, cov=0.0)))
    half = Z * np.sqrt(9 / 1000 + 9 / 9000)
    assert found.low == pytest.approx((0.2 - half) / 0.05)
    assert found.high == pytest.approx((0.2 + half) / 0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
@pytest.mark.parametrize("mean", [6.0, 1.0, 0.0], ids=["clear", "near zero", "zero"])
def test_sets_hold_the_true_ratio_as_often_as_they_say(correlation: float, mean: float) -> None:
    rng = np.random.default_rng(51)
    repetitions, truth = 20_000, 1.5
    noise = rng.multivariate_normal(
        [0, 0], [[4, 2 * correlation], [2 * correlation, 1]], repetitions
    )
    ones = np.ones(repetitions)
    found = fieller_set(
        truth * mean + noise[:, 0],
        mean + noise[:, 1],
        numerator_variance=4 * ones,
        denominator_variance=ones,
        covariance=2 * correlation * ones,
        critical=Z,
    )
    held = np.mean([answer(found, cell).contains(truth) for cell in range(repetitions)])
    assert held == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / repetitions))
    unbounded = np.mean(found.extent != Extent.BOUNDED)
    assert unbounded == pytest.approx(
        1 - stats.norm.sf(Z - mean) - stats.norm.cdf(-Z - mean), abs=0.015
    )


@pytest.mark.parametrize("uptake", [0.3, 0.01])
def test_the_complier_effect_is_held_also_by_weak_uptake(uptake: float) -> None:
    """Some use the offer anyway, some only if assigned, and the latter spend 5 more."""
    rng = np.random.default_rng(52)
    repetitions, n, always = 600, 2000, 0.05
    held, bounded = 0, 0
    for _ in range(repetitions):
        kind = rng.random((2, n))
        would = kind < always
        used = np.stack([would[0], kind[1] < always + uptake])
        # those who use it anyway spend more to begin with: comparing users would be biased
        spend = rng.normal(10, 8, (2, n)) + 6 * would + 5 * (used & ~would)
        errors2 = [values.var(axis=1, ddof=1).sum() / n for values in (spend, used)]
        together = sum(np.cov(spend[arm], used[arm])[0, 1] / n for arm in (0, 1))
        effect, half = spend[1].mean() - spend[0].mean(), Z * np.sqrt(errors2[0])
        found = complier_effect(
            one(effect),
            one(used[1].mean() - used[0].mean()),
            effect_limits=(one(effect - half), one(effect + half)),
            uptake_half=one(Z * np.sqrt(errors2[1])),
            correlation=one(together / np.sqrt(np.prod(errors2))),
        )
        value = found.answer(0)
        if isinstance(value, NotEstimable):
            continue
        held += value.contains(5.0)
        bounded += value.extent is Extent.BOUNDED
    assert held / repetitions == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / repetitions))
    assert (bounded / repetitions > 0.99) is (uptake == 0.3)


def test_fewer_users_in_the_arm_than_in_the_control_is_no_uptake() -> None:
    found, unclear = (
        complier_effect(
            one(1),
            one(uptake),
            effect_limits=(one(0.8), one(1.2)),
            uptake_half=one(0.02),
            correlation=one(0),
        )
        for uptake in (-0.2, -0.005)
    )
    assert reason(found) is Reason.NOT_A_RATIO
    assert answer(unclear).extent is Extent.OUTSIDE


def test_by_lopsided_limits_each_end_is_where_the_nearer_distance_ends() -> None:
    """Of each ratio r: is effect - r x uptake, with the distance on its side, compatible with 0?"""
    low, high, half, together = 0.1, 1.6, 0.04, 0.3
    found = answer(
        complier_effect(
            one(0.5),
            one(0.2),
            effect_limits=(one(low), one(high)),
            uptake_half=one(half),
            correlation=one(together),
        )
    )

    def excess(ratio: float, away: float) -> float:
        reach = away**2 - 2 * ratio * together * away * half + (ratio * half) ** 2
        return float((0.5 - ratio * 0.2) ** 2 - reach)

    assert found.low == pytest.approx(optimize.brentq(excess, -50, 2.5, args=(0.5 - low,)))
    assert found.high == pytest.approx(optimize.brentq(excess, 2.5, 50, args=(high - 0.5,)))


def test_an_effect_per_user_excludes_zero_exactly_where_the_effect_does() -> None:
    rng = np.random.default_rng(8)
    cells = 4_000
    effect, uptake = rng.normal(0, 1, cells), np.abs(rng.normal(0, 1, cells))
    limits = effect - rng.exponential(1, cells), effect + rng.exponential(1, cells)
    found = complier_effect(
        effect,
        uptake,
        effect_limits=limits,
        uptake_half=rng.exponential(0.5, cells),
        correlation=rng.uniform(-0.9, 0.9, cells),
    )
    proved = (limits[0] > 0) | (limits[1] < 0)
    excluded = [not answer(found, cell).contains(0) for cell in range(cells)]
    assert excluded == proved.tolist()
    kinds = {extent: found.extent[proved].tolist().count(extent) for extent in Extent}
    assert min(kinds[Extent.BOUNDED], kinds[Extent.OUTSIDE]) > 100


@pytest.mark.parametrize("seed", [53, 54])
def test_the_kept_share_is_held_when_the_late_effect_contains_the_early_one(seed: int) -> None:
    """Spending by day 60 includes that by day 14; the campaign only pulls 40% of it forward."""
    rng = np.random.default_rng(seed)
    repetitions, n = 4000, 500
    # sums of n customers' spending are normal enough; early 2 (sd 6), then -0.8 (sd 9), per arm
    early = 2 + rng.normal(0, 6 * np.sqrt(2 / n), repetitions)
    late = early - 0.8 + rng.normal(0, 9 * np.sqrt(2 / n), repetitions)
    ones = np.ones(repetitions)
    errors = {
        "late_error": np.sqrt((36 + 81) * 2 / n) * ones,
        "early_error": np.sqrt(36 * 2 / n) * ones,
    }
    found = kept_share(late, early, **errors, covariance=72 / n * ones, confidence=0.95)
    held = np.mean([answer(found, cell).contains(0.6) for cell in range(repetitions)])
    assert held == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / repetitions))
    # taken as independent, the same data would claim more than they know or less: not 95%
    apart = kept_share(late, early, **errors, covariance=0 * ones, confidence=0.95)
    wrong = np.mean([answer(apart, cell).contains(0.6) for cell in range(repetitions)])
    assert wrong > 0.965


def test_many_cells_are_answered_one_by_one() -> None:
    cells = [(3.0, 2.0, 0.5, 0.1, 0.05), (4.0, 1.0, 1.0, 1.0, 0.0), (0.5, 0.5, 1.0, 1.0, 0.0)]
    a, b, va, vb, c = (np.array(column) for column in zip(*cells, strict=True))
    found = fieller_set(
        a, b, numerator_variance=va, denominator_variance=vb, covariance=c, critical=Z
    )
    for cell, figures in enumerate(cells):
        alone = answer(fieller(*figures))
        together = answer(found, cell)
        assert together == alone
