"""Programmes beside a plan: whom they told, whom they are likely to name, and the one limit."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.service import create_draft, get_launched
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.launching.launch import launch
from regulars_platform.launching.preview import preview_draft, programmes_of
from regulars_platform.programme_effect.beside import (
    NOBODY,
    Days,
    OfProgramme,
    ProgrammesBeside,
    beside_programme,
    programmes_beside,
)
from regulars_platform.programmes import admission
from regulars_platform.programmes.caps import keep_caps
from regulars_platform.programmes.running import open_sources
from regulars_platform.programmes.service import Programme, read_plan_of
from regulars_platform.programmes.triggers import find_expected, find_occasions
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line
from tests.platform.programmes.build import (
    DAY,
    NOW,
    entries,
    first_orders,
    keep_orders,
    open_shops,
    run,
    started,
)

ONE = dt.timedelta(days=1)
MONTH = Days(first=DAY, last=DAY + 27 * ONE, as_of=DAY)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings)
    create_all_tables(opened)
    open_shops(opened)
    yield opened
    opened.dispose()


def beside(
    database: Database, settings: Settings, names: list[str], days: Days = MONTH, shop_id: int = 1
) -> ProgrammesBeside:
    with database.reading() as session:
        shop = session.get_one(Shop, shop_id)
        return programmes_beside(session, settings, shop, pl.Series(names, dtype=pl.String), days)


def name(number: int) -> str:
    return f"c{number:04d}"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("honeymoon", {}),
        ("dormant", {"after_days": 40}),
        ("dormant", {}),
        ("lost", {}),
        ("birthday", {}),
        ("holiday", {"dates": ["2026-06-20", "2026-07-01", "2026-12-24"]}),
        ("received", {"wait_hours": 60}),
        ("unpaid", {"wait_hours": 30}),
    ],
)
def test_expected_are_those_whom_the_days_to_come_name_if_nobody_buys(
    database: Database, settings: Settings, kind: str, changes: dict[str, Any]
) -> None:
    rows = []
    for number in range(40):
        for order in range(1 + number % 4):
            day = DAY - dt.timedelta(days=3 + number + order * (5 + number % 7))
            rows.append(line(f"o{number}-{order}", name(number), day.isoformat(), 50))
    for row in rows[::3]:
        row["received_at"] = dt.datetime(2026, 6, 14, 20, tzinfo=dt.UTC)
    rows += [
        line(f"u{number}", name(number), "2026-06-14", 30, status="unpaid") for number in (1, 2)
    ]
    keep_orders(settings, *rows)
    born = {
        "customer_id": [name(n) for n in range(40)],
        "birth_month": [1 + n % 12 for n in range(40)],
        "birth_day": [1 + n % 28 for n in range(40)],
    }
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame(born))
    plan = read_plan(database, started(database, kind, **changes))
    with database.reading() as session:
        store = build_feature_store(settings, session.get_one(Shop, 1))
    last = DAY + 20 * ONE
    sources, _ = open_sources(store, plan, DAY)
    expected = find_expected(sources, plan, DAY, DAY, last)
    assert expected is not None
    by_day = set()
    for ahead in range(21):
        day = DAY + ahead * ONE
        there, _ = open_sources(store, plan, day)
        found = find_occasions(there, plan, day, ran_until=None, before=None).found
        on_time = found.filter(pl.col("late") == 0)
        by_day |= {(row["customer_id"], day) for row in on_time.iter_rows(named=True)}
    assert set(expected.select("customer_id", "contact_on").iter_rows()) == by_day
    assert by_day


def read_plan(database: Database, programme: Programme) -> Any:
    with database.reading() as session:
        return read_plan_of(session, programme)


@pytest.mark.parametrize("many", [1, 20_000])
def test_told_held_back_and_likely_are_counted_of_those_who_are_asked_about(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(admission, "MANY", many)
    # sixty bought on 5 June and are named on the 15th; forty on the 10th, to be named on the 20th
    later = [line(f"p{n}", name(60 + n), "2026-06-10", 50) for n in range(40)]
    keep_orders(settings, *first_orders(60), *later)
    programme = started(database, "honeymoon", holdout_percent="25")
    run(database, settings, programme)
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=[name(99)], reason="asked", now=NOW)
    entered = entries(database, programme)
    asked = [name(n) for n in range(30, 100)]
    told = set(entered.filter(~pl.col("held_back"))["customer_id"]) & set(asked)
    held = set(entered.filter("held_back")["customer_id"]) & set(asked)

    found = beside(database, settings, asked)

    (one,) = found.programmes
    assert (one.inside, one.held) == (len(told), len(held))
    assert one.until == DAY + 29 * ONE
    # one of the forty opted out
    assert (one.likely, one.told) == (39, round(39 * 0.75))
    assert found.customers == len(told) + 39
    assert beside(database, settings, asked, shop_id=2).programmes == ()
    after = Days(first=DAY + 30 * ONE, last=DAY + 40 * ONE, as_of=DAY)
    assert beside(database, settings, asked, after).programmes == ()


def test_the_form_of_a_campaign_counts_them_by_rows_and_sees_every_change(
    database: Database, settings: Settings
) -> None:
    later = [line(f"p{n}", name(60 + n), "2026-06-10", 50 + n) for n in range(40)]
    keep_orders(settings, *first_orders(60), *later)
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": [name(1)], "follows": [True]})
    )
    programme = started(database, "honeymoon", holdout_percent="25")
    started(database, "joined")
    raw = draft(
        as_of=DAY.isoformat(),
        send_date=DAY.isoformat(),
        outcome_end=(DAY + 27 * ONE).isoformat(),
        settle_until=(DAY + 40 * ONE).isoformat(),
        audience={"feature": "spend", "op": ">", "value": "50.2"},
    )
    del raw["currency"], raw["timezone"]

    def shown(*, wait: bool = True) -> ProgrammesBeside | None:
        with database.reading() as session:
            shop = session.get_one(Shop, 1)
            seen = preview_draft(session, settings, shop, raw)
            assert seen.drawn is not None
            drawn = seen.drawn.people.ids.filter(pl.Series(seen.drawn.rows))
            found = programmes_of(seen, wait=wait)
            if found is not None:
                assert found == programmes_beside(session, settings, shop, drawn, MONTH)
            return found

    assert shown(wait=False) is None  # it has to be worked out, which the form does not wait for
    before = shown()
    assert shown(wait=False) == before
    run(database, settings, programme)
    assert shown(wait=False) is None
    after = shown()
    assert after is not None
    assert after != before
    (one,) = after.programmes
    assert min(one.inside, one.held, one.likely or 0) > 0
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=[name(99)], reason="asked", now=NOW)
    assert shown() != after


def test_a_shop_without_programmes_has_nobody_to_wait_for(
    database: Database, settings: Settings
) -> None:
    keep_orders(settings, *first_orders(20))
    raw = draft(as_of=DAY.isoformat(), send_date=DAY.isoformat())
    with database.reading() as session:
        shop = session.get_one(Shop, 1)
        raw |= {"outcome_end": (DAY + 9 * ONE).isoformat(), "settle_until": "2026-09-01"}
        del raw["currency"], raw["timezone"]
        seen = preview_draft(session, settings, shop, raw)
        assert programmes_of(seen, wait=False) == NOBODY


def test_whom_a_waiting_programme_will_name_is_not_guessed(
    database: Database, settings: Settings
) -> None:
    keep_orders(settings, *first_orders(20))
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": [name(1)], "follows": [True]})
    )
    started(database, "joined")
    found = beside(database, settings, [name(n) for n in range(20)])
    assert found.programmes == ()
    assert found.unforeseen == ("joined",)


def test_a_programme_is_told_which_campaigns_and_programmes_share_its_customers(
    database: Database, settings: Settings
) -> None:
    keep_orders(settings, *first_orders(60, dt.date(2026, 6, 8)))
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": [name(1)], "follows": [True]})
    )
    gone = started(database, "dormant", after_days=10)
    with database.unit_of_work() as session:
        raw = draft(
            as_of="2026-06-10",
            send_date="2026-06-12",
            outcome_end="2026-06-30",
            settle_until="2026-07-05",
        )
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")

    def of(programme: Programme) -> OfProgramme:
        with database.reading() as session:
            shop = session.get_one(Shop, 1)
            plan = read_plan_of(session, programme)
            found = beside_programme(
                session, settings, shop, plan, programme_id=programme.id, today=DAY
            )
        assert found is not None
        return found

    honeymoon = started(database, "honeymoon")
    found = of(honeymoon)
    assert (found.customers, found.foreseen) == (60, True)
    assert [(one.name, one.shared) for one in found.campaigns] == [(raw["name"], 60)]
    assert [(one.id, one.likely) for one in found.beside.programmes] == [(gone.id, 60)]
    joined = of(started(database, "joined"))
    assert (joined.customers, joined.foreseen) == (60, False)
    assert {one.id for one in joined.beside.programmes} == {gone.id, honeymoon.id}


def test_one_limit_holds_over_campaigns_and_programmes_together(
    database: Database, settings: Settings
) -> None:
    """Two contacts in thirty days: of a campaign, a programme, and a campaign that comes last."""
    keep_orders(settings, *first_orders(60))
    with database.unit_of_work() as session:
        keep_caps(session, 1, {"contacts": "2", "days": "30"})

    def raw(day: str, **other: Any) -> dict[str, Any]:
        sent = dt.date.fromisoformat(day)
        return draft(
            as_of="2026-06-10",
            send_date=day,
            outcome_end=(sent + 13 * ONE).isoformat(),
            settle_until=(sent + 20 * ONE).isoformat(),
            **other,
        )

    rule = {"feature": "spend", "op": "<", "value": "50.30"}
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw("2026-06-12", audience=rule), now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="a")
        first = get_launched(session, 1, made.id)
    assert first.drawn == 30
    run(database, settings, started(database, "honeymoon"))
    assert entries(database).height == 60

    with database.reading() as session:
        last = raw("2026-06-20")
        del last["currency"], last["timezone"]
        found = preview_draft(session, settings, session.get_one(Shop, 1), last)
    assert found.head_count is not None
    # thirty had the campaign and the programme, the others the programme alone
    assert (found.head_count.capped, found.head_count.drawn) == (30, 30)
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=last, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="b")
        assert get_launched(session, 1, made.id).capped == 30
    # now nobody has room: a second programme names them all and lets nobody in
    counts = run(database, settings, started(database, "dormant", after_days=10)).counts
    assert (counts["named"], counts["capped"], counts["told"]) == (60, 60, 0)
    after = Days(first=DAY, last=DAY + 27 * ONE, as_of=DAY)
    assert beside(database, settings, [name(n) for n in range(60)], after).programmes[0].likely == 0
