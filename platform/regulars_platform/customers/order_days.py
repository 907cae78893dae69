"""From when to when the orders of a shop's customers reach."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from regulars_platform.customers.store import FeatureStore


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderDays:
    """Days, in the shop's time zone, of the first and the last order of a known customer."""

    first: dt.date
    last: dt.date

    @property
    def day_after(self) -> dt.date:
        """The first day that looks back on every order."""
        return self.last + dt.timedelta(days=1)


def find_order_days(store: FeatureStore, version: int) -> OrderDays | None:
    """The days at that version of the orders; None where no order has a known customer."""

    def build() -> pl.LazyFrame:
        return store.orders(version).select(
            pl.col("ordered_at").min().alias("first"), pl.col("ordered_at").max().alias("last")
        )

    # every page asks for it: two moments are read faster than all orders
    moments = store.kept(f"days-{store.version_key(version)}", build)
    first, last = moments.collect().row(0)
    if first is None:
        return None
    zone = ZoneInfo(store.timezone)
    return OrderDays(first=first.astimezone(zone).date(), last=last.astimezone(zone).date())
