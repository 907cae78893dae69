"""Randomised campaigns in worlds with a known truth, and scores that are given beforehand."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.randomised import (
    CrossFitted,
    Features,
    FoldScores,
    IntArray,
    Randomised,
)

Effect = Callable[[FloatArray], npt.NDArray[np.floating]]

USUAL = 5.0
"""What a customer brings who is told nothing."""


def features_of(values: npt.NDArray[np.floating]) -> Features:
    """Numbers only, named a, b, c, ... (c0, c1, ... if there are many)."""
    columns = values.shape[1]
    names = tuple("abcdefgh"[:columns]) if columns <= 8 else tuple(f"c{i}" for i in range(columns))
    return Features(names=names, values=values.astype(np.float64), categories=(None,) * columns)


def world(
    rng: np.random.Generator,
    *,
    effect: Effect,
    rows: int = 4_000,
    held_out: float = 0.5,
    contact_cost: float = 0.0,
) -> Randomised:
    """Everyone brings USUAL with normal noise; telling adds `effect(features)` and costs something.

    Three features, uniform from 0 to 1.
    """
    values = rng.random((rows, 3))
    arm = (rng.random(rows) >= held_out).astype(np.int64)
    return Randomised(
        features=features_of(values),
        outcome=USUAL + rng.normal(size=rows) + arm * (effect(values) - contact_cost),
        arm=arm,
        probabilities=np.array([held_out, 1 - held_out]),
        arm_names=("held out", "mail"),
        contact_costs=np.array([0.0, contact_cost]),
    )


def world_of_arms(rng: np.random.Generator, effects: FloatArray) -> Randomised:
    """Equal shares of a holdout and the arms, whose (rows, A) effects are given; two features."""
    rows, arms = effects.shape
    arm = rng.integers(0, arms + 1, rows)
    own = np.column_stack([np.zeros(rows), effects])[np.arange(rows), arm]
    return Randomised(
        features=features_of(rng.random((rows, 2))),
        outcome=USUAL + rng.normal(size=rows) + own,
        arm=arm,
        probabilities=np.full(arms + 1, 1 / (arms + 1)),
        arm_names=("held out", *("sms", "phone", "mail")[:arms]),
    )


def shop(
    rng: np.random.Generator, *, rows: int, held_out: float, buyers: tuple[float, float]
) -> Randomised:
    """Few buy, baskets are lognormal; buyers: their share in the holdout and among those told."""
    arm = (rng.random(rows) >= held_out).astype(np.int64)
    bought = rng.random(rows) < np.where(arm == 1, buyers[1], buyers[0])
    return Randomised(
        features=features_of(rng.random((rows, 2))),
        outcome=np.where(bought, np.exp(rng.normal(3.0, 1.2, rows)), 0.0),
        arm=arm,
        probabilities=np.array([held_out, 1 - held_out]),
        arm_names=("held out", "mail"),
        bought=bought,
    )


def folds_of(rows: int, count: int = 5) -> IntArray:
    """Rows dealt out in turn."""
    return np.arange(rows, dtype=np.int64) % count


def known_scores(name: str, scores: FloatArray, folds: IntArray) -> FoldScores:
    """A ranking known beforehand: the same whatever was left out."""
    count = int(folds.max()) + 1
    nested = np.broadcast_to(scores, (count, *scores.shape)).astype(np.float32)
    for fold in range(count):
        nested[fold, folds == fold] = np.nan
    return FoldScores(learner=name, base="", out_of_fold=scores, nested=nested)


def fitted_with(
    data: Randomised, scores: dict[str, FloatArray], expected: float = USUAL
) -> CrossFitted:
    """As if learners had been fitted that give these (rows, A) scores, and `expected` for all."""
    place = folds_of(len(data.outcome))
    shape = (len(data.outcome), data.treated_arms)
    return CrossFitted(
        folds=place,
        scores=[known_scores(name, each, place) for name, each in scores.items()],
        response=known_scores("response", np.zeros(shape), place),
        expected=np.full((shape[0], shape[1] + 1), expected),
    )
