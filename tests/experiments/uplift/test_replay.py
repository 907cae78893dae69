"""Replay on a campaign whose truth is known, or where every arm is worth the same."""

import numpy as np

from regulars_experiments.results import Estimate
from regulars_experiments.uplift.replay import OneArm, best_arm, replay
from regulars_experiments.verdicts import Evidence
from tests.experiments.uplift.worlds import fitted_with, world_of_arms


def test_of_arms_that_are_all_worth_nothing_the_best_is_worth_nothing_to_everyone() -> None:
    """The luckiest of three on the same customers would lead by most of a standard error."""
    leads, lucky = [], []
    for seed in range(60):
        data = world_of_arms(np.random.default_rng(seed), np.tile((0.0, 0.0, 0.0), (600, 1)))
        fitted = fitted_with(data, {})
        nobody = np.zeros(600, dtype=np.int64)
        found = replay(data, fitted, nobody, others={}, confidence=0.95).against[0]
        picked = [
            replay(data, fitted, nobody, others={}, confidence=0.95, everyone=all_of(arm, 600))
            for arm in (1, 2, 3)
        ]
        values = [one.against[0].value for one in picked]
        assert isinstance(found.value, Estimate)
        leads.append(-found.value.estimate)
        lucky.append(max(-one.estimate for one in values if isinstance(one, Estimate)))

    error = np.std(leads, ddof=1) / np.sqrt(len(leads))
    assert abs(np.mean(leads)) < 3 * error
    assert np.mean(lucky) > 3 * error


def all_of(arm: int, rows: int) -> OneArm:
    return OneArm(arms=np.full(rows, arm, dtype=np.int64))


def test_an_arm_that_is_plainly_best_is_everyones_in_every_fold() -> None:
    data = world_of_arms(np.random.default_rng(3), np.tile((0.0, 2.0, 0.5), (3_000, 1)))
    found = best_arm(data, fitted_with(data, {}))

    assert found.numbers == (2,)
    assert found.agreement == 1.0


def test_a_plan_for_nobody_is_worth_exactly_nothing() -> None:
    data = world_of_arms(np.random.default_rng(4), np.tile((1.0, 0.0, 0.0), (600, 1)))
    nobody = np.zeros(600, dtype=np.int64)
    found = replay(data, fitted_with(data, {}), nobody, others={}, confidence=0.95)

    assert isinstance(found.value.value, Estimate)
    assert found.value.value.estimate == 0.0
    assert found.against[0].verdict is Evidence.PROVED_WORSE
