"""Rules of one and two questions against all rules tried one by one."""

from itertools import product

import numpy as np
import pytest

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.columns import Binned, bin_features, cells
from regulars_experiments.uplift.randomised import Features
from regulars_experiments.uplift.splits import (
    LEAST_ROWS,
    LEAST_SHARE,
    Leaf,
    Node,
    Pairs,
    card,
    follow,
    one_question,
)
from regulars_experiments.uplift.values import gains
from tests.experiments.uplift.worlds import features_of, folds_of

ROWS = 3_000


def scored(seed: int, arms: int = 1) -> tuple[Features, FloatArray]:
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.integers(0, 5, ROWS), rng.integers(0, 4, ROWS), rng.random(ROWS)])
    values[rng.random(ROWS) < 0.1, 0] = np.nan
    scores = np.zeros((ROWS, arms + 1))
    scores[:, 1:] = rng.normal(-0.05, 1, (ROWS, arms))
    scores[:, 1] += 0.4 * (values[:, 1] >= 2) * (values[:, 2] > 0.5)
    return features_of(values.astype(float)), scores


def totals_of(binned: Binned, scores: FloatArray) -> list[FloatArray]:
    return [cell.sum(axis=0) for cell in cells(binned, scores, folds_of(ROWS), None)]


def questions(binned: Binned) -> list[np.ndarray]:
    """Every question of ordered columns, as who says yes."""
    return [
        code >= cut
        for column, code in zip(binned.columns, binned.codes, strict=True)
        for cut in range(1, column.bins)
    ]


def large(*sides: np.ndarray) -> bool:
    return all(side.sum() >= max(LEAST_SHARE * ROWS, LEAST_ROWS) for side in sides)


def best_leaf(scores: FloatArray, inside: np.ndarray) -> float:
    return float(scores[inside].sum(axis=0).max())


@pytest.mark.parametrize("arms", [1, 2])
def test_the_best_single_question_is_found(arms: int) -> None:
    features, scores = scored(1, arms)
    binned = bin_features(features, bins=8)
    found = one_question(binned.columns, totals_of(binned, scores), by_area=False)
    by_hand = max(
        best_leaf(scores, yes) + best_leaf(scores, ~yes)
        for yes in questions(binned)
        if large(yes, ~yes)
        and scores[yes].sum(axis=0).argmax() != scores[~yes].sum(axis=0).argmax()
    )
    assert found is not None
    value, node = found
    assert value == pytest.approx(by_hand)
    assert gains(scores, follow(node, binned)).sum() == pytest.approx(by_hand)


def test_the_question_that_ranks_best_has_the_largest_area_under_its_gain_curve() -> None:
    features, scores = scored(2)
    binned = bin_features(features, bins=8)
    found = one_question(binned.columns, totals_of(binned, scores), by_area=True)
    assert found is not None

    def area(yes: np.ndarray) -> float:
        # the gain curve of a ranking with two values is two straight lines
        first, whole = scores[yes, 1].sum() / ROWS, scores[:, 1].sum() / ROWS
        curve = float(np.trapezoid([0, first, whole], [0, yes.mean(), 1]))
        return abs(curve - float(whole) / 2)

    by_hand = max(area(yes) for yes in questions(binned) if large(yes, ~yes))
    assert found[0] == pytest.approx(by_hand)


@pytest.mark.parametrize("arms", [1, 2])
def test_the_card_is_the_best_of_all_trees_of_two_questions(arms: int) -> None:
    features, scores = scored(3, arms)
    binned = bin_features(features, bins=5)
    folds = folds_of(ROWS)
    pairs = Pairs(binned, scores, folds, None)
    tree = card(pairs, totals_of(binned, scores), range(5))

    def side(inside: np.ndarray) -> float:
        values = [
            best_leaf(scores, inside & yes) + best_leaf(scores, inside & ~yes)
            for yes in questions(binned)
            if large(inside & yes, inside & ~yes)
        ]
        return max([best_leaf(scores, inside), *values])

    by_hand = max(side(yes) + side(~yes) for yes in questions(binned) if large(yes, ~yes))
    assert gains(scores, follow(tree, binned)).sum() == pytest.approx(by_hand)


