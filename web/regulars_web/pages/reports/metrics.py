"""The declared metrics as rows: for everybody, and in the segments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.formats import number, percent
from regulars_web.words.answers import Shown, change, count, dash, points, shown
from regulars_web.words.reports import (
    EVIDENCE,
    GUARD_RAIL,
    METRICS,
    SHARES,
    amount,
    flowing,
    listed,
    look,
    method_name,
    p_words,
    segment_name,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricRow:
    """One metric, for everybody or in a segment. role: primary, secondary or guard-rail.

    verdict: its chip. corrected: p-value over its family, or why there is none.
    """

    name: str
    segment: str
    role: str
    verdict: tuple[str, str] | None
    arm: str
    control: str
    mean: str
    difference: Shown
    relative: Shown
    corrected: str
    method: str
    others: tuple[tuple[str, Shown], ...]


def metric_row(document: Mapping[str, Any], effect: Mapping[str, Any], currency: str) -> MetricRow:
    """The row of one effect."""
    name, segment = effect["metric"], effect["segment"]
    return MetricRow(
        name=str(METRICS.get(name, name)),
        segment=segment_name(None if segment is None else segment["value"]),
        role=_role(document, name),
        verdict=_verdict(document, effect),
        arm=effect["arm"],
        control=_mean(effect["mean_control"], name, currency),
        mean=_mean(effect["mean_arm"], name, currency),
        difference=_difference(effect["difference"], name, currency),
        relative=_relative(effect),
        corrected=_corrected(document, effect),
        method=method_name(effect["method"]),
        others=tuple(
            (method_name(other["method"]), _difference(other["difference"], name, currency))
            for other in effect["sensitivity"]
        ),
    )


def metrics_finding(document: Mapping[str, Any]) -> str:
    """Which metrics rose or fell, as far as that is clear: by its interval, and after correction
    where there is one. With several arms: in any of them."""
    level = 1 - float(document["plan"]["confidence_percent"]) / 100
    up: dict[str, None] = {}
    down: dict[str, None] = {}
    rest: dict[str, None] = {}
    for effect in document["metrics"]:
        if effect["segment"] is not None:
            continue
        answer, corrected = effect["difference"], effect.get("corrected")
        clear = "estimate" in answer and (corrected is None or corrected["holm"] < level)
        name = str(METRICS.get(effect["metric"], effect["metric"]))
        rose, fell = clear and answer["low"] > 0, clear and answer["high"] < 0
        (up if rose else down if fell else rest)[name] = None
    said = []
    if up:
        said.append(str(gettext("Higher: %(names)s.", names=listed(list(up)))))
    if down:
        said.append(str(gettext("Lower: %(names)s.", names=listed(list(down)))))
    if unclear := [name for name in rest if name not in up and name not in down]:
        said.append(str(gettext("No clear change: %(names)s.", names=listed(unclear))))
    return flowing(said)


def _mean(value: float | None, name: str, currency: str) -> str:
    if value is None:
        return "–"
    if name in SHARES:
        return percent(value)
    return number(value, 3) if name == "orders" else amount(value, currency)


def _difference(answer: Mapping[str, Any], name: str, currency: str) -> Shown:
    if name in SHARES:
        return points(answer, 2)
    return count(answer, 3) if name == "orders" else shown(answer, currency)


def _relative(effect: Mapping[str, Any]) -> Shown:
    """A reason that stands beside the difference already is not said again."""
    difference, relative = effect["difference"], effect["relative"]
    same = "code" in relative and relative["code"] == difference.get("code")
    return dash() if same else change(relative, 1)


def _corrected(document: Mapping[str, Any], effect: Mapping[str, Any]) -> str:
    """Holm's p-value for everybody, Benjamini and Hochberg's in segments; "–" without one."""
    corrected = effect.get("corrected")
    if corrected is None:
        guards = effect["metric"] in document["plan"]["guardrails"]
        return str(gettext("not corrected")) if guards else "–"
    everybody = effect["segment"] is None
    return p_words(corrected["holm" if everybody else "benjamini_hochberg"])


def _role(document: Mapping[str, Any], name: str) -> str:
    plan = document["plan"]
    if name == plan["primary_metric"]:
        return str(gettext("primary"))
    if name in plan["guardrails"]:
        return str(gettext("guard-rail"))
    return str(gettext("secondary"))


def _verdict(document: Mapping[str, Any], effect: Mapping[str, Any]) -> tuple[str, str] | None:
    """Kind and word of the chip of the primary metric and of guard-rails; others have none.

    The primary metric of several arms has to hold after correction as well.
    """
    plan, answer = document["plan"], effect["difference"]
    guards = effect["metric"] in plan["guardrails"]
    if not guards and effect["metric"] != plan["primary_metric"]:
        return None
    words = GUARD_RAIL if guards else EVIDENCE
    if "not_estimable" in answer:
        return look(words, "cannot_tell")
    corrected = effect.get("corrected")
    level = 1 - float(plan["confidence_percent"]) / 100
    if not guards and corrected is not None and corrected["holm"] >= level:
        return look(words, "not_proved")
    rises, falls = answer["low"] > 0, answer["high"] < 0
    # more of what a guard-rail counts is worse
    better, worse = (falls, rises) if guards else (rises, falls)
    key = "proved_better" if better else "proved_worse" if worse else "not_proved"
    return look(words, key)
