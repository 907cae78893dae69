"""The candidates that are always on the leaderboard, made from one cross-fitted campaign."""

from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.budget import Priced
from regulars_experiments.uplift.candidates import (
    Candidate,
    Everyone,
    Ground,
    Limits,
    Nobody,
    Rule,
    Segments,
)
from regulars_experiments.uplift.columns import Binned, bin_features, cells, sums
from regulars_experiments.uplift.cut_offs import Ranking
from regulars_experiments.uplift.policy import Chosen
from regulars_experiments.uplift.randomised import CrossFitted, FoldScores, IntArray, Randomised
from regulars_experiments.uplift.splits import Leaf, Node, Pairs, one_question
from regulars_experiments.uplift.values import robust_scores
from regulars_experiments.uplift.words import Condition, Line, lines_of

QUESTION_BINS = 32  # of a column, for one question
SEGMENT = "segment"  # how rules call the user's own segments
CARD_BINS = 16  # and for the card, whose tables hold pairs of bins


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineup:
    """Candidates and what they stand on. binned, cells: of the one-column rules; card_columns: of
    the card; segments: the user's own.
    """

    ground: Ground
    candidates: tuple[Candidate, ...]
    binned: Binned
    cells: tuple[FloatArray, ...]
    card_columns: Binned
    segments: "OwnSegments | None"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSegments:
    """Segments of the user: codes (rows,) and their names."""

    codes: IntArray
    names: tuple[str, ...]


def line_up(
    data: Randomised,
    fitted: CrossFitted,
    *,
    segments: OwnSegments | None,
    limits: Limits,
    seed: int,
) -> Lineup:
    """Nobody, everybody, the best one-column rule, own segments, card, response model, learners
    and a random order; the segments only where there are any.
    """
    scores = robust_scores(data, fitted.expected)
    ground = Ground(scores=scores, folds=fitted.folds, weights=data.weights, limits=limits)
    everyone = Everyone(
        ground=ground,
        per_fold=sums(fitted.folds, ground.fold_count, scores, data.weights),
    )
    binned = bin_features(data.features, bins=QUESTION_BINS)
    found = tuple(cells(binned, scores, fitted.folds, data.weights))
    coarse = bin_features(data.features, bins=CARD_BINS)
    of_card = cells(coarse, scores, fitted.folds, data.weights)
    pairs = Pairs(coarse, scores, fitted.folds, data.weights)
    candidates: list[Candidate] = [
        Nobody(ground=ground),
        everyone,
        Rule(name="one-column rule", kind="one_column", ground=ground, binned=binned, cells=found),
    ]
    if segments is not None:
        candidates.append(_segments(ground, segments))
    candidates.append(
        Rule(
            name="targeting card",
            kind="card",
            ground=ground,
            binned=coarse,
            cells=of_card,
            pairs=pairs,
        )
    )
    ranked = Ranking if limits.cost is None else Priced
    candidates.append(ranked(fitted.response, ground, kind="response"))
    candidates += [ranked(each, ground, kind="learner") for each in fitted.scores]
    candidates.append(ranked(random_scores(data, fitted, seed), ground, kind="random"))
    return Lineup(
        ground=ground,
        candidates=tuple(candidates),
        binned=binned,
        cells=found,
        card_columns=coarse,
        segments=segments,
    )


def random_scores(data: Randomised, fitted: CrossFitted, seed: int) -> FoldScores:
    """A ranking that knows nothing."""
    shape = (len(data.outcome), data.treated_arms)
    drawn = np.random.default_rng([seed, 7]).random(shape)
    folds = int(fitted.folds.max()) + 1
    return FoldScores(
        learner="random order",
        base="",
        out_of_fold=drawn,
        nested=np.broadcast_to(drawn.astype(np.float32), (folds, *shape)),
    )


def rule_lines(chosen: Chosen, lineup: Lineup, data: Randomised) -> tuple[Line, ...] | None:
    """The lines of a chosen plan that is a rule in words; None for a list by a model."""
    if isinstance(chosen.choice, Leaf | Node):
        binned = lineup.card_columns if chosen.kind == "card" else lineup.binned
        return lines_of(chosen.choice, binned, data)
    if isinstance(chosen.choice, tuple) and lineup.segments is not None:
        return _segment_lines(chosen.choice, lineup.segments, data)
    return None


def _segment_lines(
    actions: tuple[int, ...], segments: OwnSegments, data: Randomised
) -> tuple[Line, ...]:
    weights = np.ones(len(data.outcome)) if data.weights is None else data.weights
    total = weights.sum()
    return tuple(
        Line(
            conditions=(Condition(column=SEGMENT, levels=(name,)),),
            action=action,
            customers=int((segments.codes == place).sum()),
            share=float(weights[segments.codes == place].sum() / total),
        )
        for place, (name, action) in enumerate(zip(segments.names, actions, strict=True))
    )


def one_column_scores(lineup: Lineup) -> tuple[FloatArray, tuple[Node | None, ...], Node | None]:
    """The ranking of the question that ranks best: (scores (rows,), question per fold, on all).

    A fold's customers are ranked by the question found on the other folds: 1 for the answer that
    gained more there, 0 for the other; all alike where no question was found. Their gains would
    say as much within a fold, but differ from fold to fold by chance.
    """
    ground, columns = lineup.ground, lineup.binned.columns
    scores, questions = np.zeros(len(ground.folds)), []
    for fold in range(ground.fold_count):
        others = [other for other in range(ground.fold_count) if other != fold]
        totals = [cell[others].sum(axis=0) for cell in lineup.cells]
        found = one_question(columns, totals, by_area=True)
        questions.append(None if found is None else found[1])
        if found is None:
            continue
        place = [column.name for column in columns].index(found[1].question.column)
        yes = found[1].question.yes
        rows = np.flatnonzero(ground.folds == fold)
        answered = found[1].question.answered(lineup.binned.codes[place][rows])
        yes_first = _mean_gain(totals[place][yes]) > _mean_gain(totals[place][~yes])
        scores[rows] = answered == yes_first
    totals = [cell.sum(axis=0) for cell in lineup.cells]
    on_all = one_question(columns, totals, by_area=True)
    return scores, tuple(questions), None if on_all is None else on_all[1]


def _mean_gain(part: FloatArray) -> float:
    total = part.sum(axis=0)
    return float(total[1:-1].max() / total[-1])


def _segments(ground: Ground, segments: OwnSegments) -> Segments:
    count = len(segments.names)
    key = ground.folds * count + segments.codes
    per_fold = sums(key, ground.fold_count * count, ground.scores, ground.weights)
    return Segments(
        ground=ground,
        codes=segments.codes,
        per_fold=per_fold.reshape(ground.fold_count, count, -1),
    )
