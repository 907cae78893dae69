"""What a ranking of customers is worth: gain curve, Qini, AUUC, uplift at k and by decile.

All in the unit of account per customer of the list, and each with its sampling standard error: how
far it would be elsewhere with other customers, not how much it moves between cross-validations of
the same ones. The errors hold for scores that were not fitted on the outcomes they are judged by
(another campaign, or cross-fitted).

- G(q), the gain curve: what treating the first share q gains, per customer of the whole list.
- AUUC: the area below G. Qini area: that above the straight line of a random order, so zero for a
  ranking that is no use and below zero for one that is upside down.
- Qini coefficient: scikit-uplift's, for outcomes of 0 and 1: without a unit, for comparison.
- Uplift at k: G(k) / k, the effect on each of the first share k. By decile: on each tenth.

From a `Trial` the effect above a cut is the difference of means there (Hajek's form, as
scikit-uplift has it); from `Gains` it is their mean. Tied scores enter together: inside a tied
block G is a straight line. A cut above which one group is missing has no gain, and the curve is a
straight line from zero to the first that has.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from regulars_experiments.effects import normal_quantile
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason
from regulars_experiments.uplift import curve_errors as errors
from regulars_experiments.uplift.ordering import BoolArray, Trial, Walk
from regulars_experiments.uplift.ranked import Ranked, whole_share

LEAST_IN_BAND = 10  # see `_tail`: normal limits of the whole band need so many who count
_TENTHS = tuple(tenth / 10 for tenth in range(1, 11))

_Figure = tuple[float, FloatArray]  # an estimate and its influence, (points, terms)


@dataclass(frozen=True, kw_only=True, slots=True)
class GainCurve:
    """The gain curve at some 100 cuts, at most 200; all arrays (points,).

    share: of the customers who stand above the cut, rising to 1. gain: per customer of the whole
    list; NaN where not `defined`, which is where one group is missing above the cut.
    standard_error, low, high: at each share for itself. band_low, band_high: limits that hold
    at all shares at once, NaN where fewer than 30 of either group stand above the cut. random: the
    straight line of a random order.
    """

    share: FloatArray
    gain: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    random: FloatArray
    defined: BoolArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Curves:
    """All of one ranking. uplift_at: per asked share; deciles: ten, best tenth first."""

    gain: GainCurve
    everybody: Answer
    qini_area: Answer
    qini_coefficient: Answer
    auuc: Answer
    uplift_at: tuple[tuple[float, Answer], ...]
    deciles: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The first ranking less the second on the same customers, with the difference's own error."""

    qini_area: Answer
    auuc: Answer
    uplift_at: tuple[tuple[float, Answer], ...]


def curves(ranked: Ranked, *, confidence: float = 0.95, seed: int | None = 0) -> Curves:
    """Everything about one ranking, with intervals at `confidence`.

    seed: of the band's quantile; None leaves the band out (NaN), which takes most of the time on
    small files.

    Nothing is estimable with fewer than two customers in a group or where nobody differs. A
    ranking that tells nobody apart has a Qini area of exactly 0.

    >>> from regulars_experiments.uplift.ranked import rank
    >>> source = np.random.default_rng(1)
    >>> arm, score = source.integers(0, 2, 4000), source.random(4000)
    >>> outcome = source.normal(size=4000) + arm * score
    >>> found = curves(rank(score, Trial(outcome=outcome, arm=arm)))
    >>> round(found.qini_area.estimate, 2), round(found.qini_area.standard_error, 3)
    (0.08, 0.009)
    """
    reason = _no_answer(ranked)
    if reason:
        none = NotEstimable(reason=reason)
        return Curves(
            gain=_points(ranked, confidence, seed),
            everybody=none,
            qini_area=none,
            qini_coefficient=none,
            auuc=none,
            uplift_at=tuple((share, none) for share in ranked.shares),
            deciles=(none,) * 10,
        )
    curve = errors.gain_curve(ranked.walk)

    def answer(figure: _Figure) -> Estimate:
        return _estimate(figure[0], errors.standard_error(curve, figure[1]), confidence)

    uplifts = ((share, _uplift(ranked, curve, share)) for share in ranked.shares)
    return Curves(
        gain=_points(ranked, confidence, seed),
        everybody=answer(_everybody(curve)),
        qini_area=answer(_qini_area(ranked, curve)),
        qini_coefficient=_coefficient(ranked, confidence),
        auuc=answer(_auuc(ranked, curve)),
        uplift_at=tuple(
            (share, found if isinstance(found, NotEstimable) else answer(found))
            for share, found in uplifts
        ),
        deciles=_deciles(ranked, curve, confidence),
    )


