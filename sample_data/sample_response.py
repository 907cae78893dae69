"""How the customers of the sample shop truly answer "free shipping from 80 until 16 August".

Every customer gets both futures, whoever is written to later: the orders they place anyway, and
what changes if the message reaches them. Three things can change:

- an extra order, placed because of the message;
- padding: an order below the threshold grows by one article until the parcel is free;
- the gift: an order that reached the threshold anyway now costs the shop its parcel.

How much of each depends on how the customer has bought so far, in groups with known cut-offs.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sample_shop import (
    DAY,
    PRICES,
    SHIPPING_FEE,
    Ints,
    People,
    draw_status,
    fill_baskets,
    minute_of_day,
    minutes,
    price_lines,
)

AS_OF = dt.date(2026, 7, 1)  # the history ends before this day
SEND = dt.date(2026, 7, 6)
OUTCOME_END = dt.date(2026, 8, 16)  # last day that counts
SETTLE_UNTIL = dt.date(2026, 8, 30)  # last day of the campaign's file
THRESHOLD = 8000  # fen


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """The true answer of one group: chance of an extra order, and of padding one below T."""

    name: str
    extra: float
    padding: float


# in the order in which a customer is put into the first group that fits, see `group_of`
GROUPS = (
    Response(name="Frequent buyers", extra=0.0, padding=0.10),
    Response(name="New customers", extra=0.22, padding=0.25),
    Response(name="Gone quiet", extra=0.20, padding=0.25),
    Response(name="Dormant", extra=0.0, padding=0.05),
    Response(name="everyone else", extra=0.0, padding=0.05),
)


def group_of(orders: pl.DataFrame, people: People) -> Ints:
    """Index into GROUPS per customer, from the paid orders before AS_OF; -1 without any.

    The cut-offs are those of the campaign's segments, so that each segment has one true answer.
    """
    past = (
        orders.drop_nulls("customer")
        .filter(pl.col("minute") < minutes(AS_OF), pl.col("status") == 0)
        .group_by("customer")
        .agg(
            pl.len().alias("n"),
            pl.col("minute").min().alias("first"),
            pl.col("minute").max().alias("last"),
        )
    )
    who = past["customer"].to_numpy()
    count = past["n"].to_numpy()
    today = minutes(AS_OF) // DAY
    first_days = today - past["first"].to_numpy() // DAY
    last_days = today - past["last"].to_numpy() // DAY
    group = np.full(len(people.first), -1, dtype=np.int64)
    group[who] = np.select(
        [
            (count >= 5) & (last_days <= 90),
            first_days <= 120,
            (count >= 2) & (last_days >= 60) & (last_days <= 270),
            last_days >= 180,
        ],
        [0, 1, 2, 3],
        default=4,
    )
    return group


def extra_orders(rng: np.random.Generator, people: People, group: Ints) -> pl.DataFrame:
    """The orders that only the message brings, columns as in `simulate_orders`."""
    chance = np.array([response.extra for response in GROUPS] + [0.0])[group]
    who = np.flatnonzero((rng.random(len(group)) < chance) & ~people.wholesale)
    n = len(who)
    target = people.basket[who] * np.exp(rng.normal(0, 0.22, n))
    # two in three of those who come for the free parcel fill the basket up to it
    reached = np.maximum(target, THRESHOLD * rng.uniform(1.02, 1.15, n))
    days = (OUTCOME_END - SEND).days + 1
    patience = 8.0  # mean days to the order, cut off at the end of the window
    delay = -patience * np.log1p(-rng.random(n) * (1 - np.exp(-days / patience)))
    return pl.DataFrame(
        {
            "customer": who,
            "minute": minutes(SEND)
            + delay.astype(np.int64) * DAY
            + np.maximum(minute_of_day(rng, n), 600),
            "status": draw_status(rng, n),
            "channel": people.channel[who],
            "rate": np.zeros(n, dtype=np.int64),
            "target": np.where(rng.random(n) < 2 / 3, reached, target),
        }
    )


def padding_lines(
    rng: np.random.Generator, orders: pl.DataFrame, lines: pl.DataFrame, group: Ints
) -> pl.DataFrame:
    """One more article for some orders between 60% of the threshold and the threshold."""
    amount = order_amounts(orders, lines)
    customer = orders["customer"].fill_null(-1).to_numpy()
    chance = np.where(
        customer < 0, 0.0, np.array([g.padding for g in GROUPS] + [0.0])[group[customer]]
    )
    open_order = in_window(orders) & (amount >= 0.6 * THRESHOLD) & (amount < THRESHOLD)
    order = np.flatnonzero(open_order & (rng.random(len(orders)) < chance))
    missing = THRESHOLD - amount[order]
    above = PRICES[None, :] - missing[:, None]
    fits = np.cumsum((above >= 0) & (above <= 2000), axis=1)
    pick = np.ceil(rng.random(len(order)) * fits[:, -1])
    product = (fits < pick[:, None]).sum(axis=1)
    return price_lines(rng, orders, order, product, np.ones(len(order), dtype=np.int64))


def order_amounts(orders: pl.DataFrame, lines: pl.DataFrame) -> Ints:
    """Goods after discounts per order, fen."""
    amount = (lines["price"] * lines["quantity"] - lines["discount"]).to_numpy()
    total = np.bincount(lines["order"].to_numpy(), amount, minlength=len(orders))
    return np.rint(total).astype(np.int64)


def in_window(orders: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether an order falls between the send date and the end of the outcome window."""
    minute = orders["minute"].to_numpy()
    return (minute >= minutes(SEND)) & (minute < minutes(OUTCOME_END) + DAY)


def both_futures(
    rng: np.random.Generator,
    people: People,
    orders: pl.DataFrame,
    lines: pl.DataFrame,
    group: Ints,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines of both futures together.

    `orders` gains: extra (placed only if written to), amount and amount_told (fen, without and with
    padding), shipping and shipping_told (fen). `lines` gains: padding (bought only if written to).
    """
    extra = extra_orders(rng, people, group)
    extra_lines = fill_baskets(rng, extra).with_columns(pl.col("order") + len(orders))
    padding = padding_lines(rng, orders, lines, group)
    every_order = pl.concat(
        [orders.with_columns(extra=pl.lit(False)), extra.with_columns(extra=pl.lit(True))]
    )
    own_lines = pl.concat([lines, extra_lines])
    every_line = pl.concat(
        [own_lines.with_columns(padding=pl.lit(False)), padding.with_columns(padding=pl.lit(True))]
    )
    amount, amount_told = (order_amounts(every_order, part) for part in (own_lines, every_line))
    fee = np.where(every_order["customer"].is_null().to_numpy(), 0, SHIPPING_FEE)
    free = in_window(every_order) & (amount_told >= THRESHOLD)
    return (
        every_order.with_columns(
            pl.Series("amount", amount),
            pl.Series("amount_told", amount_told),
            pl.Series("shipping", fee),
            pl.Series("shipping_told", np.where(free, 0, fee)),
        ),
        every_line,
    )
