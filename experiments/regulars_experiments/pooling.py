"""Segments pooled towards the campaign's mean, with the between-segment spread integrated over.

Normal-normal model: y_s ~ N(theta_s, v_s), theta_s ~ N(mu, tau^2), mu flat, tau half-normal.
Plugging in one estimate of tau gives intervals that cover 64% to 86%; so tau is integrated over a
grid, and every answer is a mixture over it (Gelman et al., Bayesian Data Analysis, sec. 5.4).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.results import FloatArray

_GRID = 200
_MOST_STEPS = 100  # of a quantile; a dozen are usual
_NEGLIGIBLE = 1e-10  # weights below this share of the largest change no digit that is shown
_REACH = 4.0  # the grid runs to so many prior scales; beyond lies 1 in 16,000 of the prior


@dataclass(frozen=True, kw_only=True, slots=True)
class Posterior:
    """What is believed of several true values: mixtures of normal distributions.

    weights: (mixture,), shared by all segments, or (mixture, segments); each column adds up to 1.
    means, deviations: (mixture, segments), in the unit of the estimates.

    >>> import numpy as np
    >>> believed = Posterior(weights=np.array([0.5, 0.5]), means=np.array([[-3.0], [3.0]]),
    ...     deviations=np.array([[4.0], [4.0]]))
    >>> float(believed.mean()[0]), float(believed.deviation()[0])
    (0.0, 5.0)
    >>> float(believed.chance_above_zero()[0]), round(float(believed.quantile(0.975)[0]), 2)
    (0.5, 9.61)
    """

    weights: FloatArray
    means: FloatArray
    deviations: FloatArray

    def of(self, segment: int) -> "Posterior":
        """What is believed of one segment alone."""
        return Posterior(
            weights=self.weights if self.weights.ndim == 1 else self.weights[:, segment],
            means=self.means[:, [segment]],
            deviations=self.deviations[:, [segment]],
        )

    def mean(self) -> FloatArray:
        """Expected value per segment."""
        return self._average(self.means)

    def deviation(self) -> FloatArray:
        """Standard deviation per segment."""
        centre = self.mean()
        value: FloatArray = np.sqrt(self._average(self.deviations**2 + (self.means - centre) ** 2))
        return value

    def chance_above_zero(self) -> FloatArray:
        """P(theta > 0) per segment."""
        return self._average(special.ndtr(self.means / self.deviations))

    def expected_gain(self) -> FloatArray:
        """E[max(theta, 0)] per segment: what stopping wrongly would lose."""
        z = self.means / self.deviations
        return self._average(self.means * special.ndtr(z) + self.deviations * _density(z))

    def expected_loss(self) -> FloatArray:
        """E[max(-theta, 0)] per segment: what keeping wrongly would lose."""
        z = self.means / self.deviations
        return self._average(self.deviations * _density(z) - self.means * special.ndtr(-z))

    def quantile(self, probability: float) -> FloatArray:
        """Quantile per segment: Newton's steps on the mixture's distribution function.

        A step that leaves the bracket halves it instead, so that it always arrives.
        """
        low = (self.means - 12 * self.deviations).min(axis=0)
        high = (self.means + 12 * self.deviations).max(axis=0)
        value: FloatArray = self.mean() + special.ndtri(probability) * self.deviation()
        close = 1e-12 * (high - low)
        for _ in range(_MOST_STEPS):
            z = (value - self.means) / self.deviations
            excess = self._average(special.ndtr(z)) - probability
            low, high = np.where(excess < 0, value, low), np.where(excess < 0, high, value)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = excess / self._average(_density(z) / self.deviations)
            if (np.abs(step) <= close).all():
                break
            newton = value - step
            inside = (newton > low) & (newton < high) | (np.abs(step) <= close)
            value = np.where(inside, newton, (low + high) / 2)
        return value

    def _average(self, values: FloatArray) -> FloatArray:
        """Per segment, over the mixture."""
        if self.weights.ndim == 1:
            shared: FloatArray = self.weights @ values
            return shared
        own: FloatArray = (self.weights * values).sum(axis=0)
        return own


def single(estimate: float, standard_error: float) -> Posterior:
    """One value with nothing to pool it with: a flat prior.

    >>> believed = single(2.0, 1.0)
    >>> round(float(believed.chance_above_zero()[0]), 3)
    0.977
    """
    return Posterior(
        weights=np.ones(1),
        means=np.array([[estimate]]),
        deviations=np.array([[standard_error]]),
    )


def pool(estimates: FloatArray, standard_errors: FloatArray, scale: float) -> Posterior:
    """Posterior of every segment's true value.

    estimates, standard_errors: (segments,); NaN where a segment has no estimate of its own, which
    then is foretold from the others. scale: of the half-normal prior of the spread between
    segments, in the same unit (> 0). Raises ValueError without any estimate, or for another scale.
    Source: Gelman et al., Bayesian Data Analysis (3rd ed.), sec. 5.4, eq. 5.17 to 5.21.

    >>> import numpy as np
    >>> pool(np.array([0.0, 8.0]), np.array([2.0, 2.0]), 1.0).mean().round(1).tolist()
    [2.9, 5.1]
    """
    known = known_estimates(estimates, standard_errors)
    if not known.any():
        raise ValueError("no segment has an estimate, so there is nothing to pool")
    if not 0 < scale < np.inf:
        raise ValueError(f"the scale of the spread must be above zero, not {scale}")
    y, v = estimates[known], standard_errors[known] ** 2
    # points crowd towards 0, so that a spread far below the prior's scale is resolved as well
    place = np.linspace(0.0, 1.0, _GRID)
    tau = (_REACH * scale * place**2)[:, None]
    precision = 1 / (v + tau**2)
    total = precision.sum(axis=1, keepdims=True)
    centre = (precision * y).sum(axis=1, keepdims=True) / total  # eq. 5.20
    log_weight = (  # eq. 5.21
        0.5 * np.log(precision).sum(axis=1)
        - 0.5 * np.log(total[:, 0])
        - 0.5 * (precision * (y - centre) ** 2).sum(axis=1)
        - 0.5 * (tau[:, 0] / scale) ** 2
    )
    # trapezoid rule in `place`: d tau = 2 reach scale place d place; the last point is half a step
    weights = np.exp(log_weight - log_weight.max()) * place
    weights[-1] /= 2
    kept = weights > _NEGLIGIBLE * weights.max()
    weights, tau, precision = weights[kept], tau[kept], precision[kept]
    total, centre = total[kept], centre[kept]
    shape = (len(weights), len(estimates))
    means, variances = np.empty(shape), np.empty(shape)
    # pulled towards the centre by B = v / (v + tau^2) (eq. 5.17); the centre's error comes with it
    pull = v * precision
    means[:, known] = pull * centre + (1 - pull) * y
    variances[:, known] = (1 - pull) * v + pull**2 / total
    means[:, ~known] = centre
    variances[:, ~known] = tau**2 + 1 / total
    return Posterior(weights=weights / weights.sum(), means=means, deviations=np.sqrt(variances))


def dersimonian_laird(estimates: FloatArray, standard_errors: FloatArray) -> FloatArray:
    """Between-study variance tau^2 by its moment, to show beside a pooled result.

    estimates, standard_errors: (..., studies), NaN where there is none; the answer has shape (...),
    in the square of their unit. 0 where the estimates differ by less than chance; NaN below two
    estimates. Not to be plugged in where it matters: `pool` integrates over it.
    Source: DerSimonian & Laird 1986, eq. 8.

    >>> import numpy as np
    >>> round(float(dersimonian_laird(np.array([0.0, 4.0, 8.0]), np.array([1.0, 1.0, 1.0]))), 6)
    15.0
    """
    y, w, k = _weighted(estimates, standard_errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = w.sum(axis=-1)
        q = _cochran(y, w)
        value = (q - (k - 1)) / (total - (w**2).sum(axis=-1) / total)
    return np.where(k >= 2, np.maximum(value, 0), np.nan)


def paule_mandel(estimates: FloatArray, standard_errors: FloatArray) -> FloatArray:
    """Between-study variance tau^2 at which the estimates differ as much as they should.

    Arguments and answer as in `dersimonian_laird`; less biased than it where studies differ in
    size. Solves sum (y - mu)^2 / (v + tau^2) = k - 1 by Newton's steps, which rise from 0 without
    passing the root. Source: Paule & Mandel 1982; DerSimonian & Kacker 2007 (the steps).

    >>> import numpy as np
    >>> round(float(paule_mandel(np.array([0.0, 4.0, 8.0]), np.array([1.0, 1.0, 1.0]))), 6)
    15.0
    """
    y, w, k = _weighted(estimates, standard_errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = np.where(w > 0, 1 / w, np.inf)
        tau2 = np.zeros(k.shape)
        for _ in range(_MOST_STEPS):
            own = np.where(w > 0, 1 / (v + tau2[..., None]), 0.0)
            centre = ((own * y).sum(axis=-1) / own.sum(axis=-1))[..., None]
            slope = (own**2 * (y - centre) ** 2).sum(axis=-1)
            step = (_cochran(y, own) - (k - 1)) / slope
            step = np.where(np.isfinite(step), np.maximum(step, 0), 0.0)
            tau2 = tau2 + step
            if (step <= 1e-14 * tau2).all():
                break
    return np.where(k >= 2, tau2, np.nan)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heterogeneity:
    """Cochran's Q: whether the segments' effects differ by more than chance.

    share: I^2, how much of the estimates' variation is more than chance, 0 to 1 (Higgins &
    Thompson 2002).
    """

    q: float
    degrees_of_freedom: int
    p_value: float

    @property
    def share(self) -> float:
        """I^2 = (Q - df) / Q, at least 0."""
        return max(self.q - self.degrees_of_freedom, 0.0) / self.q if self.q > 0 else 0.0


def heterogeneity(estimates: FloatArray, standard_errors: FloatArray) -> Heterogeneity | None:
    """Cochran (1954), sec. 5. None with fewer than two segments that have an estimate.

    >>> import numpy as np
    >>> found = heterogeneity(np.array([0.0, 4.0, 8.0]), np.array([1.0, 1.0, 1.0]))
    >>> round(found.q, 9), found.degrees_of_freedom, round(found.share, 4)
    (32.0, 2, 0.9375)
    """
    y, w, k = _weighted(estimates, standard_errors)
    if k < 2:
        return None
    q, freedom = float(_cochran(y, w)), int(k) - 1
    return Heterogeneity(q=q, degrees_of_freedom=freedom, p_value=float(special.chdtrc(freedom, q)))


def known_estimates(estimates: FloatArray, standard_errors: FloatArray) -> npt.NDArray[np.bool_]:
    """Where there is an estimate with an error above zero; any shape.

    >>> known_estimates(np.array([1.0, np.nan, 2.0]), np.array([0.5, 0.5, 0.0])).tolist()
    [True, False, False]
    """
    known: npt.NDArray[np.bool_] = (
        np.isfinite(estimates) & np.isfinite(standard_errors) & (standard_errors > 0)
    )
    return known


def _weighted(
    estimates: FloatArray, standard_errors: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimates and inverse variances, 0 where there are none, and how many there are."""
    known = known_estimates(estimates, standard_errors)
    y = np.where(known, estimates, 0.0)
    w = 1 / np.where(known, standard_errors, np.inf) ** 2
    return y, w, known.sum(axis=-1).astype(np.float64)


def _cochran(y: FloatArray, w: FloatArray) -> FloatArray:
    """Weighted squares around the weighted mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (w * y).sum(axis=-1, keepdims=True) / w.sum(axis=-1, keepdims=True)
    value: FloatArray = (w * (y - centre) ** 2).sum(axis=-1)
    return value


def _density(z: FloatArray) -> FloatArray:
    value: FloatArray = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return value
