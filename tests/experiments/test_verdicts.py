"""Evidence by its rule, advice against simulated decisions."""

import numpy as np
import pytest
from scipy import integrate, stats

from regulars_experiments.memory import remember
from regulars_experiments.pooling import Posterior, pool, single
from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_experiments.verdicts import (
    Advice,
    Decision,
    Evidence,
    decide,
    evidence_of,
    value_of_a_test,
    with_change,
)


def answer(low: float, high: float) -> Estimate:
    return Estimate(estimate=(low + high) / 2, standard_error=1.0, low=low, high=high, p_value=0.01)


@pytest.mark.parametrize(
    ("low", "high", "adjusted", "expected"),
    [
        (0.1, 2.0, None, Evidence.PROVED_BETTER),
        (-2.0, -0.1, None, Evidence.PROVED_WORSE),
        (-0.1, 2.0, None, Evidence.NOT_PROVED),
        (0.0, 2.0, None, Evidence.NOT_PROVED),
        (0.1, 2.0, 0.04, Evidence.PROVED_BETTER),
        (-2.0, -0.1, 0.04, Evidence.PROVED_WORSE),
        (0.1, 2.0, 0.06, Evidence.NOT_PROVED),
        (0.1, 2.0, float("nan"), Evidence.NOT_PROVED),
    ],
)
def test_proved_is_what_the_interval_and_the_correction_both_prove(
    low: float, high: float, adjusted: float | None, expected: Evidence
) -> None:
    assert evidence_of(answer(low, high), adjusted_p=adjusted, confidence=0.95) is expected


def test_what_cannot_be_estimated_proves_nothing_and_is_not_unproved() -> None:
    nothing = NotEstimable(reason=Reason.NO_BUYERS)
    assert evidence_of(nothing, adjusted_p=None, confidence=0.95) is Evidence.CANNOT_TELL


def decided(mean: float, error: float, **other: float) -> Decision:
    given = {"customers": 1000, "rounds": 5, "holdout_share": 0.2, "test_error": 1.0, **other}
    return decide(
        single(mean, error),
        0,
        customers=int(given["customers"]),
        rounds=int(given["rounds"]),
        holdout_share=given["holdout_share"],
        test_error=given["test_error"],
    )


@pytest.mark.parametrize(
    ("mean", "error", "test_error"), [(0.3, 1.0, 0.8), (-0.5, 1.2, 0.5), (2.0, 1.0, 1.0)]
)
def test_the_value_of_a_test_is_what_simulated_tests_earn(
    mean: float, error: float, test_error: float
) -> None:
    """Truth, a test's result, the posterior mean, and then the better of keep and stop."""
    rng = np.random.default_rng(41)
    truth = rng.normal(mean, error, 400_000)
    result = truth + rng.normal(0, test_error, truth.size)
    after = (mean / error**2 + result / test_error**2) / (1 / error**2 + 1 / test_error**2)
    earned = np.where(after > 0, truth, 0.0)
    untested = truth if mean > 0 else np.zeros(truth.size)
    gain = (earned - untested).mean()
    found = decided(mean, error, test_error=test_error)
    slack = 4 * (earned - untested).std() / np.sqrt(truth.size)
    assert found.value_of_test / (1000 * 4) == pytest.approx(gain, abs=slack)


@pytest.mark.parametrize(("mean", "misplaced"), [(0.4, 0.2), (-0.4, 0.8)])
def test_a_test_costs_what_is_foregone_on_those_not_where_the_mean_says(
    mean: float, misplaced: float
) -> None:
    assert decided(mean, 1.0).cost_of_test == pytest.approx(0.4 * 1000 * misplaced)


@pytest.mark.parametrize(
    ("mean", "error", "other", "expected"),
    [
        (5.0, 0.5, {}, Advice.KEEP),
        (-5.0, 0.5, {}, Advice.STOP),
        (0.1, 2.0, {}, Advice.RETEST),
        (-0.1, 2.0, {}, Advice.RETEST),
        (0.1, 2.0, {"rounds": 1}, Advice.KEEP),  # nothing is left to decide after the test
        (-0.1, 2.0, {"rounds": 1}, Advice.STOP),
        (0.1, 2.0, {"test_error": 1e6}, Advice.KEEP),  # a test that shows nothing
    ],
)
def test_the_advice_follows_expected_money(
    mean: float, error: float, other: dict[str, float], expected: Advice
) -> None:
    assert decided(mean, error, **other).advice is expected


