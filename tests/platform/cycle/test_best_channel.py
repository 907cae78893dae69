"""Which channel did best, against channels whose share of orders is known."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_platform.cycle.best_channel import CONTACT_SCHEMA, Channels, followed
from tests.platform.customers.build import line, lines


def contacts(**channels: list[tuple[str, int, int]]) -> Channels:
    """Channel -> (customer, contacts, of which an order followed), all of one band."""
    rows = [
        (customer, channel, 2, place < ordered, None)
        for channel, people in channels.items()
        for customer, number, ordered in people
        for place in range(number)
    ]
    frame = pl.DataFrame(rows, schema=CONTACT_SCHEMA, orient="row")
    return Channels(contacts=frame.lazy(), prices={"sms": 900})


def people(count: int, ordered: int, name: str = "c") -> list[tuple[str, int, int]]:
    """So many, contacted once each."""
    return [(f"{name}{place}", 1, int(place < ordered)) for place in range(count)]


def test_the_range_of_the_best_holds_for_all_that_it_was_chosen_from() -> None:
    found = contacts(phone=people(60, 30), sms=people(60, 6), email=people(60, 9)).alike()[2]
    assert [one.channel for one in found] == ["phone", "email", "sms"]
    exact = stats.binomtest(30, 60).proportion_ci(1 - 0.05 / 3)
    assert (found[0].low, found[0].high) == pytest.approx((exact.low, exact.high))
    assert [one.tied for one in found] == [False, True, True]
    assert found[2].cost == 900


def test_five_equal_channels_are_told_apart_in_few_shops() -> None:
    rng, missed, apart = np.random.default_rng(2), 0, 0
    for _ in range(100):
        drawn = {f"by{k}": people(60, int(rng.binomial(60, 0.1)), f"{k}-") for k in range(5)}
        best = contacts(**drawn).alike()[2][0]
        missed += not best.low <= 0.1 <= best.high
        apart += not best.tied
    assert missed <= 5  # of 100; 15 where each has a range of its own
    assert apart <= 5


def test_contacts_of_the_same_customers_count_by_customer() -> None:
    often = [(f"c{place}", 10, 10 if place < 8 else 0) for place in range(20)]
    many = contacts(phone=often).alike()[2][0]
    few = contacts(phone=people(200, 80)).alike()[2][0]
    assert (many.contacts, many.share) == (few.contacts, few.share)
    assert many.high - many.low > 2.5 * (few.high - few.low)
    handful = [(f"c{place}", 50, 25) for place in range(9)]
    assert contacts(phone=handful).alike() == {}


def test_a_customers_own_channels_are_compared_with_each_other() -> None:
    mine = contacts(phone=[("ann", 20, 19)], sms=[("ann", 20, 1)], email=[("bob", 6, 0)])
    found = mine.own(["ann", "bob"])
    exact = stats.binomtest(19, 20).proportion_ci(0.975)
    assert set(found) == {"ann"}
    assert (found["ann"].channel, found["ann"].tied) == ("phone", False)
    assert (found["ann"].low, found["ann"].high) == pytest.approx((exact.low, exact.high))


def test_a_day_of_contacts_is_one_of_the_shops() -> None:
    """17:00 and 20:00 UTC are the next morning in Shanghai, 15:00 is the evening before."""
    moments = [dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC) for hour in (15, 17, 20)]
    sent = pl.LazyFrame(
        {
            "customer_id": ["ann"] * 3,
            "channel": ["sms"] * 3,
            "happened_at": moments,
            "cost": [None] * 3,
        },
        schema_overrides={"happened_at": pl.Datetime("us", "UTC"), "cost": pl.Int64},
    )
    orders = lines(line("1", "bob", "2026-02-01", 10))
    assert followed(sent, orders, "Asia/Shanghai").collect().height == 2
    assert followed(sent, orders, "UTC").collect().height == 1
