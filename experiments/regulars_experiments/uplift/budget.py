"""Spending a budget of money: which arm to whom when arms cost differently.

At a price p of money an arm is worth its predicted effect less p times its cost, and each customer
gets the arm that is then worth most, if any is worth more than nothing. As the price falls the
actions walk along the concave hull of each customer's choices, which is how a budget is spent best
(the fractional multiple-choice knapsack of Sverdrup, Wu, Athey & Wager 2023, sec. 2). The price is
learnt like any other cut-off.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Choice, Cut, Ground
from regulars_experiments.uplift.randomised import FoldScores, IntArray
from regulars_experiments.uplift.values import gains

STEPS = 10
"""Options are tenths of the budget."""
_BISECTIONS = 30
_ROWS = 20_000  # of a fold are enough to know what a price would spend


class Priced:
    """One learner's effects, spent down to a price. Option g spends g tenths of the budget.

    The price that spends it is found in each fold by its own scores, which tells nothing of any
    outcome: scores of different models do not share a scale.
    """

    def __init__(self, fold_scores: FoldScores, ground: Ground, *, kind: str) -> None:
        costs, budget = ground.limits.costs, ground.limits.cost
        if costs is None or budget is None or not (costs[1:] > 0).all():
            raise ValueError("a budget of money needs a cost above zero for every arm")
        self.name, self.kind = fold_scores.name, kind
        self._ground, self._scores = ground, fold_scores
        self._costs, self._budget = costs, budget
        self._views: dict[int | None, tuple[FloatArray, FloatArray, FloatArray]] = {}

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:
        """The share of the budget of largest value."""
        _, sums, counts = self._view(outer)
        total = sums[list(folds)].sum(axis=0)
        spend = total[:, 1:] / counts[list(folds)].sum()
        value = np.where(self._ground.limits.allow(spend), total[:, 0], -np.inf)
        return Cut(option=int(np.argmax(value)))

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:
        """The arm worth most at the price of the row's fold, if it is worth anything."""
        if not isinstance(choice, Cut):
            raise TypeError("a budget is cut at a price")
        prices, _, _ = self._view(outer)
        folds = self._ground.folds[rows]
        actions = np.zeros(len(rows), dtype=np.int64)
        for fold in np.unique(folds):
            inside = folds == fold
            scores = self._known(outer)[rows[inside]]
            actions[inside] = best_at_price(scores, self._costs, prices[fold, choice.option])
        return actions

    def _known(self, outer: int | None) -> npt.NDArray[np.floating]:
        return self._scores.out_of_fold if outer is None else self._scores.nested[outer]

    def _view(self, outer: int | None) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(prices (folds, options), sums (folds, options, 3), customers (folds,))."""
        if outer not in self._views:
            self._views[outer] = self._look(outer)
        return self._views[outer]

    def _look(self, outer: int | None) -> tuple[FloatArray, FloatArray, FloatArray]:
        ground, known = self._ground, self._known(outer)
        prices = np.full((ground.fold_count, STEPS + 1), np.inf)
        sums = np.zeros((ground.fold_count, STEPS + 1, 3))
        counts = np.zeros(ground.fold_count)
        for fold in range(ground.fold_count):
            if fold == outer:
                continue
            rows = np.flatnonzero(ground.folds == fold)
            weights = np.ones(len(rows)) if ground.weights is None else ground.weights[rows]
            counts[fold] = weights.sum()
            for option in range(1, STEPS + 1):
                target = self._budget * option / STEPS
                price = price_that_spends(target, known[rows], self._costs, weights)
                prices[fold, option] = price
                actions = best_at_price(known[rows], self._costs, price)
                columns = np.column_stack(
                    [gains(ground.scores[rows], actions), ground.limits.spend_of(actions)]
                )
                sums[fold, option] = weights @ columns
        return prices, sums, counts


def price_that_spends(
    target: float,
    scores: npt.NDArray[np.floating],
    costs: FloatArray,
    weights: FloatArray,
) -> float:
    """The lowest price at which the best actions cost at most `target` per customer; at least 0.

    scores: (rows, A). Of many rows a part is asked, evenly through the file.
    """
    step = max(len(scores) // _ROWS, 1)
    scores, weights = scores[::step], weights[::step]

    def spent(price: float) -> float:
        return float(np.average(costs[best_at_price(scores, costs, price)], weights=weights))

    if spent(0.0) <= target:
        return 0.0
    low, high = 0.0, float(np.max(scores / costs[1:]))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if spent(middle) <= target:
            high = middle
        else:
            low = middle
    return high


def best_at_price(scores: npt.NDArray[np.floating], costs: FloatArray, price: float) -> IntArray:
    """(rows,): the action worth most at a price of money; 0 where none is worth anything.

    scores: (rows, A) predicted effects. costs: (A + 1,).

    >>> import numpy as np
    >>> effects, costs = np.array([[1.0, 3.0]]), np.array([0.0, 1.0, 4.0])
    >>> [int(best_at_price(effects, costs, price)[0]) for price in (0.0, 0.8, 1.2)]
    [2, 1, 0]
    """
    if np.isinf(price):
        return np.zeros(len(scores), dtype=np.int64)
    worth = scores - price * costs[1:]
    best = worth.argmax(axis=1)
    pays = np.take_along_axis(worth, best[:, None], axis=1)[:, 0] > 0
    return np.where(pays, best + 1, 0).astype(np.int64)