def test_the_price_of_being_wrong_is_for_the_whole_horizon() -> None:
    found, normal = decided(0.5, 2.0), stats.norm(0.5, 2.0)
    gain = normal.expect(lambda x: x, lb=0)
    assert found.expected_net == pytest.approx(0.5 * 5000)
    assert found.chance_positive == pytest.approx(normal.sf(0))
    assert found.loss_if_stopped_wrongly == pytest.approx(gain * 5000)
    assert found.loss_if_kept_wrongly == pytest.approx((gain - 0.5) * 5000)


def test_a_certain_answer_needs_no_test() -> None:
    certain = Posterior(weights=np.ones(1), means=np.array([[1.0]]), deviations=np.array([[1e-12]]))
    found = decide(certain, 0, customers=10, rounds=9, holdout_share=0.5, test_error=1.0)
    assert found.value_of_test == 0
    assert found.advice is Advice.KEEP


SCHOOLS = pool(
    np.array([20.0, 0.0, -11.0, -1.0, -9.0, -7.0, 10.0, 4.0]),
    np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]),
    10.0,
)


@pytest.mark.parametrize("test_error", [0.5, 3.0, 20.0])
@pytest.mark.parametrize("segment", [0, 2, 4])
def test_the_value_of_a_test_is_its_integral_over_all_results(
    segment: int, test_error: float
) -> None:
    """Of a mixture, where the normal of the same mean and deviation would claim up to 80% more."""
    believed = SCHOOLS.of(segment)
    means, deviations = believed.means[:, 0], believed.deviations[:, 0]
    spread = np.hypot(deviations, test_error)

    def kept(result: float) -> float:
        likely = believed.weights * stats.norm.pdf(result, means, spread)
        after = likely @ (means + (deviations / spread) ** 2 * (result - means))
        return max(float(after), 0.0)

    reach = 9 * float(spread.max())
    known = integrate.quad(kept, -reach, 20 + reach, limit=500, epsabs=1e-10)[0]
    untested = max(float(believed.mean()[0]), 0.0)
    assert value_of_a_test(believed, test_error) == pytest.approx(known - untested, abs=1e-7)


@pytest.mark.parametrize(("mean", "error"), [(0.3, 1.0), (-2.0, 0.7), (0.0, 3.0)])
def test_the_value_of_a_test_of_one_normal_belief_is_the_unit_normal_loss(
    mean: float, error: float
) -> None:
    s = error**2 / np.hypot(error, 0.8)
    loss = integrate.quad(lambda z: (z - abs(mean) / s) * stats.norm.pdf(z), abs(mean) / s, 40)[0]
    assert value_of_a_test(single(mean, error), 0.8) == pytest.approx(s * loss, abs=1e-9)


def test_following_the_advice_earns_what_was_promised() -> None:
    """Segments drawn from what is believed, each tested once and then decided."""
    rng = np.random.default_rng(42)
    believed, draws = SCHOOLS.of(0), 400_000
    part = rng.choice(len(believed.weights), draws, p=believed.weights)
    truth = rng.normal(believed.means[part, 0], believed.deviations[part, 0])
    result = truth + rng.normal(0, 6.0, draws)
    # after the test: the mixture's mean at a grid of results, read by interpolation
    grid = np.linspace(result.min(), result.max(), 2000)
    prior = Posterior(
        weights=believed.weights,
        means=np.repeat(believed.means, len(grid), axis=1),
        deviations=np.repeat(believed.deviations, len(grid), axis=1),
    )
    after = remember(prior, grid, np.full(len(grid), 6.0)).with_memory.mean()
    earned = np.where(np.interp(result, grid, after) > 0, truth, 0.0)
    untested = truth if believed.mean()[0] > 0 else np.zeros(draws)
    slack = 4 * (earned - untested).std() / np.sqrt(draws)
    gain = (earned - untested).mean()
    assert value_of_a_test(believed, 6.0) == pytest.approx(gain, abs=slack)


