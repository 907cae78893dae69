"""Our own learners."""

import numpy as np
from benchmarks.uplift.task import Array, Contender, Fold, with_bases

from regulars_experiments.uplift.learners import fit
from regulars_experiments.uplift.randomised import Features, Randomised


def _contender(learner: str) -> Contender:
    def scores(fold: Fold, _: bool) -> Array:
        found = fit(learner, fold.base, _campaign(fold), seed=1)
        return found.effects(_features(fold.others))[:, 0]

    return scores


def _features(matrix: Array) -> Features:
    """As numbers, so that every library reads the same columns."""
    columns = matrix.shape[1]
    names = tuple(f"column {place}" for place in range(columns))
    return Features(names=names, values=matrix, categories=(None,) * columns)


def _campaign(fold: Fold) -> Randomised:
    return Randomised(
        features=_features(fold.matrix),
        outcome=fold.outcome,
        arm=fold.arm,
        probabilities=np.array([0.5, 0.5]),
        arm_names=("none", "mail"),
    )


ENTRIES = [
    *with_bases("Regulars", {name: _contender(name) for name in ("S", "T", "X", "DR")}),
    *with_bases(
        "Regulars",
        {"class transformation": _contender("class transformation")},
        outcomes="yes or no",
    ),
]
