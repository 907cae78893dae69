"""Contacts of programmes: those that left, where messages go out from here, else those told."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from regulars_platform.campaigns.failed_sends import record_failed_sends
from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.launching.launch import launch
from regulars_platform.programme_effect.crowding import contacts_between
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.campaigns.build import draft
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    keep_orders(found, *first_orders(60))
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings)
    create_all_tables(opened)
    open_shops(opened)
    yield opened
    opened.dispose()


def told_by(database: Database) -> list[str]:
    found = entries(database)
    names: list[str] = found.filter(~found["held_back"])["customer_id"].to_list()
    return sorted(names)


def test_of_a_day_by_a_list_everybody_told_counts(database: Database, settings: Settings) -> None:
    run(database, settings, started(database, "honeymoon"))
    with database.reading() as session:
        found = contacts_between(session, settings, 1, DAY, DAY)
        assert contacts_between(session, settings, 2, DAY, DAY).is_empty()
    assert sorted(found.rows()) == [(name, DAY) for name in told_by(database)]


def test_of_a_day_that_delivery_sent_only_what_left_counts(
    database: Database, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        shop = session.get_one(Shop, 1)
        keep_channel_use(session, shop, 1, "chat", {"via": "webhook"})
    run(database, settings, started(database, "honeymoon", channel="chat"))
    told = told_by(database)
    late = DAY + dt.timedelta(days=1)
    with database.unit_of_work() as session:
        assert contacts_between(session, settings, 1, DAY, late).is_empty()
        states = ("sent", "delivered", "unsure", "failed", "barred")
        for name, state in zip(told, states, strict=False):
            row = session.scalars(select(MessageRow).where(MessageRow.customer_id == name)).one()
            row.state, row.sent_at = state, NOW + dt.timedelta(days=1)
        session.flush()
        assert contacts_between(session, settings, 1, DAY, DAY).is_empty()
        found = contacts_between(session, settings, 1, DAY, late)
        assert sorted(found.rows()) == [(name, late) for name in told[:3]]
        assert contacts_between(session, settings, 2, DAY, late).is_empty()


def test_whom_a_list_did_not_reach_is_no_contact(database: Database, settings: Settings) -> None:
    raw = draft(
        as_of="2026-06-10",
        send_date="2026-06-15",
        outcome_end="2026-06-28",
        settle_until="2026-07-05",
    )
    with database.unit_of_work() as session:
        made = create_draft(session, shop_id=1, raw=raw, now=NOW)
        launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt="s")
        ledger = campaign_ledger(settings, get_launched(session, 1, made.id))
        told = ledger.filter(ledger["arm"] != "holdout")["customer_id"].sort().to_list()
        record_failed_sends(session, campaign_id=made.id, ledger=ledger, lines=told[:2], now=NOW)
        found = contacts_between(session, settings, 1, DAY, DAY)
    assert sorted(found["customer_id"]) == told[2:]
