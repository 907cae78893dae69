"""Whom each kind of trigger names: by hand, day by day."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import ORDER_SCHEMA
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.triggers import (
    DUE_SCHEMA,
    Occasions,
    Sources,
    find_occasions,
)
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line, lines
from tests.platform.programmes.build import DAY, entries, keep_orders, run, started
from tests.platform.programmes.test_outcomes import plan

NO_FEATURES: dict[str, Any] = {"average_order_value": 50.0}


def features(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Customers with the features that matter."""
    return pl.LazyFrame([NO_FEATURES | row for row in rows], infer_schema_length=None)


def named(
    wanted: ProgrammePlan,
    people: pl.LazyFrame,
    day: dt.date = DAY,
    *,
    orders: pl.LazyFrame | None = None,
    before: pl.DataFrame | None = None,
    ran_until: dt.date | None = None,
    due: dict[str, list[dt.date]] | None = None,
) -> Occasions:
    """Whom a plan names on a day. due: customer -> when something they buy is used up."""
    table = pl.LazyFrame(schema=ORDER_SCHEMA) if orders is None else orders
    whole = table.select("order_id", "customer_id", "status", "ordered_at", "amount")
    dates = [(name, one) for name, days in (due or {}).items() for one in days]
    sources = Sources(
        features=people,
        orders=whole,
        lines=table,
        due=pl.LazyFrame(dates, schema=DUE_SCHEMA, orient="row"),
    )
    return find_occasions(sources, wanted, day, ran_until=ran_until, before=before)


def who(found: Occasions) -> dict[str, int]:
    """Customer -> days late."""
    return dict(found.found.select("customer_id", "late").iter_rows())


def test_an_unpaid_order_is_reminded_of_once_the_wait_is_over() -> None:
    placed = lines(
        line("early", "anna", "2026-06-14", 30, status="unpaid", at="2026-06-14T09:00:00+00:00"),
        line("late", "bert", "2026-06-14", 30, status="unpaid", at="2026-06-14T23:00:00+00:00"),
    )
    people = features({"customer_id": "anna"}, {"customer_id": "bert"})
    half_a_day = plan("unpaid", wait_hours=12, grace_days=1)
    assert who(named(half_a_day, people, orders=placed)) == {"anna": 1, "bert": 0}
    moments = named(half_a_day, people, orders=placed).found["moment"].to_list()
    assert moments[1] == dt.datetime(2026, 6, 15, 11, tzinfo=dt.UTC)
    assert who(named(plan("unpaid", wait_hours=48), people, orders=placed)) == {}


def test_an_order_that_was_paid_before_the_wait_is_over_is_left_alone() -> None:
    people = features({"customer_id": "anna"}, {"customer_id": "bert"})
    placed = lines(
        line("a", "anna", "2026-06-14", 30, status="paid"),
        line("b", "bert", "2026-06-13", 30, status="unpaid"),
        # bought again and paid: nobody needs a reminder of the first
        line("c", "bert", "2026-06-14", 30),
    )
    assert who(named(plan("unpaid", wait_hours=6, grace_days=5), people, orders=placed)) == {}


def test_a_reminder_that_is_due_is_not_sent_once_the_order_has_been_paid(
    settings: Settings, database: Database
) -> None:
    unpaid = line("a", "anna", "2026-06-14", 30, status="unpaid")
    other = line("b", "bert", "2026-06-14", 30, status="unpaid")
    keep_orders(settings, unpaid, other)
    reminder = started(database, "unpaid", wait_hours=36, grace_days=2)
    run(database, settings, reminder, dt.date(2026, 6, 15))
    assert entries(database).is_empty()
    keep_orders(settings, unpaid | {"status": "paid"}, other)
    run(database, settings, reminder, dt.date(2026, 6, 16))
    assert entries(database)["customer_id"].to_list() == ["bert"]


def test_shipped_parcels_are_told_of_from_the_lines_that_say_when() -> None:
    shipped = dt.datetime(2026, 6, 14, 20, tzinfo=dt.UTC)
    rows = lines(line("a", "anna", "2026-06-12", 30), line("b", "bert", "2026-06-12", 30))
    told = rows.with_columns(
        pl.when(pl.col("order_id") == "a")
        .then(pl.lit(shipped))
        .cast(pl.Datetime("us", "UTC"))
        .alias("shipped_at")
    )
    people = features({"customer_id": "anna"}, {"customer_id": "bert"})
    found = named(plan("shipped", wait_hours=0, grace_days=2), people, orders=told)
    assert who(found) == {"anna": 1}
    assert found.found["occasion"].to_list() == ["order a"]


@pytest.mark.parametrize(("left", "late"), [(8, None), (7, 0), (5, 2), (3, None)])
def test_a_birthday_is_told_of_some_days_before_and_late_as_far_as_grace_goes(
    left: int, late: int | None
) -> None:
    people = features({"customer_id": "anna", "birthday_in_days": left})
    wanted = plan("birthday", before_days=7, grace_days=2)
    assert who(named(wanted, people)).get("anna") == late


def test_a_birthday_at_the_turn_of_the_year_is_one_occasion() -> None:
    wanted = plan("birthday", before_days=7, grace_days=6)
    seen = {
        named(
            wanted,
            features({"customer_id": "anna", "birthday_in_days": 7 - since}),
            dt.date(2026, 12, 28) + dt.timedelta(days=since),
        ).found["occasion"][0]
        for since in range(7)
    }
    assert seen == {"birthday 2027"}


