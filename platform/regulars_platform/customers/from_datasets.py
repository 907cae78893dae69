"""What the files beside the orders say of every customer as of a day.

Only what happened before the day counts; what a customer is (gender, tags, ...) is as stored now.
A count of something that the shop never brought a record of is not known, rather than 0.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.customers.birthdays import birthday_columns
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import MONEY_SCALE

READ: tuple[Kind, ...] = ("customers", "products", "events", "referrals", "points")
"""The kinds of files that features are made from."""

Versions = Mapping[str, int | None]

COUNTED = {"favourites": "favourite", "carts": "cart", "complaints": "complaint"}
"""Feature -> kind of event that it counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """The files of one shop as of a day. moment: the start of the day `as_of`, in UTC.

    points: customer_id, points_balance, where the shop's rules move points that no file tells of
    (see `points.ledger.balances`); None: the files are all there is.
    """

    shop_dir: Path
    versions: Versions
    as_of: dt.date
    moment: dt.datetime
    points: pl.LazyFrame | None = None

    def scan(self, kind: Kind) -> pl.LazyFrame:
        """The records of a kind at the version that counts."""
        version = self.versions[kind]
        table = DatasetTable(self.shop_dir, kind)
        return pl.LazyFrame(schema=table.kind.schema) if version is None else table.scan(version)

    def happened(self, kind: Kind) -> pl.LazyFrame:
        """Records with a moment before the day, of customers that are named."""
        return self.scan(kind).filter(
            pl.col("customer_id").is_not_null() & (pl.col("happened_at") < self.moment)
        )


def product_categories(brought: Brought) -> dict[str, str]:
    """Product, as order lines name it (by either of its names) -> category."""
    products = brought.scan("products").filter(pl.col("category").is_not_null()).sort("product")
    rows = products.select("product", "also", "category").collect().rows()
    found = {also: category for _, also, category in reversed(rows) if also is not None}
    return found | {product: category for product, _, category in rows}


def known_ids(brought: Brought) -> pl.LazyFrame:
    """customer_id of everybody whom a file told of before the day, each once."""
    day = pl.lit(brought.as_of)
    arrived = pl.col("acquired_on").is_null() | (pl.col("acquired_on") < day)
    parts = [
        brought.scan("customers").filter(arrived).select("customer_id"),
        brought.happened("events").select("customer_id"),
        brought.happened("points").select("customer_id"),
        _referrals(brought).select("customer_id"),
        _referrals(brought).select(pl.col("referrer_id").alias("customer_id")),
    ]
    return pl.concat(parts).unique()


def with_datasets(frame: pl.LazyFrame, brought: Brought) -> pl.LazyFrame:
    """The frame of everybody (customer_id, spend, ...) with the columns that files fill."""
    versions = brought.versions
    parts = {
        "customers": _people,
        "events": _events,
        "referrals": lambda one: _brought_customers(one, frame),
        "points": _points,
    }
    for kind, part in parts.items():
        if versions[kind] is not None or (kind == "points" and brought.points is not None):
            frame = frame.join(part(brought), on="customer_id", how="left", maintain_order="left")
    there = set(frame.collect_schema().names())
    missing = {
        name: pl.lit(None, dtype=kind).alias(name)
        for name, kind in _MADE.items()
        if name not in there
    }
    frame = frame.with_columns(*missing.values())
    # of who is not in a list of followers, or in a ledger of points, that is known, too
    listed = _is_listed(brought)
    return frame.with_columns(
        pl.coalesce("region", "region_of_orders").alias("region"),
        pl.col("opted_out").fill_null(False),
        pl.coalesce("followed", "follows", listed).alias("follows"),
        *_counts_where_any(brought),
    )