def test_tables_of_some_folds_are_those_of_their_customers_alone() -> None:
    features, scores = scored(4)
    binned, folds = bin_features(features, bins=5), folds_of(ROWS)
    chosen = (0, 1, 2)
    pairs = Pairs(binned, scores, folds, None)
    some = np.isin(folds, (1, 3))
    part = Binned(columns=binned.columns, codes=binned.codes[:, some])
    alone = Pairs(part, scores[some], np.zeros(some.sum(), dtype=np.int64), None)
    for one, other in product(chosen, chosen):
        assert pairs.of(one, other, (1, 3)) == pytest.approx(alone.of(one, other, (0,)))


def test_where_nothing_pays_the_card_leaves_everybody_alone() -> None:
    features, scores = scored(5)
    scores[:, 1] = -1.0
    binned, folds = bin_features(features, bins=5), folds_of(ROWS)
    pairs = Pairs(binned, scores, folds, None)
    assert card(pairs, totals_of(binned, scores), range(5)) == Leaf(action=0)


def test_levels_of_a_category_are_grouped_by_what_they_gain() -> None:
    rng = np.random.default_rng(6)
    code = rng.integers(0, 4, ROWS).astype(float)
    features = Features(
        names=("channel",), values=code[:, None], categories=(("web", "app", "shop", "phone"),)
    )
    scores = np.zeros((ROWS, 2))
    scores[:, 1] = np.where(np.isin(code, (1, 3)), 1.0, -1.0) + 0.1 * rng.normal(size=ROWS)
    binned = bin_features(features, bins=8)
    found = one_question(binned.columns, totals_of(binned, scores), by_area=False)
    assert found is not None
    assert found[1].question.levels == ("app", "phone")
    assert isinstance(found[1], Node)
    assert found[1].yes == Leaf(action=1)
    assert found[1].no == Leaf(action=0)


def test_rare_levels_share_a_bin_and_missing_values_have_their_own() -> None:
    code = np.repeat(np.arange(6.0), [50, 40, 30, 2, 1, 1])
    code[0] = np.nan
    features = Features(
        names=("town",), values=code[:, None], categories=(("a", "b", "c", "d", "e", "f"),)
    )
    binned = bin_features(features, bins=4)
    assert binned.columns[0].levels == ("a", "b", "c", "")
    assert np.bincount(binned.codes[0]).tolist() == [1, 49, 40, 30, 4]


def test_a_price_leaves_out_whoever_is_not_worth_it() -> None:
    features, scores = scored(7)
    scores[:, 1] = np.where(features.values[:, 2] > 0.5, 3.0, 1.0)
    binned = bin_features(features, bins=8)
    totals = totals_of(binned, scores)
    found = one_question(binned.columns, totals, by_area=False, prices=np.array([0.0, 2.0]))
    assert found is not None
    assert found[1].question.column == "c"
    assert (found[1].yes, found[1].no) == (Leaf(action=1), Leaf(action=0))


def test_bins_of_a_narrow_column_of_large_numbers_are_told_apart() -> None:
    days = 20_000 + np.arange(3_000) % 10 + 0.25
    binned = bin_features(features_of(days[:, None]), bins=32)
    assert binned.columns[0].bins == 11
    moments = 1_767_225_600_000.0 + 1000.0 * np.arange(30_000)
    edges = bin_features(features_of(moments[:, None]), bins=32).columns[0].edges
    assert edges is not None
    assert len(edges) == 31
    assert all(
        abs(edge - quantile) < 1e6
        for edge, quantile in zip(edges, np.quantile(moments, np.arange(1, 32) / 32), strict=True)
    )
