"""For whom one threshold pays: net profit over r = past order value / threshold.

Who spends far more than the threshold anyway gets the offer for nothing; who spends far less will
not reach it. In between lies a band that pays, or nobody, or everybody. Customers are cut into bins
of r, known before the start, at natural edges around 1; a bin with too few buyers joins its
neighbour. Each bin has its own holdout, so their errors are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_experiments.comparison import Comparison
from regulars_experiments.moments import Moments
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS, expected_buyers
from regulars_experiments.pooling import Posterior
from regulars_experiments.results import FloatArray, Intervals
from regulars_experiments.simultaneous import joint_confidence, joint_quantile
from regulars_experiments.smooth_effects import Beliefs, NoisyEffects, smooth_effects
from regulars_experiments.thresholds import Change, Money, change_of, noise_of, prior_scale

NATURAL_EDGES = (0.5, 0.7, 0.85, 1.0, 1.15, 1.4, 2.0)
_LARGEST_SHARE = 0.25  # of the customers in one bin; a fuller one is halved at its middle
_OPEN_END = 1.5  # the place of the last bin is its lower edge times this, as it has no upper one


class Reach(StrEnum):
    """For whom the threshold is expected to pay."""

    NOBODY = "nobody"
    SOME = "some"
    EVERYBODY = "everybody"


@dataclass(frozen=True, kw_only=True, slots=True)
class RatioCurve:
    """Net profit per customer over past order value / threshold; arrays of shape (bins,).

    edges: (bins + 1,), from 0 to infinity; a bin holds its lower edge. customers: of all groups.
    net: each bin with its own interval. band: limits that hold in all bins at once. reach, first,
    last: the run of bins that is expected to earn most (a bin between two that pay may lose a
    little; first and last are None for nobody). beliefs: None, and reach too, where no bin has an
    estimate.
    """

    edges: FloatArray
    customers: FloatArray
    net: Intervals
    band: Intervals
    beliefs: Beliefs | None
    reach: Reach | None
    first: int | None
    last: int | None

    @property
    def believed(self) -> Posterior | None:
        """Each bin by itself."""
        return None if self.beliefs is None else self.beliefs.at(0)

    @property
    def proved(self) -> npt.NDArray[np.bool_]:
        """Bins for which it is proved to pay, all at once."""
        return np.nan_to_num(self.band.low, nan=-1.0) > 0

    @property
    def proved_to_lose(self) -> npt.NDArray[np.bool_]:
        """Bins for which it is proved to lose money, all at once."""
        return np.nan_to_num(self.band.high, nan=1.0) < 0

    @property
    def limits(self) -> tuple[float, float] | None:
        """From which r (included) to which (excluded) it is expected to pay; None for nobody."""
        if self.first is None or self.last is None:
            return None
        return float(self.edges[self.first]), float(self.edges[self.last + 1])


def ratio_edges(ratios: FloatArray) -> tuple[float, ...]:
    """Inner edges of the bins: the natural ones, and the middle of every bin that is too full.

    ratios: past order value / threshold of everybody drawn, from before the start; NaN without a
    past order takes no part.

    >>> ratio_edges(np.linspace(0.8, 1.2, 401))
    (0.5, 0.7, 0.85, 0.925, 1.0, 1.075, 1.15, 1.4, 2.0)
    """
    known = ratios[np.isfinite(ratios)]
    edges = list(NATURAL_EDGES)
    for low, high in pairwise((0.0, *NATURAL_EDGES, np.inf)):
        inside = known[(known >= low) & (known < high)]
        if len(inside) > _LARGEST_SHARE * len(known):
            edges.append(round(float(np.median(inside)), 3))
    return tuple(sorted(set(edges)))


def ratio_bin(ratio: pl.Expr, edges: Sequence[float]) -> pl.Expr:
    """The bin of each customer as text "0", "1", ...; null without a past order value.

    >>> frame = pl.DataFrame({"r": [0.2, 1.0, 7.0, None]})
    >>> frame.select(ratio_bin(pl.col("r"), [0.5, 1.0])).to_series(0).to_list()
    ['0', '2', '2', None]
    """
    place = pl.sum_horizontal((ratio >= edge).cast(pl.Int32) for edge in edges)
    return pl.when(ratio.is_not_null()).then(place.cast(pl.String))


def find_ratios(
    moments: Moments, *, control: str, arm: str, edges: Sequence[float], money: Money
) -> RatioCurve:
    """The curve over r of one arm. moments: by (arm, bin), the bins as `ratio_bin` names them.

    Customers without a past order value (null) take no part. Bins in which fewer than 30 buyers are
    expected in the smaller group join the neighbour with fewer.
    """
    bins = _merged_bins(moments, control, arm, len(edges) + 1, money)
    bounds = np.array([0.0, *(edges[run[0] - 1] for run in bins[1:]), np.inf])
    found = _by_runs(moments, control, arm, bins)
    net = money.net(found, money.confidence)
    shape = (len(bins), 1)
    own, shared = (part[:, 0] for part in noise_of(found, net, money, shape))
    errors = np.hypot(own, shared)
    known = np.isfinite(net.estimate) & (errors > 0)
    # nothing is common to two bins
    quantile = joint_quantile(np.where(known, 0.0, np.nan)[None, :], money.confidence)[0]
    band = money.net(found, float(joint_confidence(quantile)))
    customers = sum(side.n for side in found.summaries({}))
    curve = RatioCurve(
        edges=bounds,
        customers=np.asarray(customers),
        net=net,
        band=band,
        beliefs=None,
        reach=None,
        first=None,
        last=None,
    )
    if not known.any():
        return curve
    noisy = NoisyEffects(
        scale=_places(bounds),
        estimates=np.where(known, net.estimate, np.nan)[None, :],
        own=np.where(known, errors, np.nan)[None, :],
        shared=np.zeros((1, len(bins))),
    )
    beliefs = smooth_effects(noisy, prior_scale(found, net.estimate, errors, money))
    expected = beliefs.at(0).mean()
    first, last = _best_run(expected * curve.customers)
    reach = Reach.SOME
    if first is None:
        reach = Reach.NOBODY
    elif (first, last) == (0, len(bins) - 1):
        reach = Reach.EVERYBODY
    return replace(curve, beliefs=beliefs, reach=reach, first=first, last=last)


def narrow_to_band(curve: RatioCurve, confidence: float) -> Change | None:
    """What leaving out everybody outside the run that pays is expected to earn more.

    Per customer of all who were drawn. None where the run is everybody, or nothing is known. Where
    it pays for nobody, what is saved is the whole loss.
    """
    if curve.beliefs is None:
        return None
    outside = np.ones(len(curve.customers), dtype=np.bool_)
    if curve.first is not None and curve.last is not None:
        outside[curve.first : curve.last + 1] = False
    if not outside.any():
        return None
    weights = -np.where(outside, curve.customers, 0.0) / curve.customers.sum()
    return change_of(curve.beliefs.of_sum(0, weights), confidence)


def _merged_bins(
    moments: Moments, control: str, arm: str, count: int, money: Money
) -> list[list[int]]:
    """Runs of bins, each with enough expected buyers as long as there are two or more."""
    runs = [[place] for place in range(count)]
    while len(runs) > 1:
        found = _by_runs(moments, control, arm, runs)
        buyers = np.nan_to_num(expected_buyers(found.money(money.columns.margin(money.margin))))
        poorest = int(buyers.argmin())
        if buyers[poorest] >= LEAST_EXPECTED_BUYERS:
            break
        beside = [place for place in (poorest - 1, poorest + 1) if 0 <= place < len(runs)]
        other = min(beside, key=lambda place: float(buyers[place]))
        low, high = sorted((poorest, other))
        runs[low : high + 1] = [runs[low] + runs[high]]
    return runs


def _by_runs(moments: Moments, control: str, arm: str, runs: Sequence[Sequence[int]]) -> Comparison:
    """Arm beside control in each run of bins."""
    sides = (control, arm)
    total: Moments | None = None
    for place in range(max(len(run) for run in runs)):
        # the bins that are at this place of their run, under the name of the run's first
        here = [run for run in runs if place < len(run)]
        named = tuple((side, str(run[0])) for side in sides for run in here)
        read = moments.only([(side, str(run[place])) for side in sides for run in here])
        part = Moments(read.plan, named, read.sums)
        total = part if total is None else total + part
    if total is None:
        raise ValueError("there are no bins")
    return Comparison(
        total,
        tuple((control, str(run[0])) for run in runs),
        tuple((arm, str(run[0])) for run in runs),
    )


def _places(edges: FloatArray) -> FloatArray:
    """Where each bin lies on the scale: the geometric middle of its edges."""
    upper = np.where(np.isfinite(edges[1:]), edges[1:], edges[:-1] * _OPEN_END**2)
    if not np.isfinite(edges[1]):
        return np.ones(1)  # one bin lies anywhere
    lower = np.where(edges[:-1] > 0, edges[:-1], edges[1] / _OPEN_END**2)
    middle: FloatArray = np.sqrt(lower * upper)
    return middle


def _best_run(values: FloatArray) -> tuple[int | None, int | None]:
    """First and last place of the run with the largest sum; None where no value is above zero."""
    best, best_run, total, start = 0.0, None, 0.0, 0
    for place, value in enumerate(values.tolist()):
        if total <= 0:
            total, start = 0.0, place
        total += value
        if total > best:
            best, best_run = total, (start, place)
    return (None, None) if best_run is None else best_run
