"""The gain curve drawn to scale: percent of the drawing, for inline SVG without styles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_web.charts import PLOT_HEIGHT, LevelMark, Mark, round_values
from regulars_web.formats import percent
from regulars_web.pages.reports.words import amount

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class GainRow:
    """One cut as a row of the table behind the chart, formatted."""

    share: str
    gain: str
    limits: str
    random: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanMark:
    """The plan to follow: where it stands, and the ends of its interval, in percent."""

    x: float
    y: float
    top: float
    bottom: float
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GainChart:
    """course, band, random: "x,y x,y ..." in percent; plan: the plan to follow, None where it has
    no value. random_label: height of the name of the dashed line."""

    course: str
    band: str
    random: str
    zero: float
    levels: tuple[LevelMark, ...]
    ticks: tuple[Mark, ...]
    plan: PlanMark | None
    random_label: float
    rows: tuple[GainRow, ...]


def build_gain_chart(
    points: Sequence[Mapping[str, Any]], currency: str, *, policy: Mapping[str, Any]
) -> GainChart | None:
    """points: of the document's gain_curve. policy: of the document; its value stands at the share
    told by the choices that were valued, off the curve of any one ranking. None with too few."""
    known = [point for point in points if point["gain"] is not None]
    if len(known) < 2:
        return None
    last = known[-1]
    ends = [0.0]
    for point in known:
        ends += [point[name] for name in ("gain", "low", "high") if point[name] is not None]
    if policy["value"] is not None:
        ends += [policy["low"], policy["high"]]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return round(4 + (PLOT_HEIGHT - 8) * (high - value) / span, 3)

    def path(pairs: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{round(100 * share, 3)},{height(value)}" for share, value in pairs)

    limited = [p for p in known if p["low"] is not None and p["high"] is not None]
    upper = [(p["share"], p["high"]) for p in limited]
    lower = [(p["share"], p["low"]) for p in reversed(limited)]
    whole = last["random"] if last["random"] is not None else last["gain"]
    return GainChart(
        course=path([(0.0, 0.0), *((p["share"], p["gain"]) for p in known)]),
        band=path([*upper, *lower]) if len(limited) > 1 else "",
        random=path([(0.0, 0.0), (1.0, whole)]),
        zero=height(0.0),
        levels=tuple(
            LevelMark(y=height(value), text=amount(value, currency))
            for value in round_values(low, high)
        ),
        ticks=tuple(
            Mark(
                x=100 * share,
                text=percent(share, 0),
                anchor="start" if share == 0 else "end" if share == 1 else "middle",
            )
            for share in _SHARES
        ),
        plan=None
        if policy["value"] is None
        else PlanMark(
            x=round(100 * policy["honest_share"], 3),
            y=height(policy["value"]),
            top=height(policy["high"]),
            bottom=height(policy["low"]),
            anchor="end" if policy["honest_share"] > 0.5 else "start",
        ),
        random_label=height(0.72 * whole),
        rows=tuple(_row(point, currency) for point in known),
    )


def _row(point: Mapping[str, Any], currency: str) -> GainRow:
    limits = "–"
    if point["low"] is not None and point["high"] is not None:
        limits = f"{amount(point['low'], currency)} – {amount(point['high'], currency)}"
    return GainRow(
        share=percent(point["share"], 0),
        gain=amount(point["gain"], currency, signed=True),
        limits=limits,
        random="–" if point["random"] is None else amount(point["random"], currency, signed=True),
    )
