"""Advice "change the threshold": where another one is expected to earn more than all else.

In a ladder that is another of its steps, for everybody and in each segment; with one threshold for
all it is telling only those for whom it is expected to pay.
"""

from collections.abc import Iterator
from dataclasses import replace

from regulars_experiments.threshold_ratios import Reach
from regulars_experiments.verdicts import with_change
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.findings import Findings, GroupFinding
from regulars_platform.reports.thresholds import RatioFinding, ThresholdFindings


def with_changes(findings: Findings, thresholds: ThresholdFindings, plan: Plan) -> Findings:
    """The findings, each decision with what another threshold is expected to earn more."""
    gains = dict(_gains(thresholds))

    def reconsidered(group: GroupFinding) -> GroupFinding:
        gain = gains.get((group.arm, group.segment))
        if gain is None or group.decision is None:
            return group
        decision = with_change(
            group.decision, gain, customers=group.customers, rounds=plan.horizon_rounds
        )
        return replace(group, decision=decision)

    return replace(
        findings,
        overall=tuple(map(reconsidered, findings.overall)),
        segments=tuple(map(reconsidered, findings.segments)),
    )


def _gains(thresholds: ThresholdFindings) -> Iterator[tuple[tuple[str, str | None], float]]:
    """(arm, segment) -> what changing is expected to earn more, per unit of the group."""
    for found in thresholds.ladders:
        for group in found.groups:
            if not group.curve.pays:
                continue
            for arm, change in zip(found.ladder.arms, group.changes, strict=True):
                if change is not None:
                    yield (arm, group.curve.segment), change.gain
    for curve in thresholds.curves:
        if curve.change is not None and curve.curve.reach is Reach.SOME:
            yield (curve.arm, None), curve.change.gain * _with_value(curve)


def _with_value(curve: RatioFinding) -> float:
    """Share of the units drawn whose past orders say something."""
    known = float(curve.curve.customers.sum())
    return known / (known + curve.without_value)
