"""Rules in words: one question, or two questions deep (the targeting card).

The search is exact over the bins of `columns`: every question of every column for the first, every
question for each of its two sides, and the best action in each leaf, by the sum of doubly robust
scores (a depth-2 policy tree; Athey & Wager 2021; Zhou, Athey & Wager 2023). The sums come from
tables of pairs of columns per fold, so that trees for any set of folds cost no further pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.columns import Binned, Codes, Column, sums
from regulars_experiments.uplift.randomised import BoolArray, IntArray

LEAST_SHARE = 0.02  # of the customers, on each side of a question
LEAST_ROWS = 100
_PAIRED_COLUMNS = 14  # whose pairs are tabulated for the card


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One yes-or-no question about one column.

    yes: which bins say yes, (bins,). at_least: the number asked about ("spend >= 80"), None for a
    category, whose `levels` say yes. missing: whether the missing say yes.
    """

    column: str
    yes: BoolArray
    at_least: float | None
    levels: tuple[str, ...]
    missing: bool

    def answered(self, codes: Codes) -> BoolArray:
        """(rows,): who says yes; codes: the column's."""
        answers: BoolArray = self.yes[codes]
        return answers


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """What to do with the customers who got here."""

    action: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A question and what follows each answer."""

    question: Question
    yes: "Tree"
    no: "Tree"


Tree = Leaf | Node


def follow(tree: Tree, binned: Binned) -> IntArray:
    """(rows,): each customer's action."""
    actions = np.zeros(binned.codes.shape[1], dtype=np.int64)
    places = {column.name: index for index, column in enumerate(binned.columns)}
    for inside, leaf in leaves(tree, binned, places):
        actions[inside] = leaf.action
    return actions


def leaves(
    tree: Tree, binned: Binned, places: dict[str, int] | None = None
) -> list[tuple[BoolArray, Leaf]]:
    """Each leaf with the customers in it, the yes side first."""
    places = places or {column.name: index for index, column in enumerate(binned.columns)}
    everybody = np.ones(binned.codes.shape[1], dtype=np.bool_)
    return _leaves(tree, binned, places, everybody)


def _leaves(
    tree: Tree, binned: Binned, places: dict[str, int], inside: BoolArray
) -> list[tuple[BoolArray, Leaf]]:
    match tree:
        case Leaf():
            return [(inside, tree)]
        case Node():
            yes = tree.question.answered(binned.codes[places[tree.question.column]])
            return [
                *_leaves(tree.yes, binned, places, inside & yes),
                *_leaves(tree.no, binned, places, inside & ~yes),
            ]


def one_question(
    columns: Sequence[Column],
    totals: Sequence[FloatArray],
    *,
    by_area: bool,
    prices: FloatArray | None = None,
) -> tuple[float, Node] | None:
    """The best rule of one column and its worth; None where no question has two large sides.

    totals: per column (bins, A + 2), cells summed over the folds to learn from. by_area: the
    question that ranks best (the largest Qini area of a ranking with two values); else the one of
    largest value among those whose two sides are treated differently. prices: as for `card`.
    """
    best: tuple[float, Node] | None = None
    for column, cells in zip(columns, totals, strict=True):
        total = priced(cells, prices)
        order = _order(column, total)
        left = np.cumsum(total[order], axis=0)[:-1]
        right = total.sum(axis=0) - left
        worth = _areas(left, right) if by_area else _values(left, right)
        worth = np.where(_enough(left[:, -1], right[:, -1]), worth, -np.inf)
        if not len(worth) or not np.isfinite(worth.max()):
            continue
        place = int(np.argmax(worth))
        if best is not None and worth[place] <= best[0]:
            continue
        lower, upper = left[place, :-1], right[place, :-1]
        best = (
            float(worth[place]),
            Node(
                question=_question(column, order[place + 1 :]),
                yes=Leaf(action=int(np.argmax(upper))),
                no=Leaf(action=int(np.argmax(lower))),
            ),
        )
    return best


