"""The sample shop's own files, read without the product: what figures on pages are held against."""

from functools import cache
from pathlib import Path

import polars as pl

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
LAST_DAY = "2026-08-30"


def read(name: str, skip: int = 0) -> pl.DataFrame:
    """A file of the sample, all cells as text."""
    return pl.read_csv(SAMPLE / name, infer_schema=False, skip_rows=skip)


@cache
def lines() -> pl.DataFrame:
    """Every order line; of orders in both exports the later one. Money as decimals."""
    history, campaign = read("orders_history.csv.gz"), read("orders_campaign.csv.gz")
    older = history.join(campaign, on="Order number", how="anti")
    money = ("Unit price", "Discount", "Amount", "Refunded")
    return pl.concat([older, campaign]).with_columns(
        pl.col("Quantity").cast(pl.Int64),
        *(pl.col(name).str.to_decimal(scale=2) for name in money),
        pl.col("Ordered at").str.head(10).str.to_date().alias("day"),
    )


@cache
def paid() -> pl.DataFrame:
    """One row per paid order: number, customer (or null), day, channel, amount, refunded."""
    return (
        lines()
        .filter(pl.col("Status") == "Paid")
        .group_by("Order number")
        .agg(
            pl.col("Customer", "day", "Channel").first(),
            pl.col("Amount", "Refunded").sum().cast(pl.Decimal(38, 2)),
        )
    )


@cache
def coming_back() -> pl.DataFrame:
    """Customer and day of each visit with anything else than goods that one buys once."""
    goods = read("products.csv")
    once = goods.filter(pl.col("One-off") == "yes")
    names = [*once["Product"], *once["Barcode"]]
    bought = lines().filter(
        (pl.col("Status") == "Paid")
        & pl.col("Customer").is_not_null()
        & (pl.col("Amount") > 0)
        & ~pl.col("Product").is_in(names)
    )
    return bought.select("Customer", "day").unique()


@cache
def customers() -> pl.DataFrame:
    """The customers' file."""
    return read("customers.csv.gz")


@cache
def unwilling(consent: str) -> frozenset[str]:
    """Who may not be contacted: opted out, left, complained, or refused this consent."""
    listed = customers().filter((pl.col("Opted out") == "yes") | (pl.col(consent) == "no"))
    log = read("contacts.csv.gz").filter(pl.col("Outcome").is_in(["unsubscribed", "complained"]))
    return frozenset(listed["Customer ID"]) | frozenset(log["Customer ID"])
