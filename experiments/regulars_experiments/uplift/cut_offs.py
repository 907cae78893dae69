"""Customers ranked by a learner's scores and cut off: how far down the list is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Choice, Cut, Ground
from regulars_experiments.uplift.randomised import BoolArray, FoldScores, IntArray
from regulars_experiments.uplift.values import gains

STEPS = 20
"""Cut-offs are tried at every twentieth of the list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """A ranking as seen by one outer fold; what each option does is worked out once.

    levels: (rows,), 1 to STEPS, the twentieth of its own fold in which a row's rank lies (rows of
    equal score share their middle rank). arms: (rows,), the arm of the largest predicted effect.
    gainful: (rows,), a predicted effect above zero. sums: (folds, options, 3): score, customers
    told and their cost per option, added up; counts: (folds,) customers.
    """

    levels: npt.NDArray[np.uint8]
    arms: npt.NDArray[np.uint8]
    gainful: BoolArray
    sums: FloatArray
    counts: FloatArray


class Ranking:
    """Customers ranked by one learner's scores, with the cut-off learnt.

    Options: 0 nobody, g the best g twentieths by the rank within the fold (scores of different
    models do not share a scale), and, where scores are effects, STEPS + 1: whoever is predicted to
    gain.
    """

    def __init__(self, fold_scores: FoldScores, ground: Ground, *, kind: str) -> None:
        self.name, self.kind = fold_scores.name, kind
        self._ground, self._scores = ground, fold_scores
        self._effects = kind == "learner"
        self._views: dict[int | None, _View] = {}

    def learn(self, folds: Sequence[int], outer: int | None) -> Choice:
        """The option of largest value among those within the limits."""
        view = self._view(outer)
        total = view.sums[list(folds)].sum(axis=0)
        spend = total[:, 1:] / view.counts[list(folds)].sum()
        value = np.where(self._ground.limits.allow(spend), total[:, 0], -np.inf)
        return Cut(option=int(np.argmax(value)))

    def act(self, choice: Choice, rows: IntArray, outer: int | None) -> IntArray:
        """The arm of largest effect for those above the cut."""
        if not isinstance(choice, Cut):
            raise TypeError("a ranking is cut")
        view = self._view(outer)
        return _told(choice.option, view.levels[rows], view.arms[rows], view.gainful[rows])

    def _view(self, outer: int | None) -> _View:
        if outer not in self._views:
            scores = self._scores.out_of_fold if outer is None else self._scores.nested[outer]
            self._views[outer] = self._look(scores)
        return self._views[outer]

    def _look(self, scores: npt.NDArray[np.floating]) -> _View:
        ground = self._ground
        arms = scores.argmax(axis=1)
        score = np.take_along_axis(scores, arms[:, None], axis=1)[:, 0]
        levels = np.zeros(len(score), dtype=np.uint8)
        for fold in range(ground.fold_count):
            rows = np.flatnonzero((ground.folds == fold) & ~np.isnan(score))
            weights = None if ground.weights is None else ground.weights[rows]
            ranks = middle_ranks(score[rows], weights)
            levels[rows] = np.clip(np.ceil(ranks * STEPS), 1, STEPS)
        told = (arms + 1).astype(np.uint8)
        gainful = np.nan_to_num(score, nan=-1.0) > 0
        sums = self._sums(levels, told, gainful)
        weights = np.ones(len(score)) if ground.weights is None else ground.weights
        counts = np.bincount(
            ground.folds, weights=weights * (levels > 0), minlength=ground.fold_count
        ).astype(np.float64)
        return _View(levels=levels, arms=told, gainful=gainful, sums=sums, counts=counts)

    def _sums(
        self, levels: npt.NDArray[np.uint8], arms: npt.NDArray[np.uint8], gainful: BoolArray
    ) -> FloatArray:
        ground = self._ground
        actions = arms.astype(np.int64)
        columns = np.column_stack([gains(ground.scores, actions), ground.limits.spend_of(actions)])
        if ground.weights is not None:
            columns = columns * ground.weights[:, None]
        size = ground.fold_count * (STEPS + 1)
        key = ground.folds * (STEPS + 1) + levels
        by_level = np.stack(
            [np.bincount(key, weights=c, minlength=size) for c in columns.T], axis=-1
        ).reshape(ground.fold_count, STEPS + 1, 3)
        by_level[:, 0] = 0.0  # rows without a score
        by_level = np.cumsum(by_level, axis=1)
        if not self._effects:
            return np.asarray(by_level, dtype=np.float64)
        inside = gainful & (levels > 0)
        plugged = np.stack(
            [
                np.bincount(ground.folds[inside], weights=c[inside], minlength=ground.fold_count)
                for c in columns.T
            ],
            axis=-1,
        )
        return np.concatenate([by_level, plugged[:, None]], axis=1)


def _told(
    option: int,
    levels: npt.NDArray[np.uint8],
    arms: npt.NDArray[np.uint8],
    gainful: BoolArray,
) -> IntArray:
    inside = (gainful if option > STEPS else levels <= option) & (levels > 0)
    return np.where(inside, arms, 0).astype(np.int64)


def middle_ranks(score: npt.NDArray[np.floating], weights: FloatArray | None) -> FloatArray:
    """(rows,): the share of customers ranked before, counting half of those with the same score.

    >>> import numpy as np
    >>> middle_ranks(np.array([0.2, 0.9, 0.2, 0.1]), None)
    array([0.5  , 0.125, 0.5  , 0.875])
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    weight = np.ones(len(score)) if weights is None else weights[order]
    ends = np.cumsum(weight)
    first = (
        np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(score) else np.empty(0, int)
    )
    block = np.cumsum(np.r_[True, ranked[1:] != ranked[:-1]]) - 1 if len(score) else first
    starts = ends[first] - weight[first]
    lasts = np.r_[starts[1:], ends[-1:]]
    ranks = np.empty(len(score))
    ranks[order] = ((starts + lasts) / 2)[block] / (ends[-1] if len(score) else 1.0)
    return ranks
