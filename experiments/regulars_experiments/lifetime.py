"""What customers will order and spend in a time ahead: each of them, and any group with a range.

The range of a group holds two things: that the model's parameters are estimates (delta method on
their logarithms, Fader, Hardie & Lee give none), and that the same customers would not buy the same
twice (the exact spread of each customer's outcome, customers independent given the model). Their
sum is taken for gamma distributed with that mean and variance, which is right for large groups and
keeps small ones above zero. It does not hold that the world changes or that the model is wrong:
that is what a back-test is for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.bgnbd import (
    BgNbd,
    BgNbdFit,
    alive_probability,
    chances_to_reach,
    expected_orders,
)
from regulars_experiments.gamma_gamma import GammaGammaFit, OrderValues, order_values
from regulars_experiments.kept_orders import KeptShare
from regulars_experiments.purchase_histories import Histories
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason

_STEP = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """How many orders customers with one history will place; arrays of shape (groups,).

    mean, square: E(Y) and E(Y^2) for given parameters. any_order: P(Y >= 1). low, high: the
    interval of Y itself, whole numbers.
    """

    mean: FloatArray
    square: FloatArray
    any_order: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What is expected of each customer or history, ready to be added up over any group of them.

    mean: expected. variance: of the outcome itself. slope: of `mean` by the logarithms of the
    parameters, (rows, parameters). covariance: of those logarithms. All in the unit of the outcome.
    """

    mean: FloatArray
    variance: FloatArray
    slope: FloatArray
    covariance: FloatArray

    def total(
        self,
        weights: npt.NDArray[np.generic] | None = None,
        *,
        confidence: float = 0.95,
        whole: bool = False,
    ) -> Answer:
        """The sum over the rows, `weights` (rows,) times each (default: once), with its range.

        whole: the outcome is a count; limits are rounded outwards. NotEstimable where the spread
        of a row is infinite.

        >>> one = Forecast(mean=np.array([4.0]), variance=np.array([4.0]), slope=np.zeros((1, 1)),
        ...     covariance=np.zeros((1, 1)))
        >>> found = one.total(np.array([100.0]))
        >>> round(found.estimate), round(found.standard_error), round(found.low), round(found.high)
        (400, 20, 362, 440)
        """
        counted = np.ones(len(self.mean)) if weights is None else weights.astype(float)
        mean = float(counted @ self.mean)
        slope = counted @ self.slope
        chosen = counted > 0
        spread = float(counted[chosen] @ self.variance[chosen])
        variance = spread + float(slope @ self.covariance @ slope)
        if not math.isfinite(variance):
            return NotEstimable(reason=Reason.NO_VALUE_RANGE)
        low, high = _matched_gamma(mean, variance, confidence)
        if whole:
            low, high = math.floor(low), math.ceil(high)
        return Estimate(
            estimate=mean, standard_error=math.sqrt(variance), low=low, high=high, p_value=None
        )

    def rows(self, chosen: npt.NDArray[np.generic]) -> "Forecast":
        """Some rows, or rows several times: an index or a mask."""
        return Forecast(
            mean=self.mean[chosen],
            variance=self.variance[chosen],
            slope=self.slope[chosen],
            covariance=self.covariance,
        )


def outcomes(
    model: BgNbd, histories: Histories, horizon: float, *, confidence: float = 0.95
) -> Outcomes:
    """The distribution of Y(t) given each history, summed up.

    P(Y >= k) is P(alive) times that of `chances_to_reach`, added up over k to 1e-9.

    >>> from regulars_experiments.purchase_histories import group_histories
    >>> seen = group_histories([2], [30.43], [38.86]).histories
    >>> found = outcomes(BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426), seen, 39)
    >>> found.mean.round(3).tolist(), found.low.tolist(), found.high.tolist()
    ([1.226], [0.0], [5.0])
    """
    share = horizon / (model.alpha + histories.age + horizon)
    alive = alive_probability(model, histories)
    mean, square, any_order, low, high = np.zeros((5, len(alive)))
    for order, rows, chances in chances_to_reach(model, histories.repeats, share):
        reached = alive[rows] * chances
        if order == 1:
            any_order[rows] = reached
        mean[rows] += reached
        square[rows] += (2 * order - 1) * reached  # E(Y^2) = sum over k of (2 k - 1) P(Y >= k)
        low[rows[reached >= (1 + confidence) / 2]] = order
        high[rows[reached > (1 - confidence) / 2]] = order
    return Outcomes(mean=mean, square=square, any_order=any_order, low=low, high=high)


