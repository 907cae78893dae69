"""BG/NBD: how often customers come back, and whether they still do (Fader, Hardie & Lee 2005).

While active a customer buys at a rate of their own, lambda ~ Gamma(r, alpha); after every repeat
purchase they stop for good with a chance of their own, p ~ Beta(a, b). Equations are those of
Fader, Hardie & Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.maximum_likelihood import LogLikelihood, maximise
from regulars_experiments.purchase_histories import Histories
from regulars_experiments.results import FloatArray, NotEstimable, Reason

LEAST_REPEATERS = 30
"""Fewer customers who bought again say nothing of four parameters."""
_NEAR_ONE = 1e-7
_NEAR_ZERO = 1e-9
_LARGE = 20.0
_NEGLIGIBLE = 1e-9
_STEEP = -600.0  # exp of it is still a number with all its digits


@dataclass(frozen=True, kw_only=True, slots=True)
class BgNbd:
    """The model. r: shape of the rates. alpha: their rate, in units of time. a, b: of stopping."""

    r: float
    alpha: float
    a: float
    b: float

    def as_array(self) -> FloatArray:
        """(r, alpha, a, b)."""
        return np.array([self.r, self.alpha, self.a, self.b])

    @classmethod
    def of(cls, values: FloatArray) -> "BgNbd":
        """The reverse of `as_array`."""
        r, alpha, a, b = (float(value) for value in values)
        return cls(r=r, alpha=alpha, a=a, b=b)


@dataclass(frozen=True, kw_only=True, slots=True)
class BgNbdFit:
    """The model of largest likelihood.

    covariance: of (log r, log alpha, log a, log b), (4, 4), from the observed information.
    at_bound: names of parameters that ran as far as they may; their error is not known and left
    out of all intervals. a at its lower end: nobody is seen to stop.
    """

    model: BgNbd
    log_likelihood: float
    covariance: FloatArray
    at_bound: tuple[str, ...]
    customers: int
    repeaters: int


def fit_bgnbd(histories: Histories) -> BgNbdFit | NotEstimable:
    """The model that makes these histories most likely, by maximum likelihood (equation 6).

    NotEstimable with fewer than 30 customers who bought again, or where all of those did the same.

    >>> rng = np.random.default_rng(4)
    >>> x, t_x, age = simulate_bgnbd(BgNbd(r=0.5, alpha=5, a=1, b=3), np.full(20_000, 50.0), rng)
    >>> from regulars_experiments.purchase_histories import group_histories
    >>> fit = fit_bgnbd(group_histories(x, t_x, age).histories)
    >>> fit.model.as_array().round(1).tolist()
    [0.5, 4.9, 1.0, 3.1]
    """
    if histories.repeaters < LEAST_REPEATERS:
        return NotEstimable(reason=Reason.TOO_FEW_REPEATERS)
    again = histories.repeats > 0
    if np.ptp(histories.repeats[again]) == 0 and np.ptp(histories.recency[again]) == 0:
        return NotEstimable(reason=Reason.ALL_HISTORIES_ALIKE)
    # time counted in mean ages while searching, so that any unit gives the same search
    unit = float(np.average(histories.age, weights=histories.customers))
    scaled = Histories(
        repeats=histories.repeats,
        recency=histories.recency / unit,
        age=histories.age / unit,
        customers=histories.customers,
    )
    starts = [np.array([0.5, 0.2, 1.0, 2.0]), np.array([2.0, 2.0, 0.2, 2.0])]
    found = maximise(_log_likelihood(scaled), starts)
    repeats_in_all = float(histories.customers @ histories.repeats)
    names = ("r", "alpha", "a", "b")
    return BgNbdFit(
        model=BgNbd.of(found.parameters * np.array([1.0, unit, 1.0, 1.0])),
        log_likelihood=found.log_likelihood - repeats_in_all * float(np.log(unit)),
        covariance=found.covariance,
        at_bound=tuple(name for name, held in zip(names, found.at_bound, strict=True) if held),
        customers=int(histories.customers.sum()),
        repeaters=histories.repeaters,
    )


def log_likelihood_bgnbd(model: BgNbd, histories: Histories) -> float:
    """The log-likelihood of these histories (equation 6), natural logarithm.

    One customer who was seen for 3 units of time and never came back: (alpha / (alpha + T))^r.

    >>> from regulars_experiments.purchase_histories import group_histories
    >>> seen = group_histories([0], [0.0], [3.0]).histories
    >>> round(log_likelihood_bgnbd(BgNbd(r=2, alpha=1, a=1, b=1), seen), 6)  # 2 ln(1/4)
    -2.772589
    """
    return _log_likelihood(histories)(model.as_array())[0]


def alive_probability(model: BgNbd, histories: Histories) -> FloatArray:
    """P(still buying) at the end of what was seen, (groups,). 1 without repeats: by the model one
    stops only after a repeat purchase (Fader, Hardie & Lee 2008, note on P(alive), equation 7).

    >>> from regulars_experiments.purchase_histories import group_histories
    >>> seen = group_histories([0, 2, 2], [0, 5, 30], [39, 39, 39]).histories
    >>> alive_probability(BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426), seen).round(3).tolist()
    [1.0, 0.123, 0.72]
    """
    x, again = histories.repeats, histories.repeats > 0
    safe = np.where(again, x, 1.0)
    log_odds = (
        np.log(model.a)
        - np.log(model.b + safe - 1)
        + (model.r + x)
        * (np.log(model.alpha + histories.age) - np.log(model.alpha + histories.recency))
    )
    found: FloatArray = np.where(again, special.expit(-log_odds), 1.0)
    return found


def expected_orders(model: BgNbd, histories: Histories, horizon: float) -> FloatArray:
    """E(Y(t) | x, t_x, T): purchases of one customer in the next `horizon`, (groups,).

    Equation 10 after Euler's transformation of its 2F1 (Abramowitz & Stegun 15.3.3): what remains
    has small parameters above a large one, and neither overflows nor cancels; relative error about
    1e-9 (1e-7 where a is within 1e-7 of 1, its removable singularity). With a or r above 20 the
    chances of k orders are added up instead.

    >>> from regulars_experiments.purchase_histories import group_histories
    >>> seen = group_histories([2], [30.43], [38.86]).histories
    >>> model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> float(expected_orders(model, seen, 39)[0].round(3))  # 1.226 in the authors' own note
    1.226
    """
    while_active = _expected_while(
        model, histories.repeats, horizon / (model.alpha + histories.age + horizon)
    )
    found: FloatArray = while_active * alive_probability(model, histories)
    return found


def expected_repeats(model: BgNbd, time: npt.ArrayLike) -> FloatArray:
    """E(X(t)): repeat purchases of a customer in the time `time` after the first one (equation 9).

    The curve of many customers is its sum over their ages.

    >>> expected_repeats(BgNbd(r=1, alpha=1, a=1e-9, b=1), [1.0, 3.0]).round(6).tolist()
    [1.0, 3.0]
    """
    times = np.asarray(time, dtype=float)
    flat = np.atleast_1d(times)
    found = _expected_while(model, np.zeros(flat.shape), flat / (model.alpha + flat))
    return found.reshape(times.shape)


def simulate_bgnbd(
    model: BgNbd, ages: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Histories (x, t_x, T) of customers who follow the model, each of shape (customers,).

    >>> x, t_x, age = simulate_bgnbd(BgNbd(r=1, alpha=5, a=1, b=2), np.full(3, 50.0),
    ...     np.random.default_rng(1))
    >>> bool(((x > 0) == (t_x > 0)).all() and (t_x <= age).all())
    True
    """
    rate = rng.gamma(model.r, 1 / model.alpha, len(ages))
    stopping = rng.beta(model.a, model.b, len(ages))
    repeats, recency = np.zeros(len(ages)), np.zeros(len(ages))
    clock = np.zeros(len(ages))
    active = np.ones(len(ages), dtype=bool)
    with np.errstate(divide="ignore"):
        pause = 1 / rate
    while active.any():
        clock[active] += rng.exponential(pause[active])
        active &= clock <= ages
        repeats[active] += 1
        recency[active] = clock[active]
        active &= rng.random(len(ages)) >= stopping
    return repeats, recency, np.asarray(ages, dtype=float)


