"""Effects along a scale (a threshold's height), believed to change smoothly with its logarithm.

Arms that differ in one number are no strangers: what 1.0 and 1.3 times the past order value earn
says something about 1.15 times. Model, for groups s (segments; or one) and places x on the scale:

    y_s ~ N(theta_s, V_s),   V_s = diag(own_s^2) + shared_s shared_s'  (one holdout in all of them)
    theta_s = f + e_s,       f = mu + a g,   mu flat,   g ~ Gaussian process with kernel K
    e_s ~ N(0, t^2 1 1' + b^2 K)             (a segment's own level and its own shape)

K is the squared exponential in log x. a, t, b are half-normal, the length of K is one of three, and
all of them are integrated over on a grid, as in `pooling`: plugging one value in is too sure.
Given them everything is linear (Rasmussen & Williams 2006, sec. 2.7, for the flat level; Gelman et
al., Bayesian Data Analysis, sec. 5.4, for the segments).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.pooling import Posterior
from regulars_experiments.results import FloatArray

LENGTHS = (0.2, 0.4, 0.8)
"""Of the kernel, in logarithms: a threshold half as high again (0.4) earns something similar."""
_AMPLITUDES = 24
_SPREADS = 8
_REACH = 3.0  # the grids run to so many prior scales
_NEGLIGIBLE = 1e-5  # of the heaviest weight
_JITTER = 1e-8
_POINTS = 4096  # of the lattice on which a largest value is averaged


@dataclass(frozen=True, kw_only=True, slots=True)
class NoisyEffects:
    """Estimates in groups at the places of a scale; arrays of shape (groups, places).

    estimates: NaN where there is none. own: standard error without the common holdout's part.
    shared: standard error that the holdout adds to all places of a group; 0 without a common one.
    """

    scale: FloatArray
    estimates: FloatArray
    own: FloatArray
    shared: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Beliefs:
    """What is believed of every group and place together: a mixture of normal distributions.

    weights: (mixture,). means: (mixture, groups, places). covariances: (mixture, groups, places,
    places), within a group.
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    def at(self, group: int) -> Posterior:
        """Each place of a group by itself."""
        variances = np.diagonal(self.covariances[:, group], axis1=1, axis2=2)
        return Posterior(
            weights=self.weights,
            means=self.means[:, group],
            deviations=np.sqrt(np.maximum(variances, 0)),
        )

    def of_sum(self, group: int, weights: FloatArray) -> Posterior:
        """A weighted sum of a group's places; weights: (places,)."""
        means = self.means[:, group] @ weights
        variances = np.einsum("i,mij,j->m", weights, self.covariances[:, group], weights)
        return Posterior(
            weights=self.weights,
            means=means[:, None],
            deviations=np.sqrt(np.maximum(variances, np.finfo(float).tiny))[:, None],
        )

    def best(self, group: int) -> tuple[FloatArray, FloatArray]:
        """(chance to be the highest, expected shortfall from the highest), each (places,).

        Averaged over a fixed lattice, so that the same data give the same numbers; right to about
        0.5% of the chance.
        """
        components, normal = _lattice(self.weights, self.means.shape[2])
        roots = _roots(self.covariances[:, group])[components]
        values = self.means[:, group][components] + np.einsum("nij,nj->ni", roots, normal)
        highest = values.max(axis=1, keepdims=True)
        chance = np.bincount(values.argmax(axis=1), minlength=values.shape[1]) / len(values)
        return chance, (highest - values).mean(axis=0)


