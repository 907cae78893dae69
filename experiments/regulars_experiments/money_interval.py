"""The calibrated interval for money: right where a small holdout meets a few big baskets.

Welch's interval misses on one side there. The small holdout seldom contains a big basket, so its
mean and its variance fall together, and a worthless campaign is called profitable 6% to 17% of
the time instead of 2.5%. The repair borrows what the small group cannot know, the spread of what
buyers spend, from both groups together:

1. Each mean gets limits on the log scale from its own share of buyers p and the spread
   r2 = E[amount^2] / E[amount]^2 among buyers:  Var(log mean) = (r2 / p - 1) / n.
   r2 is pooled over both groups, each group's amounts scaled by its own mean amount.
2. The two means' limits combine to limits of the difference by MOVER (Zou & Donner 2008) and of
   the ratio by its counterpart (Donner & Zou 2012): both decide "no difference" alike.
3. Where borrowing is wrong it is withdrawn. A campaign that changes how amounts spread is seen by
   comparing the variances of log amounts (`shape_change`): from 1.75 to 3 standard errors each
   group's own spread takes over; a group with few buyers (from 150 down to 50) is not believed
   when it seems to spread less than all together. And a group whose log amounts vary more than the
   pooled ones gets at least the pooled spread times exp(l (s^2 - s_pooled^2)), which is how the
   spread of lognormal amounts answers to their log variance s^2; l = 0.2^2 / (0.2^2 + Var(s^2))
   shrinks what a few buyers show. From 2,000 to 10,000 buyers this floor fades out: such a group
   knows its own spread.
4. Where the groups are about equally large Welch is right: from 20% to 50% in the smaller group
   the limits go over to Welch's.

Nothing is claimed below 30 expected buyers in the smaller group. Measured coverage: see
`docs/calibration.md`.

A thousand held out, of whom 40 bought; nine thousand addressed, of whom 400 bought a little more:

>>> import polars as pl
>>> from regulars_experiments.aggregation import aggregate
>>> from regulars_experiments.comparison import Comparison
>>> from regulars_experiments.moments import plan_moments
>>> held = [20, 35, 50, 80, 140] * 8 + [0] * 960
>>> sent = [22, 38, 55, 88, 150] * 80 + [0] * 8600
>>> frame = pl.DataFrame({"arm": ["held"] * 1000 + ["sent"] * 9000, "spend": held + sent})
>>> plan = plan_moments(by=["arm"], columns={"spend": 1}, shapes=["spend"])
>>> arms = Comparison(aggregate(frame.lazy(), plan), (("held",),), (("sent",),)).money({"spend": 1})
>>> float(expected_buyers(arms)[0]), shape_change(arms.control_shape, arms.arm_shape).round(1)
(44.0, array([-0.1]))
>>> limits = build_limits(arms)
>>> difference = money_difference(limits, 0.95)
>>> difference.estimate.round(3), difference.low.round(3), difference.high.round(3)
(array([0.538]), array([-0.655]), array([1.419]))
>>> lift = money_lift(limits, difference, 0.95)
>>> lift.estimate.round(3), lift.low.round(3), lift.high.round(3)
(array([0.207]), array([-0.178]), array([0.766]))
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.effects import (
    difference_limits,
    normal_quantile,
    relative_lift,
    satterthwaite,
    undefined_difference,
    welch_limits,
)
from regulars_experiments.inversion import Limits, p_by_inversion
from regulars_experiments.moments import Shape, Summary, mean_difference
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    ReasonArray,
    build_intervals,
    first_reason,
)

LEAST_EXPECTED_BUYERS = 30
_SHAPE_Z = (1.75, 3.0)  # withdraw the borrowed spread between these
_SMALLER_SHARE = (0.20, 0.50)  # go over to Welch between these
_LARGEST_LOG_ERROR = 0.8  # beyond, a log limit says nothing about a mean
_LEAST_VARIATION = 1e-4  # sd over mean; below, the log limits would be rounding, and need not be
_LEAST_POSITIVE = 0.6  # share of non-zero amounts that must be above zero for log limits
_LEAST_LOG_VARIANCE = 1e-9  # logs are kept on a grid of 2^-16, whose own variance is 2e-11
_BELIEVED_NARROWER = (50.0, 150.0)  # buyers from which a smaller spread of its own counts
_OWN_SPREAD_KNOWN = (2_000.0, 10_000.0)  # buyers from which the floor under its spread goes
_TYPICAL_CHANGE = 0.2  # of a log variance by a campaign: how far more spread is believed
FLAGGED_SHAPE_Z = 1.96
"""A change in the spread of amounts is pointed out from here on (5% where there is none)."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Control and arm of one money metric in many cells; arrays of shape (cells,)."""

    control: Summary
    arm: Summary
    control_shape: Shape
    arm_shape: Shape


