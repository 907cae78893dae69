"""Orders after each entry -> one row per entry, whatever it did, in the arm that it drew.

An entry's window begins with the day of its message, in either arm, and lasts as many days as the
plan says; entries of one customer never overlap. Money is Int64 in ten-thousandths.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.offers.costs import (
    coupons_are_recorded,
    discounts_are_recorded,
    offer_use,
)
from regulars_platform.offers.goods_costs import (
    COST_COLUMNS,
    CostCoverage,
    cost_coverage,
    flat_margin,
    order_margins,
    with_offer_added_back,
)
from regulars_platform.offers.kinds import CashBack, FlashSale, MessageOnly, PriceCut
from regulars_platform.offers.sales import SALE_DISCOUNT, SALE_GOODS, with_sale
from regulars_platform.orders.table import (
    PAID,
    freight_returned,
    goods_refunded,
    start_of_day,
    whole_orders,
)
from regulars_platform.programmes.plan import TOLD, ProgrammePlan

ENTRY_SCHEMA: dict[str, pl.DataType] = {
    "entry": pl.Int64(),
    "customer_id": pl.String(),
    "occasion": pl.String(),
    "contact_on": pl.Date(),
    "held_back": pl.Boolean(),
    "code": pl.String(),
    "threshold": pl.Int64(),
}
COHORT = "cohort"
"""The Monday of the week in which the window begins, as YYYY-MM-DD."""

MONEY = ("goods", "returned", "kept", "offer_cost", "contact_cost")
MARGINS = ("goods_margin", "returned_margin", "kept_margin")
"""Of plans that go by costs per product, in the places of goods, returned and kept."""

_ORDER = "order "


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryOutcomes:
    """settled: one row per entry whose window is over: entry, arm, cohort, MONEY, orders, buyer,
    and MARGINS where the plan goes by costs per product.

    waiting: entries whose window lasts beyond the orders that are known; after: entries whose
    window begins after the last of them. All entries = settled + waiting + after.
    coverage: how much of the goods bought in the windows has a known cost, where the plan goes by
    costs per product.
    """

    settled: pl.DataFrame
    waiting: int
    after: int = 0
    coverage: CostCoverage | None = None


def entry_outcomes(
    lines: pl.LazyFrame,
    entries: pl.DataFrame,
    plan: ProgrammePlan,
    until: dt.date,
    costs: pl.LazyFrame | None = None,
    events: pl.LazyFrame | None = None,
) -> EntryOutcomes:
    """lines: order lines at the pinned version; entries: ENTRY_SCHEMA; until: the last day of which
    orders are known; costs: product, cost (see `product_costs`), for a plan that goes by them, None
    where none is known; events: of the shop, for a plan that pays cash back to those who follow.
    Everybody who entered counts, whether a message arrived or not."""
    margins = MARGINS[:2] if plan.margin_source == "products" else ()
    over = pl.col("contact_on") + pl.duration(days=plan.window_days - 1) <= until
    ripe = with_windows(entries.filter(over), plan)
    orders = _orders_of(lines, ripe, plan, costs)
    money = (
        _with_costs(orders, plan, lines)
        .group_by("entry")
        .agg(
            pl.col("goods").sum(),
            pl.col("returned").sum(),
            pl.col("offer_cost").sum(),
            *(pl.col(name).sum() for name in margins),
            (pl.col("amount") > 0).sum().cast(pl.Int64).alias("orders"),
        )
    )
    numbers = ("goods", "returned", "offer_cost", "orders", *margins)
    settled = (
        ripe.select("entry", "arm", COHORT)
        .join(money.collect(), on="entry", how="left")
        .with_columns(pl.col(name).fill_null(0).cast(pl.Int64) for name in numbers)
        .join(_cash_back(ripe, plan, events), on="entry", how="left")
        .with_columns(pl.col("offer_cost") + pl.col("paid_out").fill_null(0))
        .drop("paid_out")
        .with_columns(
            (pl.col("goods") - pl.col("returned")).alias("kept"),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
            pl.when(pl.col("arm") == TOLD)
            .then(plan.contact_cost)
            .otherwise(0)
            .cast(pl.Int64)
            .alias("contact_cost"),
            *([(pl.col(margins[0]) - pl.col(margins[1])).alias(MARGINS[2])] if margins else []),
        )
        .sort("entry")
    )
    after = entries.filter(pl.col("contact_on") > until).height
    return EntryOutcomes(
        settled=settled,
        waiting=entries.height - ripe.height - after,
        after=after,
        coverage=_coverage(lines, orders, costs) if margins else None,
    )


def _cash_back(
    ripe: pl.DataFrame, plan: ProgrammePlan, events: pl.LazyFrame | None
) -> pl.DataFrame:
    """entry, paid_out: to whoever followed in the window, order or not; where it is open to the
    whole shop to the held back as well."""
    offer = plan.offer
    if not isinstance(offer, CashBack) or events is None:
        return pl.DataFrame(schema={"entry": pl.Int64, "paid_out": pl.Int64})
    moment = pl.col("happened_at")
    theirs = ripe if offer.reach == "open" else ripe.filter(pl.col("arm") == TOLD)
    followed = events.filter(pl.col("kind") == "follow").select("customer_id", "happened_at")
    return (
        theirs.lazy()
        .join(followed, on="customer_id", how="inner")
        .filter((moment >= pl.col("begins")) & (moment < pl.col("ends")))
        .select("entry")
        .unique()
        .with_columns(pl.lit(offer.amount, dtype=pl.Int64).alias("paid_out"))
        .collect()
    )


def _coverage(
    lines: pl.LazyFrame, orders: pl.LazyFrame, costs: pl.LazyFrame | None
) -> CostCoverage:
    """Over the orders of the windows, both arms together."""
    theirs = lines.join(orders.select("order_id").unique(), on="order_id", how="semi")
    return cost_coverage(theirs, pl.LazyFrame(schema=COST_COLUMNS) if costs is None else costs)


def with_windows(entries: pl.DataFrame, plan: ProgrammePlan) -> pl.DataFrame:
    """Entries with arm, cohort, the moments between which orders count (begins, ends), and
    reminded_of: the unpaid order that a reminder is about."""
    days = entries["contact_on"].unique().sort().to_list()
    length = dt.timedelta(days=plan.window_days)
    bounds = pl.DataFrame(
        {
            "contact_on": days,
            "begins": [start_of_day(day, plan.zone) for day in days],
            "ends": [start_of_day(day + length, plan.zone) for day in days],
        },
        schema={
            "contact_on": pl.Date(),
            "begins": pl.Datetime("us", "UTC"),
            "ends": pl.Datetime("us", "UTC"),
        },
    )
    occasion = pl.col("occasion")
    return entries.join(bounds, on="contact_on", how="left", maintain_order="left").with_columns(
        pl.when("held_back").then(pl.lit(HOLDOUT)).otherwise(pl.lit(TOLD)).alias("arm"),
        pl.col("contact_on").dt.truncate("1w").dt.to_string("%Y-%m-%d").alias(COHORT),
        pl.when(occasion.str.starts_with(_ORDER))
        .then(occasion.str.slice(len(_ORDER)))
        .alias("reminded_of"),
    )


def _orders_of(
    lines: pl.LazyFrame, ripe: pl.DataFrame, plan: ProgrammePlan, costs: pl.LazyFrame | None
) -> pl.LazyFrame:
    """Paid orders of the windows, each with its entry.

    A reminder of an unpaid order is for that very order, which was placed before: it counts where
    it has been paid by now, in either arm.
    """
    people = ripe.lazy().select("customer_id").unique()
    theirs = lines.filter(pl.col("customer_id").is_not_null()).join(
        people, on="customer_id", how="semi"
    )
    orders = whole_orders(theirs).with_columns(freight_returned().alias("freight"))
    paid = goods_refunded(orders).filter(pl.col("status") == PAID)
    whole = _with_margins(paid, theirs, plan, costs).drop("freight")
    windows = ripe.lazy().select(
        "entry", "customer_id", "arm", "begins", "ends", "reminded_of", "code", "threshold"
    )
    within = (pl.col("ordered_at") >= pl.col("begins")) & (pl.col("ordered_at") < pl.col("ends"))
    if plan.kind == "unpaid":
        within = within | (pl.col("order_id") == pl.col("reminded_of")).fill_null(False)
    return whole.join(windows, on="customer_id", how="inner").filter(within)


def _with_margins(
    orders: pl.LazyFrame, lines: pl.LazyFrame, plan: ProgrammePlan, costs: pl.LazyFrame | None
) -> pl.LazyFrame:
    """By costs per product, orders with margin, unknown (see `order_margins`), returned_margin."""
    if plan.margin_source != "products":
        return orders
    known = pl.LazyFrame(schema=COST_COLUMNS) if costs is None else costs
    margins = order_margins(lines, known, plan.margin_low)
    # beyond the price of the goods, `back` has the flat margin on all that was refunded
    lost = pl.col("back") - flat_margin(pl.col("freight"), plan.margin_low)
    return (
        orders.join(margins, on="order_id", how="left")
        .with_columns(lost.alias("returned_margin"))
        .drop("back")
    )


def _with_goods(orders: pl.LazyFrame, plan: ProgrammePlan, taken_off: pl.Expr) -> pl.LazyFrame:
    """With goods, before what the offer took off, and what they earn by costs per product."""
    amount = pl.col("amount")
    goods = (amount.clip(lower_bound=0) + taken_off).alias("goods")
    if plan.margin_source != "products":
        return orders.with_columns(goods)
    earned = with_offer_added_back(taken_off, amount, plan.margin_low)
    # what a credit note takes back is among the returns
    sold = pl.when(amount > 0).then(earned).otherwise(0).alias("goods_margin")
    return orders.with_columns(goods, sold)


def _with_costs(orders: pl.LazyFrame, plan: ProgrammePlan, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Orders with offer_cost, goods (what the offer took off added back) and returned.

    An offer that is open to the whole shop costs among the held back as well.
    """
    none = pl.lit(0, dtype=pl.Int64).alias("offer_cost")
    given_back = (pl.col("refund") - pl.col("amount").clip(upper_bound=0)).alias("returned")
    offer = plan.offer
    if isinstance(offer, MessageOnly):
        return _with_goods(orders.with_columns(none, given_back), plan, pl.lit(0))
    theirs = orders if offer.reach == "open" else orders.filter(pl.col("arm") == TOLD)
    if isinstance(offer, FlashSale):
        theirs = with_sale(theirs, lines, offer)
    costed = offer_use(
        offer,
        theirs,
        discounts_recorded=discounts_are_recorded(lines),
        coupons_recorded=coupons_are_recorded(lines),
    ).drop("used_offer", SALE_GOODS, SALE_DISCOUNT, strict=False)
    others = orders.filter(pl.lit(offer.reach == "personal") & (pl.col("arm") != TOLD))
    together = pl.concat([costed, others.with_columns(none)], how="diagonal")
    taken_off = pl.col("offer_cost") if isinstance(offer, PriceCut) else pl.lit(0)
    return _with_goods(together.with_columns(given_back), plan, taken_off)
