"""One row per customer who was known when the days began, whatever they did in them.

Membership in the holdout is a hash of the id, so among customers known beforehand it is a random
draw; who comes later is left out of both groups, since whether they come may depend on what the
programme did. Money is Int64 in ten-thousandths.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.goods_costs import (
    cost_coverage,
    flat_margin,
    order_margins,
    product_costs,
    with_offer_added_back,
)
from regulars_platform.orders.table import PAID, start_of_day
from regulars_platform.programme_effect.offer_costs import OfferCosts
from regulars_platform.programme_effect.quarters import Window
from regulars_platform.reach.holdout import in_holdout

GROUP, HELD, OTHERS = "group", "holdout", "others"
MONEY = ("goods", "returned", "kept", "offer_cost", "contact_cost", "revenue", "before")
MARGINS = ("goods_margin", "returned_margin", "kept_margin")
"""Where costs per product are known, in the places of goods, returned and kept."""
FLAGS = ("buyer", "unsubscribed", "complained")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known beside the orders themselves.

    offers: what the offers of the days cost, whoever used them; contacts: customer_id, contact_cost
    (Int64), one row per contact; unsubscribed, complained: ids of who did so in these days.
    discounts: the orders say what was taken off. goods: what goods earn by their costs; None where
    no cost is known.
    """

    offers: OfferCosts
    contacts: pl.DataFrame
    unsubscribed: Sequence[str]
    complained: Sequence[str]
    discounts: bool
    goods: "GoodsEarned | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GoodsEarned:
    """margins: per order of the days (see `earned_by_order`); flat: basis points, of the goods
    whose cost is not known; known_share: of what was sold in the days, 0 to 1; products_version:
    of the file that tells the costs."""

    margins: pl.LazyFrame
    flat: int
    known_share: float
    products_version: int


def goods_earned(
    lines: pl.LazyFrame, shop_dir: Path, window: Window, flat: int, timezone: str
) -> GoodsEarned | None:
    """What the goods of the days earn by the costs that the shop brought; None where none holds.

    lines: order lines at the version.
    """
    products = DatasetTable(shop_dir, "products").version()
    if products is None:
        return None
    zone = ZoneInfo(timezone)
    first = start_of_day(window.first, zone)
    stop = start_of_day(window.last + dt.timedelta(days=1), zone)
    theirs = lines.filter((pl.col("ordered_at") >= first) & (pl.col("ordered_at") < stop))
    costs = product_costs(shop_dir, products)
    share = cost_coverage(theirs, costs).share
    if not share:
        return None
    return GoodsEarned(
        margins=earned_by_order(theirs, costs, flat),
        flat=flat,
        known_share=share,
        products_version=products,
    )


def earned_by_order(lines: pl.LazyFrame, costs: pl.LazyFrame, flat: int) -> pl.LazyFrame:
    """Per order what `order_margins` says, and refunded: all that was given back, freight too."""
    given = lines.filter(pl.col("status") == PAID).group_by("order_id")
    refunded = given.agg(pl.col("refund").sum().alias("refunded"))
    return order_margins(lines, costs, flat).join(refunded, on="order_id", how="left")


