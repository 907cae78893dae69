"""Sleeping dogs: customers who bring less when they are told something, named where credible.

The search for whom to target is turned round: leaving a customer alone gains what telling loses,
before the contact cost, so that nobody is called a sleeping dog for being merely not worth a
message. The group is chosen for each fold without it, like any policy, and named only where what
it loses is proved on customers who did not choose it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regulars_experiments.uplift.candidates import Limits
from regulars_experiments.uplift.lineup import OwnSegments, line_up, rule_lines
from regulars_experiments.uplift.policy import Chosen, choose
from regulars_experiments.uplift.randomised import CrossFitted, FoldScores, IntArray, Randomised
from regulars_experiments.uplift.words import Line
from regulars_experiments.verdicts import Evidence


@dataclass(frozen=True, kw_only=True, slots=True)
class SleepingDogs:
    """A group whom an arm harms. found: as a policy of leaving alone, whose value is the harm that
    it avoids per customer of the holdout and the arm, at the family's confidence over the arms.
    lines: its rule, those with an action are harmed; None where it is a list and no rule.
    """

    arm: int
    found: Chosen
    lines: tuple[Line, ...] | None

    @property
    def harmed(self) -> IntArray:
        """Rows of those in the group."""
        return np.flatnonzero(self.found.actions > 0)


def sleeping_dogs(
    data: Randomised,
    fitted: CrossFitted,
    *,
    segments: OwnSegments | None,
    confidence: float,
    seed: int,
) -> tuple[SleepingDogs, ...]:
    """Per arm the group that it is proved to harm; empty where none is."""
    arms = range(1, data.treated_arms + 1)
    shared = 1 - (1 - confidence) / len(arms)  # Bonferroni over the arms
    named = []
    for arm in arms:
        rows = np.flatnonzero((data.arm == 0) | (data.arm == arm))
        own = None if segments is None else replace(segments, codes=segments.codes[rows])
        turned, scores = _turned(data, rows, arm), _turned_scores(data, fitted, rows, arm)
        lineup = line_up(turned, scores, segments=own, limits=Limits(), seed=seed)
        found, _ = choose(
            turned, lineup.ground, lineup.candidates, comparisons={}, confidence=shared
        )
        if found.value.verdict is Evidence.PROVED_BETTER and found.actions.any():
            whole = np.zeros(len(data.outcome), dtype=np.int64)
            whole[rows] = found.actions
            lines = rule_lines(found, lineup, turned)
            named.append(SleepingDogs(arm=arm, found=replace(found, actions=whole), lines=lines))
    return tuple(named)


def _turned(data: Randomised, rows: IntArray, arm: int) -> Randomised:
    """The holdout and one arm, what they brought counted as a loss."""
    pair = data.probabilities[[0, arm]]
    part = data.rows(rows)
    return replace(
        part,
        outcome=-part.gross,
        arm=np.where(part.arm == arm, 1, 0),
        probabilities=pair / pair.sum(),
        arm_names=(data.arm_names[0], data.arm_names[arm]),
        bought=part.buyers,
        contact_costs=None,
    )


def _turned_scores(data: Randomised, fitted: CrossFitted, rows: IntArray, arm: int) -> CrossFitted:
    costs = np.zeros(data.treated_arms + 1) if data.contact_costs is None else data.contact_costs
    expected = -(fitted.expected[rows][:, [0, arm]] + costs[[0, arm]])
    place = slice(arm - 1, arm)

    def turned(scores: FoldScores) -> FoldScores:
        return replace(
            scores,
            out_of_fold=-(scores.out_of_fold[rows][:, place] + costs[arm]),
            nested=-(scores.nested[:, rows][:, :, place] + np.float32(costs[arm])),
        )

    learners: Sequence[FoldScores] = [turned(one) for one in fitted.scores]
    return CrossFitted(
        folds=fitted.folds[rows],
        scores=learners,
        response=turned(fitted.response),
        expected=expected,
    )
