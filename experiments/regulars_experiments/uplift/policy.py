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
from itertools import combinations

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
    and valued on the same customers. behind: what the best candidate that keeps the limits earns
    more; None for itself. within_one_error: not further behind than one paired standard error.
    choice: on all folds.
    """

    name: str
    kind: str
    share: float
    value: Contrast
    naive_value: float
    behind: Contrast | None
    within_one_error: bool
    keeps_limits: bool
    choice: Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The plan to follow, and what following such plans is worth.

    name, kind, choice: of the candidate chosen on all folds, and its rule or cut-off. actions:
    (rows,), what it does with the customers of this campaign. honest_actions: (rows,), what was
    chosen for each fold without it; every value is theirs. share: told by `actions`; honest_share:
    by honest_actions. value: against nobody. against: everyone, response and whatever was asked
    for. naive_value: what the best candidate, chosen and valued on the same customers, would
    claim. picks: which candidate was chosen for each fold; agreement: the share of customers whom
    two of those plans treat alike. standing: of the deployed candidate by itself.
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
    agreement: float
    standing: Standing

    @property
    def settled(self) -> bool:
        """Whether every fold was given the plan that is deployed, so that its value is its own."""
        return bool((self.actions == self.honest_actions).all())

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


def agreement_of(plans: Sequence[IntArray]) -> float:
    """The share of customers whom two of these plans treat alike, on average over the pairs.

    >>> import numpy as np
    >>> agreement_of([np.array([0, 1]), np.array([0, 0]), np.array([0, 0])])  # half, half, all
    0.6666666666666666
    """
    pairs = list(combinations(plans, 2))
    return float(np.mean([np.mean(one == other) for one, other in pairs])) if pairs else 1.0


def fold_plans(candidate: Candidate, ground: Ground) -> list[IntArray]:
    """Per fold what the candidate learnt without it would do with everybody, (rows,) each."""
    folds = range(ground.fold_count)
    everybody = np.arange(len(ground.folds))
    return [
        candidate.act(
            candidate.learn([other for other in folds if other != fold], fold), everybody, None
        )
        for fold in folds
    ]


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
    folds = list(range(ground.fold_count))
    everybody = np.arange(len(ground.folds))
    plans, picks = [], []
    for fold in folds:
        inner = [other for other in folds if other != fold]
        index = _pick(candidates, ground, inner, outer=fold)[0]
        choice = candidates[index].learn(inner, fold)
        plans.append(candidates[index].act(choice, everybody, None))
        picks.append(candidates[index].name)
    honest = np.stack(plans)[ground.folds, everybody]
    index, near, kept = _pick(candidates, ground, folds, outer=None)
    entries = [_entry(one, ground) for one in candidates]
    standings = _standings(data, ground, candidates, entries, near, kept, confidence)
    value = _Valued(data, ground.scores, honest, agreement_of(plans), confidence)
    others = {
        one.kind: (entry.honest, entry.agreement)
        for one, entry in zip(candidates, entries, strict=True)
        if one.kind in {"everyone", "response"}
    } | {name: (actions, 1.0) for name, actions in comparisons.items()}
    chosen = Chosen(
        name=candidates[index].name,
        kind=candidates[index].kind,
        choice=standings[index].choice,
        actions=entries[index].deployed,
        honest_actions=honest,
        share=_share(entries[index].deployed, data.weights),
        honest_share=_share(honest, data.weights),
        value=value.against("nobody", np.zeros(len(honest), dtype=np.int64), 1.0),
        against=tuple(value.against(name, *other) for name, other in others.items()),
        naive_value=max(
            row.naive_value for row in standings if row.keeps_limits and row.kind in SIMPLICITY
        ),
        picks=tuple(picks),
        agreement=value.agreement,
        standing=standings[index],
    )
    means = [mean_and_error(gains(ground.scores, one.honest), data.weights)[0] for one in entries]
    order = np.argsort([-mean for mean in means], kind="stable")
    return chosen, tuple(standings[place] for place in order)


@dataclass(frozen=True, slots=True)
class _Valued:
    """One plan's honest actions, to be compared with others."""

    data: Randomised
    scores: FloatArray
    actions: IntArray
    agreement: float
    confidence: float

    def against(self, name: str, others: IntArray, agreement: float) -> Contrast:
        return contrast(
            self.data,
            self.scores,
            self.actions,
            others,
            against=name,
            confidence=self.confidence,
            agreement=min(self.agreement, agreement),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a candidate would do: honest (rows,), deployed (rows,), its choice on all folds."""

    honest: IntArray
    deployed: IntArray
    agreement: float
    choice: Choice


def _entry(candidate: Candidate, ground: Ground) -> _Entry:
    everybody = np.arange(len(ground.folds))
    plans = fold_plans(candidate, ground)
    choice = candidate.learn(list(range(ground.fold_count)), None)
    return _Entry(
        honest=np.stack(plans)[ground.folds, everybody],
        deployed=candidate.act(choice, everybody, None),
        agreement=agreement_of(plans),
        choice=choice,
    )


def _pick(
    candidates: Sequence[Candidate], ground: Ground, folds: Sequence[int], *, outer: int | None
) -> tuple[int, tuple[bool, ...], tuple[bool, ...]]:
    """The candidate to follow by honest values inside these folds.

    Also who is within one error of the best, and who keeps the limits. Candidates learn within the
    limits; only the one that always tells everybody can break them.
    """
    rows = np.flatnonzero(np.isin(ground.folds, list(folds)))
    weights = None if ground.weights is None else ground.weights[rows]
    actions = [honest_actions(one, ground, folds, outer)[rows] for one in candidates]
    values = [gains(ground.scores[rows], own) for own in actions]
    limits = ground.limits
    kept = tuple(
        one.kind != "everyone" or bool(limits.allow(ground.mean(limits.spend_of(own), rows)))
        for one, own in zip(candidates, actions, strict=True)
    )
    keep = [index for index, fits in enumerate(kept) if fits]
    chosen, near = simplest_near_the_best(
        [candidates[index] for index in keep], [values[index] for index in keep], weights
    )
    inside = dict(zip(keep, near, strict=True))
    return keep[chosen], tuple(inside.get(i, False) for i in range(len(candidates))), kept


def _standings(
    data: Randomised,
    ground: Ground,
    candidates: Sequence[Candidate],
    entries: Sequence[_Entry],
    near: Sequence[bool],
    kept: Sequence[bool],
    confidence: float,
) -> tuple[Standing, ...]:
    """In the order of the candidates."""
    scores, weights = ground.scores, data.weights
    nobody = np.zeros(len(ground.folds), dtype=np.int64)
    means = [mean_and_error(gains(scores, one.honest), weights)[0] for one in entries]
    leader = max(
        (i for i, one in enumerate(candidates) if kept[i] and one.kind in SIMPLICITY),
        key=lambda i: means[i],
    )
    best = entries[leader]
    ahead = _Valued(data, scores, best.honest, best.agreement, confidence)
    rows = []
    for index, (one, entry) in enumerate(zip(candidates, entries, strict=True)):
        own = _Valued(data, scores, entry.honest, entry.agreement, confidence)
        behind = ahead.against(one.name, entry.honest, entry.agreement)
        rows.append(
            Standing(
                name=one.name,
                kind=one.kind,
                share=_share(entry.honest, weights),
                value=own.against("nobody", nobody, 1.0),
                naive_value=mean_and_error(gains(scores, entry.deployed), weights)[0],
                behind=None if index == leader else behind,
                within_one_error=near[index],
                keeps_limits=kept[index],
                choice=entry.choice,
            )
        )
    return tuple(rows)


def _share(actions: IntArray, weights: FloatArray | None) -> float:
    return float(np.average(actions > 0, weights=weights))
