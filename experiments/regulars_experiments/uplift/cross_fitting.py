"""All learners cross-fitted: every customer scored only by models that never saw it.

Choosing a learner or a cut-off needs scores of its own that know nothing of the fold on which the
choice is valued. Models fitted without both folds of a pair give those: each scores either fold
while the other is held back, so K (K - 1) / 2 + K fits serve out-of-fold and nested scores alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.bases import BOOSTED, Predictor, prepare
from regulars_experiments.uplift.checks import Code as Found
from regulars_experiments.uplift.checks import UpliftError, check_arms, require_fit
from regulars_experiments.uplift.learners import DEFAULT_LEARNERS, find_learner
from regulars_experiments.uplift.randomised import (
    BoolArray,
    CrossFitted,
    FoldScores,
    IntArray,
    Randomised,
)
from regulars_experiments.uplift.training import Training, limited, stratified_folds

Progress = Callable[[str, int, int], None]
"""Told the learner just fitted, how many fits are done, and of how many."""

FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 200_000
"""So many customers teach a model enough on a third of them; fits are what takes the time."""


class WrongFoldsError(UpliftError):
    """Too few folds to choose on some and value on another."""


def cross_fit(
    data: Randomised,
    *,
    learners: Sequence[tuple[str, str]] = DEFAULT_LEARNERS,
    folds: int | None = None,
    seed: int,
    progress: Progress | None = None,
    threads: int = 1,
) -> CrossFitted:
    """Scores of each learner (name, base), the response model, and the outcome expected per arm.

    data: should have passed `checks.check`; arms without rows, one class only and fewer than 30
    buyers in an arm raise UnfitDataError here too. folds: 5, or 3 from 200,000 customers on; at
    least 3. seed: the same seed gives the same folds and models. threads: for all fits together; a
    busy machine is faster with 1.

    >>> rng = np.random.default_rng(1)
    >>> from regulars_experiments.uplift.randomised import Features
    >>> arm, loyal = rng.integers(0, 2, 3000), rng.integers(0, 2, 3000).astype(float)
    >>> data = Randomised(
    ...     features=Features(names=("loyal",), values=loyal[:, None], categories=(None,)),
    ...     outcome=10 + 2 * arm * loyal + rng.normal(size=3000), arm=arm,
    ...     probabilities=np.array([0.5, 0.5]), arm_names=("none", "mail"))
    >>> found = cross_fit(data, learners=[("T", "linear")], seed=1)
    >>> effects = found.scores[0].out_of_fold[:, 0]
    >>> round(float(effects[loyal == 1].mean())), round(abs(float(effects[loyal == 0].mean())))
    (2, 0)
    """
    require_fit([found for found in check_arms(data) if found.code is not Found.SHARES_OFF])
    count = folds or (FOLDS if len(data.outcome) < MANY else FOLDS_OF_MANY)
    if count < 3:
        raise WrongFoldsError(f"a choice inside cross-fitting needs at least 3 folds, not {count}")
    if not learners:
        raise UpliftError("there is no learner to fit: name at least one, such as T (linear)")
    for name, _ in learners:
        find_learner(name)
    place = stratified_folds(data.arm, folds=count, seed=seed)
    work = _Work(data, learners, place, count, seed=seed, progress=progress)
    with limited(threads):
        for base in work.bases:
            work.fit_base(base)
    return work.answer()


class _Work:
    """The arrays that fill up while subsets of the folds are gone through."""

    def __init__(
        self,
        data: Randomised,
        learners: Sequence[tuple[str, str]],
        place: IntArray,
        folds: int,
        *,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self._data, self._place, self._folds, self._seed = data, place, folds, seed
        self._learners = list(dict.fromkeys(learners))
        self._progress = progress
        self.bases = list(dict.fromkeys(base for _, base in self._learners))
        # one base stands behind the response model and the nuisances of doubly robust values
        self._nuisance_base = BOOSTED if BOOSTED in self.bases else self.bases[0]
        rows, arms = len(data.outcome), data.treated_arms
        self._scores = {key: _Scores.empty(folds, rows, arms) for key in self._learners}
        self._response = _Scores.empty(folds, rows, arms)
        self._expected = np.full((rows, arms + 1), np.nan)
        self._without = [
            *((fold,) for fold in range(folds)),
            *combinations(range(folds), 2),
        ]
        self._done, self._fits = 0, len(self._without) * len(self._learners)

    def fit_base(self, base: str) -> None:
        """All learners of one base, on the customers outside each fold and each pair of folds."""
        preparation = prepare(base, self._data.features)
        matrix = preparation.matrix(self._data.features)
        for without in self._without:
            inside = ~np.isin(self._place, without)
            training = Training(
                preparation, matrix[inside], self._data.rows(inside), seed=self._seed
            )
            models = []
            for learner, own in self._learners:
                if own == base:
                    models.append((self._scores[learner, own], find_learner(learner)(training)))
                    self._report(f"{learner} ({own})")
            for fold in without:
                self._score(training, models, matrix, fold, without)

    def _score(
        self,
        training: Training,
        models: Sequence[tuple["_Scores", Predictor]],
        matrix: FloatArray,
        fold: int,
        without: tuple[int, ...],
    ) -> None:
        """What models fitted without some folds say of one of them."""
        rows = self._place == fold
        held = matrix[rows]
        other = next((place for place in without if place != fold), None)
        if training.preparation.base == self._nuisance_base:
            expected = training.expected(held)
            self._response.keep(expected[:, 1:], rows, other)
            if other is None:
                self._expected[rows] = expected
        for scores, model in models:
            scores.keep(model(held), rows, other)

    def _report(self, name: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(name, self._done, self._fits)

    def answer(self) -> CrossFitted:
        return CrossFitted(
            folds=self._place,
            scores=[
                FoldScores(
                    learner=learner,
                    base=base,
                    out_of_fold=self._scores[learner, base].out_of_fold,
                    nested=self._scores[learner, base].nested,
                )
                for learner, base in self._learners
            ],
            response=FoldScores(
                learner="response",
                base=self._nuisance_base,
                out_of_fold=self._response.out_of_fold,
                nested=self._response.nested,
            ),
            expected=self._expected,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scores:
    out_of_fold: FloatArray
    nested: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, folds: int, rows: int, arms: int) -> "_Scores":
        return cls(
            out_of_fold=np.full((rows, arms), np.nan),
            nested=np.full((folds, rows, arms), np.nan, dtype=np.float32),
        )

    def keep(self, effects: FloatArray, rows: BoolArray, other: int | None) -> None:
        """Of models without the fold of `rows` and, where there is one, the other fold."""
        if other is None:
            self.out_of_fold[rows] = effects
        else:
            self.nested[other][rows] = effects
