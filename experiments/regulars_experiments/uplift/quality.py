"""How well a learner ranks a campaign's customers, each figure with its sampling error."""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason
from regulars_experiments.uplift.curves import Curves, GainCurve, curves
from regulars_experiments.uplift.ordering import Gains, Trial
from regulars_experiments.uplift.randomised import Randomised
from regulars_experiments.uplift.ranked import rank
from regulars_experiments.uplift.values import gains

SHARE = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class RankingQuality:
    """One ranking judged on customers whom its models never saw.

    qini_coefficient: scikit-uplift's, for outcomes of 0 and 1 and one arm. qini_area: between the
    gain curve and that of a random order, auuc: below the gain curve, uplift_at_30: effect on each
    of the first 30%, deciles: on each of the ten tenths, best first; all per customer in the unit
    of account. With several arms each customer counts with the arm that the learner would give
    them, by doubly robust scores. gain: the curve in doubly robust money.
    """

    learner: str
    base: str
    qini_coefficient: Answer
    qini_area: Answer
    auuc: Answer
    uplift_at_30: Answer
    deciles: tuple[Answer, ...]
    gain: GainCurve

    @property
    def name(self) -> str:
        """Learner and base, as leaderboards show them."""
        return f"{self.learner} ({self.base})" if self.base else self.learner

    @property
    def order(self) -> float:
        """What rankings are sorted by: the Qini area, last where there is none."""
        return self.qini_area.estimate if isinstance(self.qini_area, Estimate) else -np.inf


def judge(
    data: Randomised,
    scores: FloatArray,
    effects: FloatArray,
    *,
    learner: str,
    base: str,
    confidence: float,
) -> RankingQuality:
    """Judge one ranking.

    scores: (rows, A + 1), doubly robust. effects: (rows, A) predicted without the row, or
    (rows, 1) for a ranking that names no arm: customers then count with the arm that is best on
    average.
    """
    in_money = _in_money(data, scores, effects, confidence)
    if data.treated_arms > 1:
        found, coefficient = in_money, NotEstimable(reason=Reason.NO_DENOMINATOR)
        return _quality(learner, base, found, coefficient, in_money.gain)
    trial = Trial(outcome=data.outcome, arm=data.arm, weights=data.weights)
    found = curves(rank(effects[:, 0], trial, shares=(SHARE,)), confidence=confidence)
    return _quality(learner, base, found, found.qini_coefficient, in_money.gain)


def _in_money(
    data: Randomised, scores: FloatArray, effects: FloatArray, confidence: float
) -> Curves:
    if effects.shape[1] == data.treated_arms:
        best = effects.argmax(axis=1)
    else:
        means = np.average(scores[:, 1:], axis=0, weights=data.weights)
        best = np.full(len(effects), int(means.argmax()))
    ranking = effects.max(axis=1)
    own = Gains(gain=gains(scores, best + 1), weights=data.weights)
    return curves(rank(ranking, own, shares=(SHARE,)), confidence=confidence)


def _quality(
    learner: str, base: str, found: Curves, coefficient: Answer, gain: GainCurve
) -> RankingQuality:
    return RankingQuality(
        learner=learner,
        base=base,
        qini_coefficient=coefficient,
        qini_area=found.qini_area,
        auuc=found.auuc,
        uplift_at_30=found.uplift_at[0][1],
        deciles=found.deciles,
        gain=gain,
    )
