"""Contacts over everything: counted by day, limited before the draw, and what one more brings."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.results import Estimate
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    create_draft,
    get_launched,
)
from regulars_platform.customers.store import build_feature_store
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import Mailing, queue_messages
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.launching.launch import launch
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.programme_effect.crowding import (
    contacts_between,
    count_contacts,
    find_overlaps,
)
from regulars_platform.programme_effect.holdout_sizes import (
    plan_sizes,
    quarter_spend,
    rotation_moves,
)
from regulars_platform.programme_effect.nth_contact import nth_contacts
from regulars_platform.programme_effect.told_lately import told_and_waiting
from regulars_platform.programmes.caps import Caps, contact_caps, keep_caps, over_the_cap
from regulars_platform.reach.holdout import draw_holdout, holdout_on, in_holdout
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.campaigns.build import draft
from tests.platform.customers.build import line, lines

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
MAY = dt.date(2026, 5, 1)
CUSTOMERS = 400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = build_settings(tmp_path / "data")
    prepare_data_dir(found)
    rows = [line(f"a{n}", f"c{n:03d}", "2026-01-10", 40) for n in range(CUSTOMERS)]
    rows += [line(f"b{n}", f"c{n:03d}", "2026-05-05", 40 + n % 7) for n in range(CUSTOMERS)]
    lines(*rows).collect().write_delta(found.shop_dir(1) / "orders")
    return found


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as work:
        work.add(Shop(name="tea", currency="EUR", timezone="UTC", created_at=NOW))
        work.flush()
        yield work
    database.dispose()


def launched(session: Session, settings: Settings, day: str, **changes: Any) -> LaunchedCampaign:
    """A campaign to everybody, sent on that day, for two weeks."""
    sent = dt.date.fromisoformat(day)
    raw = draft(
        name=f"sent {day}",
        as_of=day,
        send_date=day,
        outcome_end=(sent + dt.timedelta(days=13)).isoformat(),
        settle_until=(sent + dt.timedelta(days=20)).isoformat(),
        **changes,
    )
    made = create_draft(session, shop_id=1, raw=raw, now=NOW)
    launch(session, settings, shop_id=1, campaign_id=made.id, now=NOW, user_id=None, salt=day)
    return get_launched(session, 1, made.id)


def test_without_a_limit_everybody_is_drawn_again(session: Session, settings: Settings) -> None:
    launched(session, settings, "2026-05-01")
    again = launched(session, settings, "2026-05-04")
    assert (again.drawn, again.capped) == (CUSTOMERS, 0)
    assert "over_the_cap" not in again.plan_json


def test_whoever_has_no_room_left_is_out_of_every_arm_before_the_draw(
    session: Session, settings: Settings
) -> None:
    keep_caps(session, 1, {"contacts": "1", "days": "30"})
    half = {
        "exclusions": {
            "customers": [f"c{n:03d}" for n in range(100)],
            "max_average_order_value": None,
            "customer_revenue_cap": None,
        }
    }
    first = launched(session, settings, "2026-05-01", **half)
    second = launched(session, settings, "2026-05-20")
    assert first.drawn == CUSTOMERS - 100
    assert (second.capped, second.drawn) == (CUSTOMERS - 100, 100)
    assert second.audience == second.capped + second.drawn
    names = set(campaign_ledger(settings, second)["customer_id"])
    assert names == {f"c{n:03d}" for n in range(100)}
    later = launched(session, settings, "2026-06-25")
    assert (later.capped, later.drawn) == (0, CUSTOMERS)


def test_two_contacts_keep_their_distance() -> None:
    planned = pl.DataFrame({"customer_id": ["a", "b"], "contact_on": [MAY, MAY]})
    days = [MAY + dt.timedelta(days=n) for n in (2, 3)]
    people = pl.DataFrame({"customer_id": ["a", "b"], "contact_on": days})
    limit = Caps(contacts=9, days=30, apart=3)
    assert over_the_cap(people, planned, limit).to_list() == [True, False]


def test_a_form_without_the_distance_leaves_it_as_it_is(session: Session) -> None:
    keep_caps(session, 1, {"contacts": "3", "days": "30", "apart": "5"})
    keep_caps(session, 1, {"contacts": "4", "days": "20"})
    shop = session.get(Shop, 1)
    assert shop is not None
    assert contact_caps(shop) == Caps(contacts=4, days=20, apart=5)


def test_contacts_of_one_day_count_once(session: Session, settings: Settings) -> None:
    campaign = launched(session, settings, "2026-05-01")
    ledger = campaign_ledger(settings, campaign)
    told = ledger.filter(ledger["arm"] != "holdout")["customer_id"].to_list()
    held = ledger.filter(ledger["arm"] == "holdout")["customer_id"].to_list()
    log = [
        {"contact_key": "1", "customer_id": told[0], "happened_at": NOW, "outcome": "sent"},
        {"contact_key": "2", "customer_id": told[1], "happened_at": NOW, "outcome": "failed"},
        {"contact_key": "3", "customer_id": held[0], "happened_at": NOW, "outcome": "delivered"},
    ]
    table = DatasetTable(settings.shop_dir(1), "contacts")
    empty = table.scan().collect()
    rows = pl.DataFrame(log, schema_overrides=dict(empty.schema))
    table.merge(pl.concat([empty, rows], how="diagonal_relaxed").cast(empty.schema))
    found = contacts_between(session, settings, 1, MAY, MAY)
    assert sorted(found["customer_id"]) == sorted([*told, held[0]])
    shop = session.get(Shop, 1)
    assert shop is not None
    store = build_feature_store(settings, shop)
    version = store.table.version()
    assert version is not None
    day = MAY + dt.timedelta(days=1)
    counted = count_contacts(store, version, found, days=30, until=day)
    assert counted.counts == (len(held) - 1, len(told) + 1, 0, 0, 0, 0)
    assert counted.customers == CUSTOMERS


def test_what_left_counts_and_not_who_was_drawn(session: Session, settings: Settings) -> None:
    campaign = launched(session, settings, "2026-05-01")
    ledger = campaign_ledger(settings, campaign)
    arm = campaign.plan.arms[0].name
    told = ledger.filter(ledger["arm"] == arm)["customer_id"].sort().to_list()
    shop = session.get_one(Shop, 1)
    keep_channel_use(session, shop, 1, "email", {"via": "webhook"})
    assert campaign.plan.arms[0].channel == "email"
    words = {"name": "a", "channel": "email", "subject": "s", "body": "Hello"}
    template = keep_template(session, shop_id=1, raw=words, now=NOW).id
    rows = pl.DataFrame({"customer_id": told, "address": [f"{name}@example.org" for name in told]})
    queue_messages(
        session,
        settings,
        Mailing(
            shop_id=1,
            source="campaign",
            source_id=campaign.id,
            arm=TreatedArm(name=arm, offer=MessageOnly()),
            channel="email",
            template_id=template,
            send_at=NOW,
        ),
        rows,
        now=NOW,
    )
    assert contacts_between(session, settings, 1, MAY, MAY).is_empty()
    later = NOW + dt.timedelta(days=2)
    for name, state in zip(told, ("sent", "delivered", "unsure", "failed", "barred"), strict=False):
        query = select(MessageRow).where(MessageRow.customer_id == name)
        row = session.scalars(query).one()
        row.state, row.sent_at, row.changed_at = state, later, later
    session.flush()
    found = contacts_between(session, settings, 1, MAY, later.date())
    assert found.sort("customer_id").rows() == [(name, later.date()) for name in told[:3]]
    assert contacts_between(session, settings, 1, MAY, MAY).is_empty()


def test_campaigns_at_the_same_time_and_whom_they_share(
    session: Session, settings: Settings
) -> None:
    launched(session, settings, "2026-05-01")
    rule = {"feature": "spend", "op": ">=", "value": "83"}
    launched(session, settings, "2026-05-10", audience=rule)
    launched(session, settings, "2026-06-20")
    running, pairs = find_overlaps(session, settings, 1, first=MAY, last=dt.date(2026, 6, 30))
    assert [one.name[-5:] for one in running] == ["06-20", "05-10", "05-01"]
    # spent 40 in January and 40 + n % 7 in May
    expected = sum(40 + 40 + n % 7 >= 83 for n in range(CUSTOMERS))
    assert [(pair.other.name[-5:], pair.shared) for pair in pairs] == [("05-01", expected)]


def test_what_one_more_contact_brings_is_told_within_each_number_of_contacts(
    session: Session, settings: Settings
) -> None:
    campaign = launched(session, settings, "2026-05-01")
    before = MAY - dt.timedelta(days=3)
    contacts = pl.DataFrame(
        {
            "customer_id": [f"c{n:03d}" for n in range(200)],
            "day": pl.Series([before] * 200, dtype=pl.Date),
        }
    )
    store_lines = lines(
        *(line(f"b{n}", f"c{n:03d}", "2026-05-05", 40 + n % 7) for n in range(CUSTOMERS))
    )
    found = nth_contacts(settings, [campaign], contacts, store_lines)
    ledger = campaign_ledger(settings, campaign)
    told = ledger.filter(ledger["arm"] != "holdout")["customer_id"].to_list()
    assert [one.earlier for one in found] == ["0", "1", "2", "3+"]
    assert found[1].customers == sum(name < "c200" for name in told)
    assert isinstance(found[0].net, Estimate)
    assert not isinstance(found[2].net, Estimate)


def test_a_rotation_moves_out_and_in(session: Session) -> None:
    names = pl.Series([f"c{n:03d}" for n in range(CUSTOMERS)])
    drawn = [
        draw_holdout(
            session,
            shop_id=1,
            share=1_000,
            starts_on=MAY + dt.timedelta(days=n),
            salt=str(n),
            user_id=None,
            now=NOW,
        )
        for n in range(2)
    ]
    old = {n for n, one in zip(names, in_holdout(names, salt="0", share=1_000)) if one}  # noqa: B905
    new = {n for n, one in zip(names, in_holdout(names, salt="1", share=1_000)) if one}  # noqa: B905
    moves = rotation_moves(names, drawn[0], drawn[1])
    assert (moves.out, moves.into, moves.stay) == (len(old - new), len(new - old), len(old & new))
    now_held = holdout_on(session, 1, MAY + dt.timedelta(days=5))
    assert now_held is not None
    assert now_held.salt == "1"


def test_what_a_holdout_costs_and_could_tell(session: Session, settings: Settings) -> None:
    shop = session.get(Shop, 1)
    assert shop is not None
    store = build_feature_store(settings, shop)
    version = store.table.version()
    assert version is not None
    spend = quarter_spend(store, version, dt.date(2026, 6, 1))
    assert spend.height == CUSTOMERS
    mean = sum(40 + n % 7 for n in range(CUSTOMERS)) / CUSTOMERS
    small, large = plan_sizes(spend, (500, 2_000), margin=0.4)
    assert (small.held, large.held) == (20, 80)
    assert large.spent == pytest.approx(80 * mean)
    assert large.forgone == pytest.approx(80 * mean * 0.05 * 0.4)
    assert small.detectable is not None
    assert large.detectable is not None
    assert large.detectable < small.detectable
    assert large.quarters == 1


def test_who_was_told_before_a_holdout_begins_is_counted_while_the_window_is_open(
    session: Session, settings: Settings
) -> None:
    first = launched(session, settings, "2026-05-01")
    launched(session, settings, "2026-05-20")
    told = campaign_ledger(settings, first).filter(pl.col("arm") != "holdout").height
    inside = told_and_waiting(session, settings, 1, dt.date(2026, 5, 14))
    assert (inside.customers, inside.last) == (told, dt.date(2026, 5, 14))
    assert inside.clean_from == dt.date(2026, 5, 15)
    between = told_and_waiting(session, settings, 1, dt.date(2026, 5, 15))
    assert (between.customers, between.last, between.clean_from) == (0, None, None)
    # sent on the day itself: the holdout is out of that one
    assert told_and_waiting(session, settings, 1, dt.date(2026, 5, 20)).customers == 0
    assert told_and_waiting(session, settings, 2, dt.date(2026, 5, 14)).customers == 0
