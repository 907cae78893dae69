"""Gamma-gamma: what an order of each customer is worth (Fader & Hardie 2013).

A customer's orders vary around a mean of their own, z ~ Gamma(p, nu), nu ~ Gamma(q, gamma),
whatever their frequency is. Equations are those of Fader & Hardie, "The Gamma-Gamma Model of
Monetary Value" (2013), after Fader, Hardie & Lee, "RFM and CLV", Journal of Marketing Research 42
(2005).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.maximum_likelihood import LogLikelihood, maximise
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason

LEAST_CUSTOMERS = 30
_ALIKE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class GammaGamma:
    """The model. p: shape of the orders. q: shape of the customers. gamma: scale, in money."""

    p: float
    q: float
    gamma: float

    def as_array(self) -> FloatArray:
        """(p, q, gamma)."""
        return np.array([self.p, self.q, self.gamma])

    @property
    def mean(self) -> float:
        """An order of a customer of whom nothing is known: p gamma / (q - 1); q > 1."""
        return self.p * self.gamma / (self.q - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class GammaGammaFit:
    """The model of largest likelihood. covariance: of (log p, log q, log gamma), (3, 3).

    at_bound: as in BgNbdFit. customers: with orders of some worth, who were fitted to.
    """

    model: GammaGamma
    log_likelihood: float
    covariance: FloatArray
    at_bound: tuple[str, ...]
    customers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderValues:
    """What the next order of each customer is worth; arrays of shape (customers,), in money.

    mean: expected. square: E(z^2) of one order. product: E(z1 z2) of two orders of one customer;
    both infinite where too little is known for them. slope: of `mean` by (log p, log q, log gamma),
    (customers, 3).
    """

    mean: FloatArray
    square: FloatArray
    product: FloatArray
    slope: FloatArray


def fit_gamma_gamma(orders: FloatArray, mean_value: FloatArray) -> GammaGammaFit | NotEstimable:
    """The model that makes these averages most likely (equation 1a), by maximum likelihood.

    orders: how many orders each average is of, (customers,). mean_value: the averages, in money.
    Customers without orders, or with none of any worth, say nothing and are left out. NotEstimable
    with fewer than 30 others, where all averages are the same, or with tails so heavy (q <= 1) that
    the mean is infinite.

    >>> rng = np.random.default_rng(1)
    >>> nu = rng.gamma(4.0, 1 / 15.0, 20_000)
    >>> n = rng.integers(1, 6, 20_000).astype(float)
    >>> fit = fit_gamma_gamma(n, rng.gamma(6.0 * n, 1 / nu) / n)
    >>> fit.model.as_array().round(1).tolist(), round(fit.model.mean, 1)
    ([5.9, 4.0, 15.1], 30.3)
    """
    known = (orders > 0) & (mean_value > 0)
    n, z = np.asarray(orders, dtype=float)[known], np.asarray(mean_value, dtype=float)[known]
    if len(n) < LEAST_CUSTOMERS:
        came = int((orders > 0).sum()) >= LEAST_CUSTOMERS
        return NotEstimable(reason=Reason.TOO_FEW_KEPT if came else Reason.TOO_FEW_REPEATERS)
    unit = float(z.mean())
    if float(np.ptp(z)) <= _ALIKE * unit:
        return NotEstimable(reason=Reason.ALL_VALUES_ALIKE)
    starts = [np.array([4.0, 4.0, 0.75]), np.array([1.0, 2.0, 1.0])]
    found = maximise(_log_likelihood(n, z / unit), starts)
    p, q, gamma = found.parameters
    if q <= 1:
        return NotEstimable(reason=Reason.NO_MEAN_VALUE)
    names = ("p", "q", "gamma")
    return GammaGammaFit(
        model=GammaGamma(p=float(p), q=float(q), gamma=float(gamma * unit)),
        log_likelihood=found.log_likelihood - len(n) * math.log(unit),
        covariance=found.covariance,
        at_bound=tuple(name for name, held in zip(names, found.at_bound, strict=True) if held),
        customers=len(n),
    )


def expected_order_value(
    model: GammaGamma, orders: FloatArray, mean_value: FloatArray
) -> FloatArray:
    """E(Z | p, q, gamma, average, orders): a mean order of each customer, (customers,), in money.

    Equation 5: the population's mean and the customer's own average, weighted by what is known of
    them. orders 0: the population's (mean_value is not looked at). model.q > 1.

    Two orders of 20 on average where the population's mean is 36:

    >>> model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    >>> expected_order_value(model, np.array([0.0, 2.0]), np.array([0.0, 20.0])).round(2).tolist()
    [35.22, 22.74]
    """
    return order_values(model, orders, mean_value).mean


def order_values(model: GammaGamma, orders: FloatArray, mean_value: FloatArray) -> OrderValues:
    """What is expected of each customer's orders, with second moments and slopes.

    Given nu an order has mean p / nu and variance p / nu^2, and 1 / nu is inverse gamma with shape
    p x + q and scale gamma + x z (equation 4).

    >>> found = order_values(GammaGamma(p=6, q=4, gamma=15), np.array([0.0]), np.array([0.0]))
    >>> found.mean.tolist(), found.square.tolist()
    ([30.0], [1575.0])
    """
    p, q, gamma = model.as_array()
    n = np.asarray(orders, dtype=float)
    spent = np.where(n > 0, n * np.asarray(mean_value, dtype=float), 0.0)
    shape, scale = p * n + q, gamma + spent
    mean = p * scale / (shape - 1)
    with np.errstate(divide="ignore"):
        inverse_square = np.where(
            shape > 2, scale**2 / ((shape - 1) * np.maximum(shape - 2, 0)), np.inf
        )
    slope = np.column_stack(
        [mean * (1 - p * n / (shape - 1)), -mean * q / (shape - 1), mean * gamma / scale]
    )
    return OrderValues(
        mean=mean, square=p * (p + 1) * inverse_square, product=p**2 * inverse_square, slope=slope
    )


def value_by_frequency(
    orders: FloatArray, mean_value: FloatArray, *, confidence: float = 0.95
) -> Answer:
    """Correlation of how often customers buy and what their orders are worth, (customers,) each.

    The model takes it for zero (Fader & Hardie 2013, sec. 2). Pearson's, interval by Fisher's
    transformation. NotEstimable with fewer than four customers or without spread.

    >>> found = value_by_frequency(np.array([1., 2, 3, 4, 5]), np.array([9., 9, 8, 10, 9]))
    >>> round(found.estimate, 3), round(found.low, 2), round(found.high, 2)
    (0.224, -0.82, 0.92)
    """
    if len(orders) < 4:
        return NotEstimable(reason=Reason.TOO_FEW_REPEATERS)
    if np.ptp(orders) == 0 or np.ptp(mean_value) == 0:
        return NotEstimable(reason=Reason.ALL_VALUES_ALIKE)
    correlation = float(np.clip(np.corrcoef(orders, mean_value)[0, 1], -1, 1))
    reach = float(special.ndtri((1 + confidence) / 2)) / math.sqrt(len(orders) - 3)
    centre = math.atanh(max(min(correlation, 1 - 1e-15), -1 + 1e-15))
    return Estimate(
        estimate=correlation,
        standard_error=None,
        low=math.tanh(centre - reach),
        high=math.tanh(centre + reach),
        p_value=None,
    )


def _log_likelihood(orders: FloatArray, mean_value: FloatArray) -> LogLikelihood:
    """Equation 1a and its gradient."""
    values, place = np.unique(orders, return_inverse=True)
    of_value = np.bincount(place)
    log_n, log_z, spent = np.log(values), np.log(mean_value), orders * mean_value
    number = float(len(orders))
    by_x = np.bincount(place, weights=log_z)  # sum of ln z of the customers with that many orders

    def function(parameters: FloatArray) -> tuple[float, FloatArray]:
        p, q, gamma = parameters
        log_scale = np.log(gamma + spent)
        scales = np.bincount(place, weights=log_scale)
        shape = p * values + q
        value = (
            of_value @ (special.gammaln(shape) - special.gammaln(p * values) + p * values * log_n)
            + number * (q * np.log(gamma) - special.gammaln(q))
            + (p * values - 1) @ by_x
            - shape @ scales
        )
        common = special.psi(shape)
        gradient = np.array(
            [
                of_value @ (values * (common - special.psi(p * values) + log_n))
                + values @ (by_x - scales),
                of_value @ common + number * (np.log(gamma) - special.psi(q)) - scales.sum(),
                number * q / gamma - ((p * orders + q) / (gamma + spent)).sum(),
            ]
        )
        return float(value), gradient

    return function
