"""The JSON of an evaluation: schema `regulars.evaluation/1`, described in docs/evaluation-json.md.

Fields are only ever added; a field that changes its meaning changes the schema's number.
"""

from typing import Any

from regulars_experiments.evaluation import Effect
from regulars_experiments.results import answer_as_json
from regulars_platform.randomised.evaluating import FileEvaluation

SCHEMA = "regulars.evaluation/1"


def evaluation_document(evaluation: FileEvaluation, *, source: str) -> dict[str, Any]:
    """The whole answer; `source` is the file's name."""
    design = evaluation.design
    return {
        "schema": SCHEMA,
        "source": source,
        "confidence": design.confidence,
        "control": design.control,
        "arms": [{"arm": name, "n": count} for name, count in evaluation.arms],
        "checks": _checks(evaluation),
        "effects": [effect_as_json(effect) for effect in evaluation.effects],
    }


def effect_as_json(effect: Effect) -> dict[str, Any]:
    """One record: metric x arm x segment."""
    segment = effect.segment
    return {
        "metric": effect.metric,
        "arm": effect.arm,
        "control": effect.control,
        "segment": None if segment is None else {"column": segment[0], "value": segment[1]},
        "method": effect.method,
        "n_arm": effect.n_arm,
        "n_control": effect.n_control,
        "mean_arm": effect.mean_arm,
        "mean_control": effect.mean_control,
        "difference": answer_as_json(effect.difference),
        "relative": answer_as_json(effect.relative),
        "spread_changed": effect.spread_changed,
        "variance_removed": effect.variance_removed,
        "sensitivity": [
            {
                "method": other.method,
                "difference": answer_as_json(other.difference),
                "relative": None if other.relative is None else answer_as_json(other.relative),
            }
            for other in effect.sensitivity
        ],
    }


def _checks(evaluation: FileEvaluation) -> dict[str, Any]:
    ratio = evaluation.ratio
    return {
        "rows": evaluation.rows,
        "rows_without_arm": evaluation.rows_without_arm,
        "missing_values_counted_as_zero": dict(evaluation.missing),
        "sample_ratio": {
            "shares": "declared" if evaluation.shares_given else "assumed equal",
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
