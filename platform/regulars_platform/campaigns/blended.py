"""The margin that a shop's goods earned in all, where costs per product are known.

A forecast knows how much is bought, not what: it counts at the margin that a year's goods earned on
average, those of unknown cost at the draft's flat margin.
"""

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import polars as pl

from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.fields import WHOLE
from regulars_platform.offers.goods_costs import (
    CostCoverage,
    cost_coverage,
    order_margins,
    product_costs,
)
from regulars_platform.orders.table import PAID, OrdersTable

DAYS = 365


def at_average_margin(draft: Draft, store: FeatureStore, version: int) -> Draft:
    """A draft that goes by costs per product, with the average margin of the year before instead.

    Others, and drafts without a margin or a day, as they are.
    """
    if draft.margin_source != "products" or draft.margin_low is None or draft.as_of is None:
        return draft
    products = DatasetTable(store.table.path.parent, "products").version()
    average = _average(
        store.table.path.parent, version, products, store.moment(draft.as_of), draft.margin_low
    )
    return replace(draft, margin_low=average, margin_high=average)


def average_margin(store: FeatureStore, version: int, day: dt.date, flat: int) -> int:
    """What goods earned on average in the year before a day, in basis points: by their costs as far
    as the shop brought any, the rest at `flat`."""
    shop_dir = store.table.path.parent
    products = DatasetTable(shop_dir, "products").version()
    if products is None:
        return flat
    return _average(shop_dir, version, products, store.moment(day), flat)


def year_coverage(shop_dir: Path, until: dt.datetime) -> CostCoverage | None:
    """How much of the goods sold in the year before a moment has a known cost; None: no costs."""
    products = DatasetTable(shop_dir, "products").version()
    orders = OrdersTable(shop_dir).version()
    if products is None or orders is None:
        return None
    return _coverage(shop_dir, orders, products, until)


@lru_cache(maxsize=32)
def _coverage(shop_dir: Path, orders: int, products: int, until: dt.datetime) -> CostCoverage:
    return cost_coverage(_year(shop_dir, orders, until), product_costs(shop_dir, products))


@lru_cache(maxsize=32)
def _average(
    shop_dir: Path, orders: int, products: int | None, until: dt.datetime, flat: int
) -> int:
    """Basis points, from nothing to all of the price."""
    lines = _year(shop_dir, orders, until).filter(pl.col("status") == PAID)
    sold = lines.filter(pl.col("amount") > 0)
    margins = order_margins(sold, product_costs(shop_dir, products), flat)
    margin = margins.select(pl.col("margin").sum()).collect(engine="streaming").item()
    goods = sold.select(pl.col("amount").sum()).collect(engine="streaming").item()
    return min(WHOLE, max(0, margin * WHOLE // goods)) if goods else flat


def _year(shop_dir: Path, orders: int, until: dt.datetime) -> pl.LazyFrame:
    moment = pl.col("ordered_at")
    start = until - dt.timedelta(days=DAYS)
    return OrdersTable(shop_dir).scan(orders).filter((moment >= start) & (moment < until))
