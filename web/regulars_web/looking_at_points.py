"""The points that pages and programs look at: of the current shop, as of one day."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.points.changing import AtOnce, at_once
from regulars_platform.points.overview import PointsOverview, look_at_points, points_data
from regulars_platform.points.rules import PointsRules
from regulars_web.edge import current_shop, settings, today


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsPlace:
    """The shop's points and orders, the version of these, and the day as of which to look.

    That is the day after the last order or movement, whichever is later; what files put into the
    future has not happened yet.
    """

    store: FeatureStore
    version: int | None
    as_of: dt.date

    def look(self) -> PointsOverview:
        """Everything by the rules that are kept."""
        return look_at_points(self.store, self.version, self.as_of)

    def at_once(self, rules: PointsRules) -> AtOnce:
        """What other rules would give and take at once."""
        return at_once(self.store, self.version, rules, self.as_of)


def find_points() -> PointsPlace:
    """Of the current shop."""
    store = build_feature_store(settings(), current_shop())
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    version = version if days is not None else None
    filed = points_data(store, version).filed().filter(pl.col("day") <= today())
    moved = filed.select(pl.col("day").max()).collect().item()
    ends = [day for day in (moved, None if days is None else days.last) if day is not None]
    as_of = max(ends) + dt.timedelta(days=1) if ends else today()
    return PointsPlace(store=store, version=version, as_of=as_of)
