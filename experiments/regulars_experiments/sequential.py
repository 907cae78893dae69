"""Peek-safe intervals: right at every look together, not only at the last one.

Who looks at a 95% interval every day and stops when it excludes zero proves a worthless campaign
in 27% to 47% of cases. A confidence sequence is wide enough for all looks at once: with 95%
probability the truth is never outside. The price is width: 1.55 times the ordinary interval at the
planned size, 2 times at a tenth of it.

The sequence is the two-sided normal mixture of Robbins (1970) in its asymptotic form
(Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021, arXiv 2103.06476). It is asymptotic: on sparse
money with a small holdout the first looks of an ordinary standard error break it (9% to 17% false
alarms instead of 5%). `sequential_limits` therefore puts the boundary into the calibrated limits
themselves. Measured with nothing true (10/90, 20 to 100 looks, 2% buying baskets of log-sd 1.4
or 5% of 1.0): 1% to 3% false alarms over all looks from 30 expected holdout buyers on. Where the
spread cannot be borrowed an unequal split needs 150 (`least_buyers`), and then has 4.5% at most.
Shares by their score limits need no such wait: 2%, 10% or half held out, rates from 0.2% to 30%, 3
to 400 successes expected in the smaller group at the end, 40 looks from the first one on: 0% to 4%.

All arrays have shape (cells,). n_total: customers in both groups so far. n_star: customers in both
groups at the planned end, at which the sequence is narrowest; fixed before the first look.
"""

import numpy as np
from scipy import special

from regulars_experiments.inversion import LimitsOf, z_by_inversion
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    ReasonArray,
    build_intervals,
    first_reason,
)

LEAST_BUYERS_AT_A_LOOK = 30
LEAST_BUYERS_UNBORROWED = 150
_NEARLY_EQUAL = 0.2  # share of the smaller group from which Welch's limits hold early
_METHOD = "confidence sequence"


def mixture_variance(n_star: FloatArray, confidence: float, *, exact: bool = False) -> FloatArray:
    """rho^2, the mixture's variance at which the sequence is narrowest at `n_star` customers.

    In closed form, as other engines use it, or exact (`exact=True`; a relative difference of 3.5%
    in rho^2 at 95%, of 3e-5 in the width). Waudby-Smith et al. 2021, appendix B.2, eq. 155 to 161.
    Raises ValueError where `n_star` is not above zero.

    >>> float(mixture_variance(np.array([1000.0]), 0.95)[0] ** 0.5)  # doctest: +ELLIPSIS
    0.0890850975...
    """
    if not np.all(np.asarray(n_star) > 0):
        raise ValueError("the planned number of customers has to be above zero")
    alpha = 1 - confidence
    if exact:
        # rho^2 = (-W_{-1}(-alpha^2 / e) - 1) / N*
        best = -float(special.lambertw(-(alpha**2) / np.e, k=-1).real) - 1
    else:
        # rho^2 = (-2 log alpha + log(1 - 2 log alpha)) / N*
        best = -2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))
    variance: FloatArray = best / np.asarray(n_star, dtype=np.float64)
    return variance


