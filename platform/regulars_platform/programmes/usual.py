"""The usual plan of a kind, by what the shop knows of its costs and its channels."""

import datetime as dt
from pathlib import Path
from typing import Any

from regulars_platform.campaigns.blended import year_coverage
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.goods_costs import CostCoverage
from regulars_platform.orders.table import start_of_day
from regulars_platform.programmes.service import usual_draft
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import contact_price
from regulars_platform.shops.models import ShopProfile


def costs_known(settings: Settings, shop: ShopProfile) -> CostCoverage | None:
    """How far costs per product reach over the last year's sales; None: there are none."""
    store = build_feature_store(settings, shop)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if days is None:
        return None
    until = start_of_day(days.last + dt.timedelta(days=1), shop.zone)
    return year_coverage(store.shop_dir, until)


def usual_plan(
    settings: Settings, shop: ShopProfile, kind: str, *, name: str, words: str
) -> dict[str, Any]:
    """The usual draft of a kind in the shop's own words; by costs per product where these are known
    of anything that was sold in the last year, and by what the shop says a message costs."""
    costs = costs_known(settings, shop)
    by_product = costs is not None and bool(costs.share)
    draft = usual_draft(kind, name=name, words=words, by_product=by_product)
    price = contact_price(shop, draft["channel"])
    return draft | ({"contact_cost": price} if price else {})


def products_version(shop_dir: Path) -> int | None:
    """Of the file of products as it is now."""
    return DatasetTable(shop_dir, "products").version()
