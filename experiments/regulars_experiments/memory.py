"""Programme memory: what past campaigns of one segment and offer family say about the next.

Two models, for two questions.

*How have such campaigns done?* (`random_effects`) Campaign i has its own true effect, drawn around
a common mean: y_i ~ N(theta_i, s_i^2), theta_i ~ N(mu, tau^2). The spread is that of DerSimonian &
Laird (1986), the interval that of Hartung & Knapp (2001): with a handful of campaigns the usual
normal interval is far too narrow (IntHout, Ioannidis & Borm 2014).

*What to expect of the next one, given that habits change?* (`foretell`) The common mean itself
wanders, as Brownian motion with variance q per day: y_i = x(t_i) + b_i + e_i, b_i ~ N(0, tau^2),
e_i ~ N(0, s_i^2). Seen from today, x(t_i) = x - W(a_i) with a_i the age, so
    Cov(y_i, y_j) = q min(a_i, a_j) + [i = j] (tau^2 + s_i^2)  around the common x,  x flat:
an old campaign knows today's x with q a_i more variance than a fresh one, and two old ones share
most of what they do not know. That is the local level model (Harvey 1989, sec. 2.3; Durbin &
Koopman 2012, ch. 2) observed at uneven times; a Kalman filter gives its likelihood and its forecast
in one pass. tau and q are not plugged in but integrated over half-normal priors, as in `pooling`.

All functions are vectorised over cells (segment x offer family); campaigns are the last axis.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.pooling import Posterior, dersimonian_laird, known_estimates
from regulars_experiments.results import (
    FloatArray,
    Intervals,
    Reason,
    ReasonArray,
    build_intervals,
    first_reason,
    no_reasons,
)

FLAGGED_DRIFT_Z = 2.5  # 1 campaign in 80 where nothing has changed
DAYS_PER_YEAR = 365.25
_OF_LEVEL, _OF_EFFECT = 0.05, 0.5  # the usual scale, of what customers bring and of the effect
_DOUBT_SHARE, _DOUBT_SCALES = 0.02, 10.0  # that memory does not apply, and how far off it then is
_SPREADS, _DRIFTS = 32, 12  # grid points of tau and of the yearly drift
_REACH = 4.0  # the grids run to so many prior scales


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEffects:
    """What past campaigns say together; all arrays have shape (cells,), in the effects' unit.

    mean: of the campaigns' true effects. tau2: variance between campaigns, share: I^2, how much of
    the variation is more than chance; both NaN below two campaigns. campaigns: how many have an
    estimate.
    """

    mean: Intervals
    tau2: FloatArray
    share: FloatArray
    campaigns: FloatArray


def random_effects(
    estimates: FloatArray,
    standard_errors: FloatArray,
    *,
    confidence: float,
    floored: bool = True,
) -> RandomEffects:
    """Past campaigns pooled; arguments of shape (cells, campaigns), NaN where there is none.

    No campaign: nothing is estimable. One: its own interval stands for the mean. From two on,
    mean +- t with k - 1 degrees of freedom. floored: the error is never below that of a spread of
    tau^2 (Roever, Knapp & Friede 2015), else two campaigns that agree by luck prove anything:
    without it campaigns of unequal size are held in 92% instead of 95%. For the next campaign see
    `foretell`: the same numbers with tau^2 plugged in would hold it in 82% to 93%.
    Source: DerSimonian & Laird 1986; Hartung & Knapp 2001.

    >>> import numpy as np
    >>> found = random_effects(np.array([[1.0, 3.0, 2.0, 6.0]]),
    ...     np.sqrt([[1.0, 2.0, 1.0, 0.5]]), confidence=0.95)
    >>> answer = found.mean.answer(0)
    >>> round(answer.estimate, 3), round(answer.low, 2), round(answer.high, 2)
    (3.06, -1.11, 7.23)
    >>> random_effects(np.array([[np.nan]]), np.array([[1.0]]), confidence=0.95).mean.answer(0)
    NotEstimable(reason=<Reason.TOO_FEW_CAMPAIGNS: 'too_few_campaigns'>)
    """
    known = known_estimates(estimates, standard_errors)
    k = known.sum(axis=-1).astype(np.float64)
    y, v = np.where(known, estimates, 0.0), np.where(known, standard_errors, np.inf) ** 2
    tau2 = dersimonian_laird(estimates, standard_errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / (v + np.where(k >= 2, tau2, 0.0)[:, None])
        total = w.sum(axis=-1)
        mean = (w * y).sum(axis=-1) / total
        # the weighted squares over k - 1, times 1 / total: Hartung & Knapp 2001, their q
        scale = (w * (y - mean[:, None]) ** 2).sum(axis=-1) / (k - 1)
        scale = np.where(k >= 2, np.maximum(scale, 1.0) if floored else scale, 1.0)
        error = np.sqrt(scale / total)
        q = ((y - ((y / v).sum(axis=-1) / (1 / v).sum(axis=-1))[:, None]) ** 2 / v).sum(axis=-1)
        share = np.where(k >= 2, np.where(q > 0, np.maximum(q - (k - 1), 0) / q, 0.0), np.nan)
    undefined = no_reasons(k.shape)
    first_reason(undefined, k < 1, Reason.TOO_FEW_CAMPAIGNS)
    return RandomEffects(
        mean=_interval(mean, error, k, confidence, undefined),
        tau2=tau2,
        share=share,
        campaigns=k,
    )


def foretell(
    estimates: FloatArray,
    standard_errors: FloatArray,
    ages: FloatArray,
    *,
    spread: float,
    drift: float,
    ahead: float = 0.0,
    of_mean: bool = False,
) -> Posterior:
    """What to believe of the next campaign's true effect before it starts.

    estimates, standard_errors, ages (days before today, 0 or more): (cells, campaigns), NaN where
    there is none. spread: scale of the half-normal prior of tau, drift: of the change of the mean
    in one year (0: it does not change), both in the effects' unit; rather too large than too small,
    since what they rule out no campaign can show. ahead: days from today to the
    campaign. of_mean: of x itself, which campaigns lie around, rather than of the next one.
    Cells without any campaign have NaN: nothing is remembered. Raises ValueError for a
    campaign of the future or an impossible scale. See the module for the model and its sources.

    >>> import numpy as np
    >>> effects, errors = np.array([[5.0, 1.0]]), np.array([[0.5, 0.5]])
    >>> def mean(drift: float) -> float:
    ...     ages = np.array([[720.0, 30.0]])
    ...     return round(float(foretell(effects, errors, ages, spread=1, drift=drift).mean()[0]), 1)
    >>> mean(0.0), mean(5.0)  # the old campaign counts less where things change
    (3.0, 1.3)
    """
    weights, mean, variance, tau2 = _levels(
        estimates, standard_errors, ages, spread=spread, drift=drift, ahead=ahead
    )
    total = variance + (0.0 if of_mean else tau2[:, None])
    return Posterior(weights=weights, means=mean, deviations=np.sqrt(total))


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """What is expected of each cell's next campaign, and the scale it was reckoned on.

    expected: of the next campaign, as `foretell` gives it; mean: of what campaigns lie around, the
    same without the next one's own deviation from it. NaN where nothing is remembered. scale:
    (cells,), how far campaigns of a cell may lie apart, in the effects' unit.
    """

    expected: Posterior
    mean: Posterior
    scale: FloatArray

    @property
    def as_prior(self) -> Posterior:
        """With the doubt that becomes what is to be combined with a result (see `doubted`)."""
        return doubted(self.expected, share=_DOUBT_SHARE, deviation=_DOUBT_SCALES * self.scale)


def recall(
    estimates: FloatArray,
    standard_errors: FloatArray,
    ages: FloatArray,
    levels: FloatArray,
    *,
    ahead: float = 0.0,
    scale: FloatArray | None = None,
) -> Recalled:
    """`foretell` on the usual scales, cell by cell; arguments as there.

    levels: (cells,), what such customers bring without the campaign, in the effects' unit.
    Campaigns of a cell, and a year, are taken to lie apart by about a twentieth of that (half of
    what offers differ by where nobody has tried) or half of the effect, whichever is larger:
    dormant customers bring nothing by themselves, and their effects still vary. The size of the
    effect is its mean square beyond the errors'. Where both are nothing the errors are the scale.
    scale: (cells,), positive, to take instead of that.
    What these scales and the doubt earn is measured in `benchmarks/seasons`.

    >>> import numpy as np
    >>> effects, errors = np.array([[0.5, 0.7, 0.6]]), np.array([[0.2, 0.2, 0.2]])
    >>> ages = np.array([[270.0, 180.0, 90.0]])
    >>> found = recall(effects, errors, ages, np.array([8.0]))
    >>> round(float(found.expected.mean()[0]), 1), round(float(found.scale[0]), 2)
    (0.6, 0.49)
    """
    if scale is None:
        scale = _usual_scale(estimates, standard_errors, levels)
    unit = scale[:, None]

    weights, mean, variance, tau2 = _levels(
        estimates / unit, standard_errors / unit, ages, spread=1, drift=1, ahead=ahead
    )
    means = mean * scale
    around, following = np.sqrt(variance) * scale, np.sqrt(variance + tau2[:, None]) * scale
    return Recalled(
        expected=Posterior(weights=weights, means=means, deviations=following),
        mean=Posterior(weights=weights, means=means, deviations=around),
        scale=scale,
    )


def doubted(prior: Posterior, *, share: float, deviation: float | FloatArray) -> Posterior:
    """The same belief, with a share of doubt that it applies at all (0 <= share < 1).

    The doubt is a normal part of the same mean and a standard deviation larger by `deviation` (one
    for all cells, or one each). A
    result that agrees with memory is hardly touched; one that contradicts it is hardly pulled:
    memory counts less after drift (robust meta-analytic-predictive prior, Schmidli et al. 2014).

    >>> import numpy as np
    >>> from regulars_experiments.pooling import single
    >>> trusted = single(0.0, 1.0)
    >>> sceptic = doubted(trusted, share=0.1, deviation=10.0)
    >>> result = np.array([6.0]), np.array([1.0])
    >>> [round(float(remember(prior, *result).with_memory.mean()[0]), 1)
    ...     for prior in (trusted, sceptic)]
    [3.0, 5.9]
    """
    weights = np.broadcast_to(
        prior.weights if prior.weights.ndim == 2 else prior.weights[:, None], prior.means.shape
    )
    wide = np.hypot(prior.deviation(), deviation)
    return Posterior(
        weights=np.vstack([(1 - share) * weights, np.full((1, len(wide)), share)]),
        means=np.vstack([prior.means, prior.mean()]),
        deviations=np.vstack([prior.deviations, wide]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """This campaign alone, beside what it says together with memory.

    drift_z: (cells,) how far the result lies from what memory foretold, in standard deviations;
    NaN where either is missing. drifted: beyond `FLAGGED_DRIFT_Z`.
    """

    alone: Posterior
    with_memory: Posterior
    drift_z: FloatArray

    @property
    def drifted(self) -> tuple[bool, ...]:
        """Per cell: this campaign contradicts the past ones."""
        return tuple(bool(z > FLAGGED_DRIFT_Z) for z in np.abs(np.nan_to_num(self.drift_z)))


def remember(prior: Posterior, estimates: FloatArray, standard_errors: FloatArray) -> Remembered:
    """Combine a campaign's result with memory; estimates, standard_errors: (cells,).

    prior: from `foretell`. Where nothing is remembered (NaN) the result stands alone; where there
    is no result (NaN) memory does. Each part of the mixture is updated as a normal prior and
    weighted anew by how well it foretold the result. drift_z is the result's place in what was
    foretold of it (Box 1980), as a normal quantile: (y - m) / sqrt(s^2 + d^2) for a single part
    N(m, d^2), and as rare as it says for a mixture with its longer tails.

    >>> import numpy as np
    >>> prior = foretell(np.array([[2.0, 2.2, 1.9]]), np.array([[0.5, 0.5, 0.5]]),
    ...     np.array([[300.0, 200.0, 100.0]]), spread=0.3, drift=0.3)
    >>> found = remember(prior, np.array([5.0]), np.array([0.8]))
    >>> float(found.alone.mean()[0]), round(float(found.with_memory.mean()[0]), 1)
    (5.0, 2.9)
    >>> found.drifted
    (True,)
    """
    v = standard_errors**2
    with np.errstate(divide="ignore", invalid="ignore"):
        before = prior.deviations**2
        total = before + v
        weights = prior.weights if prior.weights.ndim == 2 else prior.weights[:, None]
        log_weight = np.log(weights) - 0.5 * (
            np.log(total) + (estimates - prior.means) ** 2 / total
        )
        updated = np.exp(log_weight - log_weight.max(axis=0))
        updated = updated / updated.sum(axis=0)
        gain = before / total
        means = prior.means + gain * (estimates - prior.means)
        deviations = np.sqrt(gain * v)
        parts = (estimates - prior.means) / np.sqrt(total)
        below = special.ndtri((weights * special.ndtr(parts)).sum(axis=0))
        above = -special.ndtri((weights * special.ndtr(-parts)).sum(axis=0))
        z = np.where(below < 0, below, above)
    measured = known_estimates(estimates, standard_errors)
    remembered = np.isfinite(prior.means).all(axis=0)
    both = measured & remembered
    even = np.full(prior.means.shape, 1 / len(prior.means))
    alone = np.where(measured, estimates, np.nan), np.where(measured, standard_errors, np.nan)
    return Remembered(
        alone=Posterior(weights=np.ones(1), means=alone[0][None], deviations=alone[1][None]),
        with_memory=Posterior(
            weights=np.where(both, updated, np.where(remembered, weights, even)),
            means=np.where(both, means, np.where(remembered, prior.means, alone[0])),
            deviations=np.where(both, deviations, np.where(remembered, prior.deviations, alone[1])),
        ),
        drift_z=np.where(both, z, np.nan),
    )


def _interval(
    mean: FloatArray, error: FloatArray, k: FloatArray, confidence: float, undefined: ReasonArray
) -> Intervals:
    """mean +- t x error with k - 1 degrees of freedom; one campaign has its own normal error."""
    freedom = np.where(k >= 2, k - 1, 1e12)
    half = special.stdtrit(freedom, 0.5 + confidence / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * special.stdtr(freedom, -np.abs(mean) / error)
    method = np.where(k >= 2, "Hartung-Knapp", "one campaign").astype(object)
    return build_intervals(
        estimate=mean,
        standard_error=error,
        low=mean - half,
        high=mean + half,
        p_value=p_value,
        undefined=undefined,
        method=method,
    )


def _levels(
    estimates: FloatArray,
    standard_errors: FloatArray,
    ages: FloatArray,
    *,
    spread: float,
    drift: float,
    ahead: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """What campaigns lie around on the day `ahead`: weights, means and variances, (grid, cells),
    and tau^2 on the grid; see `foretell`."""
    known = known_estimates(estimates, standard_errors) & np.isfinite(ages)
    if not (0 < spread < np.inf and 0 <= drift < np.inf):
        raise ValueError("the scales of the spread and of the drift must be positive numbers")
    if ahead < 0 or (known & (ages < 0)).any():
        raise ValueError("campaigns to remember lie in the past, the next one does not")
    tau2, q, prior = _grid(spread, drift)
    mean, variance, log_likelihood = _filter(
        np.where(known, estimates, np.nan), standard_errors**2, ages, tau2[:, None], q[:, None]
    )
    weights = prior[:, None] * np.exp(log_likelihood - log_likelihood.max(axis=0))
    return weights / weights.sum(axis=0), mean, variance + q[:, None] * ahead, tau2


def _usual_scale(
    estimates: FloatArray, standard_errors: FloatArray, levels: FloatArray
) -> FloatArray:
    """How far campaigns of a cell may lie apart; see `recall`."""
    known = known_estimates(estimates, standard_errors)
    y, v = np.where(known, estimates, 0.0), np.where(known, standard_errors, np.inf) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        total = (1 / v).sum(axis=-1)
        size2 = np.maximum(((y**2 / v).sum(axis=-1) - known.sum(axis=-1)) / total, 0)
        scale = np.hypot(_OF_LEVEL * np.nan_to_num(levels), _OF_EFFECT * np.sqrt(size2))
        scale = np.where(scale > 0, scale, np.sqrt(known.sum(axis=-1) / total))
    return np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)


def _grid(spread: float, drift: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """tau^2, variance of the drift per day, and prior weight of each pair on the grid."""
    tau, tau_weight = _half_normal(spread, _SPREADS)
    change, change_weight = _half_normal(drift, _DRIFTS) if drift > 0 else (np.zeros(1), np.ones(1))
    tau2, q = (grid.ravel() for grid in np.meshgrid(tau**2, change**2 / DAYS_PER_YEAR))
    return tau2, q, np.outer(change_weight, tau_weight).ravel()


def _half_normal(scale: float, points: int) -> tuple[FloatArray, FloatArray]:
    """Points that crowd towards 0, and their weights, by the midpoint rule in their root."""
    place = (np.arange(points) + 0.5) / points
    value = _REACH * scale * place**2
    weight = np.exp(-0.5 * (value / scale) ** 2) * place
    return value, weight / weight.sum()


def _filter(
    y: FloatArray, v: FloatArray, ages: FloatArray, tau2: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Kalman filter of the local level from the oldest campaign to today, (grid, cells) each.

    Mean and variance of today's level, and the log likelihood given the first campaign: the level
    starts diffuse (Durbin & Koopman 2012, sec. 2.9). NaN where no campaign was seen.
    """
    order = np.argsort(np.where(np.isnan(y), np.inf, -ages), axis=-1, kind="stable")
    y, v, ages = (np.take_along_axis(values, order, axis=-1) for values in (y, v, ages))
    shape = np.broadcast_shapes(tau2.shape, (1, len(y)))
    mean, variance = np.full(shape, np.nan), np.full(shape, np.nan)
    log_likelihood = np.zeros(shape)
    since = np.full(len(y), np.nan)
    for campaign in range(y.shape[-1]):
        seen, s2, age = y[:, campaign], v[:, campaign], ages[:, campaign]
        here, first = np.isfinite(seen), np.isnan(since)
        variance = np.where(here & ~first, variance + q * (since - age), variance)
        f = variance + tau2 + s2  # eq. 2.15 of Durbin & Koopman 2012, and their gain and update
        away = seen - mean
        gain = variance / f
        update = here & ~first
        log_likelihood = log_likelihood - np.where(update, 0.5 * (np.log(f) + away**2 / f), 0.0)
        mean = np.where(update, mean + gain * away, np.where(here, seen, mean))
        variance = np.where(update, variance * (1 - gain), np.where(here, tau2 + s2, variance))
        since = np.where(here, age, since)
    return mean, variance + q * since, log_likelihood
