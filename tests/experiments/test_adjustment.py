"""CUPED, interacted regression and post-stratification against public engines and raw rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_data
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS

from regulars_experiments.adjustment import (
    Adjusted,
    cuped,
    interacted,
    linearised_covariance,
    poststratified,
)
from regulars_experiments.effects import as_summary, ratio_summary, welch
from regulars_experiments.moments import Moments, Summary
from regulars_experiments.results import Reason
from tests.experiments.build import (
    Floats,
    estimate,
    moments_of,
    reason,
    reference_case,
    summary,
    summary_of,
)

SIDES = ("control", "treatment")
Given = tuple[Any, Any, Any, Any, float]
"""The arguments of `cuped`."""


def given(control: Floats, arm: Floats, confidence: float = 0.95) -> Given:
    """As arguments, from rows of (y, x1, x2, ...), one array per group."""
    names = [f"x{i}" for i in range(control.shape[1] - 1)]
    rows = np.concatenate([control, arm])
    found = moments_of(
        {"y": rows[:, 0], **{name: rows[:, i + 1] for i, name in enumerate(names)}},
        by={"arm": ["c"] * len(control) + ["t"] * len(arm)},
    )
    return arguments(found, names, confidence)


def arguments(found: Moments, names: list[str], confidence: float) -> Given:
    keys = [[("c",)], [("t",)]]
    return (
        tuple(found.summary(k, {"y": 1}) for k in keys),
        [tuple(found.summary(k, {x: 1}) for k in keys) for x in names],
        tuple(np.stack([found.covariance(k, {"y": 1}, {x: 1}) for x in names]) for k in keys),
        tuple(
            np.array([[found.covariance(k, {a: 1}, {b: 1}) for b in names] for a in names])
            for k in keys
        ),
        confidence,
    )


def given_case(name: str) -> tuple[Given, dict[str, Any]]:
    case = reference_case("cuped", name)
    sides = [case["input"][s] for s in SIDES]
    arguments = (
        tuple(summary(own["n"], own["mean"], own["var"]) for own in sides),
        [tuple(summary(own["n"], own["xmean"], own["xvar"]) for own in sides)],
        tuple(np.array([[own["xycov"]]]) for own in sides),
        tuple(np.array([[[own["xvar"]]]]) for own in sides),
        1 - case["input"]["alpha"],
    )
    return arguments, case


def correlated_rows(seed: int, n: int, covariates: int) -> Floats:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, covariates)) @ (np.eye(covariates) + 0.5)
    y = 5 + x @ np.linspace(2, -1, covariates) + rng.normal(size=n)
    return np.column_stack([y, x]).round(3).astype(np.float64)


# CUPED


@pytest.mark.shared
@pytest.mark.parametrize("name", ["cuped-01", "cuped-02", "cuped-04"])
def test_cuped_agrees_with_public_engines(name: str) -> None:
    arguments, case = given_case(name)
    known, within = case["expected"], case["tolerance"]["rtol"]
    found = estimate(cuped(*arguments).difference)
    assert found.estimate == pytest.approx(known["effect"], rel=within)
    assert found.standard_error == pytest.approx(known["se"], rel=within)
    assert (found.low, found.high) == pytest.approx((known["ci_low"], known["ci_high"]), rel=within)
    assert found.p_value == pytest.approx(known["pvalue"], rel=within)


@pytest.mark.shared
def test_cuped_with_a_covariate_without_spread_leaves_the_plain_test() -> None:
    """cuped-05 deviates by name: its reference has theta = 0, the unadjusted interval.

    Here that is refused with its reason, for what adjusts nothing should not be called CUPED; the
    reference's numbers are those of Welch's interval, which stands beside it.
    """
    arguments, case = given_case("cuped-05")
    assert reason(cuped(*arguments).difference) is Reason.NO_SPREAD_IN_COVARIATE
    found, known = estimate(welch(arguments[0][0], arguments[0][1], arguments[4])), case["expected"]
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (known["effect"], known["ci_low"], known["ci_high"]), rel=case["tolerance"]["rtol"]
    )
    assert found.p_value == pytest.approx(known["pvalue"], rel=case["tolerance"]["rtol"])


@pytest.mark.shared
def test_the_relative_effect_of_cuped_is_that_of_public_engines() -> None:
    arguments, case = given_case("cuped-07")
    found = cuped(*arguments)
    relative, difference = estimate(found.relative), estimate(found.difference)
    assert relative.estimate == pytest.approx(case["expected"]["lift"], rel=1e-8)
    assert relative.standard_error == pytest.approx(case["expected"]["se"], rel=1e-8)
    assert (relative.low > 0) == (difference.low > 0)


def linearised(side: dict[str, Any]) -> tuple[Summary, Summary, Floats]:
    """Outcome, covariate and their covariance, of one group of the ratio case."""
    n = side["n"]

    def mean(name: str) -> float:
        return float(side[name]["sum"] / n)

    def part(name: str) -> Summary:
        square = side[name]["sum_squares"]
        return summary(n, mean(name), (square - n * mean(name) ** 2) / (n - 1))

    def crossed(product: str, one: str, other: str) -> Floats:
        return np.array([(side[product] - n * mean(one) * mean(other)) / (n - 1)])

    m1, d1, m0, d0 = (f"{k}_statistic_{when}" for when in ("post", "pre") for k in ("m", "d"))
    post, pre = (part(m1), part(d1)), (part(m0), part(d0))
    between = (
        (
            crossed("m_post_m_pre_sum_of_products", m1, m0),
            crossed("m_post_d_pre_sum_of_products", m1, d0),
        ),
        (
            crossed("m_pre_d_post_sum_of_products", d1, m0),
            crossed("d_post_d_pre_sum_of_products", d1, d0),
        ),
    )
    return (
        ratio_summary(*post, crossed("m_post_d_post_sum_of_products", m1, d1)),
        ratio_summary(*pre, crossed("m_pre_d_pre_sum_of_products", m0, d0)),
        linearised_covariance(post, pre, between),
    )


@pytest.mark.shared
def test_cuped_on_a_ratio_is_that_of_public_engines_but_for_the_slope() -> None:
    """The engine's slope leaves out what lies between the groups, and its gradient is another."""
    case = reference_case("cuped", "cuped-08")
    sides = [linearised(case["input"][s]) for s in SIDES]
    found = cuped(
        (sides[0][0], sides[1][0]),
        [(sides[0][1], sides[1][1])],
        (sides[0][2][None], sides[1][2][None]),
        (sides[0][1].variance[None, None], sides[1][1].variance[None, None]),
        0.95,
    )
    relative = estimate(found.relative)
    known = case["expected"]
    assert relative.standard_error == pytest.approx(known["se"], rel=0.02)
    assert relative.estimate == pytest.approx(known["lift"], abs=0.02 * known["se"])


