"""Order lines put together into whole orders, many at once: the same as `whole_orders`, quicker.

What an order is says `whole_orders`. Here an order of one line is that line, and every figure of
the others is one that a group-by works out line by line; only orders with several different coupon
codes are looked at a second time.
"""

import numpy as np
import polars as pl

from regulars_platform.orders.table import PAID, TOLD_LATER

LINE_COLUMNS = (
    "order_id",
    "customer_id",
    "household",
    "ordered_at",
    "channel",
    "status",
    "coupon",
    "amount",
    "discount",
    "order_discount",
    "shipping",
    "refund",
    *TOLD_LATER,
)
"""What is read of the lines."""

ORDER_COLUMNS = tuple(name for name in LINE_COLUMNS if name != "order_discount")
"""Columns of whole orders, in the order of `whole_orders`."""

_MONEY = ("amount", "discount", "refund")


def put_together(lines: pl.LazyFrame) -> pl.DataFrame:
    """Order lines -> `whole_orders` of them, in no fixed order. Holds all of them in memory."""
    found = lines.select(LINE_COLUMNS).collect(engine="streaming")
    several = _of_several_lines(found["order_id"])
    if not several.any():
        return _of_one_line(found)
    if several.all():
        return _of_many_lines(found)
    return pl.concat([_of_one_line(found.filter(~several)), _of_many_lines(found.filter(several))])


def _of_several_lines(order_ids: pl.Series) -> pl.Series:
    """By line: False says that no other line is of the same order."""
    # sorting numbers is several times as quick as counting texts, and two orders with one hash do
    # no harm: they are grouped by their ids
    ids = order_ids.hash(seed=0).to_numpy()
    order = np.argsort(ids)
    ids = ids[order]
    same = ids[1:] == ids[:-1]
    several = np.zeros(len(ids), dtype=np.bool_)
    several[order[1:][same]] = True
    several[order[:-1][same]] = True
    return pl.Series(several)


def _of_one_line(lines: pl.DataFrame) -> pl.DataFrame:
    money = (pl.col(name).fill_null(0) for name in _MONEY)
    whole = pl.col("order_discount").fill_null(0)
    return (
        lines.with_columns(money)
        .with_columns((pl.col("discount") + whole).alias("discount"))
        .select(ORDER_COLUMNS)
    )


def _of_many_lines(lines: pl.DataFrame) -> pl.DataFrame:
    is_paid = pl.col("status") == PAID
    # a line whose status nobody told counts beside paid ones, too
    counts = is_paid.fill_null(True)
    plain = ("customer_id", "household", "ordered_at", "channel", "status", *TOLD_LATER)
    grouped = lines.lazy().group_by("order_id")
    found = grouped.agg(
        *(pl.col(name).min() for name in plain),
        is_paid.any().alias("any_paid"),
        pl.col("coupon").min(),
        pl.col("coupon").max().alias("last_coupon"),
        *(pl.col(name).sum() for name in _MONEY),
        *(
            pl.when(counts).then(pl.col(name)).otherwise(0).sum().alias(f"{name}_paid")
            for name in _MONEY
        ),
        pl.col("order_discount").max(),
        pl.col("shipping").max(),
    ).collect(engine="streaming")
    return _settled(_with_codes(found, lines))


def _with_codes(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """With all codes of an order in `coupon`, sorted, with commas between."""
    several = found.filter(pl.col("coupon") != pl.col("last_coupon")).select("order_id")
    if several.is_empty():
        return found
    codes = (
        lines.select("order_id", "coupon")
        .filter(pl.col("coupon").is_not_null())
        .join(several, on="order_id", how="semi")
        .group_by("order_id")
        .agg(pl.col("coupon").unique().sort().str.join(",").alias("codes"))
    )
    joined = found.join(codes, on="order_id", how="left")
    return joined.with_columns(pl.coalesce("codes", "coupon").alias("coupon"))


def _settled(found: pl.DataFrame) -> pl.DataFrame:
    """One paid line makes the order paid, and leaves out what was not."""
    any_paid = pl.col("any_paid")

    def counted(name: str) -> pl.Expr:
        return pl.when(any_paid).then(pl.col(f"{name}_paid")).otherwise(pl.col(name))

    return found.with_columns(
        pl.when(any_paid).then(pl.lit(PAID)).otherwise(pl.col("status")).alias("status"),
        counted("amount").alias("amount"),
        (counted("discount") + pl.col("order_discount").fill_null(0)).alias("discount"),
        counted("refund").alias("refund"),
    ).select(ORDER_COLUMNS)
