"""What other uplift libraries call Qini, AUUC and uplift at k, worked out here and named.

For comparison with numbers from elsewhere, never for a decision: none of them has a unit or an
error. Ours, with both, are in `curves`. Two libraries, whose numbers differ by construction:

- scikit-uplift (as of 0.5.1): areas above the diagonal, divided by that of a perfect ranking; a
  group that is still missing counts as a mean of 0; tied scores enter together. Its own functions
  refuse outcomes that are not 0 or 1, wrap around on unsigned integers and rank a missing score
  first; here sums are made in floating point and a missing score is refused.
- CausalML (as of 0.18): the mean of the curve over its rows and 0, divided by the last point; the
  curve is a straight line up to the first row with both groups. Every row is a point of its own,
  so that tied scores make its numbers depend on the order of the file; here they enter together
  unless the ranking was made with `Ties.FIRST_ROW_FIRST`.

All of them take a ranking that was sorted once. Weights count as repeated rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray, NotEstimable, Reason
from regulars_experiments.uplift.ordering import (
    Order,
    Ties,
    Trial,
    Walk,
    block_around,
    order_by,
    walk,
)

Number = float | NotEstimable


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerRanking:
    """One ranking of one trial, sorted and walked down: what every function here reads."""

    order: Order
    trial: Trial
    walk: Walk


def rank_for_peers(
    score: npt.NDArray[np.generic], trial: Trial, *, ties: Ties = Ties.TOGETHER
) -> PeerRanking:
    """Sort once. score: (rows,), the best first. Raises ValueError where a score is missing.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0]), arm=np.array([1, 0, 1, 0]))
    >>> rank_for_peers(np.array([4, 3, 2, 1]), trial).order.rows
    array([0, 1, 2, 3])
    """
    order = order_by(score, ties)
    if len(order.rows) != len(trial.outcome):
        raise ValueError(f"{len(trial.outcome)} outcomes, but {len(order.rows)} scores")
    down = walk(order, trial, np.array([len(order.rows)]))
    return PeerRanking(order=order, trial=trial, walk=down)


def qini_auc_score(ranking: PeerRanking, *, negative_effect: bool = True) -> Number:
    """scikit-uplift's Qini coefficient: area above the diagonal / that of a perfect ranking.

    negative_effect: whether the perfect ranking may put customers last whom contact harms; without
    it the perfect curve rises by one per customer to the total effect and stays, which needs
    outcomes of 0 and 1 and a total above zero (the library fails otherwise, here it says so).
    With it any outcome does: the perfect ranking then is by outcome of the treated, and by its
    negative of those held out, which takes a second sort unless outcomes are 0 and 1.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0, 0, 1, 0, 0]), arm=np.array([1, 0] * 4))
    >>> round(qini_auc_score(rank_for_peers(np.arange(8, 0, -1), trial)), 6)
    0.649123
    """
    reason = _missing(ranking)
    if reason:
        return NotEstimable(reason=reason)
    treated, treated_sum, held, held_sum = ranking.walk.sums[-1].tolist()
    rows, end = treated + held, treated_sum - held_sum * treated / held
    above = ranking.walk.areas.zero_filled_qini - rows * end / 2
    if negative_effect:
        perfect = _perfect_qini(ranking) - rows * end / 2
        return above / perfect if perfect else NotEstimable(reason=Reason.NO_VARIATION)
    if not ranking.trial.yes_or_no:
        return NotEstimable(reason=Reason.NOT_YES_OR_NO)
    if not end > 0:
        return NotEstimable(reason=Reason.NO_TOTAL_EFFECT)
    # Corners (0, 0), (end, end), (rows, end).
    perfect = end**2 / 2 + (rows - end) * end - rows * end / 2
    return above / perfect if perfect else NotEstimable(reason=Reason.NO_VARIATION)


def uplift_auc_score(ranking: PeerRanking) -> Number:
    """scikit-uplift's AUUC: as its Qini, of number x difference of means; outcomes of 0 and 1.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0, 0, 1, 0, 0]), arm=np.array([1, 0] * 4))
    >>> round(uplift_auc_score(rank_for_peers(np.arange(8, 0, -1), trial)), 6)
    0.603175
    """
    reason = _missing(ranking)
    if reason:
        return NotEstimable(reason=reason)
    if not ranking.trial.yes_or_no:
        return NotEstimable(reason=Reason.NOT_YES_OR_NO)
    treated, treated_sum, held, held_sum = ranking.walk.sums[-1].tolist()
    rows = treated + held
    diagonal = rows * rows * (treated_sum / treated - held_sum / held) / 2
    # Best first: treated who responded, held out who did not, then by the larger number: those
    # treated in vain, or those who respond anyway, come last.
    in_vain, anyway = treated - treated_sum, held_sum
    worst = ("anyway", "in vain") if anyway > in_vain else ("in vain", "anyway")
    perfect = _uplift_area(ranking.walk.sums[-1], worst) - diagonal
    above = ranking.walk.areas.zero_filled_uplift - diagonal
    return above / perfect if perfect else NotEstimable(reason=Reason.NO_VARIATION)


def uplift_at_k(ranking: PeerRanking, k: int | float, *, by_group: bool = False) -> Number:
    """scikit-uplift's uplift at k: difference of means among the first.

    k: a share of the customers (a float in (0, 1)) or a number of them (an int). by_group: the
    first of each group, instead of the first of all. Numbers of customers are rounded down. Of a
    tied block that is cut, everybody counts in part, as on average over all orders of the block;
    the library takes its last rows first (`Ties.LAST_ROW_FIRST`).

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0, 0, 1, 0, 0]), arm=np.array([1, 0] * 4))
    >>> uplift_at_k(rank_for_peers(np.arange(8, 0, -1), trial), 0.5)
    1.0
    """
    if not (0 < k < 1 if isinstance(k, float) else k > 0):
        raise ValueError(f"k is a share above 0 and below 1 or a whole number above 0, not {k}")
    rows, scores = ranking.order.rows, ranking.order.scores
    trial = ranking.trial
    arm = np.asarray(trial.arm).astype(np.bool_)[rows]
    outcome = np.asarray(trial.outcome, dtype=np.float64)[rows]
    weights = np.ones(len(rows)) if trial.weights is None else trial.weights[rows]
    counted = np.zeros(len(rows))
    for group in (arm, ~arm) if by_group else (np.ones_like(arm),):
        members = Order(rows=rows[group], scores=scores[group], ties=ranking.order.ties)
        counted[group] = _entering(members, weights[group], k)
    counted *= weights
    treated, held = counted[arm], counted[~arm]
    if not (treated.sum() > 0 and held.sum() > 0):
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    return float(treated @ outcome[arm] / treated.sum() - held @ outcome[~arm] / held.sum())


def causalml_auuc(ranking: PeerRanking, *, normalised: bool = True) -> Number:
    """CausalML's auuc_score: mean of number x difference of means over the rows and 0.

    normalised: divided by the size of the last point; not estimable where that is zero (the
    library then answers infinite, astronomic or not a number).

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0, 0, 1, 0, 0]), arm=np.array([1, 0] * 4))
    >>> causalml_auuc(rank_for_peers(np.arange(8, 0, -1), trial), normalised=False)
    2.0
    """
    if _empty_arm(ranking):
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    treated, treated_sum, held, held_sum = ranking.walk.sums[-1].tolist()
    rows = treated + held
    end = rows * (treated_sum / treated - held_sum / held)
    areas = ranking.walk.areas
    # Up to the first row with both groups it is the difference of means that rises in a straight
    # line, so that number x difference is a parabola: a sum of squares instead of numbers.
    bent = areas.start_uplift * (areas.start - 1 / areas.start) / 6 if areas.start else 0.0
    # A sum over rows is the trapezoid plus half the last point.
    mean = (areas.uplift - bent + end / 2) / (rows + 1)
    return _normalised(mean, end, ranking) if normalised else mean


def causalml_qini(ranking: PeerRanking, *, normalised: bool = True) -> Number:
    """CausalML's qini_score: mean of the Qini curve over the rows and 0, less that of the diagonal.

    >>> trial = Trial(outcome=np.array([1, 0, 1, 0, 0, 1, 0, 0]), arm=np.array([1, 0] * 4))
    >>> round(causalml_qini(rank_for_peers(np.arange(8, 0, -1), trial)), 6)
    0.62963
    """
    if _empty_arm(ranking):
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    treated, treated_sum, held, held_sum = ranking.walk.sums[-1].tolist()
    end = treated_sum - held_sum * treated / held
    mean = (ranking.walk.areas.qini + end / 2) / (treated + held + 1) - end / 2
    return _normalised(mean, end, ranking) if normalised else mean


def _normalised(mean: float, end: float, ranking: PeerRanking) -> Number:
    treated, treated_sum, held, held_sum = np.abs(ranking.walk.sums[-1]).tolist()
    # Equal means leave a rounding error, not a total effect.
    rounding = 1e-12 * (treated + held) * (treated_sum / treated + held_sum / held)
    if abs(end) <= rounding:
        return NotEstimable(reason=Reason.NO_TOTAL_EFFECT)
    return mean / abs(end)


def _empty_arm(ranking: PeerRanking) -> bool:
    sums = ranking.walk.sums[-1]
    return not (sums[0] > 0 and sums[2] > 0)


def _missing(ranking: PeerRanking) -> Reason | None:
    if _empty_arm(ranking):
        return Reason.TOO_FEW_UNITS
    outcome = np.asarray(ranking.trial.outcome)
    return Reason.NO_VARIATION if outcome.min() == outcome.max() else None


def _perfect_qini(ranking: PeerRanking) -> float:
    """Area below the Qini curve of the perfect ranking."""
    treated, treated_sum, held, held_sum = ranking.walk.sums[-1].tolist()
    if ranking.trial.yes_or_no:
        # Treated who responded; everybody without a response; held out who responded.
        rows = treated + held
        flat = treated_sum * (rows - treated_sum - held_sum)
        last = treated_sum - held_sum * treated / held
        return float(treated_sum**2 / 2 + flat + (treated_sum + last) * held_sum / 2)
    sign = 2.0 * np.asarray(ranking.trial.arm, dtype=np.float64) - 1
    best = order_by(np.asarray(ranking.trial.outcome, dtype=np.float64) * sign)
    return walk(best, ranking.trial, np.array([len(best.rows)])).areas.zero_filled_qini


def _uplift_area(sums: FloatArray, worst: tuple[str, str]) -> float:
    """Area below number x difference of means through four groups of customers."""
    treated, treated_sum, held, held_sum = sums.tolist()
    groups = {
        "in vain": (treated - treated_sum, 0.0, 0.0, 0.0),
        "anyway": (0.0, 0.0, held_sum, held_sum),
    }
    first = [(treated_sum, treated_sum, 0.0, 0.0), (0.0, 0.0, held - held_sum, 0.0)]
    area, before, reached = 0.0, (0.0, 0.0), np.zeros(4)
    for group in [*first, *(groups[name] for name in worst)]:
        reached = reached + np.array(group)
        t, t_sum, c, c_sum = reached.tolist()
        point = (t + c, (t + c) * ((t_sum / t if t else 0.0) - (c_sum / c if c else 0.0)))
        area += (point[0] - before[0]) * (point[1] + before[1]) / 2
        before = point
    return area


def _entering(order: Order, weights: FloatArray, k: int | float) -> FloatArray:
    """How much of each row, best first, is among the first k: 1, 0, or the part of a tied block."""
    counted = np.zeros(len(weights))
    if not len(weights):
        return counted
    above = np.cumsum(weights)
    wanted = min(float(int(above[-1] * k) if isinstance(k, float) else k), float(above[-1]))
    row = int(np.searchsorted(above, wanted))  # the row in which the wanted number is reached
    start, end = (row, row + 1) if above[row] > wanted else (row + 1, row + 1)
    start, end = block_around(order, start)[0], block_around(order, end)[1]
    counted[:start] = 1.0
    if end > start:
        before = float(above[start - 1]) if start else 0.0
        counted[start:end] = (wanted - before) / float(above[end - 1] - before)
    return counted
