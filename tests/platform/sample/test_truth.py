"""The sample's truth: clear enough that a report can be judged by it."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_platform.offers.costs import offer_use
from regulars_platform.offers.kinds import FreeShipping
from regulars_platform.orders.table import MONEY_SCALE, PAID, start_of_day, whole_orders

FOLDER = Path(__file__).parents[3] / "sample_data"


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def profits(scripts: dict[str, ModuleType]) -> pl.DataFrame:
    """Per customer of the audience: segment, and the profit of both futures in CNY.

    Worked out from the two exports by the product's own reading of orders and offers.
    """
    make, plan = scripts["make_sample"], scripts["sample_plan"]
    people, orders, lines = make.simulate(make.SEED)
    everybody: pl.DataFrame = plan.audience(pl.read_csv(FOLDER / "orders_history.csv.gz"))
    for name, told in (("silent", False), ("told", True)):
        chosen = np.full(len(people.first), told)
        export = make.as_export(scripts["sample_campaign"].campaign_lines(orders, lines, chosen))
        profit = _profit(scripts, plan.order_lines(export)).select(
            "customer_id", pl.col("profit").alias(name)
        )
        everybody = everybody.join(profit, on="customer_id", how="left").fill_null(0)
    return everybody.with_columns(pl.col("told") - 0.50)


def _profit(scripts: dict[str, ModuleType], lines: pl.DataFrame) -> pl.DataFrame:
    response, zone = scripts["sample_response"], scripts["sample_plan"].ZoneInfo("Asia/Shanghai")
    offer = FreeShipping(threshold=80 * MONEY_SCALE, shipping_cost=6 * MONEY_SCALE)
    after = response.OUTCOME_END + response.dt.timedelta(days=1)
    orders = whole_orders(lines.lazy()).filter(
        pl.col("status") == PAID,
        pl.col("ordered_at") >= start_of_day(response.SEND, zone),
        pl.col("ordered_at") < start_of_day(after, zone),
    )
    used = offer_use(offer, orders, discounts_recorded=True, coupons_recorded=False)
    earned = (pl.col("amount") - pl.col("refund")) * 0.35 - pl.col("offer_cost")
    return used.group_by("customer_id").agg((earned.sum() / MONEY_SCALE).alias("profit")).collect()


def test_the_written_truth_is_what_the_product_would_see_if_it_saw_both_futures(
    truth: dict[str, Any], profits: pl.DataFrame
) -> None:
    found = profits.group_by("segment").agg(
        pl.len(), (pl.col("told") - pl.col("silent")).mean().alias("net")
    )
    by_segment = {name: (count, net) for name, count, net in found.iter_rows()}
    assert set(by_segment) == {entry["segment"] for entry in truth["segments"]}
    for entry in truth["segments"]:
        count, net = by_segment[entry["segment"]]
        assert entry["customers"] == count
        assert entry["net_profit"] == pytest.approx(net, abs=1e-4)
        assert entry["profitable"] == (net > 0)


def test_no_segment_is_on_the_fence(truth: dict[str, Any], profits: pl.DataFrame) -> None:
    """With 30% held out, the profitable segments are more than 1.96 + 1.645 standard errors above
    nothing (proved in over 95 draws of 100), the others have a loss."""
    for entry in truth["segments"]:
        mine = profits.filter(pl.col("segment") == entry["segment"])
        silent, told = mine["silent"].to_numpy(), mine["told"].to_numpy()
        error = np.sqrt(silent.var() / (0.3 * len(mine)) + told.var() / (0.7 * len(mine)))
        if entry["profitable"]:
            assert entry["net_profit"] / error > 1.96 + 1.645, entry["segment"]
        else:
            assert entry["net_profit"] < -0.5, entry["segment"]


def test_enough_people_are_held_back_to_tell_in_every_segment(profits: pl.DataFrame) -> None:
    """At least 30 buyers are expected in each segment's holdout of 30%."""
    buyers = profits.group_by("segment").agg((pl.col("silent") != 0).sum() * 0.3)
    assert buyers["silent"].min() >= 30  # type: ignore[operator]
