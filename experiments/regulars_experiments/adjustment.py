"""Variance reduction: what was known before the start takes part of the noise out of a difference.

Three ways, all unbiased by the random assignment and all on moments alone: CUPED (one slope for
both groups), regression with treatment-covariate interactions (a slope per group) and
post-stratification on the strata of the assignment. On metrics that most customers have they save
a good part of the variance; on sparse money 2% to 6%, and there they inherit the misses of Welch's
interval, so they stand beside the calibrated interval and not in its place.

All functions are vectorised over cells; pairs are (control, arm). Covariances are sample
covariances (ddof 1): `with_outcome` per arm (covariates, cells), `among_covariates` per arm
(covariates, covariates, cells).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.effects import satterthwaite, undefined_difference
from regulars_experiments.least_squares import (
    left,
    pooled_products,
    pooled_slopes,
    product,
    quadratic,
    regress,
)
from regulars_experiments.moments import Summary, mean_difference
from regulars_experiments.ratios import Extent, fieller_set
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    ReasonArray,
    build_intervals,
    first_reason,
)
from regulars_experiments.strata import whole, without_thin_strata

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjusted:
    """An adjusted difference in many cells.

    difference: per assigned customer, in the metric's unit. relative: the difference over the
    control's mean (of `mean_control`), with Fieller's limits, which decide "no effect" as the
    difference does; its standard error is the delta method's. removed: share of the variance of
    the plain difference that is gone, 0 to 1; below 0 where the adjustment adds noise.
    freedom: degrees of freedom of the difference's t.
    """

    difference: Intervals
    relative: Intervals
    removed: FloatArray
    mean_control: FloatArray
    freedom: FloatArray


def cuped(
    outcome: tuple[Summary, Summary],
    covariates: Sequence[tuple[Summary, Summary]],
    with_outcome: tuple[FloatArray, FloatArray],
    among_covariates: tuple[FloatArray, FloatArray],
    confidence: float,
) -> Adjusted:
    """Difference adjusted by covariates from before the start, one slope for both groups.

    theta = S_xx^-1 s_xy over both arms as one sample, m' = m - theta (x - x_pooled) (Deng, Xu,
    Kohavi & Walker 2013, eq. 4; several covariates as in its appendix B); then Welch. A covariate
    that is the same for everybody takes no part. On a ratio metric: pass `ratio_summary` of
    outcome and covariate and `linearised_covariance` (Deng, Knoblich & Lu 2018, sec. 4.3).

    >>> from regulars_experiments.effects import as_summary
    >>> y = as_summary(60, 11.4, 419.4), as_summary(80, 12.5, 372.1)
    >>> x = as_summary(60, 21.4, 842.5), as_summary(80, 14.7, 496.7)
    >>> crossed = np.array([[155.0]]), np.array([[195.2]])
    >>> found = cuped(y, [x], crossed, (x[0].variance[None, None], x[1].variance[None, None]), 0.95)
    >>> found.difference.estimate.round(3), found.removed.round(3)
    (array([2.9]), array([0.106]))
    """
    y_c, y_t = outcome
    means = _stacked_means(covariates)
    theta = pooled_slopes(outcome, means, with_outcome, among_covariates)
    away = means[1] - means[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        # (x_t - x_pooled) - (x_c - x_pooled) = x_t - x_c: exactly 0 where the arms are equal
        estimate = mean_difference(y_c, y_t) - (theta * away).sum(axis=0)
        terms = [
            (left(own, theta, with_outcome[i], among_covariates[i]) / own.n, own.n - 1)
            for i, own in enumerate(outcome)
        ]
        # Cov(d', m_c) = -(v_c - theta c_xy) / n_c: the arm's customers are others
        covariance = -(y_c.variance - (theta * with_outcome[0]).sum(axis=0)) / y_c.n
    undefined = undefined_difference(y_c, y_t)
    nothing = np.isnan(theta) | (theta == 0) & _constant(among_covariates)
    first_reason(undefined, nothing.all(axis=0), Reason.NO_SPREAD_IN_COVARIATE)
    return _build(
        outcome,
        estimate=estimate,
        terms=terms,
        baseline=_plain_baseline(outcome, covariance),
        undefined=undefined,
        confidence=confidence,
        method="CUPED",
    )


def interacted(
    outcome: tuple[Summary, Summary],
    covariates: Sequence[tuple[Summary, Summary]],
    with_outcome: tuple[FloatArray, FloatArray],
    among_covariates: tuple[FloatArray, FloatArray],
    confidence: float,
    *,
    customers_sampled: bool = True,
) -> Adjusted:
    """Regression with treatment-covariate interactions: a slope per group, at the pooled means.

    d = (m_t - b_t (x_t - x_pooled)) - (m_c - b_c (x_c - x_pooled)), the coefficient of Lin (2013,
    sec. 3), never less precise than no adjustment in large samples. Its variance:

    - residual variances with n - 1 - rank degrees of freedom, s2_t / n_t + s2_c / n_c (Lin 2013,
      the plug-in of Neyman). Alone (`customers_sampled=False`) it is the error for exactly these
      customers.
    - by default, for customers like these: + (b_t - b_c)' S_xx (b_t - b_c) / N, because x_pooled is
      itself a sample's (Negi & Wooldridge 2021, theorem 5.1), and the errors of the slopes where
      a group's means lie off the pooled ones, s2_a (x_a - x_pooled)' ((n_a - 1) S_a)^-1 (...), the
      leverage of least squares, which counts in a small holdout with several covariates.

    A group with no more customers than slopes + 1 has no answer.

    >>> from regulars_experiments.effects import as_summary
    >>> y = as_summary(60, 11.4, 419.4), as_summary(80, 12.5, 372.1)
    >>> x = as_summary(60, 21.4, 842.5), as_summary(80, 14.7, 496.7)
    >>> crossed = np.array([[155.0]]), np.array([[195.2]])
    >>> among = x[0].variance[None, None], x[1].variance[None, None]
    >>> found = interacted(y, [x], crossed, among, 0.95)
    >>> found.difference.estimate.round(3), found.removed.round(3)
    (array([2.933]), array([0.077]))
    """
    n = outcome[0].n, outcome[1].n
    total = n[0] + n[1]
    means = _stacked_means(covariates)
    fits = [regress(outcome[i], with_outcome[i], among_covariates[i]) for i in (0, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        away = means[1] - means[0]
        # x_c - x_pooled, x_t - x_pooled: exactly 0 where the arms are equal
        off = -(n[1] / total) * away, (n[0] / total) * away
        explained = [(fit.slopes * way).sum(axis=0) for fit, way in zip(fits, off, strict=True)]
        estimate = mean_difference(*outcome) - (explained[1] - explained[0])
        terms = [(fit.residual / own, fit.freedom) for fit, own in zip(fits, n, strict=True)]
        covariance = -fits[0].residual / n[0]
        if customers_sampled:
            terms = [
                (error2 + fit.residual * quadratic(fit.inverse, off[i]) / (n[i] - 1), freedom)
                for i, (fit, (error2, freedom)) in enumerate(zip(fits, terms, strict=True))
            ]
            s_xx = pooled_products(n, means, among_covariates) / (total - 1)
            apart = fits[1].slopes - fits[0].slopes
            terms.append((quadratic(s_xx, apart) / total, total - 1))
            # x_pooled is in the control's mean too: b_c' S_xx (b_t - b_c) / N
            covariance = covariance + product(s_xx, fits[0].slopes, apart) / total
    undefined = undefined_difference(*outcome)
    nothing: Flags = np.logical_and.reduce(_constant(among_covariates), axis=0)
    first_reason(undefined, nothing, Reason.NO_SPREAD_IN_COVARIATE)
    short = np.minimum(fits[0].freedom, fits[1].freedom) < 1
    first_reason(undefined, short, Reason.TOO_FEW_FOR_COVARIATES)
    return _build(
        outcome,
        estimate=estimate,
        terms=terms,
        baseline=_plain_baseline(outcome, covariance),
        undefined=undefined,
        confidence=confidence,
        method="interacted regression",
    )


def poststratified(control: Summary, arm: Summary, confidence: float) -> Adjusted:
    """Difference with each stratum's customers counted by the stratum's share of both groups.

    control, arm: shape (cells, strata), n = 0 where a stratum is missing. With w_k = n_k / N:
    sum w_k (m_tk - m_ck), variance sum w_k^2 (q_tk + q_ck) + (sum w_k d_k^2 - d^2) / N, the last
    for the shares being a sample's (Miratrix, Sekhon & Yu 2013, eq. 8 and 16; Xie & Aurisset
    2016). The quantile is t's, with Satterthwaite's degrees of freedom over the 2K variances, as a
    small holdout has few customers per stratum.

    A stratum with fewer than two customers or without variation in one of the groups is merged
    into the largest one that has both; if none has, all are one, which is no adjustment.

    >>> from regulars_experiments.effects import as_summary
    >>> control = as_summary([[40, 70, 25]], [[2.9, 11.0, 0.4]], [[31.0, 140.0, 3.1]])
    >>> arm = as_summary([[380, 610, 260]], [[3.2, 11.9, 0.35]], [[33.0, 151.0, 2.7]])
    >>> found = poststratified(control, arm, 0.95)
    >>> found.difference.estimate.round(4), found.difference.standard_error.round(4)
    (array([0.5226]), array([0.7917]))
    """
    everyone = whole(control), whole(arm)
    control, arm = without_thin_strata(control, arm)
    size = control.n + arm.n
    n = size.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = size / n[:, None]
        used = size > 0

        def total(values: FloatArray) -> FloatArray:
            summed: FloatArray = np.where(used, values, 0.0).sum(axis=1)
            return summed

        effect = mean_difference(control, arm)
        estimate, mean_c = total(weight * effect), total(weight * control.mean)
        within = [weight**2 * side.error2 for side in (control, arm)]
        shares = _share_noise(total, weight, effect, effect) / n
        of_control = _share_noise(total, weight, control.mean, control.mean) / n
        crossed = _share_noise(total, weight, effect, control.mean) / n
        lift = estimate / mean_c
        freedom = [np.where(used, side.n - 1, np.inf) for side in (control, arm)]
    terms = [
        (np.where(used[:, k], part[:, k], 0.0), own[:, k])
        for part, own in zip(within, freedom, strict=True)
        for k in range(size.shape[1])
    ]
    terms.append((shares, np.full(n.shape, np.inf)))
    return _build(
        everyone,
        estimate=estimate,
        terms=terms,
        baseline=_Baseline(mean_c, total(within[0]) + of_control, crossed - total(within[0]), lift),
        undefined=undefined_difference(*everyone),
        confidence=confidence,
        method="post-stratification",
    )


def linearised_covariance(
    outcome: tuple[Summary, Summary],
    covariate: tuple[Summary, Summary],
    crossed: tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
) -> FloatArray:
    """Covariance, in one group, of two ratios' linearised rows (s - R k) / mean(k); shape (cells,).

    outcome, covariate: (numerator, denominator). crossed[i][j]: sample covariance of the outcome's
    part i and the covariate's part j. With `ratio_summary` this is what `cuped` needs to adjust a
    ratio (Deng, Knoblich & Lu 2018, sec. 4.3).

    >>> from regulars_experiments.effects import as_summary
    >>> spend, orders = as_summary(400, 14.0, 900.0), as_summary(400, 0.7, 0.8)
    >>> own = (spend.variance, np.array([17.0])), (np.array([17.0]), orders.variance)
    >>> linearised_covariance((spend, orders), (spend, orders), own).round(6)
    array([1102.040816])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (pair[0].mean / pair[1].mean for pair in (outcome, covariate))
        (both, upper), (lower, under) = crossed
        linear = both - other * upper - one * lower + one * other * under
        covariance: FloatArray = linear / (outcome[1].mean * covariate[1].mean)
    return covariance