def group_rows(
    people: pl.Series, orders: pl.LazyFrame, window: Window, known: Known, timezone: str
) -> pl.DataFrame:
    """customer_id, group, MONEY (and MARGINS where costs are known), FLAGS, orders, contacts;
    sorted by customer_id.

    people: ids of everybody known before the days (`known_before`); orders: whole orders
    (`FeatureStore.orders`). before: what they spent in as
    many days before the first one. Where orders record discounts, every discount counts as a cost
    in both groups alike, whichever offer it came from.
    """
    zone = ZoneInfo(timezone)
    first = start_of_day(window.first, zone)
    stop = start_of_day(window.last + dt.timedelta(days=1), zone)
    earlier = start_of_day(window.first - dt.timedelta(days=window.days), zone)
    moment = pl.col("ordered_at")
    held = in_holdout(people, salt=window.holdout.salt, share=window.holdout.share)
    paid = orders.filter(pl.col("status") == PAID)
    spent = _spent(paid.filter((moment >= first) & (moment < stop)), known)
    before = _before(paid.filter((moment >= earlier) & (moment < first)))
    contacts = known.contacts.group_by("customer_id").agg(
        pl.col("contact_cost").sum(), pl.len().cast(pl.Int64).alias("contacts")
    )
    margins = () if known.goods is None else MARGINS[:2]
    numbers = ("goods", "returned", "offer_cost", "paid", "orders", "before", *margins)
    return (
        people.alias("customer_id")
        .to_frame()
        .with_columns(pl.when(held).then(pl.lit(HELD)).otherwise(pl.lit(OTHERS)).alias(GROUP))
        .join(spent, on="customer_id", how="left")
        .join(before, on="customer_id", how="left")
        .join(contacts, on="customer_id", how="left")
        .join(known.offers.rewards.rename({"offer_cost": "_rewards"}), on="customer_id", how="left")
        .with_columns(pl.col("offer_cost").fill_null(0) + pl.col("_rewards").fill_null(0))
        .with_columns(
            pl.col(name).fill_null(0).cast(pl.Int64)
            for name in (*numbers, "contact_cost", "contacts")
        )
        .with_columns(
            (pl.col("goods") - pl.col("returned")).alias("kept"),
            *([(pl.col(margins[0]) - pl.col(margins[1])).alias(MARGINS[2])] if margins else []),
            (pl.col("paid") - pl.col("returned")).alias("revenue"),
            (pl.col("orders") > 0).cast(pl.Int64).alias("buyer"),
            _among(known.unsubscribed).alias("unsubscribed"),
            _among(known.complained).alias("complained"),
        )
        .drop("paid", "_rewards")
        .sort("customer_id")
    )


def _spent(orders: pl.LazyFrame, known: Known) -> pl.DataFrame:
    """What each customer bought in the days: goods with what offers took off added back."""
    amount, refund = pl.col("amount").clip(lower_bound=0), pl.col("refund")
    returned = refund - pl.col("amount").clip(upper_bound=0)
    costed = orders.join(known.offers.by_order.lazy(), on="order_id", how="left").with_columns(
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
        _with_margins(costed, known.goods)
        .group_by("customer_id")
        .agg(
            (amount + pl.col("taken_off")).sum().alias("goods"),
            returned.sum().alias("returned"),
            pl.col("offer_cost").sum(),
            amount.sum().alias("paid"),
            (pl.col("amount") > 0).sum().cast(pl.Int64).alias("orders"),
            *([] if known.goods is None else [pl.col(name).sum() for name in MARGINS[:2]]),
        )
        .collect(engine="streaming")
    )


def _with_margins(orders: pl.LazyFrame, goods: GoodsEarned | None) -> pl.LazyFrame:
    """Orders with goods_margin (what offers took off added back) and returned_margin."""
    if goods is None:
        return orders
    amount = pl.col("amount")
    earned = with_offer_added_back(pl.col("taken_off"), amount, goods.flat)
    # refunds of whole orders are without the freight, which never counted as income
    freight = pl.col("refunded") - pl.col("refund")
    return orders.join(goods.margins, on="order_id", how="left").with_columns(
        pl.when(amount > 0).then(earned).otherwise(0).alias("goods_margin"),
        (pl.col("back") - flat_margin(freight, goods.flat)).alias("returned_margin"),
    )


def _before(orders: pl.LazyFrame) -> pl.DataFrame:
    spend = pl.col("amount") - pl.col("refund")
    return (
        orders.group_by("customer_id").agg(spend.sum().alias("before")).collect(engine="streaming")
    )


def _among(names: Sequence[str]) -> pl.Expr:
    ids = pl.Series(sorted(set(names)), dtype=pl.String).implode()
    return pl.col("customer_id").is_in(ids).cast(pl.Int64)