def test_cuped_on_a_ratio_is_cuped_on_its_linearised_rows() -> None:
    rng = np.random.default_rng(3)
    before = rng.poisson(1.5, 300) + 1.0
    orders = rng.poisson(before / 2) + rng.integers(0, 2, 300).astype(float)
    spend, spend_before = np.round(orders * 20 + before, 2), np.round(before * 21 + orders, 2)
    names = {"s": spend, "k": orders, "s0": spend_before, "k0": before}
    found = moments_of(names, by={"arm": ["c"] * 100 + ["t"] * 200})
    parts = []
    for arm in ("c", "t"):
        key = [(arm,)]
        own = {name: found.summary(key, {name: 1}) for name in names}

        def crossed(a: str, b: str, key: Any = key) -> Floats:
            return found.covariance(key, {a: 1}, {b: 1})

        parts.append(
            (
                ratio_summary(own["s"], own["k"], crossed("s", "k")),
                ratio_summary(own["s0"], own["k0"], crossed("s0", "k0")),
                linearised_covariance(
                    (own["s"], own["k"]),
                    (own["s0"], own["k0"]),
                    (
                        (crossed("s", "s0"), crossed("s", "k0")),
                        (crossed("k", "s0"), crossed("k", "k0")),
                    ),
                ),
            )
        )
    adjusted = cuped(
        (parts[0][0], parts[1][0]),
        [(parts[0][1], parts[1][1])],
        (parts[0][2][None], parts[1][2][None]),
        (parts[0][1].variance[None, None], parts[1][1].variance[None, None]),
        0.95,
    )
    y, x = np.empty(300), np.empty(300)
    for rows in (slice(0, 100), slice(100, 300)):
        for to, top, under in ((y, spend, orders), (x, spend_before, before)):
            ratio = top[rows].sum() / under[rows].sum()
            to[rows] = ratio + (top[rows] - ratio * under[rows]) / under[rows].mean()
    slope = np.cov(y, x)[0, 1] / x.var(ddof=1)
    known = stats.ttest_ind((y - slope * x)[100:], (y - slope * x)[:100], equal_var=False)
    assert estimate(adjusted.difference).p_value == pytest.approx(known.pvalue, rel=1e-7)


