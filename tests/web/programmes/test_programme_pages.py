"""Programmes in the browser: started in one step, looked at beforehand, run, and measured."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from babel.dates import format_date
from scipy import stats
from sqlalchemy import select

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import Mailing, queue_messages
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeRow
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import add_suppressions
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.conftest import NOW, Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
Finish = Callable[[], list[Job]]


def ago(days: int) -> str:
    """A day so many days before today."""
    return (TODAY - dt.timedelta(days=days)).isoformat()


@pytest.fixture
def orders(settings: Settings) -> None:
    """Forty customers whose first order was ten days ago, and one order that is not paid."""
    new = [line(f"o{n}", f"c{n:02d}", ago(10), 50) for n in range(40)]
    unpaid = line("u", "late <b>payer</b>", ago(1), 70, status="unpaid")
    keep_orders(settings, *new, unpaid)


def text(browser: Browser, path: str, status: int = 200) -> str:
    """A page's text."""
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


def start(browser: Browser, kind: str) -> str:
    """Start a kind in one step; the address of its page."""
    answer = browser.post(f"/programmes/start/{kind}")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_without_orders_the_page_says_where_it_begins(owner: Browser) -> None:
    page = text(owner, "/programmes/")
    assert "No programme yet" in page
    assert 'href="/data/"' in page


def test_what_the_data_do_not_have_is_said_and_cannot_be_started(
    owner: Browser, orders: None
) -> None:
    page = text(owner, "/programmes/")
    assert "it needs orders with the time at which they were shipped" in page
    assert "it needs customers' files with birthdays" in page
    assert 'action="/programmes/start/birthday"' not in page
    # the moments of parcels come with orders, birthdays with another file
    for kind, there in (("Shipping note", "/data/"), ("Birthday", "/data/other/")):
        part = page.split(f"<h3>{kind}</h3>")[1].split("</li>")[0]
        assert f'href="{there}"' in part
    assert 'action="/programmes/start/unpaid"' in page
    shown = owner.get(start(owner, "birthday")).get_data(as_text=True)
    assert "do not have what this needs" in shown


def test_a_programme_starts_in_one_step_and_a_second_click_starts_no_second(
    owner: Browser, orders: None, database: Database
) -> None:
    first = start(owner, "honeymoon")
    assert start(owner, "honeymoon") == first
    page = text(owner, first)
    assert "Running" in page
    assert "10 days after the first order" in page
    with database.reading() as session:
        assert len(session.scalars(select(ProgrammeRow)).all()) == 1


def test_where_costs_are_known_profit_goes_by_them_from_the_first_click_on(
    owner: Browser, orders: None, settings: Settings
) -> None:
    asked = text(owner, "/programmes/new?kind=honeymoon")
    assert 'value="products" checked' not in asked
    assert "30% to 50% of goods" in text(owner, start(owner, "unpaid"))

    costs = pl.DataFrame({"product": ["tea"], "cost": [30 * 10_000]})
    DatasetTable(settings.shop_dir(1), "products").merge(costs)
    asked = text(owner, "/programmes/new?kind=honeymoon")
    assert 'value="products" checked' in asked
    assert "Costs are known for 100.0%" in asked
    address = start(owner, "honeymoon")
    assert "by what each product cost; 40% of goods without a known cost" in text(owner, address)

    # the form can say otherwise, and says what does not go together
    edit = f"{address}/edit"
    wrong = owner.post(edit, typed(margin_source="products", wait="240"), follow_redirects=True)
    assert "Give the same margin twice" in wrong.get_data(as_text=True)
    owner.post(edit, typed(margin_source="flat", wait="240"))
    owner.post(f"{address}/start")
    assert "30% to 50% of goods" in text(owner, address)
    first = text(owner, f"{address}?version=1")
    assert "by what each product cost" in first


def test_the_dry_run_says_who_and_why_and_keeps_the_arms_to_itself(
    owner: Browser, orders: None, database: Database
) -> None:
    with database.unit_of_work() as session:
        add_suppressions(session, shop_id=1, lines=["c00"], reason="asked", now=NOW)
    address = start(owner, "honeymoon")
    page = text(owner, f"{address}/dry-run")
    assert "Would be held back at random" in page
    assert "opted out" in page
    assert "first order" in page
    rows = list(csv.DictReader(io.StringIO(text(owner, f"{address}/dry-run.csv")[1:])))
    assert len(rows) == 40
    assert {row["enters"] for row in rows} == {"yes", "no"}
    assert [row["customer_id"] for row in rows if row["why_not"] == "opted_out"] == ["c00"]
    assert not {"arm", "held_back"} & set(rows[0])
    with database.reading() as session:
        assert session.scalars(select(ProgrammeEntryRow)).all() == []


