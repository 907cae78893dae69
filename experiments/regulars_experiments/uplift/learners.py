"""Uplift models: from features to the effect of each arm against the holdout.

The chance of each arm is known from the draw and never estimated. Several arms are taken one at a
time, each against the holdout, so that an arm's effect never depends on which others ran beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift import scikit_uplift
from regulars_experiments.uplift.bases import (
    BOOSTED,
    LINEAR,
    Predictor,
    Preparation,
    prepare,
)
from regulars_experiments.uplift.checks import UpliftError
from regulars_experiments.uplift.randomised import BoolArray, Features, Randomised
from regulars_experiments.uplift.training import Training, limited

Learner = Callable[[Training], Predictor]
_FREE = 100.0  # the arm's own column is that much longer than others, so the penalty spares it


class UnknownLearnerError(UpliftError):
    """There is no such learner."""


def _per_arm(training: Training, fit: Callable[[int, BoolArray], Predictor]) -> Predictor:
    """One model of effects per arm, on its customers and those held out."""
    models = [
        fit(arm, (training.arm == 0) | (training.arm == arm)) for arm in training.treated_arms
    ]
    return lambda matrix: np.column_stack([model(matrix) for model in models])


def single_model(training: Training) -> Predictor:
    """S-learner: one model of the outcome with the arm among its features (Lo 2002).

    The linear base has the arm's products with every feature too, without which its effects would
    be the same for everybody.
    """

    def fit(arm: int, rows: BoolArray) -> Predictor:
        chance = training.chance(arm)

        def told(matrix: FloatArray, treated: FloatArray) -> FloatArray:
            if training.preparation.base == LINEAR:
                apart = (treated - chance)[:, None]
                return np.hstack([matrix, apart * matrix, _FREE * apart])
            return np.column_stack([matrix, treated])

        treated = (training.arm[rows] == arm).astype(np.float64)
        columns = told(training.matrix[rows], treated)
        model = training.fit(rows, training.outcome[rows], columns=columns)

        def effects(matrix: FloatArray) -> FloatArray:
            everybody = np.ones(len(matrix))
            return model(told(matrix, everybody)) - model(told(matrix, 0 * everybody))

        return effects

    return _per_arm(training, fit)


def two_models(training: Training) -> Predictor:
    """T-learner: a model of the outcome per arm; their difference (Kuenzel et al. 2019, eq. 3)."""

    def effects(matrix: FloatArray) -> FloatArray:
        expected = training.expected(matrix)
        return expected[:, 1:] - expected[:, :1]

    return effects


def crossed_models(training: Training) -> Predictor:
    """X-learner (Kuenzel et al. 2019, eq. 6 to 9).

    Effects are imputed with the outcome model of the other side, which never saw the customer.
    """

    def fit(arm: int, _: BoolArray) -> Predictor:
        treated, held = training.arm == arm, training.arm == 0
        of_held, of_treated = training.outcome_models[0], training.outcome_models[arm]
        gained = training.outcome[treated] - of_held(training.matrix[treated])
        missed = of_treated(training.matrix[held]) - training.outcome[held]
        both = np.concatenate([np.flatnonzero(treated), np.flatnonzero(held)])
        common = training.find_penalty(both, np.concatenate([gained, missed]))
        on_treated = training.fit(treated, gained, penalty=common)
        on_held = training.fit(held, missed, penalty=common)
        chance = training.chance(arm)
        # eq. 9 with g = the known chance of the arm
        return lambda matrix: chance * on_held(matrix) + (1 - chance) * on_treated(matrix)

    return _per_arm(training, fit)


def doubly_robust(training: Training) -> Predictor:
    """DR-learner: models of doubly robust pseudo-effects (Kennedy 2023, algorithm 1).

    Pseudo-effects of either half take their nuisance from the other, and the two models are
    averaged. With the arm's chance e known, his eq. 2 is (w - e) / (e (1 - e)) times what the
    outcome has above (1 - e) E[y | told] + e E[y | held out].
    """

    def fit(arm: int, rows: BoolArray) -> Predictor:
        chance = training.chance(arm)
        halves = list(training.above_level(arm, rows))
        if training.preparation.base == LINEAR:
            # the mean of two lines is a line: one on all has its penalty from all
            places, above = (np.concatenate(both) for both in zip(*halves, strict=True))
            halves = [(places, above)]
        models = []
        for own, above in halves:
            treated = training.arm[own] == arm
            pseudo = above * np.where(treated, 1 / chance, -1 / (1 - chance))
            models.append(training.fit(own, pseudo))
        return lambda matrix: np.mean([model(matrix) for model in models], axis=0)

    return _per_arm(training, fit)


def transformed_outcome(training: Training) -> Predictor:
    """A model of z* = y (w - e) / (e (1 - e)), whose mean is the effect (Athey & Imbens 2015)."""

    def fit(arm: int, rows: BoolArray) -> Predictor:
        chance = training.chance(arm)
        treated = training.arm[rows] == arm
        return training.fit(
            rows, training.outcome[rows] * np.where(treated, 1 / chance, -1 / (1 - chance))
        )

    return _per_arm(training, fit)


def class_transformation(training: Training) -> Predictor:
    """A model of "bought when told, or not when held out" (Jaskowski & Jaroszewicz 2012, eq. 5).

    Their arms are equally likely; weights of one over the arm's chance make them so.
    """
    scikit_uplift.require_binary("class transformation", training.outcome)

    def fit(arm: int, rows: BoolArray) -> Predictor:
        chance = training.chance(arm)
        treated = training.arm[rows] == arm
        as_hoped = (training.outcome[rows] == treated).astype(np.float64)
        times = np.where(treated, 0.5 / chance, 0.5 / (1 - chance))
        model = training.fit(rows, as_hoped, times=times)
        return lambda matrix: 2 * model(matrix) - 1

    return _per_arm(training, fit)


LEARNERS: Mapping[str, Learner] = {
    "S": single_model,
    "T": two_models,
    "X": crossed_models,
    "DR": doubly_robust,
    "class transformation": class_transformation,
    "transformed outcome": transformed_outcome,
    **scikit_uplift.LEARNERS,
}
"""Every learner by the name that leaderboards show."""

DEFAULT_LEARNERS = tuple(
    (learner, base) for base in (LINEAR, BOOSTED) for learner in ("S", "T", "X", "DR")
)
"""What is tried unless told otherwise.

