"""From which threshold on a customer may use an offer: one for everybody, or each one's own.

An own threshold is the price point at or above `multiple` times the customer's average order value
as of the plan's day, and never below the offer's lowest. It depends on nothing but these, so a
customer who is held back has a threshold under every offer, too, and is measured against it.
"""

import polars as pl

from regulars_experiments.price_points import threshold_column
from regulars_platform.offers.kinds import Offer, ThresholdOffer
from regulars_platform.orders.table import MONEY_SCALE

OWN = "threshold"
"""The column of orders and ledgers with the customer's own threshold, ten-thousandths."""


def customer_threshold(offer: Offer, value: pl.Expr) -> pl.Expr:
    """The threshold (Int64, ten-thousandths) of customers with that average order value.

    value: Float64, currency units, null where the past says nothing. Null where the offer has no
    threshold, or any order can use it.
    """
    if not isinstance(offer, ThresholdOffer):
        return pl.lit(None, dtype=pl.Int64)
    lowest = pl.lit(offer.threshold, dtype=pl.Int64)
    if offer.multiple is None:
        return lowest if offer.threshold else pl.lit(None, dtype=pl.Int64)
    known = (value * MONEY_SCALE).round().cast(pl.Int64)
    own = threshold_column(known, offer.multiple, offer.price_points, offer.threshold)
    return pl.when(known > 0).then(own).otherwise(lowest)


def reached_threshold(offer: Offer) -> pl.Expr:
    """What an order's goods are held against: the column `threshold` where it is each one's own."""
    if not isinstance(offer, ThresholdOffer):
        return pl.lit(None, dtype=pl.Int64)
    return pl.lit(offer.threshold) if offer.multiple is None else pl.col(OWN)
