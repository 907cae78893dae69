"""Orders just above the threshold: how many more, and what of them comes back."""

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Comparison
from regulars_experiments.padding import Padding, PaddingColumns, find_padding, just_above
from regulars_experiments.results import Intervals, Reason
from tests.experiments.build import estimate, reason

COLUMNS = PaddingColumns()


def group(
    n: int, orders: list[int], above: list[int], goods: list[int], returned: list[int]
) -> pl.DataFrame:
    """n customers, of whom the first ones have these; nobody else bought."""
    names = (COLUMNS.orders, COLUMNS.above, COLUMNS.goods, COLUMNS.returned)
    rest = [0] * (n - len(orders))
    values = zip(names, (orders, above, goods, returned), strict=True)
    return pl.DataFrame({name: column + rest for name, column in values})


def padding(held: pl.DataFrame, sent: pl.DataFrame) -> Padding:
    both = pl.concat([held.with_columns(arm=pl.lit("held")), sent.with_columns(arm=pl.lit("sent"))])
    moments = aggregate(both.lazy(), COLUMNS.plan(["arm"], 1))
    return find_padding(Comparison(moments, (("held",),), (("sent",),)), COLUMNS, confidence=0.95)


def single_orders(n: int, orders: int, above: int, returned: int) -> pl.DataFrame:
    """One order each, goods of 100 where just above, given back whole or not at all."""
    return group(
        n,
        [1] * orders,
        [1] * above + [0] * (orders - above),
        [100] * above + [0] * (orders - above),
        [100] * returned + [0] * (orders - returned),
    )


def test_an_order_counts_from_the_threshold_to_a_tenth_above_it_exactly() -> None:
    frame = pl.DataFrame({"goods": [799_999, 800_000, 879_999, 880_000], "t": [800_000] * 4})
    found = frame.select(just_above(pl.col("goods"), pl.col("t"))).to_series(0).to_list()
    assert found == [False, True, True, False]


def test_with_one_order_each_the_interval_is_newcombes() -> None:
    found = padding(single_orders(4_000, 200, 14, 3), single_orders(16_000, 900, 120, 30))
    share = estimate(found.share)
    assert share.estimate == pytest.approx(120 / 900 - 14 / 200)
    expected = confint_proportions_2indep(120, 900, 14, 200, method="newcomb")
    assert (share.low, share.high) == pytest.approx(expected, rel=2e-3)
    assert found.share_arm[0] == pytest.approx(120 / 900)


def test_what_is_returned_of_equal_orders_is_a_share_of_orders() -> None:
    found = padding(single_orders(4_000, 900, 200, 10), single_orders(4_000, 900, 260, 40))
    returned = estimate(found.returned)
    expected = confint_proportions_2indep(40, 260, 10, 200, method="newcomb")
    assert (returned.low, returned.high) == pytest.approx(expected, rel=5e-3)


def test_a_customer_with_four_like_orders_tells_no_more_than_one() -> None:
    """Every order made fourfold changes neither the shares nor what is known of them."""
    one = padding(single_orders(4_000, 300, 30, 3), single_orders(4_000, 300, 60, 9))

    def fourfold(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(pl.all() * 4)

    four = padding(
        fourfold(single_orders(4_000, 300, 30, 3)), fourfold(single_orders(4_000, 300, 60, 9))
    )
    assert estimate(four.share).low == pytest.approx(estimate(one.share).low, rel=1e-3)
    assert estimate(four.share).high == pytest.approx(estimate(one.share).high, rel=1e-3)


def test_the_intervals_cover_where_customers_repeat_their_ways() -> None:
    """400 shops without a difference; who pads pads often, and orders up to four times."""
    rng = np.random.default_rng(5)
    shops, sizes = 400, {"held": 250, "sent": 900}
    frames = []
    for arm, n in sizes.items():
        orders = rng.integers(1, 5, n * shops)
        above = rng.binomial(orders, rng.beta(0.4, 1.6, n * shops))
        goods = np.round(above * rng.lognormal(4, 0.4, n * shops)).astype(np.int64)
        returned = np.round(goods * rng.beta(0.2, 1.2, n * shops)).astype(np.int64)
        columns = dict(
            zip(COLUMNS.plan(["arm"], 1).columns, (orders, above, goods, returned), strict=True)
        )
        shop = np.repeat(np.arange(shops).astype(str), n)
        frames.append(pl.DataFrame({"arm": [arm] * n * shops, "shop": shop, **columns}))
    moments = aggregate(pl.concat(frames).lazy(), COLUMNS.plan(["arm", "shop"], 1))
    keys = {arm: tuple((arm, str(shop)) for shop in range(shops)) for arm in sizes}
    comparison = Comparison(moments, keys["held"], keys["sent"])
    found = find_padding(comparison, COLUMNS, confidence=0.95)

    def missed(answer: Intervals) -> float:
        return float(((answer.low > 0) | (answer.high < 0)).mean())

    assert 0.02 <= missed(found.share) <= 0.08
    # goods that come back in part vary less than orders that come back whole or not: wider
    assert missed(found.returned) <= 0.07


def test_too_few_such_orders_are_no_answer() -> None:
    found = padding(single_orders(4_000, 200, 14, 3), single_orders(16_000, 900, 60, 30))
    assert estimate(found.share).estimate < 0
    assert reason(found.returned) is Reason.TOO_FEW_BUYERS
    few = padding(single_orders(100, 10, 1, 0), single_orders(900, 80, 20, 2))
    assert reason(few.share) is Reason.TOO_FEW_BUYERS
    assert reason(padding(single_orders(90, 0, 0, 0), single_orders(90, 0, 0, 0)).share) is (
        Reason.NO_DENOMINATOR
    )


def test_nothing_returned_by_anybody_still_has_limits() -> None:
    returned = estimate(
        padding(single_orders(4_000, 900, 200, 0), single_orders(4_000, 900, 260, 0)).returned
    )
    assert returned.estimate == 0
    assert returned.low < 0 < returned.high
