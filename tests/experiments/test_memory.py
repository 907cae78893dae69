"""Memory against statsmodels, exact Gaussian algebra, and worlds with a known truth."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from regulars_experiments.memory import (
    DAYS_PER_YEAR,
    doubted,
    foretell,
    random_effects,
    recall,
    remember,
)
from regulars_experiments.pooling import pool, single
from regulars_experiments.results import Reason
from tests.experiments.build import Floats, estimate, reason

EFFECTS = np.array([1.0, 3.0, 2.0, 6.0, -1.0])
ERRORS = np.array([1.0, 1.4, 1.0, 0.7, 2.0])
AGES = np.array([700.0, 400.0, 400.0, 90.0, 20.0])


def row(*values: float) -> Floats:
    return np.array([values], dtype=float)


@pytest.mark.parametrize("seed", range(1, 7))
def test_pooled_campaigns_are_those_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = 1 + seed
    errors = rng.uniform(0.3, 2, k)
    effects = rng.normal(1, 3, k) + rng.normal(0, errors)
    found = random_effects(effects[None], errors[None], confidence=0.9, floored=False)
    known = combine_effects(effects, errors**2, method_re="dl", use_t=True, alpha=0.1)
    assert known.tau2 > 0  # it does not stop at 0
    answer = estimate(found.mean)
    assert answer.estimate == pytest.approx(known.mean_effect_re)
    assert answer.standard_error == pytest.approx(known.sd_eff_w_re_hksj)
    low, high = known.conf_int(alpha=0.1, use_t=True)[3]  # random effects, Hartung-Knapp
    assert (answer.low, answer.high) == pytest.approx((low, high))
    assert found.tau2[0] == pytest.approx(known.tau2)
    assert found.share[0] == pytest.approx(max(known.i2, 0.0), abs=1e-12)


def test_campaigns_that_agree_by_luck_do_not_prove_more_than_their_errors() -> None:
    effects, errors = row(2.0, 2.001), row(1.0, 1.0)
    found = estimate(random_effects(effects, errors, confidence=0.95).mean)
    assert found.standard_error == pytest.approx(np.sqrt(0.5))
    lucky = random_effects(effects, errors, confidence=0.95, floored=False)
    assert (estimate(lucky.mean).standard_error or 0) < 0.01


def test_few_campaigns_say_what_they_can() -> None:
    effects = np.array([[np.nan, np.nan], [3.0, np.nan], [3.0, 5.0]])
    errors = np.array([[1.0, np.nan], [0.5, 1.0], [0.5, 0.5]])
    found = random_effects(effects, errors, confidence=0.95)
    assert reason(found.mean, 0) is Reason.TOO_FEW_CAMPAIGNS
    one = estimate(found.mean, 1)
    assert (one.low, one.high) == pytest.approx(stats.norm(3, 0.5).interval(0.95))
    assert estimate(found.mean, 2).estimate == pytest.approx(4)
    assert found.campaigns.tolist() == [0, 1, 2]
    assert np.isnan(found.tau2[:2]).all()


@pytest.mark.parametrize("campaigns", [3, 6])
@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_the_mean_is_held_at_least_as_often_as_said(campaigns: int, tau: float) -> None:
    """Campaigns of unequal size, where Hartung and Knapp's error alone would miss more."""
    rng = np.random.default_rng(71)
    worlds = 4000
    errors = rng.uniform(0.3, 2.0, (worlds, campaigns))
    y = 2 + rng.normal(0, tau, errors.shape) + rng.normal(0, errors)
    found = random_effects(y, errors, confidence=0.95)
    held = np.mean((found.mean.low < 2) & (found.mean.high > 2))
    assert held > 0.95 - 3 * np.sqrt(0.95 * 0.05 / worlds)
    # the normal interval with the same spread is what this repairs
    w = 1 / (errors**2 + found.tau2[:, None])
    centre, half = (w * y).sum(axis=1) / w.sum(axis=1), 1.96 / np.sqrt(w.sum(axis=1))
    assert tau == 0 or np.mean(np.abs(centre - 2) < half) < 0.92


def gaussian(
    tau2: float, q: float, ahead: float, effects: Floats, errors: Floats, ages: Floats
) -> tuple[float, float, float]:
    """Forecast and log likelihood by the matrices of the model, nothing recursive.

    All levels hang on the flat one of the oldest day: today's is that plus the walk since.
    """
    oldest = ages.max()
    start, today = oldest - ages, oldest + ahead
    v = np.diag(errors**2 + tau2) + q * np.minimum.outer(start, start)
    inverse, ones = np.linalg.inv(v), np.ones(len(effects))
    precision = ones @ inverse @ ones
    level = ones @ inverse @ effects / precision
    towards = q * start  # covariance of the walk until the campaign's day with that until today
    weights = towards @ inverse
    mean = level + weights @ (effects - level)
    variance = tau2 + q * today - weights @ towards + (1 - weights @ ones) ** 2 / precision
    away = effects - level
    likelihood = -0.5 * (np.linalg.slogdet(v)[1] + np.log(precision) + away @ inverse @ away)
    return float(mean), float(variance), float(likelihood)


