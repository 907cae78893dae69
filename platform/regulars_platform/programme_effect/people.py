"""One row per customer who was known when the days began, whatever they did in them.

Membership in the holdout is a hash of the id, so among customers known beforehand it is a random
draw; who first buys later is left out of both groups, since whether they come may depend on what
the programme did. Money is Int64 in ten-thousandths.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from regulars_platform.orders.table import PAID, start_of_day
from regulars_platform.programme_effect.quarters import Window
from regulars_platform.reach.holdout import in_holdout

GROUP, HELD, OTHERS = "group", "holdout", "others"
MONEY = ("goods", "returned", "kept", "offer_cost", "contact_cost", "revenue", "before")
FLAGS = ("buyer", "unsubscribed", "complained")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known beside the orders themselves.

    offer_costs: order_id, offer_cost, taken_off (of the price) for orders that used an offer;
    contacts: customer_id, contact_cost (Int64), one row per contact; unsubscribed, complained: ids
    of who did so in these days. discounts: the orders say what was taken off.
    """

    offer_costs: pl.DataFrame
    contacts: pl.DataFrame
    unsubscribed: Sequence[str]
    complained: Sequence[str]
    discounts: bool


def group_rows(orders: pl.LazyFrame, window: Window, known: Known, timezone: str) -> pl.DataFrame:
    """customer_id, group, MONEY, FLAGS, orders, contacts; sorted by customer_id.

    orders: whole orders of known customers (`FeatureStore.orders`). before: what they spent in as
    many days before the first one. Where orders record discounts, every discount counts as a cost
    in both groups alike, whichever offer it came from.
    """
    zone = ZoneInfo(timezone)
    first = start_of_day(window.first, zone)
    stop = start_of_day(window.last + dt.timedelta(days=1), zone)
    earlier = start_of_day(window.first - dt.timedelta(days=window.days), zone)
    moment = pl.col("ordered_at")
    people = (
        orders.filter(moment < first)
        .select(pl.col("customer_id").unique())
        .collect(engine="streaming")
    )
    held = in_holdout(people["customer_id"], salt=window.holdout.salt, share=window.holdout.share)
    paid = orders.filter(pl.col("status") == PAID)
    spent = _spent(paid.filter((moment >= first) & (moment < stop)), known)
    before = _before(paid.filter((moment >= earlier) & (moment < first)))
    contacts = known.contacts.group_by("customer_id").agg(
        pl.col("contact_cost").sum(), pl.len().cast(pl.Int64).alias("contacts")
    )
    numbers = ("goods", "returned", "offer_cost", "paid", "orders", "before")
    return (
        people.with_columns(pl.when(held).then(pl.lit(HELD)).otherwise(pl.lit(OTHERS)).alias(GROUP))
        .join(spent, on="customer_id", how="left")
        .join(before, on="customer_id", how="left")
        .join(contacts, on="customer_id", how="left")
        .with_columns(
            pl.col(name).fill_null(0).cast(pl.Int64)
            for name in (*numbers, "contact_cost", "contacts")
        )
        .with_columns(
            (pl.col("goods") - pl.col("returned")).alias("kept"),
            (pl.col("paid") - pl.col("returned")).alias("revenue"),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
            _among(known.unsubscribed).alias("unsubscribed"),
            _among(known.complained).alias("complained"),
        )
        .drop("paid")
        .sort("customer_id")
    )


def _spent(orders: pl.LazyFrame, known: Known) -> pl.DataFrame:
    """What each customer bought in the days: goods with what offers took off added back."""
    amount, refund = pl.col("amount").clip(lower_bound=0), pl.col("refund")
    returned = refund - pl.col("amount").clip(upper_bound=0)
    costed = orders.join(known.offer_costs.lazy(), on="order_id", how="left").with_columns(
        pl.col("offer_cost").fill_null(0), pl.col("taken_off").fill_null(0)
    )
    if known.discounts:
        # what is sent back takes its discount with it
        share_kept = (amount - refund).clip(lower_bound=0)
        kept = pl.when(amount > 0).then(pl.col("discount") * share_kept // amount).otherwise(0)
        costed = costed.with_columns(
            (pl.col("offer_cost") - pl.col("taken_off") + kept).alias("offer_cost"),
            kept.alias("taken_off"),
        )
    return (
        costed.group_by("customer_id")
        .agg(
            (amount + pl.col("taken_off")).sum().alias("goods"),
            returned.sum().alias("returned"),
            pl.col("offer_cost").sum(),
            amount.sum().alias("paid"),
            (pl.col("amount") > 0).sum().cast(pl.Int64).alias("orders"),
        )
        .collect(engine="streaming")
    )


def _before(orders: pl.LazyFrame) -> pl.DataFrame:
    spend = pl.col("amount") - pl.col("refund")
    return (
        orders.group_by("customer_id").agg(spend.sum().alias("before")).collect(engine="streaming")
    )


def _among(names: Sequence[str]) -> pl.Expr:
    ids = pl.Series(sorted(set(names)), dtype=pl.String).implode()
    return pl.col("customer_id").is_in(ids).cast(pl.Int64)
