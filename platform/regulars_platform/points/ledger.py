"""The ledger of points: balances, months that add up, how old the points are, and what they cost.

The balance of the file that names one (`points_told`) counts for customers of whom no movement is
known, as it does in the features of customers.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_experiments.clustered_means import clustered_mean
from regulars_experiments.results import Answer, Estimate
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.points.movements import LINES, PointsData, all_movements
from regulars_platform.points.rules import PointsRules, read_points_rules

AGES = (90, 180, 365)
"""Points are told apart by how many days ago they were earned, up to these, and longer."""

A_YEAR = 365


@dataclass(frozen=True, slots=True)
class _Shop:
    """Whatever has a practice, from the practice alone."""

    practice: Mapping[str, Any] | None


def balances(
    shop_dir: Path,
    practice: Mapping[str, Any] | None,
    as_of: dt.date,
    *,
    timezone: str,
    orders: pl.LazyFrame | None,
    version: int | None,
) -> pl.LazyFrame:
    """customer_id, points_balance at the start of the day `as_of`; who never had points is left
    out. orders: whole orders of known customers; version: of the points files."""
    data = PointsData(shop_dir=shop_dir, timezone=timezone, version=version, orders=orders)
    moved = all_movements(data, read_points_rules(_Shop(practice)), as_of)
    return moved.group_by("customer_id").agg(pl.col("points").sum().alias("points_balance"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """One month of the ledger: opening + what is on its lines = closing, in points."""

    first_day: dt.date
    opening: int
    lines: dict[str, int]
    closing: int


def months_of(moved: pl.LazyFrame) -> list[Month]:
    """movements -> every month from the first that has one to the last, oldest first."""
    sums = (
        moved.group_by(pl.col("day").dt.month_start().alias("month"), "line")
        .agg(pl.col("points").sum())
        .collect(engine="streaming")
    )
    if sums.is_empty():
        return []
    found: dict[dt.date, dict[str, int]] = {}
    for month, line, points in sums.rows():
        found.setdefault(month, {})[line] = points
    months, opening, month = [], 0, min(found)
    while month <= max(found):
        lines = {line: found.get(month, {}).get(line, 0) for line in LINES}
        closing = opening + sum(lines.values())
        months.append(Month(first_day=month, opening=opening, lines=lines, closing=closing))
        opening, month = closing, (month + dt.timedelta(days=31)).replace(day=1)
    return months


@dataclass(frozen=True, kw_only=True, slots=True)
class Age:
    """Points left that were earned from `after` + 1 to `until` days ago (None: longer ago)."""

    after: int
    until: int | None
    points: int
    lapsing_30: int


def ages_of(moved: pl.LazyFrame, rules: PointsRules, as_of: dt.date) -> list[Age]:
    """How old the points are that are left, the oldest being spent first; lapsing_30: of those,
    what lapses within 30 days by the shop's rule."""
    sizes = (
        moved.group_by("customer_id", "day")
        .agg(pl.col("lot").sum(), pl.col("used").sum())
        .sort("customer_id", "day")
        .with_columns(
            pl.col("lot").cum_sum().over("customer_id").alias("earned"),
            pl.col("used").sum().over("customer_id").alias("gone"),
        )
    )
    left = pl.min_horizontal("lot", (pl.col("earned") - pl.col("gone")).clip(lower_bound=0))
    age = (pl.lit(as_of) - pl.col("day")).dt.total_days()
    # with 30 days more, the last of its days has come; without an end, none ever does
    soon = pl.lit(False) if rules.valid_days is None else age + 30 > rules.valid_days
    lots = sizes.select(left.alias("left"), age.alias("age"), soon.alias("soon")).filter(
        pl.col("left") > 0
    )
    ends = [0, *AGES]
    rows = lots.select(
        *(
            pl.col("left").filter(_between(after, until)).sum().alias(f"all-{after}")
            for after, until in _pairs(ends)
        ),
        *(
            pl.col("left")
            .filter(_between(after, until) & pl.col("soon"))
            .sum()
            .alias(f"soon-{after}")
            for after, until in _pairs(ends)
        ),
    ).collect(engine="streaming")
    found = rows.row(0, named=True)
    return [
        Age(
            after=after,
            until=until,
            points=found[f"all-{after}"] or 0,
            lapsing_30=found[f"soon-{after}"] or 0,
        )
        for after, until in _pairs(ends)
    ]


def _pairs(ends: list[int]) -> list[tuple[int, int | None]]:
    return list(zip(ends, [*ends[1:], None], strict=True))


