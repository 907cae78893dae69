"""How public engines compute the same intervals, from the same sums.

Written out from their documentation, so that a table does not need their installation: GrowthBook's
relative lift (delta method, t with Welch's degrees of freedom) and its sequential interval,
tea-tasting's log ratio, and Fieller's interval with each group's own variance.
"""

import numpy as np
from benchmarks.calibration.scoring import Floats
from scipy import special

from regulars_experiments.effects import ratio_limits, symmetric_limits, welch
from regulars_experiments.moments import Summary

Limits = tuple[Floats, Floats]


def welch_interval(control: Summary, arm: Summary, confidence: float) -> Limits:
    """Difference of means (Welch 1947)."""
    answer = welch(control, arm, confidence)
    return answer.low, answer.high


def delta_lift(control: Summary, arm: Summary, confidence: float) -> Limits:
    """GrowthBook: relative lift, Var = q_t / m_c^2 + q_c m_t^2 / m_c^4 (its guide, eq. 2)."""
    q_c, q_t = control.error2, arm.error2
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = arm.mean / control.mean - 1
        error = np.sqrt(q_t + q_c * (arm.mean / control.mean) ** 2) / np.abs(control.mean)
        half = _t(q_c, q_t, control, arm, confidence) * error
    return _defined(lift - half, lift + half)


def log_ratio_lift(control: Summary, arm: Summary, confidence: float) -> Limits:
    """tea-tasting: log(m_t / m_c) +- t sqrt(q_c / m_c^2 + q_t / m_t^2), back from the log scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        q_c, q_t = control.error2 / control.mean**2, arm.error2 / arm.mean**2
        half = _t(q_c, q_t, control, arm, confidence) * np.sqrt(q_c + q_t)
        ratio = np.where((control.mean > 0) & (arm.mean > 0), arm.mean / control.mean, np.nan)
    return _defined(ratio * np.exp(-half) - 1, ratio * np.exp(half) - 1)


def fieller_lift(control: Summary, arm: Summary, confidence: float) -> Limits:
    """Fieller (1954) with each group's own variance; unbounded sets are no answer."""
    of_control, of_arm = symmetric_limits(control, arm, confidence)
    low, high = ratio_limits(control.mean, of_control, arm.mean, of_arm)
    return _defined(low - 1, high - 1)


def confidence_sequence(
    estimate: Floats, error: Floats, n: Floats, *, tuned_at: float, alpha: float = 0.05
) -> Limits:
    """Asymptotic confidence sequence in GrowthBook's form (Waudby-Smith et al. 2021, eq. 9).

    est +- se sqrt((n r + 1) / (n r) log((n r + 1) / alpha^2)), r = rho^2 by their approximation at
    `tuned_at` observations (5,000 is GrowthBook's default).
    """
    rho2 = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / tuned_at
    with np.errstate(divide="ignore", invalid="ignore"):
        half = error * np.sqrt((n * rho2 + 1) / (n * rho2) * np.log((n * rho2 + 1) / alpha**2))
    return _defined(estimate - half, estimate + half)


def _t(q_c: Floats, q_t: Floats, control: Summary, arm: Summary, confidence: float) -> Floats:
    freedom = (q_c + q_t) ** 2 / (q_c**2 / (control.n - 1) + q_t**2 / (arm.n - 1))
    value: Floats = special.stdtrit(freedom, 0.5 + confidence / 2)
    return value


def _defined(low: Floats, high: Floats) -> Limits:
    """NaN where either side is no finite number."""
    known = np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def delta_lift_p(control: Summary, arm: Summary) -> Floats:
    """p-value of "no lift" as GrowthBook's relative test gives it."""
    q_c, q_t = control.error2, arm.error2
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (q_c + q_t) ** 2 / (q_c**2 / (control.n - 1) + q_t**2 / (arm.n - 1))
        error = np.sqrt(q_t + q_c * (arm.mean / control.mean) ** 2) / np.abs(control.mean)
        p_value: Floats = 2 * special.stdtr(freedom, -np.abs(arm.mean / control.mean - 1) / error)
    return p_value


def plug_in_pooled(estimates: Floats, errors: Floats) -> tuple[Floats, Floats, Floats]:
    """(mean, low, high) of empirical Bayes with one estimate of the spread between segments.

    DerSimonian & Laird's tau^2, then Morris (1983): the usual form, whose interval forgets that
    tau is itself uncertain.
    """
    v = errors**2
    w = 1 / v
    centre = (w * estimates).sum() / w.sum()
    q = (w * (estimates - centre) ** 2).sum()
    tau2 = max(0.0, (q - len(v) + 1) / (w.sum() - (w**2).sum() / w.sum()))
    weight = 1 / (v + tau2)
    middle = (weight * estimates).sum() / weight.sum()
    pull = v * weight
    mean = pull * middle + (1 - pull) * estimates
    half = special.ndtri(0.975) * np.sqrt((1 - pull) * v + pull**2 / weight.sum())
    return mean, mean - half, mean + half
