"""What the product answers, without the p-values that a table of intervals does not need."""

import numpy as np
from benchmarks.calibration.scoring import CONFIDENCE, Floats

from regulars_experiments.effects import normal_quantile
from regulars_experiments.money_interval import MoneyLimits, money_lift, undefined_money
from regulars_experiments.results import Intervals, build_intervals

Limits = tuple[Floats, Floats]


def difference(limits: MoneyLimits, confidence: float = CONFIDENCE) -> Intervals:
    """The interval of the difference as `money_difference` gives it; no p-values."""
    control, arm = limits.arms.control, limits.arms.arm
    z = np.full(control.n.shape, normal_quantile(confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = limits.of_difference(z)
        error = np.sqrt(control.error2 + arm.error2)
    error = np.where(limits.borrowed > 0, (high - low) / (2 * z), error)
    return build_intervals(
        estimate=arm.mean - control.mean,
        standard_error=error,
        low=low,
        high=high,
        p_value=np.full(low.shape, np.nan),
        undefined=undefined_money(limits.arms),
        method="calibrated money interval",
    )


def lift(limits: MoneyLimits, of_difference: Intervals, confidence: float = CONFIDENCE) -> Limits:
    """The relative interval that goes with it."""
    found = money_lift(limits, of_difference, confidence)
    return found.low, found.high
