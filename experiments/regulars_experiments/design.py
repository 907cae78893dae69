"""Before a campaign: what a comparison of an arm with the holdout could prove.

Two families. `power_of_difference` and `required_control` are the textbook's t-test, for any metric
that behaves. `detectable_effect` and `chance_of_proof` are for money: they ask the very interval
that the report will use (`money_interval`), which with a small holdout is wider than Welch's, so
that a planned power of 80% is one of about 80%.

Everything is vectorised over cells (segments); arrays have the shape (cells,), or broadcast to it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.crossings import crossing
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms, build_limits, undefined_money
from regulars_experiments.multiplicity import segment_p_values
from regulars_experiments.results import FloatArray, Reason, ReasonArray, first_reason, no_reasons

_LARGEST_LOG_LIFT = math.log(1e4)  # nobody plans for more
_HALVINGS = 50
_NODES = 2_001


def detectable_difference(
    *, sd: float, n_arm: int, n_control: int, confidence: float = 0.95, power: float = 0.8
) -> float:
    """The smallest true difference of means that is proved with the chance `power`.

    sd: standard deviation of the metric per unit, in the metric's unit, alike in both arms.
    (z_(1-a/2) + z_power) * sd * sqrt(1/n_arm + 1/n_control), two-sided, normal approximation
    (Cohen 1988, section 2.4). Raises ValueError for arms without units or a negative sd.

    >>> round(detectable_difference(sd=10.0, n_arm=1000, n_control=1000), 3)
    1.253
    """
    if n_arm < 1 or n_control < 1:
        raise ValueError(f"both arms need units, got {n_arm} and {n_control}")
    if not sd >= 0:
        raise ValueError(f"a standard deviation is not below 0, got {sd}")
    _check_chances(confidence, power)
    reach = float(special.ndtri(0.5 + confidence / 2) + special.ndtri(power))
    return reach * sd * math.sqrt(1 / n_arm + 1 / n_control)


def power_of_difference(
    difference: npt.ArrayLike,
    *,
    sd: npt.ArrayLike,
    n_control: npt.ArrayLike,
    n_arm: npt.ArrayLike,
    confidence: float = 0.95,
) -> FloatArray:
    """Chance that a two-sided t-test proves a true difference of means; shape (cells,).

    Noncentral t with n_control + n_arm - 2 degrees of freedom (Cohen 1988, section 2.2), the same
    `sd` in both arms. Integrated over the distribution of the estimated sd instead of asked of
    the library's noncentral t, which turns into NaN in the far tail (small alpha) and from there
    into wrong sample sizes. Raises ValueError where there are no degrees of freedom.

    >>> power_of_difference(0.2, sd=1.0, n_control=394, n_arm=394).round(3)
    array([0.801])
    """
    d, s, n_c, n_t = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(v, dtype=np.float64))
            for v in (difference, sd, n_control, n_arm)
        )
    )
    freedom = n_c + n_t - 2
    if not ((freedom > 0) & (n_c > 0) & (n_t > 0)).all():
        raise ValueError("a t-test needs more than two customers in both arms together")
    if not ((s > 0) & np.isfinite(d)).all():
        raise ValueError("the difference must be a number and its standard deviation above 0")
    _check_chances(confidence, 0.5)
    shift = (d / (s * np.sqrt(1 / n_c + 1 / n_t)))[:, None]
    critical = -special.stdtrit(freedom, (1 - confidence) / 2)[:, None]
    # T = (Z + shift) / R with R^2 ~ chi2(f) / f; x = log R has density ~ exp(f (x - e^2x / 2))
    f = freedom[:, None]
    reach = 12 / np.sqrt(2 * f)
    x = np.linspace(0, 1, _NODES) * (2 * reach + 40 / f) - reach - 40 / f
    weight = np.exp(f * (x - np.exp(2 * x) / 2 + 0.5))
    weight /= weight.sum(axis=1, keepdims=True)
    proved = special.ndtr(shift - critical * np.exp(x)) + special.ndtr(
        -shift - critical * np.exp(x)
    )
    chance: FloatArray = (weight * proved).sum(axis=1)
    return chance


def required_control(
    effect_size: float, *, ratio: float = 1.0, confidence: float = 0.95, power: float = 0.8
) -> float:
    """Customers the holdout needs for a two-sided t-test; round up. The arm gets `ratio` as many.

    effect_size: difference over standard deviation (Cohen's d). Solves `power_of_difference` by
    bisection, also for alpha of 1e-6. Raises ValueError for an effect of 0, or no such ratio.

    >>> round(required_control(0.2), 1)
    393.4
    """
    if not (ratio > 0 and math.isfinite(ratio)):
        raise ValueError(f"the arm must be some times as large as the holdout, got {ratio}")
    if effect_size == 0 or not math.isfinite(effect_size):
        raise ValueError(f"an effect of {effect_size} is proved by no number of customers")

    def chance(n: float) -> float:
        found = power_of_difference(
            abs(effect_size), sd=1.0, n_control=n, n_arm=n * ratio, confidence=confidence
        )
        return float(found[0])

    low = 2.001 / (1 + ratio)
    high = max(2 * low, _size_by_normal(effect_size, ratio, confidence, power))
    while chance(high) < power:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) >= power else (middle, high)
    return high


def _size_by_normal(effect_size: float, ratio: float, confidence: float, power: float) -> float:
    """The same by the normal approximation: ((z_(1-a/2) + z_power) / d)^2 (1 + 1/ratio)."""
    _check_chances(confidence, power)
    reach = float(special.ndtri(0.5 + confidence / 2) + special.ndtri(power))
    return (reach / effect_size) ** 2 * (1 + 1 / ratio)


def required_control_for_shares(
    share_control: float,
    share_arm: float,
    *,
    ratio: float = 1.0,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float:
    """Customers the holdout needs to tell two shares of buyers apart; round up.

    (z_(1-a/2) + z_power)^2 (p_c q_c + p_t q_t / ratio) / (p_t - p_c)^2, the variance not pooled
    (Fleiss, Levin & Paik 2003, section 4.2, without continuity correction).

    >>> round(required_control_for_shares(0.05, 0.06, ratio=9.0))
    4220
    """
    if not (0 <= share_control <= 1 and 0 <= share_arm <= 1 and share_control != share_arm):
        raise ValueError(f"expected two different shares, got {share_control} and {share_arm}")
    _check_chances(confidence, power)
    reach = float(special.ndtri(0.5 + confidence / 2) + special.ndtri(power))
    variance = share_control * (1 - share_control) + share_arm * (1 - share_arm) / ratio
    return reach**2 * variance / (share_arm - share_control) ** 2


def detectable_share(
    share_control: float,
    *,
    n_control: float,
    n_arm: float,
    confidence: float = 0.95,
    power: float = 0.8,
) -> float | None:
    """The smallest gain in the share of buyers that is proved; None if beyond everybody buying.

    The inverse of `required_control_for_shares`, quadratic in the gain d:
    d^2 (1 + r/n_t) - d r (1 - 2p)/n_t - r p q (1/n_c + 1/n_t) = 0, r the square of both quantiles.

    >>> gain = detectable_share(0.05, n_control=4_220, n_arm=9 * 4_220)
    >>> None if gain is None else round(gain, 4)
    0.01
    """
    if not (0 < share_control < 1 and n_control > 0 and n_arm > 0):
        raise ValueError("a share lies between 0 and 1, and both groups need customers")
    _check_chances(confidence, power)
    reach2 = float(special.ndtri(0.5 + confidence / 2) + special.ndtri(power)) ** 2
    a = 1 + reach2 / n_arm
    b = reach2 * (1 - 2 * share_control) / n_arm
    c = reach2 * share_control * (1 - share_control) * (1 / n_control + 1 / n_arm)
    gain = (b + math.sqrt(b * b + 4 * a * c)) / (2 * a)
    return gain if share_control + gain <= 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What customers spend without the offer, per customer, buyers or not; shape (cells,).

    buyers: share of customers who buy, 0 to 1. mean, sd: of what a customer spends.
    """

    buyers: FloatArray
    mean: FloatArray
    sd: FloatArray

    def cell(self, place: int) -> "Baseline":
        """One cell as a baseline of its own."""
        here = slice(place, place + 1)
        return Baseline(buyers=self.buyers[here], mean=self.mean[here], sd=self.sd[here])


def baseline_of_buyers(rate: npt.ArrayLike, mean: npt.ArrayLike, sd: npt.ArrayLike) -> Baseline:
    """From what buyers spend to what customers do.

    rate: share of customers who buy in the window. mean, sd: of what one *buyer* spends in it.
    Per customer: mean rate * mean, variance rate (sd^2 + mean^2) - (rate * mean)^2.
    Raises ValueError for rates outside 0 to 1 and for negative or missing amounts.

    >>> found = baseline_of_buyers(0.05, 60.0, 45.0)
    >>> found.mean.round(2), found.sd.round(2)
    (array([3.]), array([16.5]))
    """
    p, m, s = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (rate, mean, sd))
    )
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("the share of customers who buy lies between 0 and 1")
    if not ((m >= 0) & (s >= 0) & np.isfinite(m) & np.isfinite(s)).all():
        raise ValueError("what buyers spend, and its standard deviation, are numbers from 0 up")
    per_customer = p * m
    spread = np.sqrt(np.maximum(p * (s**2 + m**2) - per_customer**2, 0))
    return Baseline(buyers=p, mean=per_customer, sd=spread)


