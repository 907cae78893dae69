"""Ratios of profit: never at odds with the net beside them."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Comparison
from regulars_experiments.moments import plan_moments
from regulars_experiments.profit import ProfitColumns, Waterfall, waterfall
from regulars_experiments.profit_ratios import margin_per_cost, net_per_user
from regulars_experiments.ratios import return_on_cost
from regulars_experiments.results import Intervals, Reason
from tests.experiments.build import estimate, reason

COLUMNS = ProfitColumns(
    goods="goods", returned="returned", kept="kept", offer_cost="offer", contact_cost="contact"
)
MARGIN = Fraction(2, 5)
SCALE = 10_000


def rows(
    group: str, n: int, seed: int, *, buyers: float, offer: float = 0.0, contact: float = 0.0
) -> pl.DataFrame:
    """Customers of one group; seven of ten buyers use the offer."""
    rng = np.random.default_rng(seed)
    bought = rng.random(n) < buyers
    user = bought & (rng.random(n) < 0.7) & (offer > 0)
    goods = np.where(bought, np.round(rng.lognormal(3.5, 1, n), 2), 0.0)
    return pl.DataFrame(
        {
            "group": group,
            "goods": goods,
            "returned": np.zeros(n),
            "kept": goods,
            "offer": np.where(user, offer, 0.0),
            "contact": np.full(n, contact),
            "user": user.astype(np.int64),
        }
    )


HELD = rows("0 held", 2_000, 1, buyers=0.05)
SENT = rows("1 sent", 18_000, 2, buyers=0.07, offer=3.0, contact=0.05)


def compared(*frames: pl.DataFrame) -> Comparison:
    """The first group against each of the others."""
    money = COLUMNS.all()
    whole = pl.concat(frames).with_columns(
        (pl.col(name) * SCALE).round().cast(pl.Int64) for name in money
    )
    columns = {**dict.fromkeys(money, SCALE), "user": 1}
    plan = plan_moments(
        by=["group"],
        columns=columns,
        pairs=[(a, b) for a in columns for b in columns if a < b],
        shapes=["goods", "kept"],
    )
    moments = aggregate(whole.lazy(), plan)
    control, *arms = sorted(moments.keys, key=str)
    return Comparison(moments, (control,) * len(arms), tuple(arms))


def fall(comparison: Comparison, low: Fraction = MARGIN, high: Fraction = MARGIN) -> Waterfall:
    return waterfall(comparison, COLUMNS, margin_low=low, margin_high=high, confidence=0.95)


def returns(comparison: Comparison, low: Fraction = MARGIN, high: Fraction = MARGIN) -> Intervals:
    return margin_per_cost(
        fall(comparison, low, high),
        comparison,
        COLUMNS,
        margin_low=low,
        margin_high=high,
        confidence=0.95,
    )


def test_a_return_above_one_is_proved_exactly_where_a_profit_is() -> None:
    arms = [
        rows(f"arm {i:02}", 8_000, i, buyers=0.05 + 0.001 * (i % 30), offer=1 + i % 4, contact=0.05)
        for i in range(60)
    ]
    comparison = compared(HELD, *arms)
    net, ratio = fall(comparison).net, returns(comparison)
    assert (net.low > 0).tolist() == (ratio.low > 1).tolist()
    assert (net.high < 0).tolist() == (ratio.high < 1).tolist()
    assert 5 < (net.low > 0).sum() < 55


@pytest.mark.parametrize("side", ["low", "high"])
def test_with_costs_multiplied_by_a_limit_the_net_ends_at_zero(side: str) -> None:
    limit = getattr(estimate(returns(compared(HELD, SENT))), side)
    dearer = SENT.with_columns(pl.col("offer", "contact") * limit)
    net = estimate(fall(compared(HELD, dearer)).net)
    assert getattr(net, side) == pytest.approx(0, abs=1e-4)


def test_with_equal_groups_it_is_fieller_on_the_plain_errors() -> None:
    held = rows("0 held", 20_000, 3, buyers=0.30)
    sent = rows("1 sent", 20_000, 4, buyers=0.33, offer=2.0, contact=0.05)
    comparison = compared(held, sent)
    margin, cost = COLUMNS.margin(MARGIN), COLUMNS.cost()
    expected = return_on_cost(
        comparison.summaries(margin),
        comparison.summaries(cost),
        comparison.covariances(margin, cost),
        confidence=0.95,
    )
    found = estimate(returns(comparison))
    assert found.estimate == pytest.approx(expected.estimate[0])
    assert (found.low, found.high) == pytest.approx((expected.low[0], expected.high[0]), rel=2e-3)


def test_a_range_of_margins_covers_both_ends() -> None:
    comparison = compared(HELD, SENT)
    low, high = Fraction(3, 10), Fraction(1, 2)
    ends = [estimate(returns(comparison, rate, rate)) for rate in (low, high)]
    both = estimate(returns(comparison, low, high))
    assert both.low == pytest.approx(min(end.low for end in ends))
    assert both.high == pytest.approx(max(end.high for end in ends))
    assert both.estimate == pytest.approx((ends[0].estimate + ends[1].estimate) / 2)


def test_without_extra_cost_there_is_no_ratio() -> None:
    free = rows("1 sent", 18_000, 2, buyers=0.07)
    assert reason(returns(compared(HELD, free))) is Reason.NOT_A_RATIO


def test_without_a_margin_the_ratio_says_what_the_margin_says() -> None:
    few = rows("0 held", 200, 1, buyers=0.05)
    assert reason(returns(compared(few, SENT))) is Reason.TOO_FEW_BUYERS


def test_where_all_told_use_the_offer_and_nobody_else_a_user_brings_the_net() -> None:
    everyone = SENT.with_columns(user=pl.lit(1, dtype=pl.Int64))
    comparison = compared(HELD, everyone)
    bars = fall(comparison)
    found = net_per_user(bars, comparison, COLUMNS, "user", margin=MARGIN, confidence=0.95)
    net = estimate(bars.net)
    answer = estimate(found)
    assert (answer.estimate, answer.low, answer.high) == pytest.approx(
        (net.estimate, net.low, net.high)
    )


def test_the_net_per_user_is_the_net_over_the_share_of_users_and_sure_of_the_same_sign() -> None:
    comparison = compared(HELD, SENT)
    bars = fall(comparison)
    found = estimate(
        net_per_user(bars, comparison, COLUMNS, "user", margin=MARGIN, confidence=0.95)
    )
    net = estimate(bars.net)
    assert found.estimate == pytest.approx(net.estimate / float(SENT["user"].mean()))  # type: ignore[arg-type]
    assert np.sign(found.low) == np.sign(net.low)


def test_without_users_there_is_nothing_per_user() -> None:
    nobody = SENT.with_columns(user=pl.lit(0, dtype=pl.Int64))
    comparison = compared(HELD, nobody)
    found = net_per_user(
        fall(comparison), comparison, COLUMNS, "user", margin=MARGIN, confidence=0.95
    )
    assert reason(found) is Reason.NOT_A_RATIO
