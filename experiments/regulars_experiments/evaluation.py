"""Plan + moments -> records: one per metric, arm and segment, by the default method of its kind.

Other methods' answers on the same data stand beside it as sensitivities.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regulars_experiments.comparison import Cell, Collected
from regulars_experiments.methods import Method, fixed_relative, method_of, peek_safe
from regulars_experiments.metrics import Design, Metric, Role
from regulars_experiments.moments import Moments
from regulars_experiments.money_interval import FLAGGED_SHAPE_Z
from regulars_experiments.multiplicity import benjamini_hochberg, holm, segment_p_values
from regulars_experiments.pooling import Heterogeneity, heterogeneity, pool
from regulars_experiments.results import Answer, Estimate, FloatArray, Intervals, numbers
from regulars_experiments.sensitivities import Other, Sensitivity, View, others_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """p-values corrected over the family of tests that the effect belongs to (`tests` of them).

    For everybody: all arms and metrics of the same role. In segments: all arms, metrics of the
    same role and values of the same column, by the tests of `multiplicity.segment_p_values`.
    """

    holm: float
    benjamini_hochberg: float
    tests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PooledEffect:
    """A segment's effect with what the other segments say: mean and central interval."""

    mean: float
    low: float
    high: float
    chance_positive: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One metric of one arm against the control, for everybody or in one segment.

    segment: None for everybody, else (column, value). Means and difference in the metric's own
    unit per assigned customer; relative: difference over the control's mean. spread_changed:
    buyers' amounts spread differently in the arm, so the borrowed spread was (partly) withdrawn.
    variance_removed: share of the variance that CUPED took away, where covariates were given.
    corrected: None for a guard-rail, or where there is no test.
    """

    metric: str
    role: Role
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
    corrected: Corrected | None = None
    pooled: PooledEffect | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentTest:
    """Whether one arm's effect differs between the values of a segment column (Cochran's Q)."""

    metric: str
    arm: str
    column: str
    test: Heterogeneity


def evaluate(collected: Collected, design: Design) -> tuple[Effect, ...]:
    """All effects: for each metric, everybody first and then each segment, arms in text order.

    `collected` as `collect_moments` gives it. Raises ValueError when the control has no customer.
    """
    everybody = collected.moments[None]
    if (design.control,) not in everybody.keys:
        raise ValueError(f"no row has the control value {design.control!r}")
    arms = sorted({str(key[0]) for key in everybody.keys} - {design.control})
    every = sum(everybody.counts(everybody.keys))
    found: list[Effect] = []
    tests: list[float] = []
    for metric in design.metrics:
        for column in (None, *design.segments):
            cells = list(_cells(collected.moments[column], arms, column))
            view = View(collected, design, column, cells, every)
            records, p_values = _effects(metric, view)
            found += records
            tests += p_values.tolist()
    found = _with_corrections(found, np.array(tests))
    return tuple(_with_pooling(found, design.confidence) if design.pool_segments else found)


def segment_tests(found: Iterable[Effect]) -> tuple[SegmentTest, ...]:
    """Heterogeneity of each metric and arm over each segment column with two known effects."""
    groups: dict[tuple[str, str, str], list[Answer]] = {}
    for effect in found:
        if effect.segment is not None:
            key = (effect.metric, effect.arm, effect.segment[0])
            groups.setdefault(key, []).append(effect.difference)
    tests = []
    for (metric, arm, column), answers in groups.items():
        test = heterogeneity(*_estimates(answers))
        if test is not None:
            tests.append(SegmentTest(metric=metric, arm=arm, column=column, test=test))
    return tuple(tests)


def _cells(moments: Moments, arms: Iterable[str], column: str | None) -> Iterable[Cell]:
    if column is None:
        return [Cell(arm=arm, segment=None) for arm in arms]
    values = sorted({str(key[1]) for key in moments.keys})
    return [Cell(arm=arm, segment=(column, value)) for value in values for arm in arms]


def _effects(metric: Metric, view: View) -> tuple[list[Effect], FloatArray]:
    """The records of one metric over a view's cells, and the p-values for their correction."""
    design, comparison = view.design, view.comparison
    method = method_of(metric, design, comparison)
    difference, relative = method.fixed, fixed_relative(method, design.confidence)
    others: list[Other] = []
    planned = view.planned(method)
    if planned is not None:
        others.append(Other("at one look: " + _kind_name(metric), difference, relative))
        difference, relative = peek_safe(method, planned, design.confidence)
    others += others_of(metric, view, comparison, method)
    records = _records(metric, view, method, (difference, relative), others)
    p_values = difference.p_value if planned is not None else _tests(metric, view, method)
    return records, p_values


