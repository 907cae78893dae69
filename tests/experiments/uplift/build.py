"""Builders: randomised campaigns whose truth is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_experiments.uplift.features import learn_encoding
from regulars_experiments.uplift.randomised import Features, Randomised
from tests.shared import shared_file

Floats = npt.NDArray[np.float64]


def features(**columns: Sequence[float] | npt.NDArray[Any]) -> Features:
    """Numbers only."""
    values = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns.values()])
    return Features(names=tuple(columns), values=values, categories=(None,) * len(columns))


def campaign(
    rows: int = 3_000,
    *,
    seed: int = 1,
    effects: Sequence[tuple[float, float]] = ((0.0, 0.2),),
    chances: Sequence[float] = (0.5, 0.5),
    binary: bool = True,
    weights: Floats | None = None,
) -> Randomised:
    """A campaign on customers of whom half are "loyal".

    effects: per arm, the effect on others and on the loyal: on the chance to buy, .3 for those
    held out, or on an amount of 10 with a standard deviation of 1. A second feature is noise.
    """
    rng = np.random.default_rng(seed)
    arm = rng.choice(len(chances), size=rows, p=chances)
    loyal = rng.integers(0, 2, rows)
    lift = np.vstack([(0.0, 0.0), *effects])[arm, loyal]
    if binary:
        outcome = (rng.random(rows) < 0.3 + lift).astype(np.float64)
    else:
        outcome = 10 + lift + rng.normal(size=rows)
    return Randomised(
        features=features(loyal=loyal, noise=rng.normal(size=rows)),
        outcome=outcome,
        arm=arm.astype(np.int64),
        probabilities=np.array(chances),
        arm_names=("held out", *(f"mail {place}" for place in range(1, len(chances)))),
        weights=weights,
    )


def mean_effects(effects: Floats, data: Randomised) -> Floats:
    """(2, A): mean predicted effect of others and of the loyal."""
    loyal = data.features.values[:, 0] == 1
    return np.vstack([effects[~loyal].mean(axis=0), effects[loyal].mean(axis=0)])


def hillstrom(mail: str, outcome: str) -> Randomised:
    """Hillstrom's campaign, one of the e-mails against none; skips where the file is missing."""
    path: Path = shared_file("hillstrom.csv")
    frame = pl.read_csv(path, infer_schema_length=None).filter(
        pl.col("segment").is_in([mail, "No E-Mail"])
    )
    columns = ["recency", "history_segment", "history", "mens", "womens", "newbie"]
    encoding, _ = learn_encoding(frame, [*columns, "zip_code", "channel"])
    return Randomised(
        features=encoding.apply(frame),
        outcome=frame[outcome].cast(pl.Float64).to_numpy(),
        arm=(frame["segment"] == mail).cast(pl.Int64).to_numpy(),
        probabilities=np.array([0.5, 0.5]),
        arm_names=("No E-Mail", mail),
    )