def test_a_day_that_is_run_shows_on_the_page_and_its_list_has_the_told_alone(
    owner: Browser, orders: None, database: Database, finish_jobs: Finish
) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/begin")
    owner.post("/programmes/run")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    with database.unit_of_work() as session:
        rows = session.scalars(select(ProgrammeEntryRow)).all()
        told = {row.customer_id for row in rows if not row.held_back}
        held = {row.customer_id for row in rows if row.held_back}
        day = rows[0].contact_on
        gone = min(told)
        add_suppressions(session, shop_id=1, lines=[gone], reason="asked", now=NOW)
    assert len(told) + len(held) == 40
    assert held
    listed = csv.DictReader(io.StringIO(text(owner, f"{address}/contacts/{day}.csv")[1:]))
    assert {row["customer_id"] for row in listed} == told - {gone}
    page = text(owner, address)
    assert f"Told so far: {len(told)}; held back: {len(held)}." in page
    assert f"Today was run already: {len(told)} were told" in text(owner, f"{address}/dry-run")


def test_a_start_writes_to_nobody_that_day_and_shows_what_will_be_told(
    owner: Browser, orders: None, database: Database, finish_jobs: Finish
) -> None:
    address = start(owner, "honeymoon")
    tomorrow = format_date(TODAY + dt.timedelta(days=1), "medium", locale="en")
    page = text(owner, address)
    assert f"Nobody is written to before {tomorrow}." in page
    assert "Thank you for your first order." in page
    assert "The margin is the usual guess, not yours" in page
    with database.unit_of_work() as session:
        enqueue_daily(session, dt.datetime.now(dt.UTC))
    owner.post("/programmes/run")
    finish_jobs()
    with database.reading() as session:
        assert session.scalars(select(ProgrammeEntryRow)).all() == []
    assert f"Nobody is written to before {tomorrow}." in text(owner, address)
    assert "not yet" in text(owner, "/programmes/")

    beforehand = text(owner, f"{address}/dry-run")
    told = re.search(r"Begun today it tells (\d+) of your customers this", beforehand)
    assert told is not None
    assert "Thank you for your first order." in beforehand
    owner.post(f"{address}/begin")
    finish_jobs()
    with database.reading() as session:
        entered = [row.held_back for row in session.scalars(select(ProgrammeEntryRow))]
    assert entered.count(False) == int(told[1])
    assert "Nobody is written to before" not in text(owner, address)
    owner.post(f"{address}/pause")
    again = owner.post(f"{address}/begin", follow_redirects=True)
    assert "is not running" in again.get_data(as_text=True)


def test_a_result_that_is_too_early_says_so(
    owner: Browser, orders: None, finish_jobs: Finish
) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/begin")
    finish_jobs()
    owner.post(f"{address}/result")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    page = text(owner, address)
    assert "Too early: nobody’s 30 days in which orders count are over yet." in page


def test_everybody_who_entered_is_counted_waits_or_came_after_the_orders(
    owner: Browser, orders: None, settings: Settings, finish_jobs: Finish
) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/result")
    finish_jobs()
    assert "who entered (" not in text(owner, address)
    owner.post(f"{address}/begin")
    finish_jobs()

    def said() -> str:
        found = re.search(
            r"Of 40 who entered \((\d+) told, (\d+) held back\): ([^<]+)", text(owner, address)
        )
        assert found is not None
        assert int(found[1]) + int(found[2]) == 40
        return found[3]

    assert said() == "0 are counted; 40 entered since this was worked out."
    owner.post(f"{address}/result")
    finish_jobs()
    last = format_date(TODAY - dt.timedelta(days=1), "medium", locale="en")
    assert said() == f"0 are counted; 40 entered after the last order ({last})."
    again = [line(f"o{n}", f"c{n:02d}", ago(10), 50) for n in range(40)]
    keep_orders(settings, *again, line("late", "somebody", ago(-10), 50))
    owner.post(f"{address}/result")
    finish_jobs()
    assert said() == "0 are counted; 40 wait until their 30 days are over."
    keep_orders(settings, *again, line("late", "somebody", ago(-60), 50))
    owner.post(f"{address}/result")
    finish_jobs()
    assert "who entered (" not in text(owner, address)