def forecast_orders(
    fit: BgNbdFit, histories: Histories, horizon: float, found: Outcomes | None = None
) -> Forecast:
    """Orders in the next `horizon`, a row per history (weigh rows by customers to add them up).

    found: the outcomes under fit.model, where they are known already.

    >>> rng = np.random.default_rng(4)
    >>> from regulars_experiments.bgnbd import fit_bgnbd, simulate_bgnbd
    >>> from regulars_experiments.purchase_histories import group_histories
    >>> x, t_x, age = simulate_bgnbd(BgNbd(r=0.5, alpha=5, a=1, b=3), np.full(2_000, 50.0), rng)
    >>> seen = group_histories(x, t_x, age).histories
    >>> total = forecast_orders(fit_bgnbd(seen), seen, 25.0).total(seen.customers, whole=True)
    >>> total.low < total.estimate < total.high
    True
    """
    known = outcomes(fit.model, histories, horizon) if found is None else found
    mean = expected_orders(fit.model, histories, horizon)
    columns = []
    for place in range(4):
        step = np.zeros(4)
        step[place] = _STEP
        upper, lower = (
            expected_orders(BgNbd.of(fit.model.as_array() * np.exp(way * step)), histories, horizon)
            for way in (1, -1)
        )
        columns.append((upper - lower) / (2 * _STEP))
    return Forecast(
        mean=mean,
        variance=np.maximum(known.square - known.mean**2, 0.0),
        slope=np.column_stack(columns),
        covariance=fit.covariance,
    )


def forecast_value(
    orders: Forecast,
    values: GammaGammaFit,
    order_counts: FloatArray,
    mean_value: FloatArray,
    kept: KeptShare | None = None,
) -> Forecast:
    """What those orders will be worth, a row per customer, in money.

    orders: a row per customer. order_counts, mean_value: as in `fit_gamma_gamma`, (customers,), of
    the orders that were kept; kept: of whom some were not. Frequency, value and keeping are
    independent, so means multiply, and E(V^2) = E(Y) E(k) E(z^2) + E(Y (Y - 1)) E(k^2) E(z1 z2).

    >>> from regulars_experiments.gamma_gamma import GammaGamma
    >>> orders = Forecast(mean=np.array([2.0]), variance=np.array([0.0]), slope=np.zeros((1, 4)),
    ...     covariance=np.zeros((4, 4)))
    >>> fit = GammaGammaFit(model=GammaGamma(p=6, q=4, gamma=15), log_likelihood=0.0,
    ...     covariance=np.zeros((3, 3)), at_bound=(), customers=99)
    >>> found = forecast_value(orders, fit, np.array([0.0]), np.array([0.0]))
    >>> found.mean.tolist(), found.variance.tolist()  # 2 x 1575 + 2 x 1350 - 60^2
    ([60.0], [2250.0])
    """
    each = order_values(values.model, order_counts, mean_value)
    return _worth(orders, each, values.covariance, kept)


