"""Which orders used an offer, and what that cost the shop: integers, order by order.

Three things that order files do not say are decided here, always so that the cost is rather too
high than too low, and written on the report's method page:

* Free shipping: an order that reached the threshold and paid no shipping, or whose shipping is not
  recorded, used the offer and cost the shop its shipping.
* Amount or percent off where the orders record discounts (`discounts_recorded`): goods before
  discounts = amount + discount; an order used the offer if these reached the threshold and it had
  any discount. The cost is that discount, at most what the offer gives.
* Where they do not, the amount is taken as what was paid after the offer, so goods before it =
  amount + amount off, or amount / (1 - percent off), rounded down; an order used the offer if
  these reached the threshold, and cost the whole of it.

What is sent back takes its discount with it, so an amount or percent off costs only on what was
kept. Free shipping is spent once the parcel is out.

A personal offer counts only with the customer's own code where the orders record codes. Where each
customer has a threshold of their own, the orders carry it in a column `threshold` (Int64, ten-
thousandths, see `thresholds`).
"""

import polars as pl

from regulars_platform.fields import WHOLE
from regulars_platform.offers.kinds import AmountOff, FreeShipping, MessageOnly, Offer, PercentOff
from regulars_platform.offers.thresholds import reached_threshold
from regulars_platform.orders.table import PAID


def offer_use(
    offer: Offer, orders: pl.LazyFrame, *, discounts_recorded: bool, coupons_recorded: bool
) -> pl.LazyFrame:
    """Whole orders (see `whole_orders`) with `used_offer` (0 or 1) and `offer_cost` added.

    Both Int64, cost in ten-thousandths, never null. Only paid purchases (amount > 0) use an offer.
    orders: those of customers who may use the offer. For a personal offer in a shop whose orders
    record coupons they need a column `code`: the code given to the order's customer, or null.
    """
    used, cost = _use(offer, discounts_recorded=discounts_recorded)
    bought = (pl.col("amount") > 0) & (pl.col("status") == PAID)
    if offer.reach == "personal" and coupons_recorded:
        given = pl.col("coupon").str.to_uppercase().str.replace_all(r"\s", "")
        own = pl.col("code").str.strip_chars().str.to_uppercase()
        used = used & given.str.replace_all("[;|]", ",").str.split(",").list.contains(own)
    really = (bought & used).fill_null(False)
    if isinstance(offer, AmountOff | PercentOff):
        cost = _kept_of(cost)
    return orders.with_columns(
        really.cast(pl.Int64).alias("used_offer"),
        pl.when(really).then(cost).otherwise(0).cast(pl.Int64).alias("offer_cost"),
    )


def discounts_are_recorded(lines: pl.LazyFrame) -> bool:
    """Whether any of the shop's order lines has a discount, so that discounts can be believed."""
    some = ((pl.col("discount") > 0) | (pl.col("order_discount") > 0)).any()
    return bool(lines.select(some).collect(engine="streaming").item())


def coupons_are_recorded(lines: pl.LazyFrame) -> bool:
    """Whether any of the shop's order lines names the code it used."""
    some = pl.col("coupon").is_not_null().any()
    return bool(lines.select(some).collect(engine="streaming").item())


def would_qualify(offer: Offer, orders: pl.LazyFrame) -> pl.LazyFrame:
    """Orders from before the offer with `used_offer` and `offer_cost` as if it had been there.

    Nothing had been taken off for this offer then, so goods are amount + discount as they stand.
    """
    goods = pl.col("amount") + pl.col("discount")
    reaches = goods >= reached_threshold(offer)
    match offer:
        case FreeShipping():
            used, cost = reaches, pl.lit(offer.shipping_cost)
        case AmountOff():
            used, cost = reaches, pl.lit(offer.amount)
        case PercentOff():
            used, cost = reaches, goods * offer.percent // WHOLE
        case MessageOnly():
            used, cost = pl.lit(False), pl.lit(0)
    really = ((pl.col("amount") > 0) & (pl.col("status") == PAID) & used).fill_null(False)
    return orders.with_columns(
        really.cast(pl.Int64).alias("used_offer"),
        pl.when(really).then(cost).otherwise(0).cast(pl.Int64).alias("offer_cost"),
    )


def _use(offer: Offer, *, discounts_recorded: bool) -> tuple[pl.Expr, pl.Expr]:
    amount, discount = pl.col("amount"), pl.col("discount")
    threshold = reached_threshold(offer)
    match offer:
        case FreeShipping():
            unpaid = pl.col("shipping").is_null() | (pl.col("shipping") == 0)
            return (amount + discount >= threshold) & unpaid, pl.lit(offer.shipping_cost)
        case AmountOff() if discounts_recorded:
            used = (amount + discount >= threshold) & (discount > 0)
            return used, pl.min_horizontal(discount, pl.lit(offer.amount))
        case AmountOff():
            return amount + offer.amount >= threshold, pl.lit(offer.amount)
        case PercentOff() if discounts_recorded:
            goods = amount + discount
            used = (goods >= threshold) & (discount > 0)
            return used, pl.min_horizontal(discount, goods * offer.percent // WHOLE)
        case PercentOff():
            goods = amount * WHOLE // (WHOLE - offer.percent)
            return goods >= threshold, goods - amount
        case MessageOnly():
            return pl.lit(False), pl.lit(0)


def _kept_of(cost: pl.Expr) -> pl.Expr:
    """A discount comes back with the goods: the part of it that belongs to what was kept."""
    kept = pl.col("amount") - pl.min_horizontal("refund", "amount")
    # 128 bits: both factors are money in ten-thousandths
    wide = cost.cast(pl.Int128) * kept.cast(pl.Int128) // pl.col("amount").cast(pl.Int128).clip(1)
    return wide.cast(pl.Int64)
