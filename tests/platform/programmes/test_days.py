"""What comes up by itself every day, what a day would do, and a result worked out in a job."""

import datetime as dt
import json

import polars as pl
import pytest
from sqlalchemy import select

from regulars_experiments.results import NotEstimable
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.tables import JobRow
from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.programmes.dry_run import dry_run, dry_run_all, dry_run_csv
from regulars_platform.programmes.errors import ProgrammeUnavailableError
from regulars_platform.programmes.findings import find_programme
from regulars_platform.programmes.jobs import enqueue_evaluation
from regulars_platform.programmes.outcomes import entry_outcomes
from regulars_platform.programmes.results import evaluate_version, find_result, read_entries
from regulars_platform.programmes.running import run_programme
from regulars_platform.programmes.service import (
    Programme,
    Settled,
    create_programme,
    has_changes,
    pause_programme,
    start_programme,
    usual_draft,
)
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line, lines, money
from tests.platform.programmes.build import (
    DAY,
    NOW,
    entries,
    first_orders,
    keep_orders,
    run,
    started,
)


def test_each_day_of_the_shop_is_asked_for_once(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(5))
    programme = started(database, "honeymoon")
    with database.unit_of_work() as session:
        # 20:00 UTC is the next day in Shanghai already
        session.get_one(Shop, 1).timezone = "Asia/Shanghai"
    evening = dt.datetime(2026, 6, 15, 20, tzinfo=dt.UTC)
    asked = []
    for hours in (0, 1, 3, 5, 30):
        with database.unit_of_work() as session:
            asked.append(len(enqueue_daily(session, evening + dt.timedelta(hours=hours))))
    assert asked == [1, 0, 0, 0, 1]
    with database.unit_of_work() as session:
        days = session.scalars(select(JobRow.subject_id).order_by(JobRow.subject_id)).all()
        assert [dt.date.fromordinal(day).isoformat() for day in days] == [
            "2026-06-16",
            "2026-06-17",
        ]
        pause_programme(session, shop_id=1, programme_id=programme.id, now=NOW)
        assert enqueue_daily(session, evening + dt.timedelta(days=5)) == []


def test_a_dry_run_foresees_the_run_to_the_person_and_keeps_nothing(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(70))
    made = [started(database, "honeymoon", wait_hours=240, salt=f"s{n}") for n in range(2)]
    with database.reading() as session:
        foreseen = dry_run_all(session, settings, 1, DAY, NOW)
    assert entries(database).is_empty()
    done = [run(database, settings, one) for one in made]
    for before, after in zip(foreseen, done, strict=True):
        assert before.told == after.counts["told"]
        assert before.held_back == after.counts["held_back"]
        entered = before.people.filter(pl.col("reason").is_null())["customer_id"]
        assert entered.to_list() == entries(database, before.programme)["customer_id"].to_list()
    with database.reading() as session:
        again = dry_run_all(session, settings, 1, DAY, NOW)
    assert [one.done for one in again] == [dict(one.counts) for one in done]
    assert again[0].people.is_empty()


def test_a_day_that_a_programme_has_passed_is_foreseen_as_it_would_be_run(
    settings: Settings, database: Database
) -> None:
    """Not at all, so nobody is taken for contacted by it when the next one is foreseen."""
    keep_orders(settings, *first_orders(40))
    passed = started(database, "honeymoon", wait_hours=240)
    assert run(database, settings, passed, DAY + dt.timedelta(days=1)).counts["named"] == 40
    assert run(database, settings, passed).counts == {}
    with database.reading() as session:
        found = dry_run(session, settings, 1, passed.id, DAY, NOW)
    assert (found.told, found.held_back, found.counts["named"]) == (0, 0, 0)


def test_the_file_of_a_dry_run_says_of_nobody_which_arm_is_theirs(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(200))
    one = started(database, "honeymoon", wait_hours=240)
    with database.reading() as session:
        found = dry_run(session, settings, 1, one.id, DAY, NOW)
    text = b"".join(dry_run_csv([found])).decode("utf-8-sig")
    rows = [row.split(",", 1)[1] for row in text.splitlines()[1:]]
    assert len(rows) == 200
    assert set(rows) == {"honeymoon,first,yes,,0,2026-06-15 10:00"}


def test_a_draft_is_foreseen_as_if_it_ran(settings: Settings, database: Database) -> None:
    keep_orders(settings, *first_orders(50))
    draft = usual_draft("honeymoon", name="new", words="Hello")
    with database.unit_of_work() as session:
        made = create_programme(session, shop_id=1, draft=draft, now=NOW)
        found = dry_run(session, settings, 1, made.id, DAY, NOW)
    assert (found.told, found.held_back) == (40, 10)


