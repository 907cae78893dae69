"""Whom customers brought, and what those have spent since.

Each customer was brought by one: the first who is named. What counts is what the brought spend
themselves, from the day on which they were brought; those whom they bring in turn count for them.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.clustered_means import clustered_mean
from regulars_experiments.effects import wilson
from regulars_experiments.results import Answer
from regulars_platform.csv_files import FOR_ANALYSIS, csv_pieces
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.fields import money_text
from regulars_platform.orders.table import MONEY_SCALE, PAID

FORMAT = 2
"""Raised whenever what is kept here changes its meaning."""

YEAR = 365
KINDS = ("friend", "expert")
_Z = 1.959963984540054

BROUGHT_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "referrer_id": pl.String(),
    "kind": pl.String(),
    "happened_on": pl.Date(),
    "cost": pl.Int64(),
    "orders": pl.Int64(),  # purchases since they were brought
    "value": pl.Int64(),  # ten-thousandths, net of refunds and credit notes
    "first_on": pl.Date(),  # their first purchase ever; null: none
}
CSV_COLUMNS = ("customer_id", "brought", "friends", "experts", "bought", "value", "cost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Of new customers, those who were brought; None where there are no new ones."""

    new: int
    brought: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRow:
    """All, or one kind. value: ten-thousandths; each: per brought customer, currency units; cost:
    None where no record says one; costed: records that do."""

    kind: str
    brought: int
    bought: int
    bringers: int
    value: int
    each: Answer
    cost: int | None
    costed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Influence:
    """rows: all, then by kind; top: the bringers of most value; shares: of new customers in the
    last 365 days, and ever."""

    rows: tuple[KindRow, ...]
    top: pl.DataFrame
    last_year: Share | None
    ever: Share | None
    until: dt.date


def read_brought(store: FeatureStore, version: int, as_of: dt.date) -> pl.LazyFrame:
    """BROUGHT_SCHEMA, one row per brought customer, as of the start of a day; kept."""
    table = DatasetTable(store.shop_dir, "referrals")
    key = f"brought-{FORMAT}-{store.version_key(version)}-{table.version()}-{as_of.isoformat()}"
    return store.kept(
        key, lambda: brought_customers(table.scan(), store.orders(version), store, as_of)
    )


def brought_customers(
    referrals: pl.LazyFrame, orders: pl.LazyFrame, store: FeatureStore, as_of: dt.date
) -> pl.LazyFrame:
    """The same from the records and the whole orders."""
    in_time = pl.col("happened_on").is_null() | (pl.col("happened_on") < as_of)
    people = (
        referrals.filter(
            in_time
            & pl.col("customer_id").is_not_null()
            & pl.col("referrer_id").is_not_null()
            & (pl.col("referrer_id") != pl.col("customer_id"))
        )
        .sort("happened_on", "referral_key", nulls_last=True)
        .unique("customer_id", keep="first", maintain_order=True)
        .select("customer_id", "referrer_id", "kind", "happened_on", "cost")
    )
    day = pl.col("ordered_at").dt.convert_time_zone(store.timezone).dt.date()
    paid = (
        orders.filter((pl.col("status") == PAID) & (pl.col("ordered_at") < store.moment(as_of)))
        .select("customer_id", day.alias("day"), "amount", "refund")
        .join(people.select("customer_id", "happened_on"), on="customer_id", how="inner")
        .with_columns((pl.col("day") >= pl.col("happened_on")).fill_null(True).alias("since"))
    )
    bought = pl.col("amount") > 0  # as everywhere: an order of nothing is no purchase
    sums = paid.group_by("customer_id").agg(
        (pl.col("since") & bought).sum().cast(pl.Int64).alias("orders"),
        (pl.col("amount") - pl.col("refund")).filter("since").sum().alias("value"),
        pl.col("day").filter(bought).min().alias("first_on"),
    )
    return (
        people.join(sums, on="customer_id", how="left")
        .with_columns(pl.col("orders").fill_null(0), pl.col("value").fill_null(0))
        .select(pl.col(name).cast(kind) for name, kind in BROUGHT_SCHEMA.items())
        .sort("customer_id")
    )


