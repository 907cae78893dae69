"""EconML: meta-learners with the common bases (regressions only), and its causal forest."""

from typing import Any

import numpy as np
from benchmarks.uplift.task import Array, Entry, Fold, with_bases

TREES = 100


def _effects(model: Any, fold: Fold) -> Array:
    model.fit(fold.outcome, fold.arm, X=fold.matrix)
    return np.asarray(model.effect(fold.others)).reshape(-1)


def _known_chance() -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


def single(fold: Fold, _: bool) -> Array:
    """S-learner."""
    from econml.metalearners import SLearner

    return _effects(SLearner(overall_model=fold.model(binary=False)), fold)


def two(fold: Fold, _: bool) -> Array:
    """T-learner."""
    from econml.metalearners import TLearner

    return _effects(TLearner(models=fold.model(binary=False)), fold)


def crossed(fold: Fold, _: bool) -> Array:
    """X-learner."""
    from econml.metalearners import XLearner

    model = XLearner(models=fold.model(binary=False), propensity_model=_known_chance())
    return _effects(model, fold)


def doubly_robust(fold: Fold, _: bool) -> Array:
    """DR-learner, nuisances on two folds as by default."""
    from econml.dr import DRLearner

    model = DRLearner(
        model_propensity=_known_chance(),
        model_regression=fold.model(binary=False),
        model_final=fold.model(binary=False),
        random_state=1,
    )
    return _effects(model, fold)


def forest(fold: Fold, _: bool) -> Array:
    """Causal forest on residuals of the common base."""
    from econml.dml import CausalForestDML

    model = CausalForestDML(
        model_y=fold.model(binary=False),
        model_t=_known_chance(),
        discrete_treatment=True,
        n_estimators=TREES,
        min_samples_leaf=100,
        random_state=1,
        n_jobs=1,
    )
    return _effects(model, fold)


ENTRIES = [
    *with_bases("EconML", {"T": two, "X": crossed, "DR": doubly_robust}),
    Entry(library="EconML", learner="S", base="boosted", fit=single),
    Entry(library="EconML", learner="S without products", base="linear", fit=single),
    Entry(library="EconML", learner="forest", base="", fit=forest),
]
