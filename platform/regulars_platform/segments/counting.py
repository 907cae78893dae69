"""Counting several rules in one pass over the customers."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.segments.rules import Rule, rule_expression


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentCount:
    """Whom one rule holds for.

    customers: how many; spend: theirs so far, net of refunds, in currency units;
    average_order_value: the mean over those who have one, None where nobody has.
    """

    customers: int
    spend: float
    average_order_value: float | None


def mean_value(values: pl.Series) -> float | None:
    """Mean in currency units to the ten-thousandth: sums of floats differ in their last digits with
    the order in which they are added. None where there is none."""
    found = values.mean()
    return round(found, 4) if isinstance(found, float) else None


def count_each(features: pl.LazyFrame, rules: Sequence[Rule]) -> tuple[SegmentCount, ...]:
    """One count per rule, in the order of the rules. A customer may be in several."""
    if not rules:
        return ()
    columns = []
    for place, rule in enumerate(rules):
        inside = rule_expression(rule)
        value = pl.col("average_order_value").filter(inside)
        columns += [
            # a rule that holds for everybody is a single True: stretch it over the rows
            (inside & pl.col("customer_id").is_not_null()).sum().alias(f"customers {place}"),
            pl.col("spend").filter(inside).sum().alias(f"spend {place}"),
            value.mean().round(4).alias(f"value {place}"),
        ]
    found = features.select(columns).collect().row(0, named=True)
    return tuple(
        SegmentCount(
            customers=found[f"customers {place}"],
            # a sum of floats differs in its last digits from run to run
            spend=round(found[f"spend {place}"], 2),
            average_order_value=found[f"value {place}"],
        )
        for place in range(len(rules))
    )
