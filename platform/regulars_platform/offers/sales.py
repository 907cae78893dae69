"""The part of an order that a flash sale is about: its lines with the named products."""

import polars as pl

from regulars_platform.offers.kinds import FlashSale
from regulars_platform.orders.table import PAID

SALE_GOODS, SALE_DISCOUNT = "sale_goods", "sale_discount"
"""Paid for the products of the sale, and the discounts on their lines; ten-thousandths."""


def sale_column(name: str, place: int) -> str:
    """The column of orders with SALE_GOODS or SALE_DISCOUNT of the arm at that place, from 0."""
    return f"{name}_{place}"


def with_sale(orders: pl.LazyFrame, lines: pl.LazyFrame, offer: FlashSale) -> pl.LazyFrame:
    """Whole orders with SALE_GOODS and SALE_DISCOUNT; 0 where none of the products is in one.

    lines: those of the orders. Only paid lines count.
    """
    named = pl.col("product").is_in(pl.Series(offer.products, dtype=pl.String).implode())
    sold = (
        lines.filter((pl.col("status") == PAID) & named)
        .group_by("order_id")
        .agg(
            pl.col("amount").sum().clip(0).alias(SALE_GOODS),
            pl.col("discount").sum().alias(SALE_DISCOUNT),
        )
    )
    return orders.join(sold, on="order_id", how="left").with_columns(
        pl.col(SALE_GOODS, SALE_DISCOUNT).fill_null(0)
    )
