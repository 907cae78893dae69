"""The report as canonical JSON (schema `regulars.report/1`): the page, the download and the store.

The same inputs give the same bytes: sums are exact integers, and every number that is not a count
is rounded to ten significant digits, far below what matters and above what two machines' libraries
differ by.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_experiments.results import Answer, answer_as_json
from regulars_experiments.verdicts import Decision
from regulars_platform.campaigns.plan import Plan, plan_json
from regulars_platform.randomised.document import effect_as_json
from regulars_platform.reports.days import ArmDays
from regulars_platform.reports.deciding import believed_json
from regulars_platform.reports.findings import Findings, GroupFinding
from regulars_platform.reports.matching import FileMatch

SCHEMA = "regulars.report/1"
_DIGITS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What surrounds the findings. Days as YYYY-MM-DD in the shop's time zone.

    data_until: day of the last order in the table. state: "open" (the outcome window runs),
    "provisional" (returns have not settled), "closed". gap: orders end before the window does,
    though the window is over. attributed: orders of the window with a customer / all of them.
    inputs: versions of everything that was read.
    """

    evaluated_on: str
    data_until: str | None
    state: str
    gap: bool
    attributed: tuple[int, int]
    matches: tuple[FileMatch, ...]
    failed_sends: Mapping[str, int]
    left_out: Mapping[str, int]
    inputs: Mapping[str, Any]


def report_document(
    plan: Plan,
    findings: Findings,
    days: Sequence[ArmDays],
    circumstances: Circumstances,
    sections: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything the report page shows, and what it was computed from.

    sections: further parts by their key, as each one's own module writes them.
    """
    return {
        "schema": SCHEMA,
        "plan": plan_json(plan),
        "status": {
            "evaluated_on": circumstances.evaluated_on,
            "data_until": circumstances.data_until,
            "state": circumstances.state,
            "gap": circumstances.gap,
            "settle_until": plan.settle_until.isoformat(),
        },
        "checks": _checks(findings, circumstances),
        "overall": [_group(group) for group in findings.overall],
        "segments": [_group(group) for group in findings.segments],
        "heterogeneity": [
            {
                "arm": arm,
                "q": test.q,
                "degrees_of_freedom": test.degrees_of_freedom,
                "p_value": test.p_value,
            }
            for arm, test in findings.heterogeneity
        ],
        "metrics": [effect_as_json(effect) for effect in findings.effects],
        "days": [_days(arm) for arm in days],
        "inputs": dict(circumstances.inputs),
        **sections,
    }


def canonical_report(document: Mapping[str, Any]) -> str:
    """The one spelling of a report: sorted keys, rounded numbers, UTF-8 text, no blanks."""
    return json.dumps(
        rounded(document),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def rounded(value: object) -> object:
    """Floats to ten significant digits; a float that is no number has no place in a report."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a report cannot hold a number that is not finite")
        # -0.0 and 0.0 are the same amount of money and must be the same bytes
        return float(f"{value:.{_DIGITS}g}") + 0.0
    if isinstance(value, Mapping):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [rounded(part) for part in value]
    return value


def _group(group: GroupFinding) -> dict[str, Any]:
    place = {
        "arm": group.arm,
        "segment": group.segment,
        "n": group.n,
        "n_control": group.n_control,
        "customers": group.customers,
        "hidden": group.hidden,
    }
    if group.hidden:
        return place
    return place | {
        "control_margin": group.control_margin,
        "net": answer_as_json(group.net),
        "bars": [{"name": bar.name, **answer_as_json(bar.amount)} for bar in group.bars],
        "sensitivity": [
            {"method": other.method, "difference": answer_as_json(other.difference)}
            for other in group.sensitivity
        ],
        "adjusted_p": group.adjusted_p,
        "evidence": group.evidence.value,
        "pooled": None
        if group.pooled is None
        else {"mean": group.pooled.mean, "low": group.pooled.low, "high": group.pooled.high},
        "believed": believed_json(group.believed),
        "decision": None if group.decision is None else _decision(group.decision),
        "offer_uses": group.offer_uses,
        "offer_uses_control": group.offer_uses_control,
        "leak": None if group.leak is None else answer_as_json(group.leak),
        "return_on_cost": _without_test(group.return_on_cost),
        "net_per_user": None if group.per_user is None else _without_test(group.per_user),
        "spread_changed": group.spread_changed,
    }


def _days(arm: ArmDays) -> dict[str, Any]:
    """Day 1 is the send date. Without p-values: a single day before the end is no test."""
    return {
        "arm": arm.arm,
        "days": [
            {
                "day": number,
                "date": day.date.isoformat(),
                "cumulative": _without_test(day.cumulative),
                "daily": _without_test(day.daily),
            }
            for number, day in enumerate(arm.days, start=1)
        ],
        "kept": [
            {
                "early_days": kept.early_days,
                "late_days": kept.late_days,
                "share": _without_test(kept.share),
                "settles": kept.settles.isoformat(),
            }
            for kept in arm.kept
        ],
    }


def _without_test(answer: Answer) -> dict[str, Any]:
    """Estimate and limits alone, or why there are none."""
    written = answer_as_json(answer)
    return {key: part for key, part in written.items() if key not in {"standard_error", "p_value"}}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "advice": decision.advice.value,
        "chance_positive": decision.chance_positive,
        "expected_net": decision.expected_net,
        "loss_if_kept_wrongly": decision.loss_if_kept_wrongly,
        "loss_if_stopped_wrongly": decision.loss_if_stopped_wrongly,
        "value_of_test": decision.value_of_test,
        "cost_of_test": decision.cost_of_test,
        "value_of_change": decision.value_of_change,
    }


def _checks(findings: Findings, circumstances: Circumstances) -> dict[str, Any]:
    known, orders = circumstances.attributed
    return {
        "sample_ratio": {
            "observed": list(findings.ratio.observed),
            "expected": list(findings.ratio.expected),
            "p_value": findings.ratio.p_value,
            "method": findings.ratio.method,
            "flagged": findings.ratio.flagged,
        },
        "balance": [
            {
                "arm": arm,
                "p_value": None if math.isnan(test.p_value) else test.p_value,
                "flagged": test.flagged,
                "differences": {
                    name: None if math.isnan(value) else value
                    for name, value in zip(test.covariates, test.differences, strict=True)
                },
            }
            for arm, test in findings.balances
        ],
        "attributed": {"known": known, "orders": orders},
        "matches": [
            {
                "import_id": match.import_id,
                "orders": match.orders,
                "known": match.known,
                "in_campaign": match.in_campaign,
                "before": [
                    {"arm": arm, "customers": there, "found": found}
                    for arm, there, found in match.before
                ],
                "p_value": match.p_value,
                "flagged": match.flagged,
            }
            for match in circumstances.matches
        ],
        "failed_sends": dict(circumstances.failed_sends),
        "left_out": dict(circumstances.left_out),
    }
