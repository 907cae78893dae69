"""CausalML: meta-learners with the common bases, and its own forests."""

from typing import Any

import numpy as np
from benchmarks.uplift.task import Array, Entry, Fold, with_bases

TREES = 100  # what its causal forest has by default, as EconML's; its uplift forest has 10


def _effects(model: Any, fold: Fold, *, propensity: bool) -> Array:
    chance = {"p": np.full(len(fold.outcome), 0.5)} if propensity else {}
    model.fit(X=fold.matrix, treatment=fold.arm, y=fold.outcome, **chance)
    chance = {"p": np.full(len(fold.others), 0.5)} if propensity else {}
    return np.asarray(model.predict(X=fold.others, **chance)).reshape(-1)


def single(fold: Fold, binary: bool) -> Array:
    """S-learner."""
    from causalml.inference.meta import BaseSClassifier, BaseSRegressor

    kind = BaseSClassifier if binary else BaseSRegressor
    model = kind(learner=fold.model(binary=binary), control_name=0)
    return _effects(model, fold, propensity=False)


def two(fold: Fold, binary: bool) -> Array:
    """T-learner."""
    from causalml.inference.meta import BaseTClassifier, BaseTRegressor

    kind = BaseTClassifier if binary else BaseTRegressor
    model = kind(learner=fold.model(binary=binary), control_name=0)
    return _effects(model, fold, propensity=False)


def crossed(fold: Fold, binary: bool) -> Array:
    """X-learner with the known chance."""
    from causalml.inference.meta import BaseXClassifier, BaseXRegressor

    if binary:
        model = BaseXClassifier(
            outcome_learner=fold.model(binary=True),
            effect_learner=fold.model(binary=False),
            control_name=0,
        )
    else:
        model = BaseXRegressor(learner=fold.model(binary=False), control_name=0)
    return _effects(model, fold, propensity=True)


def doubly_robust(fold: Fold, _: bool) -> Array:
    """DR-learner with the known chance; it has no classifiers."""
    from causalml.inference.meta import BaseDRRegressor

    model = BaseDRRegressor(learner=fold.model(binary=False), control_name=0)
    model.fit(
        X=fold.matrix,
        treatment=fold.arm,
        y=fold.outcome,
        p=np.full(len(fold.outcome), 0.5),
        seed=1,
    )
    return np.asarray(model.predict(X=fold.others)).reshape(-1)


def uplift_forest(fold: Fold, _: bool) -> Array:
    """Uplift random forest, for yes or no."""
    from causalml.inference.tree import UpliftRandomForestClassifier

    model = UpliftRandomForestClassifier(
        control_name="0",
        n_estimators=TREES,
        random_state=1,
        n_jobs=1,
    )
    model.fit(X=fold.matrix, treatment=fold.arm.astype(str), y=fold.outcome.astype(np.int64))
    return np.asarray(model.predict(fold.others)).reshape(-1)


def causal_forest(fold: Fold, _: bool) -> Array:
    """Causal random forest, for amounts."""
    from causalml.inference.tree import CausalRandomForestRegressor

    model = CausalRandomForestRegressor(n_estimators=TREES, random_state=1, n_jobs=1)
    model.fit(X=fold.matrix, treatment=fold.arm, y=fold.outcome)
    return np.asarray(model.predict(fold.others)).reshape(-1)


def _forest(fit: Any, outcomes: str) -> Entry:
    return Entry(library="CausalML", learner="forest", base="", fit=fit, outcomes=outcomes)


ENTRIES = [
    *with_bases("CausalML", {"T": two, "X": crossed, "DR": doubly_robust}),
    Entry(library="CausalML", learner="S", base="boosted", fit=single),
    Entry(library="CausalML", learner="S without products", base="linear", fit=single),
    _forest(uplift_forest, "yes or no"),
    _forest(causal_forest, "amounts"),
]