def forecast_alike(orders: Forecast, value: float, kept: KeptShare | None = None) -> Forecast:
    """The same where every order that is kept is worth `value`, in money.

    >>> orders = Forecast(mean=np.array([2.0]), variance=np.array([0.0]), slope=np.zeros((1, 4)),
    ...     covariance=np.zeros((4, 4)))
    >>> forecast_alike(orders, 25.0).mean.tolist()
    [50.0]
    """
    rows = np.ones(len(orders.mean))
    each = OrderValues(
        mean=value * rows,
        square=value**2 * rows,
        product=value**2 * rows,
        slope=np.zeros((len(rows), 0)),
    )
    return _worth(orders, each, np.zeros((0, 0)), kept)


def _worth(
    orders: Forecast, each: OrderValues, covariance: FloatArray, kept: KeptShare | None
) -> Forecast:
    """Orders by what each is worth and, where some are not kept, by the chance that it is."""
    pairs = np.maximum(orders.variance + orders.mean**2 - orders.mean, 0.0)
    one, two = (1.0, 1.0) if kept is None else (kept.mean, kept.square)
    mean = orders.mean * each.mean * one
    with np.errstate(invalid="ignore"):
        square = orders.mean * each.square * one + pairs * each.product * two
    slopes = [
        orders.slope * (each.mean * one)[:, None],
        each.slope * (orders.mean * one)[:, None],
    ]
    blocks = [orders.covariance, covariance]
    if kept is not None:
        slopes.append((orders.mean * each.mean * kept.slope)[:, None])
        blocks.append(np.array([[(kept.error / kept.share) ** 2]]))
    return Forecast(
        mean=mean,
        variance=np.where(orders.mean <= 0, 0.0, np.maximum(square - mean**2, 0.0)),
        slope=np.hstack(slopes),
        covariance=_side_by_side(blocks),
    )


def _side_by_side(blocks: Sequence[FloatArray]) -> FloatArray:
    """Covariance of parameters that were estimated apart."""
    whole = np.zeros((sum(len(block) for block in blocks),) * 2)
    start = 0
    for block in blocks:
        end = start + len(block)
        whole[start:end, start:end] = block
        start = end
    return whole


def value_limits(
    value: Forecast, any_order: FloatArray, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Between which amounts each customer's spend will lie, (low, high), each (customers,).

    any_order: P(Y >= 1) of each. Nothing with the chance of no order; given an order, a gamma
    distribution of the mean and variance that are left. NaN where the variance is infinite.

    Of such customers 3 in 4 spend nothing; the others 40 on average, exponentially: 40 ln 10.

    >>> one = Forecast(mean=np.array([10.0]), variance=np.array([700.0]), slope=np.zeros((1, 7)),
    ...     covariance=np.zeros((7, 7)))
    >>> low, high = value_limits(one, np.array([0.25]))
    >>> low.tolist(), high.round(1).tolist()
    ([0.0], [92.1])
    """
    known = np.isfinite(value.variance) & (value.mean > 0) & (any_order > 0)
    chance = np.where(known, any_order, 1.0)
    mean = np.where(known, value.mean, 1.0) / chance
    square = np.where(known, value.variance + value.mean**2, 2.0) / chance
    variance = np.maximum(square - mean**2, 1e-12 * mean**2)
    limits = []
    for below in ((1 - confidence) / 2, (1 + confidence) / 2):
        # of those with an order this share lies below the limit; none where it is 0 itself
        share = np.clip((below - (1 - chance)) / chance, 0.0, 1.0)
        limit = special.gammaincinv(mean**2 / variance, share) * variance / mean
        limits.append(np.where(known, limit, np.where(value.mean > 0, np.nan, 0.0)))
    return limits[0], limits[1]


def _matched_gamma(mean: float, variance: float, confidence: float) -> tuple[float, float]:
    """Limits of the gamma distribution with that mean and variance."""
    if mean <= 0 or variance <= 0:
        return mean, mean
    shape, scale = mean**2 / variance, variance / mean
    tail = (1 - confidence) / 2
    low, high = (
        float(special.gammaincinv(shape, tail)) * scale,
        float(special.gammainccinv(shape, tail)) * scale,
    )
    return low, high
