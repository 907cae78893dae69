"""Everything that the page of points shows, worked out at once."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.points.ledger import (
    Age,
    Month,
    Owed,
    Redeemed,
    ages_of,
    differences,
    months_of,
    owed_of,
    share_redeemed,
    standing,
    told_balances,
)
from regulars_platform.points.movements import PointsData, all_movements
from regulars_platform.points.rules import PointsRules, read_points_rules
from regulars_platform.shops.practice import HasPractice


class PointsShop(HasPractice, Protocol):
    """Where a shop's files and orders are, and its own settings (see `customers.store`)."""

    shop_dir: Path
    timezone: str

    def orders(self, version: int) -> pl.LazyFrame:
        """Whole orders of known customers at that version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsOverview:
    """As of the start of the day `as_of`. differs: see `differences`; compared: customers whose
    balance a file names. twice: movements of orders that name no order, while orders earn by rule,
    too. files_tell_expiry: what lapses is in the files, so no rule counts."""

    as_of: dt.date
    rules: PointsRules
    months: list[Month]
    ages: list[Age]
    share: Redeemed
    owed: Owed
    differs: pl.DataFrame
    compared: int
    twice: int
    files_tell_expiry: bool

    @property
    def is_empty(self) -> bool:
        """Nobody ever had points."""
        return not self.months and self.compared == 0


def points_data(shop: PointsShop, orders_version: int | None) -> PointsData:
    """The shop's points files as they are now, and its orders at that version."""
    return PointsData(
        shop_dir=shop.shop_dir,
        timezone=shop.timezone,
        version=DatasetTable(shop.shop_dir, "points").version(),
        orders=None if orders_version is None else shop.orders(orders_version),
    )


def look_at_points(shop: PointsShop, orders_version: int | None, as_of: dt.date) -> PointsOverview:
    """The whole page's figures."""
    data, rules = points_data(shop, orders_version), read_points_rules(shop)
    expiry = data.files_tell_expiry()
    # looked at from five sides: worked out once
    moved = all_movements(data, rules, as_of).collect(engine="streaming").lazy()
    ledger = moved.group_by("customer_id").agg(pl.col("points").sum().alias("points_balance"))
    told = told_balances(shop.shop_dir)
    stand = standing(ledger, told).collect().lazy()
    share = share_redeemed(moved, rules, as_of, files_tell_expiry=expiry)
    return PointsOverview(
        as_of=as_of,
        rules=rules,
        months=months_of(moved),
        ages=ages_of(moved, rules, as_of),
        share=share,
        owed=owed_of(stand, rules, share),
        differs=differences(stand),
        compared=stand.filter(pl.col("told").is_not_null()).select(pl.len()).collect().item(),
        twice=_counted_twice(data, rules),
        files_tell_expiry=expiry,
    )


def _counted_twice(data: PointsData, rules: PointsRules) -> int:
    if rules.per_unit == 0:
        return 0
    unnamed = (pl.col("reason") == "order") & pl.col("order_id").is_null() & (pl.col("points") > 0)
    recent = pl.lit(True) if rules.since is None else pl.col("day") >= rules.since
    return int(data.filed().filter(unnamed & recent).select(pl.len()).collect().item())
