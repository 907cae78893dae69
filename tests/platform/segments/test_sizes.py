"""How large segments were: kept when seen, recomputed by month, begun anew with a new rule."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import select

from regulars_platform.customers.store import FeatureStore
from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.segments.jobs import KIND
from regulars_platform.segments.rules import Rule, parse_rule
from regulars_platform.segments.service import change_rule, get_segment, save_segment
from regulars_platform.segments.sizes import month_ends, see_sizes, sizes_of
from regulars_platform.segments.tables import SegmentSize
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.customers.build import line, lines

NOW = dt.datetime(2026, 4, 11, tzinfo=dt.UTC)
TEA = parse_rule({"bought": {"by": "product", "name": "tea", "within_days": 40}, "op": "yes"})
DAYS = {"ann": ["2026-01-10"], "bob": ["2026-02-05", "2026-03-20"], "cleo": ["2026-04-10"]}


@pytest.fixture
def opened(tmp_path: Path) -> tuple[Settings, Database, int]:
    settings = build_settings(tmp_path)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        shop = open_shop(session, name="Tea", currency="EUR", timezone="UTC", now=NOW)
        shop_id = shop.id
    rows = [line(f"{who}{day}", who, day, 10) for who, days in DAYS.items() for day in days]
    lines(*rows).collect().write_delta(settings.shop_dir(shop_id) / "orders")
    return settings, database, shop_id


def store_of(settings: Settings, shop_id: int) -> FeatureStore:
    return FeatureStore(settings.shop_dir(shop_id), "UTC")


def keep(database: Database, shop_id: int, rule: Rule) -> int:
    with database.unit_of_work() as session:
        return save_segment(session, shop_id=shop_id, name="Tea", rule=rule, now=NOW).id


def history(database: Database, shop_id: int, segment_id: int) -> list[tuple[str, str, int, int]]:
    with database.unit_of_work() as session:
        found = sizes_of(session, get_segment(session, shop_id, segment_id))
    return [(one.as_of.isoformat(), one.way, one.customers, one.total) for one in found]


def test_what_is_seen_twice_is_kept_once(opened: tuple[Settings, Database, int]) -> None:
    settings, database, shop_id = opened
    segment_id = keep(database, shop_id, TEA)
    for _ in range(2):
        with database.unit_of_work() as session:
            assert see_sizes(session, store_of(settings, shop_id), shop_id, NOW) == 1
    # within 40 days before 11 April: bob on 20 March and cleo
    assert history(database, shop_id, segment_id) == [("2026-04-11", "seen", 2, 3)]


def test_past_months_are_recomputed_as_of_their_ends(
    opened: tuple[Settings, Database, int],
) -> None:
    settings, database, shop_id = opened
    segment_id = keep(database, shop_id, TEA)
    for _ in range(2):  # the job may be run again
        with database.unit_of_work() as session:
            job = enqueue(session, KIND, shop_id, shop_id, NOW)
        run_inline(settings, database, job)
    # by hand: ann until 19 February; bob from 6 February to 17 March, and from 21 March on
    assert history(database, shop_id, segment_id) == [
        ("2026-02-01", "recomputed", 1, 1),
        ("2026-03-01", "recomputed", 1, 2),
        ("2026-04-01", "recomputed", 1, 2),
    ]


def test_a_changed_rule_begins_a_history_of_its_own_and_the_old_one_is_kept(
    opened: tuple[Settings, Database, int],
) -> None:
    settings, database, shop_id = opened
    segment_id = keep(database, shop_id, TEA)
    everybody = parse_rule({"all": []})
    with database.unit_of_work() as session:
        see_sizes(session, store_of(settings, shop_id), shop_id, NOW)
        change_rule(session, shop_id=shop_id, segment_id=segment_id, rule=everybody, now=NOW)
    assert history(database, shop_id, segment_id) == []
    with database.unit_of_work() as session:
        see_sizes(session, store_of(settings, shop_id), shop_id, NOW)
        assert len(session.scalars(select(SegmentSize)).all()) == 2
    assert history(database, shop_id, segment_id) == [("2026-04-11", "seen", 3, 3)]


def test_every_day_the_sizes_are_counted_in_the_background(
    opened: tuple[Settings, Database, int],
) -> None:
    settings, database, shop_id = opened
    with database.unit_of_work() as session:
        assert enqueue_daily(session, NOW) == []
    segment_id = keep(database, shop_id, TEA)
    with database.unit_of_work() as session:
        (job,) = enqueue_daily(session, NOW)
        assert enqueue_daily(session, NOW) == []
    assert run_inline(settings, database, job).state == JobState.DONE
    assert history(database, shop_id, segment_id) == [("2026-04-11", "seen", 2, 3)]


def test_before_any_order_or_segment_there_is_nothing_to_see(tmp_path: Path) -> None:
    settings = build_settings(tmp_path)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        assert see_sizes(session, store_of(settings, 1), 1, NOW) == 0


def test_month_ends_are_the_last_twelve_over_new_year() -> None:
    found = month_ends(dt.date(2020, 1, 1), dt.date(2026, 2, 1))
    assert (found[0], found[-1], len(found)) == (dt.date(2025, 3, 1), dt.date(2026, 2, 1), 12)
    assert month_ends(dt.date(2026, 2, 1), dt.date(2026, 2, 20)) == []
