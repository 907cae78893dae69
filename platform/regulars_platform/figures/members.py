"""Members and others: tiers and their shares, buying again within 30 days, shares of sales.

Who is a member says the shop (`tiers/membership.py`), here as on the page of tiers. Members chose
themselves: their figures beside others' are a comparison, never an effect.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.effects import as_summary, newcombe
from regulars_experiments.results import Estimate
from regulars_platform.customers.runs import Array
from regulars_platform.figures.cohorts import share_range
from regulars_platform.figures.periods import Period, days_until
from regulars_platform.figures.visits import Source
from regulars_platform.tiers.membership import Membership, members_on

MONTH, TEN = 30, 10
WINDOWS = 6
_ONE = dt.timedelta(days=1)


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
    """membership: what makes a member; tiers: on the morning after the last day; sales: ten days
    each."""

    membership: Membership
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


def members_until(source: Source, last: dt.date, ways: Sequence[Membership]) -> Members | None:
    """Until the end of `last`; None where nobody is a member by any of the ways, tried in turn."""
    membership = next((one for one in ways if _counts(source, last + _ONE, one)), None)
    if membership is None:
        return None
    key = f"{last}-{source.files_key}"
    by = f"{key}-{membership.way}"
    tiers = source.kept("tiers", key, lambda: _tiers(source, last))
    sales = source.kept("members", by, lambda: _sales(source, last, membership))
    again = source.kept("again", by, lambda: _again(source, last, membership)).rows()
    return Members(
        membership=membership,
        tiers=tuple(TierShare(**row) for row in tiers.iter_rows(named=True)),
        members=Again(customers=again[0][0], again=again[0][1]),
        others=Again(customers=again[1][0], again=again[1][1]),
        sales=tuple(
            TenDays(period=Period(first=row[0], last=row[1]), members=row[2], everybody=row[3])
            for row in sales.iter_rows()
        ),
    )


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


def _again(source: Source, last: dt.date, membership: Membership) -> pl.DataFrame:
    """Members first, then others; membership as of the first morning of the last 30 days."""
    month = days_until(last, MONTH)
    before = days_until(month.first - _ONE, MONTH)
    bought, again = (np.zeros(source.visits.size, dtype=np.bool_) for _ in range(2))
    bought[source.visits.within(before).code] = True
    again[source.visits.within(month).code] = True
    members = _members(source, month.first, membership)
    rows = [
        (int(np.count_nonzero(bought & who)), int(np.count_nonzero(bought & who & again)))
        for who in (members, ~members)
    ]
    return pl.DataFrame(rows, schema={"customers": pl.Int64, "again": pl.Int64}, orient="row")


def _sales(source: Source, last: dt.date, membership: Membership) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    for period in _windows(source, last):
        members = _members(source, period.first, membership)
        found = source.visits.within(period)
        theirs = int(found.amount[members[found.code]].sum())
        rows.append((period.first, period.last, theirs, int(found.amount.sum())))
    schema: dict[str, Any] = {"first": pl.Date, "last": pl.Date, "members": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, "everybody": pl.Int64}, orient="row")


def _windows(source: Source, last: dt.date) -> Sequence[Period]:
    """Ten days each, the oldest first, as far back as orders reach."""
    found = [days_until(last - dt.timedelta(days=TEN * back), TEN) for back in range(WINDOWS)]
    return [one for one in reversed(found) if source.days and one.first >= source.days.first]


def _members(source: Source, day: dt.date, membership: Membership) -> Array:
    return source.flags(_held(source, day, membership))


def _counts(source: Source, day: dt.date, membership: Membership) -> bool:
    """Rules of tiers count whoever reached one by them; other ways need somebody to speak of."""
    return membership.way == "tier" or not _held(source, day, membership).is_empty()


def _held(source: Source, day: dt.date, membership: Membership) -> pl.Series:
    """Ids of the members on the morning of the day."""
    found = members_on(membership, source.store, source.version, day)
    return found.collect(engine="streaming")["customer_id"]


def _summary(found: Again) -> Any:
    n, mean = found.customers, found.again / found.customers
    return as_summary([n], mean, mean * (1 - mean) * n / (n - 1) if n > 1 else np.nan)
