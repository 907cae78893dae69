"""Ratios of two estimates: return on cost, effect per user of the offer, share of an effect kept.

A ratio of two uncertain numbers has no honest "plus or minus": where the denominator cannot be
told from zero, every large ratio, positive or negative, goes with the data. Fieller (1954) asks
the right question instead: for which ratios r is numerator - r x denominator compatible with zero?
The answer is an interval, all numbers but an interval, or all numbers, and says which.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from regulars_experiments.effects import normal_quantile
from regulars_experiments.inversion import Limits
from regulars_experiments.moments import Summary
from regulars_experiments.results import (
    FloatArray,
    NotEstimable,
    Reason,
    ReasonArray,
    first_reason,
    no_reasons,
)

_ROUNDING = 1e-12  # of its terms: a difference below is zero


class Extent(StrEnum):
    """What a Fieller set looks like."""

    BOUNDED = "bounded"  # low <= ratio <= high
    OUTSIDE = "outside"  # ratio <= low or ratio >= high
    EVERYTHING = "everything"  # no ratio is excluded


@dataclass(frozen=True, kw_only=True, slots=True)
class RatioSet:
    """The ratios that the data do not contradict, in one cell.

    low, high: the interval where `extent` is bounded; the ends of the excluded gap between where
    it is outside; both None where it is everything. An unbounded set has no estimate worth
    showing: None.
    """

    extent: Extent
    estimate: float | None
    low: float | None
    high: float | None

    def contains(self, ratio: float) -> bool:
        """Whether the data are compatible with this ratio."""
        if self.low is None or self.high is None:
            return True
        if self.extent is Extent.BOUNDED:
            return self.low <= ratio <= self.high
        return ratio <= self.low or ratio >= self.high


RatioAnswer = RatioSet | NotEstimable


@dataclass(frozen=True, kw_only=True, slots=True)
class RatioSets:
    """Fieller sets of many cells; all arrays have shape (cells,).

    low, high: as in `RatioSet`, NaN where there are none. extent: an `Extent`. undefined: a Reason
    where the cell has no answer, else None.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    extent: npt.NDArray[np.object_]
    undefined: ReasonArray

    def answer(self, cell: int) -> RatioAnswer:
        """One cell's answer."""
        reason = self.undefined[cell]
        if reason is not None:
            return NotEstimable(reason=reason)
        estimate, low, high = (
            None if np.isnan(values[cell]) else float(values[cell])
            for values in (self.estimate, self.low, self.high)
        )
        return RatioSet(extent=self.extent[cell], estimate=estimate, low=low, high=high)


def fieller_set(
    numerator: FloatArray,
    denominator: FloatArray,
    *,
    numerator_variance: FloatArray,
    denominator_variance: FloatArray,
    covariance: FloatArray,
    critical: FloatArray | float,
) -> RatioSets:
    """All r with (a - r b)^2 <= k^2 (v_a - 2 r c + r^2 v_b), for estimates a, b of shape (cells,).

    The variances and the covariance are those of the estimates (squared standard errors); k =
    `critical`, the quantile of the confidence asked for. Never an error: a cell with something
    missing, or without any variation, says so.
    Source: Fieller 1954; its three shapes: von Luxburg & Franz 2009, sec. 3.

    >>> import numpy as np
    >>> error2, none = np.array([1.0]), np.array([0.0])
    >>> found = fieller_set(np.array([30.0]), np.array([10.0]), numerator_variance=error2,
    ...     denominator_variance=error2, covariance=none, critical=2.0)
    >>> found.answer(0)  # doctest: +ELLIPSIS
    RatioSet(extent=<Extent.BOUNDED: 'bounded'>, estimate=3.0, low=2.46..., high=3.78...)
    >>> fieller_set(np.array([30.0]), np.array([1.0]), numerator_variance=error2,
    ...     denominator_variance=error2, covariance=none, critical=2.0).answer(0).extent.value
    'outside'
    """
    k2 = np.square(critical)
    undefined = no_reasons(numerator.shape)
    given = (numerator, denominator, numerator_variance, denominator_variance, covariance)
    known = np.all([np.isfinite(values) for values in given], axis=0)
    first_reason(undefined, ~known, Reason.TOO_FEW_UNITS)
    exact = (numerator_variance == 0) & (denominator_variance == 0)
    first_reason(undefined, exact, Reason.NO_VARIATION)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # r^2 A - 2 r B + C <= 0 (Fieller 1954, p. 178 in these letters)
        a = _difference(denominator**2, k2 * denominator_variance)
        b = _difference(numerator * denominator, k2 * covariance)
        c = _difference(numerator**2, k2 * numerator_variance)
        discriminant = _difference(b**2, a * c)
        # B +- root is formed without cancelling, the other root from the product of both, C / A
        apart = b + np.where(b < 0, -1.0, 1.0) * np.sqrt(np.maximum(discriminant, 0))
        one = apart / a
        other = np.where(apart == 0, 0.0, c / apart)
        estimate = numerator / denominator
    bounded = a > 0
    everything = ~bounded & ((discriminant <= 0) | ~np.isfinite(one) | ~np.isfinite(other))
    extent = np.empty(numerator.shape, dtype=object)
    extent[bounded] = Extent.BOUNDED
    extent[everything] = Extent.EVERYTHING
    extent[~bounded & ~everything] = Extent.OUTSIDE
    bad = undefined != np.array(None)
    hidden = bad | everything
    return RatioSets(
        estimate=np.where(bad | ~bounded, np.nan, estimate),
        low=np.where(hidden, np.nan, np.minimum(one, other)),
        high=np.where(hidden, np.nan, np.maximum(one, other)),
        extent=extent,
        undefined=undefined,
    )


