"""From a finished randomised campaign to: whom to keep targeting, and what that is worth.

One call does it in order: check what came, cross-fit the learners, judge how well each ranks, put
the candidates on the leaderboard, choose one inside cross-fitting, and look for customers whom
contact harms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Limits
from regulars_experiments.uplift.checks import Finding, check, require_fit
from regulars_experiments.uplift.cross_fitting import Progress, cross_fit
from regulars_experiments.uplift.harm import SleepingDogs, sleeping_dogs
from regulars_experiments.uplift.learners import DEFAULT_LEARNERS
from regulars_experiments.uplift.lineup import (
    Lineup,
    OwnSegments,
    line_up,
    one_column_scores,
    rule_lines,
)
from regulars_experiments.uplift.policy import Chosen, Standing, choose
from regulars_experiments.uplift.quality import RankingQuality, judge
from regulars_experiments.uplift.randomised import CrossFitted, IntArray, Randomised
from regulars_experiments.uplift.splits import Leaf, Node, Tree
from regulars_experiments.uplift.words import Line, lines_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """How to go about it. learners: (name, base); folds: None picks by size; threads: of the fits.

    limits: of what the next round may use. confidence: of every interval, 0 to 1.
    """

    seed: int
    confidence: float = 0.95
    learners: tuple[tuple[str, str], ...] = DEFAULT_LEARNERS
    folds: int | None = None
    limits: Limits = field(default_factory=Limits)
    threads: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class UpliftReport:
    """All that was found. Money per customer of the audience, in the unit of account.

    data: the campaign without features that must not be learnt from. warnings: what was found
    about it. fitted: scores of everyone. rankings: how well each learner, the response model, the
    one-column rule and a random order rank, best first. leaderboard: what each candidate earns,
    best first. chosen: the plan to follow. rule: its lines if it is one in words (None for a
    learner's list). card: the targeting card, its lines and its standing. one_column: the single
    question that ranks best, None where no column makes one. sleeping_dogs: groups proved to be
    harmed.
    """

    data: Randomised
    warnings: tuple[Finding, ...]
    fitted: CrossFitted
    lineup: Lineup
    rankings: tuple[RankingQuality, ...]
    leaderboard: tuple[Standing, ...]
    chosen: Chosen
    rule: tuple[Line, ...] | None
    card: tuple[Line, ...]
    one_column: tuple[Line, ...] | None
    sleeping_dogs: tuple[SleepingDogs, ...]

    @property
    def card_standing(self) -> Standing:
        """What the card is worth when it is learnt without the customers it acts on."""
        return next(row for row in self.leaderboard if row.kind == "card")


def evaluate_uplift(
    data: Randomised,
    asked: Asked,
    *,
    segments: OwnSegments | None = None,
    comparisons: dict[str, IntArray] | None = None,
    progress: Progress | None = None,
) -> UpliftReport:
    """Everything about whom to keep targeting.

    segments: the user's own. comparisons: further plans by name, (rows,) actions that were fixed
    without looking at this campaign's outcomes, such as last month's plan. progress: told each
    fit. Raises UnfitDataError, whose sentences say what is wrong and what to do, where there is
    nothing to learn from.
    """
    checked = check(data)
    require_fit(checked.findings)
    usable = checked.data
    fitted = cross_fit(
        usable,
        learners=asked.learners,
        folds=asked.folds,
        seed=asked.seed,
        progress=progress,
        threads=asked.threads,
    )
    lineup = line_up(usable, fitted, segments=segments, limits=asked.limits, seed=asked.seed)
    chosen, leaderboard = choose(
        usable,
        lineup.ground,
        lineup.candidates,
        comparisons=comparisons or {},
        confidence=asked.confidence,
    )
    column_scores, _, question = one_column_scores(lineup)
    card = next(row for row in leaderboard if row.kind == "card").choice
    return UpliftReport(
        data=usable,
        warnings=checked.warnings,
        fitted=fitted,
        lineup=lineup,
        rankings=_rankings(usable, fitted, lineup, column_scores, asked),
        leaderboard=leaderboard,
        chosen=chosen,
        rule=rule_lines(chosen, lineup, usable),
        card=_lines(card, lineup, usable),
        one_column=None if question is None else lines_of(question, lineup.binned, usable),
        sleeping_dogs=sleeping_dogs(
            usable, fitted, segments=segments, confidence=asked.confidence, seed=asked.seed
        ),
    )


def _rankings(
    data: Randomised,
    fitted: CrossFitted,
    lineup: Lineup,
    column_scores: FloatArray,
    asked: Asked,
) -> tuple[RankingQuality, ...]:
    scores = lineup.ground.scores
    random = np.random.default_rng([asked.seed, 11]).random(len(column_scores))
    rankings: Sequence[tuple[str, str, FloatArray]] = [
        *((one.learner, one.base, one.out_of_fold) for one in fitted.scores),
        ("response model", fitted.response.base, fitted.response.out_of_fold),
        ("one-column rule", "", column_scores[:, None]),
        ("random order", "", random[:, None]),
    ]
    found = [
        judge(data, scores, each, learner=learner, base=base, confidence=asked.confidence)
        for learner, base, each in rankings
    ]
    return tuple(sorted(found, key=lambda one: -one.order))


def _lines(choice: object, lineup: Lineup, data: Randomised) -> tuple[Line, ...]:
    tree: Tree = choice if isinstance(choice, Leaf | Node) else Leaf(action=0)
    return lines_of(tree, lineup.card_columns, data)
