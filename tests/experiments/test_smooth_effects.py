"""Effects along a scale: exact where one may compute by hand, calibrated where one may simulate."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.pooling import Posterior
from regulars_experiments.smooth_effects import (
    LENGTHS,
    Beliefs,
    NoisyEffects,
    _half_normal,
    smooth_effects,
)
from tests.experiments.build import Floats

STEPS = np.array([0.9, 1.0, 1.15, 1.3, 1.5])


def noisy(estimates: Floats, own: float = 0.1, shared: float = 0.05) -> NoisyEffects:
    rows = np.atleast_2d(estimates)
    return NoisyEffects(
        scale=STEPS,
        estimates=rows,
        own=np.full(rows.shape, own),
        shared=np.full(rows.shape, shared),
    )


def kernel(length: float) -> Floats:
    x = np.log(STEPS)
    found: Floats = np.exp(-0.5 * ((x[:, None] - x[None, :]) / length) ** 2)
    return found


def by_hand(y: Floats, noise: Floats, scale: float, groups: int = 1) -> Posterior:
    """The same posterior from dense joint normal algebra; a level with a deviation of 1,000."""
    means, variances, logs = [], [], []
    places = len(STEPS)
    spreads, spread_logs = _half_normal(scale, 8) if groups > 1 else (np.zeros(1), np.zeros(1))
    for length in LENGTHS:
        shape = kernel(length) + 1e-8 * np.eye(places)
        for a, a_log in zip(*_half_normal(scale, 24), strict=True):
            for t, t_log in zip(spreads, spread_logs, strict=True):
                for b, b_log in zip(spreads, spread_logs, strict=True):
                    common = 1000.0**2 + a**2 * shape
                    own = t**2 + b**2 * shape
                    prior = np.kron(np.ones((groups, groups)), common) + np.kron(
                        np.eye(groups), own
                    )
                    seen = prior + np.kron(np.eye(groups), noise)
                    gain = np.linalg.solve(seen, prior).T
                    logs.append(
                        a_log
                        + t_log
                        + b_log
                        - 0.5 * np.linalg.slogdet(seen)[1]
                        - 0.5 * y @ np.linalg.solve(seen, y)
                    )
                    means.append(gain @ y)
                    variances.append(np.diag(prior - gain @ prior))
    weights = np.exp(np.array(logs) - max(logs))
    return Posterior(
        weights=weights / weights.sum(),
        means=np.array(means),
        deviations=np.sqrt(np.array(variances)),
    )


def test_one_ladder_is_what_dense_normal_algebra_says() -> None:
    y = np.array([0.1, 0.4, 0.3, 0.5, -0.2])
    found = smooth_effects(noisy(y), 0.5).at(0)
    expected = by_hand(y, 0.1**2 * np.eye(5) + 0.05**2, 0.5)
    assert found.mean() == pytest.approx(expected.mean(), abs=2e-4)
    assert found.deviation() == pytest.approx(expected.deviation(), rel=2e-3)


def test_segments_are_pooled_as_dense_normal_algebra_says() -> None:
    y = np.array([[0.1, 0.4, 0.3, 0.5, -0.2], [0.5, 0.8, 1.0, 0.6, 0.7]])
    found = smooth_effects(noisy(y), 0.5)
    expected = by_hand(y.ravel(), 0.1**2 * np.eye(5) + 0.05**2, 0.5, groups=2)
    both = np.concatenate([found.at(0).mean(), found.at(1).mean()])
    assert both == pytest.approx(expected.mean(), abs=1e-3)
    errors = np.concatenate([found.at(0).deviation(), found.at(1).deviation()])
    assert errors == pytest.approx(expected.deviation(), rel=5e-3)


def test_a_shift_of_all_estimates_shifts_what_is_believed() -> None:
    """The level is flat: the holdout's luck changes no step's place beside the others."""
    y = np.array([0.1, 0.4, 0.3, 0.5, -0.2])
    one, other = smooth_effects(noisy(y), 0.5), smooth_effects(noisy(y + 7), 0.5)
    assert other.at(0).mean() - one.at(0).mean() == pytest.approx(np.full(5, 7.0), abs=1e-6)
    assert other.best(0)[0] == pytest.approx(one.best(0)[0], abs=1e-9)


def test_the_unit_of_money_does_not_matter() -> None:
    y = np.array([0.1, 0.4, 0.3, 0.5, -0.2])
    euros, cents = smooth_effects(noisy(y), 0.5), smooth_effects(noisy(100 * y, 10, 5), 50)
    assert cents.at(0).mean() == pytest.approx(100 * euros.at(0).mean(), rel=1e-6)


def test_exact_estimates_are_believed() -> None:
    y = np.array([0.1, 0.4, 0.3, 0.5, -0.2])
    found = smooth_effects(noisy(y, own=1e-4, shared=1e-4), 0.5)
    assert found.at(0).mean() == pytest.approx(y, abs=1e-3)
    assert found.best(0)[0].tolist() == [0, 0, 0, 1, 0]


def test_a_step_without_an_estimate_is_foretold_from_its_neighbours() -> None:
    y = np.array([0.1, 0.3, np.nan, 0.3, 0.1])
    found = smooth_effects(noisy(y, own=0.02), 0.5).at(0)
    assert 0.2 < found.mean()[2] < 0.45
    assert found.deviation()[2] > found.deviation()[1]


def test_a_segment_without_any_estimate_is_believed_to_be_like_the_others() -> None:
    y = np.array([[0.1, 0.3, 0.5, 0.3, 0.1], [0.2, 0.3, 0.4, 0.3, 0.2], [np.nan] * 5])
    found = smooth_effects(noisy(y, own=0.05), 0.5)
    middle = (found.at(0).mean() + found.at(1).mean()) / 2
    assert found.at(2).mean() == pytest.approx(middle, abs=0.07)
    assert (found.at(2).deviation() > found.at(0).deviation()).all()


def test_the_chance_to_be_best_and_the_loss_are_those_of_the_mixture() -> None:
    """Two independent normals: P(one is higher) and E[max] in closed form (Clark 1961)."""
    beliefs = Beliefs(
        weights=np.ones(1),
        means=np.array([[[0.3, 0.0]]]),
        covariances=np.array([[[[0.16, 0.0], [0.0, 0.09]]]]),
    )
    chance, loss = beliefs.best(0)
    apart = 0.5  # of the difference
    assert chance[0] == pytest.approx(stats.norm.cdf(0.3 / apart), abs=0.003)
    z = 0.3 / apart
    expected_gain = apart * (stats.norm.pdf(z) - z * stats.norm.sf(z))  # E[(second - first)+]
    assert loss[0] == pytest.approx(expected_gain, abs=0.002)
    assert loss[1] - loss[0] == pytest.approx(0.3, abs=0.002)
    assert beliefs.best(0)[0].tolist() == chance.tolist()


def test_beliefs_of_worlds_drawn_from_the_prior_are_calibrated() -> None:
    """Over many worlds the truth is above its 10% quantile nine times of ten."""
    rng = np.random.default_rng(3)
    above, worlds = np.zeros(5), 400
    noise = np.linalg.cholesky(0.1**2 * np.eye(5) + 0.05**2)
    for _ in range(worlds):
        amplitude = abs(rng.normal(0, 0.3))
        root = np.linalg.cholesky(kernel(rng.choice(LENGTHS)) + 1e-8 * np.eye(5))
        truth = rng.normal(0, 1) + amplitude * root @ rng.standard_normal(5)
        found = smooth_effects(noisy(truth + noise @ rng.standard_normal(5)), 0.3)
        above += truth > found.at(0).quantile(0.1)
    assert above / worlds == pytest.approx(np.full(5, 0.9), abs=0.045)


def test_a_weighted_sum_has_the_variance_of_the_sum() -> None:
    found = smooth_effects(noisy(np.array([0.1, 0.4, 0.3, 0.5, -0.2]), own=0.2), 0.5)
    difference = found.of_sum(0, np.array([0, 0, -1.0, 1.0, 0]))
    assert difference.mean()[0] == pytest.approx(found.at(0).mean()[3] - found.at(0).mean()[2])
    # neighbours go together, so the difference is known better than two strangers'
    assert difference.deviation()[0] < np.hypot(*found.at(0).deviation()[2:4])


def test_what_cannot_be_smoothed_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no place"):
        smooth_effects(noisy(np.full(5, np.nan)), 1.0)
    with pytest.raises(ValueError, match="above zero"):
        smooth_effects(noisy(np.zeros(5)), 0.0)
    with pytest.raises(ValueError, match="standard error"):
        smooth_effects(noisy(np.zeros(5), own=0.0), 1.0)
