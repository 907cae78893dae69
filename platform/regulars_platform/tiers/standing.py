"""In which tier every buyer stood as of a day, by today's rules.

Worked out of whole orders, so that the past can be looked at month by month without making the
whole feature frame of each month; the figures are those of the features of the same names.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.tiers import Tier, tier_columns
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import MONEY_SCALE, PAID
from regulars_platform.points.ledger import balances

YEAR = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """The shop at one version of its orders, under these rules. tiers: lowest first."""

    store: FeatureStore
    version: int
    tiers: tuple[Tier, ...]

    @property
    def names(self) -> list[str]:
        """Of the tiers, lowest first."""
        return [one.name for one in self.tiers]


def standing(looked: Looked, as_of: dt.date, paid: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """One row per customer who bought before the day: customer_id, tier, next_tier, to_next_tier,
    the measures orders, orders_365, spend, spend_365 (currency units; points_balance where a tier
    asks for it), and net_365, `spend_365` in ten-thousandths.

    paid: see `numbered`, for who looks at many days; then customer_id is a number.
    """
    store = looked.store
    year = pl.col("ordered_at") >= store.moment(as_of - dt.timedelta(days=YEAR))
    net, bought = pl.col("amount") - pl.col("refund"), pl.col("amount") > 0
    frame = (
        (_paid(looked) if paid is None else paid)
        .filter(pl.col("ordered_at") < store.moment(as_of))
        .group_by("customer_id")
        .agg(
            bought.sum().cast(pl.Int64).alias("orders"),
            (bought & year).sum().cast(pl.Int64).alias("orders_365"),
            net.sum().alias("net"),
            net.filter(year).sum().alias("net_365"),
        )
        .filter(pl.col("orders") > 0)
        .with_columns(
            (pl.col("net") / MONEY_SCALE).alias("spend"),
            (pl.col("net_365") / MONEY_SCALE).alias("spend_365"),
        )
    )
    if any(one.by == "points_balance" for one in looked.tiers):
        frame = _with_points(frame, looked, as_of)
    told = pl.lit(None, dtype=pl.String)
    return frame.with_columns(tier_columns(looked.tiers, told)).drop("net")


def numbered(looked: Looked) -> pl.LazyFrame | None:
    """The paid orders in memory with customers as numbers, by which grouping is several times
    quicker; None where tiers ask for points, whose balances are kept by customer_id."""
    if any(one.by == "points_balance" for one in looked.tiers):
        return None
    number = pl.col("customer_id").cast(pl.Categorical).to_physical()
    paid = _paid(looked).select(number, "ordered_at", "amount", "refund")
    return paid.collect(engine="streaming").lazy()


def after(looked: Looked, start: dt.date, days: int) -> pl.LazyFrame:
    """`standing` on the day `start`, and what each did in the days from then on: bought (whether at
    all) and sales (net of refunds, ten-thousandths)."""
    store, end = looked.store, start + dt.timedelta(days=days)
    moment = pl.col("ordered_at")
    came = (
        _paid(looked)
        .filter((moment >= store.moment(start)) & (moment < store.moment(end)))
        .group_by("customer_id")
        .agg(
            (pl.col("amount") > 0).any().alias("bought"),
            (pl.col("amount") - pl.col("refund")).sum().alias("sales"),
        )
    )
    return (
        standing(looked, start)
        .join(came, on="customer_id", how="left")
        .with_columns(pl.col("bought").fill_null(False), pl.col("sales").fill_null(0))
    )


def month_starts(first: dt.date, as_of: dt.date, most: int) -> list[dt.date]:
    """The first days of months after `first` up to `as_of`, at most the latest `most`; each looks
    back on a month that is over."""
    days: list[dt.date] = []
    day = as_of.replace(day=1)
    while day > first and len(days) < most:
        days.append(day)
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return days[::-1]


def head_counts(features: pl.LazyFrame, tiers: Sequence[Tier]) -> list[tuple[str | None, int, int]]:
    """(tier, customers, of them without a purchase) of everybody known, lowest first; None: in no
    tier. features: the frame of a shop."""
    tier = tier_columns(tiers, pl.lit(None, dtype=pl.String))[0]
    needed = {"orders", *(one.by for one in tiers)}
    found = (
        features.select(needed)
        .group_by(tier)
        .agg(pl.len(), (pl.col("orders").fill_null(0) == 0).sum().alias("strangers"))
        .collect(engine="streaming")
    )
    by_tier = {name: (int(many), int(strangers)) for name, many, strangers in found.rows()}
    names: list[str | None] = [*(one.name for one in tiers), None]
    return [(name, *by_tier.get(name, (0, 0))) for name in names]


def _paid(looked: Looked) -> pl.LazyFrame:
    return looked.store.orders(looked.version).filter(pl.col("status") == PAID)


def _with_points(frame: pl.LazyFrame, looked: Looked, as_of: dt.date) -> pl.LazyFrame:
    store = looked.store
    points = balances(
        store.shop_dir,
        store.practice,
        as_of,
        timezone=store.timezone,
        orders=store.orders(looked.version),
        version=DatasetTable(store.shop_dir, "points").version(),
    )
    people = DatasetTable(store.shop_dir, "customers").scan().select("customer_id", "points_told")
    return (
        frame.join(points, on="customer_id", how="left")
        .join(people, on="customer_id", how="left")
        .with_columns(pl.coalesce("points_balance", "points_told").alias("points_balance"))
        .drop("points_told")
    )
