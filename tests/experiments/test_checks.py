"""Sample ratio, balance and independence against scipy, statsmodels and public engines."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multivariate import test_mvmean_2indep as hotelling

from regulars_experiments.checks import Balance, balance, independence, same_shares, sample_ratio
from tests.experiments.build import Floats, reference, reference_case, summary_of


@pytest.mark.shared
@pytest.mark.parametrize("name", [case["id"] for case in reference("srm")] or ["any"])
def test_the_sample_ratio_agrees_with_public_engines(name: str) -> None:
    case = reference_case("srm", name)
    found = sample_ratio(case["input"]["observed"], case["input"]["weights"])
    within = case["tolerance"]["rtol"]
    assert found.p_value == pytest.approx(case["expected"]["pvalue"], rel=within, abs=1e-300)
    assert found.flagged == (case["expected"]["pvalue"] < 0.001)


def test_the_sample_ratio_is_the_chi_square_of_scipy() -> None:
    found = sample_ratio([480, 1540, 2010], [1, 3, 4])
    known = stats.chisquare([480, 1540, 2010], np.array([1, 3, 4]) / 8 * 4030)
    assert found.p_value == pytest.approx(known.pvalue)
    assert found.method == "chi-square"
    assert found.expected == pytest.approx((503.75, 1511.25, 2015.0))


@pytest.mark.parametrize(
    ("observed", "shares"),
    [([0, 90], [0.1, 0.9]), ([9, 11], [0.3, 0.7]), ([3, 9997], [0.0009, 0.9991])],
)
def test_few_customers_in_two_arms_take_the_exact_binomial(
    observed: list[int], shares: list[float]
) -> None:
    known = stats.binomtest(observed[0], sum(observed), shares[0]).pvalue
    found = sample_ratio(observed, shares)
    assert found.p_value == pytest.approx(known, rel=1e-9)
    assert found.method == "exact binomial"


def test_an_arm_that_expects_ten_is_enough_for_chi_square() -> None:
    assert sample_ratio([10, 90], [0.1, 0.9]).method == "chi-square"
    assert sample_ratio([10, 89], [0.1, 0.9]).method == "exact binomial"


def test_few_customers_in_three_arms_take_the_exact_multinomial() -> None:
    """Five customers over shares 1/2, 1/4, 1/4: all 21 outcomes, added up one by one."""
    shares = (0.5, 0.25, 0.25)

    def mass(a: int, b: int, c: int) -> float:
        ways = math.factorial(5) / (math.factorial(a) * math.factorial(b) * math.factorial(c))
        return float(ways * shares[0] ** a * shares[1] ** b * shares[2] ** c)

    outcomes = [(a, b, 5 - a - b) for a in range(6) for b in range(6 - a)]
    for outcome in outcomes:
        known = sum(
            mass(*other) for other in outcomes if mass(*other) <= mass(*outcome) * (1 + 1e-9)
        )
        found = sample_ratio(outcome, shares)
        assert found.p_value == pytest.approx(known)
        assert found.method == "exact multinomial"


def test_too_many_outcomes_take_a_binomial_per_arm() -> None:
    observed, shares = [9000, 9050, 22, 40], [0.4985, 0.4985, 0.0005, 0.0025]
    total = sum(observed)
    smallest = min(
        stats.binomtest(count, total, share).pvalue
        for count, share in zip(observed, shares, strict=True)
    )
    found = sample_ratio(observed, shares)
    assert 1e-5 < smallest < 1e-3
    assert found.p_value == pytest.approx(4 * smallest, rel=1e-6)


def test_the_exact_test_keeps_its_level() -> None:
    rng = np.random.default_rng(21)
    shares = [0.6, 0.3, 0.1]
    drawn = rng.multinomial(20, shares, 2000)
    p_values = np.array([sample_ratio(counts.tolist(), shares).p_value for counts in drawn])
    assert (p_values < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert (p_values < 0.05).mean() > 0.02


@pytest.mark.parametrize(("observed", "shares"), [([0, 0], [1, 1]), ([5, 5], [1, 0]), ([7], [1])])
def test_a_sample_ratio_of_nothing_is_refused(observed: list[int], shares: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two arms"):
        sample_ratio(observed, shares)


def balance_of(control: Floats, arm: Floats) -> Balance:
    n_c, n_t, width = len(control), len(arm), control.shape[1]
    pooled = ((n_c - 1) * np.cov(control, rowvar=False) + (n_t - 1) * np.cov(arm, rowvar=False)) / (
        n_c + n_t - 2
    )
    return balance(
        [f"x{i}" for i in range(width)],
        [summary_of(control[:, i]) for i in range(width)],
        [summary_of(arm[:, i]) for i in range(width)],
        np.atleast_2d(pooled),
    )


def covariates(n: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 0.7, 0.2], [0.0, 0.7, 0.3], [0.0, 0.0, 0.9]])
    rows: Floats = np.round(rng.normal(size=(n, 3)) @ mix * [1, 30, 0.2] + [0, 100, 5], 4)
    return rows


def test_balance_is_hotelling_s_statistic_against_chi_square() -> None:
    control, arm = covariates(300, 1), covariates(900, 2)
    found = balance_of(control, arm)
    known = hotelling(arm, control)
    assert found.p_value == pytest.approx(stats.chi2.sf(known.t2, 3), rel=1e-6)
    assert found.p_value == pytest.approx(known.pvalue, rel=0.02)  # F with 1,196 degrees
    deviations = np.sqrt((299 * control.var(0, ddof=1) + 899 * arm.var(0, ddof=1)) / 1198)
    assert found.differences == pytest.approx((arm.mean(0) - control.mean(0)) / deviations)


def test_a_covariate_given_twice_or_in_other_units_changes_no_balance() -> None:
    control, arm = covariates(300, 3), covariates(900, 4)
    twice = [np.column_stack([side, side[:, 1] * 1e6]) for side in (control, arm)]
    assert balance_of(*twice).p_value == pytest.approx(balance_of(control, arm).p_value, rel=1e-4)


def test_arms_drawn_from_different_customers_are_flagged() -> None:
    control, arm = covariates(300, 5), covariates(900, 6)
    assert not balance_of(control, arm).flagged
    assert balance_of(control, arm + np.array([0.4, 0.0, 0.0])).flagged


def test_covariates_that_never_vary_say_nothing() -> None:
    found = balance_of(np.full((20, 2), 3.0), np.full((30, 2), 3.0))
    assert np.isnan(found.p_value)
    assert not found.flagged
    assert all(np.isnan(value) for value in found.differences)


def test_independence_is_that_of_scipy() -> None:
    table = [[400, 90, 12], [3500, 880, 140]]
    known = stats.chi2_contingency(table, correction=False).pvalue
    assert independence(table) == pytest.approx(known)
    assert independence([[400, 0], [3500, 0]]) is None
    assert independence([[400, 10]]) is None


def test_a_segment_is_compared_with_all_others_as_scipy_does() -> None:
    rng = np.random.default_rng(6)
    for _ in range(60):
        table = rng.integers(0, 30, (2, 2)) * np.array([[1], [rng.integers(1, 40)]])
        if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
            continue
        few = stats.contingency.expected_freq(table).min() < 10
        known = (
            stats.fisher_exact(table).pvalue
            if few
            else stats.chi2_contingency(table, correction=False).pvalue
        )
        assert same_shares(table[0].tolist(), table[1].tolist()) == pytest.approx(known, abs=1e-12)
    many = np.array([[40, 60, 80], [110, 90, 120]])
    known = stats.chi2_contingency(many, correction=False).pvalue
    assert same_shares(many[0].tolist(), many[1].tolist()) == pytest.approx(known)


def test_few_customers_of_a_segment_in_three_arms_take_fisher_s_test_per_arm() -> None:
    inside, outside = [6, 1, 2], [200, 300, 310]
    each = [
        stats.fisher_exact([[a, 9 - a], [b, 810 - b]]).pvalue
        for a, b in zip(inside, outside, strict=True)
    ]
    assert same_shares(inside, outside) == pytest.approx(3 * min(each))


def test_a_segment_of_everybody_has_nobody_to_be_compared_with() -> None:
    assert same_shares([30, 70], [0, 0]) == 1
    assert same_shares([30, 0], [70, 0]) == 1
