"""Both futures of the sample's customers, and the export that comes of choosing between them."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

FOLDER = Path(__file__).parents[3] / "sample_data"


@pytest.fixture(scope="module")
def futures(scripts: dict[str, ModuleType]) -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    make = scripts["make_sample"]
    people, orders, lines = make.simulate(make.SEED)
    return people, orders, lines


def export(scripts: dict[str, ModuleType], futures: Any, told: Any) -> pl.DataFrame:
    """The campaign's export as the shop would write it, read back with exact money."""
    people, orders, lines = futures
    everyone = np.zeros(len(people.first), dtype=np.bool_)
    everyone[told] = True
    chosen = scripts["sample_campaign"].campaign_lines(orders, lines, everyone)
    exported: pl.DataFrame = scripts["make_sample"].as_export(chosen)
    return in_fen(exported)


def in_fen(file: pl.DataFrame) -> pl.DataFrame:
    """Money as whole fen, except the fee, which is a round sum."""
    money = pl.col("Unit price", "Discount", "Amount", "Refunded")
    return file.with_columns((money * 100).round().cast(pl.Int64))


def profit_by_hand(file: pl.DataFrame) -> pl.DataFrame:
    """35% of what paid orders from 6 July to 16 August kept, less 6.00 for every free parcel."""
    orders = (
        file.filter(
            (pl.col("Status") == "Paid")
            & pl.col("Ordered at").is_between(
                pl.lit("2026-07-06 00:00"), pl.lit("2026-08-16 23:59")
            )
        )
        .drop_nulls("Customer")
        .group_by("Customer", "Order number", "Shipping fee")
        .agg(pl.col("Amount").sum(), pl.col("Refunded").sum())
    )
    kept = (pl.col("Amount") - pl.col("Refunded")) * 35
    parcel = pl.when(pl.col("Shipping fee") == 0).then(60_000).otherwise(0)
    return orders.group_by("Customer").agg((kept - parcel).sum().alias("profit"))


def test_the_true_profits_are_those_that_one_works_out_from_the_two_exports(
    scripts: dict[str, ModuleType], futures: Any
) -> None:
    _, orders, lines = futures
    true = (
        scripts["sample_campaign"]
        .net_profits(orders, lines)
        .with_columns(pl.format("C{}", pl.col("customer") + 10_001).alias("Customer"))
    )
    for future, told, message in (("silent", [], 0), ("told", slice(None), 5_000)):
        by_hand = profit_by_hand(export(scripts, futures, told))
        both = true.join(by_hand, on="Customer", how="left").fill_null(0)
        assert (both[future] == both["profit"] - message).all()
        assert by_hand["profit"].sum() == both["profit"].sum()


def test_writing_to_one_customer_changes_nobody_elses_orders(
    scripts: dict[str, ModuleType], futures: Any
) -> None:
    _, orders, _ = futures
    answering = orders.filter(pl.col("extra"))["customer"][0]
    silent, told = (export(scripts, futures, who) for who in ([], [answering]))
    name = f"C{answering + 10_001}"
    # order numbers run on, so compare everything but them
    others = [
        file.filter(pl.col("Customer").ne_missing(name)).drop("Order number")
        for file in (silent, told)
    ]
    assert others[0].equals(others[1])
    assert told.filter(Customer=name).height > silent.filter(Customer=name).height


def test_without_the_message_no_known_customer_gets_a_free_parcel(
    scripts: dict[str, ModuleType], futures: Any
) -> None:
    silent = export(scripts, futures, [])
    assert silent.drop_nulls("Customer")["Shipping fee"].min() == 6


def test_told_customers_get_it_from_80_on_and_only_while_the_offer_runs(
    scripts: dict[str, ModuleType], futures: Any
) -> None:
    orders = (
        export(scripts, futures, slice(None))
        .drop_nulls("Customer")
        .group_by("Order number", "Ordered at", "Shipping fee")
        .agg(pl.col("Amount").sum())
    )
    runs = pl.col("Ordered at").is_between(pl.lit("2026-07-06 00:00"), pl.lit("2026-08-16 23:59"))
    free = runs & (pl.col("Amount") >= 8_000)
    assert orders.filter(free)["Shipping fee"].unique().to_list() == [0]
    assert orders.filter(~free)["Shipping fee"].unique().to_list() == [6]


def test_the_campaigns_export_repeats_the_end_of_the_history_with_later_refunds(
    scripts: dict[str, ModuleType], futures: Any
) -> None:
    history = in_fen(pl.read_csv(FOLDER / "orders_history.csv.gz"))
    campaign = export(scripts, futures, [])
    end = history.filter(pl.col("Ordered at") >= "2026-06-22")
    repeated = campaign.filter(pl.col("Ordered at") < "2026-07-01")
    assert end.drop("Refunded").equals(repeated.drop("Refunded"))
    assert (end["Refunded"] <= repeated["Refunded"]).all()
    assert end["Refunded"].sum() < repeated["Refunded"].sum()
    new = campaign.filter(pl.col("Ordered at") >= "2026-07-01")
    assert set(new["Order number"]).isdisjoint(history["Order number"])
