"""Where everything of a drawing stands, in percent of its width and height."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from regulars_web.drawing.specification import (
    Anchor,
    Band,
    Box,
    Course,
    Dot,
    Label,
    Mark,
    Plot,
    Row,
    Rows,
    Scale,
    Tone,
    Upright,
)

_AIR = 4.0  # percent above the highest and below the lowest value
_THINNEST = 0.2  # percent; nothing that is there is drawn as nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Rectangle:
    """A bar; x, y: its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone
    kind: Literal["rectangle"] = "rectangle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """A line, or the outline of an area; `written` as SVG's points."""

    points: tuple[tuple[float, float], ...]
    tone: Tone
    dashed: bool = False
    kind: Literal["path", "area"] = "path"

    @property
    def written(self) -> str:
        """ "x,y x,y ..." in percent."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A straight line from top to bottom at x."""

    x: float
    top: float
    bottom: float
    tone: Tone
    dashed: bool
    kind: Literal["line"] = "line"


@dataclass(frozen=True, kw_only=True, slots=True)
class Circle:
    """A dot; radius in px."""

    x: float
    y: float
    radius: float
    tone: Tone
    kind: Literal["circle"] = "circle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A text; shift: px to the right of x; lift: lines of text above y."""

    x: float
    y: float
    text: str
    anchor: Anchor
    shift: float = 0.0
    lift: float = 0.0
    minor: bool = False
    kind: Literal["words"] = "words"


Shape = Rectangle | Path | Line | Circle | Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """Where a reading is pointed at."""

    x: float
    width: float
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedPlot:
    """A plot's shapes in percent of its field. zero: height of the zero line, None without one.

    levels: labels of the upright scale; ticks: of the one below.
    """

    plot: Plot
    shapes: tuple[Shape, ...]
    zero: float | None
    levels: tuple[Words, ...]
    ticks: tuple[Words, ...]
    strips: tuple[Strip, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedSpan:
    """A bar of a row; cut_low, cut_high: it goes on beyond that edge."""

    x: float
    width: float
    tone: Tone
    thin: bool
    role: str
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedPoint:
    """A single value of a row."""

    x: float
    tone: Tone
    tick: bool
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedRow:
    """A row's bars and values."""

    row: Row
    spans: tuple[PlacedSpan, ...]
    points: tuple[PlacedPoint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedRows:
    """Rows in percent of their width; zero: of their common zero line."""

    drawing: Rows
    rows: tuple[PlacedRow, ...]
    zero: float
    ticks: tuple[Words, ...]

    @property
    def cut(self) -> bool:
        """Some bar goes on beyond the drawing."""
        return any(span.cut_low or span.cut_high for row in self.rows for span in row.spans)


def along(scale: Scale, value: float) -> float:
    """The share of the width at which a value stands, in percent."""
    return round(100 * (value - scale.low) / ((scale.high - scale.low) or 1.0), 3)


def upwards(scale: Scale, value: float) -> float:
    """The distance of a value from the top, in percent of the height, with air at both ends."""
    share = (scale.high - value) / ((scale.high - scale.low) or 1.0)
    return round(_AIR + (100 - 2 * _AIR) * share, 3)


def _seen(size: float, *, there: bool) -> float:
    """What is there is wide enough to be seen; what is nothing has no size."""
    return round(max(size, _THINNEST), 3) if there else 0.0


def place_plot(plot: Plot) -> PlacedPlot:
    """Every mark, label and reading of a plot."""
    return PlacedPlot(
        plot=plot,
        shapes=tuple(_shape(plot, mark) for mark in plot.marks),
        zero=upwards(plot.y, 0.0) if plot.zero and plot.y.low <= 0 <= plot.y.high else None,
        levels=tuple(
            Words(x=100, y=upwards(plot.y, tick.value), text=tick.text, anchor="end")
            for tick in plot.y.ticks
        ),
        ticks=_ticks(plot.x),
        strips=tuple(_strips(plot)),
    )


def _shape(plot: Plot, mark: Mark) -> Shape:
    x, y = plot.x, plot.y
    if isinstance(mark, Box):
        left, right = along(x, mark.left), along(x, mark.right)
        top, bottom = upwards(y, mark.high), upwards(y, mark.low)
        return Rectangle(
            x=left,
            y=top,
            width=_seen(right - left, there=mark.right > mark.left),
            height=_seen(bottom - top, there=mark.high > mark.low),
            tone=mark.tone,
        )
    if isinstance(mark, Band):
        upper = [(along(x, at), upwards(y, high)) for at, _, high in mark.points]
        lower = [(along(x, at), upwards(y, low)) for at, low, _ in reversed(mark.points)]
        return Path(points=(*upper, *lower), tone=mark.tone, kind="area")
    if isinstance(mark, Course):
        points = tuple((along(x, at), upwards(y, value)) for at, value in mark.points)
        return Path(points=points, tone=mark.tone, dashed=mark.dashed)
    if isinstance(mark, Dot):
        radius = 5.0 if mark.large else 4.0
        return Circle(x=along(x, mark.x), y=upwards(y, mark.y), radius=radius, tone=mark.tone)
    if isinstance(mark, Upright):
        return Line(
            x=along(x, mark.x),
            top=0.0 if mark.high is None else upwards(y, mark.high),
            bottom=100.0 if mark.low is None else upwards(y, mark.low),
            tone=mark.tone,
            dashed=mark.dashed,
        )
    return _words(x, y, mark)


def _words(x: Scale, y: Scale, mark: Label) -> Words:
    shift = {"start": 7.0, "middle": 0.0, "end": -7.0}[mark.anchor]
    return Words(
        x=along(x, mark.x),
        y=upwards(y, mark.y),
        text=mark.text,
        anchor=mark.anchor,
        shift=shift,
        lift=mark.lift,
    )


def _ticks(scale: Scale) -> tuple[Words, ...]:
    """Labels below; those at the ends stay inside the drawing."""
    found = []
    for tick in scale.ticks:
        at = along(scale, tick.value)
        anchor: Anchor = "start" if at < 4 else "end" if at > 96 else "middle"
        found.append(Words(x=at, y=0, text=tick.text, anchor=anchor, minor=tick.minor))
    return tuple(found)


def _strips(plot: Plot) -> Iterable[Strip]:
    for reading in plot.readings:
        left = max(along(plot.x, reading.left), 0.0)
        right = min(along(plot.x, reading.right), 100.0)
        yield Strip(x=left, width=round(max(right - left, _THINNEST), 3), words=reading.words)


def place_rows(drawing: Rows) -> PlacedRows:
    """Every bar and value of the rows; what lies beyond the scale stands at its edge."""

    def inside(value: float) -> float:
        return min(100.0, max(0.0, along(drawing.scale, value)))

    rows = []
    for row in drawing.rows:
        spans = tuple(
            PlacedSpan(
                x=inside(span.low),
                width=_seen(inside(span.high) - inside(span.low), there=span.high > span.low),
                tone=span.tone,
                thin=span.thin,
                role=span.role,
                cut_low=span.low < drawing.scale.low,
                cut_high=span.high > drawing.scale.high,
            )
            for span in row.spans
        )
        points = tuple(
            PlacedPoint(x=inside(at.value), tone=at.tone, tick=at.tick, role=at.role)
            for at in row.points
        )
        rows.append(PlacedRow(row=row, spans=spans, points=points))
    return PlacedRows(
        drawing=drawing, rows=tuple(rows), zero=inside(0.0), ticks=_ticks(drawing.scale)
    )
