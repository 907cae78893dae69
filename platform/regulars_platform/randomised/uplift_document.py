"""The JSON of an uplift evaluation: schema `regulars.uplift/1`, described in docs/uplift-json.md.

Fields are only ever added; a field that changes its meaning changes the schema's number. Money is
per customer of the audience, in the unit of account.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from regulars_experiments.results import Answer, Estimate, NotEstimable, answer_as_json
from regulars_experiments.uplift.curves import GainCurve
from regulars_experiments.uplift.evaluation import Asked, UpliftReport
from regulars_experiments.uplift.harm import SleepingDogs
from regulars_experiments.uplift.policy import Standing
from regulars_experiments.uplift.quality import RankingQuality
from regulars_experiments.uplift.values import Contrast
from regulars_experiments.uplift.words import (
    Condition,
    Line,
    condition_words,
    joined,
    sentence,
)

SCHEMA = "regulars.uplift/1"
_RESPONSE = "response model"
_DIGITS = 10
_EXACT = ("at_least", "below")  # who reads a rule has to find the same customers


def uplift_document(
    report: UpliftReport, asked: Asked, *, source: str, unit: str, chances_from: str
) -> dict[str, Any]:
    """The whole answer as plain values, numbers at ten significant digits, thresholds at all.

    source: the file or campaign. unit: of the outcome, in words. chances_from: "plan" where the
    arms' chances are those of the plan, "rows" where they are the shares found.
    """
    data, arms = report.data, report.data.arm_names
    document = {
        "schema": SCHEMA,
        "source": source,
        "unit": unit,
        "confidence": asked.confidence,
        "seed": asked.seed,
        "folds": int(report.fitted.folds.max()) + 1,
        "customers": len(data.outcome),
        "arms": [
            {
                "arm": name,
                "customers": int((data.arm == place).sum()),
                "chance": float(data.probabilities[place]),
                "contact_cost": 0.0
                if data.contact_costs is None
                else float(data.contact_costs[place]),
            }
            for place, name in enumerate(arms)
        ],
        "chances_from": chances_from,
        "features": list(data.features.names),
        "limits": {"share": asked.limits.share, "cost": asked.limits.cost},
        "warnings": [
            {
                "code": found.code.value,
                "subject": found.subject,
                "detail": found.detail,
                "words": found.words,
            }
            for found in report.warnings
        ],
        "models": [_model(one) for one in report.rankings],
        "chosen": _chosen(report),
        "policy": _policy(report),
        "rule": None if report.rule is None else _rule(report.rule, arms),
        "card": _rule(report.card, arms) | {"standing": _standing(report.card_standing, report)},
        "one_column": None if report.one_column is None else _rule(report.one_column, arms),
        "leaderboard": [_standing(row, report) for row in report.leaderboard],
        "gain_curve": _gain_curve(report),
        "sleeping_dogs": [_dogs(one, report) for one in report.sleeping_dogs],
    }
    rounded: dict[str, Any] = _rounded(document)
    return rounded


def _model(one: RankingQuality) -> dict[str, Any]:
    """qini: scikit-uplift's coefficient for outcomes of 0 and 1, else the Qini area in the unit."""
    yes_or_no = isinstance(one.qini_coefficient, Estimate)
    qini = one.qini_coefficient if yes_or_no else one.qini_area
    return {
        "learner": one.learner,
        "base": one.base,
        "qini": _estimate(qini),
        "qini_se": _error(qini),
        "qini_kind": "coefficient" if yes_or_no else "area",
        "qini_area": answer_as_json(one.qini_area),
        "qini_coefficient": answer_as_json(one.qini_coefficient) if yes_or_no else None,
        "auuc": _estimate(one.auuc),
        "auuc_se": _error(one.auuc),
        "uplift_at_30": _estimate(one.uplift_at_30),
        "uplift_at_30_se": _error(one.uplift_at_30),
        "deciles": [answer_as_json(answer) for answer in one.deciles],
        "why": one.qini_area.words if isinstance(one.qini_area, NotEstimable) else None,
    }


def _chosen(report: UpliftReport) -> dict[str, Any]:
    chosen = report.chosen
    return {
        "name": chosen.name,
        "kind": chosen.kind,
        "picked_per_fold": list(chosen.picks),
        "settled": set(chosen.picks) == {chosen.name},
        "agreement": chosen.agreement,
        "standing": _standing(chosen.standing, report),
    }


