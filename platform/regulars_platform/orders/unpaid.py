"""Orders that still wait for their payment."""

import datetime as dt
from pathlib import Path

import polars as pl

from regulars_platform.orders.table import PAID, UNPAID, OrdersTable, whole_orders


def waiting_for_payment(orders: pl.LazyFrame, before: dt.datetime | None = None) -> pl.LazyFrame:
    """Orders not paid, of customers who have paid for none since.

    Columns: order_id, customer_id, ordered_at. orders: whole orders (see `whole_orders`); those
    placed at `before` or later are not looked at.
    """
    known = orders.filter(pl.col("amount") > 0)
    if before is not None:
        known = known.filter(pl.col("ordered_at") < before)
    unpaid = known.filter(pl.col("status") == UNPAID)
    waiting = unpaid.select("customer_id")
    paid = (
        known.filter(pl.col("status") == PAID)
        .join(waiting, on="customer_id", how="semi")
        .group_by("customer_id")
        .agg(pl.col("ordered_at").max().alias("bought_at"))
    )
    later = (pl.col("bought_at") > pl.col("ordered_at")).fill_null(False)
    return (
        unpaid.join(paid, on="customer_id", how="left")
        .filter(~later)
        .select("order_id", "customer_id", "ordered_at")
    )


def still_unpaid(shop_dir: Path, version: int, customers: pl.Series) -> set[str]:
    """Numbers of the orders of these customers that wait for payment by the orders at `version`."""
    theirs = pl.LazyFrame({"customer_id": customers.unique()}, schema={"customer_id": pl.String})
    lines = OrdersTable(shop_dir).scan(version).join(theirs, on="customer_id", how="semi")
    waiting = waiting_for_payment(whole_orders(lines))
    return set(waiting.select("order_id").collect(engine="streaming")["order_id"])