@pytest.mark.parametrize("unit", [1.0, 1e9])
def test_several_covariates_are_welch_on_what_least_squares_leaves(unit: float) -> None:
    """One covariate in units a billion times larger than the other changes nothing."""
    rows = correlated_rows(7, 260, 2) * [1.0, 1.0, unit]
    rows[60:, 0] += 0.5
    x = rows[:, 1:] / [1.0, unit]
    slopes = OLS(rows[:, 0], np.column_stack([np.ones(260), x])).fit().params[1:]
    left = rows[:, 0] - x @ slopes
    known = stats.ttest_ind(left[60:], left[:60], equal_var=False)
    found = estimate(cuped(*given(rows[:60], rows[60:])).difference)
    assert found.estimate == pytest.approx(left[60:].mean() - left[:60].mean(), rel=1e-7)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-6)


def test_the_share_removed_is_that_of_the_squared_errors() -> None:
    rows = correlated_rows(11, 200, 1)
    arguments = given(rows[:80], rows[80:])
    found, plain = cuped(*arguments), estimate(welch(arguments[0][0], arguments[0][1], 0.95))
    error = estimate(found.difference).standard_error
    assert error is not None
    assert plain.standard_error is not None
    assert found.removed[0] == pytest.approx(1 - (error / plain.standard_error) ** 2)
    assert found.removed[0] > 0.5


@pytest.mark.parametrize("adjust", [cuped, interacted])
def test_the_same_covariate_twice_counts_once(adjust: Any) -> None:
    rows = correlated_rows(8, 80, 1)
    twice = np.column_stack([rows, rows[:, 1] * 3])
    once, both = (estimate(adjust(*given(r[:30], r[30:])).difference) for r in (rows, twice))
    assert (both.estimate, both.standard_error, both.p_value) == pytest.approx(
        (once.estimate, once.standard_error, once.p_value), rel=1e-9
    )


@pytest.mark.parametrize("adjust", [cuped, interacted])
def test_a_covariate_that_is_the_same_for_everybody_takes_no_part(adjust: Any) -> None:
    rows = correlated_rows(9, 90, 1)
    with_constant = np.column_stack([rows, np.full(90, 0.1)])
    one, other = (
        estimate(adjust(*given(r[:30], r[30:])).difference) for r in (rows, with_constant)
    )
    assert (other.low, other.high) == pytest.approx((one.low, one.high), rel=1e-12)
    nothing_else = np.column_stack([rows[:, 0], np.full(90, 0.1)])
    found = adjust(*given(nothing_else[:30], nothing_else[30:]))
    assert reason(found.difference) is Reason.NO_SPREAD_IN_COVARIATE
    assert reason(found.relative) is Reason.NO_SPREAD_IN_COVARIATE
    assert np.isnan(found.removed[0])


@pytest.mark.parametrize("adjust", [cuped, interacted])
def test_a_covariate_that_is_the_outcome_leaves_no_error_to_estimate(adjust: Any) -> None:
    y = np.round(np.random.default_rng(10).lognormal(3, 1, 100), 2)
    rows = np.column_stack([y, y])
    assert reason(adjust(*given(rows[:40], rows[40:])).difference) is Reason.NO_VARIATION


@pytest.mark.parametrize("adjust", [cuped, interacted])
def test_an_arm_that_is_missing_says_so(adjust: Any) -> None:
    arguments = given(correlated_rows(12, 50, 2), correlated_rows(13, 1, 2))
    assert reason(adjust(*arguments).difference) is Reason.TOO_FEW_UNITS