def _between(after: int, until: int | None) -> pl.Expr:
    longer = pl.col("age") > after
    return longer if until is None else longer & (pl.col("age") <= until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Redeemed:
    """The share of points that is ever spent. low, high: 0 to 1.

    way: "own" (the shop's own guess), "lapsed" (points whose time is over: the part that did not
    lapse), "so far" (points never lapse: at least what was spent of those over a year old), or
    "unknown" (0 to 1). expected: the middle to reckon with, None where nothing says one. of: points
    that it was measured on.
    """

    way: str
    low: float
    high: float
    expected: float | None
    of: int = 0


def share_redeemed(
    moved: pl.LazyFrame, rules: PointsRules, as_of: dt.date, *, files_tell_expiry: bool
) -> Redeemed:
    """With a 95% interval over customers, who spend each in their own way (`clustered_mean`)."""
    if rules.redeemed is not None:
        low, high = (end / 10_000 for end in rules.redeemed)
        return Redeemed(way="own", low=low, high=high, expected=(low + high) / 2)
    lapse = rules.valid_days is not None or files_tell_expiry
    valid = rules.valid_days or A_YEAR
    over = pl.col("day").dt.offset_by(f"{valid}d") < as_of
    lapsed = pl.col("line") == "lapsed"
    by_customer = (
        moved.group_by("customer_id")
        .agg(
            pl.col("lot").filter(over).sum().alias("old"),
            pl.col("used").filter(lapsed).sum().alias("lapsed"),
            pl.col("used").filter(~lapsed).sum().alias("spent"),
        )
        .filter(pl.col("old") > 0)
        .collect(engine="streaming")
    )
    spent = pl.col("old") - pl.col("lapsed") if lapse else pl.min_horizontal("spent", "old")
    sums = by_customer.select(spent.clip(lower_bound=0).alias("spent"), "old")
    answer: Answer = clustered_mean(
        sums["spent"].cast(pl.Float64).to_numpy(), sums["old"].cast(pl.Float64).to_numpy()
    )
    if not isinstance(answer, Estimate):
        return Redeemed(way="unknown", low=0.0, high=1.0, expected=None)
    low, high = max(answer.low, 0.0), min(answer.high, 1.0)
    of = int(sums["old"].sum())
    if lapse:
        return Redeemed(way="lapsed", low=low, high=high, expected=answer.estimate, of=of)
    return Redeemed(way="so far", low=low, high=1.0, expected=None, of=of)


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """What is outstanding. points: of all balances above zero; told: of those, what only a
    customers file says; below: customers whose balance is below zero.

    Money in ten-thousandths: full: if all were spent; low, high and expected: by the share spent.
    """

    customers: int
    points: int
    told: int
    below: int
    full: int
    low: int
    high: int
    expected: int | None


def standing(ledger: pl.LazyFrame, told: pl.LazyFrame) -> pl.LazyFrame:
    """customer_id, points_balance (ledger, else told), balance (None without movements), told."""
    return (
        ledger.rename({"points_balance": "balance"})
        .join(told, on="customer_id", how="full", coalesce=True)
        .with_columns(pl.coalesce("balance", "told").alias("points_balance"))
    )


def told_balances(shop_dir: Path) -> pl.LazyFrame:
    """customer_id and the balance that the customers file names (told), where it does."""
    people = DatasetTable(shop_dir, "customers").scan()
    return people.filter(pl.col("points_told").is_not_null()).select(
        "customer_id", pl.col("points_told").alias("told")
    )


def owed_of(stand: pl.LazyFrame, rules: PointsRules, share: Redeemed) -> Owed:
    """What the balances come to. stand: see `standing`."""
    balance = pl.col("points_balance")
    found = (
        stand.select(
            (balance > 0).sum().alias("customers"),
            balance.clip(lower_bound=0).sum().alias("points"),
            balance.filter(pl.col("balance").is_null()).clip(lower_bound=0).sum().alias("told"),
            (balance < 0).sum().alias("below"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    full = found["points"] * rules.value
    return Owed(
        **found,
        full=full,
        low=round(full * share.low),
        high=round(full * share.high),
        expected=None if share.expected is None else round(full * share.expected),
    )


def differences(stand: pl.LazyFrame) -> pl.DataFrame:
    """Customers whose told balance is not that of the ledger: customer_id, balance, told,
    difference (told - ledger), the largest first. Who has no movements has a ledger of 0; where
    the shop has none at all there is no ledger to differ from."""
    frame = stand.collect(engine="streaming")
    if frame["balance"].count() == 0:
        frame = frame.clear()
    return (
        frame.filter(pl.col("told").is_not_null())
        .with_columns(pl.col("balance").fill_null(0))
        .with_columns((pl.col("told") - pl.col("balance")).alias("difference"))
        .filter(pl.col("difference") != 0)
        .sort(pl.col("difference").abs(), "customer_id", descending=[True, False])
        .select("customer_id", "balance", "told", "difference")
    )
