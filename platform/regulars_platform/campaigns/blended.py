"""The margin that a shop's goods earned in all, where costs per product are known.

A forecast knows how much is bought, not what: it counts at the margin that a year's goods earned on
average, those of unknown cost at the draft's flat margin.
"""

import datetime as dt
from dataclasses import dataclass, replace
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
    flat_margin,
    order_margins,
    product_costs,
    unknown_amounts,
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


def _average(
    shop_dir: Path, orders: int, products: int | None, until: dt.datetime, flat: int
) -> int:
    """Basis points, from nothing to all of the price."""
    sold = _sold(shop_dir, orders, products, until)
    if not sold.goods:
        return flat
    rest = sold.unknown.select((flat_margin(pl.col("amount"), flat) * pl.col("lines")).sum())
    margin = sold.known_margin + int(rest.item())
    return min(WHOLE, max(0, margin * WHOLE // sold.goods))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sold:
    """Goods of a year, in ten-thousandths: all of them, what those of known cost earned, and how
    many lines of unknown cost had which amount (each is rounded by itself)."""

    goods: int
    known_margin: int
    unknown: pl.DataFrame


@lru_cache(maxsize=8)
def _sold(shop_dir: Path, orders: int, products: int | None, until: dt.datetime) -> _Sold:
    # whatever margin is typed for the rest, a year's lines are read once
    lines = _year(shop_dir, orders, until).filter(
        (pl.col("status") == PAID) & (pl.col("amount") > 0)
    )
    costs = product_costs(shop_dir, products)
    margins = order_margins(lines, costs, 0).select(pl.col("margin").sum())
    return _Sold(
        goods=lines.select(pl.col("amount").sum()).collect(engine="streaming").item(),
        known_margin=margins.collect(engine="streaming").item(),
        unknown=unknown_amounts(lines, costs).collect(engine="streaming"),
    )


def _year(shop_dir: Path, orders: int, until: dt.datetime) -> pl.LazyFrame:
    moment = pl.col("ordered_at")
    start = until - dt.timedelta(days=DAYS)
    return OrdersTable(shop_dir).scan(orders).filter((moment >= start) & (moment < until))
