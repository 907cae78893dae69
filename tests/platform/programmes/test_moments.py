"""From an order file with shipping times to the note that goes out, and reminders that are off."""

import datetime as dt
import io

import polars as pl
import pytest
from sqlalchemy import select

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.dispatch.barring import SETTLED, WHY_BARRED
from regulars_platform.dispatch.calls import open_calls
from regulars_platform.dispatch.claims import claim
from regulars_platform.dispatch.settled import settled_keys
from regulars_platform.intake import service
from regulars_platform.intake.models import ReadingOptions
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.running import get_shop_row
from regulars_platform.programmes.sending import programme_list
from regulars_platform.programmes.service import get_programme
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.words import Sentence
from tests.platform.customers.build import line
from tests.platform.intake.exports import TAOBAO_ORDERS, export, taobao_order
from tests.platform.programmes.build import (
    DAY,
    NOW,
    SHOP,
    entries,
    keep_orders,
    run,
    started,
)

ONE, TWO = "365847123456789011", "365847123456789012"


def bring_in(settings: Settings, database: Database, content: bytes) -> None:
    """An order file by all steps, as the pages and the command line do it."""
    with database.unit_of_work() as session:
        stream = io.BytesIO(content)
        import_id = service.receive_upload(session, settings, SHOP, "report.csv", stream, NOW)
    seen = service.look(settings, database, import_id)
    with database.unit_of_work() as session:
        service.confirm_mapping(session, import_id, seen.mapping(), ReadingOptions())
    service.check(settings, database, import_id)
    service.store(settings, database, import_id, None, now=NOW)


def need(settings: Settings, database: Database, kind: str) -> str | None:
    with database.reading() as session:
        shop = get_shop_row(session, SHOP)
    return missing_need(shop, settings.shop_dir(SHOP), kind)


def report(*shipped: str, **received: str) -> bytes:
    """The order report of the shop as it stands once these parcels went out."""
    rows = (
        taobao_order(
            number,
            buyer,
            "30.00",
            订单创建时间="2026-06-12 10:00:00",
            订单付款时间="2026-06-12 10:05:00",
            发货时间="2026-06-14 20:00:00" if buyer in shipped else "",
            确认收货时间=received.get(buyer, ""),
        )
        for number, buyer in ((ONE, "anna"), (TWO, "bert"))
    )
    return export([*TAOBAO_ORDERS, "发货时间"], *rows, encoding="gbk")


def test_a_note_becomes_possible_with_the_first_shipping_time_and_tells_who_it_is_for(
    settings: Settings, database: Database
) -> None:
    bring_in(settings, database, report())
    assert need(settings, database, "shipped") == "orders with the time at which they were shipped"
    note = started(database, "shipped", wait_hours=0, grace_days=2, holdout_percent="1")
    assert run(database, settings, note).unavailable is not None
    bring_in(settings, database, report("anna"))
    assert need(settings, database, "shipped") is None
    assert need(settings, database, "received") is not None
    done = run(database, settings, note)
    assert done.counts["named"] == 1
    found = entries(database, note)
    assert found.select("customer_id", "occasion").rows() == [("anna", f"order {ONE}")]
    # the day after, another parcel; nobody is told twice
    bring_in(settings, database, report("anna", "bert"))
    run(database, settings, note, DAY + dt.timedelta(days=1))
    assert entries(database, note)["customer_id"].to_list() == ["anna", "bert"]


def test_a_parcel_that_came_is_asked_about(settings: Settings, database: Database) -> None:
    bring_in(settings, database, report("anna", anna="2026-06-14 22:00:00"))
    assert need(settings, database, "received") is None
    note = started(database, "received", wait_hours=0, grace_days=2, holdout_percent="1")
    run(database, settings, note)
    assert entries(database, note)["customer_id"].to_list() == ["anna"]


def unpaid(order: str, customer: str) -> dict[str, object]:
    return line(order, customer, "2026-06-14", 30, status="unpaid")


def sends(
    settings: Settings, database: Database, channel: str = "email", via: str = "webhook"
) -> int:
    """The shop can reach three customers by the channel; returns its template's id."""
    with database.unit_of_work() as session:
        shop = session.get_one(Shop, SHOP)
        keep_channel_use(session, shop, SHOP, channel, {"via": via, "per_minute": "60000"})
        template = keep_template(
            session,
            shop_id=SHOP,
            raw={"name": "r", "channel": channel, "subject": "s", "body": "b", "fallbacks": {}},
            now=NOW,
        )
    people = [
        {"customer_id": name, "email": f"{name}@example.org", "phone": f"+4930123456{place}"}
        for place, name in enumerate("abc")
    ]
    DatasetTable(settings.shop_dir(SHOP), "customers").merge(pl.DataFrame(people))
    return template.id


