"""Both futures of a campaign in the sample shop: how its customers answer what they are told.

Nobody's answer hangs on the arm that was drawn for them: everybody has the orders that they place
anyway, and the one that being told would bring. The ledger says which of the two comes about.
What is true of this world, and of this world alone:

- Customers new within 120 days, and those with two orders or more who last bought 60 to 270 days
  ago, place one more order when told: 22 and 20 in a hundred of them do.
- Of those for whom the threshold is above 1.7 times what they usually spend a quarter as many do.
- Two in three of these orders are filled up to the threshold where it is within reach.
- Nobody else answers: frequent buyers take the offer on orders that they place anyway, and the
  dormant stay away.
- Nothing comes back, and no new customers arrive.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.thresholds import arm_threshold, with_arm_thresholds
from regulars_platform.guided.files import history_lines
from regulars_platform.offers.kinds import Offer
from regulars_platform.orders.table import MONEY_SCALE

FEN = MONEY_SCALE // 100
"""Ten-thousandths in a hundredth."""

NEW_DAYS, NEW_ANSWER = 120, 0.22
QUIET_DAYS, QUIET_ANSWER = (60, 270), 0.20
REACH, FAR_ANSWER = 1.7, 0.25
PATIENCE = 8.0  # mean days from being told to the order
FILLED = 2 / 3
MOST_ANYWAY = 8  # orders of one customer in the days of one file


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Both futures of a campaign: every order that is placed in either.

    orders: order (its place), customer, moment, extra (placed only if told), in_window, and of
    extra ones `comes_<i>` (placed if told in arm i) and fills (filled up to the threshold). lines:
    order, line and what was bought, money in hundredths. ledger: customer (a number), arm, segment,
    and `under_<i>` per arm: the threshold there.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    ledger: pl.DataFrame
    plan: Plan


def build_world(
    ledger: pl.DataFrame, plan: Plan, *, salt: str, last_day: dt.date, begins: dt.date
) -> World:
    """Both futures from `begins` until returns settle. The same arguments give the same world.

    ledger: columns as in LEDGER_SCHEMA; last_day: of the sample's history; begins: the first day
    that no file of the shop has told of yet.
    """
    rng = np.random.default_rng(list(hashlib.sha256(salt.encode()).digest()))
    drawn = (
        with_arm_thresholds(ledger, plan.arms, unit=plan.unit)
        .with_columns(
            pl.col("customer_id").str.tail(-1).cast(pl.Int64, strict=False).alias("customer")
        )
        .drop_nulls("customer")
        .sort("customer")
    )
    past = _past_orders(last_day)
    people = _people(past, begins)
    anyway = _orders_anyway(rng, people, past, begins, plan.settle_until)
    extra = _extra_orders(rng, people, past, drawn, plan)
    orders = (
        pl.concat([anyway, extra], how="diagonal")
        .sort("moment", "customer", "extra")
        .with_row_index("order")
        .with_columns(
            pl.col("moment")
            .dt.date()
            .is_between(plan.send_date, plan.outcome_end)
            .alias("in_window")
        )
    )
    goods = _goods(last_day).join(
        orders.select("order", pl.col("like").alias("copied")), on="copied"
    )
    return World(
        orders=orders,
        lines=goods.sort("order", "line").drop("copied"),
        ledger=drawn,
        plan=plan,
    )


def _past_orders(last_day: dt.date) -> pl.DataFrame:
    """The paid orders of the history that have a customer: order, customer, moment, worth."""
    return (
        history_lines(last_day)
        .drop_nulls("customer")
        .filter(pl.col("status") == 0)
        .group_by("order")
        .agg(
            pl.col("customer").first(),
            pl.col("moment").first(),
            (pl.col("price") * pl.col("quantity")).sum().alias("worth"),
        )
        .sort("customer", "order")
    )


def _goods(last_day: dt.date) -> pl.DataFrame:
    """What the orders that are copied were made of, at full prices: copied, line, goods."""
    return history_lines(last_day).select(
        pl.col("order").alias("copied"),
        pl.int_range(pl.len()).over("order").alias("line"),
        *("channel", "product", "quantity", "price"),
        pl.col("shipping"),
    )


def _people(past: pl.DataFrame, begins: dt.date) -> pl.DataFrame:
    """One row per customer by number: from and orders (their rows in `past`), worth, first, last
    (days before), and the orders per day that they place anyway."""
    day = pl.lit(begins) - pl.col("moment").dt.date()
    rate = (
        (pl.col("lately") + 0.2)
        / (pl.min_horizontal(pl.col("first"), 365) + 45)
        * (-pl.col("last") / 150).exp()
    )
    return (
        past.with_row_index("row")
        .group_by("customer")
        .agg(
            pl.col("row").min().cast(pl.Int64).alias("from"),
            pl.len().cast(pl.Int64).alias("orders"),
            pl.col("worth").mean(),
            day.dt.total_days().max().alias("first"),
            day.dt.total_days().min().alias("last"),
            (day.dt.total_days() <= 365).sum().alias("lately"),
        )
        .sort("customer")
        .with_columns(rate.alias("rate"))
    )


def _orders_anyway(
    rng: np.random.Generator,
    people: pl.DataFrame,
    past: pl.DataFrame,
    begins: dt.date,
    ends: dt.date,
) -> pl.DataFrame:
    days = (ends - begins).days + 1
    count = np.minimum(rng.poisson(people["rate"].to_numpy() * days), MOST_ANYWAY)
    who = np.repeat(np.arange(people.height), count)
    after = rng.integers(0, days, len(who))
    return (
        _copied(rng, people, past, who)
        .with_columns(pl.Series("after", after))
        .with_columns(
            (
                pl.lit(begins).cast(pl.Datetime("us")) + pl.duration(days="after") + pl.col("clock")
            ).alias("moment"),
            pl.lit(False).alias("extra"),
        )
        .drop("clock", "after")
    )


def _extra_orders(
    rng: np.random.Generator,
    people: pl.DataFrame,
    past: pl.DataFrame,
    drawn: pl.DataFrame,
    plan: Plan,
) -> pl.DataFrame:
    """The order that being told would bring; who would place it under the one arm and not under
    the other is the same throw, held against another chance."""
    known = people.with_row_index("place").join(
        drawn.select("customer", *(arm_threshold(i) for i in range(len(plan.arms)))),
        on="customer",
        how="inner",
        maintain_order="left",
    )
    throw, fills = rng.random(known.height), rng.random(known.height) < FILLED
    days = plan.window_days
    late = -PATIENCE * np.log1p(-rng.random(known.height) * (1 - np.exp(-days / PATIENCE)))
    copied = _copied(rng, people, past, known["place"].to_numpy())
    comes = {
        f"comes_{i}": throw < _chance(known, arm_threshold(i), arm.offer)
        for i, arm in enumerate(plan.arms)
    }
    return (
        copied.with_columns(pl.Series("after", late.astype(np.int64)))
        .with_columns(
            (
                pl.lit(plan.send_date).cast(pl.Datetime("us"))
                + pl.duration(days="after")
                + pl.col("clock")
            ).alias("moment"),
            pl.lit(True).alias("extra"),
            pl.Series("fills", fills),
            *(pl.Series(name, values) for name, values in comes.items()),
        )
        .filter(pl.any_horizontal(*comes))
        .drop("clock", "after")
    )


def _chance(known: pl.DataFrame, threshold: str, offer: Offer) -> NDArray[np.float64]:
    last, orders = known["last"].to_numpy(), known["orders"].to_numpy()
    quiet = (orders >= 2) & (last >= QUIET_DAYS[0]) & (last <= QUIET_DAYS[1])
    frequent = (orders >= 5) & (last <= 90)
    new = (known["first"].to_numpy() <= NEW_DAYS) & ~frequent
    chance = np.select([frequent, new, quiet], [0.0, NEW_ANSWER, QUIET_ANSWER], default=0.0)
    wanted = (known[threshold].fill_null(0) / FEN).to_numpy()
    far = wanted > REACH * known["worth"].to_numpy()
    weak = far | np.full(len(far), not hasattr(offer, "threshold"))
    return np.where(weak, chance * FAR_ANSWER, chance)


def _copied(
    rng: np.random.Generator, people: pl.DataFrame, past: pl.DataFrame, who: NDArray[np.intp]
) -> pl.DataFrame:
    """For each row of `people` in `who` one of their own orders: customer, like, clock."""
    chosen = people["from"].to_numpy()[who] + rng.integers(0, people["orders"].to_numpy()[who])
    taken = past[chosen.astype(np.int64)]
    return pl.DataFrame(
        {
            "customer": taken["customer"],
            "like": taken["order"],
            "clock": taken["moment"] - taken["moment"].dt.truncate("1d"),
        }
    )
