"""A drawing as a whole SVG file: pixels, colours and type of its own, light, readable anywhere.

Nothing in it needs a style sheet, so that it looks the same in the PDF, in an office program, and
opened by itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path as File
from typing import Literal
from unicodedata import east_asian_width

from markupsafe import Markup

from regulars_web.drawing.placing import (
    Circle,
    Line,
    Path,
    PlacedPlot,
    PlacedRow,
    PlacedRows,
    Rectangle,
    Shape,
    Words,
    place_plot,
    place_rows,
)
from regulars_web.drawing.specification import Anchor, Drawing, Plot, Row, Rows

WIDTH = 880
FONTS = (
    "Segoe UI, Helvetica Neue, Helvetica, Roboto, Noto Sans, Liberation Sans, Arial, PingFang SC, "
    "PingFang TC, Microsoft YaHei, Microsoft JhengHei, Noto Sans CJK SC, Noto Sans CJK TC, "
    "sans-serif"
)
_SIDE = 12.0  # px around everything
_SMALL, _TEXT, _HEAD = 12.5, 14.0, 18.0  # px of type
_GUTTER, _RIGHT = 92.0, 28.0  # px left and right of a plot's field
_NAMES, _FIGURES = 230.0, 230.0  # px for the words left and right of rows
_ROW = 46.0  # px for each row

_Place = Callable[[float], float]


def standalone_svg(drawing: Drawing, *, heading: bool = True, footer: str = "") -> str:
    """The drawing as the text of an SVG file. heading: with title and finding; footer: source."""
    if isinstance(drawing, Plot):
        inner, height = _plot(place_plot(drawing))
    elif isinstance(drawing, Rows):
        inner, height = _rows(place_rows(drawing))
    else:
        raise TypeError(f"no drawing of this kind is known: {type(drawing).__name__}")
    above, top = _heading(drawing) if heading else ("", _SIDE)
    notes = [text for text in (drawing.note if heading else "", footer) if text]
    below, bottom = _paragraphs(notes, top + height + 8, _SMALL, "ink-3")
    total = round(bottom + _SIDE)
    words = escape(drawing.said or drawing.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" '
        f'height="{total}" role="img" font-family="{FONTS}" font-size="{_SMALL}">'
        f"<title>{escape(drawing.title)}</title><desc>{words}</desc>"
        f'<rect width="{WIDTH}" height="{total}" fill="{colour("surface")}"/>'
        f'{above}<g transform="translate(0 {top:g})">{inner}</g>{below}</svg>'
    )


def standalone_markup(drawing: Drawing, *, heading: bool = True) -> Markup:
    """The same within a page of HTML: everything in it is escaped already."""
    return Markup(standalone_svg(drawing, heading=heading))  # noqa: S704


@cache
def _colours() -> dict[str, str]:
    """The light colours of the product, from the one place that names them."""
    tokens = File(__file__).parents[1] / "static" / "tokens.css"
    light = tokens.read_text(encoding="utf-8").partition("@media")[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})", light))


def colour(name: str) -> str:
    """A colour by its token: "treated" is "#1d5c9c"."""
    return _colours()[name]


def _width(text: str, size: float) -> float:
    """About how wide a text is: what is not Latin takes a square."""
    wide = sum(east_asian_width(sign) in "WF" for sign in text)
    return size * (wide + 0.54 * (len(text) - wide))


def _lines(text: str, room: float, size: float) -> list[str]:
    """The text in lines that fit; Chinese may be broken anywhere, other words between them."""
    lines, line = [], ""
    for part in re.findall(r"[^\s\u2e80-\uffef]+\s*|[\u2e80-\uffef]\s*|\s+", text):
        if line and _width(line + part.rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()] if line.strip() else lines


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: Anchor = "start",
    ink: str = "ink-3",
    size: float = _SMALL,
    weight: Literal["400", "600"] = "400",
) -> str:
    bold = f' font-weight="{weight}"' if weight != "400" else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour(ink)}" '
        f'font-size="{size:g}"{bold}>{escape(text)}</text>'
    )


def _paragraphs(
    texts: Sequence[str], top: float, size: float, ink: str, weight: Literal["400", "600"] = "400"
) -> tuple[str, float]:
    """Texts under each other from the left; and where they end."""
    written = []
    for text in texts:
        for line in _lines(text, WIDTH - 2 * _SIDE, size):
            top += 1.35 * size
            written.append(_text(_SIDE, round(top, 2), line, ink=ink, size=size, weight=weight))
    return "".join(written), top


def _heading(drawing: Drawing) -> tuple[str, float]:
    title, top = _paragraphs([drawing.title], _SIDE, _HEAD, "ink", "600")
    said, top = _paragraphs([drawing.said] if drawing.said else [], top + 4, _TEXT, "ink-2")
    return title + said, top + 14


def _plot(placed: PlacedPlot) -> tuple[str, float]:
    left, height = _GUTTER, float(placed.plot.height) * 1.25
    width = WIDTH - left - _RIGHT

    def across(x: float) -> float:
        return round(left + width * x / 100, 2)

    def down(y: float) -> float:
        return round(height * y / 100, 2)

    parts = [_text(left - 10, down(mark.y) + 4, mark.text, anchor="end") for mark in placed.levels]
    parts += [_shape(shape, across, down) for shape in placed.shapes if shape.kind != "words"]
    if placed.zero is not None:
        at = down(placed.zero)
        parts.append(
            f'<line x1="{left:g}" x2="{left + width:g}" y1="{at:g}" y2="{at:g}" '
            f'stroke="{colour("ink-3")}" stroke-width="1"/>'
        )
    parts += [_shape(shape, across, down) for shape in placed.shapes if shape.kind == "words"]
    parts += [
        _text(across(mark.x), height + 16, mark.text, anchor=mark.anchor) for mark in placed.ticks
    ]
    return "".join(parts), height + 22


def _shape(shape: Shape, across: _Place, down: _Place) -> str:
    if isinstance(shape, Rectangle):
        return (
            f'<rect x="{across(shape.x):g}" y="{down(shape.y):g}" '
            f'width="{across(shape.width) - across(0):.2f}" height="{down(shape.height):g}" '
            f'fill="{colour(shape.tone)}"/>'
        )
    if isinstance(shape, Path):
        points = " ".join(f"{across(x):g},{down(y):g}" for x, y in shape.points)
        if shape.kind == "area":
            return f'<polygon points="{points}" fill="{colour(shape.tone)}"/>'
        return (
            f'<polyline points="{points}" fill="none" stroke="{colour(shape.tone)}" '
            f'stroke-width="{1.75 if shape.dashed else 2.5}" stroke-linejoin="round"'
            f"{_dashes(shape)}/>"
        )
    if isinstance(shape, Line):
        at = across(shape.x)
        return (
            f'<line x1="{at:g}" x2="{at:g}" y1="{down(shape.top):g}" y2="{down(shape.bottom):g}" '
            f'stroke="{colour(shape.tone)}" stroke-width="1.5"{_dashes(shape)}/>'
        )
    if isinstance(shape, Circle):
        return (
            f'<circle cx="{across(shape.x):g}" cy="{down(shape.y):g}" r="{shape.radius:g}" '
            f'fill="{colour(shape.tone)}"/>'
        )
    return _named(shape, across, down)


def _named(words: Words, across: _Place, down: _Place) -> str:
    """A name on the drawing, on a paper of its own so that lines do not strike it through."""
    x, y = across(words.x) + words.shift, down(words.y) - 18 * words.lift + 4
    wide = _width(words.text, _SMALL) * 1.06
    from_x = {"start": x, "middle": x - wide / 2, "end": x - wide}[words.anchor]
    return (
        f'<rect x="{from_x - 2:.2f}" y="{y - 12:.2f}" width="{wide + 4:.2f}" height="16" '
        f'fill="{colour("surface")}" fill-opacity="0.8"/>'
        + _text(x, y, words.text, anchor=words.anchor, ink="ink", weight="600")
    )


def _dashes(shape: Path | Line) -> str:
    return ' stroke-dasharray="5 4"' if shape.dashed else ""


def _rows(placed: PlacedRows) -> tuple[str, float]:
    left, width = _SIDE + _NAMES, WIDTH - 2 * _SIDE - _NAMES - _FIGURES
    height = _ROW * len(placed.rows)
    at = round(left + width * placed.zero / 100, 2)
    parts = ["".join(_row(row, _ROW * place, left, width)) for place, row in enumerate(placed.rows)]
    parts.append(
        f'<line x1="{at:g}" x2="{at:g}" y1="0" y2="{height:g}" '
        f'stroke="{colour("ink-3")}" stroke-width="1"/>'
    )
    parts += [
        _text(round(left + width * mark.x / 100, 2), height + 16, mark.text, anchor=mark.anchor)
        for mark in placed.ticks
    ]
    return "".join(parts), height + (22 if placed.ticks else 4)


def _row(placed: PlacedRow, top: float, left: float, width: float) -> Iterator[str]:
    middle = top + _ROW / 2
    yield from _row_words(placed.row, middle)
    for span in placed.spans:
        x, tall = left + width * span.x / 100, 6.0 if span.thin else 20.0
        faint = ' fill-opacity="0.4"' if span.thin and span.tone == "ink" else ""
        yield (
            f'<rect x="{x:.2f}" y="{middle - tall / 2:g}" width="{width * span.width / 100:.2f}" '
            f'height="{tall:g}" fill="{colour(span.tone)}"{faint}/>'
        )
        for cut, edge, sign in ((span.cut_low, left, -1), (span.cut_high, left + width, 1)):
            if cut:
                yield (
                    f'<path d="M{edge:g} {middle - 5:g}l{7 * sign} 5l{-7 * sign} 5z" '
                    f'fill="{colour("ink-3")}"/>'
                )
    for point in placed.points:
        x, fill = left + width * point.x / 100, colour(point.tone)
        if point.tick:
            yield (
                f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{middle - 13:g}" y2="{middle + 13:g}" '
                f'stroke="{fill}" stroke-width="2.5"/>'
            )
        else:
            yield f'<circle cx="{x:.2f}" cy="{middle:g}" r="4.5" fill="{fill}"/>'


def _row_words(row: Row, middle: float) -> Iterator[str]:
    """The name to the left, the number and its interval to the right."""
    names = _lines(row.label, _NAMES - 16, _TEXT)[:2]
    first = middle + 5 - (8 if len(names) > 1 or row.detail else 0)
    for place, line in enumerate(names):
        yield _text(_SIDE, first + 17 * place, line, ink="ink", size=_TEXT)
    if row.detail and len(names) == 1:
        yield _text(_SIDE, first + 17, row.detail)
    right = float(WIDTH) - _SIDE
    y = middle + 5 - (8 if row.range else 0)
    yield _text(right, y, row.text, anchor="end", ink="ink", size=_TEXT, weight="600")
    if row.range:
        yield _text(right, middle + 14, row.range, anchor="end")
