"""Orders of the outcome window -> one row per drawn unit, whatever it did.

Everyone in the ledger has a row, buyers or not, in the arm drawn. All money is Int64 in
ten-thousandths, so every sum that follows is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan, TreatmentArm
from regulars_platform.campaigns.thresholds import arm_threshold, with_arm_thresholds
from regulars_platform.offers.costs import (
    coupons_are_recorded,
    discounts_are_recorded,
    offer_use,
    would_qualify,
)
from regulars_platform.offers.goods_costs import (
    COST_COLUMNS,
    flat_margin,
    order_margins,
    with_offer_added_back,
)
from regulars_platform.offers.kinds import CashBack, FlashSale, MessageOnly, Offer, PriceCut
from regulars_platform.offers.sales import SALE_DISCOUNT, SALE_GOODS, sale_column, with_sale
from regulars_platform.offers.thresholds import OWN
from regulars_platform.orders.table import PAID, freight_returned, whole_orders
from regulars_platform.reports.rewards import cash_backs
from regulars_platform.reports.taken import taken_column, with_taken

OUTCOME_COLUMNS = (
    "goods",  # goods sold, with what the offer took off added back
    "returned",  # given back until returns settle: refunds and credit notes
    "kept",  # goods less what was given back
    "offer_cost",  # what the offer cost in these orders
    "contact_cost",  # what telling this unit cost
    "revenue",  # goods paid for, less what was given back
    "capped_revenue",  # the same, at most the cap declared in the plan
    "orders",
    "buyer",  # 1 if it bought at all
    "used_offer",  # orders that used the offer
    "offer_user",  # 1 if any of its orders did
    "pre_spend",  # paid for goods in a window of the same length before
)


MARGIN_COLUMNS = ("goods_margin", "returned_margin", "kept_margin")
"""The same three of goods as margin in money, where the plan goes by costs per product."""


def outcome_columns(plan: Plan) -> tuple[str, ...]:
    """The columns that a plan's outcomes have."""
    return (*OUTCOME_COLUMNS, *(MARGIN_COLUMNS if plan.margin_source == "products" else ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowOrders:
    """The campaign's orders, one row each, with unit_id and arm; money in ten-thousandths.

    every: purchases and credit notes, with returned (and goods_margin, returned_margin where the
    plan goes by costs per product). purchases: with used_offer, offer_cost, goods, and per
    treated arm i `anyway_<i>` and `under_<i>`: the threshold of that arm's offer for the order's
    customer, told or not; null where it has none; and `taken_<i>` (see `taken`).
    rewards: what is paid without an order (see `rewards`).
    discounts_recorded, coupons_recorded: whether the shop's orders say what was taken off, and name
    the codes they used.
    """

    every: pl.DataFrame
    purchases: pl.DataFrame
    rewards: pl.DataFrame
    discounts_recorded: bool
    coupons_recorded: bool


def unit_outcomes(
    lines: pl.LazyFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    costs: pl.LazyFrame | None = None,
    events: pl.LazyFrame | None = None,
) -> pl.DataFrame:
    """One row per unit: see `outcomes_of`. lines: order lines at the pinned version."""
    return outcomes_of(window_orders(lines, ledger, plan, costs, events), ledger, plan)


def window_orders(
    lines: pl.LazyFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    costs: pl.LazyFrame | None = None,
    events: pl.LazyFrame | None = None,
    *,
    freight_apart: bool = True,
) -> WindowOrders:
    """The orders that count. ledger: one row per customer.

    freight_apart: as in `with_returns`.

    costs: product, cost (see `product_costs`), for a plan that goes by them; None: none is known.
    events: of the shop, for cash back to those who follow.
    """
    every = _window_orders(lines, ledger, plan, costs, freight_apart=freight_apart)
    purchases = every.filter(pl.col("amount") > 0).lazy()
    # asked of the whole shop: a few orders of a campaign would answer by chance
    discounts, coupons = discounts_are_recorded(lines), coupons_are_recorded(lines)
    costed = _with_costs(purchases, plan, discounts=discounts, coupons=coupons)
    offers = [offer_open_to(name, plan.arms) for name in plan.arm_names[1:]]
    taken = with_taken(costed, ledger, plan, offers, discounts=discounts, coupons=coupons)
    return WindowOrders(
        every=every,
        purchases=taken,
        rewards=cash_backs(events, ledger, plan),
        discounts_recorded=discounts,
        coupons_recorded=coupons,
    )


def with_sale_of(orders: pl.LazyFrame, plan: Plan, offer: Offer) -> pl.LazyFrame:
    """Orders with the columns that a flash sale of the plan is costed by; others as they are."""
    if not isinstance(offer, FlashSale):
        return orders
    place = next(i for i, arm in enumerate(plan.arms) if arm.offer == offer)
    return orders.with_columns(
        pl.col(sale_column(name, place)).alias(name) for name in (SALE_GOODS, SALE_DISCOUNT)
    )


def with_returns(
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    plan: Plan,
    costs: pl.LazyFrame | None,
    *,
    freight_apart: bool,
) -> pl.LazyFrame:
    """Whole orders with `returned`, and by costs per product with margin, unknown, returned_margin.

    lines: those of the orders. freight_apart: freight that was given back is no returned goods;
    reports that were made before it was told apart count it among them, and stay as they are.
    """
    freight = freight_returned() if freight_apart else pl.lit(0, dtype=pl.Int64)
    priced = (
        orders.with_columns(freight.alias("freight"))
        .with_columns((pl.col("refund") - pl.col("freight")).alias("refund"))
        .with_columns(RETURNED.alias("returned"))
    )
    if plan.margin_source != "products":
        return priced.drop("freight")
    known = pl.LazyFrame(schema=COST_COLUMNS) if costs is None else costs
    margins = order_margins(lines, known, plan.margin_low)
    # beyond the price of the goods, `back` has the flat margin on all that was refunded
    lost = pl.col("back") - flat_margin(pl.col("freight"), plan.margin_low)
    return (
        priced.join(margins, on="order_id", how="left")
        .with_columns(lost.alias("returned_margin"))
        .drop("back", "freight")
    )


RETURNED = pl.col("refund") - pl.col("amount").clip(upper_bound=0)
"""What an order, or a credit note, gave back."""


def outcomes_of(orders: WindowOrders, ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per unit: unit_id, arm, segment, members, and OUTCOME_COLUMNS; sorted by unit_id.

    For each treated arm i there is also `anyway_<i>`: what its offer gives if every order that
    reaches it uses it, whether the unit was told or not (for the leak); and `taken_<i>`, 1 where a
    unit of the arm or the holdout used that offer.
    """
    bought = orders.purchases.group_by("unit_id").agg(
        pl.col("goods").sum(),
        *([pl.col("goods_margin").sum()] if plan.margin_source == "products" else []),
        pl.col("offer_cost").sum(),
        pl.col("used_offer").sum(),
        pl.col("used_offer").max().alias("offer_user"),
        pl.col("amount").sum().alias("paid"),
        pl.len().cast(pl.Int64).alias("orders"),
        *(pl.col(f"anyway_{i}").sum() for i in range(len(plan.arms))),
        *(pl.col(taken_column(i)).max() for i in range(len(plan.arms))),
    )
    by_product = plan.margin_source == "products"
    given_back = orders.every.group_by("unit_id").agg(
        pl.col("returned").sum(),
        *([pl.col("returned_margin").sum()] if by_product else []),
    )
    joined = (
        units_of(ledger, plan)
        .join(bought, on="unit_id", how="left")
        .pipe(_with_rewards, orders.rewards, plan)
        .join(given_back, on="unit_id", how="left")
        .join(_capped(orders.every, plan), on="unit_id", how="left")
    )
    revenue = pl.col("paid") - pl.col("returned")
    numbers = [
        *("goods", "offer_cost", "used_offer", "offer_user", "paid", "orders", "returned"),
        "capped_revenue",
        *(MARGIN_COLUMNS[:2] if by_product else ()),
        *(f"anyway_{i}" for i in range(len(plan.arms))),
        *(taken_column(i) for i in range(len(plan.arms))),
    ]
    return (
        joined.with_columns(pl.col(name).fill_null(0).cast(pl.Int64) for name in numbers)
        .with_columns(
            revenue.alias("revenue"),
            (pl.col("goods") - pl.col("returned")).alias("kept"),
            *(
                [(pl.col("goods_margin") - pl.col("returned_margin")).alias("kept_margin")]
                if by_product
                else []
            ),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
        )
        .drop("paid")
        .sort("unit_id")
    )


def _window_orders(
    lines: pl.LazyFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    costs: pl.LazyFrame | None,
    *,
    freight_apart: bool,
) -> pl.DataFrame:
    """Paid orders of ledger customers: purchases of the window, credit notes until settled.

    A purchase's refund is a state, known as of the orders version.
    """
    thresholds = [arm_threshold(place) for place in range(len(plan.arms))]
    people = with_arm_thresholds(ledger, plan.arms, unit=plan.unit)
    key = people.lazy().select("customer_id", "unit_id", "arm", "code", OWN, *thresholds)
    moment = pl.col("ordered_at")
    in_time = (moment >= plan.outcome_start) & (moment < plan.settled_at)
    theirs = lines.filter(pl.col("customer_id").is_not_null() & in_time)
    sales = [(i, arm.offer) for i, arm in enumerate(plan.arms) if isinstance(arm.offer, FlashSale)]
    whole = (
        whole_orders(theirs)
        .filter(pl.col("status") == PAID)
        .filter((moment < plan.outcome_stop) | (pl.col("amount") < 0))
        .pipe(with_returns, theirs, plan, costs, freight_apart=freight_apart)
    )
    for i, offer in sales:
        names = {
            SALE_GOODS: sale_column(SALE_GOODS, i),
            SALE_DISCOUNT: sale_column(SALE_DISCOUNT, i),
        }
        whole = with_sale(whole, theirs, offer).rename(names)
    return whole.join(key, on="customer_id", how="inner").collect(engine="streaming")


def _with_rewards(units: pl.DataFrame, rewards: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """What was paid without an order joins the costs of the unit's orders."""
    if rewards.is_empty():
        return units
    paid = rewards.group_by("unit_id").agg(
        pl.col("offer_cost").sum().alias("_cost"),
        pl.col("used_offer").sum().alias("_used"),
        *(
            (pl.col("place") == i).sum().cast(pl.Int64).alias(f"_follows_{i}")
            for i in range(len(plan.arms))
        ),
        *(
            ((pl.col("place") == i) & (pl.col("used_offer") > 0))
            .any()
            .cast(pl.Int64)
            .alias(f"_taken_{i}")
            for i in range(len(plan.arms))
        ),
    )
    found = units.join(paid, on="unit_id", how="left").with_columns(
        (pl.col("offer_cost").fill_null(0) + pl.col("_cost").fill_null(0)).alias("offer_cost"),
        (pl.col("used_offer").fill_null(0) + pl.col("_used").fill_null(0)).alias("used_offer"),
        pl.max_horizontal("offer_user", pl.col("_used").clip(0, 1)).alias("offer_user"),
        *(
            (
                pl.col(f"anyway_{i}").fill_null(0)
                + pl.col(f"_follows_{i}").fill_null(0) * arm.offer.amount
            ).alias(f"anyway_{i}")
            for i, arm in enumerate(plan.arms)
            if isinstance(arm.offer, CashBack)
        ),
        *(
            pl.max_horizontal(taken_column(i), f"_taken_{i}").alias(taken_column(i))
            for i in range(len(plan.arms))
        ),
    )
    return found.select(pl.exclude("^_.*$"))


def _capped(orders: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """unit_id, capped_revenue: each customer's revenue counts at most the declared cap."""
    each = orders.group_by("unit_id", "customer_id").agg(
        (pl.col("amount").sum() - pl.col("refund").sum()).alias("revenue")
    )
    cap = plan.exclusions.customer_revenue_cap
    if cap is not None:
        each = each.with_columns(pl.min_horizontal("revenue", pl.lit(cap, dtype=pl.Int64)))
    return each.group_by("unit_id").agg(pl.col("revenue").sum().alias("capped_revenue"))


def _with_costs(
    purchases: pl.LazyFrame, plan: Plan, *, discounts: bool, coupons: bool
) -> pl.DataFrame:
    """Purchases with used_offer, offer_cost, goods, anyway_<i>, by the offer an arm may use."""
    parts = []
    for arm in plan.arm_names:
        of_arm = purchases.filter(pl.col("arm") == arm)
        offer = offer_open_to(arm, plan.arms)
        if offer is None:
            costed = of_arm.with_columns(
                pl.lit(0, dtype=pl.Int64).alias("used_offer"),
                pl.lit(0, dtype=pl.Int64).alias("offer_cost"),
            )
        else:
            costed = offer_use(
                offer,
                of_arm.pipe(with_sale_of, plan, offer),
                discounts_recorded=discounts,
                coupons_recorded=coupons,
            ).drop(SALE_GOODS, SALE_DISCOUNT, strict=False)
        # what the offer took off the price is a cost of the offer, not goods that were not sold
        taken_off = pl.col("offer_cost") if isinstance(offer, PriceCut) else pl.lit(0)
        margin = with_offer_added_back(taken_off, pl.col("amount"), plan.margin_low)
        parts.append(
            costed.with_columns(
                (pl.col("amount") + taken_off).alias("goods"),
                *([margin.alias("goods_margin")] if plan.margin_source == "products" else []),
            )
        )
    together = pl.concat(parts)
    # where discounts are recorded, amount + discount is the price before any offer; else goods is
    price = together.drop("used_offer", "offer_cost")
    if not discounts:
        price = price.with_columns(pl.col("goods").alias("amount"))
    for i, treated in enumerate(plan.arms):
        measured = price.with_columns(pl.col(arm_threshold(i)).alias(OWN))
        as_if = would_qualify(
            treated.offer, measured.pipe(with_sale_of, plan, treated.offer)
        ).select("order_id", pl.col("offer_cost").alias(f"anyway_{i}"))
        together = together.join(as_if, on="order_id", how="left")
    return together.collect()


def offer_open_to(arm: str, arms: Sequence[TreatmentArm]) -> Offer | None:
    """The offer that customers of `arm` can use: one that is open to the whole shop, or their own.

    The holdout is told nothing, but an open offer works for it all the same; it costs there too.
    A plan has one open offer at most, and then no other (see `plan_form`): with two at work at
    once nobody could tell which of them an order used.
    """
    for treated in arms:
        if treated.offer.reach == "open" and not isinstance(treated.offer, MessageOnly):
            return treated.offer
    return next((treated.offer for treated in arms if treated.name == arm), None)


def units_of(ledger: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per unit: arm, segment, members, pre_spend, and what telling it cost."""
    costs = {arm.name: arm.contact_cost for arm in plan.arms} | {HOLDOUT: 0}
    posted = pl.col("arm").is_in([arm.name for arm in plan.arms if arm.reaches_audience])
    # a post costs once for the group, a message for each of its members
    contacts = pl.when(posted).then(1).otherwise(pl.col("members"))
    return (
        ledger.group_by("unit_id")
        .agg(
            pl.col("arm").first(),
            pl.col("segment").first(),
            pl.len().cast(pl.Int64).alias("members"),
            pl.col("pre_spend").sum(),
        )
        .with_columns(
            (pl.col("arm").replace_strict(costs, return_dtype=pl.Int64) * contacts).alias(
                "contact_cost"
            )
        )
    )
