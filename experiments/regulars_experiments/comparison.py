"""Moments seen as arm beside control, cell by cell; and how they are collected for a design."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.aggregation import aggregate_all
from regulars_experiments.metrics import Combination, Design
from regulars_experiments.moments import AggregationPlan, Key, Moments, Shape, Summary, plan_moments
from regulars_experiments.money_interval import Arms
from regulars_experiments.results import FloatArray
from regulars_experiments.winsorising import winsorised


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Where an effect is looked for: an arm, and everybody or a segment."""

    arm: str
    segment: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Moments seen as (control, arm) pairs over a list of cells."""

    moments: Moments
    control_keys: tuple[Key, ...]
    arm_keys: tuple[Key, ...]
    _sides: tuple[Moments, Moments] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the cells up once, not for every figure."""
        sides = self.moments.only(self.control_keys), self.moments.only(self.arm_keys)
        object.__setattr__(self, "_sides", sides)

    def summaries(self, value: Combination) -> tuple[Summary, Summary]:
        """(control, arm) of a weighted sum of columns."""
        control, arm = self._sides
        return control.summary(control.keys, value), arm.summary(arm.keys, value)

    def covariances(self, one: Combination, other: Combination) -> tuple[FloatArray, FloatArray]:
        """(control, arm) sample covariances of two weighted sums."""
        control, arm = self._sides
        return (
            control.covariance(control.keys, one, other),
            arm.covariance(arm.keys, one, other),
        )

    def money(self, value: Combination) -> Arms:
        """What the money interval needs; the buyers are those of the first column of `value`."""
        column = next(iter(value))
        summary_c, summary_t = self.summaries(value)
        shape_c, shape_t = self.shapes(column)
        return Arms(control=summary_c, arm=summary_t, control_shape=shape_c, arm_shape=shape_t)

    def shapes(self, column: str) -> tuple[Shape, Shape]:
        """(control, arm): how many have any of a column, and how their amounts spread."""
        control, arm = self._sides
        return control.shape(control.keys, column), arm.shape(arm.keys, column)


@dataclass(frozen=True, slots=True)
class Collected:
    """All that an evaluation reads, per segment column (None: everybody).

    moments: by arm and segment. stratified: by arm, segment and stratum; empty without strata.
    limits: at which each winsorised metric was capped, in its unit.
    """

    moments: Mapping[str | None, Moments]
    stratified: Mapping[str | None, Moments] = field(default_factory=dict)
    limits: Mapping[str, Fraction] = field(default_factory=dict)

    def __add__(self, other: "Collected") -> "Collected":
        """Of other customers of the same design, with the same limits."""
        if self.limits != other.limits:
            raise ValueError("moments capped at different limits cannot be added")
        return Collected(
            {name: value + other.moments[name] for name, value in self.moments.items()},
            {name: value + other.stratified[name] for name, value in self.stratified.items()},
            self.limits,
        )


def collect_moments(frame: pl.LazyFrame, design: Design, scales: Mapping[str, int]) -> Collected:
    """One streamed pass over integer columns with these scales (units per 1).

    frame: one row per customer; arm, segment and stratum columns as text or categories without
    nulls. A percentile to winsorise at is looked for in a pass of its own before.
    """
    frame, capped, limits = winsorised(frame, design, scales)
    plan = _plan(design, {**scales, **capped}, capped)
    strata = () if design.stratum is None else (design.stratum,)
    columns = design.segments or (None,)
    plans = [
        replace(plan, by=tuple(dict.fromkeys((design.arm, *filter(None, [column]), *strata))))
        for column in columns
    ]
    found = dict(zip(columns, aggregate_all(frame, plans), strict=True))
    fine: dict[str | None, Moments] = dict(found)
    if None not in fine:
        fine[None] = found[columns[0]].rolled_up([design.arm, *strata])
    if not strata:
        return Collected(fine, {}, limits)
    plain = {
        column: moments.rolled_up([design.arm, *filter(None, [column])])
        for column, moments in fine.items()
    }
    # inside a segment of the stratum's own column there is only one stratum
    apart = {column: moments for column, moments in fine.items() if column != design.stratum}
    return Collected(plain, apart, limits)


def _plan(design: Design, scales: Mapping[str, int], capped: Iterable[str]) -> AggregationPlan:
    pairs: list[tuple[str, str]] = []
    for metric in design.metrics:
        together = [*metric.columns(), *design.covariates]
        pairs += [(a, b) for i, a in enumerate(together) for b in together[i + 1 :] if a != b]
    # what is 0 or 1 has no amounts; and of denominators it is enough to count who has any
    binary = {name for m in design.metrics if m.kind == "conversion" for name in m.value}
    shapes = [
        first
        for metric in design.metrics
        for first in [next(iter(metric.value))]
        if metric.kind == "mean" or (metric.kind == "ratio" and first not in binary)
    ]
    ratios = [metric for metric in design.metrics if metric.denominator is not None]
    counted = [next(iter(part)) for m in ratios for part in (m.value, m.denominator or {})]
    used = [name for metric in design.metrics for name in metric.columns()]
    every = dict.fromkeys([*used, *capped, *design.covariates])
    apart = [name for name in design.covariates if name not in used]
    return plan_moments(
        by=(design.arm,),
        columns={name: scales[name] for name in every},
        pairs=pairs,
        shapes=dict.fromkeys([*shapes, *capped]),
        counted=counted,
        apart=apart,
    )


def compare(moments: Moments, control: str, cells: Sequence[Cell]) -> Comparison:
    """The cells' keys in `moments`, arm beside control."""

    def key(arm: str, cell: Cell) -> Key:
        return (arm,) if cell.segment is None else (arm, cell.segment[1])

    return Comparison(
        moments,
        tuple(key(control, cell) for cell in cells),
        tuple(key(cell.arm, cell) for cell in cells),
    )


def strata_summaries(
    moments: Moments, control: str, cells: Sequence[Cell], value: Combination
) -> tuple[Summary, Summary]:
    """(control, arm) per cell and stratum, (cells, strata); n = 0 where nobody is in a stratum."""
    strata = sorted({str(key[-1]) for key in moments.keys})
    flat = [Cell(arm=cell.arm, segment=cell.segment) for cell in cells for _ in strata]
    comparison = compare(moments, control, flat)
    names = strata * len(cells)
    shape = (len(cells), len(strata))

    def of(keys: Sequence[Key]) -> Summary:
        found = moments.summary(
            [(*key, stratum) for key, stratum in zip(keys, names, strict=True)], value
        )
        return Summary(
            **{
                name: np.reshape(getattr(found, name), shape)
                for name in ("n", "mean", "variance", "mean_square", "rest")
            }
        )

    return of(comparison.control_keys), of(comparison.arm_keys)


def correlation(comparison: Comparison, one: Combination, other: Combination) -> FloatArray:
    """Of two estimated differences, from each group's own covariance; 0 where one is constant."""
    sides = [comparison.summaries(value) for value in (one, other)]
    within = comparison.covariances(one, other)
    n = [side.n for side in sides[0]]
    with np.errstate(divide="ignore", invalid="ignore"):
        together = within[0] / n[0] + within[1] / n[1]
        scale = np.sqrt(np.prod([pair[0].error2 + pair[1].error2 for pair in sides], axis=0))
        return np.where(scale > 0, np.clip(together / scale, -1, 1), 0.0)
