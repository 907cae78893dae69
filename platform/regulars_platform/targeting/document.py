"""Whom to keep, as canonical JSON (schema `regulars.targeting/1`): page, download and store.

What the models found is the part `uplift`, in the schema that the command line writes, too
(`regulars.uplift/1`). Beside it stand the rules that a next round can follow.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regulars_experiments.results import answer_as_json
from regulars_experiments.uplift.checks import Finding
from regulars_experiments.uplift.columns import Binned
from regulars_experiments.uplift.evaluation import Asked, UpliftReport
from regulars_experiments.uplift.policy import Standing
from regulars_experiments.uplift.splits import Leaf, Node
from regulars_experiments.uplift.words import Condition, Line, lines_of
from regulars_platform.campaigns.plan import Plan
from regulars_platform.randomised.uplift_document import uplift_document
from regulars_platform.targeting.data import CampaignData
from regulars_platform.targeting.scores import scored_by

SCHEMA = "regulars.targeting/1"
_POINTS = 50
WORKED_OUT, UNFIT = "worked_out", "unfit"


def targeting_document(
    plan: Plan, found: CampaignData, report: UpliftReport, asked: Asked, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer. Lines of rules have -inf ("any value at all") as null beside `known`.

    chosen: `value` and `honest_share` are those of choosing, each part of the customers left out in
    turn; settled: whether that picked the same candidate each time.
    """
    segments = found.segments
    chosen = report.chosen.choice
    return _head(plan, inputs) | {
        "status": WORKED_OUT,
        "units": found.units.height,
        "uplift": uplift_document(
            report,
            asked,
            source=plan.name,
            unit=f"net profit per {plan.unit}, {plan.currency}",
            chances_from="plan",
        ),
        "scored_by": scored_by(report).name,
        "chosen": {
            "kind": report.chosen.kind,
            "name": report.chosen.name,
            "actions": sorted({int(action) for action in np.unique(report.chosen.actions)} - {0}),
            "value": answer_as_json(report.chosen.value.value),
            "honest_share": report.chosen.honest_share,
            "settled": set(report.chosen.picks) == {report.chosen.name},
            "agreement": report.chosen.agreement,
        },
        "rules": [
            _rule(row, report.lineup.binned, report)
            for row in report.leaderboard
            if row.kind == "one_column"
        ]
        + [
            _rule(row, report.lineup.card_columns, report)
            for row in report.leaderboard
            if row.kind == "card"
        ],
        "gain_curve": _gain_curve(report),
        "by_segment": None
        if segments is None or not isinstance(chosen, tuple)
        else [
            {
                "segment": name,
                "action": action,
                "customers": int((segments.codes == place).sum()),
            }
            for place, (name, action) in enumerate(zip(segments.names, chosen, strict=True))
        ],
    }


def unfit_document(
    plan: Plan, findings: Sequence[Finding], inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Why there is no answer."""
    return _head(plan, inputs) | {
        "status": UNFIT,
        "problems": [
            {"code": one.code.value, "subject": one.subject, "detail": one.detail}
            for one in findings
        ],
    }


def read_lines(stored: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Lines of a rule out of the document."""
    return tuple(
        Line(
            conditions=tuple(_read_condition(part) for part in line["conditions"]),
            action=line["action"],
            customers=line["customers"],
            share=line["share"],
        )
        for line in stored
    )


def _head(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "currency": plan.currency,
        "confidence_percent": float(plan.confidence) / 100,
        "unit": plan.unit,
        "arms": list(plan.arm_names),
        "inputs": dict(inputs),
    }


def _gain_curve(report: UpliftReport) -> list[dict[str, float | None]]:
    """The curve of the ranking whose scores are kept: gain per unit of the audience when the first
    share is told, its band for all shares at once (None where too few stand above), and what a
    random order gains. At most some _POINTS cuts, the last always."""
    name = scored_by(report).name
    curve = next(one.gain for one in report.rankings if one.name == name)
    last = len(curve.share) - 1
    places = sorted({round(place * last / _POINTS) for place in range(_POINTS + 1)})
    return [
        {
            "share": float(curve.share[i]),
            "gain": _number(curve.gain[i]),
            "low": _number(curve.band_low[i]),
            "high": _number(curve.band_high[i]),
            "random": _number(curve.random[i]),
        }
        for i in places
    ]


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rule(row: Standing, binned: Binned, report: UpliftReport) -> dict[str, Any]:
    tree = row.choice if isinstance(row.choice, Leaf | Node) else Leaf(action=0)
    lines = lines_of(tree, binned, report.data)
    return {
        "kind": row.kind,
        "lines": [_line(line) for line in lines],
        "share": row.share,
        "value": answer_as_json(row.value.value),
        "verdict": row.value.verdict.value,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "conditions": [_condition(part) for part in line.conditions],
        "action": line.action,
        "customers": line.customers,
        "share": line.share,
    }


def _condition(part: Condition) -> dict[str, Any]:
    """`is_known`: true or false where the question is only whether there is a value."""
    lowest = float("-inf")
    known = None
    if lowest in (part.at_least, part.below):
        known = part.at_least is not None
    return {
        "column": part.column,
        "at_least": None if known is not None else part.at_least,
        "below": None if known is not None else part.below,
        "levels": None if part.levels is None else list(part.levels),
        "missing": part.missing,
        "is_known": known,
    }


def _read_condition(stored: Mapping[str, Any]) -> Condition:
    lowest = float("-inf")
    known = stored["is_known"]
    return Condition(
        column=stored["column"],
        at_least=lowest if known else stored["at_least"],
        below=lowest if known is False else stored["below"],
        levels=None if stored["levels"] is None else tuple(stored["levels"]),
        missing=stored["missing"],
    )
