"""Segments pooled towards the campaign's mean, with the between-segment spread integrated over.

Normal-normal model: y_s ~ N(theta_s, v_s), theta_s ~ N(mu, tau^2), mu flat, tau half-normal.
Plugging in one estimate of tau gives intervals that cover 64% to 86%; so tau is integrated over a
grid, and every answer is a mixture over it (Gelman et al., Bayesian Data Analysis, sec. 5.4).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.results import FloatArray

_GRID = 200
_REACH = 4.0  # the grid runs to so many prior scales; beyond lies 1 in 16,000 of the prior


@dataclass(frozen=True, kw_only=True, slots=True)
class Posterior:
    """What is believed of several true values: normal mixtures, weights shared by all segments.

    weights: (mixture,). means, deviations: (mixture, segments), in the unit of the estimates.
    """

    weights: FloatArray
    means: FloatArray
    deviations: FloatArray

    def mean(self) -> FloatArray:
        """Expected value per segment."""
        value: FloatArray = self.weights @ self.means
        return value

    def deviation(self) -> FloatArray:
        """Standard deviation per segment."""
        second = self.weights @ (self.deviations**2 + self.means**2)
        value: FloatArray = np.sqrt(np.maximum(second - self.mean() ** 2, 0))
        return value

    def chance_above_zero(self) -> FloatArray:
        """P(theta > 0) per segment."""
        value: FloatArray = self.weights @ special.ndtr(self.means / self.deviations)
        return value

    def expected_gain(self) -> FloatArray:
        """E[max(theta, 0)] per segment: what stopping wrongly would lose."""
        z = self.means / self.deviations
        value: FloatArray = self.weights @ (
            self.means * special.ndtr(z) + self.deviations * _density(z)
        )
        return value

    def expected_loss(self) -> FloatArray:
        """E[max(-theta, 0)] per segment: what keeping wrongly would lose."""
        z = self.means / self.deviations
        value: FloatArray = self.weights @ (
            self.deviations * _density(z) - self.means * special.ndtr(-z)
        )
        return value

    def quantile(self, probability: float) -> FloatArray:
        """Quantile per segment, by bisection on the mixture's distribution function."""
        low = (self.means - 12 * self.deviations).min(axis=0)
        high = (self.means + 12 * self.deviations).max(axis=0)
        for _ in range(80):
            middle = (low + high) / 2
            below = self.weights @ special.ndtr((middle - self.means) / self.deviations)
            low = np.where(below < probability, middle, low)
            high = np.where(below < probability, high, middle)
        value: FloatArray = (low + high) / 2
        return value


def single(estimate: float, standard_error: float) -> Posterior:
    """One value with nothing to pool it with: a flat prior."""
    return Posterior(
        weights=np.ones(1),
        means=np.array([[estimate]]),
        deviations=np.array([[standard_error]]),
    )


def pool(estimates: FloatArray, standard_errors: FloatArray, scale: float) -> Posterior:
    """Posterior of every segment's true value.

    estimates, standard_errors: (segments,); NaN where a segment has no estimate of its own, which
    then is foretold from the others. scale: of the half-normal prior of the spread between
    segments, in the same unit (> 0). At least one segment needs an estimate.
    """
    known = np.isfinite(estimates) & np.isfinite(standard_errors) & (standard_errors > 0)
    if not known.any():
        raise ValueError("no segment has an estimate, so there is nothing to pool")
    y, v = estimates[known], standard_errors[known] ** 2
    # points crowd towards 0, so that a spread far below the prior's scale is resolved as well
    place = np.linspace(0.0, 1.0, _GRID)
    tau = (_REACH * scale * place**2)[:, None]
    precision = 1 / (v + tau**2)
    total = precision.sum(axis=1, keepdims=True)
    centre = (precision * y).sum(axis=1, keepdims=True) / total
    log_weight = (
        0.5 * np.log(precision).sum(axis=1)
        - 0.5 * np.log(total[:, 0])
        - 0.5 * (precision * (y - centre) ** 2).sum(axis=1)
        - 0.5 * (tau[:, 0] / scale) ** 2
    )
    # trapezoid rule in `place`: d tau = 2 reach scale place d place; the last point is half a step
    weights = np.exp(log_weight - log_weight.max()) * place
    weights[-1] /= 2
    shape = (_GRID, len(estimates))
    means, variances = np.empty(shape), np.empty(shape)
    # pulled towards the centre by B = v / (v + tau^2); the centre's own error comes with it
    pull = v * precision
    means[:, known] = pull * centre + (1 - pull) * y
    variances[:, known] = (1 - pull) * v + pull**2 / total
    means[:, ~known] = centre
    variances[:, ~known] = tau**2 + 1 / total
    return Posterior(weights=weights / weights.sum(), means=means, deviations=np.sqrt(variances))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heterogeneity:
    """Cochran's Q: whether the segments' effects differ by more than chance."""

    q: float
    degrees_of_freedom: int
    p_value: float


def heterogeneity(estimates: FloatArray, standard_errors: FloatArray) -> Heterogeneity | None:
    """Cochran (1954). None with fewer than two segments that have an estimate."""
    known = np.isfinite(estimates) & np.isfinite(standard_errors) & (standard_errors > 0)
    if known.sum() < 2:
        return None
    y, w = estimates[known], 1 / standard_errors[known] ** 2
    centre = (w * y).sum() / w.sum()
    q = float((w * (y - centre) ** 2).sum())
    freedom = int(known.sum()) - 1
    return Heterogeneity(q=q, degrees_of_freedom=freedom, p_value=float(special.chdtrc(freedom, q)))


def _density(z: FloatArray) -> FloatArray:
    value: FloatArray = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return value
