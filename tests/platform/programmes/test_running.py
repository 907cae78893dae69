"""A day's run: who enters, with which arm, and that it comes to the same however it is run."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import create_draft
from regulars_platform.canonical import sha256_of
from regulars_platform.delivery.quiet_hours import keep_quiet_hours
from regulars_platform.launching.launch import launch
from regulars_platform.programmes.caps import keep_caps
from regulars_platform.programmes.errors import DayError, ProgrammeNotFoundError
from regulars_platform.programmes.running import run_programme
from regulars_platform.programmes.service import (
    Programme,
    pause_programme,
    save_draft,
    start_programme,
)
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line
from tests.platform.programmes.build import (
    DAY,
    NOW,
    entries,
    first_orders,
    keep_orders,
    run,
    started,
)


def test_everybody_comes_in_some_days_after_the_first_order(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(200, dt.date(2026, 6, 5)))
    honeymoon = started(database, "honeymoon", wait_hours=240)
    assert run(database, settings, honeymoon, dt.date(2026, 6, 14)).counts["named"] == 0
    day = run(database, settings, honeymoon, dt.date(2026, 6, 15))
    assert day.counts["named"] == 200
    assert day.counts["told"] + day.counts["held_back"] == 200
    found = entries(database, honeymoon)
    assert found["customer_id"].n_unique() == found.height == 200
    assert set(found["late_days"]) == {0}


def test_a_day_that_is_run_again_changes_nothing(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(50))
    honeymoon = started(database, "honeymoon", wait_hours=240)
    first = run(database, settings, honeymoon, DAY)
    before = entries(database)
    again = run(database, settings, honeymoon, DAY, hour=20)
    assert again.done_before
    assert again.counts == first.counts
    assert entries(database).equals(before)


def test_the_draw_of_an_entry_depends_on_nothing_but_itself(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(300))
    few = started(database, "honeymoon", wait_hours=240, audience=_up_to(100))
    everybody = started(database, "honeymoon", wait_hours=240)
    run(database, settings, few)
    run(database, settings, everybody)
    arms = {
        one.id: dict(entries(database, one).select("customer_id", "held_back").iter_rows())
        for one in (few, everybody)
    }
    assert len(arms[few.id]) == 100
    assert arms[few.id].items() <= arms[everybody.id].items()
    assert 0.12 < sum(arms[everybody.id].values()) / 300 < 0.28


def _up_to(customers: int) -> dict[str, Any]:
    """Orders are worth 50 and a hundredth for each customer's number."""
    return {"feature": "spend", "op": "<", "value": str(50 + customers / 100)}


def test_two_runs_at_once_let_everybody_in_once(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(80))
    honeymoon = started(database, "honeymoon", wait_hours=240)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: run(database, settings, honeymoon), range(4)))
    assert sum(not one.done_before for one in runs) == 1
    assert entries(database).height == 80


