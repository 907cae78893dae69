"""The JSON of an evaluation: schema `regulars.evaluation/1`, described in docs/evaluation-json.md.

Fields are only ever added; a field that changes its meaning changes the schema's number.
"""

from typing import Any

from regulars_experiments.evaluation import Corrected, Effect, PooledEffect, SegmentTest
from regulars_experiments.ratios import RatioAnswer
from regulars_experiments.results import NotEstimable, answer_as_json
from regulars_experiments.sensitivities import Sensitivity
from regulars_platform.randomised.compliers import ComplierEffect
from regulars_platform.randomised.evaluating import FileEvaluation
from regulars_platform.randomised.profits import FileProfit, NetProfit

SCHEMA = "regulars.evaluation/1"
_AT_ONE_LOOK, _AT_EVERY_LOOK = "at one look: ", ", at every look"  # as in `sensitivities`


def evaluation_document(evaluation: FileEvaluation, *, source: str) -> dict[str, Any]:
    """The whole answer; `source` is the file's name."""
    design = evaluation.asked.design
    customers = sum(count for _, count in evaluation.arms)
    early = design.planned_customers is not None
    return {
        "schema": SCHEMA,
        "source": source,
        "confidence": design.confidence,
        "control": design.control,
        "arms": [{"arm": name, "n": count} for name, count in evaluation.arms],
        "metrics": [
            {"name": metric.name, "kind": metric.kind, "role": metric.role}
            for metric in design.metrics
        ],
        "checks": _checks(evaluation),
        "sequential": None
        if design.planned_customers is None
        else {"planned_customers": design.planned_customers, "customers": customers},
        "winsorised_at": dict(evaluation.winsorised_at),
        "winsorised_rows": dict(evaluation.winsorised_rows),
        "profit": None if evaluation.profit is None else _profit(evaluation, evaluation.profit),
        "effects": [effect_as_json(effect, early=early) for effect in evaluation.effects],
        "segment_tests": [_segment_test(test, early=early) for test in evaluation.segment_tests],
        "complier": [_complier(effect) for effect in evaluation.compliers],
    }


def effect_as_json(effect: Effect, *, early: bool = False) -> dict[str, Any]:
    """One record: metric x arm x segment. early: the answers are those for every look."""
    return {
        "metric": effect.metric,
        "role": effect.role,
        "arm": effect.arm,
        "control": effect.control,
        "segment": _segment(effect.segment),
        "method": effect.method,
        "n_arm": effect.n_arm,
        "n_control": effect.n_control,
        "mean_arm": effect.mean_arm,
        "mean_control": effect.mean_control,
        "difference": answer_as_json(effect.difference),
        "relative": answer_as_json(effect.relative),
        "spread_changed": effect.spread_changed,
        "variance_removed": effect.variance_removed,
        "corrected": _corrected(effect.corrected),
        "pooled": _pooled(effect.pooled),
        "sensitivity": [_sensitivity(other, early=early) for other in effect.sensitivity],
    }


def ratio_as_json(answer: RatioAnswer) -> dict[str, Any]:
    """A ratio and the set of ratios that the data do not contradict, in its three shapes."""
    if isinstance(answer, NotEstimable):
        return answer_as_json(answer)
    return {
        "extent": answer.extent.value,
        "estimate": answer.estimate,
        "low": answer.low,
        "high": answer.high,
    }


def _segment(segment: tuple[str, str] | None) -> dict[str, str] | None:
    return None if segment is None else {"column": segment[0], "value": segment[1]}


def _corrected(corrected: Corrected | None) -> dict[str, Any] | None:
    if corrected is None:
        return None
    return {
        "holm": corrected.holm,
        "benjamini_hochberg": corrected.benjamini_hochberg,
        "tests": corrected.tests,
    }


def _pooled(pooled: PooledEffect | None) -> dict[str, float] | None:
    if pooled is None:
        return None
    return {
        "mean": pooled.mean,
        "low": pooled.low,
        "high": pooled.high,
        "chance_positive": pooled.chance_positive,
    }


