"""What people did beside ordering: followed, put into the cart, brought others, were written to."""

import datetime as dt

import numpy as np
import polars as pl
from sample_customers import FIRST_FOLLOWER, FOLLOWERS
from sample_known import WRITTEN, Known, clock, moments_between, pick, yuan
from sample_shop import GOODS, Floats, generator

SEEN_FROM = dt.date(2026, 1, 1)  # events are kept from here on
EXPERTS = 12
FRIENDS_BROUGHT, EXPERTS_BROUGHT = 620, 180
REWARDS = {"friend": 500, "expert": 2_000}  # fen for each customer brought
MAILINGS = (  # what, day, channel, people, cost in fen, share who were not reached
    ("Spring tea", dt.date(2026, 3, 3), "SMS", 3_000, 5, 0.05),
    ("Summer news", dt.date(2026, 5, 20), "Email", 2_400, 1, 0.03),
    ("Calling regulars", dt.date(2026, 6, 9), "Phone", 600, 150, 0.32),
)
JULY = ("Free shipping from 80, July 2026", dt.date(2026, 7, 6), 5)
LEFT_IN_JULY, COMPLAINED_IN_JULY = 26, 4


def events(seed: int, known: Known) -> pl.DataFrame:
    """The events' file: following, favourites, carts, complaints; by time."""
    rng = generator(seed, 21)
    people = known.people
    rows: list[tuple[dt.datetime, str, str, str]] = []
    joined = moments_between(rng, SEEN_FROM, dt.date(2026, 6, 20), FOLLOWERS)
    rows += [(moment, f"C{FIRST_FOLLOWER + at}", "follow", "") for at, moment in enumerate(joined)]
    buyers = people["customer"].to_list()
    weights: Floats = np.sqrt(people["orders"].to_numpy().astype(np.float64))
    follow = pick(rng, len(buyers), weights, 4_600)
    for at, moment in zip(
        follow, moments_between(rng, SEEN_FROM, dt.date(2026, 6, 20), len(follow)), strict=True
    ):
        # nobody follows before they have found the shop
        begun = max(moment, people["first"][at] + dt.timedelta(hours=5))
        if begun.date() > WRITTEN - dt.timedelta(days=40):
            continue
        rows.append((begun, buyers[at], "follow", ""))
        if rng.random() < 0.05:
            gone = begun + dt.timedelta(days=int(rng.integers(3, 38)))
            rows.append((gone, buyers[at], "unfollow", ""))
    everybody = buyers + [f"C{FIRST_FOLLOWER + at}" for at in range(FOLLOWERS)]
    for kind, count in (("favourite", 2_400), ("add to cart", 2_800)):
        moments = moments_between(rng, SEEN_FROM, WRITTEN, count)
        for moment in moments:
            name = everybody[int(rng.integers(0, len(everybody)))]
            rows.append((moment, name, kind, GOODS[int(rng.integers(0, len(GOODS)))][0]))
    rows += _complaints(rng, known)
    rows.sort()
    return pl.DataFrame(
        {
            "Customer ID": [name for _, name, _, _ in rows],
            "Event": [kind for _, _, kind, _ in rows],
            "Event time": [clock(moment) for moment, _, _, _ in rows],
            "Product": [product for _, _, _, product in rows],
        }
    )


def _complaints(rng: np.random.Generator, known: Known) -> list[tuple[dt.datetime, str, str, str]]:
    returned = known.paid.filter(
        (pl.col("returned") > 0)
        & (pl.col("day") >= SEEN_FROM)
        & (pl.col("day") <= WRITTEN - dt.timedelta(days=6))
    )
    chosen = sorted(rng.choice(len(returned), 70, replace=False))
    return [
        (
            returned["moment"][int(at)] + dt.timedelta(days=4),
            returned["customer"][int(at)],
            "complaint",
            "",
        )
        for at in chosen
    ]


def following(events_file: pl.DataFrame) -> dict[str, bool]:
    """Who follows, by the last that they did about it."""
    told = events_file.filter(pl.col("Event").is_in(["follow", "unfollow"]))
    return {
        name: kind == "follow" for name, kind in told.select("Customer ID", "Event").iter_rows()
    }


