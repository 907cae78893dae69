"""How many customers each tier had at the end of each month, and what they did afterwards."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.effects import normal_quantile, wilson
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.points.rules import POINTS
from regulars_platform.shops.practice import read_section
from regulars_platform.tiers.ladder import tiers_json
from regulars_platform.tiers.standing import Looked, after, month_starts, numbered, standing

MOST_MONTHS = 13
WINDOW = 30
"""Days in which a customer may come back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share with its 95% interval (Wilson 1927), 0 to 1."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthEnd:
    """day: the morning that looks back on the month; counts: tier (None: in none) -> buyers."""

    day: dt.date
    counts: dict[str | None, int]

    @property
    def total(self) -> int:
        """Everybody who had bought by then."""
        return sum(self.counts.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class TierResult:
    """A tier as it stood WINDOW days ago, and what its customers did since.

    tier: None for who was in none. sales: net of refunds, ten-thousandths; sales_share: of all
    sales to customers who had bought before (None where there were none); again: bought again,
    None where nobody was in the tier.
    """

    tier: str | None
    customers: int
    buyers: int
    sales: int
    sales_share: float | None
    again: Share | None


def share_of(part: int, whole: int) -> Share | None:
    """part / whole with its interval; None of nobody."""
    if whole == 0:
        return None
    z = normal_quantile(0.95)
    low, high = wilson(np.array([float(part)]), np.array([float(whole)]), z)
    return Share(estimate=part / whole, low=float(low[0]), high=float(high[0]))


def over_time(looked: Looked, first: dt.date, as_of: dt.date) -> list[MonthEnd]:
    """By the shop's rules of today, from the orders as of each month's end; oldest first.

    first: day of the first order. Worked out once for one version of everything.
    """
    days = month_starts(first, as_of, MOST_MONTHS)
    if not days or not looked.tiers:
        return []

    def build() -> pl.LazyFrame:
        paid = numbered(looked)
        parts = [
            standing(looked, day, paid)
            .group_by("tier")
            .agg(pl.len().cast(pl.Int64).alias("customers"))
            .with_columns(pl.lit(day).alias("day"))
            .collect(engine="streaming")
            for day in days
        ]
        return pl.concat(parts).lazy()

    rows = looked.store.kept(f"tiershares-{_key(looked, days)}", build).collect()
    found = []
    for day in days:
        own = rows.filter(pl.col("day") == day)
        counts = dict(zip(own["tier"], own["customers"], strict=True))
        names = [*looked.names, *([None] if None in counts else [])]
        found.append(MonthEnd(day=day, counts={name: counts.get(name, 0) for name in names}))
    return found


def results(looked: Looked, as_of: dt.date) -> list[TierResult]:
    """Of the tiers as they stood WINDOW days before the day, lowest first, then who was in none.

    The tier comes from before and the purchases from after: else those who bought much would make
    their tier look as if it had made them buy.
    """
    start = as_of - dt.timedelta(days=WINDOW)
    sums = (
        after(looked, start, WINDOW)
        .group_by("tier")
        .agg(pl.len(), pl.col("bought").sum().alias("buyers"), pl.col("sales").sum())
        .collect(engine="streaming")
    )
    by_tier = {tier: (int(n), int(b), int(s)) for tier, n, b, s in sums.rows()}
    total = sum(sales for _, _, sales in by_tier.values())
    names: list[str | None] = [*looked.names, *([None] if None in by_tier else [])]
    found = []
    for name in names:
        customers, buyers, sales = by_tier.get(name, (0, 0, 0))
        found.append(
            TierResult(
                tier=name,
                customers=customers,
                buyers=buyers,
                sales=sales,
                sales_share=sales / total if total > 0 else None,
                again=share_of(buyers, customers),
            )
        )
    return found


def _key(looked: Looked, days: list[dt.date]) -> str:
    store = looked.store
    points = [read_section(store, POINTS)] + [
        DatasetTable(store.shop_dir, kind).version() for kind in ("points", "customers")
    ]
    asked = [tiers_json(looked.tiers), points, [day.isoformat() for day in days]]
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    return f"{store.version_key(looked.version)}-{digest}"
