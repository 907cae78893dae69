"""The files beside the orders, all from one seed and in keeping with the orders."""

import polars as pl
from sample_customers import choose_members, customers
from sample_days import industry_days, shop_days
from sample_doings import contacts, events, followed_on, following, referrals
from sample_goods import products
from sample_known import known_by_the_end
from sample_points import balances, points

MISTOLD = 3  # members whose balance the shop's system tells wrongly, each by the same
WRONG_BY = 20


def other_files(
    seed: int, history: pl.DataFrame, campaign: pl.DataFrame, *, asked: set[str], told: list[str]
) -> dict[str, str]:
    """File name -> its text. asked: the people of the campaign; told: whom it wrote to."""
    known = known_by_the_end(history, campaign)
    members = choose_members(seed, known)
    happened = events(seed, known)
    brought = referrals(seed, known)
    moved = points(seed, known, members)
    balance = balances(moved)
    for name in sorted(balance)[:MISTOLD]:
        balance[name] += WRONG_BY
    people = customers(
        seed,
        known,
        brought=brought,
        members=members,
        balances=balance,
        following=following(happened),
        followed_on=followed_on(happened),
        asked=asked,
    )
    return {
        "customers.csv.gz": people.write_csv(),
        "products.csv": products().write_csv(),
        "events.csv.gz": happened.write_csv(),
        "referrals.csv": brought.write_csv(),
        "points.csv.gz": moved.write_csv(),
        "contacts.csv.gz": contacts(seed, known, told, asked).write_csv(),
        "shop_days.csv": shop_days(seed, known),
        "industry_days.csv": industry_days(seed, known),
    }
