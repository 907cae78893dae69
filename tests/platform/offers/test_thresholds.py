"""From which threshold on: one for all, or each customer's own, by algebra."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_experiments.price_points import at_or_above
from regulars_platform.offers.kinds import AmountOff, FreeShipping, MessageOnly, Offer, PercentOff
from regulars_platform.offers.thresholds import customer_threshold
from tests.platform.customers.build import money


def thresholds(offer: Offer, values: list[float | None]) -> list[int | None]:
    frame = pl.DataFrame({"value": pl.Series(values, dtype=pl.Float64)})
    return frame.with_columns(found=customer_threshold(offer, pl.col("value")))["found"].to_list()


def own(multiple: int, lowest: float = 39, style: str = "nines") -> FreeShipping:
    return FreeShipping(
        threshold=money(lowest),
        shipping_cost=money(5),
        reach="personal",
        multiple=multiple,
        price_points="round" if style == "round" else "nines",
    )


def test_one_threshold_is_everybodys() -> None:
    assert thresholds(FreeShipping(threshold=5, shipping_cost=1), [1.0, None]) == [5, 5]
    assert thresholds(PercentOff(percent=1_000), [1.0, None]) == [None, None]
    assert thresholds(MessageOnly(), [1.0]) == [None]


def test_an_own_threshold_is_the_price_point_at_or_above_the_multiple() -> None:
    # 1.1 x 90 is 99, a price point itself; 1.1 x 90.01 lies above it
    assert thresholds(own(11_000), [90.0, 90.01]) == [money(99), money(109)]
    # in round ones
    assert thresholds(own(10_000, style="round"), [200.0, 200.01]) == [money(200), money(225)]


def test_nobodys_threshold_is_below_the_lowest_and_without_a_past_it_is_that() -> None:
    assert thresholds(own(10_000, 39.5), [12.0, 0.0, -3.0, None]) == [money(39.5)] * 4
    any_order = PercentOff(percent=1_000, reach="personal", multiple=10_000)
    assert thresholds(any_order, [None]) == [0]


@given(
    st.lists(st.integers(1, 10**9), min_size=2, max_size=8),
    st.integers(1, 100_000),
    st.sampled_from(["nines", "round"]),
)
def test_thresholds_rise_with_the_past_and_stay_at_or_above_the_multiple(
    cents: list[int], multiple: int, style: str
) -> None:
    values = [cent / 100 for cent in sorted(cents)]
    found = thresholds(own(multiple, 0.5, style), list(values))
    assert found == sorted(threshold for threshold in found if threshold is not None)
    for cent, threshold in zip(sorted(cents), found, strict=True):
        assert threshold is not None
        # k x v <= T in whole numbers: basis points x hundredths
        assert multiple * cent * 100 <= threshold * 10_000
        assert threshold in at_or_above([threshold], "round" if style == "round" else "nines")


@pytest.mark.parametrize(
    "offer",
    [
        own(10_000),
        AmountOff(threshold=money(20), amount=money(5), reach="personal", multiple=10_000),
        PercentOff(percent=1_000, reach="personal", multiple=10_000),
    ],
)
def test_every_kind_with_a_threshold_can_have_one_of_their_own(offer: Offer) -> None:
    assert thresholds(offer, [80.0]) == [money(85)]