@dataclass(frozen=True, slots=True)
class MoneyLimits:
    """Limits of both means as functions of the normal quantile z, and how they were made.

    borrowed: weight of the log limits against Welch's, 0 to 1 per cell. shape_z: see
    `shape_change`.
    """

    arms: Arms
    borrowed: FloatArray
    log_error_control: FloatArray
    log_error_arm: FloatArray
    shape_z: FloatArray

    def of_means(self, z: FloatArray) -> tuple[Limits, Limits]:
        """(low, high) of the control's mean and of the arm's mean."""
        control, arm = self.arms.control, self.arms.arm
        q_c, q_t = control.error2, arm.error2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            freedom = satterthwaite((q_c, control.n - 1), (q_t, arm.n - 1))
            # quantiles of t are dear, and cells that borrow throughout need none
            own = self.borrowed < 1
            t = np.zeros_like(freedom)
            t[own] = -special.stdtrit(freedom[own], special.ndtr(-z[own]))
            return (
                self._blend(control.mean, self.log_error_control, np.sqrt(q_c), z, t),
                self._blend(arm.mean, self.log_error_arm, np.sqrt(q_t), z, t),
            )

    def of_difference(self, z: FloatArray) -> Limits:
        """(low, high) of arm minus control."""
        control, arm = self.arms.control, self.arms.arm
        of_control, of_arm = self.of_means(z)
        mover = difference_limits(control.mean, of_control, arm.mean, of_arm)
        # without borrowing MOVER is Welch's interval, which does not go through the means' limits
        own = self.borrowed == 0
        if not own.any():
            return mover
        low, high = welch_limits(control, arm)(z)
        return np.where(own, low, mover[0]), np.where(own, high, mover[1])

    def _blend(
        self,
        mean: FloatArray,
        log_error: FloatArray,
        error: FloatArray,
        z: FloatArray,
        t: FloatArray,
    ) -> Limits:
        weight = self.borrowed
        borrows = weight > 0
        step = np.where(borrows, z * log_error, 0.0)
        low = np.where(borrows, weight * mean * np.exp(-step), 0.0) + (1 - weight) * (
            mean - t * error
        )
        high = np.where(borrows, weight * mean * np.exp(step), 0.0) + (1 - weight) * (
            mean + t * error
        )
        return low, high