def test_cells_do_not_touch_each_other() -> None:
    """Two sound cells around one with a single customer: each as it is alone."""
    alone = [
        given(correlated_rows(20 + i, 60, 2), correlated_rows(40 + i, n, 2))
        for i, n in enumerate((90, 1, 70))
    ]

    def joined(parts: list[Summary]) -> Summary:
        n, mean, variance = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("n", "mean", "variance")
        )
        return as_summary(n, mean, variance)

    together: Given = (
        tuple(joined([a[0][i] for a in alone]) for i in (0, 1)),
        [tuple(joined([a[1][k][i] for a in alone]) for i in (0, 1)) for k in (0, 1)],
        tuple(np.concatenate([a[2][i] for a in alone], axis=-1) for i in (0, 1)),
        tuple(np.concatenate([a[3][i] for a in alone], axis=-1) for i in (0, 1)),
        0.95,
    )
    methods: tuple[Any, ...] = (cuped, interacted)
    for adjust in methods:
        found: Adjusted = adjust(*together)
        assert found.difference.undefined.tolist() == [None, Reason.TOO_FEW_UNITS, None]
        for i in (0, 2):
            own = estimate(adjust(*alone[i]).difference)
            assert estimate(found.difference, i).p_value == pytest.approx(own.p_value, rel=1e-12)


METHODS: tuple[Any, ...] = (cuped, interacted)


@settings(max_examples=15, deadline=None)
@given_data(
    seed=st.integers(0, 10**6), scale=st.sampled_from([0.01, 7.0, 1e5]),
    shift=st.sampled_from([-3.5, 0.0, 1e8]), covariates=st.integers(1, 3),
)  # fmt: skip
def test_units_origins_and_order_of_groups_change_nothing_else(
    seed: int, scale: float, shift: float, covariates: int
) -> None:
    """Money in other units scales the effect; a constant added to all, and to covariates, none."""
    rows = correlated_rows(seed, 60, covariates)
    moved = rows + shift
    moved[:, 1:] *= scale
    scaled = rows * np.array([scale, *[1.0] * covariates])
    for adjust in METHODS:
        plain, other, larger, swapped = (
            adjust(*given(*pair)).difference
            for pair in (
                (rows[:20], rows[20:]),
                (moved[:20], moved[20:]),
                (scaled[:20], scaled[20:]),
                (rows[20:], rows[:20]),
            )
        )
        for name in ("estimate", "low", "high"):
            wanted = getattr(plain, name)
            assert getattr(other, name) == pytest.approx(wanted, rel=1e-5, abs=1e-5)
            assert getattr(larger, name) == pytest.approx(wanted * scale, rel=1e-6)
        assert swapped.estimate == pytest.approx(-plain.estimate, rel=1e-9)
        assert swapped.low == pytest.approx(-plain.high, rel=1e-9)
        assert swapped.p_value == pytest.approx(plain.p_value, rel=1e-9)


# Regression with interactions


@pytest.mark.shared
@pytest.mark.parametrize("name", ["cuped-01", "cuped-02", "cuped-04"])
def test_interactions_agree_with_public_engines(name: str) -> None:
    arguments, case = given_case(name)
    known, within = case["expected"], case["tolerance"]["rtol"]
    of_these = estimate(interacted(*arguments, customers_sampled=False).difference)
    assert of_these.estimate == pytest.approx(known["lin_effect"], rel=within)
    assert of_these.standard_error == pytest.approx(known["lin_neyman_se"], rel=within)
    of_such = interacted(*arguments).difference
    assert of_such.estimate[0] == of_these.estimate
    assert of_such.standard_error[0] > known["lin_neyman_se"]


def test_the_interacted_effect_is_a_coefficient_of_least_squares() -> None:
    rows = correlated_rows(14, 400, 3)
    arm = np.arange(400) >= 90
    rows[arm, 0] += 1 + 0.7 * rows[arm, 1]
    centred = rows[:, 1:] - rows[:, 1:].mean(axis=0)
    design = np.column_stack([np.ones(400), arm, centred, centred * arm[:, None]])
    fit = OLS(rows[:, 0], design).fit()
    found = interacted(*given(rows[~arm], rows[arm]), customers_sampled=False)
    assert found.difference.estimate[0] == pytest.approx(fit.params[1], rel=1e-6)


def simulated_error(adjust: Any, *, n: int, held: float, covariates: int) -> tuple[float, float]:
    """Root mean squared error of the estimates and of the stated errors, slopes that differ."""
    rng = np.random.default_rng(15)
    n_c = int(n * held)
    away, stated = [], []
    for _ in range(700):
        x = rng.normal(size=(n, covariates))
        y = x @ np.full(covariates, 0.5) + rng.normal(size=n)
        y[n_c:] += x[n_c:] @ np.full(covariates, 1.0)
        rows = np.column_stack([y, x])
        found = adjust(*given_fast(rows[:n_c], rows[n_c:])).difference
        away.append(found.estimate[0])
        stated.append(found.standard_error[0])
    return float(np.sqrt(np.mean(np.square(away)))), float(np.sqrt(np.mean(np.square(stated))))