def _records(
    metric: Metric,
    view: View,
    method: Method,
    answers: tuple[Intervals, Intervals],
    others: Sequence["Other"],
) -> list[Effect]:
    difference, relative = answers
    removed = next((other.removed for other in others if other.name == "CUPED"), None)
    flagged = np.abs(np.nan_to_num(method.shape_z)) > FLAGGED_SHAPE_Z
    beside = list(zip(*(other.answers() for other in others), strict=True))
    columns = zip(
        view.cells,
        difference.method.tolist(),
        method.arm.n.astype(int).tolist(),
        method.control.n.astype(int).tolist(),
        numbers(method.arm.mean),
        numbers(method.control.mean),
        difference.answers(),
        relative.answers(),
        beside or [()] * len(view.cells),
        flagged.tolist(),
        [None] * len(view.cells) if removed is None else numbers(removed),
        strict=True,
    )
    return [
        Effect(
            metric=metric.name,
            role=metric.role,
            arm=cell.arm,
            control=view.design.control,
            segment=cell.segment,
            method=name,
            n_arm=n_arm,
            n_control=n_control,
            mean_arm=mean_arm,
            mean_control=mean_control,
            difference=answer,
            relative=lift,
            sensitivity=sensitivity,
            spread_changed=changed,
            variance_removed=saved,
        )
        for (
            cell,
            name,
            n_arm,
            n_control,
            mean_arm,
            mean_control,
            answer,
            lift,
            sensitivity,
            changed,
            saved,
        ) in columns
    ]


def _kind_name(metric: Metric) -> str:
    return {
        "mean": "calibrated money interval",
        "conversion": "Newcombe or Welch",
        "ratio": "delta method",
    }[metric.kind]


def _tests(metric: Metric, view: View, method: Method) -> FloatArray:
    """p-values that stay honest when many of them are looked at, as the corrections need."""
    if view.column is None or metric.kind == "ratio":
        return method.fixed.p_value
    if metric.kind == "conversion":
        return segment_p_values(method.control, method.arm)
    arms = view.comparison.money(metric.value)
    bought = arms.control_shape.buyers, arms.arm_shape.buyers
    return segment_p_values(method.control, method.arm, buyers=bought)


def _with_corrections(found: Sequence[Effect], p_values: FloatArray) -> list[Effect]:
    families: dict[tuple[Role, str | None], list[int]] = {}
    for i, effect in enumerate(found):
        if effect.role != "guardrail" and np.isfinite(p_values[i]):
            column = None if effect.segment is None else effect.segment[0]
            families.setdefault((effect.role, column), []).append(i)
    corrected = list(found)
    for places in families.values():
        own = p_values[places]
        for i, strict, rate in zip(places, holm(own), benjamini_hochberg(own), strict=True):
            family = Corrected(
                holm=float(strict), benjamini_hochberg=float(rate), tests=len(places)
            )
            corrected[i] = replace(corrected[i], corrected=family)
    return corrected


def _with_pooling(found: Sequence[Effect], confidence: float) -> list[Effect]:
    """Each segment's effect pooled with those of the same metric, arm and column."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    overall = {(e.metric, e.arm): e for e in found if e.segment is None}
    for i, effect in enumerate(found):
        if effect.segment is not None:
            groups.setdefault((effect.metric, effect.arm, effect.segment[0]), []).append(i)
    pooled = list(found)
    for (metric, arm, _), places in groups.items():
        estimates, errors = _estimates([found[i].difference for i in places])
        if not np.isfinite(estimates).any():
            continue
        typical = abs(overall[(metric, arm)].mean_control or 0.0)
        # segments differ in effect by about what is there at most; failing that, by the noise
        posterior = pool(estimates, errors, typical or float(np.nanmean(errors)))
        mean, chance = posterior.mean(), posterior.chance_above_zero()
        low, high = (posterior.quantile(0.5 + side * confidence / 2) for side in (-1, 1))
        for place, i in enumerate(places):
            answer = PooledEffect(
                mean=float(mean[place]),
                low=float(low[place]),
                high=float(high[place]),
                chance_positive=float(chance[place]),
            )
            pooled[i] = replace(pooled[i], pooled=answer)
    return pooled


def _estimates(answers: Sequence[Answer]) -> tuple[FloatArray, FloatArray]:
    """Estimates and standard errors; NaN where there is none, or no error with it."""
    rows = [
        (answer.estimate, answer.standard_error or np.nan)
        if isinstance(answer, Estimate)
        else (np.nan, np.nan)
        for answer in answers
    ]
    array = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]
