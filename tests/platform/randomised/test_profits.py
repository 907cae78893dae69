"""What a file's campaign earned: bars, net and return on cost tell one story, at any look."""

from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.effects import normal_quantile
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.ratios import RatioSet
from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_experiments.sequential import boundary_factor
from regulars_platform.randomised.evaluating import Asked, evaluate_file
from regulars_platform.randomised.profits import NetProfit, ProfitTerms
from regulars_platform.randomised.reading import UnreadableFileError
from tests.platform.randomised.campaigns import campaign

SPEND = Metric(name="spend", kind="mean", value={"spend": 1})


def earned(
    frame: pl.DataFrame, *, low: str = "0.4", high: str = "0.4", contact: str = "0", **design: Any
) -> tuple[NetProfit, ...]:
    plan = Design(**{"arm": "arm", "control": "held", "metrics": (SPEND,), **design})
    terms = ProfitTerms(
        metric="spend",
        margin_low=Fraction(low),
        margin_high=Fraction(high),
        offer_cost="cost",
        contact_cost=Fraction(contact),
    )
    profit = evaluate_file(frame.lazy(), Asked(design=plan, profit=terms)).profit
    assert profit is not None
    return profit.groups


def estimate(answer: object) -> Estimate:
    assert isinstance(answer, Estimate), answer
    return answer


@pytest.mark.parametrize("planned", [None, 60_000])
def test_a_return_above_1_is_proved_exactly_where_a_net_profit_is(planned: int | None) -> None:
    """With a range of margins as well, at one look and at every look."""
    compared, proved = 0, 0
    for seed in range(16):
        frame = campaign(seed, buyers=0.03, lift=1.5 * (seed % 2))
        groups = earned(frame, low="0.3", high="0.5", planned_customers=planned, segments=("tier",))
        for group in groups:
            if isinstance(group.return_on_cost, RatioSet):
                net, ratio = estimate(group.net), group.return_on_cost
                assert ratio.low is not None
                assert ratio.high is not None
                assert (ratio.low > 1) == (net.low > 0)
                assert (ratio.high < 1) == (net.high < 0)
                compared, proved = compared + 1, proved + (net.low > 0)
    assert compared > 30
    assert 3 < proved < compared


def test_every_bar_reaches_as_far_as_its_look_asks() -> None:
    """The offer's difference is normal enough to see the boundary's quantile in its interval."""
    frame = campaign(3, buyers=0.05)
    one, early = (earned(frame, planned_customers=n)[0].bars for n in (None, 60_000))
    assert [bar.name for bar in early] == ["goods", "offer", "contact"]
    factor = boundary_factor(np.array([20_000.0]), np.array([60_000.0]), 0.95)[0]
    wider = []
    for ordinary, safe in zip(one[:2], early[:2], strict=True):
        at_one, at_all = estimate(ordinary.amount), estimate(safe.amount)
        assert at_all.estimate == at_one.estimate
        wider.append((at_all.high - at_all.low) / (at_one.high - at_one.low))
    further = factor / normal_quantile(0.95)
    assert wider[1] == pytest.approx(further, rel=0.01)
    # the goods' limits are skewed, and the more so the further out
    assert further < wider[0] < 1.2 * further
    goods = [estimate(bars[0].amount) for bars in (one, early)]
    assert goods[0].p_value is not None
    assert goods[1].p_value is not None
    assert goods[0].p_value < goods[1].p_value


@pytest.mark.parametrize("planned", [None, 40_000])
def test_goods_that_earn_nothing_are_a_bar_of_nothing(planned: int | None) -> None:
    found = earned(
        campaign(4, buyers=0.1), low="0", high="0", contact="0.02", planned_customers=planned
    )[0]
    goods = estimate(found.bars[0].amount)
    assert (goods.estimate, goods.low, goods.high) == (0, 0, 0)
    bars = [estimate(bar.amount).estimate for bar in found.bars]
    assert sum(bars) == pytest.approx(estimate(found.net).estimate, abs=1e-12)


def test_an_offer_that_a_segment_never_used_has_no_interval_there() -> None:
    frame = campaign(5, buyers=0.05).with_columns(
        cost=pl.when(tier="gold").then(pl.lit(0.0)).otherwise("cost")
    )
    everybody, gold, plain = earned(frame, segments=("tier",))
    assert gold.bars[1].amount == NotEstimable(reason=Reason.NO_VARIATION)
    assert estimate(gold.bars[0].amount).estimate == pytest.approx(estimate(gold.net).estimate)
    for group in (everybody, plain):
        cost = estimate(group.bars[1].amount)
        assert cost.low < cost.estimate < cost.high < 0


def test_an_offer_that_nobody_ever_used_is_no_cost_column() -> None:
    with pytest.raises(UnreadableFileError, match="'cost' is 0 for everybody"):
        earned(campaign(6).with_columns(cost=pl.lit(0.0)))
