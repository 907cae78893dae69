"""The campaign's side of the sample: which of the two futures came about, and the true profit."""

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sample_response import AS_OF, THRESHOLD, in_window
from sample_shop import DAY, SHIPPING_FEE, generator, minutes

FROM = dt.date(2026, 6, 22)  # the campaign's export begins here: its first days were known before
MARGIN_PERCENT = 35
CONTACT_COST = 50  # fen per customer written to
UNITS = 100  # ten-thousandths of 1 CNY in a fen


def number_orders(orders: pl.DataFrame, first: int) -> pl.DataFrame:
    """Running order numbers in the order of time; `order` links to the lines.

    orders: with `order` (their row number), customer, minute, status, channel and shipping.
    """
    ordered = orders.sort("minute", "order")
    return ordered.select(
        pl.col("order").cast(pl.Int64),
        pl.Series("number", np.arange(first, first + len(ordered))),
        *("customer", "minute", "status", "channel", "shipping"),
    )


def history_lines(orders: pl.DataFrame, lines: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The export on the eve of AS_OF; half of the returns of its last fortnight are still to come.

    orders, lines: both futures. Columns: those of `number_orders` and of the lines, sorted by
    order number.
    """
    past = number_orders(_rows(orders).filter(pl.col("minute") < minutes(AS_OF)), 1)
    late = generator(seed, 6).random(len(lines)) < 0.5
    recent = pl.col("minute") >= minutes(AS_OF) - 14 * DAY
    return (
        lines.with_row_index("line")
        .with_columns(pl.Series("late", late))
        .join(past, on="order")
        .with_columns(refund=pl.when(recent & pl.col("late")).then(0).otherwise("refund"))
        .sort("number", "line")
    )


def campaign_lines(
    orders: pl.DataFrame, lines: pl.DataFrame, told: NDArray[np.bool_]
) -> pl.DataFrame:
    """The export of the last day, from FROM on, if the customers in `told` were written to.

    orders, lines: both futures. told: one entry per customer. Columns as in `history_lines`.
    """
    reached = pl.lit(pl.Series(told)).gather(pl.col("customer")).fill_null(False)
    rows = (
        _rows(orders)
        .with_columns(told=reached)
        .filter(~pl.col("extra") | pl.col("told"))
        .with_columns(shipping=pl.when("told").then("shipping_told").otherwise("shipping"))
    )
    old = rows.filter(pl.col("minute") < minutes(AS_OF))
    new = rows.filter(pl.col("minute") >= minutes(AS_OF))
    known = number_orders(old, 1).filter(pl.col("minute") >= minutes(FROM))
    numbered = pl.concat([known, number_orders(new, 1 + len(old))])
    return (
        lines.with_row_index("line")
        .join(numbered, on="order")
        .join(rows.select(pl.col("order").cast(pl.Int64), "told"), on="order")
        .filter(~pl.col("padding") | pl.col("told"))
        .sort("number", "line")
    )


def net_profits(orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """What each customer brings in both futures, in ten-thousandths of 1 CNY, exactly.

    Columns: customer, silent (not written to) and told: the margin on goods of paid orders in the
    window, less what came back, less parcels given, less the message. Customers without any order
    in the window are missing: silent is 0 for them, told is minus the message.
    """
    counted = (
        _rows(orders)
        .filter(pl.Series(in_window(orders)), pl.col("status") == 0)
        .drop_nulls("customer")
    )
    margin = (
        pl.col("price") * pl.col("quantity") - pl.col("discount") - pl.col("refund")
    ) * MARGIN_PERCENT
    goods = lines.join(
        counted.select(pl.col("order").cast(pl.Int64), "customer", "extra"), on="order"
    )
    gifts = counted.group_by("customer").agg(
        (pl.col("amount_told") >= THRESHOLD).sum().cast(pl.Int64).alias("parcels")
    )
    return (
        goods.group_by("customer")
        .agg(
            margin.filter(~pl.col("extra"), ~pl.col("padding")).sum().alias("silent"),
            margin.sum().alias("margin_told"),
        )
        .join(gifts, on="customer")
        .select(
            "customer",
            "silent",
            (
                pl.col("margin_told")
                - pl.col("parcels") * SHIPPING_FEE * UNITS
                - CONTACT_COST * UNITS
            ).alias("told"),
        )
        .sort("customer")
    )


def _rows(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.with_row_index("order")
