"""How far a curve, an area or their difference would be elsewhere in another sample of customers.

Every figure of a ranking is, up to terms that vanish faster, a mean over customers of an influence
(Hampel 1974; von Mises expansion): its own gain where it stands, and what moves in everybody
else's rank because it is there. The influence of a customer between two cuts is linear in its
terms (see `Walk`), with coefficients that depend on the cuts above which it stands. So an
influence is a small table, (points, terms), and its variance needs only the sums of products that
the walk has added up: nothing here depends on the number of customers.

An area is a U-statistic of pairs of customers; its Hajek projection (Hoeffding 1948) has two parts,
both below: the customer's own effect on every point of the curve, and the height of the curve at
the customer's own place.

Weights are of the design, not counts: doubling all of them changes nothing.
"""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.ordering import BoolArray, Walk

_WINDOW = 5  # points to each side over which a slope is taken
_DRAWS = 3000


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One curve at the cuts where it exists, per customer of the whole list.

    share: (points,), of the customers, rising to 1. height: (points,). derivative: (points,
    terms), of the height by each term above the cut, per customer of the list. sums, squares, ones:
    as in `Walk`, at these cuts alone.
    """

    share: FloatArray
    height: FloatArray
    derivative: FloatArray
    sums: FloatArray
    squares: FloatArray
    ones: FloatArray

    @property
    def total(self) -> float:
        """All customers, weighted."""
        return float(self.ones @ self.sums[-1])

    @property
    def between(self) -> FloatArray:
        """Sums of the terms between each cut and the one before, (points, terms)."""
        return np.diff(self.sums, axis=0, prepend=0.0)


def gain_curve(walk: Walk) -> Curve:
    """What treating those above each cut gains: share x effect on them.

    Of a trial, the effect is the difference of means above the cut (Hajek's form); of gains, their
    mean.
    """
    defined = where_defined(walk)
    share = shares_of(walk)[defined]
    if walk.sums.shape[1] == 2:
        mean = walk.sums[defined] / walk.total
        derivative = np.tile([0.0, 1.0], (len(share), 1))
        return _curve(walk, defined, share, mean[:, 1], derivative)
    treated, treated_sum, held, held_sum = (walk.sums[defined] / walk.total).T
    means = treated_sum / treated, held_sum / held
    effect = means[0] - means[1]
    by_treated, by_held = share / treated, share / held
    derivative = np.stack(
        [effect - by_treated * means[0], by_treated, effect + by_held * means[1], -by_held], axis=1
    )
    return _curve(walk, defined, share, share * effect, derivative)


def qini_curve(walk: Walk) -> Curve:
    """Radcliffe's (2007): treated outcomes less held-out outcomes x treated / held out."""
    defined = where_defined(walk)
    share = shares_of(walk)[defined]
    treated, treated_sum, held, held_sum = (walk.sums[defined] / walk.total).T
    ratio, mean = treated / held, held_sum / held
    derivative = np.stack([-mean, np.ones_like(mean), ratio * mean, -ratio], axis=1)
    return _curve(walk, defined, share, treated_sum - held_sum * ratio, derivative)


def shares_of(walk: Walk) -> FloatArray:
    """Share of the customers above each cut, defined or not, (points,)."""
    shares: FloatArray = walk.sums @ walk.ones / walk.total
    return shares


def where_defined(walk: Walk) -> BoolArray:
    """At which cuts both groups are there, (points,)."""
    if walk.sums.shape[1] == 2:
        return walk.sums[:, 0] > 0
    defined: BoolArray = (walk.sums[:, 0] > 0) & (walk.sums[:, 2] > 0)
    return defined


def _curve(
    walk: Walk, defined: BoolArray, share: FloatArray, height: FloatArray, derivative: FloatArray
) -> Curve:
    # Groups are missing only at the beginning: what stands there belongs to the first point.
    first = int(np.argmax(defined))
    squares = walk.squares[defined].copy()
    squares[0] += walk.squares[:first].sum(axis=0)
    return Curve(
        share=share,
        height=height,
        derivative=derivative,
        sums=walk.sums[defined],
        squares=squares,
        ones=walk.ones,
    )


def slopes(curve: Curve) -> FloatArray:
    """How fast the curve rises at each cut: the effect on those who stand just there, (points,)."""
    above = np.vstack([np.zeros(len(curve.ones)), curve.sums])
    points = np.arange(len(curve.share))
    low = np.maximum(points + 1 - _WINDOW, 0)
    high = np.minimum(points + 1 + _WINDOW, len(points))
    inside = above[high] - above[low]
    rise: FloatArray = (curve.derivative * inside).sum(axis=1) / (inside @ curve.ones)
    return rise


def slope_at(curve: Curve, share: float) -> tuple[float, int, float]:
    """The curve's slope at a share, the first cut at or after it, and how far to it, 0 to 1.

    Between two cuts (inside a tied block) the curve is a straight line with one slope.
    """
    point = min(int(np.searchsorted(curve.share, share - 1e-9)), len(curve.share) - 1)
    if abs(curve.share[point] - share) < 1e-9:
        return float(slopes(curve)[point]), point, 1.0
    before = (curve.share[point - 1], curve.height[point - 1]) if point else (0.0, 0.0)
    width = curve.share[point] - before[0]
    return float((curve.height[point] - before[1]) / width), point, (share - before[0]) / width


def at_share(curve: Curve, share: float) -> tuple[float, FloatArray]:
    """The curve's height at a share of the list, and its influence, (points, terms).

    The share is fixed and its cut is where this sample has it: whoever enters above pushes
    somebody out, which is the slope.
    """
    rise, point, part = slope_at(curve, share)
    height = part * curve.height[point]
    influence = part * _above(curve, point, rise)
    if point and part < 1:
        height += (1 - part) * curve.height[point - 1]
        influence += (1 - part) * _above(curve, point - 1, rise)
    return float(height), influence


def parts_between(curve: Curve, low: float, high: float) -> FloatArray:
    """How much of those between each cut and the one before stands between two shares, (points,).

    1 or 0, or where the shares cut a tied block the part of it.
    """
    before = np.concatenate(([0.0], curve.share[:-1]))
    width = curve.share - before
    inside = np.maximum(np.minimum(curve.share, high) - np.maximum(before, low), 0.0)
    part = np.divide(inside, width, out=np.zeros_like(width), where=width > 0)
    # The rounding of shares is not a part of anybody.
    found: FloatArray = np.where(part < 1e-6, 0.0, np.where(part > 1 - 1e-6, 1.0, part))
    return found


def _above(curve: Curve, point: int, rise: float) -> FloatArray:
    influence = np.zeros_like(curve.derivative)
    influence[: point + 1] = curve.derivative[point] - rise * curve.ones
    return influence


def of_area(curve: Curve) -> FloatArray:
    """Influence of the area below the curve over the share, (points, terms)."""
    widths = np.diff(curve.share, prepend=0.0)
    weights = (widths + np.append(widths[1:], 0.0)) / 2  # trapezoids
    own = np.cumsum((weights[:, None] * curve.derivative)[::-1], axis=0)[::-1]
    place = (curve.height + np.concatenate(([0.0], curve.height[:-1]))) / 2
    return own + place[:, None] * curve.ones


def of_end(curve: Curve) -> FloatArray:
    """Influence of the last point, the effect on everybody, (points, terms)."""
    return np.tile(curve.derivative[-1], (len(curve.share), 1))


def of_perfect_qini(curve: Curve) -> tuple[float, FloatArray]:
    """Area between the perfect ranking's Qini curve and the diagonal, and its influence.

    For outcomes of 0 and 1. With a the share of treated who respond, b that of held out who do
    and r treated per held out, it is (a (1 - a) + r b (1 - b)) / 2.
    """
    treated, a, held, b = (curve.sums[-1] / curve.total).tolist()
    ratio = treated / held
    area = (a * (1 - a) + ratio * b * (1 - b)) / 2
    spread = b * (1 - b) / (2 * held)
    slope = np.array([spread, (1 - 2 * a) / 2, -ratio * spread, ratio * (1 - 2 * b) / 2])
    return area, np.tile(slope, (len(curve.share), 1))


def centred(curve: Curve, influence: FloatArray) -> FloatArray:
    """The same influence with a mean of zero."""
    mean = float((influence * curve.between).sum()) / curve.total
    return influence - mean * curve.ones


def standard_error(curve: Curve, influence: FloatArray) -> float:
    """Standard error of what has this influence, a float in its unit."""
    about = centred(curve, influence)
    variance = np.einsum("pi,pij,pj->", about, curve.squares, about)
    return float(np.sqrt(max(variance, 0.0))) / curve.total


def covariances(curve: Curve) -> FloatArray:
    """Covariances between all points of the curve, each at its fixed share, (points, points)."""
    own = curve.derivative - slopes(curve)[:, None] * curve.ones
    means = (own * curve.sums).sum(axis=1) / curve.total
    above = np.cumsum(curve.squares, axis=0)
    # Of two points the one that stands higher in the list has fewer customers above it.
    own_above = np.einsum("pi,pij->pj", own, above)
    together = np.triu(own_above @ own.T)
    together = together + np.triu(together, 1).T
    alone = own_above @ curve.ones
    everybody = float(curve.ones @ above[-1] @ curve.ones)
    crossed = np.outer(alone, means)
    found: FloatArray = together - crossed - crossed.T + everybody * np.outer(means, means)
    return found / curve.total**2


def simultaneous_quantile(covariance: FloatArray, confidence: float, seed: int) -> float:
    """How many standard errors a band has to reach to hold everywhere at once.

    Quantile of the largest |z| over all points, drawn from their joint normal distribution: the
    limit of the multiplier bootstrap of influences (Chernozhukov, Chetverikov & Kato 2013).
    """
    errors = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(errors, errors)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = np.random.default_rng(seed).standard_normal((_DRAWS, len(errors))) @ root.T
    return float(np.quantile(np.abs(draws).max(axis=1), confidence))
