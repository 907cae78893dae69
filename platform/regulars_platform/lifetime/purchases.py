"""The purchases that say who comes back: days on which customers bought, and their histories.

A purchase is a day with at least one paid order (several orders on a day are one visit). An order
that cost nothing counts, a credit note does not. Goods that one buys once in a life are left out:
whoever bought nothing else has no repurchase to foretell.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.bought_once import bought_once
from regulars_platform.orders.table import MONEY_SCALE, PAID, goods_refunded, whole_orders

_PAID_ORDER = (pl.col("status") == PAID) & (pl.col("amount") >= 0)
_CREDIT_NOTE = (pl.col("status") == PAID) & (pl.col("amount") < 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Purchases:
    """days: customer_id, day (of the shop's zone), value (ten-thousandths, net of refunds known).

    first, last: days of the first and last purchase; None without any. buyers: customers with any
    paid order; one_off_only: those of them who bought nothing but goods bought once. credit_notes:
    how many, and money given back by them (ten-thousandths, above zero), in no value here.
    """

    days: pl.LazyFrame
    first: dt.date | None
    last: dt.date | None
    buyers: int
    one_off_only: int
    credit_notes: int
    credited: int


def read_purchases(store: FeatureStore, version: int, products: pl.LazyFrame) -> Purchases:
    """The shop's purchases at a version of its orders. products: the dataset of that name."""
    once = bought_once(products)
    everything = store.orders(version)
    orders = everything if once.is_empty() else _without(store, version, once)
    paid = orders.filter(_PAID_ORDER)
    days = (
        paid.select(
            "customer_id",
            pl.col("ordered_at").dt.convert_time_zone(store.timezone).dt.date().alias("day"),
            (pl.col("amount") - pl.col("refund")).alias("value"),
        )
        .group_by("customer_id", "day")
        .agg(pl.col("value").sum())
    )
    buyers = everything.filter(_PAID_ORDER).select(pl.col("customer_id").n_unique())
    counted = paid.select(
        pl.col("customer_id").n_unique().alias("customers"),
        pl.col("ordered_at").min().alias("first"),
        pl.col("ordered_at").max().alias("last"),
    )
    given_back = everything.filter(_CREDIT_NOTE).select(
        pl.len().alias("notes"), (-pl.col("amount").sum()).alias("credited")
    )
    all_buyers, found, given = (one.row(0) for one in pl.collect_all([buyers, counted, given_back]))
    return Purchases(
        days=days,
        first=_day(found[1], store.timezone),
        last=_day(found[2], store.timezone),
        buyers=all_buyers[0],
        one_off_only=all_buyers[0] - found[0],
        credit_notes=given[0],
        credited=given[1],
    )


def histories_until(purchases: pl.LazyFrame, end: dt.date) -> pl.DataFrame:
    """Purchase days up to `end` -> one row per customer, sorted by customer_id.

    Columns: customer_id, repeats (x: purchase days after the first), recency_days (t_x, from the
    first to the last), age_days (T, from the first to `end`), kept_repeats (worth more than 0 after
    refunds), repeat_value (mean of these, in currency units; 0 without any), spent (all of them,
    ten-thousandths), last_day.
    """
    first, value = pl.col("day").min(), pl.col("value")
    first_value = value.sort_by("day").first()
    kept = (value > 0).sum().cast(pl.Int64) - (first_value > 0).cast(pl.Int64)
    later = value.clip(lower_bound=0).sum() - first_value.clip(lower_bound=0)
    repeats = pl.len().cast(pl.Int64) - 1
    return (
        purchases.filter(pl.col("day") <= end)
        .group_by("customer_id")
        .agg(
            repeats.alias("repeats"),
            (pl.col("day").max() - first).dt.total_days().alias("recency_days"),
            (pl.lit(end) - first).dt.total_days().alias("age_days"),
            kept.alias("kept_repeats"),
            pl.when(kept > 0).then(later / MONEY_SCALE / kept).otherwise(0.0).alias("repeat_value"),
            pl.col("value").sum().alias("spent"),
            pl.col("day").max().alias("last_day"),
        )
        .sort("customer_id")
        .collect(engine="streaming")
    )


def _without(store: FeatureStore, version: int, products: pl.Series) -> pl.LazyFrame:
    """Whole orders of known customers without these goods; orders of nothing else are none."""
    lines = store.table.scan(version)
    kept = lines.filter(
        pl.col("customer_id").is_not_null()
        & ~pl.col("product").is_in(products.implode()).fill_null(False)
    )
    return goods_refunded(whole_orders(kept))


def _day(moment: dt.datetime | None, timezone: str) -> dt.date | None:
    if moment is None:
        return None
    day: dt.date = pl.Series([moment]).dt.convert_time_zone(timezone).dt.date()[0]
    return day
