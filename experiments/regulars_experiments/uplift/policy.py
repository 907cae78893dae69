"""Whom to target: learner and cut-off chosen inside cross-fitting, valued on customers not used.

Choosing the cut-off on the curve that is then reported invents as much profit as there is. Here
every choice is made for a fold without looking at it:

* For fold k each candidate learns its cut-off (or rule) on the other folds, from models that never
  saw fold k, and acts on fold k. The actions of all folds together are valued by doubly robust
  scores: the candidate's honest value.
* Which candidate to follow is a choice, too. For fold k it is made among the candidates' honest
  values inside the other folds: the simplest within one paired standard error of the best (the rule
  of Breiman et al. 1984, sec. 3.4.3). What that procedure earns on the folds left out is the value
  reported; the same procedure on all folds says what to do next.
* The naive value is what choosing and valuing on the same customers would have claimed, and the
  difference is the optimism.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Candidate, Choice, Ground
from regulars_experiments.uplift.randomised import IntArray, Randomised
from regulars_experiments.uplift.values import Contrast, contrast, gains, mean_and_error

SIMPLICITY = ("nobody", "everyone", "one_column", "segments", "card", "response", "learner")
"""From the simplest to the least simple; candidates of other kinds are shown, never chosen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One candidate on the leaderboard. Money per customer of the audience.

    share: of the customers whom its honest actions tell. value: against nobody. naive_value: chosen
    and valued on the same customers. behind: what the best candidate earns more; None for itself.
    within_one_error: not further behind than one paired standard error. choice: on all folds.
    """

    name: str
    kind: str
    share: float
    value: Contrast
    naive_value: float
    behind: Contrast | None
    within_one_error: bool
    choice: Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The plan to follow, and what following such plans is worth.

    name, kind, choice: of the candidate chosen on all folds, and its rule or cut-off. actions:
    (rows,), what it does with the customers of this campaign. honest_actions: (rows,), what was
    chosen for each fold without it; every value is theirs. share: told by `actions`; honest_share:
    by honest_actions. value: against nobody. against: everyone, response and whatever was asked
    for. naive_value: what the best cut-off of all, chosen and valued on the same customers, would
    claim. picks: which candidate was chosen for each fold.
    """

    name: str
    kind: str
    choice: Choice
    actions: IntArray
    honest_actions: IntArray
    share: float
    honest_share: float
    value: Contrast
    against: tuple[Contrast, ...]
    naive_value: float
    picks: tuple[str, ...]

    @property
    def optimism(self) -> float | None:
        """How much the naive value flatters; None where there is no honest value."""
        honest = getattr(self.value.value, "estimate", None)
        return None if honest is None else self.naive_value - honest


def honest_actions(
    candidate: Candidate, ground: Ground, folds: Sequence[int], outer: int | None
) -> IntArray:
    """(rows,): for each of the folds the candidate's actions learnt on the others; 0 elsewhere.

    outer: the fold that is kept out of everything (not in `folds`), or None.
    """
    actions = np.zeros(len(ground.folds), dtype=np.int64)
    for fold in folds:
        rows = np.flatnonzero(ground.folds == fold)
        others = [other for other in folds if other != fold]
        choice = candidate.learn(others, fold if outer is None else outer)
        actions[rows] = candidate.act(choice, rows, outer)
    return actions


def simplest_near_the_best(
    candidates: Sequence[Candidate], values: Sequence[FloatArray], weights: FloatArray | None
) -> tuple[int, tuple[bool, ...]]:
    """(index chosen, who is within one paired standard error of the best).

    values: per candidate (rows,), the scores of its honest actions. Candidates that are only shown
    for comparison are neither best nor chosen.
    """
    eligible = [index for index, one in enumerate(candidates) if one.kind in SIMPLICITY]
    means = [mean_and_error(value, weights)[0] for value in values]
    best = max(eligible, key=lambda index: means[index])
    near = []
    for value in values:
        behind, error = mean_and_error(values[best] - value, weights)
        near.append(behind <= error)
    order = {kind: place for place, kind in enumerate(SIMPLICITY)}
    chosen = min(
        (index for index in eligible if near[index]),
        key=lambda index: (order[candidates[index].kind], -means[index]),
    )
    return chosen, tuple(near)


