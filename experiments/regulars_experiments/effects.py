"""Effects per assigned customer: differences, ratios of means, shares, ratio metrics.

All functions are vectorised over cells: arguments and answers are arrays of shape (cells,).
"t" is the arm, "c" the control. Notation follows the sources named at each formula.
"""

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.inversion import Limits, LimitsOf, p_by_inversion
from regulars_experiments.moments import Summary, mean_difference
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    ReasonArray,
    build_intervals,
    first_reason,
    no_reasons,
)

_FLAT = 1e-5  # limits this close to the means: their ratio is the difference over the control
_ROUNDING = 1e-13  # of the terms of a difference of variances


def as_summary(n: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> Summary:
    """One group's figures from elsewhere (a published table, another engine), in any shape.

    variance: sample variance (ddof 1).

    >>> as_summary([100, 200], [4.0, 5.0], [25.0, 32.0]).error2
    array([0.25, 0.16])
    """
    size, average, spread = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(given, dtype=np.float64)) for given in (n, mean, variance))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return Summary(
            n=size.copy(),
            mean=average.copy(),
            variance=spread.copy(),
            mean_square=spread * (size - 1) / size + average**2,
        )


def normal_quantile(confidence: float) -> float:
    """Two-sided normal quantile.

    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return float(special.ndtri(0.5 + confidence / 2))


def welch(control: Summary, arm: Summary, confidence: float) -> Intervals:
    """Difference of means with unequal variances.

    Welch (1947), degrees of freedom by `satterthwaite`; p = 2 sf(|d|/se), never 1 - cdf, so that
    small p-values do not underflow.

    >>> control, arm = as_summary(100, 4.0, 25.0), as_summary(200, 5.0, 32.0)
    >>> found = welch(control, arm, 0.95).answer(0)
    >>> round(found.low, 3), round(found.high, 3), round(found.p_value, 4)
    (-0.262, 2.262, 0.1198)
    """
    q_c, q_t = control.error2, arm.error2
    difference = mean_difference(control, arm)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(q_c + q_t)
        freedom = satterthwaite((q_c, control.n - 1), (q_t, arm.n - 1))
        half = special.stdtrit(freedom, 0.5 + confidence / 2) * error
        p_value = 2 * special.stdtr(freedom, -np.abs(difference) / error)
    undefined = undefined_difference(control, arm)
    return build_intervals(
        estimate=difference,
        standard_error=error,
        low=difference - half,
        high=difference + half,
        p_value=p_value,
        undefined=undefined,
        method="Welch",
    )


def satterthwaite(*terms: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Degrees of freedom of a sum of independent variances; NaN where all are zero.

    terms: (squared error, its degrees of freedom). Satterthwaite (1946), eq. 17.

    >>> nine, ninety = np.array([9.0]), np.array([90.0])
    >>> satterthwaite((np.array([2.0]), nine), (np.array([1.0]), ninety)).round(2)
    array([19.76])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.sum([part for part, _ in terms], axis=0)
        freedom: FloatArray = total**2 / np.sum([part**2 / own for part, own in terms], axis=0)
    return freedom


def undefined_difference(control: Summary, arm: Summary) -> ReasonArray:
    """Cells in which no interval for a difference of means exists, with the reason.

    >>> undefined_difference(as_summary([1, 9], 0.0, 0.0), as_summary([9, 9], 2.0, 0.0)).tolist()
    [<Reason.TOO_FEW_UNITS: 'too_few_units'>, <Reason.NO_VARIATION: 'no_variation'>]
    """
    undefined = no_reasons(control.n.shape)
    first_reason(undefined, (control.n < 2) | (arm.n < 2), Reason.TOO_FEW_UNITS)
    first_reason(undefined, (control.variance + arm.variance) == 0, Reason.NO_VARIATION)
    return undefined


def wilson(successes: FloatArray, n: FloatArray, z: FloatArray | float) -> Limits:
    """Score limits of a proportion (Wilson 1927).

    >>> low, high = wilson(np.array([7.0, 45.0]), np.array([90.0, 90.0]), 1.96)
    >>> low.round(4), high.round(4)
    (array([0.0382, 0.3988]), array([0.1519, 0.6012]))
    """
    share = successes / n
    centre = share + z**2 / (2 * n)
    half: FloatArray = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low: FloatArray = (centre - half) / scale
    high: FloatArray = (centre + half) / scale
    return low, high


def newcombe(control: Summary, arm: Summary, confidence: float) -> Intervals:
    """Difference of two proportions from their score limits.

    Newcombe (1998), method 10, which is MOVER (`difference_limits`) on Wilson's limits. The
    summaries are of 0/1 columns. The p-value inverts the same interval.

    >>> control, arm = as_summary(100, 0.04, 0.0388), as_summary(900, 0.06, 0.0565)
    >>> found = newcombe(control, arm, 0.95).answer(0)
    >>> round(found.low, 3), round(found.high, 3)
    (-0.04, 0.05)
    """
    difference = arm.mean - control.mean

    def limits(z: FloatArray) -> Limits:
        of_control = wilson(control.mean * control.n, control.n, z)
        of_arm = wilson(arm.mean * arm.n, arm.n, z)
        return difference_limits(control.mean, of_control, arm.mean, of_arm)

    undefined = no_reasons(control.n.shape)
    first_reason(undefined, (control.n < 1) | (arm.n < 1), Reason.TOO_FEW_UNITS)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = limits(np.full(control.n.shape, normal_quantile(confidence)))
        error = np.sqrt(control.error2 + arm.error2)
        p_value = p_by_inversion(limits, control.n.shape)
    return build_intervals(
        estimate=difference,
        # nobody or everybody converts: the interval has a width, but no such error goes with it
        standard_error=np.where(error > 0, error, np.nan),
        low=low,
        high=high,
        p_value=p_value,
        undefined=undefined,
        method="Newcombe",
    )


def proportions(control: Summary, arm: Summary, confidence: float) -> Intervals:
    """Difference of shares: Newcombe where an arm has under 50 of either kind, else Welch.

    >>> control, arm = as_summary([100, 4000], 0.04, 0.0384), as_summary([900, 4000], 0.06, 0.0564)
    >>> proportions(control, arm, 0.95).method.tolist()
    ['Newcombe', 'Welch']
    """
    few: npt.NDArray[np.bool_] = np.zeros(control.n.shape, dtype=np.bool_)
    for side in (control, arm):
        with np.errstate(invalid="ignore"):
            successes = side.mean * side.n
            few |= ~((successes >= 50) & (side.n - successes >= 50))
    return choose(few, newcombe(control, arm, confidence), welch(control, arm, confidence))


def difference_limits(
    mean_c: FloatArray, limits_c: Limits, mean_t: FloatArray, limits_t: Limits
) -> Limits:
    """MOVER: limits of m_t - m_c from each mean's own limits (Zou & Donner 2008, eq. 5).

    >>> two, one = np.array([2.0]), np.array([1.0])
    >>> difference_limits(two, (one, two + 3), two + 4, (two, two + 8))
    (array([-1.]), array([8.12310563]))
    """
    difference = mean_t - mean_c
    low: FloatArray = difference - np.hypot(mean_t - limits_t[0], limits_c[1] - mean_c)
    high: FloatArray = difference + np.hypot(limits_t[1] - mean_t, mean_c - limits_c[0])
    return low, high


def ratio_limits(
    mean_c: FloatArray, limits_c: Limits, mean_t: FloatArray, limits_t: Limits
) -> Limits:
    """Limits of m_t / m_c from each mean's own limits; NaN where unbounded (l_c <= 0).

    The ratios r for which the MOVER interval of m_t - r m_c contains 0 (Donner & Zou 2012, eq.
    9-10); with symmetric limits this is Fieller (1954). So "no effect" is decided exactly as by
    the difference. Where m_t's own limit is below zero the ratio is negative there, and r m_c is
    limited from its other side. An upper limit of the control that lies far off (over twice its
    mean, as limits on the log scale may) leaves the ratio bounded.

    >>> two, three = np.array([2.0]), np.array([3.0])
    >>> low, high = ratio_limits(two, (two - 1, two + 1), three, (three - 1, three + 1))
    >>> low.round(4), high.round(4)
    (array([0.8453]), array([3.1547]))
    """
    (l_t, u_t), (l_c, u_c) = limits_t, limits_c

    def bound(limit_t: FloatArray, limit_c: FloatArray, sign: int) -> FloatArray:
        # roots of a r^2 - 2 b r + c = 0, in the form that does not divide by a vanishing a
        a, b = limit_c * (2 * mean_c - limit_c), mean_t * mean_c
        c = limit_t * (2 * mean_t - limit_t)
        root = np.sqrt(np.maximum(b**2 - a * c, 0))
        apart = b + np.where(b < 0, -1, 1) * root
        value: FloatArray = np.where((b < 0) == (sign < 0), apart / a, c / apart)
        return np.where(apart == 0, 0.0, value)

    with np.errstate(divide="ignore", invalid="ignore"):
        low = bound(l_t, np.where(l_t < 0, l_c, u_c), -1)
        high = bound(u_t, np.where(u_t < 0, u_c, l_c), +1)
        bounded = l_c > 0
    return np.where(bounded, low, np.nan), np.where(bounded, high, np.nan)


def relative_lift(
    difference: Intervals,
    mean_c: FloatArray,
    limits_c: Limits,
    mean_t: FloatArray,
    limits_t: Limits,
) -> Intervals:
    """m_t / m_c - 1 with the limits that belong to `difference`; its p-value is the same test.

    >>> control, arm = as_summary(100, 4.0, 25.0), as_summary(200, 5.0, 32.0)
    >>> limits_c, limits_t = symmetric_limits(control, arm, 0.95)
    >>> difference = welch(control, arm, 0.95)
    >>> found = relative_lift(difference, control.mean, limits_c, arm.mean, limits_t).answer(0)
    >>> round(found.estimate, 3), round(found.low, 3), round(found.high, 3)
    (0.25, -0.055, 0.717)
    """
    low, high = ratio_limits(mean_c, limits_c, mean_t, limits_t)
    undefined = difference.undefined.copy()
    ends = (*limits_c, *limits_t)
    with np.errstate(divide="ignore", invalid="ignore"):
        # the difference keeps the digits that two means of nearly the same size lose
        lift = difference.estimate / mean_c
        reach = np.max([np.abs(end / mean_c - 1) for end in ends], axis=0)
        # amounts that hardly vary: the control's own error no longer bends the limits
        flat = (reach < _FLAT) & (mean_c > 0)
        low = np.where(flat, difference.low / mean_c, low - 1)
        high = np.where(flat, difference.high / mean_c, high - 1)
        first_reason(undefined, ~(mean_c > 0), Reason.CONTROL_NOT_POSITIVE)
    first_reason(undefined, np.isnan(low) | np.isnan(high), Reason.UNBOUNDED)
    return build_intervals(
        estimate=lift,
        standard_error=np.full(lift.shape, np.nan),
        low=low,
        high=high,
        p_value=difference.p_value,
        undefined=undefined,
        method="Fieller",
    )


def welch_limits(control: Summary, arm: Summary) -> LimitsOf:
    """Welch's limits of the difference as a function of the normal quantile.

    >>> control, arm = as_summary(100, 4.0, 25.0), as_summary(200, 5.0, 32.0)
    >>> low, high = welch_limits(control, arm)(np.array([1.96]))
    >>> low.round(3), high.round(3)
    (array([-0.262]), array([2.262]))
    """
    q_c, q_t = control.error2, arm.error2
    difference = mean_difference(control, arm)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(q_c + q_t)
        freedom = satterthwaite((q_c, control.n - 1), (q_t, arm.n - 1))

    def limits(z: FloatArray) -> Limits:
        # nobody differs in either arm: the difference is exact, and t has no degrees of freedom;
        # an unknown error (one customer) stays unknown
        with np.errstate(invalid="ignore"):
            half = np.where(error == 0, 0.0, -special.stdtrit(freedom, special.ndtr(-z)) * error)
        return difference - half, difference + half

    return limits


def symmetric_limits(control: Summary, arm: Summary, confidence: float) -> tuple[Limits, Limits]:
    """Each mean +- t x its own standard error, t with Welch's degrees of freedom.

    Fed to `ratio_limits` they give Fieller's interval, in agreement with `welch`.

    >>> control, arm = as_summary(100, 4.0, 25.0), as_summary(200, 5.0, 32.0)
    >>> (low, high), _ = symmetric_limits(control, arm, 0.95)
    >>> low.round(3), high.round(3)
    (array([3.015]), array([4.985]))
    """
    q_c, q_t = control.error2, arm.error2
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = satterthwaite((q_c, control.n - 1), (q_t, arm.n - 1))
        t = special.stdtrit(freedom, 0.5 + confidence / 2)
        half_c, half_t = t * np.sqrt(q_c), t * np.sqrt(q_t)
    return (
        (control.mean - half_c, control.mean + half_c),
        (arm.mean - half_t, arm.mean + half_t),
    )


def ratio_summary(numerator: Summary, denominator: Summary, covariance: FloatArray) -> Summary:
    """A ratio of sums (average order value) as if it were a mean, by the delta method.

    R = mean(S) / mean(N); variance per customer (v_S - 2 R c_SN + R^2 v_N) / mean(N)^2
    (Deng, Knoblich & Lu 2018, sec. 2.3). `welch` and Fieller then apply with n = customers.

    >>> spend, orders = as_summary(400, 14.0, 900.0), as_summary(400, 0.7, 0.8)
    >>> found = ratio_summary(spend, orders, np.array([17.0]))
    >>> found.mean, found.variance.round(1)
    (array([20.]), array([1102.]))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = numerator.mean / denominator.mean
        variance = beyond_rounding(
            numerator.variance - 2 * ratio * covariance + ratio**2 * denominator.variance,
            numerator.variance + ratio**2 * denominator.variance,
        )
        variance = variance / denominator.mean**2
    return Summary(
        n=numerator.n,
        mean=np.where(denominator.mean == 0, np.nan, ratio),
        variance=variance,
        mean_square=np.full(ratio.shape, np.nan),
    )


