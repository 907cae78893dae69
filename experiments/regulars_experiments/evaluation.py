"""Plan + moments -> records: one per metric, arm and segment, by the default method of its kind.

Other methods' answers on the same data stand beside it as sensitivities.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regulars_experiments.comparison import Cell, Collected, compare
from regulars_experiments.methods import Method, fixed_relative, method_of, peek_safe
from regulars_experiments.metrics import Design, Metric, Role
from regulars_experiments.money_interval import FLAGGED_SHAPE_Z
from regulars_experiments.multiplicity import benjamini_hochberg, holm, segment_p_values
from regulars_experiments.pooling import Heterogeneity, heterogeneity
from regulars_experiments.ratio_interval import cautious_p_values
from regulars_experiments.results import Answer, Estimate, FloatArray, Intervals, numbers
from regulars_experiments.segments import pool_segments, shared_errors, shared_share_errors
from regulars_experiments.sensitivities import Other, Sensitivity, View, others_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """p-values corrected over the family of tests that the effect belongs to (`tests` of them).

    For everybody: all arms and metrics of the same role. In segments: all arms, metrics of the
    same role and values of the same column, by the larger of the interval's p-value and that of
    `multiplicity.segment_p_values`.
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
    corrected: None for a guard-rail, or where there is no test. shared_error: by which a segment is
    weighed against the others (see `segments`); None for everybody, or where there is none.
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
    shared_error: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentTest:
    """Whether one arm's effect differs between the values of a segment column (Cochran's Q).

    corrected: over all such tests but those of guard-rails, which have none.
    """

    metric: str
    role: Role
    arm: str
    column: str
    test: Heterogeneity
    corrected: Corrected | None = None


def evaluate(collected: Collected, design: Design) -> tuple[Effect, ...]:
    """All effects: for each metric, everybody first and then each segment, arms in text order.

    `collected` as `collect_moments` gives it. Raises ValueError when the control has no customer.
    """
    everybody = collected.moments[None]
    if (design.control,) not in everybody.keys:
        raise ValueError(f"no row has the control value {design.control!r}")
    arms = sorted({str(key[0]) for key in everybody.keys} - {design.control})
    every = sum(everybody.counts(everybody.keys))
    views = []
    for column, cells in _cells(collected, design, arms):
        comparison = compare(collected.moments[column], design.control, cells)
        views.append(View(collected, design, column, cells, comparison, every))
    blocks = [_answer(metric, view) for metric in design.metrics for view in views]
    corrected = _corrections(blocks)
    pooled = _pooled(blocks, design)
    return tuple(
        effect
        for block, own, beliefs in zip(blocks, corrected, pooled, strict=True)
        for effect in _records(block, own, beliefs)
    )


