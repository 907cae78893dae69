"""What a drawing shows, in data units, and the numbers behind it. Words are formatted already."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["treated", "treated-soft", "holdout", "holdout-soft", "good", "bad", "ink"]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of the numbers behind a drawing; key: its name in files."""

    key: str
    label: str
    numeric: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One number: as it is written, and as it is. range: its interval, written, or why there is
    no number; low, high: the interval as it is."""

    text: str
    value: float | str | None = None
    range: str = ""
    low: float | None = None
    high: float | None = None
    known: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """The table behind a drawing; the first cell of a row is its heading."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A label at a value of a scale; minor ones give way on narrow screens."""

    value: float
    text: str
    minor: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """From low to high in data units, with the values that are labelled."""

    low: float
    high: float
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A bar: an interval, a count, a band of one step."""

    left: float
    right: float
    low: float
    high: float
    tone: Tone


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """An area between two lines: (x, low, high)."""

    points: tuple[tuple[float, float, float], ...]
    tone: Tone


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    tone: Tone
    dashed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A single value."""

    x: float
    y: float
    tone: Tone
    large: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Upright:
    """A vertical line; from low to high, or through the whole drawing."""

    x: float
    low: float | None = None
    high: float | None = None
    tone: Tone = "ink"
    dashed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """Words beside what they name. lift: lines of text above (or, negative, below) the point."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    lift: float = 0.0


Mark = Box | Band | Course | Dot | Upright | Label


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is read out at a place: from left to right of it, and the sentence."""

    left: float
    right: float
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """What all drawings have. name: ASCII, the same in every language; said: the finding.

    rest: what the line under the drawing reads while nothing is pointed at.
    """

    name: str
    title: str
    said: str
    numbers: Numbers
    note: str = ""
    rest: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot(Drawing):
    """Marks over two scales, painted in the order given. height: of the page's drawing, in px.

    zero: whether the line at y = 0 is drawn.
    """

    x: Scale
    y: Scale
    marks: tuple[Mark, ...]
    readings: tuple[Reading, ...] = ()
    height: int = 230
    zero: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A bar of a row. thin: of the row's second, finer voice. role: which toggle hides it."""

    low: float
    high: float
    tone: Tone
    thin: bool = False
    role: Literal["", "raw", "pooled"] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A single value in a row: a dot, or an upright tick."""

    value: float
    tone: Tone
    tick: bool = False
    role: Literal["", "raw", "pooled"] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: its name, what is drawn, and its number with its interval in words."""

    label: str
    detail: str = ""
    text: str = ""
    range: str = ""
    spans: tuple[Span, ...] = ()
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows(Drawing):
    """Rows on one scale. What lies beyond the scale is cut, and its bar ends in an arrow."""

    scale: Scale
    rows: tuple[Row, ...]
