"""The tier that a customers file names: alone, and beside the one that the shop's rules give."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.datasets.table import DatasetTable

MOST_NAMES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossTable:
    """counts: (told, by the rules; None: in none) -> customers of whom a file names a tier.

    told: the names in files, the commonest first, at most MOST_NAMES; further: how many customers
    are told of another one. agree: customers whose two names are the same.
    """

    told: list[str]
    counts: dict[tuple[str, str | None], int]
    further: int
    total: int
    agree: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldTiers:
    """What files alone say, where the shop has no rules. counts: (tier, customers, of them without
    a purchase), the commonest first, at most MOST_NAMES; further: customers told of another one;
    customers: everybody who is known, told of or not."""

    counts: list[tuple[str, int, int]]
    further: int
    told: int
    customers: int


def told_tiers(features: pl.LazyFrame) -> ToldTiers | None:
    """None where no file names a tier. features: the frame of a shop that has no rules."""
    sums = (
        features.group_by("tier")
        .agg(pl.len(), (pl.col("orders").fill_null(0) == 0).sum().alias("strangers"))
        .sort(["len", "tier"], descending=[True, False])
        .collect(engine="streaming")
    )
    named = sums.filter(pl.col("tier").is_not_null())
    if named.is_empty():
        return None
    return ToldTiers(
        counts=[(tier, int(many), int(strangers)) for tier, many, strangers in named.rows()][
            :MOST_NAMES
        ],
        further=int(named["len"].slice(MOST_NAMES).sum()),
        told=int(named["len"].sum()),
        customers=int(sums["len"].sum()),
    )


def told_beside_rules(shop_dir: Path, features: pl.LazyFrame) -> CrossTable | None:
    """None where no file names a tier. features: the frame of a shop that has rules."""
    people = DatasetTable(shop_dir, "customers").scan()
    told = people.filter(pl.col("tier_told").is_not_null()).select("customer_id", "tier_told")
    both = told.join(features.select("customer_id", "tier"), on="customer_id", how="inner")
    sums = both.group_by("tier_told", "tier").len().collect(engine="streaming")
    if sums.is_empty():
        return None
    by_name = sums.group_by("tier_told").agg(pl.col("len").sum())
    names = by_name.sort(["len", "tier_told"], descending=[True, False])["tier_told"].to_list()
    shown = names[:MOST_NAMES]
    counts = {(told, tier): int(many) for told, tier, many in sums.rows()}
    return CrossTable(
        told=shown,
        counts={pair: many for pair, many in counts.items() if pair[0] in shown},
        further=sum(many for (told, _), many in counts.items() if told not in shown),
        total=sum(counts.values()),
        agree=sum(many for (told, tier), many in counts.items() if told == tier),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldName:
    """A tier that files name. customers: with it; spend: the median of what they spent net of
    refunds, currency units."""

    name: str
    customers: int
    spend: float


def told_names(shop_dir: Path, features: pl.LazyFrame, *, most: int) -> tuple[ToldName, ...]:
    """The names that files tell, those of most customers, at most `most`: from low to high by the
    median spend of their customers (who never bought counts as nothing spent)."""
    people = DatasetTable(shop_dir, "customers").scan()
    told = people.filter(pl.col("tier_told").is_not_null()).select("customer_id", "tier_told")
    known = features.select("customer_id", pl.col("spend").fill_null(0.0))
    rows = (
        told.join(known, on="customer_id", how="inner")
        .group_by(pl.col("tier_told").alias("name"))
        .agg(pl.len().cast(pl.Int64).alias("customers"), pl.col("spend").median())
        .sort(["customers", "name"], descending=[True, False])
        .head(most)
        .sort("spend", "customers", "name", descending=[False, True, False])
        .collect(engine="streaming")
    )
    return tuple(ToldName(**row) for row in rows.iter_rows(named=True))
