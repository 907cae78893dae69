"""What the sample's files beside the orders promise: in keeping with the orders and each other."""

import datetime as dt
import json
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

FOLDER = Path(__file__).parents[3] / "sample_data"


def read(name: str, skip: int = 0) -> pl.DataFrame:
    return pl.read_csv(FOLDER / name, infer_schema=False, skip_rows=skip)


@pytest.fixture(scope="module")
def orders() -> pl.DataFrame:
    """One row per order, the later of the two exports where both have it."""
    history, campaign = read("orders_history.csv.gz"), read("orders_campaign.csv.gz")
    older = history.join(campaign, on="Order number", how="anti")
    money = [(pl.col(name).str.to_decimal(scale=2)) for name in ("Amount", "Refunded")]
    return (
        pl.concat([older, campaign])
        .with_columns(money)
        .group_by("Order number")
        .agg(pl.col("Customer", "Ordered at", "Status").first(), pl.col("Amount", "Refunded").sum())
    )


@pytest.fixture(scope="module")
def customers() -> pl.DataFrame:
    return read("customers.csv.gz")


def test_each_file_is_small() -> None:
    for path in FOLDER.glob("*.csv*"):
        if not path.name.startswith("orders"):
            assert path.stat().st_size < 300_000, path.name


def test_everybody_who_paid_is_a_customer_and_the_rest_follow_without_having_bought(
    orders: pl.DataFrame, customers: pl.DataFrame
) -> None:
    paid = set(orders.filter(pl.col("Status") == "Paid")["Customer"].drop_nulls())
    listed = set(customers["Customer ID"])

    assert paid <= listed
    others = customers.filter(~pl.col("Customer ID").is_in(list(paid)))
    assert others.height == 1_500
    assert others["Follows us"].unique().to_list() == ["yes"]


def test_nobody_whom_the_campaign_might_have_told_had_refused_beforehand(
    customers: pl.DataFrame, scripts: dict[str, ModuleType]
) -> None:
    history = read("orders_history.csv.gz").with_columns(
        pl.col("Quantity").cast(pl.Int64),
        pl.col("Unit price", "Discount", "Amount", "Shipping fee", "Refunded").cast(pl.Float64),
    )
    asked = scripts["sample_plan"].audience(history)["customer_id"].implode()
    refusing = customers.filter(
        (pl.col("Opted out") == "yes") | (pl.col("SMS consent") == "no")
    ).filter(pl.col("Customer ID").is_in(asked))
    left = read("contacts.csv.gz").filter(
        pl.col("Outcome").is_in(["unsubscribed", "complained"]),
        pl.col("Sent at") < "2026-07-06",
        pl.col("Customer ID").is_in(asked),
    )

    assert refusing.is_empty()
    assert left.is_empty()
    assert customers.filter(pl.col("Opted out") == "yes").height > 100


def test_some_were_born_on_29_february(customers: pl.DataFrame) -> None:
    leap = customers.filter(pl.col("Birthday").str.ends_with("02-29"))["Birthday"].to_list()
    assert "02-29" in leap
    assert any(len(day) == 10 for day in leap)
    for day in customers["Birthday"].drop_nulls().filter(customers["Birthday"].str.len_chars() > 5):
        dt.date.fromisoformat(day)


def test_all_products_but_two_are_listed_and_one_is_bought_once() -> None:
    listed = read("products.csv")
    sold = set(read("orders_history.csv.gz")["Product"])

    assert set(listed["Product"]) < sold
    assert len(sold) - listed.height == 2
    assert listed.filter(pl.col("One-off") == "yes").height == 1
    costs = listed.select(pl.col("Price", "Unit cost").str.to_decimal(scale=2))
    assert (costs["Unit cost"] < costs["Price"]).all()


def test_points_come_from_orders_that_were_kept_and_nobody_ever_owes_any(
    orders: pl.DataFrame,
) -> None:
    moved = read("points.csv.gz").with_columns(pl.col("Points change").cast(pl.Int64))
    earned = moved.filter(pl.col("Reason") == "order").join(orders, on="Order number", how="left")

    assert (earned["Customer ID"] == earned["Customer"]).all()
    assert (earned["Points change"] == earned["Amount"].floor().cast(pl.Int64)).all()
    assert (earned["Refunded"] == 0).all()
    balance = moved.select(pl.col("Points change").cum_sum().over("Customer ID")).to_series()
    assert balance.min() == 0


def test_the_told_balances_are_those_of_the_movements_but_for_three(
    customers: pl.DataFrame,
) -> None:
    sums = (
        read("points.csv.gz")
        .group_by("Customer ID")
        .agg(pl.col("Points change").cast(pl.Int64).sum())
    )
    both = customers.filter(pl.col("Points") != "").join(sums, on="Customer ID", how="full")
    wrong = both.filter(pl.col("Points").cast(pl.Int64) != pl.col("Points change"))

    assert both["Points"].null_count() == 0
    assert wrong.height == 3


def test_customers_are_brought_by_somebody_who_was_there_before(orders: pl.DataFrame) -> None:
    first = (
        orders.filter(pl.col("Status") == "Paid")
        .group_by("Customer")
        .agg(pl.col("Ordered at").min().str.head(10).alias("first"))
    )
    brought = (
        read("referrals.csv")
        .join(first, left_on="Referred customer", right_on="Customer")
        .join(first, left_on="Referrer", right_on="Customer", suffix=" of the bringer")
    )
    assert brought.height == 800
    assert (brought["Date"] == brought["first"]).all()
    assert (brought["first of the bringer"] <= brought["Date"]).all()
    assert set(brought["Referral type"]) == {"friend", "expert"}


def test_the_shops_figures_are_those_of_its_orders_for_sixty_days(orders: pl.DataFrame) -> None:
    report = read("shop_days.csv", skip=2)
    sold = (
        orders.filter(pl.col("Status") == "Paid", pl.col("Customer").is_not_null())
        .group_by(pl.col("Ordered at").str.head(10).alias("统计日期"))
        .agg(pl.col("Amount").sum(), pl.col("Customer").n_unique())
    )
    both = report.join(sold, on="统计日期")

    assert both.height == 60
    told = both["支付金额"].str.replace_all(",", "").str.to_decimal(scale=2)
    assert (told == both["Amount"]).all()
    assert (both["支付买家数"].cast(pl.Int64) == both["Customer"]).all()


def test_who_left_after_the_campaign_left_after_its_message() -> None:
    plan = json.loads((FOLDER / "campaign.json").read_text())["plan"]
    log = read("contacts.csv.gz").filter(pl.col("Campaign") == plan["name"])

    assert log.filter(pl.col("Outcome") == "unsubscribed").height == 26
    assert log.filter(pl.col("Outcome") == "complained").height == 4
    assert log["Sent at"].min() >= plan["send_date"]