def _sensitivity(other: Sensitivity, *, early: bool) -> dict[str, Any]:
    told = other.method.startswith(_AT_ONE_LOOK) or other.method.endswith(_AT_EVERY_LOOK)
    return {
        "method": f"{_AT_ONE_LOOK}{other.method}" if early and not told else other.method,
        "difference": answer_as_json(other.difference),
        "relative": None if other.relative is None else answer_as_json(other.relative),
        "variance_removed": other.variance_removed,
    }


def _profit(evaluation: FileEvaluation, profit: FileProfit) -> dict[str, Any]:
    terms, control = profit.terms, evaluation.asked.design.control
    early = evaluation.asked.design.planned_customers is not None
    return {
        "metric": terms.metric,
        "margin": {"low": float(terms.margin_low), "high": float(terms.margin_high)},
        "offer_cost": terms.offer_cost,
        "contact_cost": [
            {"arm": arm, "per_customer": float(terms.contact_of(arm, control))}
            for arm, _ in evaluation.arms
        ],
        "groups": [_net_profit(group, early=early) for group in profit.groups],
    }


def _net_profit(group: NetProfit, *, early: bool) -> dict[str, Any]:
    belief = group.belief
    return {
        "arm": group.arm,
        "control": group.control,
        "segment": _segment(group.segment),
        "n_arm": group.n_arm,
        "n_control": group.n_control,
        "evidence": group.evidence.value,
        "net": answer_as_json(group.net),
        "at_one_look": None if group.at_one_look is None else answer_as_json(group.at_one_look),
        "bars": [{"name": bar.name, **answer_as_json(bar.amount)} for bar in group.bars],
        "return_on_cost": ratio_as_json(group.return_on_cost),
        "chance_pays": None if belief is None else belief.chance_pays,
        "loss_if_kept": None if belief is None else belief.loss_if_kept,
        "loss_if_stopped": None if belief is None else belief.loss_if_stopped,
        "spread_changed": group.spread_changed,
        "corrected": _corrected(group.corrected),
        "pooled": None if belief is None else _pooled(belief.pooled),
        "sensitivity": [_sensitivity(other, early=early) for other in group.sensitivity],
    }


def _segment_test(found: SegmentTest, *, early: bool) -> dict[str, Any]:
    """Cochran's test is right at one look only, so that an early look has no p-value."""
    return {
        "metric": found.metric,
        "arm": found.arm,
        "column": found.column,
        "q": found.test.q,
        "degrees_of_freedom": found.test.degrees_of_freedom,
        "p_value": None if early else found.test.p_value,
        "share": found.test.share,
        "corrected": None if early else _corrected(found.corrected),
    }


def _complier(effect: ComplierEffect) -> dict[str, Any]:
    return {
        "metric": effect.metric,
        "arm": effect.arm,
        "control": effect.control,
        "segment": _segment(effect.segment),
        "uptake_arm": effect.uptake_arm,
        "uptake_control": effect.uptake_control,
        "assigned": answer_as_json(effect.assigned),
        "per_user": ratio_as_json(effect.per_user),
    }


def _checks(evaluation: FileEvaluation) -> dict[str, Any]:
    ratio = evaluation.ratio
    return {
        "rows": evaluation.rows,
        "rows_without_arm": evaluation.rows_without_arm,
        "missing_values_counted_as_zero": dict(evaluation.missing),
        "sample_ratio": {
            "shares": "assumed equal" if evaluation.asked.shares is None else "declared",
            "expected": list(ratio.expected),
            "observed": list(ratio.observed),
            "p_value": ratio.p_value,
            "method": ratio.method,
            "flagged": ratio.flagged,
        },
        "sample_ratio_by_segment": [
            {
                "segment": {"column": check.segment[0], "value": check.segment[1]},
                "p_value_adjusted": check.p_value,
                "flagged": check.flagged,
            }
            for check in evaluation.segment_ratios
        ],
    }