@pytest.mark.parametrize("ahead", [0.0, 45.0])
@pytest.mark.parametrize(("spread", "drift"), [(1.0, 0.0), (0.5, 2.0), (3.0, 1.0)])
def test_the_forecast_is_the_integral_over_spread_and_drift(
    spread: float, drift: float, ahead: float
) -> None:
    found = foretell(
        EFFECTS[None], ERRORS[None], AGES[None], spread=spread, drift=drift, ahead=ahead
    )
    taus = 5 * spread * (np.arange(80) + 0.5) / 80
    drifts = 5 * drift * (np.arange(80) + 0.5) / 80 if drift else np.zeros(1)
    parts = [
        (
            *gaussian(tau**2, d**2 / DAYS_PER_YEAR, ahead, EFFECTS, ERRORS, AGES),
            -0.5 * (tau / spread) ** 2 - (0.5 * (d / drift) ** 2 if drift else 0.0),
        )
        for tau in taus
        for d in drifts
    ]
    mean, variance, likelihood, prior = np.array(parts).T
    weight = np.exp(likelihood + prior - (likelihood + prior).max())
    weight /= weight.sum()
    centre = weight @ mean
    deviation = np.sqrt(weight @ (variance + (mean - centre) ** 2))
    assert found.mean()[0] == pytest.approx(centre, abs=0.02 * deviation)
    assert found.deviation()[0] == pytest.approx(deviation, rel=0.02)
    below = weight @ stats.norm.cdf((0 - mean) / np.sqrt(variance))
    assert found.chance_above_zero()[0] == pytest.approx(1 - below, abs=0.005)


def test_each_part_of_the_forecast_is_exact() -> None:
    """At one spread and drift the filter is the Gaussian algebra to rounding, in any order."""
    order = np.array([3, 0, 4, 2, 1])
    found = foretell(EFFECTS[None], ERRORS[None], AGES[None], spread=1.0, drift=1.5, ahead=30)
    mixed = foretell(
        EFFECTS[None, order],
        ERRORS[None, order],
        AGES[None, order],
        spread=1.0,
        drift=1.5,
        ahead=30,
    )
    assert mixed.means == pytest.approx(found.means)
    assert mixed.weights == pytest.approx(found.weights)
    tau = 4 * ((np.arange(32) + 0.5) / 32) ** 2
    drift = 6 * ((np.arange(12) + 0.5) / 12) ** 2
    for i, j in ((0, 0), (5, 3), (31, 11), (12, 8)):
        known = gaussian(tau[i] ** 2, drift[j] ** 2 / DAYS_PER_YEAR, 30, EFFECTS, ERRORS, AGES)
        part = 32 * j + i
        assert found.means[part, 0] == pytest.approx(known[0], rel=1e-9)
        assert found.deviations[part, 0] ** 2 == pytest.approx(known[1], rel=1e-9)
    # relative weights are the likelihoods, times the prior's density and the grid's step
    first, other = 32 * 3 + 5, 32 * 8 + 12
    parts = [
        gaussian(tau[i] ** 2, drift[j] ** 2 / DAYS_PER_YEAR, 30, EFFECTS, ERRORS, AGES)[2]
        - 0.5 * tau[i] ** 2
        - 0.5 * (drift[j] / 1.5) ** 2
        + 0.5 * np.log(tau[i] * drift[j])
        for i, j in ((5, 3), (12, 8))
    ]
    ratio = found.weights[first, 0] / found.weights[other, 0]
    assert np.log(ratio) == pytest.approx(parts[0] - parts[1])


def test_without_drift_memory_is_the_pooling_of_segments() -> None:
    """A further campaign, not yet measured, is foretold as an unmeasured segment is."""
    found = foretell(EFFECTS[None], ERRORS[None], AGES[None], spread=2.0, drift=0.0)
    known = pool(np.append(EFFECTS, np.nan), np.append(ERRORS, np.nan), 2.0)
    assert found.mean()[0] == pytest.approx(known.mean()[5], rel=0.005)
    assert found.deviation()[0] == pytest.approx(known.deviation()[5], rel=0.005)
    measured = pool(np.append(EFFECTS, 4.0), np.append(ERRORS, 1.5), 2.0)
    combined = remember(found, np.array([4.0]), np.array([1.5])).with_memory
    assert combined.mean()[0] == pytest.approx(measured.mean()[5], rel=0.005)
    assert combined.deviation()[0] == pytest.approx(measured.deviation()[5], rel=0.005)


