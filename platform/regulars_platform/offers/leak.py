"""Subsidy leak: what an offer would give to orders that would have come anyway."""

from dataclasses import dataclass

import polars as pl

from regulars_platform.offers.costs import would_qualify
from regulars_platform.offers.kinds import Offer, own_multiple
from regulars_platform.offers.thresholds import OWN


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


def forecast_leak(offer: Offer, window_orders: pl.LazyFrame, audience: pl.DataFrame) -> Leak:
    """The leak of an offer towards an audience.

    window_orders: whole orders of a past window as long as the outcome window, of any customers;
    audience: a frame with the column customer_id, one row per customer; where the threshold is each
    one's own, with `threshold` (Int64, ten-thousandths), too.
    """
    people = audience.lazy()
    if own_multiple(offer) is None:
        theirs = window_orders.join(people.select("customer_id"), on="customer_id", how="semi")
    else:
        key = people.select("customer_id", OWN)
        theirs = window_orders.join(key, on="customer_id", how="inner")
    sums = (
        would_qualify(offer, theirs.filter(pl.col("amount") > 0))
        .select(
            pl.len().alias("orders"),
            pl.col("used_offer").sum().alias("qualifying_orders"),
            pl.col("offer_cost").sum().alias("cost"),
        )
        .collect()
        .row(0, named=True)
    )
    return Leak(customers=audience.height, **sums)
