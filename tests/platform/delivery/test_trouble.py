"""A mail server that drops the line, a receiver that hangs: nobody twice, nobody lost.

Workers are processes of their own, the server and the receiver listen on loopback, and one worker
is killed while it sends. `make contact-safety` runs the same with 10,000 mails.
"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from regulars_platform.delivery.outbox import queue_messages
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.dispatch.callbacks import take_events
from regulars_platform.dispatch.claims import LEASE
from regulars_platform.dispatch.control import BatchStanding, get_batch, send_unsure_again
from regulars_platform.dispatch.jobs import tick
from regulars_platform.dispatch.sending import Sender
from regulars_platform.dispatch.smtp import keep_smtp_settings
from regulars_platform.dispatch.transports import Outcome, Outgoing, Transport
from regulars_platform.dispatch.webhook import Webhook, WebhookSettings
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from tests.platform.delivery.build import (
    NOON,
    bring_customers,
    let_in,
    mailing,
    open_programme,
    open_sending_shop,
    people,
)
from tests.platform.delivery.servers import Call, mailing_server, receiving

LONG = os.environ.get("REGULARS_CONTACT_SAFETY") == "long"
MAILS = 10_000 if LONG else 300
SPEED = 20.0
"""Seconds in the shop in one of ours, so that a wait of half a minute is a moment."""


@dataclass
class Sending:
    """A shop with a batch to send, and its clock."""

    settings: Settings
    database: Database
    names: list[str] = field(default_factory=list)
    batch: int = 0

    def queue(self, count: int, via: str) -> None:
        self.names = [f"c{number:05d}" for number in range(count)]
        bring_customers(self.settings, 1, [{"customer_id": name} for name in self.names])
        with self.database.unit_of_work() as session:
            open_sending_shop(session, via=via)
            let_in(session, open_programme(session), self.names)
            made = queue_messages(session, self.settings, mailing(), people(*self.names), now=NOON)
        assert made.queued == count
        assert made.batch_id is not None
        self.batch = made.batch_id

    def standing(self) -> BatchStanding:
        """What the page shows."""
        with self.database.unit_of_work() as session:
            return get_batch(session, 1, self.batch)

    def counts(self) -> dict[str, int]:
        return {state: count for state, count in self.standing().counts.items() if count}

    def states(self) -> dict[str, str]:
        with self.database.unit_of_work() as session:
            return dict(session.execute(select(MessageRow.customer_id, MessageRow.state)).all())

    def worker(self, begins: dt.datetime) -> subprocess.Popen[bytes]:
        """Begin to send in a process of its own."""
        script = Path(__file__).parent / "worker.py"
        told = [str(self.settings.data_dir), begins.isoformat(), str(SPEED)]
        return subprocess.Popen([sys.executable, str(script), *told])

    def send(self, transport: Transport, now: dt.datetime) -> None:
        """One run of a worker in this very process, with the clock standing still."""
        Sender(
            settings=self.settings,
            database=self.database,
            shop_id=1,
            open_transport=lambda _: transport,
            clock=lambda: now,
            pause=lambda _: None,
            report=lambda _: None,
        ).run(until=now + dt.timedelta(minutes=1))


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    yield Sending(settings, database)
    database.dispose()


def test_many_mails_by_two_workers_of_whom_one_is_killed_while_the_server_drops_the_line(
    sending: Sending,
) -> None:
    sending.queue(MAILS, "smtp")
    began = time.monotonic()
    with mailing_server() as server:
        with sending.database.unit_of_work() as session:
            keep_smtp_settings(
                session,
                1,
                {
                    "host": "127.0.0.1",
                    "port": str(server.port),
                    "security": "none",
                    "sender": "shop@tea.example",
                },
            )
        every = MAILS // 12
        for number in range(every, MAILS, every):
            server.hang_up[number, ("mail", "data", "taken")[number // every % 3]] = True
        # for a while it greets nobody: the batch waits, and says so
        server.closed_for[MAILS // 2] = 2.0
        killed, other = sending.worker(NOON), sending.worker(NOON)
        waits: set[str] = set()
        while len(server.mails) < MAILS // 4:
            assert time.monotonic() - began < 600
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert sending.standing().total == MAILS
        while other.poll() is None:
            assert time.monotonic() - began < 3_600
            waits.add(str(sending.standing().problem or ""))
            time.sleep(0.05)
        assert other.returncode == 0
        mailed = Counter(name.partition("@")[0] for name, _ in server.mails)
        cut = len(server.cut)
    seconds = time.monotonic() - began

    # nobody twice
    assert set(mailed.values()) == {1}
    # the page said why it waited
    assert any("cannot be reached" in words for words in waits)
    # what the killed one held is shown as being sent, until it is sure that nobody holds it
    counts = sending.counts()
    assert sum(counts.values()) == MAILS
    assert set(counts) <= {"sent", "unsure", "claimed"}
    assert counts.get("claimed", 0) <= 1
    with sending.database.unit_of_work() as session:
        later = NOON + dt.timedelta(days=1)
        assert tick(session, now=later) == bool(counts.get("claimed", 0))
    with mailing_server() as unused:
        sending.send(Nobody(), later)
        assert unused.connections == 0
    # nobody lost: each was sent, or is shown as unsure, and those are who the line was cut for
    states = sending.states()
    assert set(states) == set(sending.names)
    assert set(states.values()) == {"sent", "unsure"}
    assert {name for name, state in states.items() if state == "sent"} <= set(mailed)
    unsure = sum(state == "unsure" for state in states.values())
    assert cut <= unsure <= cut + 1
    with sending.database.unit_of_work() as session:
        assert send_unsure_again(session, 1, sending.batch, now=later) == unsure
    if LONG:
        said = f"{MAILS:,} mails, {seconds:.0f} s, {unsure} unsure, {len(mailed):,} arrived"
        sys.stdout.write(f"\n{said}\n")


class Nobody:
    """A transport to which nothing may be handed."""

    at_once, idempotent = 1, False

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        raise AssertionError(messages)

    def close(self) -> None:
        pass


def hook(url: str, deadline: float = 0.4) -> Webhook:
    found = WebhookSettings(url=url, allowed=("127.0.0.1",), at_once=50)
    return Webhook(settings=found, key="secret", clock=lambda: NOON, deadline=deadline)


class Tool:
    """A sending tool that keeps the keys it has seen, as it is asked to, and may be slow."""

    def __init__(self) -> None:
        self.texted: list[str] = []
        self.seen: set[str] = set()
        self.slow: list[float] = []
        self.lock = threading.Lock()

    def __call__(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        wait = self.slow.pop(0) if self.slow else 0.0
        messages = json.loads(call.body)["messages"]
        with self.lock:
            for message in messages:
                if message["key"] not in self.seen:
                    self.seen.add(message["key"])
                    self.texted.append(message["customer_id"])
        time.sleep(wait)
        results = [{"key": one["key"], "status": "accepted"} for one in messages]
        return 200, {}, json.dumps({"results": results * 2}).encode()


@pytest.mark.parametrize("hangs", [1, 3])
def test_a_receiver_that_hangs_and_answers_after_the_call_was_repeated(
    sending: Sending, hangs: int
) -> None:
    sending.queue(120, "webhook")
    tool = Tool()
    tool.slow = [1.2] * hangs  # longer than we wait for an answer
    now = NOON
    with receiving(tool) as receiver:
        for _ in range(hangs):
            sending.send(hook(receiver.url), now)
            standing = sending.standing()
            assert str(standing.problem) == "The receiver did not answer in time."
            assert standing.next_at > now
            assert sum(standing.counts.values()) == 120
            now = standing.next_at
        # the late answers of the first calls come while the repeated ones are under way
        while sending.counts() != {"sent": 120}:
            sending.send(hook(receiver.url, deadline=5), now)
            now += dt.timedelta(hours=1)
            assert now < NOON + dt.timedelta(days=1)
        keys = [one["key"] for call in receiver.calls for one in json.loads(call.body)["messages"]]
    assert len(set(keys)) == 120
    assert Counter(tool.texted) == Counter(sending.names)
    assert sending.standing().problem is None


def test_a_receiver_that_answers_twice_counts_once(sending: Sending) -> None:
    """Each result stands twice in its answer, and it tells the same again by itself, late."""
    sending.queue(60, "webhook")
    tool = Tool()
    with receiving(tool) as receiver:
        sending.send(hook(receiver.url, deadline=5), NOON)
        told = [
            {"key": key, "status": status, "event_id": f"{status} {key}"}
            for key in sorted(tool.seen)
            for status in ("delivered", "delivered", "failed")
        ]
        body = json.dumps({"events": told}).encode()
        for _ in range(2):
            with sending.database.unit_of_work() as session:
                take_events(session, 1, body, now=NOON)
        sending.send(hook(receiver.url, deadline=5), NOON + LEASE * 2)
    assert Counter(tool.texted) == Counter(sending.names)
    assert sum(sending.counts().values()) == 60
    assert len(receiver.calls) == 2


def test_two_workers_and_a_receiver_that_hangs_on_one_of_them(sending: Sending) -> None:
    sending.queue(200, "webhook")
    tool = Tool()
    tool.slow = [0.8]
    with receiving(tool) as receiver:
        workers = [
            threading.Thread(target=sending.send, args=(hook(receiver.url), NOON)) for _ in range(2)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        first = sending.standing()
        assert sum(first.counts.values()) == 200
        sending.send(hook(receiver.url, deadline=5), NOON + dt.timedelta(hours=1))
    assert Counter(tool.texted) == Counter(sending.names)
    assert sending.counts() == {"sent": 200}
