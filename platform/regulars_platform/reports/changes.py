"""Advice "change the threshold": where another one is expected to earn more than all else.

In a ladder that is another of its steps, for everybody and in each segment; with one threshold for
all it is telling only those for whom it is expected to pay.

One belief decides. In a ladder it is the curve over its steps, for whether a step pays as for
whether another earns more; where earlier campaigns are remembered theirs decides instead, and a
change is spoken of only where both beliefs say that the other step earns more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from regulars_experiments.results import Estimate
from regulars_experiments.threshold_ratios import Reach
from regulars_experiments.verdicts import with_change
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.deciding import believed_of, decide_for
from regulars_platform.reports.findings import Findings, GroupFinding
from regulars_platform.reports.thresholds import RatioFinding, StepGroup, ThresholdFindings

_Place = tuple[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """One arm of a ladder in one group, and that of the step expected to earn most."""

    group: StepGroup
    place: int
    best: _Place


def with_changes(
    findings: Findings, thresholds: ThresholdFindings, plan: Plan, *, changing: bool = True
) -> Findings:
    """The findings, each decision by the belief that is shown, and what a change would earn more.

    changing: whether to speak of other thresholds; not while the outcome window is open.
    """
    steps = dict(_steps(thresholds))
    narrowing = dict(_narrowing(thresholds))
    decided = {
        (group.arm, group.segment): _by_steps(group, steps.get((group.arm, group.segment)), plan)
        for group in (*findings.overall, *findings.segments)
    }

    def reconsidered(group: GroupFinding) -> GroupFinding:
        key = (group.arm, group.segment)
        found = decided[key]
        gain = narrowing.get(key)
        if key in steps:
            gain = _gain(steps[key], found, decided.get(steps[key].best))
        if gain is None or found.decision is None or not changing:
            return found
        more, chance = gain
        decision = with_change(
            found.decision,
            more,
            chance=chance,
            customers=found.customers,
            rounds=plan.horizon_rounds,
        )
        return replace(found, decision=decision)

    return replace(
        findings,
        overall=tuple(map(reconsidered, findings.overall)),
        segments=tuple(map(reconsidered, findings.segments)),
    )


def _by_steps(group: GroupFinding, step: _Step | None, plan: Plan) -> GroupFinding:
    """The group as the curve over its ladder's steps sees it; as it was where memory decides."""
    remembered = group.believed is not None and group.believed.basis == "memory"
    believed = None if step is None else step.group.curve.believed
    if step is None or believed is None or remembered:
        return group
    decision = decide_for(
        believed, step.place, plan, error=_error(group), customers=group.customers
    )
    return replace(
        group,
        believed=believed_of(believed, step.place, plan, "steps"),
        decision=decision,
    )


def _gain(
    step: _Step, group: GroupFinding, best: GroupFinding | None
) -> tuple[float, float] | None:
    """What the best step is expected to earn more per unit, and how likely that is."""
    change = step.group.changes[step.place]
    if change is None or not step.group.curve.pays or best is None:
        return None
    here, there = group.believed, best.believed
    if here is None or there is None or here.basis != there.basis:
        return None
    return there.mean - here.mean, change.chance


def _error(group: GroupFinding) -> float:
    """Of the group's own net: its interval's for everybody, for a segment the shared one."""
    if not isinstance(group.net, Estimate):
        return np.nan
    error = group.net.standard_error if group.segment is None else group.shared_error
    return np.nan if error is None else error


def _steps(thresholds: ThresholdFindings) -> Iterator[tuple[_Place, _Step]]:
    for found in thresholds.ladders:
        for group in found.groups:
            best, segment = group.curve.recommended, group.curve.segment
            if best is None:
                continue
            target = (found.ladder.arms[best], segment)
            for place, arm in enumerate(found.ladder.arms):
                yield (arm, segment), _Step(group=group, place=place, best=target)


def _narrowing(
    thresholds: ThresholdFindings,
) -> Iterator[tuple[_Place, tuple[float, float]]]:
    """(arm, everybody) -> what telling fewer is expected to earn more per unit, and its chance."""
    for curve in thresholds.curves:
        if curve.change is not None and curve.curve.reach is Reach.SOME:
            yield (curve.arm, None), (curve.change.gain * _with_value(curve), curve.change.chance)


def _with_value(curve: RatioFinding) -> float:
    """Share of the units drawn whose past orders say something."""
    known = float(curve.curve.customers.sum())
    return known / (known + curve.without_value)
