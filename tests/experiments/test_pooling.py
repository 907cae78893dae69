"""Pooling against brute-force integration and simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from regulars_experiments.pooling import (
    Posterior,
    dersimonian_laird,
    heterogeneity,
    paule_mandel,
    pool,
    single,
)
from tests.experiments.build import Floats, reference_case

SCHOOLS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def brute_force(y: Floats, error: Floats, scale: float) -> dict[str, Floats]:
    """The same model on a fine grid of (mu, tau), nothing integrated by formula."""
    tau = (5 * scale * (np.arange(350) + 0.5) / 350)[None, :, None]
    reach = 8 * error.max() + 4 * scale
    mu = np.linspace(y.mean() - reach, y.mean() + reach, 450)[:, None, None]
    log_weight = stats.norm.logpdf(y, mu, np.sqrt(error**2 + tau**2)).sum(axis=2)
    log_weight = log_weight + stats.halfnorm.logpdf(tau[..., 0], scale=scale)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean = (y * tau**2 + mu * error**2) / (error**2 + tau**2)
    deviation = np.broadcast_to(error * tau / np.sqrt(error**2 + tau**2), mean.shape)
    centre = (weight[..., None] * mean).sum(axis=(0, 1))
    second = (weight[..., None] * (mean**2 + deviation**2)).sum(axis=(0, 1))
    below = [stats.norm.cdf((x - mean) / deviation) for x in (0.0, 10.0)]
    return {
        "centre": np.array([(weight * mu[..., 0]).sum()]),
        "mean": centre,
        "deviation": np.sqrt(second - centre**2),
        "above": 1 - (weight[..., None] * below[0]).sum(axis=(0, 1)),
        "below_ten": (weight[..., None] * below[1]).sum(axis=(0, 1)),
    }


@pytest.mark.parametrize("scale", [2.0, 10.0, 40.0])
def test_pooling_is_the_integral_over_mean_and_spread(scale: float) -> None:
    found, known = pool(SCHOOLS, ERRORS, scale), brute_force(SCHOOLS, ERRORS, scale)
    assert found.mean() == pytest.approx(known["mean"], rel=0.01, abs=0.02)
    assert found.deviation() == pytest.approx(known["deviation"], rel=0.01)
    assert found.chance_above_zero() == pytest.approx(known["above"], abs=0.003)
    for segment in range(8):
        share = known["below_ten"][segment]
        assert found.quantile(share)[segment] == pytest.approx(10, abs=0.15)


def test_a_spread_far_below_the_prior_s_scale_is_resolved() -> None:
    """Errors of 0.01 under a prior of scale 10: a coarse grid would see no spread but 0 or 0.2."""
    rng = np.random.default_rng(31)
    truth = rng.normal(2, 0.05, 40)
    errors = np.full(40, 0.01)
    y = truth + rng.normal(0, 0.01, 40)
    found = pool(y, errors, 10.0)
    share = 0.05**2 / (0.05**2 + 0.01**2)  # how much of the deviation is kept
    assert found.mean() == pytest.approx(y.mean() + share * (y - y.mean()), abs=0.002)
    assert found.deviation() == pytest.approx(np.full(40, 0.01 * np.sqrt(share)), rel=0.05)


def test_pooled_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(32)
    held, repetitions, segments = 0, 150, 8
    for _ in range(repetitions):
        tau = abs(rng.normal(0, 2.0))
        truth = rng.normal(5.0, tau, segments)
        errors = rng.uniform(0.5, 3.0, segments)
        found = pool(truth + rng.normal(0, errors), errors, 2.0)
        held += int(((found.quantile(0.025) < truth) & (truth < found.quantile(0.975))).sum())
    # eight segments of one shop share their mean, so the error is taken per shop
    slack = 3 * np.sqrt(0.95 * 0.05 / repetitions / 3)
    assert held / (repetitions * segments) == pytest.approx(0.95, abs=slack)


def test_a_segment_without_an_estimate_is_foretold_from_the_others() -> None:
    y, errors = SCHOOLS.copy(), ERRORS.copy()
    y[3] = errors[3] = np.nan
    others = np.delete(np.arange(8), 3)
    found, without = pool(y, errors, 10.0), pool(SCHOOLS[others], ERRORS[others], 10.0)
    assert found.mean()[others] == pytest.approx(without.mean())
    known = brute_force(SCHOOLS[others], ERRORS[others], 10.0)["centre"]
    assert found.mean()[3] == pytest.approx(known[0], rel=0.01)
    assert found.deviation()[3] > found.deviation()[others].mean()


def test_nothing_known_is_nothing_to_pool() -> None:
    with pytest.raises(ValueError, match="nothing to pool"):
        pool(np.array([np.nan, 1.0]), np.array([1.0, np.nan]), 1.0)


@pytest.mark.parametrize(("mean", "error"), [(3.0, 2.0), (-1.0, 4.0), (0.0, 1.0), (-30.0, 2.0)])
def test_chances_and_losses_are_those_of_a_normal_distribution(mean: float, error: float) -> None:
    one = single(mean, error)
    normal = stats.norm(mean, error)
    gain = normal.expect(lambda x: x, lb=0)
    assert one.chance_above_zero()[0] == pytest.approx(normal.sf(0), abs=1e-12)
    assert one.expected_gain()[0] == pytest.approx(gain, abs=1e-8)
    assert one.expected_loss()[0] == pytest.approx(gain - mean, abs=1e-8)
    assert one.quantile(0.9)[0] == pytest.approx(normal.ppf(0.9))


def test_gain_less_loss_is_the_mean_of_any_mixture() -> None:
    found = pool(SCHOOLS, ERRORS, 10.0)
    assert found.expected_gain() - found.expected_loss() == pytest.approx(found.mean())


def test_the_deviation_of_a_mixture_counts_its_parts_apart() -> None:
    """Half at -3, half at 3, each with deviation 4: variance 16 + 9."""
    mixture = Posterior(
        weights=np.array([0.5, 0.5]),
        means=np.array([[-3.0], [3.0]]),
        deviations=np.array([[4.0], [4.0]]),
    )
    assert mixture.deviation()[0] == pytest.approx(5.0)


def test_heterogeneity_is_that_of_statsmodels() -> None:
    known = combine_effects(SCHOOLS, ERRORS**2)
    found = heterogeneity(SCHOOLS, ERRORS)
    assert found is not None
    assert found.q == pytest.approx(known.q)
    assert found.degrees_of_freedom == 7
    assert found.p_value == pytest.approx(stats.chi2.sf(known.q, 7))
    assert heterogeneity(np.array([1.0, np.nan]), np.array([1.0, 1.0])) is None


BDA = {  # Gelman et al., Bayesian Data Analysis (3rd ed.), table 5.3: 2.5%, 25%, median, 75%
    "A": (-2, 7, 10, 16),
    "B": (-5, 3, 8, 12),
    "C": (-11, 2, 7, 11),
    "D": (-7, 4, 8, 11),
    "E": (-9, 1, 5, 10),
    "F": (-7, 2, 6, 10),
    "G": (-1, 7, 10, 15),
    "H": (-6, 3, 8, 13),
}


def test_the_eight_schools_are_those_of_the_book() -> None:
    """The book's prior is flat in the spread, its figures are whole numbers from 200 draws."""
    found = pool(SCHOOLS, ERRORS, 1000.0)
    published = np.array(list(BDA.values()), dtype=float).T
    for probability, known, slack in zip(
        (0.025, 0.25, 0.5, 0.75), published, (2.5, 1.25, 1.25, 1.25), strict=True
    ):
        assert found.quantile(probability) == pytest.approx(known, abs=slack)