@dataclass(frozen=True, kw_only=True, slots=True)
class Detectable:
    """The smallest gain that would be proved with the chance asked for; shape (cells,).

    difference: of means per customer, in the unit of the baseline. relative: to its mean.
    undefined: a Reason where nothing could be proved (the numbers are NaN there), else None.
    """

    difference: FloatArray
    relative: FloatArray
    undefined: ReasonArray


def detectable_effect(
    baseline: Baseline,
    *,
    n_control: npt.ArrayLike,
    n_arm: npt.ArrayLike,
    confidence: float = 0.95,
    power: float = 0.8,
    by_both_tests: bool = False,
) -> Detectable:
    """The smallest true gain in spend per customer that the money interval proves.

    The smallest observed ratio of means r* that the interval calls proved is found by search
    on the interval itself. The log of the observed ratio is about normal around
    log r + (e_c^2 - e_t^2) / 2 with variance e_c^2 + e_t^2, e^2 = Var(log mean) = (sd/mean)^2 / n
    (the two-part log limits' error: (r2/p - 1)/n). So log r = log r* + z_power e minus that shift.
    The arm's spread is taken to grow with its mean (larger baskets); where an offer brings more
    buyers instead, the power is a little higher than planned.

    Simulated power of a planned 80%: 78% to 83% for relative effects up to 60%, and more than
    planned beyond (tests/experiments/test_design.py). For one of S tests under Holm's correction,
    ask with a confidence of 1 - (1 - confidence) / S: the most cautious of its steps.

    by_both_tests: for one of several segments, which a report calls proved only where the test of
    the pooled customers agrees with the interval (`profit_tests`): r* passes both. Simulated power
    of a planned 80%: 79% to 82% for one of 4 to 100 segments.

    >>> found = detectable_effect(
    ...     baseline_of_buyers(0.05, 60.0, 45.0), n_control=10_000, n_arm=90_000
    ... )
    >>> found.difference.round(2), found.relative.round(3)
    (array([0.52]), array([0.175]))
    """
    _check_chances(confidence, power)
    known, n_c, n_t = _aligned(baseline, n_control, n_arm)
    undefined = _undefined(known, n_c, n_t)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error, shift = _log_error(known, n_c, n_t)
        needed = _least_proved(known, n_c, n_t, confidence, by_both_tests)
        relative = np.expm1(needed + special.ndtri(power) * error - shift)
    first_reason(undefined, ~(needed < _LARGEST_LOG_LIFT), Reason.NOT_DETECTABLE)
    relative = np.where(undefined == np.array(None), relative, np.nan)
    return Detectable(difference=relative * known.mean, relative=relative, undefined=undefined)


