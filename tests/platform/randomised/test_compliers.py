"""The effect per user of the offer: never at odds with the effect per assigned customer."""

from collections.abc import Sequence

import numpy as np
import pytest

from regulars_experiments.metrics import Design, Metric
from regulars_experiments.ratios import RatioSet
from regulars_experiments.results import Estimate
from regulars_platform.randomised.compliers import ComplierEffect
from regulars_platform.randomised.evaluating import Asked, evaluate_file
from tests.platform.randomised.campaigns import campaign

METRICS = (
    Metric(name="spend", kind="mean", value={"spend": 1}),
    Metric(name="bought", kind="conversion", value={"bought": 1}),
)


def effects(seed: int, planned: int | None = None, lift: float = 0.0) -> Sequence[ComplierEffect]:
    plan = Design(
        arm="arm", control="held", metrics=METRICS, segments=("tier",), planned_customers=planned
    )
    frame = campaign(seed, buyers=0.03, lift=lift)
    return evaluate_file(frame.lazy(), Asked(design=plan, uptake="used")).compliers


@pytest.mark.parametrize("planned", [None, 30_000])
def test_a_user_is_worth_something_exactly_where_an_assigned_customer_is(
    planned: int | None,
) -> None:
    compared, proved = 0, 0
    for seed in range(25):
        for effect in effects(seed, planned, lift=0.6 * (seed % 2)):
            if isinstance(effect.assigned, Estimate):
                assert isinstance(effect.per_user, RatioSet), effect
                certain = effect.assigned.low > 0 or effect.assigned.high < 0
                assert effect.per_user.contains(0) is not certain, effect
                compared, proved = compared + 1, proved + certain
    assert compared > 100
    assert 10 < proved < compared - 10


def test_where_nothing_is_true_a_user_is_worth_nothing_as_often_as_it_says() -> None:
    """By standard errors alone, one in ten such campaigns would have made its users spend."""
    plan = Design(arm="arm", control="held", metrics=METRICS[:1])
    repetitions = 150
    held = []
    for seed in range(repetitions):
        asked = Asked(design=plan, uptake="used")
        found = evaluate_file(campaign(1_000 + seed).lazy(), asked).compliers[0].per_user
        assert isinstance(found, RatioSet)
        held.append(found.contains(0))
    wrong = 1 - np.mean(held)
    assert wrong < 0.05 + 2 * np.sqrt(0.05 * 0.95 / repetitions)
