"""New, active, spread and churn of a period: the life of the shop's customer base."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars_platform.customers.from_orders import median_gaps
from regulars_platform.customers.histories import Before
from regulars_platform.customers.rhythm import STAGES, Rhythm, read_rhythm, stages
from regulars_platform.customers.runs import Array, Floats
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.figures.periods import EPOCH, Period, days_until
from regulars_platform.figures.visits import Cut, Source

MONTH_DAYS = 30
_LOST = "lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """One period.

    new: new buyers; active_days: buyers of each day added up; active_month: different buyers of the
    30 days up to its end; old: customers who had bought before it; brought: customers whom somebody
    brought in it, None without any record of it; alive: who was not lost on its first morning, or
    bought in it; lost: those of them who were lost on the morning after it.
    """

    days: int
    new: int
    active_days: int
    active_month: int
    old: int
    brought: int | None
    alive: int
    lost: int

    @property
    def new_per_day(self) -> Fraction:
        """Speed: new buyers a day."""
        return Fraction(self.new, self.days)

    @property
    def active_per_day(self) -> Fraction:
        """Buyers a day, on average."""
        return Fraction(self.active_days, self.days)

    @property
    def spread(self) -> Fraction | None:
        """Customers brought per old one."""
        if self.brought is None or not self.old:
            return None
        return Fraction(self.brought, self.old)

    @property
    def churn(self) -> Fraction | None:
        """Lost / active."""
        return Fraction(self.lost, self.alive) if self.alive else None


def life_of(source: Source, period: Period, cut: Cut | None = None) -> Life | None:
    """The figures of a period; None where it begins before the orders do."""
    if source.days is None or period.first < source.days.first:
        return None
    asked = "all" if cut is None else cut.key
    key = f"{period.first}-{period.last}-{asked}-{source.files_key}"

    def build() -> pl.DataFrame:
        found = _work_out(source, period, cut)
        return pl.DataFrame([found], schema=dict.fromkeys(found, pl.Int64))

    return Life(**source.kept("life", key, build).row(0, named=True))


def _work_out(source: Source, period: Period, cut: Cut | None) -> dict[str, int | None]:
    members = None if cut is None else source.members(cut, period.first)
    everybody = np.ones(source.visits.size, dtype=np.bool_) if members is None else members
    found = source.visits.within(period, members)
    bought = np.zeros(source.visits.size, dtype=np.bool_)
    bought[found.code] = True
    rhythm = read_rhythm(source.store)
    folder = source.store.histories(source.version)
    before = _at(folder, period.first, rhythm)
    after = _at(folder, period.last + dt.timedelta(days=1), rhythm)
    alive = everybody & ((before.bought & ~before.lost) | bought)
    month = days_until(period.last, MONTH_DAYS)
    return {
        "days": period.days,
        "new": int(np.count_nonzero(found.day == found.first)),
        "active_days": len(found.day),
        "active_month": source.visits.within(month, members).customers(),
        "old": int(np.count_nonzero(before.bought & everybody)),
        "brought": _brought(source, period, members),
        "alive": int(np.count_nonzero(alive)),
        "lost": int(np.count_nonzero(alive & after.lost)),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """By code, on a morning: who had bought by then, and who was lost."""

    bought: NDArray[np.bool_]
    lost: NDArray[np.bool_]


def _at(folder: Path, day: dt.date, rhythm: Rhythm) -> _Standing:
    """Lost by their own rhythm, as the feature `rhythm` says (docs/customer-features.md)."""
    today = day.toordinal() - EPOCH
    rows = Before(folder, "purchases", today)
    runs = rows.runs
    has = runs.counts() > 0
    last, first = today - runs.last(rows.day), today - runs.first(rows.day)
    own = median_gaps(rows)
    stage = stages(first, _ratio(last, own, has), has, rhythm)
    lost = (stage == STAGES[STAGES.index(_LOST)]).fill_null(False)
    return _Standing(has, lost.to_numpy())


def _ratio(last: Array, own: Floats, has: Array) -> Floats:
    known = own[~np.isnan(own)]
    usual = np.where(np.isnan(own), np.median(known) if len(known) else np.nan, own)
    return np.where(has, last / usual, np.nan)


def _brought(source: Source, period: Period, members: Array | None) -> int | None:
    """Customers who were first brought in the period; members: by whom they have to be brought."""
    table = DatasetTable(source.store.shop_dir, "referrals")
    if not table.exists():
        return None
    told = (
        table.scan()
        .filter(
            pl.col("customer_id").is_not_null()
            & pl.col("referrer_id").is_not_null()
            & (pl.col("customer_id") != pl.col("referrer_id"))
            & pl.col("happened_on").is_not_null()
        )
        .sort("happened_on", "referral_key")
        .unique("customer_id", keep="first", maintain_order=True)
        .filter(pl.col("happened_on").is_between(period.first, period.last))
        .collect()
    )
    if members is None:
        return told.height
    inside = source.customers.filter(pl.Series(members))
    return int(told["referrer_id"].is_in(inside.implode()).sum())