def compare(first: Ranked, second: Ranked, *, confidence: float = 0.95) -> Comparison:
    """The first ranking less the second by the same customers: luck that both share cancels.

    Raises ValueError unless both rank one evidence (the same object) and ask for the same shares.

    >>> from regulars_experiments.uplift.ranked import rank
    >>> source = np.random.default_rng(1)
    >>> arm, score = source.integers(0, 2, 4000), source.random(4000)
    >>> trial = Trial(outcome=source.normal(size=4000) + arm * score, arm=arm)
    >>> found = compare(rank(score, trial), rank(np.round(score, 1), trial)).qini_area
    >>> found.standard_error < 0.002
    True
    """
    if first.evidence is not second.evidence or first.shares != second.shares:
        raise ValueError(
            "rankings are compared on the same evidence and shares: rank both scores on one object"
        )
    reason = _no_answer(first)
    if reason:
        none = NotEstimable(reason=reason)
        return Comparison(
            qini_area=none, auuc=none, uplift_at=tuple((share, none) for share in first.shares)
        )
    one, other = errors.gain_curve(first.walk), errors.gain_curve(second.walk)

    def difference(left: _Figure | NotEstimable, right: _Figure | NotEstimable) -> Answer:
        if isinstance(left, NotEstimable):
            return left
        if isinstance(right, NotEstimable):
            return right
        rows = _by_row(first, one, left[1]) - _by_row(second, other, right[1])
        error = float(np.sqrt(rows @ rows)) / one.total
        return _estimate(left[0] - right[0], error, confidence)

    return Comparison(
        qini_area=difference(_qini_area(first, one), _qini_area(second, other)),
        auuc=difference(_auuc(first, one), _auuc(second, other)),
        uplift_at=tuple(
            (share, difference(_uplift(first, one, share), _uplift(second, other, share)))
            for share in first.shares
        ),
    )


def _no_answer(ranked: Ranked) -> Reason | None:
    """Why nothing can be said about any ranking of this evidence."""
    if _customers(ranked.walk)[-1] < 2:
        return Reason.TOO_FEW_UNITS
    curve = errors.gain_curve(ranked.walk)
    size = float(np.abs(curve.derivative[-1] * curve.sums[-1]).sum()) / curve.total
    error = errors.standard_error(curve, errors.of_end(curve))
    return Reason.NO_VARIATION if error <= 1e-9 * size / np.sqrt(ranked.walk.cuts[-1]) else None