def test_a_birthday_on_29_february_is_told_of_in_every_year(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, line("a", "leap", "2026-01-05", 30))
    born = {"customer_id": "leap", "birth_year": 2000, "birth_month": 2, "birth_day": 29}
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame([born]))
    birthday = started(database, "birthday", before_days=7, grace_days=0, reentry_days=100)
    # kept on 28 February in 2026 and 2027, on the 29th in 2028
    for day in (dt.date(2026, 2, 20), dt.date(2026, 2, 21), dt.date(2028, 2, 22)):
        run(database, settings, birthday, day)
    found = entries(database).sort("entered_on")
    assert found.select("entered_on", "occasion").rows() == [
        (dt.date(2026, 2, 21), "birthday 2026"),
        (dt.date(2028, 2, 22), "birthday 2028"),
    ]


def test_dormant_begins_at_twice_the_own_rhythm_and_lost_at_four_times() -> None:
    def silent(days: int, usual: float) -> pl.LazyFrame:
        ratio = days / usual
        return features(
            {
                "customer_id": "anna",
                "last_order_days": days,
                "first_order_days": 500,
                "rhythm_ratio": ratio,
            }
        )

    dormant, lost = plan("dormant", grace_days=2), plan("lost", grace_days=2)
    assert [who(named(dormant, silent(days, 10.0))) for days in (19, 20, 22, 23)] == [
        {},
        {"anna": 0},
        {"anna": 2},
        {},
    ]
    assert [who(named(lost, silent(days, 7.0))) for days in (27, 28, 30)] == [
        {},
        {"anna": 0},
        {"anna": 2},
    ]
    occasion = named(dormant, silent(20, 10.0)).found["occasion"][0]
    assert occasion == f"last {DAY - dt.timedelta(days=20)}"


def test_the_holiday_that_is_next_names_everybody_of_the_audience() -> None:
    people = features({"customer_id": "anna", "orders": 5}, {"customer_id": "bert", "orders": 1})
    wanted = plan(
        "holiday",
        dates=["2026-06-18", "2026-10-01"],
        before_days=3,
        grace_days=1,
        audience={"feature": "orders", "op": ">=", "value": "2"},
    )
    found = named(wanted, people)
    assert found.found["occasion"].to_list() == ["holiday 2026-06-18"]
    assert who(found) == {"anna": 0}
    assert who(named(wanted, people, dt.date(2026, 6, 14))) == {}
    assert who(named(wanted, people, dt.date(2026, 6, 17))) == {}


def test_a_product_is_told_of_before_it_is_due() -> None:
    people = features({"customer_id": "anna"}, {"customer_id": "bert"}, {"customer_id": "cleo"})
    due = {"anna": [dt.date(2026, 6, 18)], "bert": [dt.date(2026, 6, 19)]}
    found = named(plan("product_due", before_days=3, grace_days=2), people, due=due)
    assert found.found["occasion"].to_list() == ["due 2026-06-18"]


def test_of_several_products_each_is_told_of_in_its_time() -> None:
    people = features({"customer_id": "anna"})
    # one was let pass two days ago, and is nearer than the one to tell of
    due = {"anna": [dt.date(2026, 6, 13), dt.date(2026, 6, 18), dt.date(2026, 8, 1)]}
    found = named(plan("product_due", before_days=3, grace_days=2), people, due=due)
    assert found.found.select("occasion", "late").rows() == [("due 2026-06-18", 0)]


def test_a_tier_is_told_of_when_it_changes_but_not_to_who_is_new() -> None:
    then = features({"customer_id": "a", "tier": "silver"}, {"customer_id": "b", "tier": None})
    first = named(plan("tier_changed"), then)
    assert first.found.is_empty()
    assert first.already == 2
    now = features(
        {"customer_id": "a", "tier": "gold"},
        {"customer_id": "b", "tier": "silver"},
        {"customer_id": "new", "tier": "silver"},
    )
    found = named(plan("tier_changed"), now, before=first.standing)
    assert found.found["occasion"].to_list() == [f"tier gold {DAY}", f"tier silver {DAY}"]


def test_coming_close_to_the_next_tier_is_told_once_while_it_lasts() -> None:
    def near(missing: float) -> pl.LazyFrame:
        return features({"customer_id": "a", "to_next_tier": missing, "next_tier": "gold"})

    wanted = plan("tier_near", within="100")
    far = named(wanted, near(101.0))
    close = named(wanted, near(99.5), before=far.standing)
    assert who(close) == {"a": 0}
    assert who(named(wanted, near(50.0), before=close.standing)) == {}
    assert who(named(wanted, near(0.0), before=far.standing)) == {}


def test_following_and_segments_let_in_who_comes_in() -> None:
    before = features({"customer_id": "a", "follows": True}, {"customer_id": "b", "follows": None})
    now = features({"customer_id": "a", "follows": True}, {"customer_id": "b", "follows": True})
    first = named(plan("joined"), before)
    assert who(named(plan("joined"), now, before=first.standing)) == {"b": 0}
    rule = {"feature": "orders", "op": ">=", "value": "2"}
    wanted = plan("segment", segment={"name": "twice", "rule": rule})
    once = features({"customer_id": "a", "orders": 1})
    twice = features({"customer_id": "a", "orders": 2})
    assert who(named(wanted, twice, before=named(wanted, once).standing)) == {"a": 0}