Not class transformation: with rare buyers it fails (Hillstrom's women's e-mail, conversion: Qini
-.009 where the others have .075 to .093).
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """A learner fitted on all the customers it was given, for scoring others."""

    learner: str
    base: str
    preparation: Preparation
    model: Predictor

    def effects(self, features: Features) -> FloatArray:
        """(rows, A): the effect of each treated arm against the holdout."""
        with limited(1):
            return self.model(self.preparation.matrix(features))


def find_learner(name: str) -> Learner:
    """The learner of that name. Raises UnknownLearnerError.

    >>> find_learner("T").__name__
    'two_models'
    """
    if name not in LEARNERS:
        raise UnknownLearnerError(
            f"there is no learner {name!r}; choose one of {', '.join(LEARNERS)}"
        )
    return LEARNERS[name]


def fit(learner: str, base: str, data: Randomised, seed: int, *, threads: int = 1) -> Fitted:
    """Fit one learner on everybody, to score customers who were not there.

    Scores of these same customers would flatter it: `cross_fit` has honest ones. Raises
    UnknownLearnerError, ValueError for an unknown base, and UpliftError where the learner does not
    take the outcome.

    >>> rng = np.random.default_rng(1)
    >>> arm, loyal = rng.integers(0, 2, 4000), rng.integers(0, 2, 4000).astype(float)
    >>> data = Randomised(
    ...     features=Features(names=("loyal",), values=loyal[:, None], categories=(None,)),
    ...     outcome=10 + 2 * arm * loyal + rng.normal(size=4000), arm=arm,
    ...     probabilities=np.array([0.5, 0.5]), arm_names=("none", "mail"))
    >>> both = Features(names=("loyal",), values=np.array([[0.0], [1.0]]), categories=(None,))
    >>> [round(effect) for effect in fit("T", "linear", data, 1).effects(both)[:, 0].tolist()]
    [0, 2]
    """
    how = find_learner(learner)
    preparation = prepare(base, data.features)
    training = Training(preparation, preparation.matrix(data.features), data, seed=seed)
    with limited(threads):
        model = how(training)
    return Fitted(learner=learner, base=base, preparation=preparation, model=model)


def response(base: str, data: Randomised, seed: int, *, threads: int = 1) -> Fitted:
    """The response model: the outcome expected under each treated arm, effect or not."""
    preparation = prepare(base, data.features)
    training = Training(preparation, preparation.matrix(data.features), data, seed=seed)
    with limited(threads):
        models = training.outcome_models[1:]
    return Fitted(
        learner="response",
        base=base,
        preparation=preparation,
        model=lambda matrix: np.column_stack([model(matrix) for model in models]),
    )