def beyond_rounding(difference: FloatArray, terms: FloatArray) -> FloatArray:
    """A variance left over between large terms: 0 where it is no more than their rounding.

    Else "everybody has the same ratio" would have a standard error of 1e-9 and prove anything.

    >>> beyond_rounding(np.array([1e-15, 0.5]), np.array([2.0, 2.0]))
    array([0. , 0.5])
    """
    return np.where(difference <= _ROUNDING * terms, 0.0, difference)


def ratio_difference(control: Summary, arm: Summary, confidence: float) -> Intervals:
    """Difference of two ratio summaries. No causal comparison of baskets: who buys differs too.

    >>> control, arm = as_summary(400, 20.0, 1102.0), as_summary(3600, 22.0, 1210.0)
    >>> round(ratio_difference(control, arm, 0.95).answer(0).p_value, 3)
    0.256
    """
    answer = welch(control, arm, confidence)
    undefined = answer.undefined.copy()
    first_reason(undefined, np.isnan(control.mean) | np.isnan(arm.mean), Reason.NO_DENOMINATOR)
    return build_intervals(
        estimate=answer.estimate,
        standard_error=answer.standard_error,
        low=answer.low,
        high=answer.high,
        p_value=answer.p_value,
        undefined=undefined,
        method="delta method",
    )


def choose(condition: npt.NDArray[np.bool_], yes: Intervals, no: Intervals) -> Intervals:
    """Cell by cell: `yes` where the condition holds, else `no`.

    >>> control, arm = as_summary([9, 99], 0.2, 0.18), as_summary([9, 99], 0.4, 0.27)
    >>> plain, score = welch(control, arm, 0.95), newcombe(control, arm, 0.95)
    >>> choose(np.array([True, False]), score, plain).method.tolist()
    ['Newcombe', 'Welch']
    """
    return Intervals(
        estimate=np.where(condition, yes.estimate, no.estimate),
        standard_error=np.where(condition, yes.standard_error, no.standard_error),
        low=np.where(condition, yes.low, no.low),
        high=np.where(condition, yes.high, no.high),
        p_value=np.where(condition, yes.p_value, no.p_value),
        undefined=np.where(condition, yes.undefined, no.undefined),
        method=np.where(condition, yes.method, no.method),
    )
