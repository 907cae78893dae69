"""How much of one group of customers is in others."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.segments.rules import Rule, rule_expression


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """both: customers in the group and in the other; of `group` and of `other` customers."""

    both: int
    group: int
    other: int

    @property
    def share_of_group(self) -> float | None:
        """How much of the group is in the other; None where nobody is in the group."""
        return self.both / self.group if self.group else None

    @property
    def share_of_other(self) -> float | None:
        """How much of the other is in the group; None where nobody is in the other."""
        return self.both / self.other if self.other else None


def measure_overlaps(
    features: pl.LazyFrame, rule: Rule, others: Sequence[Rule]
) -> tuple[Overlap, ...]:
    """One per other rule, in their order, in one pass over the customers."""
    if not others:
        return ()
    # a rule that holds for everybody is a single True: stretch it over the rows
    row = pl.col("customer_id").is_not_null()
    group = rule_expression(rule) & row
    counts: list[pl.Expr] = [group.sum().alias("group")]
    for place, other in enumerate(others):
        held = rule_expression(other) & row
        counts += [held.sum().alias(f"other {place}"), (held & group).sum().alias(f"both {place}")]
    found = features.select(counts).collect().row(0, named=True)
    return tuple(
        Overlap(both=found[f"both {place}"], group=found["group"], other=found[f"other {place}"])
        for place in range(len(others))
    )
