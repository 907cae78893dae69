"""Ways of choosing whom to target, each able to learn from some folds and act on another.

A candidate sees the folds it may learn from and nothing else. `outer` says which fold's customers
no model may have seen either: None for all customers, k while a choice for fold k is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.columns import Binned
from regulars_experiments.uplift.randomised import BoolArray, IntArray
from regulars_experiments.uplift.splits import (
    Leaf,
    Node,
    Pairs,
    Tree,
    card,
    follow,
    one_question,
    priced,
)

_PRICE_STEPS = 14  # of the bisection: a price to one part in 16,000 of where it starts


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the next round may use; None is no limit.

    share: of the customers, 0 to 1. cost: per customer of the audience, in the unit of account;
    costs: (A + 1,), what each action costs for one customer.
    """

    share: float | None = None
    cost: float | None = None
    costs: FloatArray | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a limit that cannot be kept or checked."""
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError(f"a share of the customers lies from 0 to 1, not at {self.share}")
        if self.cost is not None and (self.costs is None or self.cost < 0):
            raise ValueError("a budget is 0 or more and needs the costs of the actions")

    def spend_of(self, actions: IntArray) -> FloatArray:
        """(rows, 2): who is told (0 or 1), and what that costs."""
        costs = np.zeros(len(actions)) if self.costs is None else self.costs[actions]
        return np.column_stack([actions > 0, costs])

    def allow(self, spend: FloatArray) -> BoolArray:
        """Whether mean spends (..., 2) keep the limits; half a percent over is rounding."""
        fits = np.ones(spend.shape[:-1], dtype=np.bool_)
        for place, limit in enumerate((self.share, self.cost)):
            if limit is not None:
                fits &= spend[..., place] <= limit * 1.005 + 1e-12
        return fits

    @property
    def none(self) -> bool:
        """Whether there is no limit at all."""
        return self.share is None and self.cost is None

    def prices(self, price: float, arms: int) -> FloatArray:
        """(A + 1,): what each action has to earn on top at one price of what is scarce."""
        scarce = np.zeros(arms + 1)
        scarce[1:] = 1.0
        if self.cost is not None and self.costs is not None:
            scarce = np.asarray(self.costs, dtype=np.float64)
        return price * scarce


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What all candidates share: scores (rows, A + 1) of the actions, folds, weights, limits."""

    scores: FloatArray
    folds: IntArray
    weights: FloatArray | None
    limits: Limits

    @property
    def fold_count(self) -> int:
        """K."""
        return int(self.folds.max()) + 1

    def mean(self, values: FloatArray, rows: IntArray) -> FloatArray:
        """Weighted means of columns (rows, columns) that belong to these rows."""
        weights = None if self.weights is None else self.weights[rows]
        return np.asarray(np.average(values, axis=0, weights=weights))

    def high_price(self) -> float:
        """A price of what is scarce that hardly any group of a hundred customers is worth."""
        gains = self.scores[:, 1:]
        most = float(np.abs(gains.mean(axis=0)).max() + gains.std(axis=0).max())
        costs = self.limits.costs
        if self.limits.cost is None or costs is None:
            return most
        return most / float(costs[costs > 0].min())


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A place on a ranking: `option` is what the ranking's tables call it; 0 is nobody."""

    option: int


Choice = Tree | Cut | tuple[int, ...]
"""A rule, a place on a ranking, or an action per segment."""


class Candidate(Protocol):
    """A way of choosing whom to target. simplicity: the smaller, the simpler."""

    @property
    def name(self) -> str:
        """As a leaderboard shows it."""
        ...

    @property
    def kind(self) -> str:
        """nobody, everyone, one_column, segments, card, response, learner or random."""
        ...

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:
        """The best choice on these folds."""
        ...

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:
        """The actions of these customers."""
        ...


def best_constant(total: FloatArray) -> Leaf:
    """The action that is best for everybody, leaving alone included; total: (A + 2,)."""
    return Leaf(action=int(np.argmax(total[:-1])))


