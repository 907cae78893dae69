"""Plan + frame -> records: one per metric, arm and segment, by the default method of its kind.

Other methods' answers on the same data stand beside it as sensitivities.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import polars as pl

from regulars_experiments import effects
from regulars_experiments.aggregation import aggregate
from regulars_experiments.moments import Key, Moments, Summary, plan_moments
from regulars_experiments.money_interval import (
    FLAGGED_SHAPE_Z,
    Arms,
    build_limits,
    money_difference,
    money_lift,
)
from regulars_experiments.results import Answer, FloatArray, Intervals

Combination = Mapping[str, Fraction | int]
Kind = Literal["mean", "conversion", "ratio"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """What is compared. `value` is a weighted sum of columns; a ratio has a `denominator` too.

    mean: money or any number per customer. conversion: a column of 0 and 1. ratio: sum over sum.
    """

    name: str
    kind: Kind
    value: Combination
    denominator: Combination | None = None

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (*self.value, *(self.denominator or {}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """How customers were assigned, and what is asked.

    arm: column of the assignment; control: its value for the control group. segments: columns
    whose values are reported one by one. covariates: columns from before the start.
    """

    arm: str
    control: str
    metrics: tuple[Metric, ...]
    covariates: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    confidence: float = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """The same difference by another method."""

    method: str
    difference: Answer
    relative: Answer | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One metric of one arm against the control, for everybody or in one segment.

    segment: None for everybody, else (column, value). Means and difference in the metric's own
    unit per assigned customer; relative: difference over the control's mean. spread_changed:
    buyers' amounts spread differently in the arm, so the borrowed spread was (partly) withdrawn.
    variance_removed: share of the variance that CUPED took away, where covariates were given.
    """

    metric: str
    arm: str
    control: str
    segment: tuple[str, str] | None
    method: str
    n_arm: int
    n_control: int
    mean_arm: float | None
    mean_control: float | None
    difference: Answer
    relative: Answer
    sensitivity: tuple[Sensitivity, ...]
    spread_changed: bool
    variance_removed: float | None


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

    def summaries(self, value: Combination) -> tuple[Summary, Summary]:
        """(control, arm) of a weighted sum of columns."""
        return (
            self.moments.summary(self.control_keys, value),
            self.moments.summary(self.arm_keys, value),
        )

    def covariances(self, one: Combination, other: Combination) -> tuple[FloatArray, FloatArray]:
        """(control, arm) sample covariances of two weighted sums."""
        return (
            self.moments.covariance(self.control_keys, one, other),
            self.moments.covariance(self.arm_keys, one, other),
        )

    def money(self, value: Combination) -> Arms:
        """What the money interval needs; the buyers are those of the first column of `value`."""
        column = next(iter(value))
        control, arm = self.summaries(value)
        return Arms(
            control=control,
            arm=arm,
            control_shape=self.moments.shape(self.control_keys, column),
            arm_shape=self.moments.shape(self.arm_keys, column),
        )


def collect_moments(
    frame: pl.LazyFrame, design: Design, scales: Mapping[str, int]
) -> dict[str | None, Moments]:
    """One value per segment column (None: everybody), from integer columns with these scales."""
    pairs: list[tuple[str, str]] = []
    for metric in design.metrics:
        together = [*metric.columns(), *design.covariates]
        pairs += [(a, b) for i, a in enumerate(together) for b in together[i + 1 :] if a != b]
    shapes = dict.fromkeys(
        next(iter(metric.value)) for metric in design.metrics if metric.kind == "mean"
    )
    used = dict.fromkeys(
        [name for metric in design.metrics for name in metric.columns()] + list(design.covariates)
    )
    columns = {name: scales[name] for name in used}
    found: dict[str | None, Moments] = {}
    for segment in design.segments:
        by = (design.arm, segment)
        plan = plan_moments(by=by, columns=columns, pairs=pairs, shapes=shapes)
        found[segment] = aggregate(frame, plan)
    if design.segments:
        found[None] = found[design.segments[0]].rolled_up([design.arm])
    else:
        plan = plan_moments(by=(design.arm,), columns=columns, pairs=pairs, shapes=shapes)
        found[None] = aggregate(frame, plan)
    return found


def evaluate(moments: Mapping[str | None, Moments], design: Design) -> tuple[Effect, ...]:
    """All effects: for each metric, everybody first and then each segment, arms in text order.

    `moments` as `collect_moments` gives them. Raises ValueError when the control has no customer.
    """
    arms = sorted({str(key[0]) for key in moments[None].cells} - {design.control})
    if (design.control,) not in moments[None].cells:
        raise ValueError(f"no row has the control value {design.control!r}")
    found: list[Effect] = []
    for metric in design.metrics:
        for segment in (None, *design.segments):
            cells = list(_cells(moments[segment], arms, segment))
            comparison = compare(moments[segment], design.control, cells)
            found += _effects(metric, design, comparison, cells)
    return tuple(found)


def compare(moments: Moments, control: str, cells: Sequence[Cell]) -> Comparison:
    """The cells' keys in `moments`, arm beside control."""

    def key(arm: str, cell: Cell) -> Key:
        return (arm,) if cell.segment is None else (arm, cell.segment[1])

    return Comparison(
        moments,
        tuple(key(control, cell) for cell in cells),
        tuple(key(cell.arm, cell) for cell in cells),
    )