class Pairs:
    """Sums per fold and pair of columns, each table made when it is first asked for.

    Pure in effect: the same tables whoever asks first.
    """

    def __init__(
        self, binned: Binned, scores: FloatArray, folds: IntArray, weights: FloatArray | None
    ) -> None:
        self.columns = binned.columns
        self._binned, self._scores, self._weights = binned, scores, weights
        self._folds, self._count = folds, int(folds.max()) + 1
        self._tables: dict[tuple[int, int], FloatArray] = {}

    def of(self, one: int, other: int, folds: Sequence[int]) -> FloatArray:
        """(bins of one, bins of other, A + 2) summed over folds."""
        table = self._table(min(one, other), max(one, other))
        total: FloatArray = table[list(folds)].sum(axis=0)
        return total if one <= other else total.swapaxes(0, 1)

    def _table(self, one: int, other: int) -> FloatArray:
        if (one, other) not in self._tables:
            a, b = self.columns[one].bins, self.columns[other].bins
            codes = self._binned.codes
            key = (self._folds * a + codes[one]) * b + codes[other]
            found = sums(key, self._count * a * b, self._scores, self._weights)
            self._tables[one, other] = found.reshape(self._count, a, b, -1)
        return self._tables[one, other]


def columns_to_pair(columns: Sequence[Column], totals: Sequence[FloatArray]) -> tuple[int, ...]:
    """The columns worth pairing: all if few, else those whose own question ranks best.

    totals: per column, over the folds that the card may learn from and no others.
    """
    usable = [index for index, column in enumerate(columns) if column.bins > 1]
    if len(usable) <= _PAIRED_COLUMNS:
        return tuple(usable)
    worth = []
    for index in usable:
        total = totals[index]
        left = np.cumsum(total[_order(columns[index], total)], axis=0)[:-1]
        areas = _areas(left, total.sum(axis=0) - left)
        worth.append(float(areas.max(initial=0.0)))
    best = np.argsort(-np.array(worth), kind="stable")[:_PAIRED_COLUMNS]
    return tuple(sorted(usable[index] for index in best))


def priced(total: FloatArray, prices: FloatArray | None) -> FloatArray:
    """Cells (..., A + 2) less a price for each customer told: prices (A + 1,), None is none."""
    if prices is None:
        return total
    cheaper = total.copy()
    cheaper[..., :-1] -= prices * total[..., -1:]
    return cheaper


def card(
    pairs: Pairs,
    totals: Sequence[FloatArray],
    folds: Sequence[int],
    prices: FloatArray | None = None,
) -> Tree:
    """The best tree of depth 2 by the sum of scores over these folds.

    totals: per column of `binned`, (bins, A + 2) over the same folds. prices: (A + 1,), what an
    action has to earn on top, for budgets. A leaf where every action costs more than it brings is
    left alone; questions that change nobody's action are left out.
    """
    chosen = columns_to_pair(pairs.columns, totals)
    totals = [priced(total, prices) for total in totals]
    search = _Search(pairs, chosen, folds, prices)
    whole = next(iter(totals)).sum(axis=0)
    best: Tree = _leaf(whole)
    best_value = float(whole[:-1].max())
    orders = {index: _order(pairs.columns[index], totals[index]) for index in chosen}
    for root in chosen:
        sides = [search.best_sides(root, other, orders) for other in chosen]
        if not len(sides[0][0]):
            continue
        below = np.stack([side[0] for side in sides])  # (columns, root cuts)
        above = np.stack([side[1] for side in sides])
        left = np.cumsum(totals[root][orders[root]], axis=0)[:-1]
        right = totals[root].sum(axis=0) - left
        value = np.maximum(below.max(axis=0), left[:, :-1].max(axis=1))
        value = value + np.maximum(above.max(axis=0), right[:, :-1].max(axis=1))
        value = np.where(_enough(left[:, -1], right[:, -1]), value, -np.inf)
        cut = int(np.argmax(value))
        # a question more has to earn more than rounding
        if value[cut] > best_value + 1e-9 * abs(best_value) and np.isfinite(value[cut]):
            best_value = float(value[cut])
            best = search.grow(root, cut, orders)
    return best


