"""The threshold that every customer of a campaign has, or would have, in each of its arms."""

from collections.abc import Sequence

import polars as pl

from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.offers.kinds import own_multiple
from regulars_platform.offers.thresholds import OWN, customer_threshold


def arm_threshold(place: int) -> str:
    """The column with the threshold under the arm at that place, counted from 0."""
    return f"under_{place}"


def with_arm_thresholds(
    members: pl.DataFrame, arms: Sequence[TreatmentArm], *, unit: str
) -> pl.DataFrame:
    """Customers with `under_<i>`: the threshold each has under arm i, whatever arm was drawn.

    Int64, ten-thousandths; null where the arm has none. members: customer_id, unit_id, spend,
    average_order_value (currency units), as in a ledger. Whoever shares a household shares a code,
    so all of it have the threshold of the member who spent most.
    """
    value = told_value(unit)
    return members.with_columns(
        customer_threshold(arm.offer, value).alias(arm_threshold(place))
        for place, arm in enumerate(arms)
    )


def told_value(unit: str) -> pl.Expr:
    """The average order value that decides a customer's threshold, in currency units.

    Of rows as in `with_arm_thresholds`: the customer's own, or that of the household's member who
    spent most, then the first by id, who speaks for it in the draw, too.
    """
    value = pl.col("average_order_value")
    if unit == "customer":
        return value
    first = value.sort_by("spend", "customer_id", descending=[True, False]).first()
    return first.over("unit_id")


def own_threshold(arms: Sequence[TreatmentArm]) -> pl.Expr:
    """The customer's own threshold in the arm drawn, after `with_arm_thresholds`; else null."""
    found = pl.lit(None, dtype=pl.Int64)
    for place, arm in enumerate(arms):
        if own_multiple(arm.offer) is not None:
            here = pl.col("arm") == arm.name
            found = pl.when(here).then(pl.col(arm_threshold(place))).otherwise(found)
    return found.alias(OWN)