def bringers(brought: pl.LazyFrame) -> pl.DataFrame:
    """customer_id, brought, friends, experts, bought, value, cost; most value first."""
    return (
        brought.group_by(pl.col("referrer_id").alias("customer_id"))
        .agg(
            pl.len().cast(pl.Int64).alias("brought"),
            (pl.col("kind") == "friend").sum().cast(pl.Int64).alias("friends"),
            (pl.col("kind") == "expert").sum().cast(pl.Int64).alias("experts"),
            (pl.col("orders") > 0).sum().cast(pl.Int64).alias("bought"),
            pl.col("value").sum(),
            pl.when(pl.col("cost").count() > 0).then(pl.col("cost").sum()).alias("cost"),
        )
        .collect(engine="streaming")
        .sort(["value", "brought", "customer_id"], descending=[True, True, False])
    )


def influence_of(store: FeatureStore, version: int, as_of: dt.date, *, most: int = 50) -> Influence:
    """Everything that the page shows. top: at most so many bringers."""
    brought = read_brought(store, version, as_of)
    frame = brought.collect(engine="streaming")
    rows = [_kind_row("all", frame)]
    rows += [_kind_row(kind, frame.filter(pl.col("kind") == kind)) for kind in KINDS]
    return Influence(
        rows=tuple(row for row in rows if row.kind == "all" or row.brought),
        top=bringers(brought).head(most),
        last_year=_share(store, version, frame, as_of, as_of - dt.timedelta(days=YEAR)),
        ever=_share(store, version, frame, as_of, None),
        until=as_of - dt.timedelta(days=1),
    )


def _kind_row(kind: str, frame: pl.DataFrame) -> KindRow:
    bunches = frame.group_by("referrer_id").agg(pl.col("value").sum(), pl.len()).sort("referrer_id")
    costed = frame["cost"].count()
    return KindRow(
        kind=kind,
        brought=frame.height,
        bought=frame.filter(pl.col("orders") > 0).height,
        bringers=bunches.height,
        value=int(frame["value"].sum()),
        each=clustered_mean(
            bunches["value"].to_numpy() / MONEY_SCALE, bunches["len"].cast(pl.Float64).to_numpy()
        ),
        cost=int(frame["cost"].sum()) if costed else None,
        costed=costed,
    )


def _share(
    store: FeatureStore, version: int, brought: pl.DataFrame, as_of: dt.date, start: dt.date | None
) -> Share | None:
    """Of customers whose first purchase lies in the time, those who were brought by that day."""
    day = pl.col("ordered_at").dt.convert_time_zone(store.timezone).dt.date()
    firsts = (
        store.orders(version)
        .filter((pl.col("status") == PAID) & (pl.col("amount") > 0))
        .group_by("customer_id")
        .agg(day.min().alias("first_on"))
        .filter(pl.col("first_on") < as_of)
    )
    new = firsts if start is None else firsts.filter(pl.col("first_on") >= start)
    total = int(new.select(pl.len()).collect(engine="streaming").item())
    if not total:
        return None
    # somebody who had bought before was not brought to the shop
    arrived = brought.filter(
        pl.col("first_on").is_not_null()
        & (pl.col("happened_on") <= pl.col("first_on")).fill_null(True)
    )
    if start is not None:
        arrived = arrived.filter(pl.col("first_on") >= start)
    low, high = wilson(np.array([arrived.height * 1.0]), np.array([total * 1.0]), _Z)
    return Share(new=total, brought=arrived.height, low=float(low[0]), high=float(high[0]))


def bringers_csv(brought: pl.LazyFrame) -> Iterator[bytes]:
    """Everybody who brought somebody, most value first: CSV_COLUMNS, money in currency units, and
    a note that nobody was left out who must not be contacted."""
    rows = (
        (*texts, money_text(value), "" if cost is None else money_text(cost), FOR_ANALYSIS)
        for *texts, value, cost in bringers(brought).select(CSV_COLUMNS).iter_rows()
    )
    return csv_pieces((*CSV_COLUMNS, "note"), rows)
