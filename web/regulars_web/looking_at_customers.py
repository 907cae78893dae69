"""The customers that pages and programs look at: of the current shop, as of one day."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.customers.order_days import OrderDays, find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_web.edge import current_shop, settings, today


@dataclass(frozen=True, kw_only=True, slots=True)
class Customers:
    """features: one row per customer (FEATURE_SCHEMA) as of the start of the day `as_of`.

    file: where they are kept; store, version: where they come from, at which version of the orders.
    """

    features: pl.LazyFrame
    file: Path
    store: FeatureStore
    version: int
    as_of: dt.date
    days: OrderDays

    @property
    def is_day_after(self) -> bool:
        """Whether the day is the usual one: the day after the last order."""
        return self.as_of == self.days.day_after


def find_customers(as_of: dt.date | None = None) -> Customers | None:
    """The shop's customers; None as long as no order has a known customer.

    as_of: by default the day after the last order, the first to look back on all of them. A day
    before the first order or after today (and after the last order) is brought back into range.
    """
    shop = current_shop()
    store = build_feature_store(settings(), shop)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        return None
    chosen = days.day_after if as_of is None else min(max(as_of, days.first), latest_day(days))
    file = store.features_file(chosen, version)
    return Customers(
        features=pl.scan_parquet(file),
        file=file,
        store=store,
        version=version,
        as_of=chosen,
        days=days,
    )


def latest_day(days: OrderDays) -> dt.date:
    """The last day to look from: today, or the day after the last order where that is later."""
    return max(days.day_after, today())