def test_knowing_everything_is_worth_what_deciding_wrongly_would_lose() -> None:
    for segment in range(8):
        believed = SCHOOLS.of(segment)
        wrong = min(believed.expected_loss()[0], believed.expected_gain()[0])
        assert value_of_a_test(believed, 0.0) == pytest.approx(wrong)


def test_a_part_without_doubt_is_not_moved_by_a_test() -> None:
    """Half sure of 2, half N(-1, 1): the test only helps in the other half."""
    believed = Posterior(
        weights=np.array([0.5, 0.5]),
        means=np.array([[2.0], [-1.0]]),
        deviations=np.array([[0.0], [1.0]]),
    )
    y = np.linspace(-12, 12, 200_001)
    sure, unsure = stats.norm.pdf(y, 2, 1) / 2, stats.norm.pdf(y, -1, np.sqrt(2)) / 2
    after = np.maximum(sure * 2 + unsure * (-1 + (y + 1) / 2), 0)
    known = after.sum() * (y[1] - y[0]) - 0.5
    assert value_of_a_test(believed, 1.0) == pytest.approx(known, abs=1e-6)


def test_a_better_test_is_worth_more_and_none_is_worth_less_than_nothing() -> None:
    values = [value_of_a_test(SCHOOLS.of(6), error) for error in (0.0, 1.0, 5.0, 25.0, 1e3, 1e9)]
    assert values == sorted(values, reverse=True)
    assert values[-1] >= 0
    assert value_of_a_test(SCHOOLS.of(6), np.inf) == 0


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"holdout_share": 1.5}, "holdout"),
        ({"test_error": -1.0}, "error of a test"),
        ({"test_error": float("nan")}, "error of a test"),
    ],
)
def test_impossible_tests_are_refused(other: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decided(1.0, 1.0, **other)


@pytest.mark.parametrize(
    ("mean", "deviation", "gain", "advice"),
    [
        (0.5, 0.01, 0.1, Advice.CHANGE),
        (-0.5, 0.01, 0.4, Advice.STOP),  # less of a loss is still one
        (-0.5, 0.01, 0.6, Advice.CHANGE),
        (0.0, 1.0, 0.05, Advice.RETEST),  # knowing more is worth more than a small gain
        (0.5, 0.01, 0.0, Advice.KEEP),
        (0.5, 0.01, float("nan"), Advice.KEEP),
    ],
)
def test_changing_is_advised_where_it_earns_more_than_all_else(
    mean: float, deviation: float, gain: float, advice: Advice
) -> None:
    alone = decide(
        single(mean, deviation), 0, customers=1000, rounds=5, holdout_share=0.1, test_error=0.1
    )

    found = with_change(alone, gain, chance=0.9, customers=1000, rounds=5)

    assert found.advice is advice
    worth = {
        Advice.KEEP: alone.expected_net,
        Advice.STOP: 0.0,
        Advice.RETEST: max(alone.expected_net, 0.0) + alone.value_of_test - alone.cost_of_test,
    }
    if gain > 0:
        worth[Advice.CHANGE] = alone.expected_net + gain * 5000
        assert found.value_of_change == pytest.approx(gain * 5000)
    assert worth[found.advice] == pytest.approx(max(worth.values()))


@pytest.mark.parametrize(
    ("gain", "chance", "worth"),
    [
        (0.2, 0.6, 1000.0),
        (0.2, 0.59, None),  # hardly likelier than not
        (0.011, 0.9, 55.0),  # of E|net| = 1 each, 5,000 in all
        (0.009, 0.9, None),  # less than a hundredth of that
    ],
)
def test_a_small_or_doubtful_gain_is_no_reason_to_change(
    gain: float, chance: float, worth: float | None
) -> None:
    alone = decide(
        single(1.0, 0.001), 0, customers=1000, rounds=5, holdout_share=0.1, test_error=0.1
    )

    found = with_change(alone, gain, chance=chance, customers=1000, rounds=5)

    assert found.value_of_change == (None if worth is None else pytest.approx(worth))
    assert found.advice is (Advice.KEEP if worth is None else Advice.CHANGE)
