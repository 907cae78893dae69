"""Queueing: everybody once, nobody barred, and nobody lost without a word."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.delivery.errors import CannotQueueError, HoldoutContactError
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import queue_messages, state_counts
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.errors import NotFoundError
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.reach.gate import keep_consent_required
from regulars_platform.reach.holdout import draw_holdout
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import suppress
from tests.platform.delivery.build import (
    NOON,
    bring_customers,
    mailing,
    open_sending_shop,
    people,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    return settings


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as work:
        open_sending_shop(work)
        yield work
    database.dispose()


def queued(session: Session) -> dict[str, str]:
    return dict(session.execute(select(MessageRow.customer_id, MessageRow.state)).all())


def test_everybody_is_queued_once_however_often_it_is_asked(
    session: Session, settings: Settings
) -> None:
    bring_customers(settings, 1, [{"customer_id": "ann", "name": "Ann"}, {"customer_id": "ben"}])
    first = queue_messages(session, settings, mailing(), people("ann", "ben", "ann"), now=NOON)
    again = queue_messages(session, settings, mailing(), people("ben", "ann"), now=NOON)
    assert (first.given, first.queued, first.known) == (3, 2, 1)
    assert (again.queued, again.known, again.batch_id) == (0, 2, None)
    assert queued(session) == {"ann": "queued", "ben": "queued"}
    addresses = dict(session.execute(select(MessageRow.customer_id, MessageRow.address)).all())
    assert addresses == {"ann": "ann@example.org", "ben": "ben@example.org"}


def test_another_arm_of_the_same_campaign_does_not_write_again(
    session: Session, settings: Settings
) -> None:
    bring_customers(settings, 1, [{"customer_id": "ann"}])
    other = mailing(arm=TreatedArm(name="other", offer=MessageOnly()))
    queue_messages(session, settings, mailing(), people("ann"), now=NOON)
    assert queue_messages(session, settings, other, people("ann"), now=NOON).known == 1


def test_another_occasion_is_another_message(session: Session, settings: Settings) -> None:
    bring_customers(settings, 1, [{"customer_id": "ann"}])
    for day in ("2026-03-01", "2026-03-08", "2026-03-08"):
        rows = people("ann", occasion=[day])
        queue_messages(session, settings, mailing(), rows, now=NOON)
    assert list(session.scalars(select(MessageRow.customer_id))) == ["ann", "ann"]


def test_nobody_barred_is_queued_and_each_is_counted_by_the_reason(
    session: Session, settings: Settings
) -> None:
    refusing = [{"customer_id": "no", "consent_email": False}]
    bring_customers(settings, 1, [*refusing, {"customer_id": "out"}, {"customer_id": "ann"}])
    suppress(session, shop_id=1, customers=["out"], reason="asked", now=NOON)
    made = queue_messages(session, settings, mailing(), people("no", "out", "ann"), now=NOON)
    assert dict(made.barred) == {"no_consent": 1, "opted_out": 1}
    assert queued(session) == {"ann": "queued"}


def test_the_holdout_of_the_day_of_sending_counts_and_not_that_of_today(
    session: Session, settings: Settings
) -> None:
    later = NOON + dt.timedelta(days=5)
    names = [f"c{number}" for number in range(40)]
    bring_customers(settings, 1, [{"customer_id": name} for name in names])
    draw_holdout(
        session,
        shop_id=1,
        share=5000,
        starts_on=later.date(),
        salt="s",
        user_id=None,
        now=NOON,
    )
    made = queue_messages(session, settings, mailing(send_at=later), people(*names), now=NOON)
    assert made.barred["global_holdout"] == 40 - made.queued
    assert 0 < made.queued < 40


def test_where_a_yes_is_asked_for_silence_is_a_no(session: Session, settings: Settings) -> None:
    bring_customers(
        settings,
        1,
        [
            {"customer_id": "yes", "consent_email": True},
            {"customer_id": "?", "consent_email": None},
        ],
    )
    keep_consent_required(session, 1, ["email"])
    made = queue_messages(session, settings, mailing(), people("yes", "?", "new"), now=NOON)
    assert (made.queued, dict(made.barred)) == (1, {"no_consent": 2})


def test_who_has_no_address_stands_there_as_failed_with_the_reason(
    session: Session, settings: Settings
) -> None:
    made = queue_messages(session, settings, mailing(), people("stranger"), now=NOON)
    assert (made.queued, made.incomplete) == (0, 1)
    row = session.scalars(select(MessageRow)).one()
    assert row.state == "failed"
    assert row.problem is not None
    assert "address" in str(row.problem["template"])
    assert made.batch_id is not None
    assert state_counts(session, 1, source="programme", source_id=1) == {
        made.batch_id: {"failed": 1}
    }


def test_the_name_of_the_shop_is_filled_in_by_itself(session: Session, settings: Settings) -> None:
    bring_customers(settings, 1, [{"customer_id": "ann"}])
    words = {"name": "from", "channel": "email", "subject": "Hello", "body": "Yours, {shop}"}
    template = keep_template(session, shop_id=1, raw=words, now=NOON)
    made = queue_messages(
        session, settings, mailing(template_id=template.id), people("ann"), now=NOON
    )
    row = session.scalars(select(MessageRow)).one()
    assert made.queued == 1
    assert template.render(row.variables)[1] == "Yours, tea"


def test_what_cannot_be_sent_is_refused_in_words(session: Session, settings: Settings) -> None:
    with pytest.raises(CannotQueueError, match="not made for this channel"):
        queue_messages(session, settings, mailing(channel="sms"), people("ann"), now=NOON)
    shop = session.get_one(Shop, 1)
    keep_channel_use(session, shop, 1, "email", {"via": "list"})
    with pytest.raises(CannotQueueError, match="by lists alone"):
        queue_messages(session, settings, mailing(), people("ann"), now=NOON)
    with pytest.raises(NotFoundError):
        queue_messages(session, settings, mailing(template_id=9), people("ann"), now=NOON)
    with pytest.raises(HoldoutContactError):
        mailing(arm="holdout")
