"""Values of policies: unbiased whatever the models say, with intervals that mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

from regulars_experiments.effects import as_summary, welch
from regulars_experiments.moments import Summary
from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_experiments.uplift.randomised import Randomised
from regulars_experiments.uplift.values import contrast, mean_and_error, robust_scores
from regulars_experiments.verdicts import Evidence
from tests.experiments.uplift.worlds import shop, world


def everyone_against_nobody(data: Randomised, expected: float = 0.0) -> Estimate:
    scores = robust_scores(data, np.full((len(data.outcome), 2), expected))
    rows = len(data.outcome)
    found = contrast(
        data,
        scores,
        np.ones(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int64),
        against="nobody",
        confidence=0.95,
    ).value
    assert isinstance(found, Estimate)
    return found


def summary(values: np.ndarray) -> Summary:
    return as_summary(len(values), values.mean(), values.var(ddof=1))


def test_scores_average_to_the_truth_whatever_the_models_expect() -> None:
    rng = np.random.default_rng(3)
    means = []
    for _ in range(200):
        data = world(rng, effect=lambda x: 2 * x[:, 0], rows=800, held_out=0.3)
        wrong = rng.normal(size=2) * 10  # models that know nothing
        expected = np.broadcast_to(wrong, (800, 2))
        means.append(robust_scores(data, expected)[:, 1].mean())
    error = np.std(means) / np.sqrt(len(means))
    assert abs(np.mean(means) - 1.0) < 3 * error


def test_with_the_arms_means_expected_everyone_against_nobody_is_welchs_difference() -> None:
    data = world(np.random.default_rng(5), effect=lambda x: x[:, 0], rows=20_000)
    held, told = data.outcome[data.arm == 0], data.outcome[data.arm == 1]
    share = len(told) / len(data.outcome)
    data = replace(data, probabilities=np.array([1 - share, share]))
    expected = np.broadcast_to([held.mean(), told.mean()], (len(data.outcome), 2))
    scores = robust_scores(data, np.array(expected))
    mean, error = mean_and_error(scores[:, 1], None)
    oracle = welch(summary(held), summary(told), 0.95).answer(0)
    assert isinstance(oracle, Estimate)
    assert mean == pytest.approx(oracle.estimate, rel=1e-9)
    assert error == pytest.approx(oracle.standard_error, rel=1e-3)


def test_a_weight_of_three_counts_a_customer_three_times() -> None:
    data = world(np.random.default_rng(7), effect=lambda x: x[:, 0], rows=300)
    weights = np.random.default_rng(8).integers(1, 4, 300)
    scores = robust_scores(data, np.zeros((300, 2)))[:, 1]
    repeated = np.repeat(scores, weights)
    assert mean_and_error(scores, weights.astype(float))[0] == pytest.approx(repeated.mean())


def test_policies_that_agree_on_everybody_differ_by_exactly_nothing() -> None:
    data = world(np.random.default_rng(9), effect=lambda x: x[:, 0], rows=500)
    scores = robust_scores(data, np.zeros((500, 2)))
    plan = np.arange(500) % 2
    found = contrast(data, scores, plan, plan, against="itself", confidence=0.95)
    assert found.value == Estimate(
        estimate=0.0, standard_error=0.0, low=0.0, high=0.0, p_value=None
    )
    assert found.verdict is Evidence.NOT_PROVED


def test_a_comparison_reads_only_those_whom_the_plans_treat_differently() -> None:
    data = world(np.random.default_rng(11), effect=lambda x: x[:, 0], rows=2_000)
    plan = np.ones(2_000, dtype=np.int64)
    other = plan.copy()
    other[:600] = 0
    scores = robust_scores(data, np.zeros((2_000, 2)))
    found = contrast(data, scores, plan, other, against="fewer", confidence=0.95).value
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(scores[:600, 1].sum() / 2_000)


def test_with_fewer_than_thirty_buyers_expected_there_is_no_value() -> None:
    data = shop(np.random.default_rng(13), rows=4_000, held_out=0.1, buyers=(0.02, 0.02))
    rows = np.ones(4_000, dtype=np.int64)
    scores = robust_scores(data, np.zeros((4_000, 2)))
    found = contrast(data, scores, rows, 0 * rows, against="nobody", confidence=0.95)
    assert found.value == NotEstimable(reason=Reason.TOO_FEW_BUYERS)
    assert found.verdict is Evidence.CANNOT_TELL
    assert found.detectable is None


def test_a_worthless_campaign_with_a_small_holdout_is_seldom_proved_better() -> None:
    """Normal limits around the same values prove it in more than 6 of 100 shops."""
    rng, proved, normal = np.random.default_rng(17), 0, 0
    shops = 500
    for _ in range(shops):
        data = shop(rng, rows=6_000, held_out=0.1, buyers=(0.08, 0.08))
        found = everyone_against_nobody(data)
        proved += found.low > 0
        assert found.standard_error is not None
        normal += found.estimate - 1.96 * found.standard_error > 0
    assert normal / shops > 0.05
    assert proved / shops < 0.04


def test_losses_have_the_limits_of_the_same_gains_turned_round() -> None:
    data = shop(np.random.default_rng(19), rows=8_000, held_out=0.1, buyers=(0.06, 0.08))
    gains = everyone_against_nobody(data)
    losses = everyone_against_nobody(replace(data, outcome=-data.outcome))
    assert losses.estimate == pytest.approx(-gains.estimate)
    assert losses.low == pytest.approx(-gains.high, rel=1e-9)
    assert losses.high == pytest.approx(-gains.low, rel=1e-9)


def test_what_telling_costs_moves_the_value_and_not_its_error() -> None:
    data = shop(np.random.default_rng(23), rows=8_000, held_out=0.2, buyers=(0.06, 0.08))
    costly = replace(
        data,
        outcome=data.outcome - 0.25 * data.arm,
        contact_costs=np.array([0.0, 0.25]),
    )
    # the arms' means as expectations, so that a constant cost is known to the models
    rows = len(data.outcome)
    free = everyone_against_nobody(data)
    scores = robust_scores(costly, np.tile([0.0, -0.25], (rows, 1)))
    ones = np.ones(rows, dtype=np.int64)
    dear = contrast(costly, scores, ones, 0 * ones, against="nobody", confidence=0.95).value
    assert isinstance(dear, Estimate)
    assert dear.estimate == pytest.approx(free.estimate - 0.25)
    assert dear.high - dear.low == pytest.approx(free.high - free.low)
