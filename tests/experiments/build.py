"""Builders: moments and summaries from plain numbers, and the reference cases."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from regulars_experiments.aggregation import aggregate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.moments import Moments, Shape, Summary, plan_moments
from regulars_experiments.money_interval import Arms
from regulars_experiments.results import Estimate, Intervals, NotEstimable, Reason

SHARED = Path(__file__).parents[3] / "shared"
Floats = npt.NDArray[np.float64]


def reference(group: str) -> list[dict[str, Any]]:
    """The cases of public engines; empty where the folder is missing."""
    path = SHARED / "reference" / "effects" / f"{group}.json"
    if not path.is_file():
        return []
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return cases


def reference_case(group: str, name: str) -> dict[str, Any]:
    """One case; skips the test where the folder is missing."""
    for case in reference(group):
        if case["id"] == name:
            return case
    pytest.skip(f"no reference case {name} in {SHARED / 'reference'}")


def moments_of(
    columns: Mapping[str, Sequence[float] | npt.NDArray[Any]],
    *,
    by: Mapping[str, Sequence[str]],
    shapes: Sequence[str] = (),
) -> Moments:
    """Moments of raw rows with every pair of columns."""
    frame, scales = quantise(pl.DataFrame({**by, **columns}), list(columns))
    names = list(columns)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    plan = plan_moments(by=list(by), columns=scales, pairs=pairs, shapes=shapes)
    return aggregate(frame.lazy(), plan)


def summary(n: float, mean: float, variance: float) -> Summary:
    """One cell from its figures."""
    return Summary(
        n=np.array([float(n)]),
        mean=np.array([float(mean)]),
        variance=np.array([float(variance)]),
        mean_square=np.array([variance * (n - 1) / n + mean**2 if n else np.nan]),
    )


def summary_of(values: Sequence[float] | Floats) -> Summary:
    """One cell from raw values, through the product's own moments."""
    if len(values) == 0:
        return summary(0, np.nan, np.nan)
    found = moments_of({"y": values}, by={"arm": ["a"] * len(values)})
    return found.summary([("a",)], {"y": 1})


def shares(successes: int, n: int) -> Summary:
    """One cell of a column of 0 and 1."""
    share = Fraction(successes, n)
    return summary(n, float(share), float(share * (1 - share) * Fraction(n, n - 1)))


def shape_of(values: Sequence[float] | Floats) -> Shape:
    """The shape of raw amounts, through the product's own moments."""
    found = moments_of({"y": values}, by={"arm": ["a"] * len(values)}, shapes=["y"])
    return found.shape([("a",)], "y")


def arms_of(control: Sequence[float] | Floats, arm: Sequence[float] | Floats) -> Arms:
    """What the money interval reads, from raw amounts."""
    return Arms(
        control=summary_of(control),
        arm=summary_of(arm),
        control_shape=shape_of(control),
        arm_shape=shape_of(arm),
    )


def estimate(intervals: Intervals, cell: int = 0) -> Estimate:
    """The cell's answer, which must be a number."""
    answer = intervals.answer(cell)
    assert isinstance(answer, Estimate), answer
    return answer


def reason(intervals: Intervals, cell: int = 0) -> Reason:
    """Why the cell has no answer; no number may stand beside it."""
    answer = intervals.answer(cell)
    assert isinstance(answer, NotEstimable), answer
    for values in (intervals.estimate, intervals.low, intervals.high, intervals.p_value):
        assert np.isnan(values[cell])
    return answer.reason