def segment_tests(found: Iterable[Effect]) -> tuple[SegmentTest, ...]:
    """Heterogeneity of each metric and arm over each segment column with two known effects."""
    groups: dict[tuple[str, Role, str, str], list[Effect]] = {}
    for effect in found:
        if effect.segment is not None:
            key = (effect.metric, effect.role, effect.arm, effect.segment[0])
            groups.setdefault(key, []).append(effect)
    tests = []
    for (metric, role, arm, column), effects in groups.items():
        test = heterogeneity(*_weighed(effects))
        if test is not None:
            tests.append(SegmentTest(metric=metric, role=role, arm=arm, column=column, test=test))
    own = np.array([t.test.p_value if t.role != "guardrail" else np.nan for t in tests])
    count = int(np.isfinite(own).sum())
    return tuple(
        replace(test, corrected=Corrected(holm=strict, benjamini_hochberg=rate, tests=count))
        if np.isfinite(strict)
        else test
        for test, strict, rate in zip(
            tests, holm(own).tolist(), benjamini_hochberg(own).tolist(), strict=True
        )
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """One metric over a view's cells.

    tests: p-values for the corrections. shared: errors for weighing segments against each other.
    """

    metric: Metric
    view: View
    method: Method
    difference: Intervals
    relative: Intervals
    others: Sequence[Other]
    tests: FloatArray
    shared: FloatArray


def _cells(
    collected: Collected, design: Design, arms: Sequence[str]
) -> list[tuple[str | None, list[Cell]]]:
    """Per segment column (None: everybody) its cells: value by value, each with all arms."""
    found: list[tuple[str | None, list[Cell]]] = [
        (None, [Cell(arm=arm, segment=None) for arm in arms])
    ]
    for column in design.segments:
        values = sorted({str(key[1]) for key in collected.moments[column].keys})
        cells = [Cell(arm=arm, segment=(column, value)) for value in values for arm in arms]
        found.append((column, cells))
    return found


def _answer(metric: Metric, view: View) -> _Block:
    design, comparison = view.design, view.comparison
    method = method_of(metric, design, comparison)
    difference, relative = method.fixed, fixed_relative(method, design.confidence)
    others: list[Other] = []
    planned = view.planned(method)
    if planned is not None:
        others.append(Other("at one look: " + _kind_name(metric), difference, relative))
        difference, relative = peek_safe(method, planned, design.confidence)
    others += others_of(metric, view, comparison, method)
    return _Block(
        metric=metric,
        view=view,
        method=method,
        difference=difference,
        relative=relative,
        others=others,
        tests=difference.p_value if planned is not None else _tests(metric, view, method),
        shared=_shared(metric, view, method),
    )


def _records(
    block: _Block,
    corrected: Sequence[Corrected | None],
    pooled: Sequence[PooledEffect | None],
) -> list[Effect]:
    view, method = block.view, block.method
    nothing: list[None] = [None] * len(view.cells)
    removed = next((other.removed for other in block.others if other.name == "CUPED"), None)
    flagged = np.abs(np.nan_to_num(method.shape_z)) > FLAGGED_SHAPE_Z
    beside = list(zip(*(other.answers() for other in block.others), strict=True))
    columns: dict[str, Sequence[Any]] = {
        "arm": [cell.arm for cell in view.cells],
        "segment": [cell.segment for cell in view.cells],
        "method": block.difference.method.tolist(),
        "n_arm": method.arm.n.astype(int).tolist(),
        "n_control": method.control.n.astype(int).tolist(),
        "mean_arm": numbers(method.arm.mean),
        "mean_control": numbers(method.control.mean),
        "difference": block.difference.answers(),
        "relative": block.relative.answers(),
        "sensitivity": beside or [()] * len(view.cells),
        "spread_changed": flagged.tolist(),
        "variance_removed": nothing if removed is None else numbers(removed),
        "corrected": corrected,
        "pooled": pooled,
        "shared_error": numbers(block.shared),
    }
    rows = zip(*columns.values(), strict=True)
    return [
        Effect(
            metric=block.metric.name,
            role=block.metric.role,
            control=view.design.control,
            **dict(zip(columns, row, strict=True)),
        )
        for row in rows
    ]


def _kind_name(metric: Metric) -> str:
    return {
        "mean": "calibrated money interval",
        "conversion": "Newcombe or Welch",
        "ratio": "calibrated ratio interval",
    }[metric.kind]


def _tests(metric: Metric, view: View, method: Method) -> FloatArray:
    """p-values that stay honest when many of them are looked at, as the corrections need.

    In segments the larger of the interval's own and that of `segment_p_values`, or of
    `cautious_p_values` for a ratio: no correction is milder than what it corrects.
    """
    own = method.fixed.p_value
    if view.column is None:
        return own
    if metric.kind == "ratio":
        return cautious_p_values(method.fixed, method.expected_buyers)
    if metric.kind == "conversion":
        return np.maximum(own, segment_p_values(method.control, method.arm))
    arms = view.comparison.money(metric.value)
    bought = arms.control_shape.buyers, arms.arm_shape.buyers
    return np.maximum(own, segment_p_values(method.control, method.arm, buyers=bought))


def _shared(metric: Metric, view: View, method: Method) -> FloatArray:
    if view.column is None:
        return np.full(len(view.cells), np.nan)
    errors = shared_share_errors if metric.kind == "conversion" else shared_errors
    return errors(method.control, method.arm, [cell.arm for cell in view.cells])


def _corrections(blocks: Sequence[_Block]) -> list[list[Corrected | None]]:
    """Per block and cell: corrected over all cells of the metrics of that role and that column."""
    found: list[list[Corrected | None]] = [[None] * len(block.tests) for block in blocks]
    families: dict[tuple[Role, str | None], list[int]] = {}
    for i, block in enumerate(blocks):
        if block.metric.role != "guardrail":
            families.setdefault((block.metric.role, block.view.column), []).append(i)
    for members in families.values():
        places = [
            (i, cell) for i in members for cell in np.flatnonzero(np.isfinite(blocks[i].tests))
        ]
        own = np.array([blocks[i].tests[cell] for i, cell in places])
        for (i, cell), strict, rate in zip(
            places, holm(own).tolist(), benjamini_hochberg(own).tolist(), strict=True
        ):
            found[i][cell] = Corrected(holm=strict, benjamini_hochberg=rate, tests=len(places))
    return found


def _pooled(blocks: Sequence[_Block], design: Design) -> list[list[PooledEffect | None]]:
    """Per block and cell: a segment pooled with those of the same metric, arm and column."""
    found: list[list[PooledEffect | None]] = [[None] * len(block.tests) for block in blocks]
    if not design.pool_segments:
        return found
    for i, block in enumerate(blocks):
        if block.view.column is None:
            continue
        for arm in dict.fromkeys(cell.arm for cell in block.view.cells):
            places = [k for k, cell in enumerate(block.view.cells) if cell.arm == arm]
            answers = _pool_cells(block, places, design.confidence)
            for place, answer in zip(places, answers, strict=True):
                found[i][place] = answer
    return found


def _pool_cells(
    block: _Block, places: Sequence[int], confidence: float
) -> Sequence[PooledEffect | None]:
    """The cells of one arm."""
    here = np.array(places)
    control = block.method.control
    posterior = pool_segments(
        block.difference.estimate[here], block.shared[here], control.n[here], control.mean[here]
    )
    if posterior is None:
        return [None] * len(places)
    columns = (
        posterior.mean(),
        *(posterior.quantile(0.5 + side * confidence / 2) for side in (-1, 1)),
        posterior.chance_above_zero(),
    )
    return [
        PooledEffect(mean=mean, low=low, high=high, chance_positive=chance)
        for mean, low, high, chance in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _weighed(effects: Sequence[Effect]) -> tuple[FloatArray, FloatArray]:
    """Estimates and the errors to weigh them by; NaN where there is none."""
    rows = [
        (effect.difference.estimate, effect.shared_error or np.nan)
        if isinstance(effect.difference, Estimate)
        else (np.nan, np.nan)
        for effect in effects
    ]
    array = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]