def test_the_sizes_of_the_groups_are_looked_at_and_said(
    owner: Browser, orders: None, settings: Settings, finish_jobs: Finish, database: Database
) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/begin")
    finish_jobs()
    # orders a month and more after the entries: all windows are over
    with database.reading() as session:
        held = sum(row.held_back for row in session.scalars(select(ProgrammeEntryRow)))
    again = [line(f"o{n}", f"c{n:02d}", ago(10), 50) for n in range(40)]
    keep_orders(settings, *again, line("late", "somebody", ago(-60), 50))
    owner.post(f"{address}/result")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    p = stats.binomtest(held, 40, 0.2).pvalue
    found = re.search(
        r"Sizes of the groups: (\d+) told and (\d+) held back, as drawn \(p = ([\d.]+)\)",
        text(owner, address),
    )
    assert found is not None
    assert (int(found[1]), int(found[2])) == (40 - held, held)
    assert abs(float(found[3]) - p) < 0.2  # by chi-square there, exact here


def test_an_id_with_markup_in_it_is_shown_as_text(owner: Browser, orders: None) -> None:
    page = text(owner, f"{start(owner, 'unpaid')}/dry-run")
    assert "late &lt;b&gt;payer&lt;/b&gt;" in page
    assert "order u" in page


def test_the_form_says_what_keeps_a_programme_from_starting_beside_the_field(
    owner: Browser, orders: None
) -> None:
    form = typed(holdout_percent="0", window_days="90", reentry_days="30", send_time="noon")
    form |= {"dates": "soon", "name": "x" * 10_000, "contact_cost": "1" * 400}
    answer = owner.post("/programmes/new?kind=holiday", form)
    page = owner.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Between 1 and 50 percent are held back" in page
    assert "Nobody can enter again before the 90 days are over" in page
    assert "A time of day such as 10:00 is expected." in page
    assert "A day as in 2026-01-31 is expected" in page
    assert 'id="holdout_percent-error"' in page
    started = owner.post(answer.headers["Location"].replace("/edit?check=1", "/start"))
    assert "check=1" in started.headers["Location"]


def test_a_change_waits_for_a_new_start_and_begins_a_version(owner: Browser, orders: None) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/edit", typed(wait="5", wait_unit="days", holdout_percent="30"))
    page = text(owner, address)
    assert "It runs as before until you start it anew" in page
    assert "10 days after the first order" in page
    owner.post(f"{address}/start")
    page = text(owner, address)
    assert "5 days after the first order" in page
    assert "Version 2" in page
    assert "10 days after the first order" in text(owner, f"{address}?version=1")


def test_another_kind_of_offer_brings_its_own_fields_without_scripts(
    owner: Browser, orders: None
) -> None:
    answer = owner.post(
        "/programmes/new?kind=birthday", typed(do="show") | {"offer.kind": "percent_off"}
    )
    page = answer.get_data(as_text=True)
    assert 'name="offer.percent"' in page
    assert 'name="offer.reach"' in page


def test_a_segment_of_the_shop_sets_a_programme_off(
    owner: Browser, orders: None, database: Database
) -> None:
    rule = parse_rule({"feature": "orders", "op": ">=", "value": "2"})
    with database.unit_of_work() as session:
        found = save_segment(session, shop_id=1, name="twice", rule=rule, now=NOW)
        segment = found.id
    answer = owner.post("/programmes/new?kind=segment", typed(segment=str(segment)))
    address = answer.headers["Location"]
    owner.post(f"{address}/start")
    assert "as soon as somebody comes into “twice”" in text(owner, address)


def test_pausing_ending_and_forgetting(owner: Browser, orders: None) -> None:
    address = start(owner, "honeymoon")
    owner.post(f"{address}/pause")
    assert "Paused" in text(owner, address)
    owner.post(f"{address}/start")
    owner.post(f"{address}/end")
    assert "Ended" in text(owner, address)
    owner.post(f"{address}/start")
    assert "Ended" in text(owner, address)
    draft = owner.post("/programmes/new?kind=lost", typed(after_days="300")).headers["Location"]
    assert owner.post(f"{draft}/delete").status_code == 302
    text(owner, draft, 404)


def test_limits_on_everything_are_kept_and_nonsense_is_refused(
    owner: Browser, orders: None
) -> None:
    assert owner.post("/programmes/caps", {"contacts": "2", "days": "14"}).status_code == 302
    page = text(owner, "/programmes/")
    assert 'name="contacts" inputmode="numeric" value="2"' in page
    refused = owner.post("/programmes/caps", {"contacts": "many", "days": "9" * 500})
    assert refused.status_code == 422


def test_what_is_not_there_is_not_found(owner: Browser, orders: None) -> None:
    for path in ("77", "77/edit", "77/dry-run", "77/dry-run.csv", "77/contacts/2026-01-01.csv"):
        text(owner, f"/programmes/{path}", 404)
    assert owner.post("/programmes/77/start").status_code == 404
    assert owner.get("/programmes/new?kind=nothing").status_code == 302


