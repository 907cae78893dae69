"""Marks stand where their values are, whatever the size of the drawing."""

import pytest

from regulars_web.drawing.placing import (
    Circle,
    Line,
    Path,
    PlacedPlot,
    Rectangle,
    Words,
    place_plot,
    place_rows,
)
from regulars_web.drawing.specification import (
    Band,
    Box,
    Course,
    Dot,
    Label,
    Mark,
    Numbers,
    Plot,
    Point,
    Reading,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
    Upright,
)

NONE = Numbers(columns=(), rows=())


def plot(*marks: Mark, low: float = -10.0, high: float = 30.0) -> PlacedPlot:
    return place_plot(
        Plot(
            name="p",
            title="",
            said="",
            numbers=NONE,
            x=Scale(low=0, high=4, ticks=(Tick(value=0, text="a"), Tick(value=4, text="b"))),
            y=Scale(low=low, high=high, ticks=(Tick(value=0, text="0"),)),
            marks=marks,
            readings=(Reading(left=-1, right=2, words="first"), Reading(left=2, right=9, words="")),
        )
    )


def share_of_height(placed: PlacedPlot, y: float) -> float:
    """How far a height is above the lowest value, of the way to the highest."""
    top, bottom = 4.0, 96.0  # the air at both ends
    assert placed.plot.y.low < placed.plot.y.high
    return (bottom - y) / (bottom - top)


def test_a_bar_reaches_from_its_low_to_its_high() -> None:
    placed = plot(Box(left=1, right=2, low=0, high=20, tone="treated"))
    (bar,) = placed.shapes

    assert isinstance(bar, Rectangle)
    assert (bar.x, bar.width) == (25, 25)
    assert share_of_height(placed, bar.y) == pytest.approx(30 / 40, abs=1e-4)
    assert share_of_height(placed, bar.y + bar.height) == pytest.approx(10 / 40, abs=1e-4)
    assert placed.zero == pytest.approx(bar.y + bar.height, abs=1e-3)


def test_a_bar_of_nothing_has_no_height_and_one_of_very_little_is_seen() -> None:
    nothing, little = plot(
        Box(left=1, right=2, low=0, high=0, tone="treated"),
        Box(left=1, right=2, low=0, high=1e-9, tone="treated"),
    ).shapes
    assert isinstance(nothing, Rectangle)
    assert isinstance(little, Rectangle)
    assert nothing.height == 0
    assert little.height > 0


def test_lines_areas_and_points_stand_on_the_same_scale() -> None:
    band, course, dot, upright = plot(
        Band(points=((0, -10, 30), (4, 0, 20)), tone="treated-soft"),
        Course(points=((0, 10), (4, 30)), tone="treated", dashed=True),
        Dot(x=2, y=10, tone="ink"),
        Upright(x=3, low=-10, high=10),
    ).shapes
    assert isinstance(band, Path)
    assert isinstance(course, Path)
    assert isinstance(dot, Circle)
    assert isinstance(upright, Line)
    assert band.kind == "area"
    assert [x for x, _ in band.points] == [0, 100, 100, 0]
    assert band.points[0][1] == 4
    assert band.points[-1][1] == 96
    assert course.points == ((0, 50), (100, 4))
    assert (dot.x, dot.y) == (50, 50)
    assert (upright.top, upright.bottom) == (50, 96)


def test_there_is_no_zero_line_where_zero_is_not_on_the_scale() -> None:
    assert plot(low=1.0).zero is None


def test_labels_at_the_ends_stay_inside_and_names_keep_off_what_they_name() -> None:
    placed = plot(
        Label(x=1, y=0, text="x", anchor="start"), Label(x=1, y=0, text="x", anchor="end")
    )
    assert [tick.anchor for tick in placed.ticks] == ["start", "end"]
    after, before = placed.shapes
    assert isinstance(after, Words)
    assert isinstance(before, Words)
    assert before.shift < 0 < after.shift


def test_readings_share_out_the_width_and_end_at_its_edges() -> None:
    strips = plot().strips
    assert [(strip.x, strip.width) for strip in strips] == [(0, 50), (50, 50)]


def rows(*of: Row, low: float = -1.0, high: float = 3.0) -> Rows:
    return Rows(name="r", title="", said="", numbers=NONE, scale=Scale(low=low, high=high), rows=of)


def test_rows_have_one_scale_and_what_lies_beyond_it_is_said_to_go_on() -> None:
    placed = place_rows(
        rows(
            Row(label="", spans=(Span(low=-1, high=1, tone="treated"),)),
            Row(
                label="",
                spans=(Span(low=0, high=9, tone="ink"),),
                points=(Point(value=9, tone="ink"),),
            ),
        )
    )
    first, second = placed.rows
    assert placed.zero == 25
    assert (first.spans[0].x, first.spans[0].width) == (0, 50)
    assert not first.spans[0].cut_high
    assert (second.spans[0].x, second.spans[0].width) == (25, 75)
    assert second.spans[0].cut_high
    assert second.points[0].x == 100
    assert placed.cut


def test_a_scale_of_one_value_is_drawn_without_failing() -> None:
    assert place_rows(rows(Row(label=""), low=0, high=0)).zero == 0