def followed_on(events_file: pl.DataFrame) -> dict[str, dt.date]:
    """Since when those follow who never bought."""
    told = events_file.filter(
        pl.col("Event") == "follow", pl.col("Customer ID") >= f"C{FIRST_FOLLOWER}"
    )
    rows = told.select("Customer ID", "Event time").iter_rows()
    return {name: dt.date.fromisoformat(time[:10]) for name, time in rows}


def referrals(seed: int, known: Known) -> pl.DataFrame:
    """The referrals' file: who brought whom, on the day of the first order; by day."""
    rng = generator(seed, 22)
    people = known.people.sort("first", "customer")
    names, first = people["customer"].to_list(), people["first"].to_list()
    early = next(at for at, moment in enumerate(first) if moment.date() >= dt.date(2025, 6, 1))
    brought = pick(
        rng, len(names) - early, np.ones(len(names) - early), FRIENDS_BROUGHT + EXPERTS_BROUGHT
    )
    by_expert = set(rng.choice(len(brought), EXPERTS_BROUGHT, replace=False).tolist())
    regulars = [at for at in range(early) if people["orders"][at] >= 4]
    experts = [regulars[at] for at in pick(rng, len(regulars), np.ones(len(regulars)), EXPERTS)]
    rows = []
    for place, late in enumerate(brought):
        at = late + early
        kind = "expert" if place in by_expert else "friend"
        if kind == "expert":
            bringer = experts[int(rng.integers(0, EXPERTS))]
        else:  # somebody who was there at least a fortnight before
            bringer = int(rng.integers(0, max(int(at * 0.9), 1)))
        rows.append((first[at].date().isoformat(), names[at], names[bringer], kind))
    rows.sort()
    return pl.DataFrame(
        {
            "Referred customer": [row[1] for row in rows],
            "Referrer": [row[2] for row in rows],
            "Referral type": [row[3] for row in rows],
            "Date": [row[0] for row in rows],
            "Reward": [yuan(REWARDS[row[3]]) for row in rows],
        }
    )


def contacts(seed: int, known: Known, told: list[str], asked: set[str]) -> pl.DataFrame:
    """The log of contacts; by time.

    told: whom the campaign of July wrote to; of it only those are logged who left or complained.
    asked: its people; none of them left before it.
    """
    rng = generator(seed, 23)
    rows: list[tuple[dt.datetime, str, str, str, str, int]] = []
    for what, day, channel, count, cost, failed in MAILINGS:
        there = known.people.filter(pl.col("first").dt.date() < day - dt.timedelta(days=7))
        weights = np.sqrt(there["orders"].to_numpy().astype(np.float64))
        chosen = pick(rng, len(there), weights, count)
        outcomes = rng.choice(
            ["failed", "clicked", "unsubscribed", "delivered"],
            count,
            p=[
                failed,
                0.03 if channel != "Phone" else 0.0,
                0.006,
                0.994 - failed - (0.03 if channel != "Phone" else 0.0),
            ],
        )
        minutes = rng.integers(0, 480, count)
        for at, outcome, minute in zip(chosen, outcomes, minutes, strict=True):
            name = there["customer"][at]
            moment = dt.datetime.combine(day, dt.time(10)) + dt.timedelta(minutes=int(minute))
            kept = "delivered" if outcome == "unsubscribed" and name in asked else str(outcome)
            rows.append((moment, name, channel, kept, what, cost))
    what, day, cost = JULY
    left = sorted(rng.choice(told, LEFT_IN_JULY + COMPLAINED_IN_JULY, replace=False).tolist())
    late = rng.integers(20, 3 * 24 * 60, len(left))
    for place, (name, minute) in enumerate(zip(left, late, strict=True)):
        moment = dt.datetime.combine(day, dt.time(10)) + dt.timedelta(minutes=int(minute))
        outcome = "complained" if place < COMPLAINED_IN_JULY else "unsubscribed"
        rows.append((moment, name, "SMS", outcome, what, cost))
    rows.sort()
    return pl.DataFrame(
        {
            "Customer ID": [row[1] for row in rows],
            "Sent at": [clock(row[0]) for row in rows],
            "Channel": [row[2] for row in rows],
            "Outcome": [row[3] for row in rows],
            "Campaign": [row[4] for row in rows],
            "Cost": [yuan(row[5]) for row in rows],
        }
    )
