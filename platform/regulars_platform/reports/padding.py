"""Baskets padded to just above the threshold, and what is sent back of them, arm by arm.

Each customer's orders are held against the threshold that the customer has in the arm, or would
have had there: so the holdout is counted against the same thresholds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from regulars_experiments.aggregation import aggregate
from regulars_experiments.comparison import Cell, compare
from regulars_experiments.padding import WIDTH, Padding, PaddingColumns, find_padding, just_above
from regulars_experiments.results import answer_as_json, numbers
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.thresholds import arm_threshold
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.design import WHOLE
from regulars_platform.reports.outcomes import WindowOrders


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmPadding:
    """Padding of one arm against the holdout; shape (1,)."""

    arm: str
    padding: Padding


def find_arm_padding(
    orders: WindowOrders, outcomes: pl.DataFrame, plan: Plan
) -> tuple[ArmPadding, ...]:
    """Arms whose customers have a threshold. outcomes: one row per unit, with its arm."""
    columns = PaddingColumns()
    found = []
    for place, arm in enumerate(plan.arms):
        theirs = orders.purchases.filter(
            pl.col("arm").is_in([HOLDOUT, arm.name]) & pl.col(arm_threshold(place)).is_not_null()
        )
        if theirs.is_empty():
            continue
        units = (
            outcomes.filter(pl.col("arm").is_in([HOLDOUT, arm.name]))
            .select("unit_id", "arm")
            .join(_by_unit(theirs, place, columns), on="unit_id", how="left")
            .fill_null(0)
        )
        moments = aggregate(units.lazy(), columns.plan(("arm",), MONEY_SCALE))
        comparison = compare(moments, HOLDOUT, [Cell(arm=arm.name, segment=None)])
        padding = find_padding(comparison, columns, confidence=plan.confidence / WHOLE)
        found.append(ArmPadding(arm=arm.name, padding=padding))
    return tuple(found)


def padding_json(found: Sequence[ArmPadding]) -> list[dict[str, Any]]:
    """As the report's document has it; shares from 0 to 1."""
    return [
        {
            "arm": each.arm,
            "width_percent": WIDTH / 100,
            "share_control": numbers(each.padding.share_control)[0],
            "share_arm": numbers(each.padding.share_arm)[0],
            "share": answer_as_json(each.padding.share.answer(0)),
            "returned_control": numbers(each.padding.returned_control)[0],
            "returned_arm": numbers(each.padding.returned_arm)[0],
            "returned": answer_as_json(each.padding.returned.answer(0)),
        }
        for each in found
    ]


def _by_unit(purchases: pl.DataFrame, place: int, columns: PaddingColumns) -> pl.DataFrame:
    """Orders, and what of them lies just above the threshold under that arm, per unit.

    Goods are at their price before the offer, as the threshold reads them.
    """
    price = pl.max_horizontal("goods", pl.col("amount") + pl.col("discount"))
    inside = just_above(price, pl.col(arm_threshold(place)))
    returned = pl.min_horizontal("refund", price)
    return purchases.group_by("unit_id").agg(
        pl.len().cast(pl.Int64).alias(columns.orders),
        inside.sum().cast(pl.Int64).alias(columns.above),
        price.filter(inside).sum().alias(columns.goods),
        returned.filter(inside).sum().alias(columns.returned),
    )