def build_limits(arms: Arms) -> MoneyLimits:
    """Work out, per cell, whose spread is used and how far the limits lean on Welch."""
    shape_z = shape_change(arms.control_shape, arms.arm_shape)
    b_c, b_t = arms.control_shape.buyers, arms.arm_shape.buyers
    spread_c, spread_t = _borrowed_spreads(arms, shape_z)
    with np.errstate(divide="ignore", invalid="ignore"):
        error_c = _log_error(arms.control, b_c, spread_c)
        error_t = _log_error(arms.arm, b_t, spread_t)
        smaller = np.minimum(arms.control.n, arms.arm.n) / (arms.control.n + arms.arm.n)
        positive = (arms.control_shape.positive + arms.arm_shape.positive) / (b_c + b_t)
    fits = (
        (arms.control.mean > 0)
        & (arms.arm.mean > 0)
        & (positive >= _LEAST_POSITIVE)
        & (error_c * np.sqrt(arms.control.n) >= _LEAST_VARIATION)
        & (error_t * np.sqrt(arms.arm.n) >= _LEAST_VARIATION)
        & (error_c <= _LARGEST_LOG_ERROR)
        & (error_t <= _LARGEST_LOG_ERROR)
    )
    borrowed = np.where(fits, _fade(smaller, *_SMALLER_SHARE), 0.0)
    # groups that are equal but for the luck of the draw are Welch's
    borrowed = np.where(borrowed < 0.02, 0.0, borrowed)
    return MoneyLimits(
        arms=arms,
        borrowed=borrowed,
        log_error_control=error_c,
        log_error_arm=error_t,
        shape_z=shape_z,
    )


