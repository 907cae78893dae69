"""Who takes part: the audience of a plan, without those who are excluded or barred."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import EVERYONE_ELSE, Exclusions, NamedRule
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, NO_CONSENT, OPTED_OUT, Gate
from regulars_platform.segments.rules import Rule, rule_expression

BASELINE = ("orders", "average_order_value", "spend")


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Everybody the rule holds for.

    audience = excluded + suppressed + no_consent + held_out + capped + the rows of `drawn`.
    suppressed, no_consent, held_out: whom the gate bars, and why (opted out; no consent to a
    channel of the plan; in the global holdout on the send date); capped: who would be contacted too
    often; in no arm, so that arms and holdout stay alike.
    Whoever is excluded and barred counts as excluded. drawn: customer_id, household, segment,
    orders, average_order_value, spend; by customer_id.
    """

    audience: int
    excluded: int
    suppressed: int
    no_consent: int
    held_out: int
    drawn: pl.DataFrame
    capped: int = 0


def build_population(
    features: pl.LazyFrame,
    *,
    audience: Rule,
    segments: Sequence[NamedRule],
    exclusions: Exclusions,
    gate: Gate,
    crowded: Callable[[pl.Series], pl.Series] | None = None,
) -> Population:
    """Apply a plan's rules to the feature frame. gate: of the plan's channels and send date.

    crowded: of customers, who has no room for one more contact (see `programmes.caps`).
    """
    found = (
        features.filter(rule_expression(audience))
        .select(
            "customer_id",
            "household",
            segment_expression(segments).alias("segment"),
            *BASELINE,
            _excluded(exclusions).alias("_excluded"),
        )
        .sort("customer_id")
        .collect()
    )
    asked = found.filter(~pl.col("_excluded")).drop("_excluded")
    barred = gate.barred(asked["customer_id"])
    free = asked.filter(barred.is_null())
    drawn = free if crowded is None else free.filter(~crowded(free["customer_id"]))
    counted = dict(barred.drop_nulls().value_counts().iter_rows())
    return Population(
        audience=found.height,
        excluded=found.height - asked.height,
        suppressed=counted.get(OPTED_OUT, 0),
        no_consent=counted.get(NO_CONSENT, 0),
        held_out=counted.get(GLOBAL_HOLDOUT, 0),
        drawn=drawn,
        capped=free.height - drawn.height,
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
