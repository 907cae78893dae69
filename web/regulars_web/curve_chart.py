"""A curve over the steps of a scale: what is believed as a line, bands and intervals as bars.

As in `charts` everything is in percent of the drawing, and the template draws it without styles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regulars_web.charts import PLOT_HEIGHT, round_values


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One step on the chart's own scale; None where it is not known.

    value: what is believed. band: limits that hold at all steps at once. own: the interval of this
    step alone. chosen: recommended, or expected to pay.
    """

    value: float | None
    band: tuple[float, float] | None
    own: tuple[float, float] | None
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveMark:
    """A label under the axis; minor ones give way on narrow screens."""

    x: float
    text: str
    minor: bool
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveBar:
    """A step in percent: its band, the interval inside it, and the believed value's height."""

    x: float
    width: float
    centre: float
    band: tuple[float, float] | None
    own: tuple[float, float] | None
    level: float | None
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveChart:
    """bars: one a step; heights are (top, height). path: the line through what is believed."""

    bars: tuple[CurveBar, ...]
    path: tuple[tuple[float, float], ...]
    zero: float
    scale: tuple[float, ...]
    levels: tuple[float, ...]
    marks: tuple[CurveMark, ...]


def build_curve_chart(
    points: Sequence[CurvePoint], marks: Sequence[tuple[float, str, bool]]
) -> CurveChart:
    """Steps side by side on a scale that has zero in it.

    marks: (place, text, whether it may give way), the place counted in steps from the left edge of
    the first; 0.5 is its middle.
    """
    ends = [0.0]
    for point in points:
        for limits in (point.band, point.own):
            ends += limits or ()
        ends += [] if point.value is None else [point.value]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return round(4 + (PLOT_HEIGHT - 8) * (high - value) / span, 3)

    def extent(limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits is None:
            return None
        top, bottom = height(limits[1]), height(limits[0])
        return top, round(max(bottom - top, 0.4), 3)

    step = 100 / max(len(points), 1)
    bars = tuple(
        CurveBar(
            x=round(step * (place + 0.08), 3),
            width=round(step * 0.84, 3),
            centre=round(step * (place + 0.5), 3),
            band=extent(point.band),
            own=extent(point.own),
            level=None if point.value is None else height(point.value),
            chosen=point.chosen,
        )
        for place, point in enumerate(points)
    )
    scale = round_values(low, high)
    return CurveChart(
        bars=bars,
        path=tuple((bar.centre, bar.level) for bar in bars if bar.level is not None),
        zero=height(0.0),
        scale=scale,
        levels=tuple(height(value) for value in scale),
        marks=tuple(
            CurveMark(x=round(step * place, 3), text=text, minor=minor)
            for place, text, minor in marks
        ),
    )
