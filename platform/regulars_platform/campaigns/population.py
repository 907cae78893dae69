"""Who takes part: the audience of a plan, without those who are excluded or suppressed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import EVERYONE_ELSE, Exclusions, NamedRule
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import Rule, rule_expression

BASELINE = ("orders", "average_order_value", "spend")


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Everybody the rule holds for: audience = excluded + suppressed + the rows of `drawn`.

    drawn: customer_id, household, segment, orders, average_order_value, spend; by customer_id.
    Whoever is both excluded and suppressed counts as excluded.
    """

    audience: int
    excluded: int
    suppressed: int
    drawn: pl.DataFrame


def build_population(
    features: pl.LazyFrame,
    *,
    audience: Rule,
    segments: Sequence[NamedRule],
    exclusions: Exclusions,
    suppressed: Collection[str],
) -> Population:
    """Apply a plan's rules to the feature frame. suppressed: customer ids."""
    found = (
        features.filter(rule_expression(audience))
        .select(
            "customer_id",
            "household",
            segment_expression(segments).alias("segment"),
            *BASELINE,
            _excluded(exclusions).alias("_excluded"),
            _among("customer_id", suppressed).alias("_suppressed"),
        )
        .sort("customer_id")
        .collect()
    )
    out = found["_excluded"]
    silent = found["_suppressed"] & ~out
    return Population(
        audience=found.height,
        excluded=int(out.sum()),
        suppressed=int(silent.sum()),
        drawn=found.filter(~out & ~silent).drop("_excluded", "_suppressed"),
    )


def segment_expression(segments: Sequence[NamedRule]) -> pl.Expr:
    """The name of the first segment that fits, over the feature frame."""
    found = pl.lit(EVERYONE_ELSE)
    for segment in reversed(segments):
        found = pl.when(rule_expression(segment.rule)).then(pl.lit(segment.name)).otherwise(found)
    return found


def _excluded(exclusions: Exclusions) -> pl.Expr:
    listed = _among("customer_id", exclusions.customers)
    limit = exclusions.max_average_order_value
    if limit is None:
        return listed
    above = (pl.col("average_order_value") > limit / MONEY_SCALE).fill_null(False)
    return listed | above


def _among(column: str, ids: Collection[str]) -> pl.Expr:
    if not ids:
        return pl.lit(False)
    return pl.col(column).is_in(pl.Series(sorted(ids), dtype=pl.String).implode())
