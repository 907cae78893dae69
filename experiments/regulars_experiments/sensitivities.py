"""The same differences by other methods: what stands beside the default record.

Where answers are to be safe at every look, so are those of the adjusted methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments import effects
from regulars_experiments.adjustment import (
    cuped,
    interacted,
    linearised_covariance,
    poststratified,
)
from regulars_experiments.comparison import (
    Cell,
    Collected,
    Comparison,
    strata_summaries,
)
from regulars_experiments.methods import Method, fixed_relative, money
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Summary
from regulars_experiments.results import (
    Answer,
    FloatArray,
    Intervals,
    ReasonArray,
    build_intervals,
    numbers,
)
from regulars_experiments.sequential import least_buyers, sequential
from regulars_experiments.winsorising import capped_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """The same difference by another method.

    variance_removed: share of the squared error that it takes away; None where that is no aim.
    """

    method: str
    difference: Answer
    relative: Answer | None
    variance_removed: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One segment column's cells, arm beside control. every: customers in all arms so far."""

    collected: Collected
    design: Design
    column: str | None
    cells: Sequence[Cell]
    comparison: Comparison
    every: int

    def planned(self, method: Method) -> FloatArray | None:
        """Customers of each cell at the planned end, at its present share of all."""
        if self.design.planned_customers is None:
            return None
        so_far = method.control.n + method.arm.n
        # a cell in which nobody is has no answer anyway
        return np.maximum(so_far, 1.0) * self.design.planned_customers / self.every


@dataclass(frozen=True, slots=True)
class Other:
    """Another method over all cells; removed: share of the squared error taken away."""

    name: str
    difference: Intervals
    relative: Intervals | None = None
    removed: FloatArray | None = None

    def answers(self) -> list[Sensitivity]:
        """One record per cell."""
        nothing = [None] * len(self.difference.estimate)
        return [
            Sensitivity(
                method=self.name, difference=difference, relative=relative, variance_removed=removed
            )
            for difference, relative, removed in zip(
                self.difference.answers(),
                nothing if self.relative is None else self.relative.answers(),
                nothing if self.removed is None else numbers(self.removed),
                strict=True,
            )
        ]


def others_of(metric: Metric, view: View, comparison: Comparison, method: Method) -> list[Other]:
    """Every further method that the design gives the means for."""
    others: list[Other] = []
    confidence = view.design.confidence
    if metric.kind == "mean":
        others.append(_welch(method, confidence))
    if metric.kind == "ratio":
        others.append(_delta_method(method, confidence))
    others += _winsorised(metric, view, comparison)
    others += _adjusted(metric, view.design, comparison, (method.control, method.arm))
    others += _poststratified(metric, view)
    # what the default refuses no other method answers: they would be less right there, not more
    others = [_refused(other, method.fixed.undefined) for other in others]
    planned = view.planned(method)
    if planned is not None:
        total = method.control.n + method.arm.n
        # their errors borrow nothing: on sparse metrics early looks break them as they do Welch
        unborrowed = least_buyers(np.zeros_like(total), method.control.n, method.arm.n)
        others += [
            Other(
                f"{other.name}, at every look",
                sequential(
                    other.difference,
                    total,
                    planned,
                    confidence,
                    expected_buyers=method.expected_buyers,
                    least=unborrowed,
                ),
                removed=other.removed,
            )
            for other in others
            if other.removed is not None
        ]
    return others


def _welch(method: Method, confidence: float) -> Other:
    control, arm = method.control, method.arm
    welch = effects.welch(control, arm, confidence)
    of_control, of_arm = effects.symmetric_limits(control, arm, confidence)
    lift = effects.relative_lift(welch, control.mean, of_control, arm.mean, of_arm)
    return Other("Welch", welch, lift)


