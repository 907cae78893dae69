"""Orders of the outcome window -> one row per drawn unit, whatever it did.

Everyone in the ledger has a row, buyers or not, in the arm drawn. All money is Int64 in
ten-thousandths, so every sum that follows is exact.
"""

from collections.abc import Sequence

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan, TreatmentArm
from regulars_platform.offers.costs import (
    coupons_are_recorded,
    discounts_are_recorded,
    offer_use,
    would_qualify,
)
from regulars_platform.offers.kinds import AmountOff, MessageOnly, Offer, PercentOff
from regulars_platform.orders.table import PAID, whole_orders

OUTCOME_COLUMNS = (
    "goods",  # goods sold, with what the offer took off added back
    "returned",  # given back until returns settle: refunds and credit notes
    "offer_cost",  # what the offer cost in these orders
    "contact_cost",  # what telling this unit cost
    "revenue",  # goods paid for, less what was given back
    "capped_revenue",  # the same, at most the cap declared in the plan
    "orders",
    "buyer",  # 1 if it bought at all
    "used_offer",  # orders that used the offer
    "pre_spend",  # paid for goods in a window of the same length before
)


def unit_outcomes(lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per unit: unit_id, arm, segment, members, and OUTCOME_COLUMNS; sorted by unit_id.

    lines: order lines at the pinned version. ledger: one row per customer. For each treated arm i
    there is also `anyway_<i>`: what its offer would have given away on the unit's own orders had
    they been the holdout's (for the leak).
    """
    orders = _window_orders(lines, ledger, plan)
    purchases = orders.filter(pl.col("amount") > 0)
    bought = (
        _with_costs(purchases, plan)
        .group_by("unit_id")
        .agg(
            pl.col("goods").sum(),
            pl.col("offer_cost").sum(),
            pl.col("used_offer").sum(),
            pl.col("amount").sum().alias("paid"),
            pl.len().cast(pl.Int64).alias("orders"),
            *(pl.col(f"anyway_{i}").sum() for i in range(len(plan.arms))),
        )
    )
    given_back = orders.group_by("unit_id").agg(
        (pl.col("refund").sum() - pl.col("amount").filter(pl.col("amount") < 0).sum()).alias(
            "returned"
        )
    )
    units = _units(ledger, plan)
    joined = units.join(bought, on="unit_id", how="left").join(given_back, on="unit_id", how="left")
    revenue = pl.col("paid") - pl.col("returned")
    cap = plan.exclusions.customer_revenue_cap
    capped = revenue if cap is None else pl.min_horizontal(revenue, pl.lit(cap, dtype=pl.Int64))
    numbers = [
        *("goods", "offer_cost", "used_offer", "paid", "orders", "returned"),
        *(f"anyway_{i}" for i in range(len(plan.arms))),
    ]
    return (
        joined.with_columns(pl.col(name).fill_null(0).cast(pl.Int64) for name in numbers)
        .with_columns(
            revenue.alias("revenue"),
            capped.alias("capped_revenue"),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
        )
        .drop("paid")
        .sort("unit_id")
    )


def _window_orders(lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Paid orders of ledger customers: purchases of the window, credit notes until settled.

    A purchase's refund is a state, known as of the orders version.
    """
    key = ledger.lazy().select("customer_id", "unit_id", "arm", "code")
    moment = pl.col("ordered_at")
    in_time = (moment >= plan.outcome_start) & (moment < plan.settled_at)
    whole = (
        whole_orders(lines.filter(pl.col("customer_id").is_not_null() & in_time))
        .filter(pl.col("status") == PAID)
        .filter((moment < plan.outcome_stop) | (pl.col("amount") < 0))
    )
    return whole.join(key, on="customer_id", how="inner").collect(engine="streaming")


def _with_costs(purchases: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Purchases with used_offer, offer_cost, goods, anyway_<i>, by the offer an arm may use."""
    frame = purchases.lazy()
    discounts = discounts_are_recorded(frame)
    coupons = coupons_are_recorded(frame)
    parts = []
    for arm in plan.arm_names:
        of_arm = frame.filter(pl.col("arm") == arm)
        offer = offer_open_to(arm, plan.arms)
        if offer is None:
            costed = of_arm.with_columns(
                pl.lit(0, dtype=pl.Int64).alias("used_offer"),
                pl.lit(0, dtype=pl.Int64).alias("offer_cost"),
            )
        else:
            costed = offer_use(
                offer, of_arm, discounts_recorded=discounts, coupons_recorded=coupons
            )
        # what the offer took off the price is a cost of the offer, not goods that were not sold
        taken_off = pl.col("offer_cost") if isinstance(offer, AmountOff | PercentOff) else pl.lit(0)
        parts.append(costed.with_columns((pl.col("amount") + taken_off).alias("goods")))
    together = pl.concat(parts)
    for i, treated in enumerate(plan.arms):
        as_if = would_qualify(treated.offer, together.drop("used_offer", "offer_cost")).select(
            "order_id", pl.col("offer_cost").alias(f"anyway_{i}")
        )
        together = together.join(as_if, on="order_id", how="left")
    return together.collect()


def offer_open_to(arm: str, arms: Sequence[TreatmentArm]) -> Offer | None:
    """The offer that customers of `arm` can use: their own, or one that is open to the whole shop.

    The holdout is told nothing, but an open offer works for it all the same; it costs there too.
    """
    own = next((treated.offer for treated in arms if treated.name == arm), None)
    if own is not None and own.reach == "personal":
        return own
    open_offers = [
        treated.offer
        for treated in arms
        if treated.offer.reach == "open" and not isinstance(treated.offer, MessageOnly)
    ]
    if own is not None and own in open_offers:
        return own
    return open_offers[0] if open_offers else own


def _units(ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    costs = {arm.name: arm.contact_cost for arm in plan.arms} | {HOLDOUT: 0}
    return (
        ledger.group_by("unit_id")
        .agg(
            pl.col("arm").first(),
            pl.col("segment").first(),
            pl.len().cast(pl.Int64).alias("members"),
            pl.col("pre_spend").sum(),
        )
        .with_columns(
            (pl.col("arm").replace_strict(costs, return_dtype=pl.Int64) * pl.col("members")).alias(
                "contact_cost"
            )
        )
    )
