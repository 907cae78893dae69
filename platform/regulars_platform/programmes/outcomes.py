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
from regulars_platform.offers.kinds import FlashSale, MessageOnly, PriceCut
from regulars_platform.offers.sales import SALE_DISCOUNT, SALE_GOODS, with_sale
from regulars_platform.orders.table import PAID, goods_refunded, start_of_day, whole_orders
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
_ORDER = "order "


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryOutcomes:
    """settled: one row per entry whose window is over: entry, arm, cohort, MONEY, orders, buyer.

    waiting: entries whose window lasts beyond the orders that are known.
    """

    settled: pl.DataFrame
    waiting: int


def entry_outcomes(
    lines: pl.LazyFrame, entries: pl.DataFrame, plan: ProgrammePlan, until: dt.date
) -> EntryOutcomes:
    """lines: order lines at the pinned version; entries: ENTRY_SCHEMA; until: the last day of which
    orders are known. Everybody who entered counts, whether a message arrived or not."""
    over = pl.col("contact_on") + pl.duration(days=plan.window_days - 1) <= until
    ripe = _with_windows(entries.filter(over), plan)
    orders = _orders_of(lines, ripe, plan)
    money = (
        _with_costs(orders, plan, lines)
        .group_by("entry")
        .agg(
            pl.col("goods").sum(),
            pl.col("returned").sum(),
            pl.col("offer_cost").sum(),
            (pl.col("amount") > 0).sum().cast(pl.Int64).alias("orders"),
        )
    )
    numbers = ("goods", "returned", "offer_cost", "orders")
    settled = (
        ripe.select("entry", "arm", COHORT)
        .join(money.collect(), on="entry", how="left")
        .with_columns(pl.col(name).fill_null(0).cast(pl.Int64) for name in numbers)
        .with_columns(
            (pl.col("goods") - pl.col("returned")).alias("kept"),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
            pl.when(pl.col("arm") == TOLD)
            .then(plan.contact_cost)
            .otherwise(0)
            .cast(pl.Int64)
            .alias("contact_cost"),
        )
        .sort("entry")
    )
    return EntryOutcomes(settled=settled, waiting=entries.height - ripe.height)


def _with_windows(entries: pl.DataFrame, plan: ProgrammePlan) -> pl.DataFrame:
    """Entries with arm, cohort, and the moments between which orders count."""
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


def _orders_of(lines: pl.LazyFrame, ripe: pl.DataFrame, plan: ProgrammePlan) -> pl.LazyFrame:
    """Paid orders of the windows, each with its entry.

    A reminder of an unpaid order is for that very order, which was placed before: it counts where
    it has been paid by now, in either arm.
    """
    people = ripe.lazy().select("customer_id").unique()
    theirs = lines.filter(pl.col("customer_id").is_not_null()).join(
        people, on="customer_id", how="semi"
    )
    whole = goods_refunded(whole_orders(theirs)).filter(pl.col("status") == PAID)
    windows = ripe.lazy().select(
        "entry", "customer_id", "arm", "begins", "ends", "reminded_of", "code", "threshold"
    )
    within = (pl.col("ordered_at") >= pl.col("begins")) & (pl.col("ordered_at") < pl.col("ends"))
    if plan.kind == "unpaid":
        within = within | (pl.col("order_id") == pl.col("reminded_of")).fill_null(False)
    return whole.join(windows, on="customer_id", how="inner").filter(within)


def _with_costs(orders: pl.LazyFrame, plan: ProgrammePlan, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Orders with offer_cost, goods (what the offer took off added back) and returned.

    An offer that is open to the whole shop costs among the held back as well.
    """
    none = pl.lit(0, dtype=pl.Int64).alias("offer_cost")
    given_back = (pl.col("refund") - pl.col("amount").clip(upper_bound=0)).alias("returned")
    sold = pl.col("amount").clip(lower_bound=0)
    offer = plan.offer
    if isinstance(offer, MessageOnly):
        return orders.with_columns(none, sold.alias("goods"), given_back)
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
    return together.with_columns((sold + taken_off).alias("goods"), given_back)
