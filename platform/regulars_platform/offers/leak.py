"""Subsidy leak: what an offer would give to orders that would have come anyway."""

from dataclasses import dataclass

import polars as pl

from regulars_platform.fields import WHOLE
from regulars_platform.offers.costs import would_qualify
from regulars_platform.offers.kinds import (
    CashBack,
    FlashSale,
    Offer,
    offer_threshold,
    own_multiple,
)
from regulars_platform.offers.thresholds import OWN, customer_threshold
from regulars_platform.orders.table import MONEY_SCALE, PAID

STEPS = 10
"""Bins from nothing to the threshold; as many again above it, and one without an end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leak:
    """The past orders of an audience over one window, seen as if the offer had been there.

    customers: of the audience; orders: theirs in the window; qualifying_orders: of these, reached
    the threshold without being told of any offer; cost: what they would have been given, in all,
    ten-thousandths.
    """

    customers: int
    orders: int
    qualifying_orders: int
    cost: int

    @property
    def share(self) -> float | None:
        """Share of the orders that qualify anyway; None where there were no orders."""
        return self.qualifying_orders / self.orders if self.orders else None

    @property
    def cost_per_customer(self) -> float | None:
        """Ten-thousandths per customer of the audience; None where there is nobody."""
        return self.cost / self.customers if self.customers else None

    def cost_for(self, customers: int) -> int:
        """Ten-thousandths for so many customers like those of the audience."""
        return round(self.cost * customers / self.customers) if self.customers else 0


def orders_of_audience(window_orders: pl.LazyFrame, audience: pl.DataFrame) -> pl.LazyFrame:
    """The audience's orders of a past window as long as the outcome window.

    window_orders: whole orders, of any customers; audience: customer_id and average_order_value
    (Float64, currency units, as of the plan's day), one row per customer.
    """
    key = audience.lazy().select("customer_id", "average_order_value")
    return window_orders.join(key, on="customer_id", how="inner")


def forecast_leak(offer: Offer, orders: pl.LazyFrame, *, customers: int) -> Leak | None:
    """The leak of an offer towards an audience of so many customers.

    orders: theirs (see `orders_of_audience`). None for an offer that whole orders say nothing of: a
    sale of some products, or cash for following.
    """
    return leak_under(offer, with_thresholds(offer, orders), customers=customers)


def leak_under(offer: Offer, orders: pl.LazyFrame, *, customers: int) -> Leak | None:
    """The same of orders that carry their customers' thresholds (see `with_thresholds`)."""
    if isinstance(offer, FlashSale | CashBack):
        return None
    sums = (
        would_qualify(offer, orders.filter(pl.col("amount") > 0))
        .select(
            pl.len().alias("orders"),
            pl.col("used_offer").sum().alias("qualifying_orders"),
            pl.col("offer_cost").sum().alias("cost"),
        )
        .collect()
        .row(0, named=True)
    )
    return Leak(customers=customers, **sums)


def given_to_one(offer: Offer, usual: float) -> float:
    """What the offer costs on one order of a usual size that reaches its threshold, currency units.

    usual: of the customer's orders, currency units. A flash sale counts as if all of it were on
    sale, cash for following as nothing. Free shipping from 80 for a parcel of 5:

    >>> from regulars_platform.offers.kinds import FreeShipping
    >>> given_to_one(FreeShipping(threshold=800_000, shipping_cost=50_000), 40.0)
    5.0
    """
    if isinstance(offer, FlashSale):
        return usual * offer.percent / WHOLE
    size = pl.lit(round(usual * MONEY_SCALE), dtype=pl.Int64)
    one = pl.LazyFrame({"average_order_value": [float(usual)]}).with_columns(
        pl.max_horizontal(size, customer_threshold(offer, pl.col("average_order_value"))).alias(
            "amount"
        ),
        pl.lit(0, dtype=pl.Int64).alias("discount"),
        pl.lit(PAID).alias("status"),
    )
    leak = forecast_leak(offer, one, customers=1)
    return 0.0 if leak is None else leak.cost / MONEY_SCALE


def orders_by_reach(offer: Offer, orders: pl.LazyFrame) -> tuple[int, ...]:
    """Past orders by what their goods come to in tenths of the threshold: 2 x STEPS + 1 counts.

    Those from place STEPS on reach it, and are the qualifying orders of `forecast_leak`; the last
    count has everything from twice the threshold on. Empty where the offer has no threshold.
    orders: the audience's, with their thresholds (see `with_thresholds`).
    """
    if offer_threshold(offer) is None and own_multiple(offer) is None:
        return ()
    goods = pl.col("amount") + pl.col("discount")
    place = (goods * STEPS // pl.col(OWN).clip(1)).clip(0, 2 * STEPS)
    counted = dict(
        orders.filter((pl.col("amount") > 0) & (pl.col("status") == PAID))
        .group_by(place.alias("place"))
        .len()
        .collect()
        .iter_rows()
    )
    return tuple(counted.get(place, 0) for place in range(2 * STEPS + 1))


def with_thresholds(offer: Offer, orders: pl.LazyFrame) -> pl.LazyFrame:
    """The audience's orders (see `orders_of_audience`) with the threshold that each customer would
    be told, in a column `threshold`."""
    own = customer_threshold(offer, pl.col("average_order_value"))
    return orders.with_columns(own.alias(OWN))
