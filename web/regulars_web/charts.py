"""Charts as values: where each bar stands, in percent of the width and height of its drawing.

The templates draw them as inline SVG without any style of their own (`ui.bar_rows`,
`ui.histogram`); percent keeps the text of a chart at its size however narrow the screen is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
