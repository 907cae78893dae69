"""Scores that never saw their customer, and choices that never saw their fold."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from regulars_experiments.results import Estimate
from regulars_experiments.uplift import cross_fitting
from regulars_experiments.uplift.checks import UnfitDataError, UpliftError
from regulars_experiments.uplift.cross_fitting import cross_fit
from regulars_experiments.uplift.curves import curves
from regulars_experiments.uplift.learners import fit
from regulars_experiments.uplift.ordering import Trial
from regulars_experiments.uplift.randomised import CrossFitted, Randomised
from regulars_experiments.uplift.ranked import rank
from tests.experiments.uplift.build import campaign, hillstrom, mean_effects

QUICK = [(learner, "linear") for learner in ("S", "T", "X", "DR")]


@pytest.fixture(scope="module")
def data() -> Randomised:
    return campaign(3_000)


@pytest.fixture(scope="module")
def fitted(data: Randomised) -> CrossFitted:
    return cross_fit(data, learners=QUICK, seed=1)


def test_every_customer_has_a_score_and_nested_ones_outside_its_fold(
    data: Randomised, fitted: CrossFitted
) -> None:
    assert fitted.expected.shape == (3_000, 2)
    assert np.isfinite(fitted.expected).all()
    for scores in (*fitted.scores, fitted.response):
        assert np.isfinite(scores.out_of_fold).all()
        assert scores.nested.shape == (5, 3_000, 1)
        for fold in range(5):
            undefined = np.isnan(scores.nested[fold][:, 0])
            assert np.array_equal(undefined, fitted.folds == fold)


def test_out_of_fold_scores_are_those_of_a_model_without_the_fold(
    data: Randomised, fitted: CrossFitted
) -> None:
    outside = fitted.folds != 2
    alone = fit("T", "linear", data.rows(outside), 1).effects(data.rows(~outside).features)
    assert fitted.scores[1].out_of_fold[~outside] == pytest.approx(alone, abs=0.01)


def test_scores_do_not_move_when_outcomes_of_their_own_fold_do(
    data: Randomised, fitted: CrossFitted
) -> None:
    own = fitted.folds == 0
    # buyers stay buyers, so the folds stay the same; their amounts double
    moved = replace(data, outcome=np.where(own, data.outcome * 2, data.outcome))
    again = cross_fit(moved, learners=QUICK, seed=1)
    assert np.array_equal(again.folds, fitted.folds)
    for before, after in zip(fitted.scores, again.scores, strict=True):
        assert np.array_equal(before.out_of_fold[own], after.out_of_fold[own])
        assert not np.array_equal(before.out_of_fold[~own], after.out_of_fold[~own])
        # a choice for fold 0 is made on scores that know nothing of it
        assert np.array_equal(before.nested[0], after.nested[0], equal_nan=True)
    assert np.array_equal(fitted.expected[own], again.expected[own])


def test_nested_scores_do_not_know_their_own_fold_either(data: Randomised) -> None:
    before = cross_fit(data, learners=QUICK, folds=3, seed=1)
    own = before.folds == 1
    moved = np.where(own, data.outcome * 2, data.outcome)
    after = cross_fit(replace(data, outcome=moved), learners=QUICK, folds=3, seed=1)
    for one, other in zip(before.scores, after.scores, strict=True):
        assert np.array_equal(one.nested[0][own], other.nested[0][own])
        assert np.array_equal(one.nested[2][own], other.nested[2][own])


def test_folds_hold_as_many_of_each_arm_and_know_nothing_of_its_buyers() -> None:
    rare = campaign(2_000, effects=[(-0.25, -0.25)], chances=(0.1, 0.9))
    place = cross_fit(rare, learners=QUICK[1:2], seed=4).folds
    spreads = []
    for arm in (0, 1):
        counts = np.bincount(place[rare.arm == arm])
        assert counts.max() - counts.min() <= 1
        buyers = np.bincount(place[(rare.arm == arm) & (rare.outcome == 1)])
        spreads.append(buyers.max() - buyers.min())
    # buyers lie by chance: dealt out evenly, each fold would know of the others
    assert max(spreads) > 1


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(data: Randomised) -> None:
    one, same, other = (
        cross_fit(data, learners=QUICK[1:2], folds=3, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.scores[0].out_of_fold, same.scores[0].out_of_fold)
    assert not np.array_equal(one.folds, other.folds)


def test_what_is_found_out_of_fold_is_the_truth() -> None:
    data = campaign(3_000, effects=[(0.0, 1.0), (2.0, 0.0)], chances=(0.3, 0.4, 0.3), binary=False)
    found = cross_fit(data, learners=[("DR", "linear"), ("S", "boosted")], folds=3, seed=1)
    for scores in found.scores:
        means = mean_effects(scores.out_of_fold, data)
        assert means == pytest.approx(np.array([[0, 2], [1, 0]]), abs=0.3)
    assert found.response.base == "boosted"
    means = mean_effects(found.expected, data)
    assert means == pytest.approx(np.array([[10, 10, 12], [10, 11, 10]]), abs=0.3)


def test_a_campaign_without_effect_has_scores_without_relation_to_the_truth() -> None:
    # out of fold, a model of noise ranks noise: the difference among its upper half is nothing
    data = campaign(1_000, effects=[(0.0, 0.0)])
    score = (
        cross_fit(data, learners=[("T", "boosted")], folds=3, seed=1).scores[0].out_of_fold[:, 0]
    )
    upper = score > np.median(score)
    told, held = (data.outcome[upper & (data.arm == arm)] for arm in (1, 0))
    error = np.sqrt(told.var() / len(told) + held.var() / len(held))
    assert abs(told.mean() - held.mean()) < 3.5 * error


def test_progress_is_told_after_every_fit(data: Randomised) -> None:
    seen: list[tuple[str, int, int]] = []
    cross_fit(
        data,
        learners=QUICK[:2],
        folds=3,
        seed=1,
        progress=lambda name, done, of: seen.append((name, done, of)),
    )
    assert [done for _, done, _ in seen] == list(range(1, 13))
    assert all(later > earlier for (_, earlier, _), (_, later, _) in pairwise(seen))
    assert seen[-1][2] == 12
    assert {name for name, _, _ in seen} == {"S (linear)", "T (linear)"}


def test_very_many_customers_are_split_in_three(
    data: Randomised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_fitting, "MANY", 3_000)
    assert cross_fit(data, learners=QUICK[1:2], seed=1).folds.max() == 2


def test_too_few_folds_and_no_learner_are_refused(data: Randomised) -> None:
    with pytest.raises(UpliftError, match="at least 3 folds"):
        cross_fit(data, learners=QUICK, folds=2, seed=1)
    with pytest.raises(UpliftError, match="name at least one"):
        cross_fit(data, learners=[], seed=1)


def test_data_that_cannot_be_learnt_from_is_refused_with_the_reason(data: Randomised) -> None:
    with pytest.raises(UnfitDataError, match="nobody bought"):
        cross_fit(replace(data, outcome=np.zeros(3_000)), learners=QUICK, seed=1)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("mail", "learner", "published"),
    [
        # scikit-uplift's coefficient with scikit-learn's bases, mean of 10 times 5 folds
        ("Womens E-Mail", "T", 0.0605),
        ("Womens E-Mail", "X", 0.0585),
        ("Womens E-Mail", "DR", 0.0585),
        ("Mens E-Mail", "T", 0.0066),
    ],
)
def test_on_hillstrom_linear_learners_rank_as_measured_elsewhere(
    mail: str, learner: str, published: float
) -> None:
    data = hillstrom(mail, "visit")
    found = cross_fit(data, learners=[(learner, "linear")], folds=3, seed=1)
    trial = Trial(outcome=data.outcome, arm=data.arm)
    drawn = curves(rank(found.scores[0].out_of_fold[:, 0], trial), seed=None)
    assert isinstance(drawn.qini_coefficient, Estimate)
    # 1.5 sampling standard errors: the folds and the penalty are others
    assert drawn.qini_coefficient.estimate == pytest.approx(published, abs=0.012)
