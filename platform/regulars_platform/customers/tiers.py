"""Tiers of customers: the shop's own rules, and where somebody stands by them.

Kept in the section `tiers` as a list of {"name": ..., "rule": {"by": ..., "from": number}}. Without
any, a customer is in the tier that the shop's customer file names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from regulars_platform.shops.practice import HasPractice, read_section

TIERS = "tiers"

By = Literal["spend_365", "orders_365", "spend", "orders", "points_balance"]
MEASURES: tuple[By, ...] = ("spend_365", "orders_365", "spend", "orders", "points_balance")
"""The features that a tier may ask for."""

IN_MONEY: tuple[By, ...] = ("spend_365", "spend")
"""Those that are counted in currency units."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """Who has at least `least` of the feature `by` belongs here, unless a higher tier fits."""

    name: str
    by: By
    least: float


def read_tiers(shop: HasPractice) -> tuple[Tier, ...]:
    """The shop's tiers, lowest first. What is no rule of a tier is passed over.

    Tiers that all ask for the same feature are put in the order of what they ask for; others stay
    as they are listed.
    """
    found = []
    for entry in read_section(shop, TIERS) or ():
        rule = entry.get("rule") or {}
        if rule.get("by") in MEASURES and rule.get("from") is not None and entry.get("name"):
            tier = Tier(name=str(entry["name"]), by=rule["by"], least=float(rule["from"]))
            found.append(tier)
    if len({tier.by for tier in found}) == 1:
        found.sort(key=lambda tier: tier.least)
    return tuple(found)


def tier_columns(tiers: Sequence[Tier], told: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """tier, next_tier and to_next_tier over the feature frame.

    The highest tier that fits counts, even where a lower one does not. The next is the one above
    it, or the lowest for who is in none; what is missing is known where the next asks for money.
    told: the tier that a file names; it counts where the shop has no tiers.
    """
    if not tiers:
        nothing = pl.lit(None)
        return (
            told.alias("tier"),
            nothing.cast(pl.String).alias("next_tier"),
            nothing.cast(pl.Float64).alias("to_next_tier"),
        )
    tier: pl.Expr = pl.lit(None, dtype=pl.String)
    following: pl.Expr = pl.lit(tiers[0].name)
    missing = _missing(tiers[0])
    for place, one in enumerate(tiers):
        fits = (pl.col(one.by) >= one.least).fill_null(False)
        above = tiers[place + 1] if place + 1 < len(tiers) else None
        tier = pl.when(fits).then(pl.lit(one.name)).otherwise(tier)
        name = pl.lit(None, dtype=pl.String) if above is None else pl.lit(above.name)
        following = pl.when(fits).then(name).otherwise(following)
        gap = pl.lit(None, dtype=pl.Float64) if above is None else _missing(above)
        missing = pl.when(fits).then(gap).otherwise(missing)
    return tier.alias("tier"), following.alias("next_tier"), missing.alias("to_next_tier")


def _missing(tier: Tier) -> pl.Expr:
    if tier.by not in IN_MONEY:
        return pl.lit(None, dtype=pl.Float64)
    # a difference of floats is no sum of money until it is rounded: 20 - 12.3 is not 7.7
    return (pl.lit(tier.least) - pl.col(tier.by)).clip(lower_bound=0.0).round(4)
