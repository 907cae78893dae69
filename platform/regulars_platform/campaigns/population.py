"""Who takes part: the audience of a plan, without those who are excluded or barred."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import EVERYONE_ELSE, Exclusions, NamedRule, Plan
from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.customers.catalogue import ATTRIBUTE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, NO_CONSENT, OPTED_OUT, SAME_ADDRESS, Gate
from regulars_platform.segments.rules import Rule, rule_expression

BASELINE = ("orders", "average_order_value", "spend")


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """heading: of the customers' file, names the group; only: a post of the plan reaches nobody
    outside of the groups, who then take no part (else they are drawn one by one)."""

    heading: str
    only: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Everybody the rule holds for.

    audience = excluded + suppressed + no_consent + held_out + capped + ungrouped + the rows of
    `drawn`.
    suppressed, no_consent, held_out: whom the gate bars, and why (opted out, or at the address of
    somebody who did or is held back; no consent to a
    channel of the plan; in the global holdout on the send date); capped: who would be contacted too
    often; ungrouped: in no group that a post could be written to; all in no arm, so that arms and
    holdout stay alike.
    Whoever is excluded and barred counts as excluded. drawn: customer_id, household, segment,
    orders, average_order_value, spend, and group where groups are drawn; by customer_id.
    """

    audience: int
    excluded: int
    suppressed: int
    no_consent: int
    held_out: int
    drawn: pl.DataFrame
    capped: int = 0
    ungrouped: int = 0


def build_population(
    features: pl.LazyFrame,
    *,
    audience: Rule,
    segments: Sequence[NamedRule],
    exclusions: Exclusions,
    gate: Gate,
    crowded: Callable[[pl.Series], pl.Series] | None = None,
    grouping: Grouping | None = None,
    elsewhere: pl.Series | None = None,
) -> Population:
    """Apply a plan's rules to the feature frame. gate: of the plan's channels and send date.

    crowded: of customers, who has no room for one more contact (see `programmes.caps`);
    grouping: where groups are drawn; elsewhere: ids of the customers of running campaigns, taken
    out where the exclusions say so.
    """
    taken = elsewhere if exclusions.running_campaigns else None
    found = (
        features.filter(rule_expression(audience))
        .select(
            "customer_id",
            "household",
            segment_expression(segments).alias("segment"),
            *BASELINE,
            *([] if grouping is None else [_group(features, grouping)]),
            _excluded(exclusions, taken).alias("_excluded"),
        )
        .sort("customer_id")
        .collect()
    )
    asked = found.filter(~pl.col("_excluded")).drop("_excluded")
    barred = gate.barred(asked["customer_id"])
    free = asked.filter(barred.is_null())
    roomy = free if crowded is None else free.filter(~crowded(free["customer_id"]))
    drawn = roomy
    if grouping is not None and grouping.only:
        drawn = roomy.filter(pl.col("group").is_not_null())
    counted = dict(barred.drop_nulls().value_counts().iter_rows())
    return Population(
        audience=found.height,
        excluded=found.height - asked.height,
        suppressed=counted.get(OPTED_OUT, 0) + counted.get(SAME_ADDRESS, 0),
        no_consent=counted.get(NO_CONSENT, 0),
        held_out=counted.get(GLOBAL_HOLDOUT, 0),
        drawn=drawn,
        capped=free.height - roomy.height,
        ungrouped=roomy.height - drawn.height,
    )


def grouping_of(plan: Plan | Draft) -> Grouping | None:
    """How a plan, or what of a draft holds, groups customers; None where no groups are drawn."""
    if plan.unit != "group":
        return None
    posts = any(arm.reaches_audience for arm in plan.arms or ())
    return Grouping(heading=plan.group_by or "", only=posts)


def _group(features: pl.LazyFrame, grouping: Grouping) -> pl.Expr:
    """The group of each; nobody has one where the shop has no such column (any more)."""
    name = ATTRIBUTE + grouping.heading
    known = name in features.collect_schema().names()
    value = pl.col(name).str.strip_chars() if known else pl.lit(None, dtype=pl.String)
    return pl.when(value != "").then(value).alias("group")


def segment_expression(segments: Sequence[NamedRule]) -> pl.Expr:
    """The name of the first segment that fits, over the feature frame."""
    found = pl.lit(EVERYONE_ELSE)
    for segment in reversed(segments):
        found = pl.when(rule_expression(segment.rule)).then(pl.lit(segment.name)).otherwise(found)
    return found


def _excluded(exclusions: Exclusions, elsewhere: pl.Series | None) -> pl.Expr:
    listed = _among("customer_id", exclusions.customers)
    if elsewhere is not None:
        listed = listed | pl.col("customer_id").is_in(elsewhere.implode())
    limit = exclusions.max_average_order_value
    if limit is None:
        return listed
    above = (pl.col("average_order_value") > limit / MONEY_SCALE).fill_null(False)
    return listed | above


def _among(column: str, ids: Collection[str]) -> pl.Expr:
    if not ids:
        return pl.lit(False)
    return pl.col(column).is_in(pl.Series(sorted(ids), dtype=pl.String).implode())