def typed(**changes: str) -> dict[str, Any]:
    """A form as somebody would send it: a message only."""
    return {
        "do": "keep",
        "name": "Ours",
        "audience": "everybody",
        "offer.kind": "message",
        "offer.words": "Hello",
        "channel": "sms",
        "contact_cost": "0.05",
        "consent": "not_refused",
        "send_time": "10:00",
        "holdout_percent": "20",
        "window_days": "30",
        "reentry_days": "60",
        "margin_low_percent": "30",
        "margin_high_percent": "50",
        "grace_days": "3",
        "confidence_percent": "95",
    } | changes


def test_a_channel_that_sends_by_itself_shows_where_messages_stand_and_has_no_list(
    owner: Browser, orders: None, database: Database, finish_jobs: Finish
) -> None:
    with database.unit_of_work() as session:
        keep_channel_use(session, session.get_one(Shop, 1), 1, "chat", {"via": "webhook"})
    made = owner.post("/programmes/new?kind=honeymoon", typed(channel="chat", wait="240"))
    address = made.headers["Location"]
    owner.post(f"{address}/start")
    owner.post(f"{address}/begin")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    with database.reading() as session:
        rows = session.scalars(select(ProgrammeEntryRow)).all()
        day, told = rows[0].contact_on, sum(not row.held_back for row in rows)
    page = text(owner, address)
    assert f"waiting: {told}" in page
    assert "Contact lists" not in page
    refused = owner.get(f"{address}/contacts/{day}.csv", follow_redirects=True)
    assert "a list would reach people twice" in refused.get_data(as_text=True)


def test_the_messages_of_a_programme_are_stopped_resumed_and_decided_about(
    owner: Browser, orders: None, database: Database, settings: Settings
) -> None:
    page = start(owner, "honeymoon")
    programme = int(page.rstrip("/").rpartition("/")[2])
    there = f"{page}/messages"
    assert "No messages yet" in text(owner, there)

    names = [f"c{n:02d}" for n in range(4)]
    with database.unit_of_work() as session:
        shop = session.get_one(Shop, 1)
        keep_channel_use(session, shop, 1, "chat", {"via": "webhook"})
        words = {"name": "hello", "channel": "chat", "body": "Come by."}
        template = keep_template(session, shop_id=1, raw=words, now=NOW)
        made = queue_messages(
            session,
            settings,
            Mailing(
                shop_id=1,
                source="programme",
                source_id=programme,
                arm=TreatedArm(name="told", offer=MessageOnly()),
                channel="chat",
                template_id=template.id,
                send_at=NOW,
            ),
            pl.DataFrame({"customer_id": names}),
            now=NOW,
        )
        rows = session.scalars(select(MessageRow).order_by(MessageRow.id)).all()
        rows[0].state = "unsure"
        rows[1].state = "unsure"
    batch = made.batch_id
    shown = text(owner, there)
    assert "2 messages are unsure" in shown
    assert "Stop at once" in shown
    assert f'href="{there}"' in text(owner, page)

    def press(what: str, path: str = there) -> int:
        return owner.post(f"{path}/{batch}/{what}").status_code

    def states() -> list[str]:
        with database.unit_of_work() as session:
            return list(session.scalars(select(MessageRow.state).order_by(MessageRow.id)))

    assert press("stop") == 302
    assert "Go on" in text(owner, there)
    assert press("resume") == 302
    assert "Stop at once" in text(owner, there)
    assert press("again") == 302
    assert states() == ["queued"] * 4
    assert press("nonsense") == 404
    # not by the address of another programme, nor of a campaign
    assert press("stop", f"/programmes/{programme + 1}/messages") == 404
    assert press("stop", f"/campaigns/{programme}/delivery/batches") == 404


def test_cash_back_for_following_starts_once_a_file_says_who_follows(
    owner: Browser, orders: None, settings: Settings
) -> None:
    offer = {"offer.kind": "cash_back", "offer.amount": "2", "offer.reach": "open"}
    kept = owner.post("/programmes/new?kind=honeymoon", typed(wait="10") | offer)
    asked = str(kept.headers["Location"])
    assert "a file of events that says who follows" in text(owner, asked)
    page = asked.partition("/edit")[0]
    owner.post(f"{page}/start")
    assert "It runs." not in text(owner, page)
    follow = {"event_key": "1", "customer_id": "c01", "kind": "follow", "happened_at": NOW}
    DatasetTable(settings.shop_dir(1), "events").merge(pl.DataFrame([follow]))
    owner.post(f"{page}/start")
    assert "It runs." in text(owner, page)
