"""The members' points: earned by orders and games, spent, lapsed. Nobody ever owes any."""

import datetime as dt

import numpy as np
import polars as pl
from sample_customers import MEMBERS_FROM
from sample_known import WRITTEN, Known, clock, moments_between
from sample_shop import generator

LAPSE = dt.datetime.combine(
    dt.date(2026, 7, 31), dt.time(23)
)  # then a tenth of the balances lapsed
EXCHANGES = (
    (50, "coupon of 5"),
    (100, "coupon of 10"),
    (150, "Bamboo tea scoop"),
    (80, "part of an order"),
)

Movement = tuple[dt.datetime, str, int, str, str, str]  # when, who, points, why, order, note


def points(seed: int, known: Known, members: list[str]) -> pl.DataFrame:
    """The points' file: one row per movement, by time. One point per yuan of goods kept."""
    rng = generator(seed, 31)
    rows: list[Movement] = []
    for movements in _earned(rng, known, members).values():
        rows += _with_spending(rng, sorted(movements))
    rows.sort()
    headings = ("Customer ID", "Date", "Points change", "Reason", "Order number", "Note")
    cells = [
        (who, clock(when), str(size), why, order, note)
        for when, who, size, why, order, note in rows
    ]
    return pl.DataFrame(cells, schema=headings, orient="row")


def balances(points_file: pl.DataFrame) -> dict[str, int]:
    """What each member has by the last day."""
    sums = points_file.group_by("Customer ID").agg(pl.col("Points change").cast(pl.Int64).sum())
    return dict(sums.iter_rows())


def _earned(
    rng: np.random.Generator, known: Known, members: list[str]
) -> dict[str, list[Movement]]:
    found: dict[str, list[Movement]] = {name: [] for name in members}
    bought = known.paid.filter(
        pl.col("day") >= MEMBERS_FROM, pl.col("refund") == 0, pl.col("customer").is_in(members)
    )
    for name, moment, amount, number in bought.select(
        "customer", "moment", "amount", "number"
    ).iter_rows():
        if amount >= 100:
            found[name].append((moment, name, amount // 100, "order", number, ""))
    since = dict(known.people.select("customer", "first").iter_rows())
    for name in members:
        for moment in moments_between(rng, MEMBERS_FROM, WRITTEN, int(rng.poisson(0.5))):
            size = int(rng.integers(1, 6))
            if moment > since[name]:
                found[name].append((moment, name, size, "game", "", "sign-in"))
    return found


def _with_spending(rng: np.random.Generator, earned: list[Movement]) -> list[Movement]:
    """Now and then somebody spends what they have; at the end of July some of it lapses."""
    balance, rows, lapsed = 0, [], False
    for when, who, size, why, order, note in earned:
        if when > LAPSE and not lapsed:
            lapsed = True
            if balance > 0 and rng.random() < 0.1:
                rows.append((LAPSE, who, -balance, "expiry", "", ""))
                balance = 0
        rows.append((when, who, size, why, order, note))
        balance += size
        cost, what = EXCHANGES[int(rng.integers(0, len(EXCHANGES)))]
        later = when + dt.timedelta(minutes=30)
        open_now = later.date() <= WRITTEN and not when <= LAPSE < later
        if balance >= cost and rng.random() < 0.22 and open_now:
            rows.append((later, who, -cost, "exchange", "", what))
            balance -= cost
    return rows