@dataclass(frozen=True, kw_only=True, slots=True)
class Nobody:
    """Leave everybody alone."""

    ground: Ground
    name: str = "nobody"
    kind: str = "nobody"

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:  # noqa: ARG002 - nothing to learn
        """Nothing to learn."""
        return Leaf(action=0)

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:  # noqa: ARG002 - the same for all
        """All 0."""
        return np.zeros(len(rows), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Everyone:
    """One arm for everybody: that which did best on the folds learnt from, paying or not."""

    ground: Ground
    per_fold: FloatArray  # (folds, A + 2): sums of the scores, and the head-count
    name: str = "everyone"
    kind: str = "everyone"

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:  # noqa: ARG002 - no model
        """The best single arm."""
        total = self.per_fold[list(folds)].sum(axis=0)
        return Leaf(action=1 + int(np.argmax(total[1:-1])))

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:  # noqa: ARG002 - the same for all
        """Everybody's action."""
        action = choice.action if isinstance(choice, Leaf) else 0
        return np.full(len(rows), action, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A rule in words: one question, or (with `pairs`) a card of two questions deep."""

    name: str
    kind: str
    ground: Ground
    binned: Binned
    cells: Sequence[FloatArray]  # per column (folds, bins, A + 2)
    pairs: Pairs | None = None

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:  # noqa: ARG002 - no model
        """The rule of largest value on these folds among those within the limits.

        A limit is kept by a price on what is scarce, the lowest at which the best rule keeps it
        (of the rules on the concave hull of value over what they use).
        """
        totals = [cell[list(folds)].sum(axis=0) for cell in self.cells]
        if not totals:
            return Leaf(action=0)
        limits = self.ground.limits
        rows = np.flatnonzero(np.isin(self.ground.folds, folds))

        def fits(tree: Tree) -> bool:
            actions = self.act(tree, rows, None)
            return bool(limits.allow(self.ground.mean(limits.spend_of(actions), rows)))

        return cheapest_that_fits(
            lambda price: self._best(totals, folds, price), fits, self.ground.high_price()
        )

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:  # noqa: ARG002 - no model
        """Follow the rule."""
        if not isinstance(choice, Leaf | Node):
            raise TypeError("a rule is a tree")
        some = Binned(columns=self.binned.columns, codes=self.binned.codes[:, rows])
        return follow(choice, some)

    def _best(self, totals: Sequence[FloatArray], folds: Sequence[int], price: float) -> Tree:
        arms = self.ground.scores.shape[1] - 1
        prices = self.ground.limits.prices(price, arms) if price else None
        if self.pairs is not None:
            return card(self.pairs, totals, folds, prices)
        whole = priced(totals[0].sum(axis=0), prices)
        found = one_question(self.binned.columns, totals, by_area=False, prices=prices)
        if found is None or found[0] <= whole[:-1].max():
            return best_constant(whole)
        return found[1]


Found = TypeVar("Found")


def cheapest_that_fits(
    best: Callable[[float], Found], fits: Callable[[Found], bool], high: float
) -> Found:
    """best(price) at about the lowest price whose answer fits, by bisection from 0.

    high: where to look first; it is doubled until the answer fits, which it does once nobody is
    worth the price.
    """
    found = best(0.0)
    if fits(found):
        return found
    low, found = 0.0, best(high)
    while not fits(found):
        low, high = high, 2 * high
        found = best(high)
    for _ in range(_PRICE_STEPS):
        middle = (low + high) / 2
        tried = best(middle)
        if fits(tried):
            high, found = middle, tried
        else:
            low = middle
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Segments:
    """The user's own segments, each with the action that did best in it."""

    ground: Ground
    codes: IntArray  # (rows,)
    per_fold: FloatArray  # (folds, segments, A + 2)
    name: str = "own segments"
    kind: str = "segments"

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:  # noqa: ARG002 - no model
        """Per segment the best action at the lowest price that keeps the limits."""
        totals = self.per_fold[list(folds)].sum(axis=0)
        limits = self.ground.limits
        rows = np.flatnonzero(np.isin(self.ground.folds, folds))

        def best(price: float) -> tuple[int, ...]:
            prices = limits.prices(price, totals.shape[1] - 2) if price else None
            return tuple(priced(totals, prices)[:, :-1].argmax(axis=1).tolist())

        def fits(actions: tuple[int, ...]) -> bool:
            told = np.array(actions, dtype=np.int64)[self.codes[rows]]
            return bool(limits.allow(self.ground.mean(limits.spend_of(told), rows)))

        return cheapest_that_fits(best, fits, self.ground.high_price())

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:  # noqa: ARG002 - no model
        """Each customer's segment's action."""
        if not isinstance(choice, tuple):
            raise TypeError("segments have one action each")
        return np.array(choice, dtype=np.int64)[self.codes[rows]]
