"""What the report counts, beside plain loops over the same orders."""

import datetime as dt
import statistics
from fractions import Fraction
from pathlib import Path

import pytest

from regulars_platform.figures.arrivals import arrivals_until
from regulars_platform.figures.cohorts import cohorts_until
from regulars_platform.figures.counts import count
from regulars_platform.figures.goals import repurchase_on
from regulars_platform.figures.life import life_of
from regulars_platform.figures.periods import (
    By,
    Period,
    course,
    days_until,
    period_before,
    period_until,
    year_before,
)
from regulars_platform.figures.visits import Cut, Source
from regulars_platform.segments.rules import parse_rule
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import Folder
from tests.platform.figures.shop import FIRST, Plain, invented_shop, source_of

Shop = tuple[Source, Plain, Folder]
END = dt.date(2025, 11, 30)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return invented_shop(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("end", [END, dt.date(2025, 3, 9), dt.date(2025, 11, 2)])
def test_buyers_and_amounts_are_those_of_a_loop_over_the_orders(
    shop: Shop, by: By, end: dt.date
) -> None:
    source, plain, _ = shop
    period = period_until(by, end)
    asked = [period, period_before(by, period), year_before(by, period)]
    for one, found in zip(asked, count(source, asked), strict=True):
        rows = plain.between(one.first, one.last)
        buyers = {who for who, _, _ in rows}
        new = {who for who in buyers if one.first <= plain.first[who] <= one.last}
        days = {(who, day) for who, day, _ in rows}
        nobody = [r for w, d, r in plain.bought if w is None and one.first <= d <= one.last]
        assert found is not None
        assert (found.buyers, found.new_buyers) == (len(buyers), len(new))
        assert found.old_buyers == len(buyers - new)
        assert (found.orders, found.buyer_days) == (len(rows), len(days))
        assert found.new_days == sum(plain.first[who] == day for who, day in days)
        assert found.amount == sum(row["amount"] for _, _, row in rows)
        notes = sum(given for day, given in plain.credits if one.first <= day <= one.last)
        assert found.refunded == sum(row["refund"] for _, _, row in rows) + notes
        assert found.old_amount == sum(row["amount"] for who, _, row in rows if who not in new)
        assert found.unknown_orders == len(nobody)
        assert found.paid == found.amount + sum(row["amount"] for row in nobody)


def test_a_period_before_the_first_order_is_not_known_and_an_empty_one_is_zero(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-01-01", 5), line("2", "ann", "2026-01-30", 5))
    source = source_of(folder, "UTC")
    early, middle = (
        Period(first=dt.date(2025, 12, 31), last=dt.date(2026, 1, 6)),
        Period(first=dt.date(2026, 1, 2), last=dt.date(2026, 1, 8)),
    )
    before, empty = count(source, [early, middle])
    assert before is None
    assert empty is not None
    assert (empty.buyers, empty.paid, empty.average, empty.old_share) == (0, 0, None, None)


def test_a_shop_whose_orders_name_nobody_has_amounts_and_no_buyers(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", None, "2026-01-01", 5), line("2", None, "2026-01-01", 7))
    source = source_of(folder, "UTC")
    day = dt.date(2026, 1, 1)
    assert source.days == Period(first=day, last=day)
    found = count(source, [Period(first=day, last=day)])[0]
    assert found is not None
    assert (found.buyers, found.paid, found.unknown_orders) == (0, money(12), 2)


def test_periods_follow_the_calendar() -> None:
    week = period_until("week", dt.date(2024, 2, 29))
    assert (week.first, week.days) == (dt.date(2024, 2, 23), 7)
    assert year_before("week", week).last == dt.date(2023, 2, 28)
    month = period_until("month", dt.date(2024, 3, 30))
    assert month == Period(first=dt.date(2024, 2, 1), last=dt.date(2024, 2, 29))
    assert year_before("month", month).last == dt.date(2023, 2, 28)
    assert period_before("month", month).first == dt.date(2024, 1, 1)
    assert [one.last.month for one in course("month", month, 3)] == [12, 1, 2]


def test_a_segment_is_taken_as_of_the_first_day_of_each_period(shop: Shop) -> None:
    source, plain, _ = shop
    rule = parse_rule({"feature": "orders", "op": ">=", "value": "3"})
    period = period_until("month", END)
    found = count(source, [period, period_before("month", period)], Cut(name="often", rule=rule))
    for one, counted in zip((period, period_before("month", period)), found, strict=True):
        orders: dict[str, int] = {}
        for who, day, _ in plain.bought:
            if who is not None and day < one.first:
                orders[who] = orders.get(who, 0) + 1
        rows = [row for row in plain.between(one.first, one.last) if orders.get(row[0], 0) >= 3]
        assert counted is not None
        assert counted.buyers == len({who for who, _, _ in rows}) > 0
        assert (counted.new_buyers, counted.unknown_amount) == (0, 0)
        assert counted.amount == sum(row["amount"] for _, _, row in rows)


def test_retention_is_that_of_a_loop_over_months(shop: Shop) -> None:
    source, plain, _ = shop
    found = cohorts_until(source, END)
    assert (found[0].month, found[-1].month) == (dt.date(2024, 11, 1), dt.date(2025, 11, 1))
    for cohort in found:
        year, month = cohort.month.year, cohort.month.month
        new = [w for w, day in plain.first.items() if (day.year, day.month) == (year, month)]
        assert cohort.new == len(new)
        days = {who: plain.days_of(who, END) for who in new}
        for after in range(1, 13):
            then = (year * 12 + month - 1 + after) // 12, (year * 12 + month - 1 + after) % 12 + 1
            number = sum(any((d.year, d.month) == then for d in days[who]) for who in new)
            told = cohort.again[after - 1]
            assert told == (number if then <= (2025, 11) else None)
        spans = [(days[who][-1] - days[who][0]).days for who in new if len(days[who]) > 1]
        assert cohort.ever == len(spans)
        assert cohort.middle_days == (statistics.median(spans) if spans else None)


def test_the_repurchase_rate_counts_customers_with_two_days_of_the_year(shop: Shop) -> None:
    source, plain, _ = shop
    found = repurchase_on(source, END)
    first = END - dt.timedelta(days=364)
    buyers = {who for who, _, _ in plain.between(first, END)}
    again = {w for w in buyers if sum(day >= first for day in plain.days_of(w, END)) >= 2}
    assert (found.buyers, found.again) == (len(buyers), len(again))
    assert found.rate == Fraction(len(again), len(buyers))
    assert found.year is not None
    assert found.year.old_amount == sum(
        row["amount"] for who, _, row in plain.between(first, END) if plain.first[who] < first
    )


def test_churn_is_who_became_lost_of_who_was_active(shop: Shop) -> None:
    source, plain, folder = shop
    period = period_until("month", dt.date(2025, 6, 30))
    found = life_of(source, period)
    assert found is not None

    def lost_on(day: dt.date) -> dict[str, bool]:
        frame = folder.frame(day, timezone=source.store.timezone)
        rows = zip(frame["customer_id"], frame["rhythm"], frame["orders"], strict=True)
        return {who: stage == "lost" for who, stage, orders in rows if orders}

    before, after = lost_on(period.first), lost_on(period.last + dt.timedelta(days=1))
    bought = {who for who, _, _ in plain.between(period.first, period.last)}
    alive = {who for who, lost in before.items() if not lost} | bought
    assert (found.old, found.alive) == (len(before), len(alive))
    assert found.lost == sum(after[who] for who in alive) > 0
    days = {(who, day) for who, day, _ in plain.between(period.first, period.last)}
    assert found.active_per_day == Fraction(len(days), 30)
    thirty = days_until(period.last, 30)
    month = {who for who, _, _ in plain.between(thirty.first, thirty.last)}
    assert (found.active_month, found.brought) == (len(month), None)


def test_spread_counts_whom_somebody_else_brought_first_in_the_period(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path,
        line("1", "ann", "2026-01-01", 5),
        line("2", "ben", "2026-01-02", 5),
        line("3", "cid", "2026-01-12", 5),
    )

    def told(key: str, who: str, by: str | None, day: str) -> dict[str, object]:
        when = dt.date.fromisoformat(day)
        return {"referral_key": key, "customer_id": who, "referrer_id": by, "happened_on": when}

    folder.bring(
        "referrals",
        told("1", "cid", "ann", "2026-01-11"),
        told("2", "cid", "ben", "2026-01-13"),
        told("3", "dan", "ann", "2026-01-09"),
        told("4", "dan", "ben", "2026-01-12"),
        told("5", "ann", "ann", "2026-01-12"),
        told("6", "eve", "ben", "2026-01-16"),
        told("7", "fay", None, "2026-01-16"),
    )
    period = Period(first=dt.date(2026, 1, 10), last=dt.date(2026, 1, 16))
    found = life_of(source_of(folder, "UTC"), period)
    assert found is not None
    assert (found.brought, found.old, found.spread) == (2, 2, Fraction(1))


def test_second_purchases_by_channel_of_arrival(tmp_path: Path) -> None:
    rows = [
        line("1", "ann", "2025-06-01", 50, channel="search"),
        line("2", "ann", "2025-08-30", 20, refund=5),  # day 90
        line("3", "ben", "2025-06-01", 30, channel="search"),
        line("4", "ben", "2025-08-31", 99),  # a day too late
        line("5", "cid", "2025-06-01", 30, channel="search"),
        line("6", "cid", "2025-06-01", 10),  # the same day is no second purchase
        line("7", "dan", "2025-10-04", 30),
        line("8", "new", "2025-10-05", 30),  # not 90 days ago yet
        line("9", "old", "2024-10-03", 30),  # more than 365 days before those
        line("c1", "cid", "2025-08-30", -7),  # a credit note of day 90
        line("c2", "cid", "2025-08-31", -9),  # and one a day too late
    ]
    folder = Folder(tmp_path, *rows)
    folder.bring(
        "customers",
        {"customer_id": "cid", "acquired_through": "fair", "acquisition_cost": money(12)},
        {"customer_id": "ben", "acquisition_cost": money(8)},
    )
    found = arrivals_until(source_of(folder, "UTC"), dt.date(2026, 1, 2))
    by = {one.channel: one for one in found}
    assert set(by) == {"search", "fair", None}
    search = by["search"]
    assert (search.customers, search.again, search.spent) == (2, 1, money(95))
    assert (search.priced, search.cost_each) == (1, Fraction(money(8)))
    assert search.margin_to_pay_back == Fraction(8 * 2, 95)
    assert search.rate_range is not None
    low, high = search.rate_range
    assert (round(low, 4), round(high, 4)) == (0.0945, 0.9055)  # Wilson's by hand for 1 of 2
    assert (by["fair"].customers, by["fair"].again, by["fair"].spent) == (1, 0, money(33))
    assert (by[None].customers, by[None].cost_each) == (1, None)


def test_goods_that_one_buys_once_are_no_repurchase(tmp_path: Path) -> None:
    pot, tea = {"product": "pot"}, {"product": "tea"}
    folder = Folder(
        tmp_path,
        line("1", "ann", "2025-06-01", 50, **pot),
        line("2", "ann", "2025-07-01", 60, **pot),  # a second pot: still nothing to buy again
        line("3", "ben", "2025-06-01", 50, **pot),
        line("4", "ben", "2025-06-20", 10, **tea),  # the first that counts
        line("5", "ben", "2025-07-10", 10, **tea),
        line("6", "cid", "2025-06-01", 50, line_key="1", **pot),
        line("6", "cid", "2025-06-01", 10, line_key="2", **tea),  # the pot came with tea
        line("7", "dan", "2025-06-01", 10, **tea),
        line("8", "dan", "2025-07-01", 90, **pot),  # what came back was for a pot
        line("9", "eve", "2025-06-01", 30),  # nobody knows what
    )
    folder.bring("products", {"product": "P1", "also": "pot", "one_off": True})
    source = source_of(folder, "UTC")

    found = repurchase_on(source, dt.date(2025, 12, 31))
    assert (found.buyers, found.again, found.once) == (4, 1, 1)
    june = cohorts_until(source, dt.date(2025, 12, 31))[0]
    assert (june.month.month, june.new, june.ever, june.again[0]) == (6, 4, 1, 1)
    (arrived,) = arrivals_until(source, dt.date(2025, 12, 31))
    assert (arrived.customers, arrived.could, arrived.again) == (5, 4, 1)
    assert arrived.spent == money(50 + 60 + 50 + 20 + 60 + 10 + 90 + 30)


def test_nothing_of_it_breaks_before_the_shop_has_a_history(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", FIRST.isoformat(), 5))
    source = source_of(folder, "UTC")
    assert life_of(source, period_until("week", FIRST)) is None
    assert arrivals_until(source, FIRST) == ()
    assert cohorts_until(source, FIRST) == ()
    assert repurchase_on(source, FIRST).rate == 0
