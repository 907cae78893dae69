"""What the sample shop knows by its last day: every order, and who placed which."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from sample_response import SETTLE_UNTIL
from sample_shop import Floats

WRITTEN = SETTLE_UNTIL  # the day on which the other files were written, the last of the orders


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The shop's books. Money in fen.

    lines: the two exports together, the later one where both have an order. orders: number,
    customer (may be null), moment, day, status, channel, amount (goods), refund; in the order of
    time. people: one row per customer who paid for an order, by customer: first, last (moments),
    orders, spend (less refunds), spend_365, channel of the first order, returned (lines).
    """

    lines: pl.DataFrame
    orders: pl.DataFrame
    people: pl.DataFrame

    @property
    def paid(self) -> pl.DataFrame:
        """Paid orders of known customers."""
        return self.orders.filter(pl.col("status") == "Paid").drop_nulls("customer")


def known_by_the_end(history: pl.DataFrame, campaign: pl.DataFrame) -> Known:
    """From the two exports as `make_sample.as_export` makes them."""
    older = history.join(campaign.select("Order number").unique(), on="Order number", how="anti")
    lines = pl.concat([older, campaign]).with_columns(
        pl.col("Ordered at").str.to_datetime("%Y-%m-%d %H:%M").alias("moment"),
        *((pl.col(name) * 100).round().cast(pl.Int64).alias(name) for name in _MONEY),
    )
    orders = (
        lines.group_by("Order number", maintain_order=True)
        .agg(
            pl.col("Customer").first().alias("customer"),
            pl.col("moment").first(),
            pl.col("moment").first().dt.date().alias("day"),
            pl.col("Status").first().alias("status"),
            pl.col("Channel").first().alias("channel"),
            pl.col("Amount").sum().alias("amount"),
            pl.col("Refunded").sum().alias("refund"),
            (pl.col("Refunded") > 0).sum().alias("returned"),
        )
        .rename({"Order number": "number"})
        .sort("moment", "number")
    )
    return Known(lines=lines, orders=orders, people=_people(orders))


_MONEY = ("Unit price", "Discount", "Amount", "Shipping fee", "Refunded")


def _people(orders: pl.DataFrame) -> pl.DataFrame:
    paid = orders.filter(pl.col("status") == "Paid").drop_nulls("customer")
    net = pl.col("amount") - pl.col("refund")
    recent = pl.col("day") > WRITTEN - dt.timedelta(days=365)
    return (
        paid.group_by("customer", maintain_order=True)
        .agg(
            pl.col("moment").min().alias("first"),
            pl.col("moment").max().alias("last"),
            pl.len().alias("orders"),
            net.sum().alias("spend"),
            net.filter(recent).sum().alias("spend_365"),
            pl.col("channel").first(),
            pl.col("returned").sum(),
        )
        .sort("customer")
    )


def moments_between(
    rng: np.random.Generator, first: dt.date, last: dt.date, n: int
) -> list[dt.datetime]:
    """n moments by day, from the first day to the last, in the waking hours."""
    days = rng.integers(0, (last - first).days + 1, n)
    minutes = rng.integers(8 * 60, 22 * 60, n)
    start = dt.datetime.combine(first, dt.time())
    return [
        start + dt.timedelta(days=int(day), minutes=int(minute))
        for day, minute in zip(days, minutes, strict=True)
    ]


def pick(rng: np.random.Generator, n: int, weights: Floats, size: int) -> list[int]:
    """`size` different places of n, by weight; ascending."""
    chosen = rng.choice(n, size, replace=False, p=weights / weights.sum())
    return sorted(int(place) for place in chosen)


def clock(moment: dt.datetime) -> str:
    """As the shop's system writes moments."""
    return moment.strftime("%Y-%m-%d %H:%M")


def yuan(fen: int) -> str:
    """As the shop's system writes money."""
    return f"{fen / 100:.2f}"
