"""Net profit as a ratio: margin per 1 of extra cost, net per customer who used the offer.

Fieller's question is kept (for which ratios r is numerator - r x denominator compatible with
zero?), but it is put to the calibrated limits of the numerator instead of one standard error. So a
return above 1 is proved exactly where a net profit is: the two cannot contradict each other.
"""

from fractions import Fraction

import numpy as np

from regulars_experiments.comparison import Comparison, correlation
from regulars_experiments.profit import ProfitColumns, Waterfall, exact_difference
from regulars_experiments.ratios import Extent, fieller_set
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    build_intervals,
    first_reason,
)


def margin_per_cost(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    *,
    margin_low: Fraction,
    margin_high: Fraction,
    confidence: float,
    reach: FloatArray | None = None,
) -> Intervals:
    """Incremental margin per 1 of incremental cost, per cell; subtract 1 for the net return.

    found: the waterfall of the same cells, margins and confidence. The estimate is at the middle of
    the margins, the limits hold for both ends. Not estimable without a margin that is, or where the
    extra cost is not clearly above zero. reach: the normal quantile at which `found.margin` has its
    limits, per cell, where it is not that of the confidence.
    Source: Fieller 1954, with the limits of MOVER-R (Donner & Zou 2012, eq. 9-10).
    """
    middle = (margin_low + margin_high) / 2
    cost = exact_difference(
        *comparison.summaries(columns.cost()), confidence=confidence, reach=reach
    )
    together = correlation(comparison, columns.margin(middle), columns.cost())
    ratio = _ratio(found.margin, cost, together)
    if margin_low == margin_high or not middle:
        return ratio
    ends = [
        float(rate / middle) * limit
        for rate in (margin_low, margin_high)
        for limit in (ratio.low, ratio.high)
    ]
    return build_intervals(
        estimate=ratio.estimate,
        standard_error=ratio.standard_error,
        low=np.minimum.reduce(ends),
        high=np.maximum.reduce(ends),
        p_value=ratio.p_value,
        undefined=ratio.undefined,
        method=ratio.method,
    )


def net_per_user(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    user: str,
    *,
    margin: Fraction,
    confidence: float,
) -> Intervals:
    """Net profit per customer whom the campaign made a user of the offer, per cell.

    The effect by assignment over the difference in the shares of users. It takes for granted that
    the campaign changed nothing for those who did not use the offer.
    user: column of 0 and 1. margin: at which net and uptake are correlated, the middle of the
    range. Not estimable where more users than in the control cannot be told.
    Source: Imbens & Angrist 1994 (estimand); its set: Anderson & Rubin 1949, as in
    `ratios.complier_effect`.
    """
    uptake = exact_difference(*comparison.summaries({user: 1}), confidence=confidence)
    together = correlation(comparison, columns.net(margin), {user: 1})
    return _ratio(found.net, uptake, together)


def _ratio(numerator: Intervals, denominator: Intervals, together: FloatArray) -> Intervals:
    """Each end from the distance of the numerator's limit on its side: (n - r d)^2 = D(r)^2,

    D(r)^2 = D_n^2 - 2 r c D_n D_d + r^2 D_d^2: Fieller's quadratic with one quantile inside the
    distances (Donner & Zou 2012, eq. 9). The denominator's limits are symmetric.
    """
    away = denominator.high - denominator.estimate
    ends = [
        fieller_set(
            numerator.estimate,
            denominator.estimate,
            numerator_variance=distance**2,
            denominator_variance=away**2,
            covariance=together * distance * away,
            critical=1.0,
        )
        for distance in (
            numerator.estimate - numerator.low,
            numerator.high - numerator.estimate,
        )
    ]
    undefined = numerator.undefined.copy()
    clear = (denominator.estimate > 0) & np.all([e.extent == Extent.BOUNDED for e in ends], axis=0)
    first_reason(undefined, ~clear, Reason.NOT_A_RATIO)
    none = np.full(numerator.estimate.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = numerator.estimate / denominator.estimate
    # without any variation on either side the ratio is known exactly
    exact = (numerator.low == numerator.high) & (away == 0)
    return build_intervals(
        estimate=estimate,
        standard_error=none,
        low=np.where(exact, estimate, ends[0].low),
        high=np.where(exact, estimate, ends[1].high),
        p_value=none,
        undefined=undefined,
        method="Fieller",
    )