def _customers(walked: Walk) -> FloatArray:
    """How many customers of the smaller group stand above each cut, as far as weights allow."""
    squares = np.cumsum(walked.squares, axis=0)
    groups = range(0, walked.sums.shape[1], 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = [
            np.where(walked.sums[:, g] > 0, walked.sums[:, g] ** 2 / squares[:, g, g], 0.0)
            for g in groups
        ]
    fewest: FloatArray = np.min(counts, axis=0)
    return fewest


def _estimate(estimate: float, error: float, confidence: float) -> Estimate:
    half = normal_quantile(confidence) * error
    sizes = abs(estimate) / error if error > 0 else (np.inf if estimate else 0.0)
    return Estimate(
        estimate=estimate,
        standard_error=error,
        low=estimate - half,
        high=estimate + half,
        p_value=float(2 * special.ndtr(-sizes)),
    )


def _everybody(curve: errors.Curve) -> _Figure:
    return float(curve.height[-1]), errors.of_end(curve)


def _auuc(ranked: Ranked, curve: errors.Curve) -> _Figure:
    return ranked.walk.areas.uplift / curve.total**2, errors.of_area(curve)


def _qini_area(ranked: Ranked, curve: errors.Curve) -> _Figure:
    end, end_influence = _everybody(curve)
    area, influence = _auuc(ranked, curve)
    if len(curve.share) == 1 and ranked.walk.cuts[0] == ranked.walk.cuts[-1]:
        return 0.0, np.zeros_like(influence)  # all tied: the line itself, in every sample
    return area - end / 2, influence - end_influence / 2


def _uplift(ranked: Ranked, curve: errors.Curve, share: float) -> _Figure | NotEstimable:
    """Effect on each of the first `share`; whole customers where they are not weighted."""
    share = whole_share(ranked, share)
    point = int(np.searchsorted(errors.shares_of(ranked.walk), share - 1e-9))
    if not _customers(ranked.walk)[point] >= 2:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    height, influence = errors.at_share(curve, share)
    return height / share, influence / share


def _coefficient(ranked: Ranked, confidence: float) -> Answer:
    if not isinstance(ranked.evidence, Trial) or not ranked.evidence.yes_or_no:
        return NotEstimable(reason=Reason.NOT_YES_OR_NO)
    curve = errors.qini_curve(ranked.walk)
    perfect, perfect_influence = errors.of_perfect_qini(curve)
    if not perfect > 0:
        return NotEstimable(reason=Reason.NO_VARIATION)
    above = ranked.walk.areas.zero_filled_qini / curve.total**2 - float(curve.height[-1]) / 2
    influence = errors.of_area(curve) - errors.of_end(curve) / 2
    if len(curve.share) == 1 and ranked.walk.cuts[0] == ranked.walk.cuts[-1]:
        above, influence = 0.0, np.zeros_like(influence)
    estimate = above / perfect
    ratio = (influence - estimate * perfect_influence) / perfect
    return _estimate(estimate, errors.standard_error(curve, ratio), confidence)


def _deciles(ranked: Ranked, curve: errors.Curve, confidence: float) -> tuple[Answer, ...]:
    """Effect on each tenth; a tied block that is cut counts in part on both sides."""
    bounds = [0.0, *(whole_share(ranked, tenth) for tenth in _TENTHS)]
    return tuple(_slice(curve, low, high, confidence) for low, high in pairwise(bounds))


def _slice(curve: errors.Curve, low: float, high: float, confidence: float) -> Answer:
    """Difference of the groups' means between two shares (Welch 1947), or of gains their mean.

    Who enters the list above pushes others across both bounds, to where the effect is another.
    """
    if not high > low:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    part = errors.parts_between(curve, low, high)
    inside = part @ curve.between
    squares = np.einsum("p,pij->ij", part**2, curve.squares)
    effect, coefficients = 0.0, np.zeros(len(inside))
    for group, sign in zip(range(0, len(inside), 2), (1.0, -1.0), strict=False):
        number, square = inside[group], squares[group, group]
        customers = number**2 / square if square > 0 else 0.0
        if customers < 2 - 1e-6:
            return NotEstimable(reason=Reason.TOO_FEW_UNITS)
        mean = inside[group + 1] / number
        effect += sign * mean
        scale = sign * np.sqrt(customers / (customers - 1)) / number
        coefficients[group : group + 2] = -mean * scale, scale
    moved = effect * part
    for share, sign in ((low, 1.0), (high, -1.0)):
        if 0 < share < 1:
            moved += (
                sign * errors.slope_at(curve, share)[0] * errors.parts_between(curve, 0.0, share)
            )
    influence = curve.total * np.outer(part, coefficients)
    influence += np.outer(moved / (high - low), curve.ones)
    error = errors.standard_error(curve, influence)
    if not error > 0:
        return NotEstimable(reason=Reason.NO_VARIATION)
    return _estimate(float(effect), error, confidence)


def _by_row(ranked: Ranked, curve: errors.Curve, influence: FloatArray) -> FloatArray:
    """Each customer's weighted influence, in the order of the file, (rows,)."""
    table = errors.centred(curve, influence)
    cuts = ranked.walk.cuts[errors.where_defined(ranked.walk)]
    between = np.empty(len(ranked.order.rows), dtype=np.int16)
    between[ranked.order.rows] = np.repeat(
        np.arange(len(cuts), dtype=np.int16), np.diff(cuts, prepend=0)
    )
    evidence = ranked.evidence
    if isinstance(evidence, Trial):
        held = 2 * (1 - np.asarray(evidence.arm, dtype=np.int64))
        values = table[between, held] + table[between, held + 1] * np.asarray(evidence.outcome)
    else:
        values = table[between, 0] + table[between, 1] * evidence.gain
    return values if evidence.weights is None else values * evidence.weights


def _points(ranked: Ranked, confidence: float, seed: int | None) -> GainCurve:
    share = errors.shares_of(ranked.walk)
    defined = errors.where_defined(ranked.walk)
    gain, error, band = (np.full(len(share), np.nan) for _ in range(3))
    random = np.full(len(share), np.nan)
    customers = _customers(ranked.walk)
    if defined.any():
        curve = errors.gain_curve(ranked.walk)
        gain[defined] = curve.height
        random = share * curve.height[-1]
        covariance = errors.covariances(curve)
        error[defined] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        error[customers < 2] = np.nan
        held = (customers[defined] >= LEAST_IN_BAND * _tail(ranked)) & (error[defined] > 0)
        if held.any() and seed is not None:
            widest = errors.simultaneous_quantile(covariance[np.ix_(held, held)], confidence, seed)
            band[np.flatnonzero(defined)[held]] = widest
    half = normal_quantile(confidence) * error
    return GainCurve(
        share=share,
        gain=gain,
        standard_error=error,
        low=gain - half,
        high=gain + half,
        band_low=gain - band * error,
        band_high=gain + band * error,
        random=random,
        defined=defined,
    )


def _tail(ranked: Ranked) -> float:
    """Kurtosis of the values, the larger group's: customers per one who counts for a spread.

    Of shares 1 / rate for small rates, so that customers / kurtosis are successes; of money with
    few buyers, fewer than those. Of at most 100,000 customers, evenly taken.
    """
    rows = ranked.order.rows[:: 1 + len(ranked.order.rows) // 100_000]
    evidence = ranked.evidence
    if isinstance(evidence, Trial):
        values = np.asarray(evidence.outcome)[rows].astype(np.float64)
        treated = np.asarray(evidence.arm)[rows].astype(np.bool_)
        groups = [values[treated], values[~treated]]
    else:
        groups = [evidence.gain[rows]]
    tails = [1.0]
    for group in groups:
        about = (group - group.mean()) ** 2 if len(group) else np.zeros(1)
        if about.any():
            tails.append(float((about @ about) * len(about) / about.sum() ** 2))
    return max(tails)