def settled_customers(settings: Settings, database: Database) -> set[str]:
    with database.reading() as session:
        keys = {
            key
            for batch in session.scalars(select(BatchRow)).all()
            for key in settled_keys(session, settings, batch)
        }
        found = select(MessageRow.customer_id).where(MessageRow.key.in_(keys))
        return set(session.scalars(found))


def claimed(settings: Settings, database: Database) -> set[str]:
    """Who is written to once everything is due."""
    found: set[str] = set()
    with database.unit_of_work() as session:
        for batch in session.scalars(select(BatchRow.id)).all():
            due = NOW + dt.timedelta(days=1)
            taken = claim(session, settings, batch, most=100, attempt_id=f"x{batch}", now=due)
            found |= {message.customer_id for message in taken.messages}
    return found


@pytest.mark.parametrize("became", ["paid", "cancelled", "bought_again"])
def test_a_reminder_waiting_to_leave_is_off_once_its_order_waits_no_more(
    settings: Settings, database: Database, became: str
) -> None:
    template = sends(settings, database)
    keep_orders(settings, *(unpaid(name, name) for name in "abc"))
    reminder = started(
        database,
        "unpaid",
        wait_hours=12,
        grace_days=2,
        holdout_percent="1",
        channel="email",
        template_id=template,
    )
    assert run(database, settings, reminder).counts["queued"] == 3
    assert settled_customers(settings, database) == set()
    if became == "bought_again":
        later = line("d", "b", "2026-06-15", 5)
        keep_orders(settings, *(unpaid(name, name) for name in "abc"), later)
    else:
        now = unpaid("b", "b") | {"status": became}
        keep_orders(settings, unpaid("a", "a"), now, unpaid("c", "c"))
    assert settled_customers(settings, database) == {"b"}
    assert claimed(settings, database) == {"a", "c"}
    with database.reading() as session:
        off = session.scalars(select(MessageRow).where(MessageRow.customer_id == "b")).one()
        assert off.state == "barred"
        assert off.problem == Sentence(WHY_BARRED[SETTLED]).as_json()


def test_nobody_is_called_about_an_order_that_was_paid(
    settings: Settings, database: Database
) -> None:
    template = sends(settings, database, "phone", "calls")
    keep_orders(settings, unpaid("a", "a"), unpaid("b", "b"))
    reminder = started(
        database,
        "unpaid",
        wait_hours=12,
        grace_days=2,
        holdout_percent="1",
        channel="phone",
        template_id=template,
    )
    run(database, settings, reminder)
    keep_orders(settings, unpaid("a", "a"), unpaid("b", "b") | {"status": "paid"})
    later = NOW + dt.timedelta(days=1)
    with database.unit_of_work() as session:
        (batch,) = session.scalars(select(BatchRow.id)).all()
        calls = open_calls(session, settings, SHOP, batch, now=later)
        assert [call.customer_id for call in calls] == ["a"]


def test_of_another_kind_nothing_is_off(settings: Settings, database: Database) -> None:
    template = sends(settings, database)
    keep_orders(settings, line("a", "a", "2026-06-05", 30))
    started_ = started(
        database,
        "honeymoon",
        wait_hours=0,
        grace_days=30,
        holdout_percent="1",
        channel="email",
        template_id=template,
    )
    run(database, settings, started_)
    assert settled_customers(settings, database) == set()


def test_the_list_to_take_away_leaves_out_who_has_paid(
    settings: Settings, database: Database
) -> None:
    keep_orders(settings, unpaid("a", "a"), unpaid("b", "b"))
    reminder = started(database, "unpaid", wait_hours=12, grace_days=2, holdout_percent="1")
    run(database, settings, reminder)
    keep_orders(settings, unpaid("a", "a"), unpaid("b", "b") | {"status": "paid"})
    with database.reading() as session:
        programme = get_programme(session, SHOP, reminder.id)
        pieces = programme_list(session, settings, programme=programme, day=DAY, today=DAY)
        rows = pl.read_csv(b"".join(pieces), infer_schema=False)
    assert rows["customer_id"].to_list() == ["a"]
