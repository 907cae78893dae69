"""scikit-uplift, for outcomes of yes or no."""

import numpy as np
from benchmarks.uplift.task import Array, Fold, with_bases


def solo(fold: Fold, binary: bool) -> Array:
    """S-learner; with products of arm and features for the linear base, as its guide has it."""
    from sklift.models import SoloModel

    method = "treatment_interaction" if fold.base == "linear" else "dummy"
    model = SoloModel(fold.model(binary=binary), method=method)
    model.fit(fold.matrix, fold.outcome.astype(np.int64), fold.arm)
    return np.asarray(model.predict(fold.others))


def two_models(fold: Fold, binary: bool) -> Array:
    """T-learner."""
    from sklift.models import TwoModels

    model = TwoModels(fold.model(binary=binary), fold.model(binary=binary))
    model.fit(fold.matrix, fold.outcome.astype(np.int64), fold.arm)
    return np.asarray(model.predict(fold.others))


def class_transformation(fold: Fold, binary: bool) -> Array:
    """Jaskowski and Jaroszewicz's."""
    from sklift.models import ClassTransformation

    model = ClassTransformation(fold.model(binary=binary))
    model.fit(fold.matrix, fold.outcome.astype(np.int64), fold.arm)
    return np.asarray(model.predict(fold.others))


ENTRIES = with_bases(
    "scikit-uplift",
    {"S": solo, "T": two_models, "class transformation": class_transformation},
    outcomes="yes or no",
)