def given_fast(control: Floats, arm: Floats) -> Given:
    """As `given`, in floating point."""
    sides = [control, arm]
    covariances = [np.cov(rows, rowvar=False) for rows in sides]
    summaries = [
        [as_summary(len(rows), rows[:, j].mean(), c[j, j]) for j in range(rows.shape[1])]
        for rows, c in zip(sides, covariances, strict=True)
    ]
    return (
        (summaries[0][0], summaries[1][0]),
        list(zip(summaries[0][1:], summaries[1][1:], strict=True)),
        tuple(c[0, 1:, None] for c in covariances),
        tuple(c[1:, 1:, None] for c in covariances),
        0.95,
    )


def test_the_stated_error_is_that_of_new_samples_even_in_a_small_holdout() -> None:
    """30 held out of 300, three covariates, slopes that differ: Neyman's plug-in states too little.

    The truth is the spread of the estimates over 700 samples, known to 3%.
    """
    real, stated = simulated_error(interacted, n=300, held=0.1, covariates=3)
    assert stated == pytest.approx(real, rel=0.09)

    def for_these(*arguments: Any) -> Adjusted:
        return interacted(*arguments, customers_sampled=False)

    _, neyman = simulated_error(for_these, n=300, held=0.1, covariates=3)
    assert neyman < 0.9 * real


def test_a_group_smaller_than_its_slopes_has_no_answer() -> None:
    rows = correlated_rows(16, 60, 4)
    arguments = given(rows[:5], rows[5:])
    assert reason(interacted(*arguments).difference) is Reason.TOO_FEW_FOR_COVARIATES
    estimate(interacted(*given(rows[:6], rows[6:])).difference)


# Post-stratification


def strata_of_case(name: str) -> tuple[Summary, Summary, dict[str, Any]]:
    case = reference_case("poststratification", name)
    cells = case["input"]["cells"]

    def side(name: str) -> Summary:
        n, mean, variance = ([[cell[name][f] for cell in cells]] for f in ("n", "mean", "var"))
        return as_summary(n, mean, variance)

    control, arm = side("control"), side("treatment")
    return control, arm, case


@pytest.mark.shared
def test_poststratification_agrees_with_public_engines() -> None:
    control, arm, case = strata_of_case("ps-01")
    found = estimate(poststratified(control, arm, 0.95).difference)
    known, within = case["expected"], case["tolerance"]["rtol"]
    assert found.estimate == pytest.approx(known["estimate"], rel=within)
    assert found.standard_error == pytest.approx(known["se"], rel=within)


@pytest.mark.shared
def test_the_relative_effect_of_poststratification_agrees_with_public_engines() -> None:
    control, arm, case = strata_of_case("ps-02")
    found = estimate(poststratified(control, arm, 0.95).relative)
    known, within = case["expected"], case["tolerance"]["rtol"]
    assert found.estimate == pytest.approx(known["estimate"], rel=within)
    assert found.standard_error == pytest.approx(known["se"], rel=within)


def strata_of(*pairs: tuple[list[float], list[float]]) -> tuple[Summary, Summary]:
    """One cell; per stratum the raw values of control and arm."""
    sides = []
    for i in (0, 1):
        parts = [summary_of(pair[i]) for pair in pairs]
        figures = [
            [[getattr(part, name)[0] for part in parts]] for name in ("n", "mean", "variance")
        ]
        sides.append(as_summary(*figures))
    return sides[0], sides[1]


ONE = ([1.0, 2.0, 4.0, 7.0], [2.0, 3.0, 8.0, 9.0, 4.0])
TWO = ([10.0, 13.0, 11.0], [12.0, 15.0, 16.0, 11.0])
SMALL = ([6.0], [5.0, 7.0, 3.0])
EMPTY: tuple[list[float], list[float]] = ([], [5.0, 7.0])
FLAT = ([0.0, 0.0, 0.0], [0.0, 0.0, 1.0])


