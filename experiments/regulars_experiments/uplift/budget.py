"""Spending a budget of money: which arm to whom when arms cost differently.

At a price p of money an arm is worth its predicted effect less p times its cost, and each customer
gets the arm that is then worth most, if any is worth more than nothing. As the price falls the
actions walk along the concave hull of each customer's choices, which is how a budget is spent best
(the fractional multiple-choice knapsack of Sverdrup, Wu, Athey & Wager 2023, sec. 2). The price is
learnt like any other cut-off.
"""

from collections.abc import Sequence

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import STEPS, Choice, Cut, Ground
from regulars_experiments.uplift.randomised import FoldScores, IntArray
from regulars_experiments.uplift.values import gains


class Priced:
    """One learner's effects, spent down to a price. Options: 0 nobody, 1 the highest price."""

    def __init__(self, fold_scores: FoldScores, ground: Ground, *, kind: str) -> None:
        costs = ground.limits.costs
        if costs is None or not (costs[1:] > 0).all():
            raise ValueError("a budget of money needs a cost above zero for every arm")
        self.name, self.kind = fold_scores.name, kind
        self._ground, self._scores, self._costs = ground, fold_scores, costs
        self._prices = self._grid()
        self._sums: dict[int | None, tuple[FloatArray, FloatArray]] = {}

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:
        """The price of largest value among those that keep the limits."""
        if outer not in self._sums:
            self._sums[outer] = self._add_up(outer)
        sums, counts = self._sums[outer]
        total = sums[list(folds)].sum(axis=0)
        spend = total[:, 1:] / counts[list(folds)].sum()
        value = np.where(self._ground.limits.allow(spend), total[:, 0], -np.inf)
        return Cut(option=int(np.argmax(value)))

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:
        """The arm worth most at the price, if it is worth anything."""
        if not isinstance(choice, Cut):
            raise TypeError("a budget is cut at a price")
        scores = self._scores.out_of_fold if outer is None else self._scores.nested[outer]
        return best_at_price(scores[rows], self._costs, self._prices[choice.option])

    def _grid(self) -> FloatArray:
        """Prices at which a further twentieth of the customers become worth telling; falling."""
        per_cost = (self._scores.out_of_fold / self._costs[1:]).max(axis=1)
        shares = np.arange(1, STEPS + 1) / STEPS
        prices: FloatArray = np.maximum(np.quantile(per_cost, 1 - shares), 0.0)
        return np.concatenate([[np.inf], prices])

    def _add_up(self, outer: int | None) -> tuple[FloatArray, FloatArray]:
        ground = self._ground
        weights = np.ones(len(ground.folds)) if ground.weights is None else ground.weights
        inside = np.flatnonzero(ground.folds != outer)
        folds, weight = ground.folds[inside], weights[inside]
        sums = np.zeros((ground.fold_count, len(self._prices), 3))
        for option in range(len(self._prices)):
            actions = self.act(Cut(option=option), inside, outer)
            columns = np.column_stack(
                [gains(ground.scores[inside], actions), ground.limits.spend_of(actions)]
            )
            for place, column in enumerate(columns.T):
                sums[:, option, place] = np.bincount(
                    folds, weights=column * weight, minlength=ground.fold_count
                )
        counts = np.bincount(folds, weights=weight, minlength=ground.fold_count)
        return sums, counts.astype(np.float64)


def best_at_price(scores: FloatArray, costs: FloatArray, price: float) -> IntArray:
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