def return_on_cost(
    margin: tuple[Summary, Summary],
    cost: tuple[Summary, Summary],
    covariances: tuple[FloatArray, FloatArray],
    *,
    confidence: float,
) -> RatioSets:
    """Incremental margin per unit of incremental cost; pairs are (control, arm), of shape (cells,).

    covariances: of margin and cost inside each arm (ddof 1): a coupon is given on the order that
    earns the margin, and an interval that leaves this out is wrong. Subtract 1 for the net return.
    Not estimable where the incremental cost is not clearly above zero.

    >>> import numpy as np
    >>> def group(n: float, mean: float, variance: float) -> Summary:
    ...     return Summary(n=np.array([n]), mean=np.array([mean]), variance=np.array([variance]),
    ...                    mean_square=np.array([np.nan]))
    >>> margin = group(100_000, 1.52, 180.0), group(900_000, 1.71, 201.0)
    >>> cost = group(100_000, 0.0, 0.0), group(900_000, 0.12, 1.3)
    >>> found = return_on_cost(margin, cost, (np.array([0.0]), np.array([9.1])), confidence=0.95)
    >>> round(float(found.estimate[0]), 3), round(float(found.low[0]), 3)
    (1.583, 0.852)
    """
    for_each = zip(covariances, margin, strict=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = np.sum([within / side.n for within, side in for_each], axis=0)
    found = fieller_set(
        margin[1].mean - margin[0].mean,
        cost[1].mean - cost[0].mean,
        numerator_variance=margin[0].error2 + margin[1].error2,
        denominator_variance=cost[0].error2 + cost[1].error2,
        covariance=shared,
        critical=normal_quantile(confidence),
    )
    return _where_positive(found, cost[1].mean - cost[0].mean, bounded_only=True)


def complier_effect(
    effect: FloatArray,
    uptake: FloatArray,
    *,
    effect_limits: Limits,
    uptake_half: FloatArray,
    correlation: FloatArray,
) -> RatioSets:
    """Effect per customer whom the assignment made a user of the offer; arrays of shape (cells,).

    effect, effect_limits: difference of means by assignment with its interval. uptake, uptake_half:
    difference of the shares of users with the half width of its interval. correlation: of these two
    estimates. The set of Anderson & Rubin (1949), which with one instrument is Fieller's, by the
    limits of the effect on the side in question (MOVER-R): it excludes zero exactly where the
    effect's own interval does. It holds its confidence however weak the uptake, and is unbounded
    exactly where the uptake cannot be told from zero. Not estimable where fewer customers use the
    offer in the arm than in the control, which no per-user effect explains.
    Source: Imbens & Angrist 1994 (estimand); Andrews, Stock & Sun 2019, sec. 5 (set); Donner & Zou
    2012, eq. 9-10 (limits).

    >>> import numpy as np
    >>> one = np.array([1.0])
    >>> found = complier_effect(0.5 * one, 0.25 * one, effect_limits=(0.3 * one, 0.75 * one),
    ...     uptake_half=0.02 * one, correlation=0 * one)
    >>> found.answer(0)  # doctest: +ELLIPSIS
    RatioSet(extent=<Extent.BOUNDED: 'bounded'>, estimate=2.0, low=1.19..., high=3.02...)
    """
    below, above = (
        fieller_set(
            effect,
            uptake,
            numerator_variance=away**2,
            denominator_variance=uptake_half**2,
            covariance=correlation * away * uptake_half,
            critical=1.0,
        )
        for away in (effect - effect_limits[0], effect_limits[1] - effect)
    )
    return _where_positive(_joined(effect, below, above), uptake, bounded_only=False)


def _joined(numerator: FloatArray, below: RatioSets, above: RatioSets) -> RatioSets:
    """One set from those by the numerator's lower and by its upper distance.

    A bounded set has its low end from below and its high end from above. An unbounded one is that
    of the side that faces zero, if zero is in its gap: else nothing is excluded for certain.
    """
    bounded = below.extent == Extent.BOUNDED
    facing = numerator > 0
    low, high = (
        np.where(facing, one, other)
        for one, other in ((below.low, above.low), (below.high, above.high))
    )
    gap = np.where(facing, below.extent, above.extent) == Extent.OUTSIDE
    with np.errstate(invalid="ignore"):
        gap &= (low < 0) & (high > 0)
    hidden = ~bounded & ~gap
    extent = below.extent.copy()
    extent[~bounded] = Extent.EVERYTHING
    extent[gap & ~bounded] = Extent.OUTSIDE
    undefined = below.undefined.copy()
    missing = above.undefined != np.array(None)
    undefined[missing] = above.undefined[missing]
    return RatioSets(
        estimate=np.where(bounded, below.estimate, np.nan),
        low=np.where(bounded, below.low, np.where(hidden, np.nan, low)),
        high=np.where(bounded, above.high, np.where(hidden, np.nan, high)),
        extent=extent,
        undefined=undefined,
    )


def kept_share(
    late: FloatArray,
    early: FloatArray,
    *,
    late_error: FloatArray,
    early_error: FloatArray,
    covariance: FloatArray,
    confidence: float,
) -> RatioSets:
    """How much of an early effect is left later, such as effect(day 60) / effect(day 14).

    Arrays of shape (cells,). Both effects are of the same customers and share what was spent
    early: the covariance of the two estimates belongs in. Below 1, purchases were pulled forward;
    above, they go on. Unbounded where the early effect cannot be told from zero.
    Source: Fieller 1954.

    >>> import numpy as np
    >>> one = np.array([1.0])
    >>> found = kept_share(3 * one, 4 * one, late_error=0.5 * one, early_error=0.4 * one,
    ...     covariance=0.15 * one, confidence=0.95)
    >>> float(found.estimate[0]), round(float(found.low[0]), 2), round(float(found.high[0]), 2)
    (0.75, 0.57, 0.91)
    """
    return fieller_set(
        late,
        early,
        numerator_variance=late_error**2,
        denominator_variance=early_error**2,
        covariance=covariance,
        critical=normal_quantile(confidence),
    )


def _where_positive(found: RatioSets, denominator: FloatArray, *, bounded_only: bool) -> RatioSets:
    """The sets without those whose denominator is clearly negative or, if asked for, unclear."""
    undefined = found.undefined.copy()
    bounded = found.extent == Extent.BOUNDED
    excluded = bounded & (denominator <= 0)
    if bounded_only:
        excluded |= ~bounded
    first_reason(undefined, excluded, Reason.NOT_A_RATIO)
    bad = undefined != np.array(None)
    return RatioSets(
        estimate=np.where(bad, np.nan, found.estimate),
        low=np.where(bad, np.nan, found.low),
        high=np.where(bad, np.nan, found.high),
        extent=found.extent,
        undefined=undefined,
    )


def _difference(one: FloatArray, other: FloatArray) -> FloatArray:
    """one - other, and 0 where that is no more than rounding."""
    value: FloatArray = one - other
    return np.where(np.abs(value) <= _ROUNDING * (np.abs(one) + np.abs(other)), 0.0, value)
