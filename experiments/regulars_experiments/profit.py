"""Net profit per assigned customer and the waterfall whose bars add up to it.

net = margin on the extra goods - what the offer cost - what contacting cost, each a difference
between arm and control per assigned customer. The margin's interval is the calibrated one; the
offer's cost has its own, because a subsidy exists (mostly) in one arm and its shape differs by
construction; their covariance is part of the interval of the net.
"""

from collections.abc import Callable

import numpy as np

from regulars_experiments.effects import Limits, normal_quantile, p_by_inversion
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    build_intervals,
)

LimitsOf = Callable[[FloatArray], Limits]
"""(low, high) of a difference, per cell, as a function of the normal quantile."""


def net_profit(
    *,
    margin: Intervals,
    margin_limits: LimitsOf,
    cost: Intervals,
    cost_limits: LimitsOf,
    covariance: FloatArray,
    confidence: float,
) -> Intervals:
    """margin - cost with the covariance of their estimates.

    covariance: of the two *estimated differences*, per cell. The limits combine by MOVER for a
    difference of dependent estimates (Zou & Donner 2008, eq. 8):
    L = d - sqrt((M - l_M)^2 + (u_K - K)^2 - 2 r (M - l_M)(u_K - K)), r their correlation.
    The p-value inverts the same interval.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        both = margin.standard_error * cost.standard_error
        correlation = np.where(both > 0, covariance / both, 0.0)
    correlation = np.clip(np.nan_to_num(correlation), -1.0, 1.0)
    estimate = margin.estimate - cost.estimate

    def limits(z: FloatArray) -> Limits:
        margin_low, margin_high = margin_limits(z)
        cost_low, cost_high = cost_limits(z)
        down = _combine(margin.estimate - margin_low, cost_high - cost.estimate, correlation)
        up = _combine(margin_high - margin.estimate, cost.estimate - cost_low, correlation)
        return estimate - down, estimate + up

    z = np.full(estimate.shape, normal_quantile(confidence))
    with np.errstate(invalid="ignore"):
        low, high = limits(z)
        p_value = p_by_inversion(limits, estimate.shape)
    return build_intervals(
        estimate=estimate,
        standard_error=(high - low) / (2 * z),
        low=low,
        high=high,
        p_value=p_value,
        undefined=margin.undefined.copy(),
        method=margin.method,
    )


def _combine(one: FloatArray, other: FloatArray, correlation: FloatArray) -> FloatArray:
    square = one**2 + other**2 - 2 * correlation * one * other
    return np.sqrt(np.maximum(square, 0))