@pytest.mark.parametrize("probability", [1e-6, 0.025, 0.5, 0.9, 1 - 1e-6])
def test_quantiles_of_a_mixture_are_where_its_distribution_function_says(
    probability: float,
) -> None:
    """Far apart parts, where Newton's steps alone would leave."""
    weights = np.array([0.3, 0.5, 0.2])
    means = np.array([[-100.0, 0.0], [0.0, 0.0], [100.0, 1e6]])
    deviations = np.array([[1.0, 1.0], [0.01, 5.0], [3.0, 1.0]])
    mixture = Posterior(weights=weights, means=means, deviations=deviations)
    found = mixture.quantile(probability)
    below = weights @ stats.norm.cdf((found - means) / deviations)
    assert below == pytest.approx(probability, rel=1e-6)


def test_weights_of_their_own_are_read_column_by_column() -> None:
    means, deviations = np.array([[0.0, 1.0], [4.0, 5.0]]), np.array([[1.0, 2.0], [3.0, 1.0]])
    weights = np.array([[0.2, 0.9], [0.8, 0.1]])
    both = Posterior(weights=weights, means=means, deviations=deviations)
    for segment in (0, 1):
        alone = Posterior(
            weights=weights[:, segment],
            means=means[:, [segment]],
            deviations=deviations[:, [segment]],
        )
        for ask in ("mean", "deviation", "chance_above_zero", "expected_gain", "expected_loss"):
            known = getattr(alone, ask)()[0]
            assert getattr(both, ask)()[segment] == pytest.approx(known)
        assert both.quantile(0.3)[segment] == pytest.approx(alone.quantile(0.3)[0])