_MADE: dict[str, pl.DataType] = {
    "gender": pl.String(),
    "age": pl.Int64(),
    "birthday_in_days": pl.Int64(),
    "region": pl.String(),
    "city": pl.String(),
    "acquired_through": pl.String(),
    "acquisition_cost": pl.Float64(),
    "tags": pl.List(pl.String()),
    "follows": pl.Boolean(),
    "followed": pl.Boolean(),
    "opted_out": pl.Boolean(),
    **dict.fromkeys(COUNTED, pl.Int64()),
    "brought": pl.Int64(),
    "brought_spend": pl.Float64(),
    "points_balance": pl.Int64(),
    "points_told": pl.Int64(),
    "tier_told": pl.String(),
}


def _people(brought: Brought) -> pl.LazyFrame:
    age, birthday = birthday_columns(brought.as_of)
    return brought.scan("customers").select(
        "customer_id",
        "gender",
        age,
        birthday,
        "region",
        "city",
        "acquired_through",
        # polars divides by multiplying with the inverse: one in three amounts is a bit too high
        (pl.col("acquisition_cost") / MONEY_SCALE).round(4).alias("acquisition_cost"),
        "tags",
        "follows",
        "opted_out",
        "tier_told",
        "points_told",
    )


def _events(brought: Brought) -> pl.LazyFrame:
    follows = pl.col("kind").is_in(["follow", "unfollow"])
    return (
        brought.happened("events")
        .sort("happened_at", "event_key")
        .group_by("customer_id", maintain_order=True)
        .agg(
            (pl.col("kind").filter(follows).last() == "follow").alias("followed"),
            *(
                (pl.col("kind") == kind).sum().cast(pl.Int64).alias(name)
                for name, kind in COUNTED.items()
            ),
        )
    )


def _referrals(brought: Brought) -> pl.LazyFrame:
    """Who was brought by whom before the day: each customer once, by the first who brought them."""
    before = pl.col("happened_on").is_null() | (pl.col("happened_on") < brought.as_of)
    return (
        brought.scan("referrals")
        .filter(
            before
            & pl.col("customer_id").is_not_null()
            & (pl.col("referrer_id") != pl.col("customer_id"))
        )
        .sort("happened_on", "referral_key", nulls_last=True)
        .unique("customer_id", keep="first", maintain_order=True)
        .select("customer_id", "referrer_id")
    )


def _brought_customers(brought: Brought, frame: pl.LazyFrame) -> pl.LazyFrame:
    return (
        _referrals(brought)
        .join(frame.select("customer_id", "spend"), on="customer_id", how="left")
        .sort("referrer_id", "customer_id")
        .group_by(pl.col("referrer_id").alias("customer_id"), maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("brought"),
            pl.col("spend").sum().round(4).alias("brought_spend"),
        )
    )


def _points(brought: Brought) -> pl.LazyFrame:
    if brought.points is not None:
        return brought.points
    return (
        brought.happened("points")
        .group_by("customer_id")
        .agg(pl.col("points").sum().alias("points_balance"))
    )


def _is_listed(brought: Brought) -> pl.Expr:
    """False where the shop has records of who follows, null where it has none."""
    follows = brought.happened("events").filter(pl.col("kind").is_in(["follow", "unfollow"]))
    return pl.lit(False if _any(follows) else None, dtype=pl.Boolean)


def _counts_where_any(brought: Brought) -> list[pl.Expr]:
    """Counts with 0 for who has none, of what the shop has any record of."""
    kinds = set(brought.happened("events").select(pl.col("kind").unique()).collect()["kind"])
    counts = [pl.col(name).fill_null(0) for name, kind in COUNTED.items() if kind in kinds] + [
        pl.when(pl.lit(kind in kinds)).then(pl.col(name)).alias(name)
        for name, kind in COUNTED.items()
        if kind not in kinds
    ]
    if _any(_referrals(brought)):
        counts += [pl.col("brought").fill_null(0), pl.col("brought_spend").fill_null(0.0)]
    kept = brought.points is not None or _any(brought.happened("points"))
    rest = pl.lit(0 if kept else None, dtype=pl.Int64)
    counts.append(pl.coalesce("points_balance", "points_told", rest).alias("points_balance"))
    return counts


def _any(frame: pl.LazyFrame) -> bool:
    return frame.head(1).collect().height > 0