def _cells(moments: Moments, arms: Iterable[str], segment: str | None) -> Iterable[Cell]:
    if segment is None:
        return [Cell(arm=arm, segment=None) for arm in arms]
    values = sorted({str(key[1]) for key in moments.cells})
    return [Cell(arm=arm, segment=(segment, value)) for value in values for arm in arms]


@dataclass(frozen=True, slots=True)
class _Answers:
    """Vectorised answers of one metric over the cells."""

    control: Summary
    arm: Summary
    difference: Intervals
    relative: Intervals
    others: tuple[tuple[str, Intervals, Intervals | None], ...]
    shape_z: FloatArray


def _effects(
    metric: Metric, design: Design, comparison: Comparison, cells: Sequence[Cell]
) -> list[Effect]:
    answers = _BY_KIND[metric.kind](metric, design, comparison)
    adjusted, removed = _adjusted(metric, design, comparison, answers)
    others = answers.others if adjusted is None else (*answers.others, ("CUPED", adjusted, None))
    return [
        Effect(
            metric=metric.name,
            arm=cell.arm,
            control=design.control,
            segment=cell.segment,
            method=str(answers.difference.method[i]),
            n_arm=int(answers.arm.n[i]),
            n_control=int(answers.control.n[i]),
            mean_arm=_number(answers.arm.mean[i]),
            mean_control=_number(answers.control.mean[i]),
            difference=answers.difference.answer(i),
            relative=answers.relative.answer(i),
            sensitivity=tuple(
                Sensitivity(
                    method=name,
                    difference=other.answer(i),
                    relative=None if lift is None else lift.answer(i),
                )
                for name, other, lift in others
            ),
            spread_changed=bool(np.abs(np.nan_to_num(answers.shape_z[i])) > FLAGGED_SHAPE_Z),
            variance_removed=None if removed is None else _number(removed[i]),
        )
        for i, cell in enumerate(cells)
    ]


def _money_answers(metric: Metric, design: Design, comparison: Comparison) -> _Answers:
    limits = build_limits(comparison.money(metric.value))
    control, arm = limits.arms.control, limits.arms.arm
    difference = money_difference(limits, design.confidence)
    welch = effects.welch(control, arm, design.confidence)
    return _Answers(
        control=control,
        arm=arm,
        difference=difference,
        relative=money_lift(limits, difference, design.confidence),
        others=(("Welch", welch, _fieller(control, arm, welch, design.confidence)),),
        shape_z=limits.shape_z,
    )


def _conversion_answers(metric: Metric, design: Design, comparison: Comparison) -> _Answers:
    control, arm = comparison.summaries(metric.value)
    difference = effects.proportions(control, arm, design.confidence)
    score = difference.method == "Newcombe"
    z = effects.normal_quantile(design.confidence)
    symmetric = effects.symmetric_limits(control, arm, design.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = [effects.wilson(side.mean * side.n, side.n, z) for side in (control, arm)]
    of_control, of_arm = (
        (np.where(score, own[0], plain[0]), np.where(score, own[1], plain[1]))
        for own, plain in zip(scores, symmetric, strict=True)
    )
    return _Answers(
        control=control,
        arm=arm,
        difference=difference,
        relative=effects.relative_lift(difference, control.mean, of_control, arm.mean, of_arm),
        others=(),
        shape_z=np.full(control.n.shape, np.nan),
    )


def _ratio_answers(metric: Metric, design: Design, comparison: Comparison) -> _Answers:
    if metric.denominator is None:
        raise ValueError(f"the ratio {metric.name!r} has no denominator")
    numerator = comparison.summaries(metric.value)
    denominator = comparison.summaries(metric.denominator)
    covariance = comparison.covariances(metric.value, metric.denominator)
    control, arm = (
        effects.ratio_summary(numerator[side], denominator[side], covariance[side])
        for side in (0, 1)
    )
    difference = effects.ratio_difference(control, arm, design.confidence)
    return _Answers(
        control=control,
        arm=arm,
        difference=difference,
        relative=_fieller(control, arm, difference, design.confidence),
        others=(),
        shape_z=np.full(control.n.shape, np.nan),
    )


_BY_KIND: Mapping[Kind, Callable[[Metric, Design, Comparison], _Answers]] = {
    "mean": _money_answers,
    "conversion": _conversion_answers,
    "ratio": _ratio_answers,
}


def _fieller(control: Summary, arm: Summary, difference: Intervals, confidence: float) -> Intervals:
    of_control, of_arm = effects.symmetric_limits(control, arm, confidence)
    return effects.relative_lift(difference, control.mean, of_control, arm.mean, of_arm)


def _adjusted(
    metric: Metric, design: Design, comparison: Comparison, answers: _Answers
) -> tuple[Intervals | None, FloatArray | None]:
    """CUPED on all covariates together, and the share of the variance that it removes."""
    names = [name for name in design.covariates if name not in metric.columns()]
    if not names or metric.kind == "ratio":
        return None, None
    covariates = [comparison.summaries({name: 1}) for name in names]
    crossed = [comparison.covariances(metric.value, {name: 1}) for name in names]
    among = [[comparison.covariances({a: 1}, {b: 1}) for b in names] for a in names]
    adjusted = effects.cuped(
        (answers.control, answers.arm),
        covariates,
        (np.stack([pair[0] for pair in crossed]), np.stack([pair[1] for pair in crossed])),
        (
            np.array([[pair[0] for pair in row] for row in among]),
            np.array([[pair[1] for pair in row] for row in among]),
        ),
        design.confidence,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = answers.control.error2 + answers.arm.error2
        removed: FloatArray = 1 - adjusted.standard_error**2 / plain
    return adjusted, removed


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
