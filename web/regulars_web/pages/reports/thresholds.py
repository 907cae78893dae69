"""The threshold curves in words, charts and tables, from the stored document alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.drawing.placing import PlacedPlot, place_plot
from regulars_web.drawing.specification import Cell, Column, Numbers, Tick
from regulars_web.formats import number
from regulars_web.pages.reports.drawn.cells import named, shown_cell
from regulars_web.pages.reports.drawn.thresholds import CurveWords, curve_plot
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
from regulars_web.words.answers import Shown, shown
from regulars_web.words.reports import amount, chance, flowing, interval, segment_name

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
    drawing: PlacedPlot | None
    rows: tuple[CurveRow, ...]
    segments: tuple[SegmentStep, ...]
    note: str


def threshold_sections(document: Mapping[str, Any]) -> tuple[CurveSection, ...]:
    """Ladders first; none in reports from before there were curves, or without a threshold."""
    found = document.get("thresholds")
    if found is None:
        return ()
    ladders = found["ladders"]
    return (
        *(_ladder(document, ladder, place) for place, ladder in enumerate(ladders)),
        *(_ratios(document, curve, len(ladders) + at) for at, curve in enumerate(found["curves"])),
    )


def _ladder(document: Mapping[str, Any], ladder: Mapping[str, Any], place: int) -> CurveSection:
    currency = document["plan"]["currency"]
    everybody, *segments = ladder["groups"]
    best = everybody["recommended"]
    names = [step_name(ladder, at, currency) for at in range(len(ladder["steps"]))]
    rows = tuple(
        CurveRow(
            name=names[at],
            detail=ladder["arms"][at],
            n=number(step["n"]),
            net=shown(step["net"], currency),
            band=_band(step["band"], currency),
            believed=_believed(step["believed"], currency),
            chance_best="–" if step["chance_best"] is None else chance(step["chance_best"]),
            loss="–"
            if step["expected_loss"] is None
            else small_loss(step["expected_loss"], currency),
            chosen=at == best,
        )
        for at, step in enumerate(everybody["steps"])
    )
    sentences = recommendation(document, ladder, everybody)
    title = str(gettext("Which threshold earns most"))
    plot = curve_plot(
        everybody["steps"],
        names,
        [Tick(value=at + 0.5, text=name) for at, name in enumerate(names)],
        [row.chosen for row in rows],
        CurveWords(
            name=named("thresholds", place),
            title=title,
            said=sentences[0],
            note=_note(document, ladder=True),
        ),
        _numbers(rows, everybody["steps"], str(gettext("Step")), str(gettext("Told"))),
        currency,
    )
    return CurveSection(
        title=title,
        ladder=True,
        sentences=sentences,
        drawing=None if plot is None else place_plot(plot),
        rows=rows,
        # a single one says what everybody says
        segments=tuple(_segment(ladder, group, currency) for group in segments)
        if len(segments) > 1
        else (),
        note="",
    )


def _note(document: Mapping[str, Any], *, ladder: bool) -> str:
    over = (
        gettext("Net profit each, told against held out, over the steps.")
        if ladder
        else gettext(
            "Net profit each, told against held out, by what past orders came to on average."
        )
    )
    how = gettext(
        "Thin bars: each by itself at %(confidence)s%%; wide bars: limits that hold for all of "
        "them at once. The line is what is believed of all together; blue is what is advised. The "
        "line leads the advice, the bars are the evidence.",
        confidence=document["plan"]["confidence_percent"],
    )
    return flowing((over, how))


def _numbers(
    rows: Sequence[CurveRow], steps: Sequence[Mapping[str, Any]], first: str, size: str
) -> Numbers:
    """The table behind a curve, the same for a ladder and for one threshold."""
    return Numbers(
        columns=(
            Column(key="step", label=first, numeric=False),
            Column(key="n", label=size),
            Column(key="net", label=str(gettext("Net, by itself"))),
            Column(key="band", label=str(gettext("All at once"))),
            Column(key="believed", label=str(gettext("Believed"))),
        ),
        rows=tuple(
            (
                Cell(text=row.name, value=row.name),
                Cell(text=row.n, value=step["n"]),
                shown_cell(row.net, step["net"]),
                Cell(text=row.band, **_limits(step["band"])),
                Cell(text="–", known=False)
                if row.believed is None
                else Cell(
                    text=row.believed.text,
                    range=row.believed.interval,
                    value=step["believed"]["mean"],
                    **_limits(step["believed"]),
                ),
            )
            for row, step in zip(rows, steps, strict=True)
        ),
    )


def _limits(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if found is None else {"low": found["low"], "high": found["high"]}


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


def _ratios(document: Mapping[str, Any], curve: Mapping[str, Any], place: int) -> CurveSection:
    currency = document["plan"]["currency"]
    rows = _ratio_rows(curve, currency)
    several = len(document["overall"]) > 1
    name = str(gettext("For whom the threshold pays"))
    title = f"{name}{gettext(': ')}{curve['arm']}" if several else name
    missing = curve["without_value"]
    sentences = (
        reach_sentence(document, curve),
        *proved_words(curve, currency),
        *change_sentence(document, curve),
    )
    plot = curve_plot(
        curve["bins"],
        [row.name for row in rows],
        _ratio_ticks(curve, currency),
        [row.chosen for row in rows],
        CurveWords(
            name=named("thresholds", place),
            title=title,
            said=sentences[0],
            note=_note(document, ladder=False),
        ),
        _numbers(
            rows,
            curve["bins"],
            str(gettext("Past orders came to")),
            str(gettext("Told and held out")),
        ),
        currency,
    )
    return CurveSection(
        title=title,
        ladder=False,
        sentences=sentences,
        drawing=None if plot is None else place_plot(plot),
        rows=rows,
        segments=(),
        note=str(
            gettext(
                "%(n)s without a past order value take no part in this curve.", n=number(missing)
            )
        )
        if missing
        else "",
    )


def _ratio_rows(curve: Mapping[str, Any], currency: str) -> tuple[CurveRow, ...]:
    return tuple(
        CurveRow(
            name=band_of_money(each["low"], each["high"], curve["threshold"], currency),
            detail="",
            n=number(each["n"]),
            net=shown(each["net"], currency),
            band=_band(each["band"], currency),
            believed=_believed(each["believed"], currency),
            chance_best="",
            loss="",
            chosen=_inside(curve, at),
        )
        for at, each in enumerate(curve["bins"])
    )


def _ratio_ticks(curve: Mapping[str, Any], currency: str) -> list[Tick]:
    """One between every two bins; those that were not moved by the data stand out."""
    natural = {0.5, 0.7, 1.0, 1.4, 2.0}
    return [
        Tick(
            value=at + 1.0,
            text=edge_of_money(each["low"], curve["threshold"], currency),
            minor=each["low"] not in natural,
        )
        for at, each in enumerate(curve["bins"][1:])
    ]


def _inside(curve: Mapping[str, Any], place: int) -> bool:
    """Whether a bin is in the run that is expected to pay."""
    low, high = curve["pays_from"], curve["pays_to"]
    each = curve["bins"][place]
    if low is None:
        return False
    return bool(each["low"] >= low - _FEW and (high is None or each["low"] < high - _FEW))


def _band(limits: Mapping[str, Any] | None, currency: str) -> str:
    return "–" if limits is None else interval(limits["low"], limits["high"], currency)


def _believed(found: Mapping[str, Any] | None, currency: str) -> Shown | None:
    if found is None:
        return None
    return Shown(
        text=amount(found["mean"], currency, signed=True),
        interval=interval(found["low"], found["high"], currency),
    )
