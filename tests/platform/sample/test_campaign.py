"""The sample's campaign as the shop would see it: one draw, one future each."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from regulars_experiments.assignment import draw
from regulars_platform.campaigns.plan import Plan, plan_json
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.offers.costs import offer_use
from regulars_platform.orders.table import MONEY_SCALE, PAID, whole_orders

FOLDER = Path(__file__).parents[3] / "sample_data"


@pytest.fixture(scope="module")
def campaign() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "campaign.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def plan(campaign: dict[str, Any]) -> Plan:
    return read_plan(campaign["plan"])


@pytest.fixture(scope="module")
def drawn(campaign: dict[str, Any], plan: Plan, scripts: dict[str, ModuleType]) -> pl.DataFrame:
    """customer_id, segment and arm of everybody in the audience."""
    people: pl.DataFrame = scripts["sample_plan"].audience(
        pl.read_csv(FOLDER / "orders_history.csv.gz")
    )
    arms = draw(people.iter_rows(), shares=plan.shares, salt=campaign["salt"])
    names = {customer: plan.arm_names[arm] for customer, arm in arms.items()}
    return people.with_columns(pl.col("customer_id").replace_strict(names).alias("arm"))


@pytest.fixture(scope="module")
def orders(scripts: dict[str, ModuleType]) -> pl.DataFrame:
    lines = scripts["sample_plan"].order_lines(pl.read_csv(FOLDER / "orders_campaign.csv.gz"))
    whole: pl.DataFrame = whole_orders(lines.lazy()).collect()
    return whole


def outcomes(plan: Plan, drawn: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Net profit in CNY of everybody drawn; who bought nothing has 0, less the message if told."""
    arm = plan.arms[0]
    mine = orders.filter(
        pl.col("status") == PAID,
        pl.col("ordered_at") >= plan.outcome_start,
        pl.col("ordered_at") < plan.outcome_stop,
    )
    used = offer_use(arm.offer, mine.lazy(), discounts_recorded=True, coupons_recorded=False)
    earned = (pl.col("amount") - pl.col("refund")) * 0.35 - pl.col("offer_cost")
    net = used.group_by("customer_id").agg((earned.sum() / MONEY_SCALE).alias("net")).collect()
    message = pl.when(pl.col("arm") == arm.name).then(arm.contact_cost / MONEY_SCALE).otherwise(0)
    return drawn.join(net, on="customer_id", how="left").with_columns(
        pl.col("net").fill_null(0) - message
    )


def test_the_plan_is_one_that_the_product_accepts_and_writes_the_same_way(
    campaign: dict[str, Any], plan: Plan
) -> None:
    assert plan_json(plan) == campaign["plan"]


def test_several_thousand_customers_take_part_and_three_in_ten_are_held_back(
    drawn: pl.DataFrame,
) -> None:
    assert 8_000 < len(drawn) < 13_000
    held_back = drawn.group_by("segment").agg((pl.col("arm") == "holdout").mean().alias("share"))
    assert len(held_back) == 5
    assert held_back["share"].is_between(0.299, 0.301).all()


def test_only_told_customers_got_a_free_parcel(drawn: pl.DataFrame, orders: pl.DataFrame) -> None:
    told = drawn.filter(pl.col("arm") != "holdout")["customer_id"]
    free = orders.drop_nulls("customer_id").filter(pl.col("shipping") == 0)
    assert len(free) > 500
    assert free["customer_id"].is_in(told.implode()).all()


def test_the_export_runs_from_before_the_launch_until_returns_have_settled(
    plan: Plan, orders: pl.DataFrame
) -> None:
    days = orders["ordered_at"].dt.convert_time_zone(plan.timezone).dt.date()
    assert days.min() < plan.as_of  # type: ignore[operator]
    assert days.max() == plan.settle_until
    known = orders["customer_id"].is_not_null().mean()
    assert isinstance(known, float)
    assert 0.95 < known < 1


def test_its_randomised_comparison_agrees_with_the_truth(
    plan: Plan, drawn: pl.DataFrame, orders: pl.DataFrame
) -> None:
    """Within three standard errors in every segment; and exactly the profitable ones are proved."""
    truth = json.loads((FOLDER / "truth.json").read_text())
    net = outcomes(plan, drawn, orders)
    for entry in truth["segments"]:
        mine = net.filter(pl.col("segment") == entry["segment"])
        assert len(mine) == entry["customers"]
        held, told = (
            mine.filter((pl.col("arm") == "holdout") == is_held)["net"].to_numpy()
            for is_held in (True, False)
        )
        difference = told.mean() - held.mean()
        error = (told.var(ddof=1) / len(told) + held.var(ddof=1) / len(held)) ** 0.5
        assert abs(difference - entry["net_profit"]) < 3 * error, entry["segment"]
        assert (difference > 1.96 * error) == entry["profitable"], entry["segment"]
