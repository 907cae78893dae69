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

* A gift or points: every order that reached the threshold has them, since no file records it.
* A red packet is an amount off from a threshold of nothing, at most what the goods cost.
* A flash sale is a percentage off the lines of its products (`sales`), whatever else is bought.
* Cash back for following is paid to people, not for orders: no order uses it (`reports.rewards`).

What is sent back takes its discount with it, so an amount or percent off costs only on what was
kept. Free shipping is spent once the parcel is out.

A personal offer counts only with the customer's own code where the orders record codes. Where each
customer has a threshold of their own, the orders carry it in a column `threshold` (Int64, ten-
thousandths, see `thresholds`).
"""

import polars as pl

from regulars_platform.fields import WHOLE
from regulars_platform.offers.kinds import (
    AmountOff,
    BonusPoints,
    CashBack,
    FlashSale,
    FreeShipping,
    Gift,
    MessageOnly,
    Offer,
    PercentOff,
    PriceCut,
    RedPacket,
)
from regulars_platform.offers.sales import SALE_DISCOUNT, SALE_GOODS
from regulars_platform.offers.thresholds import reached_threshold
from regulars_platform.orders.table import MONEY_SCALE, PAID


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
    if isinstance(offer, PriceCut):
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
    used, cost = _cut_if_used(offer) if isinstance(offer, PriceCut) else _given_if_used(offer)
    really = ((pl.col("amount") > 0) & (pl.col("status") == PAID) & used).fill_null(False)
    return orders.with_columns(
        really.cast(pl.Int64).alias("used_offer"),
        pl.when(really).then(cost).otherwise(0).cast(pl.Int64).alias("offer_cost"),
    )


def _cut_if_used(offer: PriceCut) -> tuple[pl.Expr, pl.Expr]:
    goods = pl.col("amount") + pl.col("discount")
    reaches = goods >= reached_threshold(offer)
    match offer:
        case AmountOff():
            return reaches, pl.lit(offer.amount)
        case PercentOff():
            return reaches, goods * offer.percent // WHOLE
        case RedPacket():
            return pl.lit(True), pl.min_horizontal(goods, pl.lit(offer.amount))
        case FlashSale():
            of_sale = pl.col(SALE_GOODS) + pl.col(SALE_DISCOUNT)
            return of_sale > 0, of_sale * offer.percent // WHOLE


def _given_if_used(
    offer: FreeShipping | Gift | BonusPoints | CashBack | MessageOnly,
) -> tuple[pl.Expr, pl.Expr]:
    goods = pl.col("amount") + pl.col("discount")
    reaches = goods >= reached_threshold(offer)
    match offer:
        case FreeShipping():
            return reaches, pl.lit(offer.shipping_cost)
        case Gift():
            return reaches, pl.lit(offer.gift_cost)
        case BonusPoints():
            return reaches, points_cost(offer, goods)
        case CashBack() | MessageOnly():
            return pl.lit(False), pl.lit(0)


def _use(offer: Offer, *, discounts_recorded: bool) -> tuple[pl.Expr, pl.Expr]:
    """(whether an order used the offer, what that cost)."""
    if isinstance(offer, PriceCut):
        return _discount(offer) if discounts_recorded else _assumed_discount(offer)
    goods, reached = pl.col("amount") + pl.col("discount"), reached_threshold(offer)
    match offer:
        case FreeShipping():
            unpaid = pl.col("shipping").is_null() | (pl.col("shipping") == 0)
            return (goods >= reached) & unpaid, pl.lit(offer.shipping_cost)
        case Gift():
            return goods >= reached, pl.lit(offer.gift_cost)
        case BonusPoints():
            return goods >= reached, points_cost(offer, pl.col("amount"))
        case CashBack() | MessageOnly():
            return pl.lit(False), pl.lit(0)


def _discount(offer: PriceCut) -> tuple[pl.Expr, pl.Expr]:
    """What the order records as taken off, at most what the offer gives."""
    amount, discount = pl.col("amount"), pl.col("discount")
    used = (amount + discount >= reached_threshold(offer)) & (discount > 0)
    match offer:
        case AmountOff():
            return used, pl.min_horizontal(discount, pl.lit(offer.amount))
        case PercentOff():
            most = (amount + discount) * offer.percent // WHOLE
            return used, pl.min_horizontal(discount, most)
        case RedPacket():
            return discount > 0, pl.min_horizontal(discount, pl.lit(offer.amount))
        case FlashSale():
            taken = pl.col(SALE_DISCOUNT)
            most = (pl.col(SALE_GOODS) + taken) * offer.percent // WHOLE
            return taken > 0, pl.min_horizontal(taken, most)


def _assumed_discount(offer: PriceCut) -> tuple[pl.Expr, pl.Expr]:
    """Where orders record no discounts: the amount is what was paid after all of the offer."""
    amount, reached = pl.col("amount"), reached_threshold(offer)
    match offer:
        case AmountOff():
            return amount + offer.amount >= reached, pl.lit(offer.amount)
        case PercentOff():
            goods = amount * WHOLE // (WHOLE - offer.percent)
            return goods >= reached, goods - amount
        case RedPacket():
            return pl.lit(True), pl.lit(offer.amount)
        case FlashSale():
            paid = pl.col(SALE_GOODS)
            return paid > 0, paid * WHOLE // (WHOLE - offer.percent) - paid


def points_cost(offer: BonusPoints, goods: pl.Expr) -> pl.Expr:
    """What the points of an order will cost once they are spent: ten-thousandths, rounded down."""
    number = offer.points + offer.per_unit * (goods.clip(0) // MONEY_SCALE)
    return number * offer.point_value * offer.redeemed // WHOLE


def _kept_of(cost: pl.Expr) -> pl.Expr:
    """A discount comes back with the goods: the part of it that belongs to what was kept."""
    kept = pl.col("amount") - pl.min_horizontal("refund", "amount")
    # 128 bits: both factors are money in ten-thousandths
    wide = cost.cast(pl.Int128) * kept.cast(pl.Int128) // pl.col("amount").cast(pl.Int128).clip(1)
    return wide.cast(pl.Int64)
