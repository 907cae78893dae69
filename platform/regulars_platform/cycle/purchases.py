"""Purchases product by product: on which days a customer bought how much of it, and how long that
lasted."""

import datetime as dt

import polars as pl

from regulars_platform.orders.table import MONEY_SCALE, PAID

DAY_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "product": pl.String(),
    "day": pl.Date(),
    "pieces": pl.Float64(),
}

BOUGHT = (
    (pl.col("status") == PAID)
    & (pl.col("amount") > 0)
    & (pl.col("refund").fill_null(0) < pl.col("amount"))
    & pl.col("customer_id").is_not_null()
    & pl.col("product").is_not_null()
)
"""Order lines that are a purchase: paid for, not a gift, and not given back altogether."""


def one_names(products: pl.LazyFrame) -> pl.DataFrame:
    """name (either one of a product), product (the one that is listed); each name once."""
    rows = products.select("product", "also").collect().sort("product")
    own = rows.select(pl.col("product").alias("name"), "product")
    second = rows.select(pl.col("also").alias("name"), "product").drop_nulls()
    return pl.concat([own, second]).unique("name", keep="first", maintain_order=True)


def purchase_days(
    lines: pl.LazyFrame, names: pl.DataFrame, without: pl.Series, *, timezone: str
) -> pl.LazyFrame:
    """Order lines -> DAY_SCHEMA, one row per customer, product and day of the shop; no order.

    names: see `one_names`; without: products (as listed) that one buys once in a life.
    """
    listed = (
        lines.filter(BOUGHT)
        .select(
            "customer_id",
            pl.col("product").alias("name"),
            pl.col("ordered_at").dt.convert_time_zone(timezone).dt.date().alias("day"),
            (pl.col("quantity") / MONEY_SCALE).alias("pieces"),
        )
        .join(names.lazy(), on="name", how="left")
        .with_columns(pl.coalesce("product", "name").alias("product"))
        .filter(~pl.col("product").is_in(without.implode()))
    )
    pieces = pl.col("pieces").sum()
    return listed.group_by("customer_id", "product", "day").agg(
        # a line without a quantity is one piece
        pl.when(pieces > 0).then(pieces).otherwise(1.0).alias("pieces")
    )


def with_intervals(days: pl.DataFrame) -> pl.DataFrame:
    """DAY_SCHEMA sorted, with next_day (null: not bought again) and unit: days that one piece
    lasted, from this purchase to the next."""
    ordered = days.sort("customer_id", "product", "day")
    again = (pl.col("customer_id") == pl.col("customer_id").shift(-1)) & (
        pl.col("product") == pl.col("product").shift(-1)
    )
    return ordered.with_columns(
        pl.when(again).then(pl.col("day").shift(-1)).alias("next_day")
    ).with_columns(
        ((pl.col("next_day") - pl.col("day")).dt.total_days() / pl.col("pieces")).alias("unit")
    )


def pairs_of(days: pl.DataFrame) -> pl.DataFrame:
    """`with_intervals` -> one row per customer and product.

    purchases: days; last_day, pieces: of the last; intervals: how many; unit: their median.
    """
    return days.group_by("customer_id", "product", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("purchases"),
        pl.col("day").last().alias("last_day"),
        pl.col("pieces").last(),
        pl.col("unit").count().cast(pl.Int64).alias("intervals"),
        pl.col("unit").median(),
    )


def as_of(days: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """`with_intervals` as it was known at the end of a day."""
    known = days.filter(pl.col("day") <= day)
    later = pl.col("next_day") > day
    return known.with_columns(
        pl.when(~later).then(pl.col("next_day")).alias("next_day"),
        pl.when(~later).then(pl.col("unit")).alias("unit"),
    )
