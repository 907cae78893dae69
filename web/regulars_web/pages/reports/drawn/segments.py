"""The segments under each other on one scale: raw as a tick, pooled as a bar."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from flask_babel import gettext

from regulars_web.drawing.specification import (
    Cell,
    Column,
    Numbers,
    Point,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
)
from regulars_web.words.answers import shown
from regulars_web.words.reports import amount, believed_of, interval, segment_name

_MOST_WIDTHS = 3.0
_AIR = 0.4
"""How far, in widths of what is believed, the scale reaches beyond it for what is raw."""


def by_profit(segments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The best first, by what is believed of them."""

    def place(group: Mapping[str, Any]) -> tuple[bool, float]:
        believed = None if group["hidden"] else believed_of(group)
        return (believed is None, 0.0 if believed is None else -believed["mean"])

    return sorted(segments, key=place)


def segment_forest(document: Mapping[str, Any]) -> Rows | None:
    """All segments of all arms, hidden ones without marks; None where nothing can be drawn."""
    groups = by_profit(document["segments"])
    scale = _scale(document, [group for group in groups if not group["hidden"]])
    if scale is None:
        return None
    currency = document["plan"]["currency"]
    several = len(document["overall"]) > 1
    return Rows(
        name="segments",
        title=str(gettext("Net profit by segment")),
        said="",
        note=str(
            gettext(
                "Net profit each, told against held out of the same segment. The wide bar leans "
                "on the other segments where one says little (pooled); the upright tick is this "
                "segment alone (raw), the thin line its interval."
            )
        ),
        numbers=_numbers(groups, currency),
        scale=scale,
        rows=tuple(_row(group, currency, several=several) for group in groups),
    )


def _scale(document: Mapping[str, Any], shown_groups: Sequence[Mapping[str, Any]]) -> Scale | None:
    """Zero, all that is believed, and of what is raw the ticks and as much as leaves room."""
    beliefs = [found for group in shown_groups if (found := believed_of(group)) is not None]
    raw = [group["net"] for group in shown_groups if "estimate" in group["net"]]
    sure = [0.0, *(net["estimate"] for net in raw), *(found["mean"] for found in beliefs)]
    widths = [found["high"] - found["low"] for found in beliefs]
    # who says so much less than the others runs out of the drawing
    most = _MOST_WIDTHS * median(widths) if widths else 0.0
    for found, width in zip(beliefs, widths, strict=True):
        sure += [found["low"], found["high"]] if width <= most else []
    if len(sure) == 1:
        return None
    low, high = min(sure), max(sure)
    room = _AIR * (high - low)
    low = min(low, max(low - room, min((net["low"] for net in raw), default=low)))
    high = max(high, min(high + room, max((net["high"] for net in raw), default=high)))
    currency = document["plan"]["currency"]
    ends = [end for end in (low, 0.0, high) if end == 0.0 or abs(end) > 0.2 * (high - low)]
    ticks = tuple(Tick(value=end, text=amount(end, currency)) for end in ends)
    return Scale(low=low, high=high, ticks=ticks)


def _row(group: Mapping[str, Any], currency: str, *, several: bool) -> Row:
    name = segment_name(group["segment"])
    detail = group["arm"] if several else ""
    if group["hidden"]:
        return Row(label=name, detail=detail)
    net, believed = group["net"], believed_of(group)
    spans, points = [], []
    if believed is not None:
        spans.append(
            Span(low=believed["low"], high=believed["high"], tone="treated-soft", role="pooled")
        )
        points.append(Point(value=believed["mean"], tone="treated", role="pooled"))
    if "estimate" in net:
        spans.append(Span(low=net["low"], high=net["high"], tone="ink", thin=True, role="raw"))
        points.append(Point(value=net["estimate"], tone="ink", tick=True, role="raw"))
    return Row(
        label=name,
        detail=detail,
        text="" if believed is None else amount(believed["mean"], currency, signed=True),
        range="" if believed is None else interval(believed["low"], believed["high"], currency),
        spans=tuple(spans),
        points=tuple(points),
    )


def _numbers(groups: Sequence[Mapping[str, Any]], currency: str) -> Numbers:
    return Numbers(
        columns=(
            Column(key="segment", label=str(gettext("Segment")), numeric=False),
            Column(key="arm", label=str(gettext("Arm")), numeric=False),
            Column(key="told", label=str(gettext("Told"))),
            Column(key="held_out", label=str(gettext("Held out"))),
            Column(key="raw", label=str(gettext("Net, raw"))),
            Column(key="pooled", label=str(gettext("Net, pooled"))),
        ),
        rows=tuple(_cells(group, currency) for group in groups),
    )


def _cells(group: Mapping[str, Any], currency: str) -> tuple[Cell, ...]:
    place = (
        Cell(text=segment_name(group["segment"]), value=group["segment"]),
        Cell(text=group["arm"], value=group["arm"]),
        Cell(text=str(group["n"]), value=group["n"]),
        Cell(text=str(group["n_control"]), value=group["n_control"]),
    )
    if group["hidden"]:
        return (*place, Cell(text="–", known=False), Cell(text="–", known=False))
    net, believed = group["net"], believed_of(group)
    raw = shown(net, currency)
    return (
        *place,
        Cell(
            text=raw.text,
            range=raw.interval,
            known=raw.known,
            value=net.get("estimate"),
            low=net.get("low"),
            high=net.get("high"),
        ),
        Cell(text="–", known=False)
        if believed is None
        else Cell(
            text=amount(believed["mean"], currency, signed=True),
            range=interval(believed["low"], believed["high"], currency),
            value=believed["mean"],
            low=believed["low"],
            high=believed["high"],
        ),
    )
