"""What other rules of points would give and take at once, told before they are kept."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.points.movements import PointsData, all_movements
from regulars_platform.points.overview import PointsShop, points_data
from regulars_platform.points.rules import PointsRules, read_points_rules


@dataclass(frozen=True, kw_only=True, slots=True)
class AtOnce:
    """By orders and days that are past. given: points to `gain` customers; taken: from `lose`."""

    given: int
    gain: int
    taken: int
    lose: int

    @property
    def is_nothing(self) -> bool:
        """Nobody's balance changes."""
        return not self.gain and not self.lose


def at_once(
    shop: PointsShop, orders_version: int | None, rules: PointsRules, as_of: dt.date
) -> AtOnce:
    """How balances at the start of the day `as_of` differ with `rules` from those of now."""
    data = points_data(shop, orders_version)
    now = _balances(data, read_points_rules(shop), as_of)
    then = _balances(data, rules, as_of)
    change = (pl.col("then").fill_null(0) - pl.col("now").fill_null(0)).alias("change")
    found = (
        now.rename({"points": "now"})
        .join(then.rename({"points": "then"}), on="customer_id", how="full", coalesce=True)
        .select(change)
        .select(
            pl.col("change").clip(lower_bound=0).sum().alias("given"),
            (pl.col("change") > 0).sum().alias("gain"),
            (-pl.col("change")).clip(lower_bound=0).sum().alias("taken"),
            (pl.col("change") < 0).sum().alias("lose"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    return AtOnce(**{name: int(value or 0) for name, value in found.items()})


def _balances(data: PointsData, rules: PointsRules, as_of: dt.date) -> pl.LazyFrame:
    moved = all_movements(data, rules, as_of)
    return moved.group_by("customer_id").agg(pl.col("points").sum())