def chances_to_reach(
    model: BgNbd, repeats: FloatArray, share: FloatArray
) -> Iterator[tuple[int, npt.NDArray[np.intp], FloatArray]]:
    """For k = 1, 2, ...: (k, rows, P(Y >= k) of those rows), as long as any chance is above 1e-9.

    Of customers who are active: Y = min(N, G), N orders in t without stopping, a negative binomial
    (rate Gamma(r + x, alpha + T)), and G orders until one stops, beta-geometric (p ~ Beta(a,
    b + x)), independent given the history (Fader, Hardie & Lee 2005, appendix: the posterior
    factorises while active). So P(Y >= k) = P(N >= k) P(G >= k). repeats, share: (rows,); share is
    t / (alpha + T + t).

    >>> flat = BgNbd(r=1, alpha=1, a=1, b=1)  # P(N >= k) = 2^-k, P(G >= k) = 1 / k
    >>> found = chances_to_reach(flat, np.zeros(1), np.array([0.5]))
    >>> [round(float(next(found)[2][0]), 4) for _ in range(3)]
    [0.5, 0.125, 0.0417]
    """
    shape, stays = model.r + repeats, model.b + repeats
    # P(N = k) follows from P(N = k - 1), unless P(N = 0) is too small to start from
    log_none = shape * np.log1p(-share)
    steep = log_none < _STEEP
    exact = np.exp(log_none)
    over = -np.expm1(log_none)
    going = np.ones(len(shape))
    left, order = np.arange(len(shape)), 1
    while len(left):
        hard = left[steep[left]]
        over[hard] = special.betainc(order, shape[hard], share[hard])
        reached = going[left] * np.maximum(over[left], 0.0)
        yield order, left, reached
        going[left] *= (stays[left] + order - 1) / (model.a + stays[left] + order - 1)
        left = left[reached > _NEGLIGIBLE]
        exact[left] *= (shape[left] + order - 1) / order * share[left]
        over[left] -= exact[left]
        order += 1


