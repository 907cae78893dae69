"""The repurchase cycle of a shop: worked out, kept, refreshed, and read."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.customers.whole import DUE_PRODUCTS, due_path
from regulars_platform.cycle.corrections import corrected, read_corrections
from regulars_platform.cycle.errors import NoOrdersError, NotDueError
from regulars_platform.cycle.files import read_cycles, read_latest, scan_rows, show_latest
from regulars_platform.cycle.working_out import NOT_SOLD, Read, work_out_dates
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
from regulars_platform.storage.placing import place_frame

METHOD = 1
"""Raised whenever the same inputs would give another answer."""
LAPSED_AT_LEAST = 30
"""Days; whoever is overdue by longer, and by longer than the cycle itself, does not come for that
any more."""


def digest_of(products: pl.LazyFrame, *columns: str) -> str:
    """A name for what these columns of the products' file say: the others may change freely."""
    said = products.select(columns).sort(columns).collect().write_csv()
    return hashlib.sha256(said.encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is read: the orders and the products' file at their versions.

    products_digest: of what is read of the products.
    """

    store: FeatureStore
    orders_version: int
    products_version: int | None
    products_digest: str

    @property
    def inputs(self) -> dict[str, Any]:
        """As they are kept with the answer."""
        return {
            "orders_version": self.orders_version,
            "products": self.products_digest,
            "timezone": self.store.timezone,
            "method": METHOD,
        }

    @property
    def key(self) -> str:
        """A name for the files of the answer."""
        return hashlib.sha256(json.dumps(self.inputs, sort_keys=True).encode()).hexdigest()[:20]

    @property
    def products(self) -> pl.LazyFrame:
        """The products' file at that version."""
        table = DatasetTable(self.store.shop_dir, "products")
        if self.products_version is None:
            return pl.LazyFrame(schema=table.kind.schema)
        return table.scan(self.products_version)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cycle:
    """An answer that is there. rows: ROW_SCHEMA; products: CYCLE_SCHEMA."""

    document: Mapping[str, Any]
    inputs: Mapping[str, Any]
    made_at: dt.datetime
    rows: pl.LazyFrame
    products: pl.DataFrame

    @property
    def last(self) -> dt.date:
        """The day of the last purchase that was known."""
        return dt.date.fromisoformat(self.document["last"])


def gather_inputs(session: Session, settings: Settings, shop_id: int) -> Asked:
    """What would be read now; NoOrdersError where there are no orders."""
    store = build_feature_store(settings, get_shop_of(session, shop_id))
    version = store.table.version()
    if version is None:
        raise NoOrdersError.build()
    products = DatasetTable(store.shop_dir, "products")
    at = products.version()
    read = products.scan(at) if at is not None else products.scan()
    return Asked(
        store=store,
        orders_version=version,
        products_version=at,
        products_digest=digest_of(read, "product", "also", "unit_days", "one_off"),
    )


def work_out(
    asked: Asked, *, now: dt.datetime, tell: Callable[[int, int], None] | None = None
) -> None:
    """Make and show the answer on these inputs, unless it is the one that is shown."""
    shop_dir = asked.store.shop_dir
    known = read_latest(shop_dir)
    if known is not None and known["key"] == asked.key:
        return
    read = Read(
        lines=asked.store.table.scan(asked.orders_version),
        products=asked.products,
        timezone=asked.store.timezone,
    )
    document = work_out_dates(read, shop_dir, asked.key, tell=tell)
    if document is None:
        raise NoOrdersError.build()
    told = {"key": asked.key, "inputs": asked.inputs, "document": document}
    show_latest(shop_dir, told | {"made_at": now.isoformat()})


def find_cycle(shop_dir: Path) -> Cycle | None:
    """The answer that is shown; None before the first."""
    found = read_latest(shop_dir)
    if found is None:
        return None
    return Cycle(
        document=found["document"],
        inputs=found["inputs"],
        made_at=dt.datetime.fromisoformat(found["made_at"]),
        rows=scan_rows(shop_dir, found["key"]),
        products=read_cycles(shop_dir, found["key"]),
    )


def first_day(last: dt.date, today: dt.date) -> dt.date:
    """Where the list begins: today, or the day after the last order where orders end more than a
    month ago (or, by some clock, after today)."""
    after = last + dt.timedelta(days=1)
    return today if last <= today <= last + dt.timedelta(days=31) else after


def due_rows(session: Session, shop_id: int, cycle: Cycle) -> pl.LazyFrame:
    """Every customer and product with what staff said of it; due_on null: not any more."""
    return corrected(cycle.rows, read_corrections(session, shop_id))


def get_due_row(
    session: Session, shop_id: int, shop_dir: Path, customer_id: str, product: str
) -> dict[str, Any]:
    """One customer and product; NotDueError where there is no such date."""
    cycle = find_cycle(shop_dir)
    if cycle is None:
        raise NotDueError.build()
    same = (pl.col("customer_id") == customer_id) & (pl.col("product") == product)
    one = replace(cycle, rows=cycle.rows.filter(same))
    rows = due_rows(session, shop_id, one).collect()
    if rows.is_empty():
        raise NotDueError.build()
    return rows.row(0, named=True)


def lapsed(day: dt.date) -> pl.Expr:
    """Overdue by longer than the cycle itself, and than a month, and nobody said otherwise."""
    overdue = (pl.lit(day) - pl.col("due_on")).dt.total_days()
    long = pl.max_horizontal(pl.lit(float(LAPSED_AT_LEAST)), pl.col("every"))
    return (overdue > long) & ~pl.col("is_corrected")


def write_due_dates(
    session: Session, shop_id: int, cycle: Cycle, shop_dir: Path, day: dt.date
) -> None:
    """The dates that features and programmes read: customer_id, due_on, and of which product, when
    it was bought last, and how many pieces (DUE_PRODUCTS); as of a day.

    Left out are those who need it no more, those whose date has lapsed, and what is not sold now.
    """
    sold = pl.col("mark").is_null() | (pl.col("mark") != NOT_SOLD)
    dates = (
        due_rows(session, shop_id, cycle)
        .filter(pl.col("due_on").is_not_null() & sold & ~lapsed(day))
        .select("customer_id", *DUE_PRODUCTS)
        .unique()
    )
    place_frame(due_path(shop_dir), dates)
