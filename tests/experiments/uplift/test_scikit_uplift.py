"""scikit-uplift behind our checks: the same effects as its own classes, and no break with it."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklift.models import ClassTransformation, SoloModel, TwoModels

from regulars_experiments.uplift.bases import boosted_model
from regulars_experiments.uplift.learners import fit
from tests.experiments.uplift.build import campaign

WITHOUT_STABLE_CUMSUM = """
import sys
import sklearn.utils.extmath
del sklearn.utils.extmath.stable_cumsum
from tests.experiments.uplift.build import campaign
from regulars_experiments.uplift.learners import LEARNERS, fit
data = campaign(400)
for learner in LEARNERS:
    fit(learner, "linear", data, 1).effects(data.features)
print([name for name in sys.modules if name.startswith(("sklift.metrics", "sklift.viz"))])
"""


def classifier() -> object:
    return boosted_model(4_000, binary=True, categorical=None, seed=1)


def test_its_solo_model_comes_out_as_from_its_own_class() -> None:
    data = campaign(4_000)
    theirs = SoloModel(classifier()).fit(data.features.values, data.outcome.astype(int), data.arm)
    ours = fit("scikit-uplift solo", "boosted", data, 1).effects(data.features)[:, 0]
    assert np.array_equal(ours, theirs.predict(data.features.values))


def test_our_s_learner_on_trees_is_its_solo_model() -> None:
    data = campaign(4_000)
    theirs = SoloModel(classifier()).fit(data.features.values, data.outcome.astype(int), data.arm)
    ours = fit("S", "boosted", data, 1).effects(data.features)[:, 0]
    assert ours == pytest.approx(theirs.predict(data.features.values), abs=1e-12)


def test_our_t_learner_on_trees_is_its_two_models() -> None:
    data = campaign(14_000)  # an arm has enough for 300 a leaf
    theirs = TwoModels(
        boosted_model(14_000, binary=True, categorical=None, seed=1),
        boosted_model(14_000, binary=True, categorical=None, seed=1),
    ).fit(data.features.values, data.outcome.astype(int), data.arm)
    ours = fit("T", "boosted", data, 1).effects(data.features)[:, 0]
    assert ours == pytest.approx(theirs.predict(data.features.values), abs=1e-12)


def test_our_class_transformation_is_its_own_where_arms_are_even() -> None:
    data = campaign(4_000)
    theirs = ClassTransformation(classifier()).fit(
        data.features.values, data.outcome.astype(int), data.arm
    )
    ours = fit("class transformation", "boosted", data, 1).effects(data.features)[:, 0]
    assert ours == pytest.approx(theirs.predict(data.features.values), abs=1e-12)


def test_unsigned_bytes_do_not_wrap_around() -> None:
    data = campaign(2_000)
    small = replace(
        data,
        outcome=data.outcome.astype(np.uint8).astype(np.float64),
        arm=data.arm.astype(np.uint8),
    )
    for learner in ("scikit-uplift two models", "scikit-uplift class transformation"):
        usual = fit(learner, "linear", data, 1).effects(data.features)
        assert np.array_equal(fit(learner, "linear", small, 1).effects(data.features), usual)


def test_learners_are_imported_without_scikit_learn_until_one_is_fitted() -> None:
    code = (
        "import sys, regulars_experiments.uplift.cross_fitting;"
        "print([name for name in ('sklearn', 'sklift', 'pandas') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_models_fit_without_what_its_metrics_import_from_scikit_learn() -> None:
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_STABLE_CUMSUM], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "[]"