def test_older_campaigns_say_less_where_things_change() -> None:
    def forecast(age: float) -> Floats:
        return foretell(row(3.0), row(0.5), row(age), spread=0.5, drift=2.0).deviation()

    assert forecast(30)[0] < forecast(300)[0] < forecast(3000)[0]
    steady = [foretell(row(3.0), row(0.5), row(age), spread=0.5, drift=0.0) for age in (30, 3000)]
    assert steady[0].deviation() == pytest.approx(steady[1].deviation())


@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_memory_holds_the_truth_of_the_worlds_it_expects(drift: float) -> None:
    rng = np.random.default_rng(72)
    worlds, campaigns, spread = 1000, 5, 1.0
    ages = np.sort(rng.uniform(10, 900, (worlds, campaigns)), axis=1)[:, ::-1]
    tau = np.abs(rng.normal(0, spread, worlds))[:, None]
    change = np.abs(rng.normal(0, drift, worlds))[:, None] / np.sqrt(DAYS_PER_YEAR)
    days = -np.diff(np.hstack([ages, np.zeros((worlds, 1))]), axis=1)
    walk = np.cumsum(change * np.sqrt(days) * rng.normal(0, 1, days.shape), axis=1)
    level = 5 + np.hstack([np.zeros((worlds, 1)), walk])
    truth = level + tau * rng.normal(0, 1, level.shape)
    errors = rng.uniform(0.3, 1.5, truth.shape)
    y = truth + rng.normal(0, errors)
    prior = foretell(y[:, :-1], errors[:, :-1], ages, spread=spread, drift=drift)
    found = remember(prior, y[:, -1], errors[:, -1])
    slack = 3 * np.sqrt(0.95 * 0.05 / worlds)
    for belief in (prior, found.alone, found.with_memory):
        low, high = belief.quantile(0.025), belief.quantile(0.975)
        held = np.mean((low < truth[:, -1]) & (truth[:, -1] < high))
        assert held == pytest.approx(0.95, abs=slack)
    # memory is worth having, and it flags drift where there is none no more often than it says
    assert np.mean(found.with_memory.deviation()) < 0.9 * np.mean(found.alone.deviation())
    assert np.mean(found.drifted) < 0.0124 + 3 * np.sqrt(0.0124 / worlds)


def test_one_campaign_and_one_memory_combine_like_two_normal_beliefs() -> None:
    found = remember(single(2.0, 1.0), np.array([5.0]), np.array([2.0]))
    assert found.with_memory.mean()[0] == pytest.approx((2 / 1 + 5 / 4) / (1 / 1 + 1 / 4))
    assert found.with_memory.deviation()[0] == pytest.approx(1 / np.sqrt(1 / 1 + 1 / 4))
    assert found.drift_z[0] == pytest.approx(3 / np.sqrt(5))
    assert found.drifted == (False,)


def test_what_is_missing_on_one_side_leaves_the_other() -> None:
    nan = np.nan
    prior = foretell(
        np.array([[nan, nan], [2.0, nan], [2.0, nan], [nan, nan]]),
        np.ones((4, 2)),
        np.full((4, 2), 50.0),
        spread=1.0,
        drift=1.0,
    )
    assert np.isnan(prior.mean()[[0, 3]]).all()
    found = remember(prior, np.array([4.0, nan, 4.0, nan]), np.array([1.0, 1.0, 1.0, 1.0]))
    mean, deviation = found.with_memory.mean(), found.with_memory.deviation()
    assert (mean[0], deviation[0]) == pytest.approx((4.0, 1.0))
    assert (mean[1], deviation[1]) == pytest.approx((prior.mean()[1], prior.deviation()[1]))
    assert 2 < mean[2] < 4
    assert np.isnan(mean[3])
    assert np.isnan(found.drift_z[[0, 1, 3]]).all()
    assert found.drifted == (False,) * 4
    assert np.isnan(found.alone.mean()[[1, 3]]).all()


def test_a_contradicted_memory_lets_go_when_doubted() -> None:
    prior = foretell(row(2, 2.1, 1.9, 2), row(*[0.3] * 4), row(*[90.0] * 4), spread=0.2, drift=0.0)
    sceptic = doubted(prior, share=0.1, deviation=5.0)
    assert sceptic.mean() == pytest.approx(prior.mean())
    agreeing, contrary = (
        [remember(belief, np.array([y]), np.array([0.3])) for belief in (prior, sceptic)]
        for y in (2.2, 6.0)
    )
    means = [found.with_memory.mean()[0] for found in (*agreeing, *contrary)]
    assert means[0] == pytest.approx(means[1], abs=0.02)
    assert abs(means[3] - 6) < 0.1 < abs(means[2] - 6)
    assert contrary[0].drifted == (True,)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: foretell(row(1), row(1), row(-1), spread=1, drift=0),
        lambda: foretell(row(1), row(1), row(1), spread=0, drift=0),
        lambda: foretell(row(1), row(1), row(1), spread=1, drift=-1),
        lambda: foretell(row(1), row(1), row(1), spread=1, drift=0, ahead=-1),
    ],
)
def test_the_impossible_is_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"scales|past"):
        ask()


