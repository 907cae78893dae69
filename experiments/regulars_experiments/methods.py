"""The default method of each kind of metric, and the others that stand beside it.

A method is seen as limits that are a function of the normal quantile: the ordinary interval takes
them at 1.96, the peek-safe one further out, and the p-value is where they reach zero.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments import effects
from regulars_experiments.comparison import Comparison
from regulars_experiments.inversion import Limits, LimitsOf
from regulars_experiments.metrics import Combination, Design, Metric
from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import (
    Arms,
    build_limits,
    expected_buyers,
    money_difference,
)
from regulars_experiments.ratio_interval import (
    as_ratio,
    build_ratio_limits,
    calibrated_ratio,
    fewer_buyers,
)
from regulars_experiments.results import FloatArray, Intervals
from regulars_experiments.sequential import (
    LEAST_BUYERS_AT_A_LOOK,
    boundary_factor,
    least_buyers,
    sequential_limits,
)

MeanLimits = Callable[[FloatArray], tuple[Limits, Limits]]
"""(low, high) of the control's mean and of the arm's, as a function of the normal quantile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """One metric by its default method over all cells.

    fixed: the ordinary answer. of_means, of_difference: the limits behind it. expected_buyers: of
    the smaller group. least_buyers: of those, from which a look before the end is valid. shape_z:
    change in the spread of amounts.
    """

    control: Summary
    arm: Summary
    fixed: Intervals
    of_means: MeanLimits
    of_difference: LimitsOf
    expected_buyers: FloatArray
    shape_z: FloatArray
    least_buyers: FloatArray | float = LEAST_BUYERS_AT_A_LOOK


def method_of(metric: Metric, design: Design, comparison: Comparison) -> Method:
    """The default method of the metric's kind."""
    match metric.kind:
        case "mean":
            return money(metric.value, design.confidence, comparison)
        case "conversion":
            return conversion(metric.value, design.confidence, comparison)
        case "ratio":
            return ratio(metric, design.confidence, comparison)


def money(value: Combination, confidence: float, comparison: Comparison) -> Method:
    """The calibrated money interval."""
    limits = build_limits(comparison.money(value))
    return Method(
        control=limits.arms.control,
        arm=limits.arms.arm,
        fixed=money_difference(limits, confidence),
        of_means=limits.of_means,
        of_difference=limits.of_difference,
        expected_buyers=expected_buyers(limits.arms),
        shape_z=limits.shape_z,
        least_buyers=least_buyers(limits.borrowed, limits.arms.control.n, limits.arms.arm.n),
    )


def conversion(value: Combination, confidence: float, comparison: Comparison) -> Method:
    """Score limits where a group has few of either kind, Welch's elsewhere."""
    control, arm = comparison.summaries(value)
    fixed = effects.proportions(control, arm, confidence)
    score = fixed.method == "Newcombe"
    plain = own_limits(control, arm)
    welch = effects.welch_limits(control, arm)

    def of_means(z: FloatArray) -> tuple[Limits, Limits]:
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = [effects.wilson(side.mean * side.n, side.n, z) for side in (control, arm)]
        first, second = (
            (np.where(score, own[0], other[0]), np.where(score, own[1], other[1]))
            for own, other in zip(scores, plain(z), strict=True)
        )
        return first, second

    def of_difference(z: FloatArray) -> Limits:
        of_control, of_arm = of_means(z)
        mover = effects.difference_limits(control.mean, of_control, arm.mean, of_arm)
        other = welch(z)
        return np.where(score, mover[0], other[0]), np.where(score, mover[1], other[1])

    return Method(
        control=control,
        arm=arm,
        fixed=fixed,
        of_means=of_means,
        of_difference=of_difference,
        expected_buyers=_expected_successes(control, arm),
        shape_z=np.full(control.n.shape, np.nan),
        # score limits hold their level from the first look on: see `sequential`
        least_buyers=0.0,
    )


def ratio(metric: Metric, confidence: float, comparison: Comparison) -> Method:
    """Sum over sum by the calibrated ratio interval."""
    control, arm = (as_ratio(side) for side in ratio_summaries(metric, comparison))
    numerator, denominator = (
        comparison.shapes(next(iter(part))) for part in (metric.value, metric.denominator or {})
    )
    shapes = [fewer_buyers(numerator[side], denominator[side]) for side in (0, 1)]
    limits = build_ratio_limits(
        Arms(control=control, arm=arm, control_shape=shapes[0], arm_shape=shapes[1])
    )
    return Method(
        control=control,
        arm=arm,
        fixed=calibrated_ratio(limits, confidence),
        of_means=limits.of_means,
        of_difference=limits.of_difference,
        expected_buyers=expected_buyers(limits.arms),
        shape_z=limits.shape_z,
        least_buyers=least_buyers(limits.borrowed, control.n, arm.n),
    )


def ratio_summaries(metric: Metric, comparison: Comparison) -> tuple[Summary, Summary]:
    """(control, arm) of a ratio metric as if it were a mean; ValueError without a denominator."""
    if metric.denominator is None:
        raise ValueError(f"the ratio {metric.name!r} has no denominator")
    numerator = comparison.summaries(metric.value)
    denominator = comparison.summaries(metric.denominator)
    covariance = comparison.covariances(metric.value, metric.denominator)
    control, arm = (
        effects.ratio_summary(numerator[side], denominator[side], covariance[side])
        for side in (0, 1)
    )
    return control, arm


def own_limits(control: Summary, arm: Summary) -> MeanLimits:
    """Each mean +- t x its own error, t with Welch's degrees of freedom, at any quantile."""
    q_c, q_t = control.error2, arm.error2
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = effects.satterthwaite((q_c, control.n - 1), (q_t, arm.n - 1))

    def limits(z: FloatArray) -> tuple[Limits, Limits]:
        with np.errstate(invalid="ignore"):
            t = -special.stdtrit(freedom, special.ndtr(-z))
            halves = t * np.sqrt(q_c), t * np.sqrt(q_t)
        return (
            (control.mean - halves[0], control.mean + halves[0]),
            (arm.mean - halves[1], arm.mean + halves[1]),
        )

    return limits


def fixed_relative(method: Method, confidence: float) -> Intervals:
    """The relative lift that belongs to the ordinary difference."""
    z = np.full(method.control.n.shape, effects.normal_quantile(confidence))
    return _relative(method, method.fixed, z)


def peek_safe(
    method: Method, planned: FloatArray, confidence: float
) -> tuple[Intervals, Intervals]:
    """(difference, relative) that hold at every look; planned: customers at the end, per cell."""
    n_total = method.control.n + method.arm.n
    difference = sequential_limits(
        method.of_difference,
        method.fixed,
        n_total,
        planned,
        confidence,
        expected_buyers=method.expected_buyers,
        least=method.least_buyers,
    )
    factor = boundary_factor(n_total, planned, confidence)
    return difference, _relative(method, difference, factor)


def _relative(method: Method, difference: Intervals, z: FloatArray) -> Intervals:
    of_control, of_arm = method.of_means(z)
    return effects.relative_lift(
        difference, method.control.mean, of_control, method.arm.mean, of_arm
    )


def _expected_successes(control: Summary, arm: Summary) -> FloatArray:
    """Of the smaller group, at the common share; or of those without, where they are fewer."""
    with np.errstate(divide="ignore", invalid="ignore"):
        total = control.n + arm.n
        share = (control.n * control.mean + arm.n * arm.mean) / total
        found: FloatArray = np.minimum(control.n, arm.n) * np.minimum(share, 1 - share)
    return found
