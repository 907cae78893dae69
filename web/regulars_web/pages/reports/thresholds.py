"""The threshold curves in words, charts and tables, from the stored document alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.charts import LevelMark
from regulars_web.curve_chart import CurveChart, CurvePoint, build_curve_chart
from regulars_web.formats import number
from regulars_web.pages.reports.shown import Shown, shown
from regulars_web.pages.reports.threshold_words import (
    band_of_money,
    change_sentence,
    edge_of_money,
    proved_words,
    reach_sentence,
    recommendation,
    small_loss,
    step_name,
)
from regulars_web.pages.reports.words import amount, chance, interval, segment_name

_FEW = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveRow:
    """One step, or one bin, as a row of the table. chosen: recommended, or expected to pay."""

    name: str
    detail: str
    n: str
    net: Shown
    band: str
    believed: Shown | None
    chance_best: str
    loss: str
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentStep:
    """What is recommended for one segment."""

    name: str
    step: str
    price_point: str
    net: Shown | None
    chance_best: str
    pays: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveSection:
    """One curve: what it says in sentences, its chart, its table; segments in a ladder only."""

    title: str
    ladder: bool
    sentences: tuple[str, ...]
    chart: CurveChart | None
    levels: tuple[LevelMark, ...]
    rows: tuple[CurveRow, ...]
    segments: tuple[SegmentStep, ...]
    note: str


def threshold_sections(document: Mapping[str, Any]) -> tuple[CurveSection, ...]:
    """Ladders first; none in reports from before there were curves, or without a threshold."""
    found = document.get("thresholds")
    if found is None:
        return ()
    several = len(document["overall"]) > 1
    return (
        *(_ladder(document, ladder) for ladder in found["ladders"]),
        *(_ratios(document, curve, several=several) for curve in found["curves"]),
    )


def _ladder(document: Mapping[str, Any], ladder: Mapping[str, Any]) -> CurveSection:
    currency = document["plan"]["currency"]
    everybody, *segments = ladder["groups"]
    best = everybody["recommended"]
    names = [step_name(ladder, place, currency) for place in range(len(ladder["steps"]))]
    points = [
        CurvePoint(
            value=None if step["believed"] is None else step["believed"]["mean"],
            band=_pair(step["band"]),
            own=_pair(step["net"]),
            chosen=place == best,
        )
        for place, step in enumerate(everybody["steps"])
    ]
    chart, levels = _drawn(
        points, [(place + 0.5, name, False) for place, name in enumerate(names)], currency
    )
    return CurveSection(
        title=str(gettext("Which threshold earns most")),
        ladder=True,
        sentences=recommendation(document, ladder, everybody),
        chart=chart,
        levels=levels,
        rows=tuple(
            CurveRow(
                name=names[place],
                detail=ladder["arms"][place],
                n=number(step["n"]),
                net=shown(step["net"], currency),
                band=_band(step["band"], currency),
                believed=_believed(step["believed"], currency),
                chance_best="–" if step["chance_best"] is None else chance(step["chance_best"]),
                loss="–"
                if step["expected_loss"] is None
                else small_loss(step["expected_loss"], currency),
                chosen=place == best,
            )
            for place, step in enumerate(everybody["steps"])
        ),
        # a single one says what everybody says
        segments=tuple(_segment(ladder, group, currency) for group in segments)
        if len(segments) > 1
        else (),
        note="",
    )


def _segment(ladder: Mapping[str, Any], group: Mapping[str, Any], currency: str) -> SegmentStep:
    best = group["recommended"]
    if best is None:
        return SegmentStep(
            name=segment_name(group["segment"]),
            step=str(gettext("cannot tell")),
            price_point="–",
            net=None,
            chance_best="–",
            pays=False,
        )
    step = group["steps"][best]
    point = step["price_point"]
    return SegmentStep(
        name=segment_name(group["segment"]),
        step=step_name(ladder, best, currency),
        price_point="–" if point is None else amount(point, currency, whole=point >= 1),
        net=_believed(step["believed"], currency),
        chance_best=chance(step["chance_best"]),
        pays=group["pays"],
    )


def _ratios(
    document: Mapping[str, Any], curve: Mapping[str, Any], *, several: bool
) -> CurveSection:
    currency, threshold = document["plan"]["currency"], curve["threshold"]
    inside = [_inside(curve, place) for place in range(len(curve["bins"]))]
    points = [
        CurvePoint(
            value=None if each["believed"] is None else each["believed"]["mean"],
            band=_pair(each["band"]),
            own=_pair(each["net"]),
            chosen=inside[place],
        )
        for place, each in enumerate(curve["bins"])
    ]
    inner = [each["low"] for each in curve["bins"][1:]]
    natural = {0.5, 0.7, 1.0, 1.4, 2.0}
    marks = [
        (place + 1.0, edge_of_money(edge, threshold, currency), edge not in natural)
        for place, edge in enumerate(inner)
    ]
    chart, levels = _drawn(points, marks, currency)
    title = gettext("For whom the threshold pays")
    missing = curve["without_value"]
    return CurveSection(
        title=f"{title}{gettext(': ')}{curve['arm']}" if several else str(title),
        ladder=False,
        sentences=(
            reach_sentence(document, curve),
            *proved_words(curve, currency),
            *change_sentence(document, curve),
        ),
        chart=chart,
        levels=levels,
        rows=tuple(
            CurveRow(
                name=band_of_money(each["low"], each["high"], threshold, currency),
                detail="",
                n=number(each["n"]),
                net=shown(each["net"], currency),
                band=_band(each["band"], currency),
                believed=_believed(each["believed"], currency),
                chance_best="",
                loss="",
                chosen=inside[place],
            )
            for place, each in enumerate(curve["bins"])
        ),
        segments=(),
        note=str(
            gettext(
                "%(n)s without a past order value take no part in this curve.", n=number(missing)
            )
        )
        if missing
        else "",
    )


def _inside(curve: Mapping[str, Any], place: int) -> bool:
    """Whether a bin is in the run that is expected to pay."""
    low, high = curve["pays_from"], curve["pays_to"]
    each = curve["bins"][place]
    if low is None:
        return False
    return bool(each["low"] >= low - _FEW and (high is None or each["low"] < high - _FEW))


def _drawn(
    points: Sequence[CurvePoint], marks: Sequence[tuple[float, str, bool]], currency: str
) -> tuple[CurveChart | None, tuple[LevelMark, ...]]:
    """The chart and its levels; none where fewer than two steps have anything to draw."""
    if sum(point.own is not None for point in points) < 2:
        return None, ()
    chart = build_curve_chart(points, marks)
    return chart, tuple(
        LevelMark(y=y, text=amount(value, currency))
        for value, y in zip(chart.scale, chart.levels, strict=True)
    )


def _pair(limits: Mapping[str, Any] | None) -> tuple[float, float] | None:
    if limits is None or "low" not in limits:
        return None
    return limits["low"], limits["high"]


def _band(limits: Mapping[str, Any] | None, currency: str) -> str:
    return "–" if limits is None else interval(limits["low"], limits["high"], currency)


def _believed(found: Mapping[str, Any] | None, currency: str) -> Shown | None:
    if found is None:
        return None
    return Shown(
        text=amount(found["mean"], currency, signed=True),
        interval=interval(found["low"], found["high"], currency),
    )