def _borrowed_spreads(arms: Arms, shape_z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """E[amount^2] / E[amount]^2 among buyers to be used for (control, arm); see the module."""
    changed = 1 - _fade(np.abs(np.nan_to_num(shape_z)), *_SHAPE_Z)
    own = [_spread(side, shape) for side, shape in _sides(arms)]
    buyers = [shape.buyers for _, shape in _sides(arms)]
    found = []
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pooled = (buyers[0] * own[0] + buyers[1] * own[1]) / (buyers[0] + buyers[1])
        (n_c, v_c, m4_c), (n_t, v_t, m4_t) = (_central(shape) for _, shape in _sides(arms))
        variance = (n_c * v_c + n_t * v_t) / (n_c + n_t)
        kurtosis = (n_c * _kurtosis(v_c, m4_c) + n_t * _kurtosis(v_t, m4_t)) / (n_c + n_t)
        for own_spread, n, v in ((own[0], n_c, v_c), (own[1], n_t, v_t)):
            away = np.where(np.isfinite(shape_z), v - variance, 0.0)
            withdrawn = changed * np.where(away < 0, 1 - _fade(n, *_BELIEVED_NARROWER), 1.0)
            mixed = (1 - withdrawn) * pooled + withdrawn * own_spread
            error2 = np.maximum(kurtosis - 1, 0.1) * v**2 / n  # of v (Layard 1973)
            believed = _TYPICAL_CHANGE**2 / (_TYPICAL_CHANGE**2 + error2)
            floor = pooled * np.exp(np.nan_to_num(believed) * away)
            raised = np.where(away > 0, np.maximum(floor - mixed, 0), 0.0)
            found.append(mixed + raised * _fade(n, *_OWN_SPREAD_KNOWN))
    return found[0], found[1]


def money_difference(limits: MoneyLimits, confidence: float) -> Intervals:
    """Difference of means with the calibrated interval; p-values invert the same interval."""
    control, arm = limits.arms.control, limits.arms.arm
    undefined = undefined_money(limits.arms)
    z = np.full(control.n.shape, normal_quantile(confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = limits.of_difference(z)
        p_value = p_by_inversion(limits.of_difference, control.n.shape)
        error = np.sqrt(control.error2 + arm.error2)
    # where limits are borrowed, the error that belongs to the interval is its half width over z
    error = np.where(limits.borrowed > 0, (high - low) / (2 * z), error)
    method = np.where(limits.borrowed > 0, "calibrated money interval", "Welch").astype(object)
    return build_intervals(
        estimate=mean_difference(control, arm),
        standard_error=error,
        low=low,
        high=high,
        p_value=p_value,
        undefined=undefined,
        method=method,
    )


def money_lift(limits: MoneyLimits, difference: Intervals, confidence: float) -> Intervals:
    """The relative lift that goes with `money_difference`."""
    z = np.full(limits.arms.control.n.shape, normal_quantile(confidence))
    of_control, of_arm = limits.of_means(z)
    return relative_lift(
        difference, limits.arms.control.mean, of_control, limits.arms.arm.mean, of_arm
    )


def undefined_money(arms: Arms) -> ReasonArray:
    """Cells in which nothing can be said, with the reason.

    Gated on the *expected* buyers of the smaller group (its size x the common share of buyers):
    a gate on the observed ones would itself select. A metric that nobody has at zero (everyone
    has a value) is no purchase, and needs no buyers.
    """
    undefined = undefined_difference(arms.control, arms.arm)
    b_c, b_t = arms.control_shape.buyers, arms.arm_shape.buyers
    sparse = b_c + b_t < arms.control.n + arms.arm.n
    few = ~(expected_buyers(arms) >= LEAST_EXPECTED_BUYERS)
    first_reason(undefined, sparse & ((b_c == 0) | (b_t == 0)), Reason.NO_BUYERS)
    first_reason(undefined, sparse & few, Reason.TOO_FEW_BUYERS)
    return undefined


def expected_buyers(arms: Arms) -> FloatArray:
    """Of the smaller group, per cell: its size x the common share of buyers."""
    n_c, n_t = arms.control.n, arms.arm.n
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (arms.control_shape.buyers + arms.arm_shape.buyers) / (n_c + n_t)
        expected: FloatArray = np.minimum(n_c, n_t) * share
    return expected


def shape_change(control: Shape, arm: Shape) -> FloatArray:
    """z of the difference of log(variance of log amounts), arm against control; NaN if unknown.

    Var(log s^2) ~ (kurtosis - 1) / b, the kurtosis pooled over both groups (Layard 1973). Amounts
    that are all the same have no variance but that of the grid and of rounding: it counts as the
    grid's, and their kurtosis, being noise, as 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        (b_c, v_c, m4_c), (b_t, v_t, m4_t) = (_central(side) for side in (control, arm))
        kurtosis = (b_c * _kurtosis(v_c, m4_c) + b_t * _kurtosis(v_t, m4_t)) / (b_c + b_t)
        spread = np.maximum(kurtosis - 1, 0.1)
        ratio = np.maximum(v_t, _LEAST_LOG_VARIANCE) / np.maximum(v_c, _LEAST_LOG_VARIANCE)
        z = np.log(ratio) / np.sqrt(spread / b_c + spread / b_t)
    return np.where((b_c >= 10) & (b_t >= 10) & np.isfinite(z), z, np.nan)


def _central(shape: Shape) -> tuple[FloatArray, FloatArray, FloatArray]:
    b = shape.positive
    m1, m2, m3, m4 = (total / b for total in shape.logs)
    variance = m2 - m1**2
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return b, variance, fourth


def _kurtosis(variance: FloatArray, fourth: FloatArray) -> FloatArray:
    return np.where(variance > _LEAST_LOG_VARIANCE, fourth / variance**2, 1.0)


def _sides(arms: Arms) -> tuple[tuple[Summary, Shape], tuple[Summary, Shape]]:
    return (arms.control, arms.control_shape), (arms.arm, arms.arm_shape)


def _spread(side: Summary, shape: Shape) -> FloatArray:
    """E[amount^2] / E[amount]^2 among buyers."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = shape.buyers / side.n
        spread: FloatArray = (side.mean_square / share) / (side.mean / share) ** 2
    return spread


def _log_error(side: Summary, buyers: FloatArray, spread: FloatArray) -> FloatArray:
    share = buyers / side.n
    error: FloatArray = np.sqrt(np.maximum(spread / share - 1, 0) / side.n)
    return error


def _fade(values: FloatArray, start: float, end: float) -> FloatArray:
    """1 up to `start`, falling to 0 at `end`."""
    return np.clip((end - values) / (end - start), 0.0, 1.0)
