"""A ranking of a campaign's customers, sorted and walked down once, for curves and comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.ordering import (
    Evidence,
    Order,
    Trial,
    Walk,
    block_around,
    order_by,
    walk,
)

SHARES = (0.1, 0.2, 0.3)
_POINTS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """One ranking of the evidence, sorted and walked down once.

    shares: of the list, at which uplift at k is asked for.
    """

    order: Order
    evidence: Evidence
    walk: Walk
    shares: tuple[float, ...]


def rank(
    score: npt.NDArray[np.generic], evidence: Evidence, *, shares: Sequence[float] = SHARES
) -> Ranked:
    """Sort once, walk down once. score: (rows,), the best first; shares: within (0, 1].

    Raises ValueError where a score is missing, rows differ or a share is outside.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0]), arm=np.array([1, 0, 1, 0]))
    >>> rank(np.array([4, 3, 2, 1]), trial).walk.cuts
    array([1, 2, 3, 4])
    """
    if not all(0 < share <= 1 for share in shares):
        raise ValueError(f"shares of the list lie above 0 and up to 1, not {list(shares)}")
    order = order_by(score)
    rows = len(evidence.outcome if isinstance(evidence, Trial) else evidence.gain)
    if len(order.rows) != rows:
        raise ValueError(f"{rows} customers, but {len(order.rows)} scores")
    cuts = _cuts(order, evidence.weights, shares)
    return Ranked(
        order=order, evidence=evidence, walk=walk(order, evidence, cuts), shares=tuple(shares)
    )


def _cuts(
    order: Order, weights: FloatArray | None, shares: Sequence[float]
) -> npt.NDArray[np.int64]:
    """Ends of tied blocks around every asked share and every percent of the list."""
    rows = len(order.rows)
    wanted = np.array([*(point / _POINTS for point in range(1, _POINTS + 1)), *shares])
    if weights is None:
        positions = np.maximum(np.floor(wanted * rows + 1e-9), 1)
        around = [(int(position), int(position)) for position in positions]
    else:
        above = np.cumsum(weights[order.rows])
        found = np.searchsorted(above, wanted * above[-1] * (1 - 1e-12))
        # A share that is reached within a customer takes all of the customer.
        around = [(int(row) + 1, int(row) + 1) for row in np.minimum(found, rows - 1)]
    ends = {rows}
    for low, high in around:
        ends |= {block_around(order, low)[0], block_around(order, high)[1]}
    return np.array(sorted(ends - {0}), dtype=np.int64)


def whole_share(ranked: Ranked, share: float) -> float:
    """The share with whole customers that is meant by a share, unless a tied block is cut.

    Without weights rounded down, as everybody counts a list; with weights to the end of the
    customer in whom the share is reached.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0]), arm=np.array([1, 0, 1, 0]))
    >>> whole_share(rank(np.array([4, 3, 2, 1]), trial), 0.6)
    0.5
    """
    rows = len(ranked.order.rows)
    if ranked.evidence.weights is None:
        return max(int(share * rows + 1e-9), 1) / rows
    shares = ranked.walk.sums @ ranked.walk.ones / ranked.walk.total
    point = min(int(np.searchsorted(shares, share * (1 - 1e-12))), len(shares) - 1)
    last = int(ranked.walk.cuts[point]) - 1
    tied = last > 0 and ranked.order.scores[last - 1] == ranked.order.scores[last]
    return share if tied else float(shares[point])


def values_by_chance(
    outcome: FloatArray, arm: npt.NDArray[np.generic], chance: FloatArray | float
) -> FloatArray:
    """Gains by each customer's own chance of being treated, without a model of the outcome.

    outcome: (rows,). arm: (rows,), 1 treated or 0. chance: (rows,) or one, by design, within (0,
    1). Inverse-chance weighted outcomes about each group's weighted mean, plus the effect (AIPW
    with constants; Robins, Rotnitzky & Zhao 1994): for `Gains`, where chances differ.
    Raises ValueError for chances outside and for an empty group.

    >>> values_by_chance(np.array([3.0, 1.0, 0.0, 2.0]), np.array([1, 1, 0, 0]), 0.5)
    array([ 3., -1.,  3., -1.])
    """
    treated = np.asarray(arm, dtype=np.float64)
    chances = np.broadcast_to(np.asarray(chance, dtype=np.float64), treated.shape)
    if not np.all((chances > 0) & (chances < 1)):
        raise ValueError("chances of being treated lie above 0 and below 1")
    by_treated, by_held = treated / chances, (1 - treated) / (1 - chances)
    if not (by_treated.any() and by_held.any()):
        raise ValueError("an effect needs customers in both groups")
    means = [float(weight @ outcome / weight.sum()) for weight in (by_treated, by_held)]
    gains: FloatArray = (
        by_treated * (outcome - means[0]) - by_held * (outcome - means[1]) + means[0] - means[1]
    )
    return gains
