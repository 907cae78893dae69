"""The threshold curves as the report's document has them; money per unit in currency units."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from regulars_experiments.pooling import Posterior
from regulars_experiments.results import Answer, answer_as_json
from regulars_experiments.thresholds import Change, Neighbour
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.thresholds import (
    LadderFinding,
    RatioFinding,
    StepGroup,
    ThresholdFindings,
)


def thresholds_json(found: ThresholdFindings, confidence: float) -> dict[str, Any]:
    """confidence: of the believed intervals, as of all others."""
    return {
        "ladders": [_ladder(ladder, confidence) for ladder in found.ladders],
        "curves": [_curve(curve, confidence) for curve in found.curves],
    }


def change_json(change: Change | None) -> dict[str, Any] | None:
    """What another threshold is expected to earn more, per unit."""
    if change is None:
        return None
    return {"gain": change.gain, "low": change.low, "high": change.high, "chance": change.chance}


def _ladder(found: LadderFinding, confidence: float) -> dict[str, Any]:
    return {
        "by": "multiple" if found.by_multiple else "threshold",
        "arms": list(found.ladder.arms),
        "steps": [step / MONEY_SCALE for step in found.ladder.steps],
        "groups": [_group(group, confidence) for group in found.groups],
    }


def _group(group: StepGroup, confidence: float) -> dict[str, Any]:
    curve = group.curve
    net, band = curve.net.answers(), curve.band.answers()
    believed = _believed(curve.believed, len(net), confidence)
    return {
        "segment": curve.segment,
        "typical_value": _money(group.typical_value),
        "steps": [
            {
                "n": int(curve.customers[place]),
                "net": answer_as_json(net[place]),
                "band": _limits(band[place]),
                "believed": believed[place],
                "chance_best": _number(curve.chance_best[place]),
                "expected_loss": _number(curve.expected_loss[place]),
                "price_point": _money(group.price_points[place]),
                "change": change_json(group.changes[place]),
            }
            for place in range(len(net))
        ],
        "recommended": curve.recommended,
        "pays": curve.pays,
        "neighbours": [_neighbour(other) for other in curve.neighbours],
    }


def _neighbour(other: Neighbour) -> dict[str, Any]:
    return {
        "step": other.step,
        "difference": answer_as_json(other.difference),
        "adjusted_p": other.adjusted_p,
        "evidence": other.evidence.value,
    }


def _curve(found: RatioFinding, confidence: float) -> dict[str, Any]:
    curve = found.curve
    net, band = curve.net.answers(), curve.band.answers()
    believed = _believed(curve.believed, len(net), confidence)
    limits = curve.limits
    return {
        "arm": found.arm,
        "threshold": found.threshold / MONEY_SCALE,
        "without_value": found.without_value,
        "bins": [
            {
                "low": float(curve.edges[place]),
                "high": _number(curve.edges[place + 1]),
                "n": int(curve.customers[place]),
                "net": answer_as_json(net[place]),
                "band": _limits(band[place]),
                "believed": believed[place],
                "proved": bool(curve.proved[place]),
                "proved_to_lose": bool(curve.proved_to_lose[place]),
            }
            for place in range(len(net))
        ],
        "reach": None if curve.reach is None else curve.reach.value,
        "pays_from": None if limits is None else limits[0],
        "pays_to": None if limits is None else _number(limits[1]),
        "change": change_json(found.change),
    }


def _believed(
    believed: Posterior | None, count: int, confidence: float
) -> Sequence[dict[str, float] | None]:
    if believed is None:
        return [None] * count
    tail = (1 - confidence) / 2
    mean, low, high = believed.mean(), believed.quantile(tail), believed.quantile(1 - tail)
    return [
        {"mean": float(mean[i]), "low": float(low[i]), "high": float(high[i])} for i in range(count)
    ]


def _limits(answer: Answer) -> dict[str, float] | None:
    """Low and high of a band; None where the estimate itself says why there is none."""
    written = answer_as_json(answer)
    return {"low": written["low"], "high": written["high"]} if "low" in written else None


def _money(value: int | None) -> float | None:
    return None if value is None else value / MONEY_SCALE


def _number(value: float | np.floating[Any]) -> float | None:
    """None for what is not finite: an open end, or nothing known."""
    return float(value) if math.isfinite(value) else None
