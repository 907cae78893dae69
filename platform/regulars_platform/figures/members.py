"""Members and others: tiers and their shares, buying again within 30 days, shares of sales.

A member is a customer in one of the shop's tiers; where nobody is in any, one who follows the shop.
Members chose themselves: their figures beside others' are a comparison, never an effect.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import polars as pl

from regulars_experiments.effects import as_summary, newcombe
from regulars_experiments.results import Estimate
from regulars_platform.customers.runs import Array
from regulars_platform.figures.cohorts import share_range
from regulars_platform.figures.periods import Period, days_until
from regulars_platform.figures.visits import Source

MONTH, TEN = 30, 10
WINDOWS = 6
_ONE = dt.timedelta(days=1)

Way = Literal["tier", "follows"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TierShare:
    """Customers of one tier; None: in none. buyers, amount: of the last 30 days."""

    tier: str | None
    customers: int
    buyers: int
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """Of `customers` who bought in the 30 days before the last 30, `again` bought in those."""

    customers: int
    again: int

    @property
    def rate(self) -> float | None:
        """again / customers."""
        return self.again / self.customers if self.customers else None

    @property
    def limits(self) -> tuple[float, float] | None:
        """95% limits (Wilson 1927)."""
        return share_range(self.again, self.customers) if self.customers else None


@dataclass(frozen=True, kw_only=True, slots=True)
class TenDays:
    """Amounts (ten-thousandths) of ten days, by who was a member on the first morning of them."""

    period: Period
    members: int
    everybody: int

    @property
    def share(self) -> Fraction | None:
        """The members' of what known customers paid."""
        return Fraction(self.members, self.everybody) if self.everybody else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """way: what makes a member. tiers: on the morning after the last day; sales: ten days each."""

    way: Way
    tiers: tuple[TierShare, ...]
    members: Again
    others: Again
    sales: tuple[TenDays, ...]

    @property
    def difference(self) -> Estimate | None:
        """Members' rate less the others', 95% limits (Newcombe 1998); None without both."""
        if not (self.members.customers and self.others.customers):
            return None
        one, other = (_summary(found) for found in (self.members, self.others))
        found = newcombe(other, one, 0.95).answer(0)
        return found if isinstance(found, Estimate) else None


def members_until(source: Source, last: dt.date) -> Members | None:
    """Until the end of `last`; None where the shop has neither tiers nor anybody who follows it."""
    key = f"{last}-{source.files_key}"
    way = _way(source, last)
    if way is None:
        return None
    tiers = source.kept("tiers", key, lambda: _tiers(source, last))
    sales = source.kept("members", key, lambda: _sales(source, last, way))
    again = source.kept("again", key, lambda: _again(source, last, way)).rows()
    return Members(
        way=way,
        tiers=tuple(TierShare(**row) for row in tiers.iter_rows(named=True)),
        members=Again(customers=again[0][0], again=again[0][1]),
        others=Again(customers=again[1][0], again=again[1][1]),
        sales=tuple(
            TenDays(period=Period(first=row[0], last=row[1]), members=row[2], everybody=row[3])
            for row in sales.iter_rows()
        ),
    )


def _way(source: Source, last: dt.date) -> Way | None:
    frame = source.store.features(last + _ONE, source.version)
    known = frame.select(
        pl.col("tier").is_not_null().any(), pl.col("follows").fill_null(False).any()
    ).collect()
    has_tiers, has_followers = known.row(0)
    return "tier" if has_tiers else "follows" if has_followers else None


def _tiers(source: Source, last: dt.date) -> pl.DataFrame:
    frame = source.store.features(last + _ONE, source.version)
    known = frame.select("customer_id", "tier", "follows").collect()
    month = source.visits.within(days_until(last, MONTH))
    bought = pl.DataFrame({"code": month.code, "amount": month.amount}).group_by("code").sum()
    spent = bought.select(source.customers.gather(bought["code"]).alias("customer_id"), "amount")
    return (
        known.join(spent, on="customer_id", how="left")
        .group_by("tier")
        .agg(
            pl.len().cast(pl.Int64).alias("customers"),
            pl.col("amount").count().cast(pl.Int64).alias("buyers"),
            pl.col("amount").sum(),
        )
        .sort(["customers", "tier"], descending=[True, False])
    )


def _again(source: Source, last: dt.date, way: Way) -> pl.DataFrame:
    """Members first, then others; membership as of the first morning of the last 30 days."""
    month = days_until(last, MONTH)
    before = days_until(month.first - _ONE, MONTH)
    bought, again = (np.zeros(source.visits.size, dtype=np.bool_) for _ in range(2))
    bought[source.visits.within(before).code] = True
    again[source.visits.within(month).code] = True
    members = _members(source, month.first, way)
    rows = [
        (int(np.count_nonzero(bought & who)), int(np.count_nonzero(bought & who & again)))
        for who in (members, ~members)
    ]
    return pl.DataFrame(rows, schema={"customers": pl.Int64, "again": pl.Int64}, orient="row")


def _sales(source: Source, last: dt.date, way: Way) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    for period in _windows(source, last):
        members = _members(source, period.first, way)
        found = source.visits.within(period)
        theirs = int(found.amount[members[found.code]].sum())
        rows.append((period.first, period.last, theirs, int(found.amount.sum())))
    schema: dict[str, Any] = {"first": pl.Date, "last": pl.Date, "members": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, "everybody": pl.Int64}, orient="row")


def _windows(source: Source, last: dt.date) -> Sequence[Period]:
    """Ten days each, the oldest first, as far back as orders reach."""
    found = [days_until(last - dt.timedelta(days=TEN * back), TEN) for back in range(WINDOWS)]
    return [one for one in reversed(found) if source.days and one.first >= source.days.first]


def _members(source: Source, day: dt.date, way: Way) -> Array:
    frame = source.store.features(day, source.version)
    held = pl.col("tier").is_not_null() if way == "tier" else pl.col("follows").fill_null(False)
    return source.flags(frame.filter(held).select("customer_id").collect()["customer_id"])


def _summary(found: Again) -> Any:
    n, mean = found.customers, found.again / found.customers
    return as_summary([n], mean, mean * (1 - mean) * n / (n - 1) if n > 1 else np.nan)
