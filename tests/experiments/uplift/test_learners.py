"""Learners find effects that are known, with chances of the arms that are known."""

from dataclasses import replace

import numpy as np
import pytest

from regulars_experiments.uplift.checks import UpliftError
from regulars_experiments.uplift.learners import LEARNERS, UnknownLearnerError, fit, response
from tests.experiments.uplift.build import campaign, mean_effects

OWN = ("S", "T", "X", "DR", "transformed outcome")
FOR_YES_OR_NO = ("class transformation", *(name for name in LEARNERS if "scikit" in name))
BASES = ("linear", "boosted")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("learner", [*OWN, *FOR_YES_OR_NO])
def test_every_learner_finds_who_is_moved(learner: str, base: str) -> None:
    data = campaign(8_000, effects=[(-0.1, 0.3)])
    found = mean_effects(fit(learner, base, data, 1).effects(data.features), data)
    if (learner, base) == ("scikit-uplift solo", "linear"):
        # without products its effect is nearly the same for everybody: the model says so
        assert found[:, 0] == pytest.approx([0.1, 0.1], abs=0.04)
    else:
        assert found[:, 0] == pytest.approx([-0.1, 0.3], abs=0.05)


@pytest.mark.parametrize(
    ("learner", "base"), [*((learner, "linear") for learner in OWN), ("T", "boosted")]
)
def test_amounts_and_several_arms_of_unequal_chance(learner: str, base: str) -> None:
    data = campaign(8_000, effects=[(0.0, 2.0), (3.0, -1.0)], chances=(0.2, 0.5, 0.3), binary=False)
    found = mean_effects(fit(learner, base, data, 1).effects(data.features), data)
    # the transformed outcome carries the whole outcome's size as noise
    allowed = 0.9 if learner == "transformed outcome" else 0.2
    assert found == pytest.approx(np.array([[0, 3], [2, -1]]), abs=allowed)


@pytest.mark.parametrize("base", ["linear"])
@pytest.mark.parametrize("learner", FOR_YES_OR_NO)
def test_unequal_chances_do_not_bend_learners_of_yes_and_no(learner: str, base: str) -> None:
    data = campaign(8_000, effects=[(0.2, 0.2)], chances=(0.2, 0.8))
    found = fit(learner, base, data, 1).effects(data.features)
    assert found.mean() == pytest.approx(0.2, abs=0.05)


def test_on_categories_the_linear_t_learner_is_the_difference_of_the_means() -> None:
    data = campaign(8_000, effects=[(0.5, 2.0)], binary=False)
    loyal = data.features.values[:, 0] == 1
    told = data.arm == 1
    by_hand = [
        data.outcome[group & told].mean() - data.outcome[group & ~told].mean()
        for group in (~loyal, loyal)
    ]
    found = mean_effects(fit("T", "linear", data, 1).effects(data.features), data)
    assert found[:, 0] == pytest.approx(by_hand, abs=0.02)


@pytest.mark.parametrize("learner", OWN)
def test_a_weight_counts_a_customer_that_often(learner: str) -> None:
    # customers moved up and down alike; weights make the moved-up ones three in four
    data = campaign(20_000, effects=[(-1.0, 1.0)], binary=False)
    loyal = data.features.values[:, 0]
    blind = replace(
        data,
        features=replace(data.features, values=data.features.values * [0, 1]),
        weights=1 + 2 * loyal,
    )
    found = fit(learner, "linear", blind, 1).effects(blind.features)
    assert found.mean() == pytest.approx(0.5, abs=0.15 if learner != "transformed outcome" else 0.4)


@pytest.mark.parametrize("learner", FOR_YES_OR_NO)
def test_learners_of_yes_and_no_refuse_amounts_and_say_what_to_use(learner: str) -> None:
    with pytest.raises(UpliftError, match="Use S, T, X, DR"):
        fit(learner, "linear", campaign(binary=False), 1)


def test_an_unknown_learner_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownLearnerError, match="choose one of S, T"):
        fit("R", "linear", campaign(), 1)


def test_the_response_model_predicts_the_outcome_under_each_arm() -> None:
    data = campaign(8_000, effects=[(0.1, 0.4)])
    found = mean_effects(response("linear", data, 1).effects(data.features), data)
    assert found[:, 0] == pytest.approx([0.4, 0.7], abs=0.03)


@pytest.mark.parametrize("base", BASES)
def test_the_same_seed_gives_the_same_model(base: str) -> None:
    data = campaign(1_000)
    one, other = (fit("DR", base, data, 7).effects(data.features) for _ in range(2))
    assert np.array_equal(one, other)


def test_missing_values_and_categories_are_taken_by_every_learner() -> None:
    data = campaign(400)
    values = data.features.values.copy()
    values[::5, 1] = np.nan
    values[::7, 0] = np.nan
    odd = replace(data.features, values=values, categories=(("no", "yes"), None))
    for learner in LEARNERS:
        found = fit(learner, "boosted", replace(data, features=odd), 1).effects(odd)
        assert np.isfinite(found).all()
    for learner in OWN:
        found = fit(learner, "linear", replace(data, features=odd), 1).effects(odd)
        assert np.isfinite(found).all()