def test_the_usual_scales_do_not_depend_on_the_currency() -> None:
    effects, errors, ages = row(0.4, 0.9, 0.5), row(0.2, 0.3, 0.2), row(400, 200, 100)
    euros = recall(effects, errors, ages, np.array([8.0]))
    cents = recall(100 * effects, 100 * errors, ages, np.array([800.0]))
    assert cents.expected.mean() == pytest.approx(100 * euros.expected.mean())
    assert cents.as_prior.deviation() == pytest.approx(100 * euros.as_prior.deviation())
    # precisely foretell, on the scale that is told
    scale = float(euros.scale[0])
    known = foretell(effects, errors, ages, spread=scale, drift=scale)
    assert euros.expected.mean() == pytest.approx(known.mean())
    assert euros.expected.deviation() == pytest.approx(known.deviation())


def test_a_scale_that_is_given_takes_the_place_of_the_usual_one() -> None:
    effects, errors, ages = row(0.4, 0.9, 0.5), row(0.2, 0.3, 0.2), row(400, 200, 100)
    found = recall(effects, errors, ages, np.array([8.0]), ahead=30.0, scale=np.array([0.1]))
    known = foretell(effects, errors, ages, spread=0.1, drift=0.1, ahead=30.0)
    mean = foretell(effects, errors, ages, spread=0.1, drift=0.1, ahead=30.0, of_mean=True)
    assert found.scale.tolist() == [0.1]
    assert found.expected.deviation() == pytest.approx(known.deviation())
    assert found.mean.mean() == pytest.approx(mean.mean())
    assert found.mean.deviation() == pytest.approx(mean.deviation())


def test_the_mean_is_known_better_than_the_next_campaign_by_the_spread_alone() -> None:
    found = foretell(EFFECTS[None], ERRORS[None], AGES[None], spread=1.0, drift=1.5)
    mean = foretell(EFFECTS[None], ERRORS[None], AGES[None], spread=1.0, drift=1.5, of_mean=True)
    assert mean.means == pytest.approx(found.means)
    assert mean.weights == pytest.approx(found.weights)
    tau2 = 16 * ((np.arange(32) + 0.5) / 32) ** 4
    between = found.deviations[:, 0] ** 2 - mean.deviations[:, 0] ** 2
    assert between == pytest.approx(np.tile(tau2, 12))


def test_the_usual_scale_is_of_what_customers_bring_or_of_the_effect() -> None:
    effects = np.array([[0.0, 0.0], [2.0, 2.0], [0.0, 0.0], [np.nan, np.nan]])
    errors = np.array([[0.3, 0.3], [1e-6, 1e-6], [0.3, 0.3], [np.nan, np.nan]])
    found = recall(effects, errors, np.full((4, 2), 90.0), np.array([10.0, 0.0, np.nan, 10.0]))
    # 1/20 of what customers bring; half of the effect; the error where there is neither
    assert found.scale[:3] == pytest.approx([0.5, 1.0, 0.3])
    assert np.isnan(found.expected.mean()).tolist() == [False, False, False, True]
    assert np.isnan(found.as_prior.mean()).tolist() == [False, False, False, True]


def test_what_is_recalled_holds_the_next_effect_as_often_as_it_says() -> None:
    """Campaigns that differ by a twentieth of what customers bring, and change as much a year."""
    rng = np.random.default_rng(73)
    worlds, campaigns, level = 2000, 4, 8.0
    tau, change = (np.abs(rng.normal(0, 0.05 * level, (worlds, 1))) for _ in range(2))
    walk = np.cumsum(change / 2 * rng.normal(0, 1, (worlds, campaigns + 1)), axis=1)
    truth = 0.2 + walk + tau * rng.normal(0, 1, walk.shape)  # four campaigns a year
    errors = rng.uniform(0.2, 0.8, (worlds, campaigns))
    y = truth[:, :-1] + rng.normal(0, errors)
    ages = np.broadcast_to(DAYS_PER_YEAR / 4 * np.arange(campaigns, 0, -1.0), y.shape)
    expected = recall(y, errors, ages, np.full(worlds, level)).expected
    held = np.mean(
        (expected.quantile(0.025) < truth[:, -1]) & (truth[:, -1] < expected.quantile(0.975))
    )
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / worlds) < held < 0.985