def smooth_effects(data: NoisyEffects, prior_scale: float) -> Beliefs:
    """What is believed of the true effects, given all estimates.

    prior_scale: of the half-normal priors of the amplitudes, in the unit of the estimates (> 0).
    A place or a group without an estimate is foretold from the others. Raises ValueError without
    any estimate, for a scale that is not above zero, or errors that are not.

    A noisy third step between its neighbours is pulled towards them:

    >>> data = NoisyEffects(scale=np.array([0.9, 1.0, 1.15, 1.3, 1.5]),
    ...     estimates=np.array([[1.0, 1.2, 0.6, 1.3, 1.1]]), own=np.full((1, 5), 0.3),
    ...     shared=np.full((1, 5), 0.1))
    >>> smooth_effects(data, 1.0).at(0).mean().round(2).tolist()
    [1.03, 1.02, 1.02, 1.05, 1.08]
    """
    _refuse(data, prior_scale)
    parts = list(_components(data, prior_scale))
    log_weights = np.concatenate([part.log_weights for part in parts])
    top = log_weights.max()
    weights, means, covariances = [], [], []
    for part in parts:
        kept = part.log_weights > top + np.log(_NEGLIGIBLE)
        if kept.any():
            weights.append(np.exp(part.log_weights[kept] - top))
            mean, covariance = part.believed(kept)
            means.append(mean)
            covariances.append(covariance)
    total = np.concatenate(weights)
    return Beliefs(
        weights=total / total.sum(),
        means=np.concatenate(means),
        covariances=np.concatenate(covariances),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """All amplitudes a at one length and one pair of spreads between groups.

    design: (amplitudes, places, 1 + places), f = design (mu, z). centre, precision: of (mu, z).
    shrunk = C W per group, own = C W y, left = C - C W C with C the covariance of e_s.
    """

    log_weights: FloatArray
    design: FloatArray
    centre: FloatArray
    precision: FloatArray
    shrunk: FloatArray
    own: FloatArray
    left: FloatArray

    def believed(self, kept: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Means and covariances of theta_s, f integrated over."""
        design = self.design[kept]
        common = np.einsum("aij,aj->ai", design, self.centre[kept])
        spread = design @ np.linalg.solve(self.precision[kept], np.swapaxes(design, 1, 2))
        stay = np.eye(common.shape[1]) - self.shrunk
        means = self.own + np.einsum("sij,aj->asi", stay, common)
        from_common = np.einsum("sij,ajk,slk->asil", stay, spread, stay)
        return means, self.left + from_common


def _components(data: NoisyEffects, prior_scale: float) -> Iterator[_Part]:
    groups, places = data.estimates.shape
    noise = _precisions(data)
    known = np.isfinite(data.estimates)
    y = np.where(known, data.estimates, 0.0)
    amplitudes, amplitude_weight = _half_normal(prior_scale, _AMPLITUDES)
    spreads, spread_weight = _half_normal(prior_scale, _SPREADS)
    if groups == 1:  # nothing to differ from
        spreads, spread_weight = np.zeros(1), np.zeros(1)
    distance = np.log(data.scale)[:, None] - np.log(data.scale)[None, :]
    between = list(product(range(len(spreads)), repeat=2))
    for length in LENGTHS:
        kernel = np.exp(-0.5 * (distance / length) ** 2) + _JITTER * np.eye(places)
        root = np.linalg.cholesky(kernel)
        for level, shape in between:
            own = spreads[level] ** 2 + spreads[shape] ** 2 * kernel
            # (V + C)^-1 = N (1 + C N)^-1 with N = V^-1, which holds for singular C and N
            inner = np.eye(places) + own @ noise
            weight = noise @ np.linalg.inv(inner)
            likely = -0.5 * np.linalg.slogdet(inner)[1].sum()
            likely -= 0.5 * np.einsum("si,sij,sj->", y, weight, y)
            design = np.concatenate(
                [np.ones((len(amplitudes), places, 1)), amplitudes[:, None, None] * root], axis=2
            )
            turned = np.swapaxes(design, 1, 2)
            precision = turned @ weight.sum(axis=0) @ design
            precision += np.diag([0.0] + [1.0] * places)  # mu is flat
            seen = turned @ np.einsum("sij,sj->i", weight, y)
            centre = np.linalg.solve(precision, seen[:, :, None])[:, :, 0]
            log_weights = (
                likely
                - 0.5 * np.linalg.slogdet(precision)[1]
                + 0.5 * np.einsum("ai,ai->a", seen, centre)
                + amplitude_weight
                + spread_weight[level]
                + spread_weight[shape]
            )
            shrunk = own @ weight
            yield _Part(
                log_weights=log_weights,
                design=design,
                centre=centre,
                precision=precision,
                shrunk=shrunk,
                own=np.einsum("sij,sj->si", shrunk, y),
                left=own - shrunk @ own,
            )


def _precisions(data: NoisyEffects) -> FloatArray:
    """V_s^-1 by Sherman & Morrison; zero rows where there is no estimate; (groups, places, places).

    V = diag(own^2) + shared shared'.
    """
    known = np.isfinite(data.estimates)
    single = np.where(known, 1 / np.where(known, data.own, 1.0) ** 2, 0.0)
    pulled = single * np.where(known, data.shared, 0.0)
    taken = 1 + (pulled * np.where(known, data.shared, 0.0)).sum(axis=1)
    diagonal = single[:, :, None] * np.eye(single.shape[1])
    found: FloatArray = diagonal - pulled[:, :, None] * pulled[:, None, :] / taken[:, None, None]
    return found


def _half_normal(scale: float, points: int) -> tuple[FloatArray, FloatArray]:
    """Points that crowd towards 0 and the logarithms of their prior weights (midpoint rule)."""
    place = (np.arange(points) + 0.5) / points
    value = _REACH * scale * place**3
    return value, 2 * np.log(place) - 0.5 * (value / scale) ** 2


def _roots(covariances: FloatArray) -> FloatArray:
    """Square roots of covariances that may be singular; shape (..., n, n)."""
    values, vectors = np.linalg.eigh(covariances)
    found: FloatArray = vectors * np.sqrt(np.maximum(values, 0))[..., None, :]
    return found


def _lattice(weights: FloatArray, dimensions: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Points of the mixture: (component of each, its normal coordinates).

    The additive lattice of the generalised golden ratio: with g the root of g^(d + 1) = g + 1,
    coordinates i / g, i / g^2, ... modulo 1, the first of which chooses the component.
    """
    size = dimensions + 1
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1)
    points = (0.5 + np.arange(1, _POINTS + 1)[:, None] * steps) % 1
    chosen = np.searchsorted(np.cumsum(weights), points[:, 0] * weights.sum(), side="left")
    # a lattice of so few points reaches 0 and 1 only by rounding
    inside = np.clip(points[:, 1:], 1e-12, 1 - 1e-12)
    return np.minimum(chosen, len(weights) - 1), special.ndtri(inside)


def _refuse(data: NoisyEffects, prior_scale: float) -> None:
    known = np.isfinite(data.estimates)
    if not known.any():
        raise ValueError("no place on the scale has an estimate, so there is nothing to smooth")
    if not 0 < prior_scale < np.inf:
        raise ValueError(f"the scale of the prior must be above zero, not {prior_scale}")
    if not (data.own[known] > 0).all() or not (data.shared[known] >= 0).all():
        raise ValueError("every estimate needs a standard error above zero")
    if not (data.scale > 0).all():
        raise ValueError("the places of the scale must be above zero: their logarithm is taken")