def test_a_run_that_is_killed_before_its_end_leaves_nothing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_orders(settings, *first_orders(30))
    honeymoon = started(database, "honeymoon", wait_hours=240)

    def killed(*_: object, **__: object) -> dict[str, int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("regulars_platform.programmes.running.queue_entries", killed)
        with pytest.raises(KeyboardInterrupt):
            run(database, settings, honeymoon)
    assert entries(database).is_empty()
    assert run(database, settings, honeymoon).counts["named"] == 30
    assert entries(database).height == 30


def test_missed_days_are_made_up_for_as_far_as_grace_goes_and_the_rest_is_counted(
    settings: Settings, database: Database
) -> None:
    first = [line(f"o{n}", f"c{n}", f"2026-06-{n + 1:02d}", 50) for n in range(14)]
    keep_orders(settings, *first)
    honeymoon = started(database, "honeymoon", wait_hours=24, grace_days=3, holdout_percent="50")
    run(database, settings, honeymoon, dt.date(2026, 6, 3))
    assert entries(database)["customer_id"].to_list() == ["c0", "c1"]
    late = run(database, settings, honeymoon, dt.date(2026, 6, 12))
    # due on the 4th to the 8th: too late by more than three days; on the 9th to the 12th: let in
    assert late.counts["missed"] == 5
    found = entries(database).filter(pl.col("entered_on") == dt.date(2026, 6, 12))
    assert dict(found.select("customer_id", "late_days").iter_rows()) == {
        "c7": 3,
        "c8": 2,
        "c9": 1,
        "c10": 0,
    }
    assert late.counts["late"] == 3
    told = found.filter((pl.col("late_days") > 0) & ~pl.col("held_back")).height
    assert late.counts["late_told"] == told < 3


def test_a_day_that_has_not_begun_is_refused(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(3))
    honeymoon = started(database, "honeymoon")
    with pytest.raises(DayError, match="2026-06-16 has not begun"):
        run_programme(database, settings, 1, honeymoon.id, dt.date(2026, 6, 16), NOW)


def test_a_paused_programme_lets_nobody_in(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(20))
    honeymoon = started(database, "honeymoon", wait_hours=240)
    with database.unit_of_work() as session:
        pause_programme(session, shop_id=1, programme_id=honeymoon.id, now=NOW)
    run(database, settings, honeymoon)
    assert entries(database).is_empty()


def test_nobody_enters_again_before_the_days_of_re_entry_are_over(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, line("a", "anna", "2026-05-05", 20))
    dormant = started(
        database, "dormant", after_days=10, grace_days=1, window_days=20, reentry_days=40
    )
    run(database, settings, dormant, dt.date(2026, 5, 15))
    again = line("b", "anna", "2026-05-20", 20)
    keep_orders(settings, line("a", "anna", "2026-05-05", 20), again)
    run_on = run(database, settings, dormant, dt.date(2026, 5, 30))
    assert run_on.counts["already_in"] == 1
    third = line("c", "anna", "2026-06-20", 20)
    keep_orders(settings, line("a", "anna", "2026-05-05", 20), again, third)
    run(database, settings, dormant, dt.date(2026, 6, 30))
    assert entries(database)["occasion"].to_list() == ["last 2026-05-05", "last 2026-06-20"]


def test_the_cap_holds_over_all_programmes(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(60))
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": 2, "days": 7})
    made = [started(database, "honeymoon", wait_hours=240, salt=f"s{n}") for n in range(4)]
    for programme in made:
        run(database, settings, programme)
    counts = entries(database).group_by("customer_id").len()
    assert set(counts["len"]) == {2}
    assert entries(database, made[2]).is_empty()
    # held back or told: the room is taken alike
    assert entries(database, made[0]).height == 60


def test_a_campaigns_contact_takes_room_in_either_arm(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(40))
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": 1, "days": 7})
        raw = draft(
            as_of="2026-06-12",
            send_date="2026-06-12",
            outcome_end="2026-06-30",
            settle_until="2026-07-31",
            audience={"feature": "spend", "op": "<", "value": "50.3"},
        )
        campaign = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(
            session,
            settings,
            shop_id=1,
            campaign_id=campaign.id,
            now=NOW,
            user_id=None,
            salt="salt",
        )
    honeymoon = started(database, "honeymoon", wait_hours=240)
    counts = run(database, settings, honeymoon).counts
    assert counts["capped"] == 30
    assert entries(database)["customer_id"].to_list() == [f"c{n:04d}" for n in range(30, 40)]


def test_quiet_hours_move_the_message_and_with_it_the_window_of_both_arms(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(60))
    with database.unit_of_work() as session:
        keep_quiet_hours(session, 1, {"from": "21:00", "to": "09:00"})
    honeymoon = started(database, "honeymoon", wait_hours=240)
    day = run(database, settings, honeymoon, DAY, hour=22)
    assert day.counts["moved"] == 60
    found = entries(database)
    assert set(found["contact_on"]) == {dt.date(2026, 6, 16)}
    assert {moment.hour for moment in found["due_at"]} == {9}


def test_another_offer_is_another_version_with_a_draw_of_its_own(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(20))
    honeymoon = started(database, "honeymoon", wait_hours=240)
    with database.unit_of_work() as session:
        renamed = {**honeymoon.draft, "name": "Welcome back"}
        save_draft(session, shop_id=1, programme_id=honeymoon.id, draft=renamed, now=NOW)
        same = _start(session, honeymoon.id)
        save_draft(
            session,
            shop_id=1,
            programme_id=honeymoon.id,
            draft=renamed | {"holdout_percent": "30"},
            now=NOW,
        )
        other = _start(session, honeymoon.id)
    assert same.version is not None
    assert other.version is not None
    assert (same.version.number, other.version.number) == (1, 2)
    assert sha256_of(other.version.plan_json) == other.version.sha256
    assert other.version.salt != same.version.salt
    run(database, settings, honeymoon)
    assert set(entries(database)["version_id"]) == {other.version.id}


def _start(session: Session, programme_id: int) -> Programme:
    return start_programme(
        session,
        shop_id=1,
        programme_id=programme_id,
        now=NOW,
        user_id=None,
        salt="another",
        planned=10,
    )


def test_another_shops_programme_is_not_there(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(3))
    honeymoon = started(database, "honeymoon")
    with database.unit_of_work() as session, pytest.raises(ProgrammeNotFoundError):
        pause_programme(session, shop_id=2, programme_id=honeymoon.id, now=NOW)
    with pytest.raises(ProgrammeNotFoundError):
        run_programme(database, settings, 2, honeymoon.id, DAY, NOW)


def test_who_came_in_during_a_long_pause_is_not_told_as_if_it_were_today(
    settings: Settings, database: Database
) -> None:
    twice = {"name": "twice", "rule": {"feature": "orders", "op": ">=", "value": "2"}}
    orders = [line("a", "anna", "2026-06-01", 20), line("b", "bert", "2026-06-01", 20)]
    keep_orders(settings, *orders)
    coming = started(database, "segment", segment=twice, grace_days=2)
    assert run(database, settings, coming, dt.date(2026, 6, 3)).counts["already"] == 0
    keep_orders(settings, *orders, line("c", "anna", "2026-06-04", 20))
    run(database, settings, coming, dt.date(2026, 6, 6))
    assert entries(database)["customer_id"].to_list() == ["anna"]
    keep_orders(
        settings, *orders, line("c", "anna", "2026-06-04", 20), line("d", "bert", "2026-06-08", 20)
    )
    after = run(database, settings, coming, dt.date(2026, 6, 20))
    assert after.counts["already"] == 2
    assert entries(database).height == 1