def test_an_impossible_scale_is_refused() -> None:
    for scale in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="scale"):
            pool(SCHOOLS, ERRORS, scale)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["eb-01", "eb-02"])
def test_the_spread_between_studies_agrees_with_public_engines(name: str) -> None:
    case = reference_case("empirical_bayes", name)
    y, errors = np.array(case["input"]["effects"]), np.sqrt(case["input"]["variances"])
    known = case["expected"]
    found = {"dl": dersimonian_laird(y, errors), "pm": paule_mandel(y, errors)}
    for method, tau2 in found.items():
        assert tau2 == pytest.approx(known[f"tau2_{method}"], rel=1e-8, abs=1e-12)
        # and what follows from it: the mean, its error, and the effects pulled towards it
        w = 1 / (errors**2 + tau2)
        mean = (w * y).sum() / w.sum()
        assert mean == pytest.approx(known[f"mu_{method}"], rel=1e-8)
        shrunk = errors**2 * w * mean + tau2 * w * y
        assert shrunk == pytest.approx(np.array(known[f"shrunk_{method}"]), rel=1e-8)
    w = 1 / (errors**2 + found["dl"])
    assert 1 / np.sqrt(w.sum()) == pytest.approx(known["se_mu_dl"], rel=1e-8)
    assert np.sqrt(found["dl"] * errors**2 * w) == pytest.approx(known["sd_dl"], rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_the_spread_between_studies_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.2, 3, 9)
    y = rng.normal(0, 1 + seed / 2, 9) + rng.normal(0, errors)
    assert dersimonian_laird(y, errors) == pytest.approx(
        combine_effects(y, errors**2, method_re="dl").tau2
    )
    known = combine_effects(y, errors**2, method_re="iterated", atol=1e-12, maxiter=500).tau2
    assert paule_mandel(y, errors) == pytest.approx(known, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("method", [dersimonian_laird, paule_mandel])
def test_rows_with_gaps_are_answered_one_by_one(method: Callable[[Floats, Floats], Floats]) -> None:
    y = np.array([[0.0, 5.0, 9.0, np.nan], [1.0, 1.1, 0.9, 1.0], [3.0, np.nan, np.nan, np.nan]])
    errors = np.array([[1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, np.nan, 1.0]])
    found = method(y, errors)
    assert found[0] == pytest.approx(method(y[0, :3], errors[0, :3]))
    assert found[0] > 0
    assert found[1] == 0  # less apart than chance
    assert np.isnan(found[2])


def test_the_share_of_real_variation_is_that_of_the_bcg_trials() -> None:
    """metafor's documentation of dat.bcg (DL): I^2 = 92.12%."""
    case = reference_case("empirical_bayes", "eb-02")
    y, errors = np.array(case["input"]["effects"]), np.sqrt(case["input"]["variances"])
    found = heterogeneity(y, errors)
    assert found is not None
    assert found.share == pytest.approx(0.9212, abs=5e-5)
    alike = heterogeneity(np.array([1.0, 1.1]), np.array([1.0, 1.0]))
    assert alike is not None
    assert alike.share == 0
