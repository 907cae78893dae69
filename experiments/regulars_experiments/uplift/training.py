"""The customers that uplift models are fitted on, and the models that several learners share."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.bases import Predictor, Preparation, find_penalty, fit_mean
from regulars_experiments.uplift.randomised import BoolArray, IntArray, Randomised


class Training:
    """The customers a model is fitted on, and the models that several learners share."""

    def __init__(
        self, preparation: Preparation, matrix: FloatArray, data: Randomised, *, seed: int
    ) -> None:
        """matrix: of `preparation`, one row per customer of `data`."""
        self.preparation = preparation
        self.matrix = matrix
        self.outcome = data.outcome
        self.arm = data.arm
        self.weights = data.weights
        self.probabilities = data.probabilities
        self.seed = seed
        self._latest: tuple[FloatArray, FloatArray] | None = None

    @property
    def treated_arms(self) -> range:
        """1 to A."""
        return range(1, len(self.probabilities))

    def chance(self, arm: int) -> float:
        """Of this arm, among those in it or held out."""
        return float(self.probabilities[arm] / (self.probabilities[0] + self.probabilities[arm]))

    def fit(
        self,
        rows: BoolArray | IntArray,
        outcome: FloatArray,
        *,
        columns: FloatArray | None = None,
        times: FloatArray | None = None,
        penalty: float | None = None,
    ) -> Predictor:
        """A base model on some rows; outcome, columns and times (further weights) are theirs."""
        weights = None if self.weights is None else self.weights[rows]
        # even arms weigh nothing, and boosting with weights takes half as long again
        if times is not None and not (times == 1).all():
            weights = times if weights is None else weights * times
        matrix = self.matrix[rows] if columns is None else columns
        return fit_mean(
            self.preparation, matrix, outcome, weights=weights, seed=self.seed, penalty=penalty
        )

    def find_penalty(self, rows: IntArray, outcome: FloatArray) -> float | None:
        """One for all models whose predictions are compared; outcome: of these rows."""
        weights = None if self.weights is None else self.weights[rows]
        return find_penalty(self.preparation, self.matrix[rows], outcome, weights)

    @cached_property
    def outcome_models(self) -> tuple[Predictor, ...]:
        """The outcome's mean under each arm, held out first: one model per arm, one penalty."""
        common = self.find_penalty(np.arange(len(self.outcome)), self.outcome)
        return tuple(
            self.fit(rows, self.outcome[rows], penalty=common)
            for rows in (self.arm == arm for arm in range(len(self.probabilities)))
        )

    def expected(self, matrix: FloatArray) -> FloatArray:
        """(rows, A + 1): the outcome expected of other customers under each arm.

        Several learners ask for the same customers one after the other.
        """
        if self._latest is None or self._latest[0] is not matrix:
            found = np.column_stack([model(matrix) for model in self.outcome_models])
            self._latest = (matrix, found)
        return self._latest[1]

    def above_level(self, arm: int, rows: BoolArray) -> Iterator[tuple[IntArray, FloatArray]]:
        """Twice: half of these rows, and their outcome less what models of the others expect.

        Expected is (1 - e) E[y | told] + e E[y | held out]. rows: those in the arm or held out; e:
        the arm's chance among them. One model of the outcome says it, with weights (1 - e) / e for
        those told and e / (1 - e) for the others.
        """
        chance, places = self.chance(arm), np.flatnonzero(rows)
        treated = self.arm[places] == arm
        times = np.where(treated, (1 - chance) / chance, chance / (1 - chance))
        half = stratified_folds(treated.astype(np.int64), folds=2, seed=self.seed)
        for side in (0, 1):
            own, others = places[half == side], places[half != side]
            model = self.fit(others, self.outcome[others], times=times[half != side])
            yield own, self.outcome[own] - model(self.matrix[own])


def stratified_folds(arm: IntArray, *, folds: int, seed: int) -> IntArray:
    """(rows,), 0 to folds - 1: each arm's customers spread evenly, at random.

    Never by outcome: folds that hold the same number of buyers know of each other, and a choice
    made on some would be flattered on the rest (campaigns worth nothing came out above zero by 6%
    of what choosing on the same customers claims).

    >>> stratified_folds(np.array([0, 0, 1, 1]), folds=2, seed=1).tolist()
    [0, 1, 0, 1]
    """
    drawn = np.random.default_rng(seed).permutation(len(arm))
    order = drawn[np.argsort(arm[drawn], kind="stable")]
    found = np.empty(len(arm), dtype=np.int64)
    found[order] = np.arange(len(arm)) % folds
    return found


def limited(threads: int) -> AbstractContextManager[object]:
    """So many threads for linear algebra and boosting alike, while the context lasts.

    Two threads of boosting on a busy machine of two cores took 30 times the CPU time of one.
    """
    import sklearn.ensemble  # noqa: F401 (its thread pool must be there before it can be limited)
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=threads)
    return limits
