"""Sending: restarted anywhere, by two at once, through any trouble of the other side."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from regulars_platform.delivery.outbox import queue_messages
from regulars_platform.delivery.quiet_hours import keep_quiet_hours
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.dispatch.callbacks import CallbackError, take_events
from regulars_platform.dispatch.claims import LEASE, MOST_ATTEMPTS
from regulars_platform.dispatch.control import (
    get_batch,
    leave_unsure,
    resume_batch,
    send_unsure_again,
    stop_batch,
)
from regulars_platform.dispatch.jobs import tick
from regulars_platform.dispatch.sending import Sender
from regulars_platform.dispatch.smtp import Mailer, SmtpSettings
from regulars_platform.dispatch.transports import DownError, Outcome, Outgoing, Transport
from regulars_platform.jobs.tables import JobRow
from regulars_platform.reach.holdout import draw_holdout, is_in
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import suppress, suppressed_customers
from regulars_platform.words import Sentence
from tests.platform.delivery.build import (
    NOON,
    bring_customers,
    let_in,
    mailing,
    open_programme,
    open_sending_shop,
    people,
)
from tests.platform.delivery.servers import mailing_server

NAMES = [f"c{number:02d}" for number in range(20)]


class KilledError(BaseException):
    """The process is gone at this very line."""


@dataclass
class Recorder:
    """A transport that remembers whom it wrote to; `fate` says what becomes of each."""

    fate: Callable[[Outgoing], Outcome] = field(
        default=lambda one: Outcome(id=one.id, fate="accepted")
    )
    at_once: int = 3
    idempotent: bool = True
    got: list[Outgoing] = field(default_factory=list)

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        found = []
        for message in messages:
            self.got.append(message)
            found.append(self.fate(message))
        return found

    def close(self) -> None:
        pass

    @property
    def names(self) -> list[str]:
        return [one.customer_id for one in self.got]


@dataclass
class Shopkeeper:
    """A shop that sends, its clock in hand."""

    settings: Settings
    database: Database
    now: dt.datetime = NOON

    def queue(self, *names: str, **other: object) -> int:
        with self.database.unit_of_work() as session:
            made = queue_messages(
                session, self.settings, mailing(**other), people(*names), now=self.now
            )
        assert made.batch_id is not None
        return made.batch_id

    def send(self, transport: Transport) -> int:
        def pause(seconds: float) -> None:
            self.now += dt.timedelta(seconds=seconds)

        sender = Sender(
            settings=self.settings,
            database=self.database,
            shop_id=1,
            open_transport=lambda _: transport,
            clock=lambda: self.now,
            pause=pause,
            report=lambda _: None,
        )
        return sender.run(until=self.now + dt.timedelta(minutes=30))

    def states(self) -> dict[str, str]:
        with self.database.unit_of_work() as session:
            rows = session.execute(select(MessageRow.customer_id, MessageRow.state))
            return dict(rows.all())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shopkeeper]:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_sending_shop(session)
        let_in(session, open_programme(session), NAMES)
    bring_customers(settings, 1, [{"customer_id": name} for name in NAMES])
    yield Shopkeeper(settings, database)
    database.dispose()


def test_everybody_gets_the_message_once(shop: Shopkeeper) -> None:
    shop.queue(*NAMES)
    transport = Recorder()
    assert shop.send(transport) == 20
    assert transport.names == NAMES
    assert set(shop.states().values()) == {"sent"}
    shop.send(transport)
    assert transport.names == NAMES
    assert transport.got[0].text == "Dear customer, come by."


def test_who_opts_out_or_is_held_back_after_queueing_gets_nothing(shop: Shopkeeper) -> None:
    batch = shop.queue(*NAMES)
    with shop.database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["c03"], reason="asked", now=NOON)
        draw_holdout(
            session,
            shop_id=1,
            share=3000,
            starts_on=NOON.date(),
            salt="s",
            user_id=None,
            now=NOON,
        )
    bring_customers(shop.settings, 1, [{"customer_id": "c05", "consent_email": False}])
    transport = Recorder()
    shop.send(transport)
    held = {name for name in NAMES if is_in(name, salt="s", share=3000)}
    assert set(transport.names) == set(NAMES) - held - {"c03", "c05"}
    with shop.database.unit_of_work() as session:
        standing = get_batch(session, 1, batch)
    assert standing.counts["barred"] == len(held | {"c03", "c05"})
    assert standing.total == 20


@pytest.mark.parametrize("place", range(1, 9))
def test_killed_while_sending_a_webhook_repeats_with_the_same_key(
    shop: Shopkeeper, place: int
) -> None:
    shop.queue(*NAMES)

    def kill(message: Outgoing) -> Outcome:
        if len(transport.got) == place:
            raise KilledError
        return Outcome(id=message.id, fate="accepted")

    transport = Recorder(kill)
    with pytest.raises(KilledError):
        shop.send(transport)
    again = Recorder()
    shop.send(again)
    # what was in the air waits until it is sure that nobody holds it any more
    assert not set(again.names) & {one.customer_id for one in transport.got[-1:]}
    shop.now += LEASE + dt.timedelta(seconds=1)
    shop.send(again)
    keys = {one.key: one.customer_id for one in [*transport.got, *again.got]}
    assert sorted(keys.values()) == NAMES
    assert set(shop.states().values()) == {"sent"}


def test_killed_while_sending_mails_leaves_one_unsure_that_is_never_sent_again_by_itself(
    shop: Shopkeeper,
) -> None:
    batch = shop.queue(*NAMES)

    def kill(message: Outgoing) -> Outcome:
        if len(transport.got) == 7:
            raise KilledError
        return Outcome(id=message.id, fate="accepted")

    _as_mail(shop, batch)
    transport = Recorder(kill, at_once=1, idempotent=False)
    with pytest.raises(KilledError):
        shop.send(transport)
    shop.now += LEASE + dt.timedelta(seconds=1)
    rest = Recorder(at_once=1, idempotent=False)
    shop.send(rest)
    assert sorted([*transport.names, *rest.names]) == NAMES
    assert shop.states()["c06"] == "unsure"
    with shop.database.unit_of_work() as session:
        assert send_unsure_again(session, 1, batch, now=shop.now) == 1
    shop.send(rest)
    assert rest.names.count("c06") == 1
    assert set(shop.states().values()) == {"sent"}


def test_the_unsure_may_be_left_alone(shop: Shopkeeper) -> None:
    batch = shop.queue("c00")
    shop.send(Recorder(lambda one: Outcome(id=one.id, fate="unsure")))
    assert shop.states() == {"c00": "unsure"}
    with shop.database.unit_of_work() as session:
        assert leave_unsure(session, 1, batch, now=NOON) == 1
    assert shop.states() == {"c00": "failed"}


def _as_mail(shop: Shopkeeper, batch: int) -> None:
    from regulars_platform.delivery.tables import BatchRow

    with shop.database.unit_of_work() as session:
        session.get_one(BatchRow, batch).via = "smtp"


def test_two_workers_at_once_write_to_everybody_once(shop: Shopkeeper) -> None:
    shop.queue(*NAMES)
    transport = Recorder(at_once=1)
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        shop.send(transport)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(transport.names) == NAMES


def test_a_stopped_batch_stops_at_once_and_goes_on_when_told(shop: Shopkeeper) -> None:
    batch = shop.queue(*NAMES)

    def stop(message: Outgoing) -> Outcome:
        if len(transport.got) == 5:
            with shop.database.unit_of_work() as session:
                stop_batch(session, 1, batch)
        return Outcome(id=message.id, fate="accepted")

    transport = Recorder(stop, at_once=1)
    shop.send(transport)
    assert len(transport.got) == 5
    assert list(shop.states().values()).count("queued") == 15
    with shop.database.unit_of_work() as session:
        resume_batch(session, 1, batch, now=shop.now)
    shop.send(transport)
    assert transport.names == NAMES


def test_no_more_leave_in_a_minute_than_the_channel_allows(shop: Shopkeeper) -> None:
    with shop.database.unit_of_work() as session:
        row = session.get_one(Shop, 1)
        keep_channel_use(session, row, 1, "email", {"via": "webhook", "per_minute": "6"})
    shop.queue(*NAMES)
    moments: list[dt.datetime] = []

    def note(message: Outgoing) -> Outcome:
        moments.append(shop.now)
        return Outcome(id=message.id, fate="accepted")

    shop.send(Recorder(note))
    assert len(moments) == 20
    for moment in moments:
        within = [other for other in moments if moment <= other < moment + dt.timedelta(minutes=1)]
        assert len(within) <= 6


def test_nothing_leaves_in_quiet_hours_nor_before_its_time(shop: Shopkeeper) -> None:
    with shop.database.unit_of_work() as session:
        keep_quiet_hours(session, 1, {"from": "21:00", "to": "09:00"})
    shop.queue("c00", send_at=NOON + dt.timedelta(hours=10))
    transport = Recorder()
    for hours in (0, 9, 11, 20):  # 12:00, 21:00, 23:00, 8:00 of the next day
        shop.now = NOON + dt.timedelta(hours=hours)
        shop.send(transport)
    assert transport.names == []
    shop.now = NOON + dt.timedelta(hours=21)
    shop.send(transport)
    assert transport.names == ["c00"]


def test_a_receiver_that_is_down_lets_all_wait_longer_each_time_and_says_why(
    shop: Shopkeeper,
) -> None:
    batch = shop.queue(*NAMES)

    def down(_: Outgoing) -> Outcome:
        raise DownError(Sentence("nobody there"))

    waits = []
    for _ in range(9):
        shop.send(Recorder(down))
        with shop.database.unit_of_work() as session:
            standing = get_batch(session, 1, batch)
        assert str(standing.problem) == "nobody there"
        waits.append(int((standing.next_at - shop.now).total_seconds()))
        shop.now = standing.next_at
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert set(shop.states().values()) == {"queued"}
    transport = Recorder()
    shop.send(transport)
    assert transport.names == NAMES
    with shop.database.unit_of_work() as session:
        assert get_batch(session, 1, batch).problem is None


def test_a_receiver_that_never_answers_ends_in_unsure_and_not_in_silence(
    shop: Shopkeeper,
) -> None:
    shop.queue("c00")
    hangs = Sentence("no answer")
    transport = Recorder(lambda one: Outcome(id=one.id, fate="retry", problem=hangs, arrived=True))
    for _ in range(MOST_ATTEMPTS + 5):
        shop.send(transport)
        shop.now += dt.timedelta(hours=1)
    assert len(transport.got) == MOST_ATTEMPTS
    assert len({one.key for one in transport.got}) == 1
    assert shop.states() == {"c00": "unsure"}


def test_what_a_provider_tells_counts_once_and_silences_who_asks_for_it(
    shop: Shopkeeper,
) -> None:
    shop.queue("c00", "c01")
    transport = Recorder(lambda one: Outcome(id=one.id, fate="accepted", provider_id=one.address))
    shop.send(transport)
    keys = {one.customer_id: one.key for one in transport.got}
    first = f'{{"events": [{{"key": "{keys["c00"]}", "status": "delivered"}}, ' + (
        '{"message_id": "c01@example.org", "status": "unsubscribed", "event_id": "e1"}, '
        '{"key": "nobody", "status": "failed"}]}'
    )
    with shop.database.unit_of_work() as session:
        told = take_events(session, 1, first.encode(), now=NOON)
        again = take_events(session, 1, first.encode(), now=NOON)
        assert (told.applied, told.known, told.strangers) == (2, 0, 1)
        assert (again.applied, again.known, again.strangers) == (0, 2, 1)
        assert suppressed_customers(session, 1) == {"c01"}
    assert shop.states() == {"c00": "delivered", "c01": "unsubscribed"}
    late = f'{{"events": [{{"key": "{keys["c01"]}", "status": "delivered"}}]}}'
    with shop.database.unit_of_work() as session:
        take_events(session, 1, late.encode(), now=NOON)
    assert shop.states()["c01"] == "unsubscribed"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"events": 1}', b'{"events": [1]}', b'{"events": [{"status": "x"}]}'],
)
def test_events_that_cannot_be_read_change_nothing(shop: Shopkeeper, body: bytes) -> None:
    with shop.database.unit_of_work() as session, pytest.raises(CallbackError):
        take_events(session, 1, body, now=NOON)


def test_the_clock_asks_for_sending_once_and_only_where_something_is_due(
    shop: Shopkeeper,
) -> None:
    with shop.database.unit_of_work() as session:
        assert tick(session, now=NOON) == 0
    shop.queue("c00", send_at=NOON + dt.timedelta(hours=1))
    with shop.database.unit_of_work() as session:
        assert tick(session, now=NOON) == 0
        assert tick(session, now=NOON + dt.timedelta(hours=1)) == 1
        assert tick(session, now=NOON + dt.timedelta(hours=1)) == 0
        assert session.scalars(select(JobRow.kind)).all() == ["send_messages"]


def test_a_mail_server_that_drops_the_line_again_and_again_loses_nobody_and_repeats_nobody(
    shop: Shopkeeper,
) -> None:
    names = [f"m{number:03d}" for number in range(200)]
    bring_customers(shop.settings, 1, [{"customer_id": name} for name in names])
    with shop.database.unit_of_work() as session:
        let_in(session, 1, names)
    batch = shop.queue(*names)
    _as_mail(shop, batch)
    with mailing_server() as server:
        for number in range(10, 200, 17):
            server.hang_up[number, ("mail", "data", "taken")[number % 3]] = True
        dropped = sum(number % 3 != 0 for number in range(10, 200, 17))
        mailer = Mailer(
            settings=SmtpSettings(
                host="127.0.0.1",
                port=server.port,
                security="none",
                user="",
                sender="a@b.org",
                sender_name="",
            ),
            password="",
            unsubscribe=lambda _: "",
        )
        shop.send(mailer)
        mailed = [name.partition("@")[0] for name, _ in server.mails]
    assert len(mailed) == len(set(mailed))
    states = shop.states()
    assert set(states) == set(names)
    assert list(states.values()).count("unsure") == dropped
    assert {name for name in names if states[name] == "sent"} <= set(mailed)
    assert set(states.values()) == {"sent", "unsure"}


def test_a_message_of_a_programme_leaves_only_for_an_entry_that_is_told(shop: Shopkeeper) -> None:
    held, told, stranger, other = NAMES[:4]
    with shop.database.unit_of_work() as session:
        let_in(session, 1, [held, told], occasion="order 7", held=[held])
    rows = people(held, told, stranger).with_columns(pl.lit("order 7").alias("occasion"))
    with shop.database.unit_of_work() as session:
        made = queue_messages(
            session,
            shop.settings,
            mailing(),
            pl.concat([rows, people(other).with_columns(pl.lit("").alias("occasion"))]),
            now=shop.now,
        )
    assert made.queued == 4

    line = Recorder()
    shop.send(line)

    # who is told on one occasion is not told on another
    assert sorted(line.names) == sorted([told, other])
    assert shop.states()[held] == shop.states()[stranger] == "barred"