Term = tuple[FloatArray, FloatArray]
"""A part of a variance and its degrees of freedom."""


@dataclass(frozen=True, slots=True)
class _Baseline:
    """What a relative effect is relative to: the control's mean, its squared error, covariance.

    covariance: of the mean with the estimated difference. lift: at which the delta method's
    gradient is taken.
    """

    mean: FloatArray
    error2: FloatArray
    covariance: FloatArray
    lift: FloatArray


def _build(
    outcome: tuple[Summary, Summary],
    *,
    estimate: FloatArray,
    terms: Sequence[Term],
    baseline: _Baseline,
    undefined: ReasonArray,
    confidence: float,
    method: str,
) -> Adjusted:
    """The answers from an estimate and the parts of its variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error2 = np.sum([part for part, _ in terms], axis=0)
        freedom = satterthwaite(*terms)
        critical = special.stdtrit(freedom, 0.5 + confidence / 2)
        error = np.sqrt(error2)
        p_value = 2 * special.stdtr(freedom, -np.abs(estimate) / error)
        removed = 1 - error2 / (outcome[0].error2 + outcome[1].error2)
    first_reason(undefined, ~(error2 > 0), Reason.NO_VARIATION)
    difference = build_intervals(
        estimate=estimate,
        standard_error=error,
        low=estimate - critical * error,
        high=estimate + critical * error,
        p_value=p_value,
        undefined=undefined,
        method=method,
    )
    hidden = undefined != np.array(None)
    return Adjusted(
        difference=difference,
        relative=_relative(difference, baseline, critical),
        removed=np.where(hidden, np.nan, removed),
        mean_control=baseline.mean,
        freedom=np.where(hidden, np.nan, freedom),
    )


def _plain_baseline(outcome: tuple[Summary, Summary], covariance: FloatArray) -> _Baseline:
    """The unadjusted control's mean; the gradient at the unadjusted lift, as in GrowthBook."""
    control, arm = outcome
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = arm.mean / control.mean - 1
    return _Baseline(control.mean, control.error2, covariance, lift)


