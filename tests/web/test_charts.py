"""Bars stand where their values are."""

import pytest

from regulars_web.charts import (
    BarInput,
    DayInput,
    build_bar_chart,
    build_day_chart,
    build_histogram,
)


def test_bars_of_gains_and_losses_share_one_zero_line_and_one_scale() -> None:
    chart = build_bar_chart(
        [
            BarInput(label="a", value=30, text="30", tone="good"),
            BarInput(label="b", value=-10, text="-10", tone="bad"),
        ]
    )
    assert chart.zero == 25
    gain, loss = chart.rows
    assert (gain.x, gain.width) == (25, 75)
    assert (loss.x, loss.width) == (0, 25)


def test_an_interval_lies_over_its_bar_on_the_same_scale() -> None:
    [row] = build_bar_chart(
        [BarInput(label="a", value=50, text="50", tone="treated", low=25, high=100)]
    ).rows
    assert (row.x, row.width) == (0, 50)
    assert (row.range_x, row.range_width) == (25, 75)


def test_rows_of_nothing_but_zero_are_drawn_without_failing() -> None:
    [row] = build_bar_chart([BarInput(label="a", value=0, text="0", tone="holdout")]).rows
    assert row.width == 0


def test_the_highest_bin_is_the_tallest_and_all_stand_on_the_axis() -> None:
    chart = build_histogram([0, 10, 20, 30], [1, 4, 2], ["0", "10", "20", "30"])
    heights = [bar.height for bar in chart.bars]
    assert heights[1] == max(heights)
    assert heights[0] * 4 == pytest.approx(heights[1], abs=0.01)
    assert all(bar.y + bar.height == pytest.approx(86, abs=0.01) for bar in chart.bars)
    assert [bar.x for bar in chart.bars] == pytest.approx([0, 33.333, 66.667], abs=0.001)


def test_the_threshold_is_drawn_at_its_value_and_bins_before_it_softly() -> None:
    chart = build_histogram([0, 10, 20], [3, 3], ["0", "10", "20"], mark=(10, "10"))
    assert chart.mark is not None
    assert chart.mark.x == 50
    assert [bar.tone for bar in chart.bars] == ["treated-soft", "treated"]


def test_labels_of_the_ends_stay_inside_the_drawing() -> None:
    ticks = build_histogram([0, 1, 2, 3, 4], [1] * 4, list("abcde"), ticks=3).ticks
    assert [(tick.text, tick.anchor) for tick in ticks] == [
        ("a", "start"),
        ("c", "middle"),
        ("e", "end"),
    ]


def test_edges_and_counts_must_fit_together() -> None:
    with pytest.raises(ValueError, match="one edge"):
        build_histogram([0, 1], [1, 2], ["0", "1"])


def test_days_stand_side_by_side_on_one_scale_with_zero_in_it() -> None:
    chart = build_day_chart(
        [
            DayInput(value=-10, low=-20, high=0),
            DayInput(value=None),
            DayInput(value=20, low=0, high=40),
            DayInput(value=60, low=40, high=80),
        ],
        ["1", "2", "3", "4"],
    )
    first, third, fourth = chart.slots
    assert (fourth.y, first.y + first.height) == pytest.approx((4, 82))  # the plot's whole height
    assert chart.zero == first.y == third.y + third.height
    # 78% for 100: each ten is 7.8% high
    assert (first.level - chart.zero, chart.zero - fourth.level) == pytest.approx((7.8, 46.8))
    assert [slot.centre for slot in chart.slots] == pytest.approx([12.5, 62.5, 87.5])
    assert chart.lines == ((third, fourth),)
    assert [mark.text for mark in chart.ticks] == ["1", "3", "4"]


def test_the_scale_of_days_is_round_numbers_around_zero() -> None:
    chart = build_day_chart([DayInput(value=9_000, low=-2_100, high=18_300)], ["1"])
    assert chart.scale == (0.0, 5_000.0, 10_000.0, 15_000.0)
    assert len(chart.levels) == 4


def test_days_of_nothing_but_zero_are_drawn_without_failing() -> None:
    assert build_day_chart([DayInput(value=0, low=0, high=0)], ["1"]).scale == (0.0,)