@dataclass(frozen=True, slots=True)
class _Search:
    """The second questions below a root. chosen: columns to ask about."""

    pairs: Pairs
    chosen: tuple[int, ...]
    folds: Sequence[int]
    prices: FloatArray | None

    def table(self, one: int, other: int) -> FloatArray:
        return priced(self.pairs.of(one, other, self.folds), self.prices)

    def best_sides(
        self, root: int, other: int, orders: dict[int, IntArray]
    ) -> tuple[FloatArray, FloatArray]:
        """(below, above): per cut of root the best sum by one question of `other` on that side."""
        table = self.table(root, other)[orders[root]][:, orders[other]]
        below = np.cumsum(table, axis=0)[:-1]
        above = table.sum(axis=0) - below
        found = []
        for side in (below, above):
            first = np.cumsum(side, axis=1)[:, :-1]
            second = side.sum(axis=1, keepdims=True) - first
            value = first[..., :-1].max(axis=-1) + second[..., :-1].max(axis=-1)
            value = np.where(_enough(first[..., -1], second[..., -1], whole=table), value, -np.inf)
            found.append(value.max(axis=1, initial=-np.inf))
        return found[0], found[1]

    def grow(self, root: int, cut: int, orders: dict[int, IntArray]) -> Tree:
        """The tree below the best cut of `root`."""
        order = orders[root]
        children: list[Tree] = []
        for bins in (order[cut + 1 :], order[: cut + 1]):
            best_value = -np.inf
            child: Tree = Leaf(action=0)
            for other in self.chosen:
                table = self.table(root, other)
                side = table[bins].sum(axis=0)
                whole = side.sum(axis=0)
                if not np.isfinite(best_value):
                    best_value, child = float(whole[:-1].max()), _leaf(whole)
                first = np.cumsum(side[orders[other]], axis=0)[:-1]
                second = whole - first
                value = first[:, :-1].max(axis=1) + second[:, :-1].max(axis=1)
                value = np.where(_enough(first[:, -1], second[:, -1], whole=table), value, -np.inf)
                place = int(np.argmax(value)) if len(value) else 0
                if len(value) and value[place] > best_value + 1e-9 * abs(best_value):
                    best_value = float(value[place])
                    child = Node(
                        question=_question(self.pairs.columns[other], orders[other][place + 1 :]),
                        yes=_leaf(second[place]),
                        no=_leaf(first[place]),
                    )
            children.append(child)
        yes, no = children
        if isinstance(yes, Leaf) and isinstance(no, Leaf) and yes.action == no.action:
            return yes
        return Node(question=_question(self.pairs.columns[root], order[cut + 1 :]), yes=yes, no=no)


def _leaf(total: FloatArray) -> Leaf:
    return Leaf(action=int(np.argmax(total[:-1])))


def _order(column: Column, total: FloatArray) -> IntArray:
    """In which order a column's bins are cut: numbers as they are, levels by their best mean."""
    if column.edges is not None:
        return np.arange(column.bins)
    told = total[:, 1:-1].max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(total[:, -1] > 0, told / total[:, -1], 0.0)
    return np.argsort(mean, kind="stable")


def _question(column: Column, yes_bins: IntArray) -> Question:
    yes = np.zeros(column.bins, dtype=np.bool_)
    yes[yes_bins] = True
    if column.edges is not None:
        first = int(yes_bins.min())
        # bin 1 is what lies below every edge: "has a value at all"
        at_least = -np.inf if first <= 1 else float(column.edges[first - 2])
        return Question(
            column=column.name, yes=yes, at_least=at_least, levels=(), missing=bool(yes[0])
        )
    words = column.levels or ()
    levels = tuple(word for index, word in enumerate(words, start=1) if yes[index])
    return Question(column=column.name, yes=yes, at_least=None, levels=levels, missing=bool(yes[0]))


def _areas(left: FloatArray, right: FloatArray) -> FloatArray:
    """Qini area of ranking one side before the other, per customer: |L R_n - R L_n| / (2 n^2)."""
    n_left, n_right = left[:, -1:], right[:, -1:]
    n = n_left + n_right
    with np.errstate(divide="ignore", invalid="ignore"):
        area = np.abs(left[:, 1:-1] * n_right - right[:, 1:-1] * n_left) / (2 * n**2)
    found: FloatArray = np.nan_to_num(area).max(axis=1)
    return found


def _values(left: FloatArray, right: FloatArray) -> FloatArray:
    """Sum of the best actions of both sides where they differ, -inf where they do not."""
    differ = left[:, :-1].argmax(axis=1) != right[:, :-1].argmax(axis=1)
    value = left[:, :-1].max(axis=1) + right[:, :-1].max(axis=1)
    return np.where(differ, value, -np.inf)


def _enough(one: FloatArray, other: FloatArray, *, whole: FloatArray | None = None) -> BoolArray:
    """Whether both sides of a question have enough customers; whole: table of all of them."""
    everybody = one + other if whole is None else whole[..., -1].sum()
    least = np.maximum(LEAST_SHARE * everybody, LEAST_ROWS)
    enough: BoolArray = (one >= least) & (other >= least)
    return enough
