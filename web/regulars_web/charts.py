"""Charts as values: where each bar stands, in percent of the width and height of its drawing.

The templates draw them as inline SVG without any style of their own (`ui.bar_rows`,
`ui.histogram`); percent keeps the text of a chart at its size however narrow the screen is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Tone = Literal["treated", "treated-soft", "holdout", "good", "bad"]
PLOT_HEIGHT = 86.0  # percent; the rest is for the labels of the axis


@dataclass(frozen=True, kw_only=True, slots=True)
class BarInput:
    """One row: label and text are formatted; value and range are on the chart's own scale."""

    label: str
    value: float
    text: str
    tone: Tone
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BarRow:
    """One bar in percent of the width; the range lies over it as a thin bar."""

    label: str
    text: str
    tone: Tone
    x: float
    width: float
    range_x: float | None
    range_width: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BarChart:
    """Rows on one scale; zero: where their common zero line stands, in percent."""

    rows: tuple[BarRow, ...]
    zero: float


def build_bar_chart(inputs: Sequence[BarInput]) -> BarChart:
    """Horizontal bars from a common zero line, all on the same scale."""
    ends = [0.0]
    for row in inputs:
        ends += [row.value, *(end for end in (row.low, row.high) if end is not None)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(100 * (value - low) / span, 3)

    rows = []
    for row in inputs:
        left, right = place(min(0.0, row.value)), place(max(0.0, row.value))
        ranged = row.low is not None and row.high is not None
        range_x = place(row.low) if row.low is not None and ranged else None
        range_end = place(row.high) if row.high is not None and ranged else None
        rows.append(
            BarRow(
                label=row.label,
                text=row.text,
                tone=row.tone,
                x=left,
                width=round(right - left, 3),
                range_x=range_x,
                range_width=None
                if range_x is None or range_end is None
                else round(range_end - range_x, 3),
            )
        )
    return BarChart(rows=tuple(rows), zero=place(0.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class HistogramBar:
    """One bin in percent; label: its bounds, formatted; count as it is."""

    label: str
    count: int
    tone: Tone
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A text at a place on the axis; anchor keeps it inside the drawing."""

    x: float
    text: str
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """Bins side by side, some labels under them, and at most one marked value."""

    bars: tuple[HistogramBar, ...]
    ticks: tuple[Mark, ...]
    mark: Mark | None


def build_histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    texts: Sequence[str],
    *,
    mark: tuple[float, str] | None = None,
    ticks: int = 3,
) -> Histogram:
    """Bins between `edges` (one more than `counts`), drawn to scale of value and count.

    texts: the edges, formatted. mark: a value to draw in, and its text; bins from the mark on are
    drawn in full colour, those before it softly. ticks: how many edges are labelled.
    """
    if len(edges) != len(counts) + 1 or len(texts) != len(edges):
        raise ValueError("a histogram needs one edge, and one text, more than it has counts")
    span, top = (edges[-1] - edges[0]) or 1.0, max([*counts, 1])

    def place(value: float) -> float:
        return round(min(100.0, max(0.0, 100 * (value - edges[0]) / span)), 3)

    bars = []
    for index, count in enumerate(counts):
        left, right = place(edges[index]), place(edges[index + 1])
        height = PLOT_HEIGHT * 0.9 * count / top
        before = mark is not None and edges[index + 1] <= mark[0]
        bars.append(
            HistogramBar(
                label=f"{texts[index]} – {texts[index + 1]}",
                count=count,
                tone="treated-soft" if before else "treated",
                x=left,
                width=round(max(0.1, (right - left) * 0.92), 3),
                y=round(PLOT_HEIGHT - height, 3),
                height=round(height, 3),
            )
        )
    return Histogram(
        bars=tuple(bars),
        ticks=_build_ticks([place(edge) for edge in edges], texts, ticks),
        mark=None
        if mark is None
        else Mark(x=place(mark[0]), text=mark[1], anchor=_side(mark[0], edges)),
    )


def _side(value: float, edges: Sequence[float]) -> Literal["start", "end"]:
    return "end" if value > (edges[0] + edges[-1]) / 2 else "start"


def _build_ticks(places: Sequence[float], texts: Sequence[str], wanted: int) -> tuple[Mark, ...]:
    last = len(places) - 1
    chosen = sorted({round(index * last / (wanted - 1)) for index in range(wanted)})
    return tuple(
        Mark(
            x=places[index],
            text=texts[index],
            anchor="start" if index == 0 else "end" if index == last else "middle",
        )
        for index in chosen
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DayInput:
    """One day: value and range on the chart's own scale; None where there is no estimate."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One day's range as a bar, in percent; centre and level: where its value stands."""

    x: float
    width: float
    y: float
    height: float
    centre: float
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelMark:
    """A text at a height of the scale, in percent."""

    y: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DayChart:
    """Ranges as bars, one a day, and a line through the values. zero: height of the zero line.

    lines: between neighbouring days that both have a value: pairs of slots.
    """

    slots: tuple[Slot, ...]
    lines: tuple[tuple[Slot, Slot], ...]
    zero: float
    scale: tuple[float, ...]
    levels: tuple[float, ...]
    ticks: tuple[Mark, ...]


def build_day_chart(days: Sequence[DayInput], texts: Sequence[str], *, ticks: int = 3) -> DayChart:
    """Days side by side on a scale that has zero in it.

    texts: the days, formatted. ticks: how many of them are labelled. `scale` are round values on
    the chart's scale and `levels` their heights, to be labelled by who knows the unit.
    """
    ends = [0.0, *(end for day in days for end in (day.low, day.high) if end is not None)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return round(4 + (PLOT_HEIGHT - 8) * (high - value) / span, 3)

    step = 100 / max(len(days), 1)
    placed: list[Slot | None] = []
    for index, day in enumerate(days):
        if day.value is None or day.low is None or day.high is None:
            placed.append(None)
            continue
        top, bottom = height(day.high), height(day.low)
        placed.append(
            Slot(
                x=round(step * (index + 0.1), 3),
                width=round(step * 0.8, 3),
                y=top,
                height=round(max(bottom - top, 0.4), 3),
                centre=round(step * (index + 0.5), 3),
                level=height(day.value),
            )
        )
    scale = round_values(low, high)
    return DayChart(
        slots=tuple(slot for slot in placed if slot is not None),
        lines=tuple(
            (one, other) for one, other in pairwise(placed) if one is not None and other is not None
        ),
        zero=height(0.0),
        scale=scale,
        levels=tuple(height(value) for value in scale),
        ticks=_build_ticks([step * (index + 0.5) for index in range(len(days))], texts, ticks),
    )


def round_values(low: float, high: float) -> tuple[float, ...]:
    """Three to six round values from low to high, zero among them where it lies between."""
    span = high - low
    if span <= 0:
        return (0.0,)
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(step * index for index in range(first, last + 1))