def _expected_while(model: BgNbd, repeats: FloatArray, share: FloatArray) -> FloatArray:
    """Purchases of a customer who is active now; share: t / (alpha + T + t)."""
    if max(model.a, model.r) > _LARGE:  # the powers below would overflow
        summed = np.zeros(repeats.shape)
        for _, rows, chances in chances_to_reach(model, repeats, share):
            summed[rows] += chances
        return summed
    a = model.a if abs(model.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
    lower = a + model.b + repeats - 1
    lower = np.where(np.abs(lower) < _NEAR_ZERO, _NEAR_ZERO, lower)
    # F = 2F1(r + x, b + x; a + b + x - 1; z) = (1 - z)^(a - 1 - r - x) 2F1(.., ..; ..; z)
    series = special.hyp2f1(a - 1, a + model.b - 1 - model.r, lower, share)
    found: FloatArray = lower / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-share)) * series)
    return found


def _log_likelihood(histories: Histories) -> LogLikelihood:
    """Equation 6 and its gradient, in logarithms throughout."""
    counts = histories.customers
    again = histories.repeats > 0
    # what depends on x alone is worked out once for each x that occurs
    values, place = np.unique(histories.repeats, return_inverse=True)
    of_value = np.bincount(place, weights=counts)
    x, number = histories.repeats, counts.sum()

    def function(parameters: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = parameters
        log_age = np.log(alpha + histories.age)
        log_recency = np.log(alpha + histories.recency)
        with np.errstate(divide="ignore"):
            log_stop = np.where(values > 0, np.log(a / np.maximum(b + values - 1, 1e-300)), -np.inf)
        stays = -(r + x) * log_age
        stops = np.where(again, log_stop[place] - (r + x) * log_recency, -np.inf)
        both = np.logaddexp(stays, stops)
        weight = np.exp(stops - both)  # chance to have stopped, given the history
        common = (
            special.gammaln(r + values) - special.gammaln(r) + r * np.log(alpha)
            + special.betaln(a, b + values) - special.betaln(a, b)
        )  # fmt: skip
        stopped = counts * weight
        staying = counts - stopped
        by_x = np.bincount(place, weights=stopped)
        whole = special.psi(a + b) - special.psi(a + b + values)
        gradient = np.array(
            [
                of_value @ (special.psi(r + values) - special.psi(r) + np.log(alpha))
                - staying @ log_age - stopped @ log_recency,
                number * r / alpha
                - staying @ ((r + x) / (alpha + histories.age))
                - stopped @ ((r + x) / (alpha + histories.recency)),
                of_value @ whole + stopped.sum() / a,
                of_value @ (whole + special.psi(b + values) - special.psi(b))
                - (by_x[values > 0] / (b + values[values > 0] - 1)).sum(),
            ]
        )  # fmt: skip
        return float(of_value @ common + counts @ both), gradient

    return function
