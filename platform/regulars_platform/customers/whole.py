"""The whole feature frame of a shop as of a day: orders, files, tiers and analyses together."""

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from regulars_platform.customers.attributes import attribute_columns
from regulars_platform.customers.catalogue import FEATURE_SCHEMA
from regulars_platform.customers.event_days import CALENDAR_DAYS, EVENT_DAYS, all_event_days
from regulars_platform.customers.from_datasets import (
    READ,
    Brought,
    Versions,
    known_ids,
    product_categories,
    with_datasets,
)
from regulars_platform.customers.from_orders import Habits, order_columns
from regulars_platform.customers.rhythm import HONEYMOON, RHYTHM, read_rhythm
from regulars_platform.customers.tiers import TIERS, Tier, read_tiers, tier_columns
from regulars_platform.datasets.table import READING
from regulars_platform.orders.table import PAID, OrdersTable
from regulars_platform.shops.practice import HasPractice, read_section

LIFETIME = (
    "expected_orders_90",
    "expected_value_90",
    "expected_orders_365",
    "expected_value_365",
    "alive_probability",
)
"""Columns of `lifetime/customers.parquet`."""

NONE_YET = ("orders", "orders_365", "unpaid_orders", "products_bought")
NO_MONEY_YET = ("spend", "spend_365")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """What the shop's own settings say about its customers."""

    habits: Habits
    tiers: tuple[Tier, ...]


def read_ways(shop: HasPractice) -> Ways:
    """From the sections of the shop's practice."""
    habits = Habits(rhythm=read_rhythm(shop), events=all_event_days(shop))
    return Ways(habits=habits, tiers=read_tiers(shop))


def ways_key(shop: HasPractice, shop_dir: Path, brought: Versions) -> str:
    """A text that changes whenever a frame would, apart from the orders and the day.

    brought: kind of file -> version.
    """
    names = (EVENT_DAYS, CALENDAR_DAYS, RHYTHM, HONEYMOON, TIERS)
    sections = {name: read_section(shop, name) for name in names}
    files = [_state(path) for path in (due_path(shop_dir), lifetime_path(shop_dir))]
    read = [sections, {kind: brought[kind] for kind in READ}, files, READING]
    text = json.dumps(read, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def whole_frame(histories: Path, brought: Brought, ways: Ways) -> pl.DataFrame:
    """One row per customer, by customer_id: FEATURE_SCHEMA, then the shop's own attributes.

    histories: the folder of `write_histories`.
    """
    categories = product_categories(brought)
    bought = order_columns(histories, brought.as_of, replace(ways.habits, categories=categories))
    everybody = _with_others(bought, brought)
    frame = with_datasets(everybody.lazy(), brought)
    frame = frame.with_columns(tier_columns(ways.tiers, pl.col("tier_told")))
    frame = _with_analyses(frame, brought)
    whole = frame.select(pl.col(name).cast(kind) for name, kind in FEATURE_SCHEMA.items())
    own = attribute_columns(brought.shop_dir, brought.versions["customers"])
    if own is not None:
        whole = whole.join(own.lazy(), on="customer_id", how="left", maintain_order="left")
    return whole.collect(engine="streaming")


DUE_PRODUCTS: dict[str, pl.DataType] = {
    "due_on": pl.Date(),
    "product": pl.String(),
    "last_day": pl.Date(),
    "pieces": pl.Float64(),
}
"""What is known of each product that a customer is due to buy again."""


def due_path(shop_dir: Path) -> Path:
    """Where the repurchase cycle writes customer_id and DUE_PRODUCTS."""
    return shop_dir / "cycle" / "due.parquet"


def waits_for_due_dates(shop_dir: Path) -> bool:
    """Whether nobody has worked out yet who is due again, though orders name their products."""
    if due_path(shop_dir).exists():
        return False
    named = pl.col("product").is_not_null() & pl.col("customer_id").is_not_null()
    bought = OrdersTable(shop_dir).scan().filter((pl.col("status") == PAID) & named)
    # one column: whole rows would be read of a part of the table first
    return not bought.select("product").head(1).collect(engine="streaming").is_empty()


def due_dates(shop_dir: Path) -> pl.LazyFrame:
    """customer_id, due_on of every product that customers are due to buy again; maybe nothing."""
    return _read(due_path(shop_dir), {"due_on": pl.Date()})


def due_products(shop_dir: Path) -> pl.LazyFrame:
    """The same with product, last_day and pieces; null as long as only dates were written."""
    return _read(due_path(shop_dir), DUE_PRODUCTS)


def lifetime_path(shop_dir: Path) -> Path:
    """Where the lifetime model writes customer_id and LIFETIME."""
    return shop_dir / "lifetime" / "customers.parquet"


def _with_others(bought: pl.DataFrame, brought: Brought) -> pl.DataFrame:
    """With a row for everybody who is only in a file."""
    others = (
        known_ids(brought)
        .join(bought.lazy().select("customer_id"), on="customer_id", how="anti")
        .with_columns(
            *(pl.lit(0, dtype=pl.Int64).alias(name) for name in NONE_YET),
            *(pl.lit(0.0).alias(name) for name in NO_MONEY_YET),
        )
        .collect(engine="streaming")
    )
    if others.is_empty():
        return bought
    return pl.concat([bought, others], how="diagonal").sort("customer_id")


def _with_analyses(frame: pl.LazyFrame, brought: Brought) -> pl.LazyFrame:
    """With the day on which a product is due, and what is expected of a customer."""
    day = pl.lit(brought.as_of)
    due = due_dates(brought.shop_dir)
    # the nearest to the day: one that was let pass lately is not hidden by one far ahead; of two
    # equally near ones that which is still to come
    away = (pl.col("due_on") - day).dt.total_days()
    soonest = due.group_by("customer_id").agg(pl.col("due_on").sort_by(away.abs(), -away).first())
    expected = _read(lifetime_path(brought.shop_dir), dict.fromkeys(LIFETIME, pl.Float64()))
    first = expected.unique("customer_id", keep="first", maintain_order=True)
    return (
        frame.join(soonest, on="customer_id", how="left", maintain_order="left")
        .join(first, on="customer_id", how="left", maintain_order="left")
        .with_columns((pl.col("due_on") - day).dt.total_days().alias("product_due_days"))
    )


def _read(path: Path, columns: dict[str, pl.DataType]) -> pl.LazyFrame:
    """customer_id and these columns of a file; nobody where there is none.

    Read at once: a job may put another file in its place, and of two files a scan would take the
    table of contents of one and the rows of the other.
    """
    schema = {"customer_id": pl.String(), **columns}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return pl.LazyFrame(schema=schema)
    found = pl.scan_parquet(io.BytesIO(content))
    there = found.collect_schema().names()
    return found.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
