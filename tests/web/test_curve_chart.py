"""Where the bars and the line of a curve stand, in percent of its drawing."""

import pytest

from regulars_web.curve_chart import CurveChart, CurvePoint, build_curve_chart


def drawn() -> CurveChart:
    points = [
        CurvePoint(value=1.0, band=(-1.0, 3.0), own=(0.0, 2.0), chosen=True),
        CurvePoint(value=None, band=None, own=None, chosen=False),
        CurvePoint(value=0.0, band=(-2.0, 2.0), own=(-1.0, 1.0), chosen=False),
    ]
    return build_curve_chart(points, [(0.5, "1×", False), (2.0, "2×", True)])


def test_an_interval_lies_inside_its_band_and_a_value_inside_its_interval() -> None:
    for bar in (drawn().bars[0], drawn().bars[2]):
        assert bar.band is not None
        assert bar.own is not None
        assert bar.level is not None
        (top, height), (own_top, own_height) = bar.band, bar.own
        assert top < own_top < bar.level < own_top + own_height < top + height


def test_the_scale_has_zero_in_it_and_every_bar_is_on_the_drawing() -> None:
    chart = drawn()

    assert 0 < chart.zero < 100
    assert chart.bars[2].level == chart.zero
    assert 0.0 in chart.scale
    for bar in chart.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= 100


def test_a_step_that_is_not_known_leaves_a_gap_and_the_line_goes_on() -> None:
    chart = drawn()

    assert chart.bars[1].band is None
    assert [x for x, _ in chart.path] == pytest.approx([100 / 6, 500 / 6], abs=0.01)


def test_labels_stand_where_they_were_put_and_say_which_may_give_way() -> None:
    marks = drawn().marks

    assert [(mark.text, mark.minor) for mark in marks] == [("1×", False), ("2×", True)]
    assert [mark.x for mark in marks] == pytest.approx([100 / 6, 200 / 3], abs=0.01)
