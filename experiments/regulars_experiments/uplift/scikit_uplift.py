"""scikit-uplift's models as learners of ours, behind checks of what they are given.

scikit-uplift 0.5.1 takes unsigned integers that then wrap around, frames without column names and
missing values that it ranks first. Here its models get what they handle: 0/1 outcomes and arms as
64-bit integers, features as a plain matrix of finite numbers or numbers that the base takes as
missing. Its metrics and plots are not imported: they break with newer scikit-learn.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.bases import (
    LINEAR,
    Predictor,
    boosted_model,
    is_binary,
)
from regulars_experiments.uplift.checks import UpliftError
from regulars_experiments.uplift.randomised import BoolArray, IntArray
from regulars_experiments.uplift.training import Training


class NotForThisOutcomeError(UpliftError):
    """A learner for outcomes of 0 and 1 was given other numbers."""


class _Model(Protocol):
    """What scikit-uplift's models have in common."""

    def fit(self, X: FloatArray, y: IntArray, treatment: IntArray, **options: Any) -> Any: ...  # noqa: N803
    def predict(self, X: FloatArray) -> FloatArray: ...  # noqa: N803


Build = Callable[[Callable[[int], Any]], _Model]
"""From a maker of scikit-learn classifiers (given how many feature columns it gets) to a model."""


def require_binary(learner: str, outcome: FloatArray) -> None:
    """Raises NotForThisOutcomeError where somebody's outcome is neither 0 nor 1.

    >>> require_binary("class transformation", np.array([0.0, 1.0]))
    """
    if not is_binary(outcome):
        raise NotForThisOutcomeError(
            f"the learner {learner!r} takes outcomes of 0 and 1, such as visited or bought; this"
            " one has other numbers. Use S, T, X, DR or 'transformed outcome' for amounts."
        )


def _solo(classifier: Callable[[int], Any]) -> _Model:
    from sklift.models import SoloModel

    model: _Model = SoloModel(classifier(1), method="dummy")
    return model


def _solo_interactions(classifier: Callable[[int], Any]) -> _Model:
    from sklift.models import SoloModel

    model: _Model = SoloModel(classifier(-1), method="treatment_interaction")
    return model


def _two_models(classifier: Callable[[int], Any]) -> _Model:
    from sklift.models import TwoModels

    model: _Model = TwoModels(classifier(0), classifier(0), method="vanilla")
    return model


def _class_transformation(classifier: Callable[[int], Any]) -> _Model:
    from sklift.models import ClassTransformation

    model: _Model = ClassTransformation(classifier(0))
    return model


class Wrapped:
    """One of scikit-uplift's models as a learner: each arm against the holdout."""

    def __init__(self, name: str, build: Build) -> None:
        self.name = name
        self._build = build

    def __call__(self, training: Training) -> Predictor:
        """Raises NotForThisOutcomeError where the outcome is not 0/1."""
        require_binary(self.name, training.outcome)
        models = [
            self._fitted(training, arm, (training.arm == 0) | (training.arm == arm))
            for arm in training.treated_arms
        ]
        return lambda matrix: np.column_stack([model.predict(matrix) for model in models])

    def _fitted(self, training: Training, arm: int, rows: BoolArray) -> _Model:
        matrix = np.ascontiguousarray(training.matrix[rows], dtype=np.float64)
        outcome = training.outcome[rows].astype(np.int64)
        treatment = (training.arm[rows] == arm).astype(np.int64)
        for label, values in (("outcome", outcome), ("arm", treatment)):
            if len(np.unique(values)) < 2:
                raise NotForThisOutcomeError(
                    f"{self.name} needs both values of the {label} among the customers it learns"
                    f" from; all {len(values):,} have the same"
                )

        def classifier(added: int) -> Any:
            return _classifier(training, matrix, added, rows=len(outcome))

        model = self._build(classifier)
        model.fit(matrix, outcome, treatment, **self._weights(training, arm, rows, treatment))
        return model

    def _weights(
        self, training: Training, arm: int, rows: BoolArray, treatment: IntArray
    ) -> dict[str, Any]:
        own = None if training.weights is None else training.weights[rows]
        if self._build is _two_models:
            if own is None:
                return {}
            return {
                "estimator_trmnt_fit_params": {"sample_weight": own[treatment == 1]},
                "estimator_ctrl_fit_params": {"sample_weight": own[treatment == 0]},
            }
        if self._build is _class_transformation:
            # its formula takes both arms for equally likely; weights make them so
            chance = training.chance(arm)
            even = np.where(treatment == 1, 0.5 / chance, 0.5 / (1 - chance))
            own = even if own is None else own * even
        return {} if own is None else {"estimator_fit_params": {"sample_weight": own}}


def _classifier(training: Training, matrix: FloatArray, added: int, *, rows: int) -> Any:
    """A classifier of the base; `added` number columns follow the features (-1: all, and one)."""
    if training.preparation.base == LINEAR:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=200)
    categorical = training.preparation.matrix_categories()
    if categorical is not None:
        more = matrix.shape[1] + 1 if added < 0 else added
        categorical = np.concatenate([categorical, np.zeros(more, dtype=bool)])
    return boosted_model(
        rows,
        binary=True,
        categorical=categorical,
        seed=training.seed,
        most_levels=training.preparation.most_levels,
    )


LEARNERS: Mapping[str, Wrapped] = {
    name: Wrapped(name, build)
    for name, build in {
        "scikit-uplift solo": _solo,
        "scikit-uplift solo with interactions": _solo_interactions,
        "scikit-uplift two models": _two_models,
        "scikit-uplift class transformation": _class_transformation,
    }.items()
}