def chance_of_proof(
    baseline: Baseline,
    relative: npt.ArrayLike,
    *,
    n_control: npt.ArrayLike,
    n_arm: npt.ArrayLike,
    confidence: float = 0.95,
) -> FloatArray:
    """Chance that a true gain of `relative` times the mean is proved; the inverse of the above.

    NaN where the baseline allows no interval.

    >>> shop = baseline_of_buyers(0.05, 60.0, 45.0)
    >>> chance_of_proof(shop, 0.175, n_control=10_000, n_arm=90_000).round(2)
    array([0.8])
    """
    _check_chances(confidence, 0.5)
    known, n_c, n_t = _aligned(baseline, n_control, n_arm)
    undefined = _undefined(known, n_c, n_t)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error, shift = _log_error(known, n_c, n_t)
        needed = _least_proved(known, n_c, n_t, confidence, by_both_tests=False)
        reach = np.log1p(np.asarray(relative, dtype=np.float64)) + shift - needed
        chance = special.ndtr(reach / error)
    return np.where(undefined == np.array(None), chance, np.nan)


def _undefined(baseline: Baseline, n_c: FloatArray, n_t: FloatArray) -> ReasonArray:
    """Where the report would have no interval, were everything as expected."""
    undefined = no_reasons(n_c.shape)
    first_reason(undefined, baseline.buyers == 0, Reason.NO_BUYERS)
    by_interval = undefined_money(_expected(baseline, n_c, n_t, np.zeros(n_c.shape)))
    undefined = np.where(undefined == np.array(None), by_interval, undefined)
    first_reason(undefined, ~(baseline.mean > 0), Reason.CONTROL_NOT_POSITIVE)
    return undefined


