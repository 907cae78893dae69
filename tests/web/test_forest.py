"""Intervals on one scale: where they stand."""

from regulars_web.forest import ForestInput, build_forest


def row(value: float, low: float, high: float, *, full: bool = True) -> ForestInput:
    return ForestInput(
        label="a",
        detail="",
        text="",
        range="",
        tone="treated",
        value=value,
        low=low,
        high=high,
        drawn_in_full=full,
    )


def test_all_rows_share_a_scale_with_zero_in_it() -> None:
    forest = build_forest([row(3, 2, 4), row(-0.5, -1, 0)])
    assert forest.zero == 20  # from -1 to 4
    assert [(one.x, one.width, one.centre) for one in forest.rows] == [(60, 40, 80), (0, 20, 10)]
    assert not forest.cut


def test_a_row_that_would_flatten_the_others_runs_out_of_the_drawing() -> None:
    forest = build_forest([row(3, 2, 4), row(2, -100, 104, full=False)])
    assert forest.zero == 0
    assert (forest.rows[0].x, forest.rows[0].width) == (50, 50)
    assert (forest.rows[1].x, forest.rows[1].width) == (0, 100)
    assert (forest.rows[1].cut_low, forest.rows[1].cut_high) == (True, True)
    assert forest.cut


def test_a_bar_is_cut_only_where_it_goes_on() -> None:
    forest = build_forest([row(3, 2, 4), row(2, 1, 104, full=False)])
    assert [(one.cut_low, one.cut_high) for one in forest.rows] == [(False, False), (False, True)]
