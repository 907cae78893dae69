"""Thresholds look like a shop's prices, and rise with what customers spent."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_experiments.price_points import (
    STYLES,
    UNIT,
    Style,
    at_or_above,
    nearest,
    personal_thresholds,
    threshold_column,
)

AMOUNTS = st.integers(min_value=0, max_value=10**15)
MULTIPLES = st.integers(min_value=1, max_value=100_000)
ANY_STYLE = st.sampled_from(STYLES)


def amount(units: float) -> int:
    return round(units * UNIT)


def above(units: float, style: Style) -> float:
    return float(at_or_above(amount(units), style)) / UNIT


@pytest.mark.parametrize(
    ("value", "nines", "rounded"),
    [
        (4.2, 4.29, 4.5),
        (28, 29.9, 28),
        (76, 79, 80),
        (79.01, 85, 80),
        (99, 99, 100),
        (121, 129, 130),
        (190, 199, 190),
        (1_200, 1_290, 1_200),
        (3_800, 3_990, 4_000),
        (27_500, 27_900, 27_500),
    ],
)
def test_price_points_are_those_of_shops_in_any_currency(
    value: float, nines: float, rounded: float
) -> None:
    assert above(value, "nines") == nines
    assert above(value, "round") == rounded


@given(AMOUNTS, ANY_STYLE)
def test_a_price_point_is_at_or_above_and_is_its_own(value: int, style: Style) -> None:
    found = int(at_or_above(value, style))
    assert found >= value
    assert int(at_or_above(found, style)) == found
    assert int(nearest(found, style)) == found


@given(st.integers(min_value=amount(10), max_value=10**15), ANY_STYLE)
def test_from_ten_on_the_next_price_point_is_at_most_a_fifth_above(
    value: int, style: Style
) -> None:
    assert int(at_or_above(value, style)) <= 1.2 * value


@given(AMOUNTS, ANY_STYLE)
def test_no_price_point_is_nearer_than_the_nearest(value: int, style: Style) -> None:
    chosen = int(nearest(value, style))
    beside = int(at_or_above(value, style))
    assert abs(chosen - value) <= abs(beside - value)
    if chosen < value:  # then nothing lies between it and the one above
        assert int(at_or_above(chosen + 1, style)) == beside


@given(AMOUNTS, AMOUNTS, MULTIPLES, MULTIPLES, ANY_STYLE)
def test_thresholds_never_fall_with_the_value_or_the_multiple(
    one: int, other: int, k: int, k_too: int, style: Style
) -> None:
    low, high = sorted((one, other))
    smaller, larger = sorted((k, k_too))

    def threshold(value: int, multiple: int) -> int:
        return int(personal_thresholds(value, multiple, style, 0))

    # at 10 times 10^15 there are no more price points
    low, high = low // 100, high // 100
    assert threshold(low, smaller) <= threshold(high, smaller)
    assert threshold(high, smaller) <= threshold(high, larger)


@given(st.integers(min_value=0, max_value=10**13), MULTIPLES, ANY_STYLE)
def test_a_personal_threshold_is_the_price_point_at_the_exact_multiple(
    value: int, multiple: int, style: Style
) -> None:
    exact = -(-value * multiple // 10_000)  # rounded up, in integers of any size
    assert int(personal_thresholds(value, multiple, style, 0)) == int(at_or_above(exact, style))


def test_nobody_is_below_the_floor_and_whoever_has_no_value_gets_it() -> None:
    frame = pl.DataFrame({"own": [amount(20), None, amount(200)]})
    column = threshold_column(pl.col("own"), 10_000, "round", amount(59))
    found = frame.lazy().select(column).collect().to_series(0)
    assert [value / UNIT for value in found.to_list()] == [59, 59, 200]


def test_a_column_is_worked_out_as_single_values_are() -> None:
    values = np.random.default_rng(1).integers(0, amount(5_000), 500)
    column = threshold_column(pl.col("own"), 11_500, "nines", amount(15))
    found = pl.DataFrame({"own": values}).select(column).to_series(0).to_list()
    assert found == [
        max(int(at_or_above(-(-int(v) * 11_500 // 10_000), "nines")), amount(15)) for v in values
    ]


def test_what_has_no_price_point_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="whole ten-thousandths"):
        at_or_above(12.5, "nines")
    with pytest.raises(ValueError, match="no price point"):
        nearest(10**17, "round")
    with pytest.raises(ValueError, match="above zero"):
        personal_thresholds(100, 0, "nines", 0)
    with pytest.raises(ValueError, match="nines or round"):
        at_or_above(1, "sevens")  # type: ignore[arg-type]