def _least_proved(
    baseline: Baseline,
    n_c: FloatArray,
    n_t: FloatArray,
    confidence: float,
    by_both_tests: bool,
) -> FloatArray:
    """Log of the smallest observed ratio of means that is proved, were all else as expected."""
    z = np.full(n_c.shape, float(special.ndtri(0.5 + confidence / 2)))
    # whose spread is borrowed, and how far, does not change when all amounts of an arm grow alike
    alike = build_limits(_expected(baseline, n_c, n_t, np.zeros(n_c.shape)))

    def proved_by(log_lift: FloatArray) -> FloatArray:
        arms = _expected(baseline, n_c, n_t, log_lift)
        low = replace(alike, arms=arms).of_difference(z)[0]
        if not by_both_tests:
            return low
        bought = (arms.control_shape.buyers, arms.arm_shape.buyers)
        p_value = segment_p_values(arms.control, arms.arm, buyers=bought)
        # without a test of the pooled customers the interval stands alone (`profit_tests`)
        return np.fmin(low, np.log((1 - confidence) / p_value))

    return crossing(proved_by, np.full(n_c.shape, _LARGEST_LOG_LIFT))


def _expected(baseline: Baseline, n_c: FloatArray, n_t: FloatArray, log_lift: FloatArray) -> Arms:
    """Both arms as they are on average, the arm's amounts larger by exp(log_lift)."""

    def side(n: FloatArray, scale: FloatArray) -> tuple[Summary, Shape]:
        mean, variance = baseline.mean * scale, (baseline.sd * scale) ** 2
        bought = n * baseline.buyers
        nothing = np.zeros(n.shape)
        summary = Summary(
            n=n, mean=mean, variance=variance, mean_square=variance * (1 - 1 / n) + mean**2
        )
        # log amounts of variance 1 and kurtosis 3 in both arms: their shapes do not differ
        logs = (nothing, bought, nothing, 3 * bought)
        return summary, Shape(buyers=bought, positive=bought, logs=logs)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        control, control_shape = side(n_c, np.ones(n_c.shape))
        arm, arm_shape = side(n_t, np.exp(log_lift))
    return Arms(control=control, arm=arm, control_shape=control_shape, arm_shape=arm_shape)


def _log_error(
    baseline: Baseline, n_c: FloatArray, n_t: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Standard error of the log of the observed ratio of means, and how far it is off centre."""
    variation2 = (baseline.sd / baseline.mean) ** 2
    e2_c, e2_t = variation2 / n_c, variation2 / n_t
    # a mean that is lognormal with error e has its log centred e^2 / 2 below the mean's log
    return np.sqrt(e2_c + e2_t), (e2_c - e2_t) / 2


def _aligned(
    baseline: Baseline, n_control: npt.ArrayLike, n_arm: npt.ArrayLike
) -> tuple[Baseline, FloatArray, FloatArray]:
    buyers, mean, sd, n_c, n_t = np.broadcast_arrays(
        baseline.buyers,
        baseline.mean,
        baseline.sd,
        np.asarray(n_control, dtype=np.float64),
        np.asarray(n_arm, dtype=np.float64),
    )
    if not ((n_c >= 0) & (n_t >= 0)).all():
        raise ValueError("the numbers of customers must be numbers from 0 up")
    return Baseline(buyers=buyers, mean=mean, sd=sd), n_c, n_t


def _check_chances(confidence: float, power: float) -> None:
    if not (0 < confidence < 1 and 0 < power < 1):
        raise ValueError(f"confidence and power lie between 0 and 1, got {confidence} and {power}")
