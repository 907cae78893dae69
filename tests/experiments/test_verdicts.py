"""Evidence by its rule, advice against simulated decisions."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.pooling import Posterior, single
from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_experiments.verdicts import Advice, Decision, Evidence, decide, evidence_of


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
