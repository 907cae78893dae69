"""The profit waterfall: each bar starts where the one before ended, the last is the net."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

from regulars_web.drawing.specification import Cell, Column, Numbers, Row, Rows, Scale, Span
from regulars_web.formats import number
from regulars_web.pages.reports.drawn.cells import named, shown_cell
from regulars_web.words.answers import Shown, shown
from regulars_web.words.reports import BARS, amount


def waterfall(document: Mapping[str, Any], place: int) -> Rows | None:
    """Of the arm at that place; None where a bar cannot be told."""
    group = document["overall"][place]
    bars = group["bars"]
    if any("estimate" not in bar for bar in bars):
        return None
    ends, running = [], 0.0
    for bar in bars[:-1]:
        ends.append((running, running + bar["estimate"]))
        running += bar["estimate"]
    ends.append((0.0, bars[-1]["estimate"]))
    totals = totals_shown(document, group)
    several = len(document["overall"]) > 1
    title = str(gettext("Where the money came from"))
    return Rows(
        name=named("waterfall", place),
        title=f"{title}{gettext(': ')}{group['arm']}" if several else title,
        said=_said(totals[-1]),
        note=_note(document, group),
        numbers=_numbers(document, group, totals),
        scale=_scale(bars, ends, group["n"]),
        rows=tuple(
            _row(bar, start, end, total, group["n"])
            for bar, (start, end), total in zip(bars, ends, totals, strict=True)
        ),
    )


def totals_shown(document: Mapping[str, Any], group: Mapping[str, Any]) -> list[Shown]:
    """The bars in all, rounded so that what is read adds up to the net that is read."""
    currency, n = document["plan"]["currency"], group["n"]
    found = [shown(bar, currency, times=n, whole=True) for bar in group["bars"]]
    if any("estimate" not in bar for bar in group["bars"]):
        return found
    *parts, net = (bar["estimate"] * n for bar in group["bars"])
    whole = [*rounded_to_sum(parts, round(net)), round(net)]
    return [
        Shown(text=amount(value, currency, whole=True, signed=True), interval=told.interval)
        for value, told in zip(whole, found, strict=True)
    ]


def rounded_to_sum(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers near the parts that add up to the total.

    What plain rounding leaves over goes to the parts that it moved most, one each (the method of
    largest remainders).
    """
    rounded = [round(part) for part in parts]
    left = total - sum(rounded)
    step = 1 if left > 0 else -1
    moved = sorted(range(len(parts)), key=lambda at: step * (rounded[at] - parts[at]))
    for at in moved[: abs(left)]:
        rounded[at] += step
    return rounded


def _row(bar: Mapping[str, Any], start: float, end: float, total: Shown, n: int) -> Row:
    """The interval lies around the bar's end, so that it is read on the running total."""
    low, high = sorted((start * n, end * n))
    spans = [Span(low=low, high=high, tone="good" if end >= start else "bad")]
    if bar["low"] != bar["high"]:
        limits = ((start + bar["low"]) * n, (start + bar["high"]) * n)
        spans.append(Span(low=limits[0], high=limits[1], tone="ink", thin=True))
    return Row(
        label=str(BARS[bar["name"]]), text=total.text, range=total.interval, spans=tuple(spans)
    )


def _scale(bars: Sequence[Mapping[str, Any]], ends: Sequence[tuple[float, float]], n: int) -> Scale:
    reached = [0.0]
    for bar, (start, end) in zip(bars, ends, strict=True):
        reached += [end, start + bar["low"], start + bar["high"]]
    return Scale(low=min(reached) * n, high=max(reached) * n)


def _said(net: Shown) -> str:
    return str(gettext("Net profit %(net)s (%(range)s)", net=net.text, range=net.interval))


def _note(document: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    told, unit = number(group["n"]), document["plan"]["unit"]
    if unit == "group":
        return str(
            gettext(
                "Told against held out, for all %(n)s groups told. The bars add up; the thin line "
                "over each is its own interval.",
                n=told,
            )
        )
    if unit == "household":
        return str(
            gettext(
                "Told against held out, for all %(n)s households told. The bars add up; the thin "
                "line over each is its own interval.",
                n=told,
            )
        )
    return str(
        gettext(
            "Told against held out, for all %(n)s customers told. The bars add up; the thin line "
            "over each is its own interval.",
            n=told,
        )
    )


def _numbers(
    document: Mapping[str, Any], group: Mapping[str, Any], totals: Sequence[Shown]
) -> Numbers:
    currency, unit = document["plan"]["currency"], document["plan"]["unit"]
    each = {
        "group": gettext("Per group"),
        "household": gettext("Per household"),
        "customer": gettext("Per customer"),
    }[unit]
    return Numbers(
        columns=(
            Column(key="part", label=str(gettext("Part")), numeric=False),
            Column(key="in_all", label=str(gettext("In all"))),
            Column(key="each", label=str(each)),
        ),
        rows=tuple(
            (
                Cell(text=str(BARS[bar["name"]]), value=bar["name"]),
                shown_cell(total, bar, times=group["n"]),
                shown_cell(shown(bar, currency), bar),
            )
            for bar, total in zip(group["bars"], totals, strict=True)
        ),
    )