def test_a_kind_that_the_data_cannot_set_off_says_what_is_missing(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, *first_orders(5))
    shipped = started(database, "shipped")
    assert run(database, settings, shipped).unavailable == (
        "orders with the time at which they were shipped"
    )
    assert entries(database).is_empty()


def test_without_any_orders_a_run_says_so(settings: Settings, database: Database) -> None:
    honeymoon = started(database, "honeymoon")
    with pytest.raises(ProgrammeUnavailableError, match="There are no orders yet"):
        run_programme(database, settings, 1, honeymoon.id, DAY, NOW)


def test_a_result_is_worked_out_in_a_job_from_the_orders_as_they_are(
    settings: Settings, database: Database
) -> None:
    news = list(first_orders(120))
    keep_orders(settings, *news)
    honeymoon = started(database, "honeymoon", wait_hours=240, window_days=10)
    assert honeymoon.version is not None
    run(database, settings, honeymoon)
    told = entries(database).filter(~pl.col("held_back"))["customer_id"].to_list()
    bought = [line(f"n{who}", who, "2026-06-20", 100) for who in told[:60]]
    last = line("z", "stranger", "2026-06-30", 1)
    keep_orders(settings, *news, *bought, last)
    with database.unit_of_work() as session:
        job = enqueue_evaluation(session, shop_id=1, version_id=honeymoon.version.id, now=NOW)
    assert run_inline(settings, database, job).state == JobState.DONE
    with database.reading() as session:
        result = find_result(session, honeymoon.version.id)
        rows = read_entries(session, honeymoon.version.id)
    assert result is not None
    document = json.loads(json.dumps(result.document))
    assert (document["told"], document["buyers_told"]) == (len(told), 60)
    assert (document["held_back"], document["buyers_held_back"]) == (120 - len(told), 0)
    # 60 orders of 100 at the middle of 30% to 50%, less 0.05 a message; nobody else bought
    assert document["bars"]["goods"].get("estimate", 60 * 40 / len(told)) == pytest.approx(
        60 * 40 / len(told)
    )
    assert document["weeks"][0]["begins"] == "2026-06-15"
    frame = lines(*news, *bought, last)
    again = entry_outcomes(frame, rows, honeymoon.version.plan, dt.date(2026, 6, 30))
    direct = find_programme(again, honeymoon.version.plan, planned=1000, until=dt.date(2026, 6, 30))
    assert direct.n_told == len(told)
    assert min(direct.n_held, direct.n_told) >= LEAST_SHOWN
    assert isinstance(direct.net, NotEstimable) == ("not_estimable" in document["net"])


def test_costs_hold_as_they_were_when_the_version_began(
    settings: Settings, database: Database
) -> None:
    news = list(first_orders(400))
    keep_orders(settings, *news)
    products = DatasetTable(settings.shop_dir(1), "products")
    first = products.merge(pl.DataFrame({"product": ["tea"], "cost": [money(30)]}))
    draft = usual_draft("honeymoon", name="ours", words="Hello", by_product=True)
    draft |= {"wait_hours": 240, "window_days": 10}

    def start(version: int) -> Programme:
        with database.unit_of_work() as session:
            return start_programme(
                session,
                shop_id=1,
                programme_id=made.id,
                now=NOW,
                user_id=None,
                salt="s",
                planned=1000,
                settled=Settled(products_version=version),
            )

    with database.unit_of_work() as session:
        made = create_programme(session, shop_id=1, draft=draft, now=NOW)
    programme = start(first)
    assert programme.version is not None
    assert programme.version.plan.products_version == first
    run(database, settings, programme)
    drawn = entries(database)
    told = drawn.filter(~pl.col("held_back"))["customer_id"].to_list()
    held = drawn.filter("held_back")["customer_id"].to_list()
    paid = {who: 100 + place for place, who in enumerate([*told[:200], *held[:50]])}
    bought = [line(f"n{who}", who, "2026-06-20", price) for who, price in paid.items()]
    keep_orders(settings, *news, *bought, line("z", "stranger", "2026-06-30", 1))
    later = products.merge(pl.DataFrame({"product": ["tea"], "cost": [money(90)]}))
    with database.unit_of_work() as session:
        assert not has_changes(session, programme)
        pause_programme(session, shop_id=1, programme_id=made.id, now=NOW)
    # run on, it is the same version and the same costs
    assert start(later).version == programme.version
    found = evaluate_version(
        database, settings, shop_id=1, version_id=programme.version.id, now=NOW
    ).document
    # a tea cost 30 when it began; the 90 of later do not count
    earned = [sum(paid.get(who, 30) - 30 for who in arm) / len(arm) for arm in (told, held)]
    assert found["bars"]["goods"]["estimate"] == pytest.approx(earned[0] - earned[1])