def _policy(report: UpliftReport) -> dict[str, Any]:
    """What the chosen plan is worth; share: told by it; honest_share: by the plans valued."""
    chosen, weights = report.chosen, report.data.weights
    told = [
        {
            "arm": name,
            "customers": int((chosen.actions == place).sum()),
            "share": float(np.average(chosen.actions == place, weights=weights)),
        }
        for place, name in enumerate(report.data.arm_names)
        if place
    ]
    nobody = _contrast(chosen.value)
    against = {"nobody": nobody, **{one.against: _contrast(one) for one in chosen.against}}
    return {
        "share": chosen.share,
        "honest_share": chosen.honest_share,
        "told": told,
        "value": nobody["value"],
        "low": nobody["low"],
        "high": nobody["high"],
        "why": nobody["why"],
        "naive_value": chosen.naive_value,
        "optimism": chosen.optimism,
        "against": against,
    }


def _contrast(one: Contrast) -> dict[str, Any]:
    value = one.value
    known = isinstance(value, Estimate)
    return {
        "value": value.estimate if isinstance(value, Estimate) else None,
        "standard_error": _error(value),
        "low": value.low if isinstance(value, Estimate) else None,
        "high": value.high if isinstance(value, Estimate) else None,
        "p_value": value.p_value if isinstance(value, Estimate) else None,
        "verdict": one.verdict.value,
        "detectable": one.detectable if known else None,
        "agreement": one.agreement,
        "why": value.words if isinstance(value, NotEstimable) else None,
    }


def _standing(row: Standing, report: UpliftReport) -> dict[str, Any]:
    honest = row.value.value
    return {
        "name": row.name,
        "kind": row.kind,
        "share": row.share,
        "value": _contrast(row.value),
        "naive_value": row.naive_value,
        "optimism": row.naive_value - honest.estimate if isinstance(honest, Estimate) else None,
        "behind_the_best": None if row.behind is None else _contrast(row.behind),
        "within_one_standard_error": row.within_one_error,
        "keeps_limits": row.keeps_limits,
        "chosen": row.name == report.chosen.name,
    }


def _rule(lines: Sequence[Line], arms: Sequence[str]) -> dict[str, Any]:
    return {
        "sentence": sentence(lines, arms),
        "lines": [
            {
                "words": condition_words(line.conditions),
                "conditions": [_condition(one) for one in line.conditions],
                "arm": arms[line.action] if line.action else None,
                "customers": line.customers,
                "share": line.share,
            }
            for line in lines
        ],
        "short": [
            {
                "words": condition_words(line.conditions),
                "arm": arms[line.action] if line.action else None,
                "customers": line.customers,
                "share": line.share,
            }
            for line in joined(lines)
        ],
    }


def _condition(one: Condition) -> dict[str, Any]:
    """known: True or False where the rule asks whether there is a value at all, else None."""
    known = None
    if one.at_least is not None and math.isinf(one.at_least):
        known = True
    elif one.below is not None and math.isinf(one.below):
        known = False
    return {
        "column": one.column,
        "known": known,
        "at_least": one.at_least,
        "below": one.below,
        "levels": None if one.levels is None else list(one.levels),
        "or_missing": one.missing,
        "date": one.date,
    }


def _gain_curve(report: UpliftReport) -> dict[str, Any] | None:
    """Of the ranking behind the chosen plan, or of the best ranking where that is a rule."""
    chosen = report.chosen
    ranking = next(
        (
            one
            for one in report.rankings
            if one.name == chosen.name
            or (chosen.kind == "response" and one.learner == _RESPONSE)  # named apart there
        ),
        report.rankings[0],
    )
    curve: GainCurve = ranking.gain
    return {
        "ranking": ranking.name,
        "points": [
            {
                "share": share,
                "gain": gain,
                "standard_error": error,
                "low": low,
                "high": high,
                "band_low": band_low,
                "band_high": band_high,
                "random": random,
            }
            for share, gain, error, low, high, band_low, band_high, random in zip(
                *(
                    values.tolist()
                    for values in (
                        curve.share,
                        curve.gain,
                        curve.standard_error,
                        curve.low,
                        curve.high,
                        curve.band_low,
                        curve.band_high,
                        curve.random,
                    )
                ),
                strict=True,
            )
        ],
    }


def _dogs(one: SleepingDogs, report: UpliftReport) -> dict[str, Any]:
    found = one.found
    return {
        "arm": report.data.arm_names[one.arm],
        "customers": len(one.harmed),
        "share": found.share,
        "by": found.name,
        "harm": _contrast(found.value),
        "rule": None if one.lines is None else condition_words_of(one.lines),
    }


def condition_words_of(lines: Sequence[Line]) -> list[str]:
    """Who is harmed, one entry per line of the rule that names them."""
    return [condition_words(line.conditions) for line in joined(lines) if line.action]


def _estimate(answer: Answer) -> float | None:
    return answer.estimate if isinstance(answer, Estimate) else None


def _error(answer: Answer) -> float | None:
    return answer.standard_error if isinstance(answer, Estimate) else None


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _rounded(value: Any) -> Any:
    """Ten significant digits but for thresholds; what is not a finite number becomes None."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {
            key: part if key in _EXACT and _is_finite(part) else _rounded(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return value
