"""Base models against scikit-learn and algebra."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from regulars_experiments.uplift import bases
from regulars_experiments.uplift.bases import find_penalty, fit_mean, prepare
from regulars_experiments.uplift.randomised import Features
from tests.experiments.uplift.build import Floats, features


def drawn(rows: int = 400) -> tuple[Features, Floats, Floats]:
    rng = np.random.default_rng(3)
    found = features(a=rng.normal(size=rows), b=rng.normal(size=rows), c=rng.normal(size=rows))
    signal = found.values[:, 0] - 0.5 * found.values[:, 1]
    return found, signal, rng.uniform(0.5, 2, rows)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_linear_base_is_ridge_regression_at_the_penalty_it_chose(weighted: bool) -> None:
    found, signal, weights = drawn()
    outcome = signal + np.random.default_rng(4).normal(size=len(signal))
    own = weights if weighted else None
    seen = prepare("linear", found)
    matrix = seen.matrix(found)
    penalty = bases._ridge_solution(matrix, outcome, own)[2]
    theirs = Ridge(alpha=penalty).fit(matrix, outcome, sample_weight=own).predict(matrix)
    ours = fit_mean(seen, matrix, outcome, weights=own, seed=1)(matrix)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_the_penalty_chosen_has_the_smallest_generalised_cross_validation_by_hand() -> None:
    found, signal, _ = drawn(60)
    outcome = signal + 2 * np.random.default_rng(4).normal(size=60)
    matrix = prepare("linear", found).matrix(found)
    penalty = bases._ridge_solution(matrix, outcome, None)[2]
    apart = matrix - matrix.mean(axis=0)

    def criterion(strength: float) -> float:
        hat = apart @ np.linalg.inv(apart.T @ apart + strength * np.eye(3)) @ apart.T + 1 / 60
        residual = outcome - hat @ outcome
        return float(residual @ residual / (1 - np.trace(hat) / 60) ** 2)

    assert criterion(penalty) <= min(criterion(60 * each) for each in bases._PENALTIES) + 1e-9


@pytest.mark.parametrize("weighted", [False, True])
def test_of_a_yes_or_no_it_is_penalised_logistic_regression(weighted: bool) -> None:
    found, signal, weights = drawn()
    outcome = (signal + np.random.default_rng(4).logistic(size=len(signal)) > 0).astype(float)
    own = weights if weighted else None
    seen = prepare("linear", found)
    matrix = seen.matrix(found)
    share = float(np.average(outcome, weights=own))
    penalty = bases._ridge_solution(matrix, outcome, own)[2] * share * (1 - share)
    theirs = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=1000)
    theirs.fit(matrix, outcome, sample_weight=own)
    ours = fit_mean(seen, matrix, outcome, weights=own, seed=1)(matrix)
    assert ours == pytest.approx(theirs.predict_proba(matrix)[:, 1], abs=1e-5)


def test_models_that_are_compared_can_share_a_penalty() -> None:
    found, signal, _ = drawn()
    outcome = signal + np.random.default_rng(4).normal(size=len(signal))
    seen = prepare("linear", found)
    matrix = seen.matrix(found)
    own = find_penalty(seen, matrix, outcome, None)
    alone = fit_mean(seen, matrix, outcome, weights=None, seed=1)(matrix)
    given = fit_mean(seen, matrix, outcome, weights=None, seed=1, penalty=own)(matrix)
    assert given == pytest.approx(alone, abs=1e-12)
    theirs = Ridge(alpha=0.03 * len(signal)).fit(matrix, outcome).predict(matrix)
    other = fit_mean(seen, matrix, outcome, weights=None, seed=1, penalty=0.03)(matrix)
    assert other == pytest.approx(theirs, abs=1e-9)


def test_a_feature_that_separates_buyers_perfectly_still_gives_finite_chances() -> None:
    found = features(x=np.repeat([0.0, 1.0], 50))
    seen = prepare("linear", found)
    matrix = seen.matrix(found)
    chance = fit_mean(seen, matrix, found.values[:, 0], weights=None, seed=1)(matrix)
    assert 0 < chance[0] < 0.05
    assert 0.95 < chance[-1] < 1


@pytest.mark.parametrize("base", bases.BASES)
def test_a_weight_of_two_is_the_same_customer_twice(base: str) -> None:
    rng = np.random.default_rng(5)
    values, outcome = rng.normal(size=400), rng.normal(size=400)
    weights = rng.integers(1, 3, 400)
    once, twice = features(x=values), features(x=np.repeat(values, weights))
    seen = prepare(base, once)
    at = seen.matrix(features(x=np.array([-1.0, 0.0, 1.0])))
    apart = fit_mean(seen, seen.matrix(once), outcome, weights=weights.astype(float), seed=1)
    together = fit_mean(seen, seen.matrix(twice), np.repeat(outcome, weights), weights=None, seed=1)
    if base == "linear":
        assert apart(at) == pytest.approx(together(at), abs=1e-9)
    else:  # its leaves count rows, so the trees may be cut elsewhere
        assert apart(at) == pytest.approx(together(at), abs=0.3)


def test_missing_values_have_a_level_of_their_own() -> None:
    values = np.array([1.0, 2.0, np.nan] * 200)
    outcome = np.where(np.isnan(values), 9.0, np.nan_to_num(values))
    found = features(x=values)
    for base in bases.BASES:
        seen = prepare(base, found)
        matrix = seen.matrix(found)
        model = fit_mean(seen, matrix, outcome, weights=None, seed=1)
        assert model(matrix)[:3] == pytest.approx([1, 2, 9], abs=0.3)


def test_each_frequent_category_has_its_mean_and_rare_ones_share_one() -> None:
    codes = np.repeat(np.arange(4.0), [500, 400, 95, 5])
    found = Features(names=("c",), values=codes[:, None], categories=(tuple("abcd"),))
    outcome = np.array([1.0, 5.0, 2.0, 100.0])[codes.astype(int)]
    seen = prepare("linear", found)
    model = fit_mean(seen, seen.matrix(found), outcome, weights=None, seed=1)
    each = Features(names=("c",), values=np.arange(4.0)[:, None], categories=found.categories)
    means = model(seen.matrix(each))
    assert seen.levels == (3,)
    assert means[0] == pytest.approx(1, abs=0.3)
    assert means[1] == pytest.approx(5, abs=0.3)
    assert means[3] > 50


def test_one_customer_with_a_hundred_times_the_usual_does_not_tilt_the_line() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=2_000)
    outcome = values + rng.normal(size=2_000)
    values[0], outcome[0] = 500.0, -50.0
    found = features(x=values)
    seen = prepare("linear", found)
    model = fit_mean(seen, seen.matrix(found), outcome, weights=None, seed=1)
    low, high = model(seen.matrix(features(x=np.array([0.0, 1.0]))))
    assert high - low == pytest.approx(1, abs=0.25)


def test_an_outcome_that_is_the_same_for_all_is_predicted_as_such() -> None:
    found = features(x=np.arange(10.0))
    for base in bases.BASES:
        seen = prepare(base, found)
        model = fit_mean(seen, seen.matrix(found), np.full(10, 3.5), weights=None, seed=1)
        assert model(seen.matrix(found)).tolist() == [3.5] * 10


def test_without_features_the_mean_is_predicted() -> None:
    none = Features(names=(), values=np.zeros((4, 0)), categories=())
    for base in bases.BASES:
        seen = prepare(base, none)
        model = fit_mean(seen, seen.matrix(none), np.array([0.0, 0, 1, 2]), weights=None, seed=1)
        assert model(seen.matrix(none)).tolist() == [0.75] * 4


def test_an_unknown_base_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="linear, boosted"):
        prepare("deep", features(x=[1.0]))
