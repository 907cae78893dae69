"""Events: on which days they fall, whom they define, and the drafts made for them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from regulars_platform.calendar.drafts import (
    NoTimeError,
    campaigns_of_last_time,
    copy_for,
    drafts_of,
    make_due_drafts,
    origin_of,
)
from regulars_platform.calendar.events import (
    KINDS,
    Event,
    last_occurrence,
    next_occurrence,
    occurrences,
    read_event,
)
from regulars_platform.calendar.jobs import wants_a_day
from regulars_platform.calendar.service import (
    EventNotFoundError,
    get_event,
    keep_event,
    list_events,
    occurrences_of,
    remove_event,
    set_template,
)
from regulars_platform.campaigns.errors import CampaignNotFoundError
from regulars_platform.campaigns.service import create_draft, delete_draft
from regulars_platform.campaigns.tables import DRAFT, Campaign
from regulars_platform.customers.event_days import (
    DEFAULT_EVENT_DAYS,
    all_event_days,
    event_dates,
    read_event_days,
)
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import InvalidInputError
from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.run import run_inline
from regulars_platform.launching.launch import launch
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line, lines

NOW = dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
TODAY = NOW.date()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def event(first: str, repeats: str = "yearly", days: int = 1, **other: Any) -> Event:
    plain: dict[str, Any] = {"id": 0, "name": "Big day", "kind": "other", "is_sale": True}
    return Event(first_day=day(first), repeats=repeats, days=days, **(plain | other))


def begins(found: Event, first: str, last: str) -> list[str]:
    return [one.first.isoformat() for one in occurrences(found, day(first), day(last))]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    return found


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as work:
        for name in ("tea", "books"):
            work.add(Shop(name=name, currency="EUR", timezone="UTC", created_at=NOW))
        work.flush()
        yield work
    database.dispose()


def kept(session: Session, one: Event, shop_id: int = 1) -> Event:
    return keep_event(session, shop_id=shop_id, event=one, event_id=None, now=NOW)


def test_a_29_february_falls_on_the_28th_in_common_years() -> None:
    found = begins(event("2024-02-29"), "2023-01-01", "2025-12-31")
    assert found == ["2023-02-28", "2024-02-29", "2025-02-28"]


def test_a_31st_of_every_month_falls_on_the_last_day_of_shorter_ones() -> None:
    found = begins(event("2026-01-31", "monthly"), "2025-12-01", "2026-04-30")
    assert found == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_weekly_event_keeps_its_weekday_from_its_first_day_on() -> None:
    found = begins(event("2026-10-07", "weekly"), "2026-09-20", "2026-10-25")
    assert found == ["2026-10-07", "2026-10-14", "2026-10-21"]
    assert {day(text).weekday() for text in found} == {2}


def test_an_event_that_reaches_into_the_days_counts() -> None:
    over = event("2025-12-30", days=5)
    assert begins(over, "2026-01-01", "2026-01-31") == ["2025-12-30"]
    assert begins(event("2026-05-01", "once", 3), "2026-05-03", "2026-05-03") == ["2026-05-01"]
    assert begins(event("2026-05-01", "once", 3), "2026-05-04", "2026-05-30") == []


def test_next_and_last_time() -> None:
    found = event("2020-11-11")
    ahead, behind = next_occurrence(found, day("2026-11-11")), last_occurrence(found, TODAY)
    assert ahead is not None
    assert behind is not None
    assert (ahead.first, behind.first) == (day("2026-11-11"), day("2025-11-11"))
    assert next_occurrence(event("2020-01-01", "once"), TODAY) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"kind": "party"}, "kind"),
        ({"repeats": "hourly"}, "repeats"),
        ({"first_day": "2026-02-30"}, "first_day"),
        ({"first_day": "0001-01-01"}, "first_day"),
        ({"days": "1e9"}, "days"),
        ({"repeats": "weekly", "days": "8"}, "days"),
        ({"lead_days": "-1"}, "lead_days"),
    ],
)
def test_what_does_not_hold_is_said_beside_its_field(changes: dict[str, str], field: str) -> None:
    raw = {"name": "Day", "kind": "other", "repeats": "once", "first_day": "2026-05-01"} | changes
    with pytest.raises(InvalidInputError) as refused:
        read_event(raw)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_sales_of_the_calendar_define_event_days_and_others_do_not(session: Session) -> None:
    kept(session, event("2024-02-29", name="leap"))
    kept(session, event("2026-05-10", "once", 2, name="sale"))
    kept(session, event("2026-06-01", "once", name="talk", is_sale=False))
    shop = session.get(Shop, 1)
    assert shop is not None
    found = event_dates(all_event_days(shop), day("2025-01-01"), day("2026-12-31"))
    own = event_dates(DEFAULT_EVENT_DAYS, day("2025-01-01"), day("2026-12-31"))
    extra = ["2025-02-28", "2026-02-28", "2026-05-10", "2026-05-11"]
    assert [str(one) for one in sorted(set(found) - set(own))] == extra
    assert read_event_days(shop) == DEFAULT_EVENT_DAYS


def test_deal_hunters_follow_from_the_events_of_the_calendar(
    session: Session, settings: Settings
) -> None:
    rows = [line("a", "anna", "2026-05-10", 10), line("b", "ben", "2026-05-20", 10)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")

    def event_shares() -> dict[str, float]:
        shop = session.get(Shop, 1)
        assert shop is not None
        store = build_feature_store(settings, shop)
        version = store.table.version()
        assert version is not None
        found = store.features(day("2026-06-01"), version).collect()
        return dict(zip(found["customer_id"], found["event_share"], strict=True))

    assert event_shares() == {"anna": 0.0, "ben": 0.0}
    made = kept(session, event("2026-05-10", "once"))
    assert event_shares() == {"anna": 1.0, "ben": 0.0}
    remove_event(session, shop_id=1, event_id=made.id, today=TODAY)
    assert event_shares() == {"anna": 0.0, "ben": 0.0}


def test_a_member_day_makes_one_draft_each_time_and_launches_none(session: Session) -> None:
    template = create_draft(session, shop_id=1, raw=draft(), now=NOW)
    made = kept(session, event("2026-02-01", "monthly", kind="member_day", lead_days=7))
    set_template(session, shop_id=1, event_id=made.id, campaign_id=template.id)
    assert make_due_drafts(session, shop_id=1, today=day("2026-10-20"), now=NOW) == []
    first = make_due_drafts(session, shop_id=1, today=day("2026-10-25"), now=NOW)
    again = make_due_drafts(session, shop_id=1, today=day("2026-10-26"), now=NOW)
    assert len(first) == 1
    assert again == []
    raw = first[0].draft
    assert first[0].state == DRAFT
    assert (raw["as_of"], raw["send_date"]) == ("2026-11-01", "2026-11-01")
    # 27 days after the first, as in the template, whose month was shorter
    assert (raw["outcome_end"], raw["arms"]) == ("2026-11-28", template.draft["arms"])
    delete_draft(session, shop_id=1, campaign_id=first[0].id)
    assert make_due_drafts(session, shop_id=1, today=day("2026-10-27"), now=NOW) == []
    assert make_due_drafts(session, shop_id=2, today=day("2026-10-27"), now=NOW) == []


def test_copied_from_last_year_with_this_years_days(session: Session, settings: Settings) -> None:
    rows = [line(f"o{n}", f"c{n:03d}", "2025-10-01", 50) for n in range(100)]
    lines(*rows).collect().write_delta(settings.shop_dir(1) / "orders")
    raw = draft(
        as_of="2025-11-05",
        send_date="2025-11-09",
        outcome_end="2025-11-20",
        settle_until="2025-12-05",
    )
    earlier = create_draft(session, shop_id=1, raw=raw, now=NOW)
    launch(session, settings, shop_id=1, campaign_id=earlier.id, now=NOW, user_id=None, salt="s")
    made = kept(session, event("2020-11-11", kind="double_11"))
    then, found = campaigns_of_last_time(session, 1, made, TODAY)
    assert then is not None
    assert then.first == day("2025-11-11")
    assert [row.id for row, _ in found] == [earlier.id]
    copied = [
        copy_for(
            session,
            shop_id=1,
            event_id=made.id,
            campaign_id=earlier.id,
            today=TODAY,
            now=NOW,
        )
        for _ in range(2)
    ]
    assert copied[0].id == copied[1].id
    days = {name: copied[0].draft[name] for name in ("as_of", "send_date", "outcome_end")}
    assert days == {
        "as_of": "2026-11-05",
        "send_date": "2026-11-09",
        "outcome_end": "2026-11-20",
    }
    assert copied[0].draft["audience"] == earlier.draft["audience"]
    assert origin_of(session, 1, copied[0].id) == earlier.id
    assert origin_of(session, 2, copied[0].id) is None
    assert [one.campaign_id for one in drafts_of(session, 1, made.id)] == [copied[0].id]


def test_the_daily_job_makes_what_is_due(session: Session, settings: Settings) -> None:
    assert not wants_a_day(session, 1)
    template = create_draft(session, shop_id=1, raw=draft(), now=NOW)
    made = kept(session, event("2026-10-25", "once", lead_days=10))
    set_template(session, shop_id=1, event_id=made.id, campaign_id=template.id)
    assert wants_a_day(session, 1)
    session.commit()
    database = Database(settings)
    with database.unit_of_work() as work:
        asked = list(enqueue_daily(work, NOW))
    jobs = [run_inline(settings, database, one) for one in asked]
    assert [job.problem for job in jobs if job.kind == "make_calendar_drafts"] == [None]
    with database.reading() as work:
        assert [one.day for one in drafts_of(work, 1, made.id)] == [day("2026-10-25")]
    database.dispose()


def test_another_shops_events_and_campaigns_are_not_found(session: Session) -> None:
    made = kept(session, event("2026-11-11"))
    theirs = create_draft(session, shop_id=2, raw=draft(), now=NOW)
    assert list_events(session, 2) == []
    with pytest.raises(EventNotFoundError):
        get_event(session, 2, made.id)
    with pytest.raises(EventNotFoundError):
        remove_event(session, shop_id=2, event_id=made.id, today=TODAY)
    with pytest.raises(CampaignNotFoundError):
        set_template(session, shop_id=1, event_id=made.id, campaign_id=theirs.id)
    assert session.get(Campaign, theirs.id) is not None


def test_an_event_that_is_over_cannot_be_planned(session: Session) -> None:
    made = kept(session, event("2020-01-01", "once"))
    earlier = create_draft(session, shop_id=1, raw=draft(), now=NOW)
    with pytest.raises(NoTimeError):
        copy_for(
            session,
            shop_id=1,
            event_id=made.id,
            campaign_id=earlier.id,
            today=TODAY,
            now=NOW,
        )


def test_events_of_all_kinds_stand_by_day() -> None:
    found = occurrences_of(
        [event("2026-11-11"), event("2026-10-31", "weekly", name="A")],
        day("2026-11-01"),
        day("2026-11-15"),
    )
    assert [str(one.first) for one in found] == ["2026-11-07", "2026-11-11", "2026-11-14"]
    assert {"anniversary", "member_day", "double_11", "618", "juhuasuan"} <= set(KINDS)
