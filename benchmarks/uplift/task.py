"""What every contender is given, and the base models that all of them share.

Nothing here needs the product: contenders run in environments of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BASES = ("linear", "boosted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One question put to a campaign.

    linear: (rows, columns), standardised numbers and one column per level. boosted: (rows,
    features), categories as their numbers. categorical: (features,). outcome, arm, folds: (rows,).
    """

    linear: Array
    boosted: Array
    categorical: npt.NDArray[np.bool_]
    outcome: Array
    arm: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]

    @property
    def binary(self) -> bool:
        """Whether the outcome is 0 or 1 for everybody."""
        return bool(np.isin(self.outcome, (0, 1)).all())

    def matrix(self, base: str) -> Array:
        """What that base reads."""
        return self.linear if base == "linear" else self.boosted

    def save(self, file: Path) -> None:
        """For a process of its own."""
        np.savez(file, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, file: Path) -> "Task":
        """What `save` wrote."""
        with np.load(file) as stored:
            return cls(**dict(stored))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """Customers to learn from, and customers to score, of one base's matrix."""

    base: str
    categorical: npt.NDArray[np.bool_]
    matrix: Array
    outcome: Array
    arm: npt.NDArray[np.int64]
    others: Array

    def model(self, *, binary: bool) -> Any:
        """A fresh base model: small trees as in Regulars, or scikit-learn's linear default."""
        if self.base == "linear":
            from sklearn.linear_model import LogisticRegression, Ridge

            return LogisticRegression(max_iter=500) if binary else Ridge()
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
        return kind(
            max_iter=30,
            learning_rate=0.1,
            max_leaf_nodes=8,
            max_bins=127,
            min_samples_leaf=300,
            early_stopping=False,
            random_state=1,
        )


Contender = Callable[[Fold, bool], Array]
"""From a fold, and whether the outcome is yes or no, to the effects of the customers to score."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One learner of one library.

    learner: S, T, X, DR, class transformation or forest: what it is compared by. outcomes: for
    which it is made: "yes or no", "amounts" or "both".
    """

    library: str
    learner: str
    base: str
    fit: Contender
    outcomes: str = "both"

    def takes(self, *, binary: bool) -> bool:
        """Whether it is made for this kind of outcome."""
        return self.outcomes in ("both", "yes or no" if binary else "amounts")


def with_bases(
    library: str, learners: dict[str, Contender], *, outcomes: str = "both"
) -> list[Entry]:
    """Each learner with either base."""
    return [
        Entry(library=library, learner=learner, base=base, fit=fit, outcomes=outcomes)
        for learner, fit in learners.items()
        for base in BASES
    ]