@pytest.mark.parametrize("thin", [SMALL, EMPTY, FLAT])
@pytest.mark.parametrize("first", [True, False])
def test_a_thin_stratum_is_merged_into_the_largest_by_its_rows(thin: Any, first: bool) -> None:
    given_strata = (thin, ONE, TWO) if first else (ONE, TWO, thin)
    found = poststratified(*strata_of(*given_strata), 0.95)
    merged = ([*ONE[0], *thin[0]], [*ONE[1], *thin[1]])
    known = poststratified(*strata_of(merged, TWO), 0.95)
    for name in ("estimate", "standard_error", "low", "high", "p_value"):
        assert getattr(found.difference, name) == pytest.approx(getattr(known.difference, name))
    assert found.removed == pytest.approx(known.removed)


def test_one_stratum_is_welch() -> None:
    control, arm = strata_of(ONE)
    found = poststratified(control, arm, 0.9)
    known = stats.ttest_ind(ONE[1], ONE[0], equal_var=False)
    answer, interval = estimate(found.difference), known.confidence_interval(0.9)
    assert answer.p_value == pytest.approx(known.pvalue)
    assert (answer.low, answer.high) == pytest.approx((interval.low, interval.high))
    assert found.removed[0] == pytest.approx(0)


def test_strata_none_of_which_is_sound_are_one_sample() -> None:
    found = estimate(poststratified(*strata_of(FLAT, SMALL), 0.95).difference)
    known = stats.ttest_ind([*FLAT[1], *SMALL[1]], [*FLAT[0], *SMALL[0]], equal_var=False)
    assert found.p_value == pytest.approx(known.pvalue)


def test_a_stratum_without_customers_changes_nothing() -> None:
    with_gap = poststratified(*strata_of(ONE, ([], []), TWO), 0.95)
    without = poststratified(*strata_of(ONE, TWO), 0.95)
    assert estimate(with_gap.difference).p_value == pytest.approx(
        estimate(without.difference).p_value
    )


@pytest.mark.parametrize(
    ("strata", "expected"),
    [
        ([([], [1.0, 2.0]), ([], [3.0, 5.0])], Reason.TOO_FEW_UNITS),
        ([([0.0, 0.0], [0.0, 0.0]), ([0.0], [0.0])], Reason.NO_VARIATION),
    ],
)
def test_strata_that_cannot_be_judged_say_why(strata: Any, expected: Reason) -> None:
    assert reason(poststratified(*strata_of(*strata), 0.95).difference) is expected


def test_strata_that_explain_the_outcome_take_the_noise_out() -> None:
    """Four strata with means 0, 10, 20, 30 and unit noise: 8,000 samples know the error to 1%."""
    rng = np.random.default_rng(17)
    cells, size = 8000, np.array([[40, 60, 30, 70]])
    means = np.array([0.0, 10.0, 20.0, 30.0])
    n = rng.multinomial(400, size[0] / 200, cells)
    n_c = rng.binomial(n, 0.3)

    def drawn(n: Any) -> Summary:
        noise = rng.normal(size=n.shape) / np.sqrt(np.maximum(n, 1))
        spread = rng.chisquare(np.maximum(n - 1, 1)) / np.maximum(n - 1, 1)
        return as_summary(n, means + noise, spread)

    found = poststratified(drawn(n_c), drawn(n - n_c), 0.95)
    difference = found.difference
    assert np.mean(found.removed) > 0.98
    assert difference.estimate.std() == pytest.approx(
        np.sqrt(np.mean(difference.standard_error**2)), rel=0.03
    )
    covered = np.mean((difference.low <= 0) & (difference.high >= 0))
    assert covered == pytest.approx(0.95, abs=0.0075)


def test_many_cells_at_once_are_the_cells_alone() -> None:
    control, arm = strata_of(ONE, TWO, SMALL)
    other_c, other_t = strata_of(TWO, EMPTY, ONE)
    both = [
        replace(
            one,
            **{
                name: np.concatenate([getattr(one, name), getattr(other, name)])
                for name in ("n", "mean", "variance", "mean_square")
            },
        )
        for one, other in ((control, other_c), (arm, other_t))
    ]
    found = poststratified(both[0], both[1], 0.95).difference
    first, second = (
        poststratified(*pair, 0.95).difference for pair in ((control, arm), (other_c, other_t))
    )
    assert estimate(found, 0) == estimate(first)
    assert estimate(found, 1) == estimate(second)
