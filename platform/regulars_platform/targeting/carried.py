"""A plan carried over to the customers of another campaign: whom it addresses, and by which arm."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from regulars_experiments.uplift.randomised import IntArray
from regulars_platform.campaigns.plan import Exclusions, Plan, TreatmentArm
from regulars_platform.memory.families import offer_family
from regulars_platform.offers.kinds import Offer
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import Rule, rule_expression


def addressed(known: pl.DataFrame, rule: Rule | None, out: Exclusions | None) -> IntArray:
    """(rows,), 1 for those whom the rule holds for and who are not excluded."""
    inside = pl.lit(rule is not None) if rule is None else rule_expression(rule)
    if out is not None:
        listed = pl.Series(sorted(out.customers), dtype=pl.String).implode()
        inside = inside & ~pl.col("customer_id").is_in(listed)
        if out.max_average_order_value is not None:
            limit = out.max_average_order_value / MONEY_SCALE
            inside = inside & ~(pl.col("average_order_value") > limit).fill_null(False)
    held = known.select((inside & pl.lit(True)).alias("held").cast(pl.Int64))["held"].to_numpy()
    # a rule that holds for everybody is a single value: stretch it over the rows
    return np.broadcast_to(held, (known.height,)).astype(np.int64)


def arm_like(arms: Sequence[TreatmentArm], past: Plan) -> tuple[int | None, bool]:
    """(number of the past arm that stands for these, whether it is the same); None: none.

    The same offer told the same way comes first, then one of the same name and kind, then one of
    the same family.
    """
    likenesses: Sequence[Callable[[TreatmentArm, TreatmentArm], bool]] = (
        _same,
        lambda arm, told: arm.name == told.name and type(arm.offer) is type(told.offer),
        lambda arm, told: offer_family(arm, past.unit, None) == offer_family(told, past.unit, None),
    )
    for alike in likenesses:
        for arm in arms:
            for place, told in enumerate(past.arms, start=1):
                if alike(arm, told):
                    return place, alike is _same and len(arms) == 1
    return None, False


def _same(arm: TreatmentArm, told: TreatmentArm) -> bool:
    return _without_words(arm.offer) == _without_words(told.offer) and (
        (arm.channel, arm.contact_cost) == (told.channel, told.contact_cost)
    )


def _without_words(offer: Offer) -> Offer:
    return replace(offer, words="")
