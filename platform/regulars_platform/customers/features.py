"""What is known of each customer from the orders alone, as of any moment.

Only paid orders count. An order with a positive amount is a purchase; one with a negative amount
is a credit note, which is money given back and no purchase. `refund` on an order is a state (what
was given back so far), so refunds known to the orders version count from the order's own day.
"""

import datetime as dt

import polars as pl

from regulars_platform.customers.catalogue import (
    FEATURE_SCHEMA,
    FEATURES,
    ORDER_FEATURE_SCHEMA,
    Feature,
)
from regulars_platform.orders.table import MONEY_SCALE, PAID, goods_refunded, whole_orders

__all__ = ["FEATURES", "FEATURE_SCHEMA", "Feature", "customer_features", "order_features"]


def customer_features(
    lines: pl.LazyFrame, as_of: dt.datetime, *, timezone: str = "UTC"
) -> pl.LazyFrame:
    """Order lines (ORDER_SCHEMA) -> one row per customer, columns as in ORDER_FEATURE_SCHEMA.

    A customer has a row as soon as any attributed line lies before `as_of` (aware), paid or not.
    Money is summed as integers and turned into currency units at the end. Days are calendar days
    in `timezone`. What cannot be said is null: no purchase has no average, one has no interval.
    """
    return order_features(goods_refunded(whole_orders(lines)), as_of, timezone=timezone)


def order_features(
    orders: pl.LazyFrame, as_of: dt.datetime, *, timezone: str = "UTC"
) -> pl.LazyFrame:
    """The same from whole orders (see `whole_orders` and `goods_refunded`)."""
    if as_of.tzinfo is None:
        raise ValueError("as_of needs its time zone")
    known = orders.filter(
        pl.col("customer_id").is_not_null() & (pl.col("ordered_at") < as_of.astimezone(dt.UTC))
    ).with_columns(pl.col("ordered_at").dt.convert_time_zone(timezone).dt.date().alias("day"))
    purchases = known.filter(_PURCHASE)
    frame = _sums(known, as_of, timezone)
    for part in (_households(known), _usual_interval(purchases), _main_channel(purchases)):
        frame = frame.join(part, on="customer_id", how="left")
    return frame.select(pl.col(name).cast(kind) for name, kind in ORDER_FEATURE_SCHEMA.items())


_PURCHASE = (pl.col("status") == PAID) & (pl.col("amount") > 0)


def _sums(known: pl.LazyFrame, as_of: dt.datetime, timezone: str) -> pl.LazyFrame:
    """What one grouping can tell: one row for each customer, those without purchases included."""
    # columns that are null outside purchases, so that one pass over the customers is enough
    paid = pl.col("status") == PAID
    masked = known.with_columns(
        pl.when(_PURCHASE).then("amount").alias("bought"),
        pl.when(_PURCHASE).then("ordered_at").alias("bought_at"),
        pl.when(_PURCHASE).then("day").alias("bought_on"),
        pl.when(_PURCHASE).then(pl.col("discount") > 0).alias("discounted"),
        (pl.col("refund") - pl.col("amount").clip(upper_bound=0)).alias("returned"),
    ).with_columns(pl.when(paid).then("returned").alias("returned"))
    # as of midnight at the start of a day, yesterday's order was one day ago
    today = pl.lit(as_of).dt.convert_time_zone(timezone).dt.date()
    return masked.group_by("customer_id").agg(
        pl.col("bought").count().alias("orders"),
        pl.when(pl.col("bought").count() > 0)
        .then(pl.col("bought").sum() / MONEY_SCALE / pl.col("bought").count())
        .alias("average_order_value"),
        (pl.col("bought").median() / MONEY_SCALE).alias("median_order_value"),
        ((pl.col("bought").sum() - pl.col("returned").sum()) / MONEY_SCALE).alias("spend"),
        pl.when(pl.col("bought").sum() > 0)
        .then(pl.col("returned").sum() / pl.col("bought").sum())
        .alias("refund_share"),
        (today - pl.col("bought_on").max()).dt.total_days().alias("last_order_days"),
        (today - pl.col("bought_on").min()).dt.total_days().alias("first_order_days"),
        pl.col("discounted").mean().alias("discount_share"),
        pl.col("bought_at").max().alias("last_order_at"),
        pl.col("bought_at").min().alias("first_order_at"),
    )


def _households(known: pl.LazyFrame) -> pl.LazyFrame:
    """The household that the customer's latest order names."""
    return (
        known.filter(pl.col("household").is_not_null())
        .sort("ordered_at", "order_id")
        .unique("customer_id", keep="last", maintain_order=True)
        .select("customer_id", "household")
    )


def _usual_interval(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """Median gap between consecutive days with a purchase; no row with fewer than two days."""
    same = pl.col("customer_id") == pl.col("customer_id").shift(1)
    gap = pl.when(same).then((pl.col("day") - pl.col("day").shift(1)).dt.total_days())
    return (
        purchases.select("customer_id", "day")
        .unique()
        .sort("customer_id", "day")
        .select("customer_id", gap.alias("gap"))
        .filter(pl.col("gap").is_not_null())
        .group_by("customer_id")
        .agg(pl.col("gap").median().alias("usual_interval_days"))
    )


def _main_channel(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """The channel of most purchases; among equals the first by name."""
    return (
        purchases.filter(pl.col("channel").is_not_null())
        .group_by("customer_id", "channel")
        .len()
        .sort(["customer_id", "len", "channel"], descending=[False, True, False])
        .unique("customer_id", keep="first", maintain_order=True)
        .select("customer_id", pl.col("channel").alias("main_channel"))
    )