def _relative(difference: Intervals, baseline: _Baseline, critical: FloatArray) -> Intervals:
    own = difference.standard_error**2
    found = fieller_set(
        difference.estimate,
        baseline.mean,
        numerator_variance=own,
        denominator_variance=baseline.error2,
        covariance=baseline.covariance,
        critical=critical,
    )
    undefined = difference.undefined.copy()
    first_reason(undefined, ~(baseline.mean > 0), Reason.CONTROL_NOT_POSITIVE)
    first_reason(undefined, found.extent != Extent.BOUNDED, Reason.UNBOUNDED)
    with np.errstate(divide="ignore", invalid="ignore"):
        # delta method: (V_d - 2 L C + L^2 V_m) / m^2
        lift = baseline.lift
        variance = own - 2 * lift * baseline.covariance + lift**2 * baseline.error2
        error = np.sqrt(np.maximum(variance, 0)) / baseline.mean
        estimate = difference.estimate / baseline.mean
    return build_intervals(
        estimate=estimate,
        standard_error=error,
        low=found.low,
        high=found.high,
        p_value=difference.p_value,
        undefined=undefined,
        method="Fieller",
    )


def _stacked_means(
    covariates: Sequence[tuple[Summary, Summary]],
) -> tuple[FloatArray, FloatArray]:
    """(control, arm), each (covariates, cells)."""
    return np.stack([c.mean for c, _ in covariates]), np.stack([t.mean for _, t in covariates])


def _constant(among_covariates: tuple[FloatArray, FloatArray]) -> npt.NDArray[np.bool_]:
    """(covariates, cells): whether a covariate varies in neither arm."""
    one, other = (np.einsum("iic->ic", side) for side in among_covariates)
    same: npt.NDArray[np.bool_] = (one == 0) & (other == 0)
    return same


def _share_noise(
    total: Callable[[FloatArray], FloatArray],
    weight: FloatArray,
    one: FloatArray,
    other: FloatArray,
) -> FloatArray:
    """Covariance, over the strata, of two quantities: sum w a b - (sum w a)(sum w b)."""
    mean_one, mean_other = total(weight * one), total(weight * other)
    return total(weight * (one - mean_one[:, None]) * (other - mean_other[:, None]))