def choose(
    data: Randomised,
    ground: Ground,
    candidates: Sequence[Candidate],
    *,
    comparisons: dict[str, IntArray],
    confidence: float,
) -> tuple[Chosen, tuple[Standing, ...]]:
    """Choose a plan and say what it is worth; the leaderboard, best first.

    comparisons: further plans by name, each (rows,) actions fixed without looking at this
    campaign's outcomes. The candidates of kinds everyone and response are compared as well.
    Under limits a candidate that keeps them is chosen; "everyone" is shown all the same.
    """
    folds = range(ground.fold_count)
    scores, weights = ground.scores, data.weights
    picked, picks = np.zeros(len(ground.folds), dtype=np.int64), []
    for fold in folds:
        inner = [other for other in folds if other != fold]
        rows = np.flatnonzero(ground.folds == fold)
        index = _pick(candidates, ground, inner, outer=fold)[0]
        choice = candidates[index].learn(inner, fold)
        picked[rows] = candidates[index].act(choice, rows, None)
        picks.append(candidates[index].name)
    index, near, actions = _pick(candidates, ground, list(folds), outer=None)
    everybody = np.arange(len(ground.folds))
    deployed = candidates[index].learn(list(folds), None)
    acts = candidates[index].act(deployed, everybody, None)
    standings = _standings(data, ground, candidates, actions, near, confidence)
    nobody = np.zeros(len(picked), dtype=np.int64)
    others = {
        one.kind: own
        for one, own in zip(candidates, actions, strict=True)
        if one.kind in {"everyone", "response"}
    } | comparisons
    eligible = [row.naive_value for row in standings if row.kind in SIMPLICITY]
    chosen = Chosen(
        name=candidates[index].name,
        kind=candidates[index].kind,
        choice=deployed,
        actions=acts,
        honest_actions=picked,
        share=_share(acts, weights),
        honest_share=_share(picked, weights),
        value=contrast(data, scores, picked, nobody, against="nobody", confidence=confidence),
        against=tuple(
            contrast(data, scores, picked, other, against=name, confidence=confidence)
            for name, other in others.items()
        ),
        naive_value=max(eligible),
        picks=tuple(picks),
    )
    return chosen, standings


def _pick(
    candidates: Sequence[Candidate], ground: Ground, folds: Sequence[int], *, outer: int | None
) -> tuple[int, tuple[bool, ...], list[IntArray]]:
    """The candidate to follow, by honest values inside these folds."""
    rows = np.flatnonzero(np.isin(ground.folds, list(folds)))
    weights = None if ground.weights is None else ground.weights[rows]
    actions = [honest_actions(one, ground, folds, outer) for one in candidates]
    values = [gains(ground.scores[rows], own[rows]) for own in actions]
    limits = ground.limits
    keep = [
        index
        for index, own in enumerate(actions)
        if limits.allow(ground.mean(limits.spend_of(own[rows]), rows))
    ]
    chosen, near = simplest_near_the_best(
        [candidates[index] for index in keep], [values[index] for index in keep], weights
    )
    inside = dict(zip(keep, near, strict=True))
    return keep[chosen], tuple(inside.get(i, False) for i in range(len(candidates))), actions


def _standings(
    data: Randomised,
    ground: Ground,
    candidates: Sequence[Candidate],
    actions: Sequence[IntArray],
    near: Sequence[bool],
    confidence: float,
) -> tuple[Standing, ...]:
    scores, weights = ground.scores, data.weights
    everybody = np.arange(len(ground.folds))
    nobody = np.zeros(len(everybody), dtype=np.int64)
    means = [mean_and_error(gains(scores, own), weights)[0] for own in actions]
    leader = max(
        (i for i, one in enumerate(candidates) if one.kind in SIMPLICITY), key=lambda i: means[i]
    )
    rows = []
    for index, (one, own) in enumerate(zip(candidates, actions, strict=True)):
        choice = one.learn(list(range(ground.fold_count)), None)
        seen = one.act(choice, everybody, None)
        behind = contrast(
            data,
            scores,
            actions[leader],
            own,
            against=one.name,
            confidence=confidence,
        )
        rows.append(
            Standing(
                name=one.name,
                kind=one.kind,
                share=_share(own, weights),
                value=contrast(data, scores, own, nobody, against="nobody", confidence=confidence),
                naive_value=mean_and_error(gains(scores, seen), weights)[0],
                behind=None if index == leader else behind,
                within_one_error=near[index],
                choice=choice,
            )
        )
    order = np.argsort([-mean for mean in means], kind="stable")
    return tuple(rows[index] for index in order)


def _share(actions: IntArray, weights: FloatArray | None) -> float:
    return float(np.average(actions > 0, weights=weights))