def _delta_method(method: Method, confidence: float) -> Other:
    """With each group's own error, as public engines have it."""
    control, arm = method.control, method.arm
    plain = effects.ratio_difference(control, arm, confidence)
    of_control, of_arm = effects.symmetric_limits(control, arm, confidence)
    lift = effects.relative_lift(plain, control.mean, of_control, arm.mean, of_arm)
    return Other("delta method", plain, lift)


def _refused(other: Other, undefined: ReasonArray) -> Other:
    """The same without an answer where the default has none, for the default's reason."""
    hidden = undefined != np.array(None)
    if not hidden.any():
        return other

    def kept(answers: Intervals) -> Intervals:
        return build_intervals(
            estimate=answers.estimate,
            standard_error=answers.standard_error,
            low=answers.low,
            high=answers.high,
            p_value=answers.p_value,
            undefined=np.where(hidden, undefined, answers.undefined),
            method=answers.method,
        )

    return Other(
        other.name,
        kept(other.difference),
        None if other.relative is None else kept(other.relative),
        None if other.removed is None else np.where(hidden, np.nan, other.removed),
    )


def _winsorised(metric: Metric, view: View, comparison: Comparison) -> list[Other]:
    limit = view.collected.limits.get(metric.name)
    if limit is None:
        return []
    column = capped_name(next(iter(metric.value)))
    method = money({column: 1}, view.design.confidence, comparison)
    name = f"winsorised at {float(limit):.12g}"
    return [Other(name, method.fixed, fixed_relative(method, view.design.confidence))]


def _adjusted(
    metric: Metric, design: Design, comparison: Comparison, outcome: tuple[Summary, Summary]
) -> list[Other]:
    """Regression on all covariates together, with one slope and with a slope per group."""
    names = [name for name in design.covariates if name not in metric.columns()]
    if not names:
        return []
    covariates = [comparison.summaries({name: 1}) for name in names]
    crossed = [_with_outcome(metric, comparison, name) for name in names]
    among = [[comparison.covariances({a: 1}, {b: 1}) for b in names] for a in names]
    given = (
        outcome,
        covariates,
        (np.stack([pair[0] for pair in crossed]), np.stack([pair[1] for pair in crossed])),
        (
            np.array([[pair[0] for pair in row] for row in among]),
            np.array([[pair[1] for pair in row] for row in among]),
        ),
        design.confidence,
    )
    found = []
    for name, adjust in (("CUPED", cuped), ("CUPED with interactions", interacted)):
        answer = adjust(*given)
        found.append(Other(name, answer.difference, answer.relative, answer.removed))
    return found


def _with_outcome(
    metric: Metric, comparison: Comparison, covariate: str
) -> tuple[FloatArray, FloatArray]:
    """(control, arm) covariances of the metric and a covariate; a ratio's rows are linearised."""
    of_value = comparison.covariances(metric.value, {covariate: 1})
    if metric.denominator is None:
        return of_value
    of_size = comparison.covariances(metric.denominator, {covariate: 1})
    numerator = comparison.summaries(metric.value)
    denominator = comparison.summaries(metric.denominator)
    own = comparison.summaries({covariate: 1})
    found = []
    for side in (0, 1):
        n = own[side].n
        # a covariate is the ratio of itself to 1
        one, nothing = np.ones_like(n), np.zeros_like(n)
        unit = Summary(n=n, mean=one, variance=nothing, mean_square=one)
        crossed = (of_value[side], nothing), (of_size[side], nothing)
        outcome = (numerator[side], denominator[side])
        found.append(linearised_covariance(outcome, (own[side], unit), crossed))
    return found[0], found[1]


def _poststratified(metric: Metric, view: View) -> list[Other]:
    if view.column not in view.collected.stratified or metric.kind == "ratio":
        return []
    moments = view.collected.stratified[view.column]
    control, arm = strata_summaries(moments, view.design.control, view.cells, metric.value)
    answer = poststratified(control, arm, view.design.confidence)
    return [Other("post-stratified", answer.difference, answer.relative, answer.removed)]
