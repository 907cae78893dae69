"""This campaign beside what earlier ones taught: belief and advice with memory.

Evidence never uses memory; advice does wherever an earlier campaign of the same people and family
of offers is remembered. Pure: findings and the lessons that the report pins in, findings out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from regulars_experiments.memory import FLAGGED_DRIFT_Z, remember
from regulars_experiments.pooling import Posterior
from regulars_experiments.results import Estimate, FloatArray
from regulars_experiments.verdicts import Decision
from regulars_platform.campaigns.plan import Plan
from regulars_platform.memory.cells import CellKey, past_campaigns
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of_plan
from regulars_platform.memory.service import families_of
from regulars_platform.reports.deciding import Believed, believed_of, decide_for
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.findings import Findings, GroupFinding


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """Net per unit told: mean, central interval, and the chance that it is above zero."""

    mean: float
    low: float
    high: float
    chance_positive: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RememberedGroup:
    """One group of a report in the light of memory.

    family: key of its offer's. error: of its net, for weighing campaigns against each other; None
    without an estimate. campaigns: ids of those remembered, the oldest first. expected: of this
    campaign before it began; alone: this campaign (with its other segments); with_memory: both.
    drift_z: how far this campaign lies from what was expected, in standard deviations.
    advice, advice_alone: what to do with and without memory: keep, stop or test again. Without
    memory everything from expected on is None.
    """

    arm: str
    segment: str | None
    segment_key: str
    family: str
    error: float | None
    campaigns: tuple[int, ...]
    expected: Belief | None
    alone: Belief | None
    with_memory: Belief | None
    drift_z: float | None
    advice: str | None
    advice_alone: str | None

    @property
    def drifted(self) -> bool:
        """This campaign contradicts the earlier ones by more than chance."""
        return self.drift_z is not None and abs(self.drift_z) > FLAGGED_DRIFT_Z


def with_memory(
    findings: Findings, plan: Plan, ledger: pl.DataFrame, lessons: Sequence[Lesson]
) -> tuple[Findings, tuple[RememberedGroup, ...]]:
    """The findings with advice from memory where there is any, and what memory says of each group.

    Groups that are hidden are not spoken of.
    """
    groups = [g for g in (*findings.overall, *findings.segments) if not g.hidden]
    cells = _cells(groups, plan, ledger)
    past = past_campaigns(lessons, cells, plan.send_date)
    recalled = past.recalled()
    alone, alone_error = _columns(groups, plan, _believed)
    found = remember(recalled.as_prior, alone, alone_error)
    # what was expected without the doubt: with it nothing would ever be a surprise
    drift_z = remember(recalled.expected, *_columns(groups, plan, _measured)).drift_z
    beliefs = [
        _beliefs(posterior, plan)
        for posterior in (recalled.expected, found.alone, found.with_memory)
    ]
    decisions = {
        place: (
            believed_of(found.with_memory, place, plan, "memory"),
            decide_for(
                found.with_memory,
                place,
                plan,
                error=_measured(group, plan)[1],
                customers=group.customers,
            ),
        )
        for place, group in enumerate(groups)
        if past.campaigns[place]
    }
    remembered = [
        RememberedGroup(
            arm=group.arm,
            segment=group.segment,
            segment_key=cells[place][0],
            family=cells[place][1],
            error=_none_if_unknown(_measured(group, plan)[1]),
            campaigns=tuple(one.campaign_id for one in past.campaigns[place]),
            expected=beliefs[0][place],
            alone=beliefs[1][place] if past.campaigns[place] else None,
            with_memory=beliefs[2][place] if past.campaigns[place] else None,
            drift_z=_none_if_unknown(float(drift_z[place])),
            advice=decisions[place][1].advice.value if place in decisions else None,
            advice_alone=group.decision.advice.value
            if place in decisions and group.decision is not None
            else None,
        )
        for place, group in enumerate(groups)
    ]
    return _advised(findings, groups, decisions), tuple(remembered)


def _cells(groups: Sequence[GroupFinding], plan: Plan, ledger: pl.DataFrame) -> list[CellKey]:
    """Which cell of memory each group belongs to; without segments everyone else is everybody."""
    families, people = families_of(plan, ledger), people_of_plan(plan)
    return [
        (people.get(group.segment, people[None]).key, families[group.arm, group.segment].key)
        for group in groups
    ]


def _advised(
    findings: Findings,
    groups: Sequence[GroupFinding],
    decisions: Mapping[int, tuple[Believed, Decision]],
) -> Findings:
    """The findings with these beliefs and decisions, by place in groups, instead of their own."""
    advised = {
        (groups[place].arm, groups[place].segment): found for place, found in decisions.items()
    }

    def advice(group: GroupFinding) -> GroupFinding:
        found = advised.get((group.arm, group.segment))
        if found is None:
            return group
        return replace(group, believed=found[0], decision=found[1])

    return replace(
        findings,
        overall=tuple(map(advice, findings.overall)),
        segments=tuple(map(advice, findings.segments)),
    )


def memory_json(groups: Sequence[RememberedGroup]) -> dict[str, Any]:
    """The report's part on memory; one cell per arm and group that is shown."""
    return {
        "cells": [
            {
                "arm": group.arm,
                "segment": group.segment,
                "segment_key": group.segment_key,
                "family": group.family,
                "error": group.error,
                "campaigns": list(group.campaigns),
                "expected": _belief_json(group.expected),
                "alone": _belief_json(group.alone),
                "with_memory": _belief_json(group.with_memory),
                "drift_z": group.drift_z,
                "drifted": group.drifted,
                "advice": group.advice,
                "advice_alone": group.advice_alone,
            }
            for group in groups
        ]
    }


def _belief_json(belief: Belief | None) -> Mapping[str, float] | None:
    if belief is None:
        return None
    return {
        "mean": belief.mean,
        "low": belief.low,
        "high": belief.high,
        "chance_positive": belief.chance_positive,
    }


def _measured(group: GroupFinding, plan: Plan) -> tuple[float, float]:
    """Its own net and the error by which it is weighed; NaN where there is none."""
    del plan
    if not isinstance(group.net, Estimate):
        return np.nan, np.nan
    error = group.net.standard_error if group.segment is None else group.shared_error
    return group.net.estimate, np.nan if error is None else error


def _believed(group: GroupFinding, plan: Plan) -> tuple[float, float]:
    """What this campaign says of it, its other segments included: as a normal belief.

    The deviation is that of the normal with the pooled belief's central interval.
    """
    if group.pooled is None:
        return _measured(group, plan)
    reach = 2 * special.ndtri(0.5 + plan.confidence / WHOLE / 2)
    return group.pooled.mean, (group.pooled.high - group.pooled.low) / float(reach)


def _columns(groups: Sequence[GroupFinding], plan: Plan, ask: Any) -> tuple[FloatArray, FloatArray]:
    pairs = np.array([ask(group, plan) for group in groups], dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _beliefs(posterior: Posterior, plan: Plan) -> list[Belief | None]:
    tail = (1 - plan.confidence / WHOLE) / 2
    with np.errstate(invalid="ignore"):
        columns = (
            posterior.mean(),
            posterior.quantile(tail),
            posterior.quantile(1 - tail),
            posterior.chance_above_zero(),
        )
    return [
        Belief(mean=mean, low=low, high=high, chance_positive=chance) if np.isfinite(mean) else None
        for mean, low, high, chance in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _none_if_unknown(value: float) -> float | None:
    return value if np.isfinite(value) else None
