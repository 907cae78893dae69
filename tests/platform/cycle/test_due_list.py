"""From dates to features, programmes and the list: past the gate and every holdout that lasts."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.customers.store import build_feature_store
from regulars_platform.cycle.corrections import About, Maker, correct
from regulars_platform.cycle.due_list import DueAsked, DueList, build_due_list
from regulars_platform.cycle.held_back import held_back
from regulars_platform.cycle.service import (
    Cycle,
    find_cycle,
    first_day,
    gather_inputs,
    work_out,
    write_due_dates,
)
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.templates import keep_template
from regulars_platform.dispatch.calls import all_calls, calls_csv, open_calls, read_results
from regulars_platform.launching.launch import launch
from regulars_platform.programmes.kinds import KINDS
from regulars_platform.programmes.sending import programme_list
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import suppress
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line
from tests.platform.programmes.build import DAY, NOW, entries, keep_orders, open_shops, run, started

CUSTOMERS = [f"c{number:03d}" for number in range(120)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """120 customers who buy tea every 20 days and are due on DAY."""
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    keep_orders(
        found,
        *(
            line(f"{name}-{ago}", name, (DAY - dt.timedelta(days=ago)).isoformat(), 10)
            for name in CUSTOMERS
            for ago in (60, 40, 20)
        ),
    )
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings)
    create_all_tables(opened)
    open_shops(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def cycle(settings: Settings, database: Database) -> Cycle:
    with database.reading() as session:
        work_out(gather_inputs(session, settings, 1), now=NOW)
    found = find_cycle(settings.shop_dir(1))
    assert found is not None
    return found


def listed(settings: Settings, database: Database, cycle: Cycle, day: dt.date = DAY) -> DueList:
    with database.reading() as session:
        return build_due_list(session, settings, 1, cycle, DueAsked(day=day))


def names(found: DueList) -> set[str]:
    return set(found.rows["customer_id"])


def test_everybody_who_may_be_reached_is_listed_for_a_week_and_a_month_after(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    for days, there in ((-8, False), (-7, True), (0, True), (30, True), (31, False)):
        found = listed(settings, database, cycle, DAY + dt.timedelta(days=days))
        assert names(found) == (set(CUSTOMERS) if there else set())


def test_the_holdout_of_a_programme_is_left_out_while_its_window_lasts(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    with database.reading() as session:
        write_due_dates(session, 1, cycle, settings.shop_dir(1), DAY)
        store = build_feature_store(settings, session.get_one(Shop, 1))
    features = store.features(DAY, 0).collect()
    assert set(features["product_due_days"]) == {0}
    programme = started(database, "product_due", holdout_percent="50", window_days=14)
    run(database, settings, programme)
    entered = entries(database)
    held = set(entered.filter(pl.col("held_back"))["customer_id"])
    assert 30 < len(held) < 90
    found = listed(settings, database, cycle)
    assert names(found) == set(CUSTOMERS) - held
    assert (found.held_back, found.barred) == (len(held), 0)
    assert names(listed(settings, database, cycle, DAY + dt.timedelta(days=13))) == names(found)
    assert names(listed(settings, database, cycle, DAY + dt.timedelta(days=14))) == set(CUSTOMERS)
    with database.reading() as session:
        assert held_back(session, settings, 2, DAY) == frozenset()


def test_whoever_calls_a_week_before_sees_what_is_due_and_when_it_was_bought(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    week = dt.timedelta(days=7)
    store = DatasetTable(settings.shop_dir(1), "products")
    store.merge(pl.DataFrame([{"product": "tea", "title": "龙井"}]))
    people = DatasetTable(settings.shop_dir(1), "customers")
    people.merge(pl.DataFrame([{"customer_id": "c001", "phone": "+8613800000001"}]))
    with database.reading() as session:
        write_due_dates(session, 1, cycle, settings.shop_dir(1), DAY - week)
    usual = KINDS["product_due"].plan
    assert (usual["before_days"], usual["channel"]) == (7, "phone")
    with database.unit_of_work() as session:
        raw = {"name": "due", "channel": "phone", "body": "您的{product}快用完了"}
        template = keep_template(session, shop_id=1, raw=raw, now=NOW).id
    programme = started(database, "product_due", holdout_percent="1", template_id=template)
    early = run(database, settings, programme, DAY - dt.timedelta(days=8))
    assert early.counts["named"] == 0
    assert run(database, settings, programme, DAY - week).counts["named"] == len(CUSTOMERS)
    with database.unit_of_work() as session:
        later = NOW - week + dt.timedelta(hours=12)
        (call,) = open_calls(session, settings, 1, 1, now=later)
        content = b"".join(calls_csv(session, settings, 1, 1, now=later)).decode("utf-8-sig")
        bought = (DAY - dt.timedelta(days=20)).isoformat()
        assert call.script == "您的龙井快用完了"
        assert call.about == {"product": "龙井", "bought_on": bought, "pieces": "1"}
        (row,) = csv.DictReader(io.StringIO(content))
        assert (row["product"], row["last_bought_on"], row["pieces"]) == ("龙井", bought, "1")
        filled = ["customer_id,result", "c001,已下单"]
        assert read_results(session, 1, 1, filled, now=later) == (1, 0)
        results = {one.customer_id: one.result for one in all_calls(session, 1, 1)}
        assert results["c001"] == "ordered"


def test_a_list_to_hand_out_names_what_is_due(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    with database.reading() as session:
        write_due_dates(session, 1, cycle, settings.shop_dir(1), DAY)
    words = {"kind": "message", "reach": "open", "words": "Your {product}"}
    programme = started(database, "product_due", channel="sms", before_days=0, offer=words)
    run(database, settings, programme)
    with database.reading() as session:
        pieces = programme_list(session, settings, programme=programme, day=DAY, today=DAY)
        rows = list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))
    bought = (DAY - dt.timedelta(days=20)).isoformat()
    assert len(rows) > 60
    found = {(r["offer"], r["product"], r["last_bought_on"], r["pieces"]) for r in rows}
    assert found == {("Your tea", "tea", bought, "1")}


def test_the_holdout_of_a_campaign_is_left_out_while_its_window_lasts(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    days = {
        "as_of": DAY,
        "send_date": DAY,
        "outcome_end": DAY + dt.timedelta(days=6),
        "settle_until": DAY + dt.timedelta(days=20),
    }
    raw = draft(**{name: day.isoformat() for name, day in days.items()})
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        campaign = launch(
            session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=1, salt="s"
        )
    ledger = campaign_ledger(settings, campaign)
    held = set(ledger.filter(pl.col("arm") == "holdout")["customer_id"])
    assert len(held) == 24
    assert names(listed(settings, database, cycle)) == set(CUSTOMERS) - held
    assert names(listed(settings, database, cycle, DAY + dt.timedelta(days=7))) == set(CUSTOMERS)


def test_nobody_who_opted_out_is_listed_under_another_id_with_the_same_telephone(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    phones = {"c000": "13800000001", "c001": "+86 138 0000 0001", "c002": "13800000002"}
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": list(phones), "phone": list(phones.values())})
    )
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["c000"], reason="asked", now=NOW)
    with database.reading() as session:
        asked = DueAsked(day=DAY, channel="phone")
        found = build_due_list(session, settings, 1, cycle, asked)
    assert names(found) == set(CUSTOMERS) - {"c000", "c001"}
    assert found.barred == 2


def test_opted_out_are_counted_and_corrections_are_of_their_own_shop(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    maker = Maker(id=1, name="Mei")
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["c000"], reason="asked", now=NOW)
        for shop_id, name in ((1, "c001"), (2, "c002")):
            about = About(
                shop_id=shop_id,
                customer_id=name,
                product="tea",
                bought_on=DAY - dt.timedelta(days=20),
            )
            correct(session, about, due_on=None, reason="x", maker=maker, now=NOW)
    found = listed(settings, database, cycle)
    assert set(CUSTOMERS) - names(found) == {"c000", "c001"}
    assert (found.barred, found.stopped) == (1, 1)


def test_lapsed_dates_are_not_read_by_features_unless_staff_gave_them(
    settings: Settings, database: Database, cycle: Cycle
) -> None:
    later = DAY + dt.timedelta(days=31)  # longer than the 20 days of the cycle and than 30
    shop_dir = settings.shop_dir(1)
    with database.unit_of_work() as session:
        about = About(
            shop_id=1, customer_id="c005", product="tea", bought_on=DAY - dt.timedelta(days=20)
        )
        maker = Maker(id=1, name="Mei")
        day = DAY - dt.timedelta(days=1)
        correct(session, about, due_on=day, reason="x", maker=maker, now=NOW)
        write_due_dates(session, 1, cycle, shop_dir, later)
    kept = pl.read_parquet(shop_dir / "cycle" / "due.parquet")
    assert kept.select("customer_id", "due_on").rows() == [("c005", day)]
    with database.reading() as session:
        write_due_dates(session, 1, cycle, shop_dir, later - dt.timedelta(days=1))
    assert pl.read_parquet(shop_dir / "cycle" / "due.parquet").height == len(CUSTOMERS)


def test_of_several_dates_the_nearest_counts_past_or_to_come(
    settings: Settings, database: Database
) -> None:
    folder = settings.shop_dir(1) / "cycle"
    folder.mkdir(parents=True)
    days = [DAY - dt.timedelta(days=4), DAY + dt.timedelta(days=6), DAY + dt.timedelta(days=9)]
    pl.DataFrame({"customer_id": ["c000"] * 3, "due_on": days}).write_parquet(
        folder / "due.parquet"
    )
    with database.reading() as session:
        store = build_feature_store(settings, session.get_one(Shop, 1))
    for ahead, left in ((0, -4), (1, 5), (2, 4), (6, 0), (7, -1), (8, 1), (20, -11)):
        frame = store.features(DAY + dt.timedelta(days=ahead), 0).collect()
        assert frame.row(0, named=True)["product_due_days"] == left


def test_the_list_begins_today_or_after_the_last_order() -> None:
    last = dt.date(2026, 6, 1)
    assert first_day(last, dt.date(2026, 6, 20)) == dt.date(2026, 6, 20)
    assert first_day(last, dt.date(2026, 7, 3)) == dt.date(2026, 6, 2)
    assert first_day(last, dt.date(2026, 5, 1)) == dt.date(2026, 6, 2)