def boundary_factor(
    n_total: FloatArray, n_star: FloatArray, confidence: float, *, exact: bool = False
) -> FloatArray:
    """How many standard errors the peek-safe interval reaches to each side.

    sqrt((N rho^2 + 1) / (N rho^2) log((N rho^2 + 1) / alpha^2)), Waudby-Smith et al. 2021, eq. 9.

    >>> boundary_factor(np.array([1e5, 1e6, 1e7]), np.array([1e6]), 0.95).round(3)
    array([3.855, 3.035, 3.242])
    """
    time = n_total * mixture_variance(n_star, confidence, exact=exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor: FloatArray = np.sqrt((time + 1) / time * np.log((time + 1) / (1 - confidence) ** 2))
    return factor


def log_evidence(
    z: FloatArray,
    n_total: FloatArray,
    n_star: FloatArray,
    confidence: float,
    *,
    exact: bool = False,
) -> FloatArray:
    """Logarithm of the mixture's likelihood ratio against "no difference", z = estimate / error.

    A martingale where nothing is true, so that it ever reaches 1 / alpha with probability alpha
    (Ville): N rho^2 z^2 / (2 (N rho^2 + 1)) - log(N rho^2 + 1) / 2.

    >>> log_evidence(np.array([1.0]), np.array([100.0]), np.array([100.0]), 0.95).round(6)
    array([-0.651005])
    """
    time = n_total * mixture_variance(n_star, confidence, exact=exact)
    evidence: FloatArray = time * z**2 / (2 * (time + 1)) - np.log1p(time) / 2
    return evidence


def sequential(
    fixed: Intervals,
    n_total: FloatArray,
    n_star: FloatArray,
    confidence: float,
    *,
    expected_buyers: FloatArray | None = None,
    least: FloatArray | float = LEAST_BUYERS_UNBORROWED,
) -> Intervals:
    """The peek-safe interval of an estimate with a standard error (also an adjusted one).

    For metrics that most customers have. On sparse money an ordinary standard error breaks the
    promise early: pass `expected_buyers` of the smaller group, and there is no answer below
    `least`; or see `sequential_limits`. The p-value is valid whenever one looks: min(1, 1 /
    likelihood ratio). A cell without a standard error has no answer.

    >>> from regulars_experiments.effects import as_summary, welch
    >>> fixed = welch(as_summary(1000, 4.0, 25.0), as_summary(2000, 5.0, 32.0), 0.95)
    >>> found = sequential(fixed, np.array([3000.0]), np.array([3000.0]), 0.95)
    >>> found.low.round(2), found.high.round(2), found.p_value.round(3)
    (array([0.39]), array([1.61]), array([0.]))
    """
    factor = boundary_factor(n_total, n_star, confidence)
    half = factor * fixed.standard_error
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(fixed.estimate) / fixed.standard_error
        evidence = log_evidence(z, n_total, n_star, confidence)
    undefined = fixed.undefined.copy()
    first_reason(undefined, ~(fixed.standard_error > 0), Reason.NO_VARIATION)
    _too_early(undefined, expected_buyers, least)
    return build_intervals(
        estimate=fixed.estimate,
        standard_error=fixed.standard_error,
        low=fixed.estimate - half,
        high=fixed.estimate + half,
        p_value=np.minimum(1.0, np.exp(-evidence)),
        undefined=undefined,
        method=_METHOD,
    )


def least_buyers(borrowed: FloatArray, n_control: FloatArray, n_arm: FloatArray) -> FloatArray:
    """Expected buyers of the smaller group from which a look at money is valid.

    borrowed: weight of the borrowed spread, as in `MoneyLimits`. Without it Welch's limits at the
    boundary raise 5% to 13% false alarms from 30 buyers on where 2% to 10% are held out, 2% to 4%
    at 20% and more.

    >>> n = np.array([10.0, 10.0, 40.0])
    >>> least_buyers(np.array([1.0, 0.0, 0.0]), n, 100 - n)
    array([ 30., 150.,  30.])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        smaller = np.minimum(n_control, n_arm) / (n_control + n_arm)
        sound = (borrowed > 0) | (smaller >= _NEARLY_EQUAL)
    return np.where(sound, float(LEAST_BUYERS_AT_A_LOOK), float(LEAST_BUYERS_UNBORROWED))


def sequential_limits(
    limits: LimitsOf,
    fixed: Intervals,
    n_total: FloatArray,
    n_star: FloatArray,
    confidence: float,
    *,
    expected_buyers: FloatArray | None = None,
    least: FloatArray | float = LEAST_BUYERS_AT_A_LOOK,
) -> Intervals:
    """The peek-safe interval of a metric whose limits are a function of the normal quantile.

    `limits` at the boundary's quantile instead of 1.96: the calibrated money interval, net profit,
    score limits of shares. `fixed`: the ordinary answer, for its estimate, error and refusals.
    expected_buyers: of the smaller group (its size x the common share of buyers); below `least`
    (see `least_buyers`; 0 for score limits) there is no answer yet. The p-value inverts the same
    family: the likelihood ratio at the quantile at which the limits reach zero.

    >>> from regulars_experiments.effects import as_summary, welch, welch_limits
    >>> control, arm = as_summary(1000, 4.0, 25.0), as_summary(2000, 5.0, 32.0)
    >>> n = np.array([3000.0])
    >>> found = sequential_limits(
    ...     welch_limits(control, arm), welch(control, arm, 0.95), n, n, 0.95
    ... )
    >>> found.low.round(2), found.high.round(2), found.p_value.round(3)
    (array([0.38]), array([1.62]), array([0.]))
    """
    factor = boundary_factor(n_total, n_star, confidence)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low, high = limits(factor)
        z = z_by_inversion(limits, fixed.estimate.shape)
        evidence = log_evidence(z, n_total, n_star, confidence)
    undefined = fixed.undefined.copy()
    _too_early(undefined, expected_buyers, least)
    return build_intervals(
        estimate=fixed.estimate,
        standard_error=fixed.standard_error,
        low=low,
        high=high,
        p_value=np.minimum(1.0, np.exp(-evidence)),
        undefined=undefined,
        method=_METHOD,
    )


def _too_early(
    undefined: ReasonArray, expected_buyers: FloatArray | None, least: FloatArray | float
) -> None:
    if expected_buyers is None:
        return
    few = ~(expected_buyers >= np.minimum(LEAST_BUYERS_AT_A_LOOK, least))
    first_reason(undefined, few, Reason.TOO_FEW_BUYERS)
    first_reason(undefined, ~(expected_buyers >= least), Reason.TOO_EARLY_TO_LOOK)
