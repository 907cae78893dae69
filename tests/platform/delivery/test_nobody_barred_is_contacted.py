"""Random histories of a shop that contacts people: nobody barred, nobody twice, nobody lost.

A model beside the product knows, by a few lines of its own, who is barred at which moment; every
path that reaches a customer (a downloaded list, a mail, a call list, a call of a webhook, of
campaigns and of programmes, retries, jobs that were killed and begun again, two workers at once) is
held against it.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.campaigns import ArmMailing, queue_arm
from regulars_platform.delivery.lists import TreatedArm
from regulars_platform.delivery.outbox import Mailing, queue_messages
from regulars_platform.delivery.service import campaign_contact_list
from regulars_platform.delivery.states import FINAL, STATES
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.dispatch.callbacks import take_events
from regulars_platform.dispatch.calls import RESULTS, open_calls, record_call
from regulars_platform.dispatch.control import (
    leave_unsure,
    resume_batch,
    send_unsure_again,
    stop_batch,
)
from regulars_platform.dispatch.sending import Sender
from regulars_platform.dispatch.transports import DownError, Outcome, Outgoing
from regulars_platform.errors import RegularsError
from regulars_platform.launching.launch import launch
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.reach.holdout import HoldoutError, draw_holdout, end_holdout
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.practice import keep_section
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.suppressions.service import remove_suppressions, suppress
from regulars_platform.words import Sentence
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines
from tests.platform.delivery.build import let_in, open_programme

START = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
NAMES = [f"c{number:02d}" for number in range(24)]
CHANNELS = ("email", "sms", "phone")
ARMS = ("mailed", "texted", "called")
TWINS = [{"c02", "c03"}, {"c07", "c08"}]
"""Two ids of one person, with one mailbox and one telephone."""
PROGRAMME_HOLDS = [{name for name in NAMES if int(name[1:]) % 4 == day} for day in range(3)]
"""A programme's own holdout: each day it draws anew, another quarter of the customers."""
LONG = os.environ.get("REGULARS_CONTACT_SAFETY") == "long"

FATES = ("accepted",) * 4 + ("refused", "retry", "unsure", "down", "killed before", "killed after")


class KilledError(BaseException):
    """The process is gone at this very line."""


def _first(name: str) -> str:
    """The first id of the same person."""
    return min(next((twins for twins in TWINS if name in twins), {name}))


def made_shop(folder: Path) -> Settings:
    """A shop with orders, addresses, templates, and a way to send by each channel."""
    found = build_settings(folder)
    prepare_data_dir(found)
    database = Database(found)
    create_all_tables(database)
    rows = [line(f"o{name}", name, "2026-01-05", 50) for name in NAMES]
    lines(*rows).collect().write_delta(found.shop_dir(1) / "orders")
    DatasetTable(found.shop_dir(1), "customers").merge(
        pl.DataFrame(
            {
                "customer_id": NAMES,
                "email": [f"{_first(name)}@example.org" for name in NAMES],
                # one of them cannot be texted
                "phone": [None, *(f"+44{int(_first(name)[1:])}" for name in NAMES[1:])],
            }
        )
    )
    with database.unit_of_work() as session:
        shop = Shop(name="tea", currency="EUR", timezone="UTC", created_at=START)
        session.add(shop)
        session.flush()
        for channel, via in zip(CHANNELS, ("smtp", "webhook", "calls"), strict=True):
            keep_channel_use(session, shop, 1, channel, {"via": via, "per_minute": "60000"})
            raw = {"name": channel, "channel": channel, "subject": "Hi", "body": "Come by."}
            keep_template(session, shop_id=1, raw=raw, now=START)
        keep_section(session, 1, "quiet_hours", {"from": "00:00", "to": "00:00"})
        programme = open_programme(session)
        for day, held in enumerate(PROGRAMME_HOLDS):
            let_in(session, programme, NAMES, occasion=f"entry {day}", held=held)
    database.dispose()
    return found


_READY = tempfile.TemporaryDirectory(prefix="regulars-contact-")
_SHOP = Path(_READY.name) / "shop"
made_shop(_SHOP)


class World:
    """What really is: who is barred, and who was contacted how."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.refused: dict[str, set[str]] = {channel: set() for channel in CHANNELS}
        self.holdouts: list[tuple[dt.date, dt.date | None, str, int]] = []
        self.arms: dict[tuple[str, int], dict[str, str]] = {}
        self.mailed: list[str] = []
        self.texted: set[str] = set()
        self.called: set[str] = set()
        self.allowed_twice: set[str] = set()
        self.occasions: dict[str, int] = {}
        self.in_the_air: dict[str, dt.datetime] = {}

    def beside_the_holdout(self, name: str, drawn: dict[str, str]) -> bool:
        """Whether the address belongs to somebody in the holdout of a campaign."""
        same = next((twins for twins in TWINS if name in twins), {name})
        return HOLDOUT in {drawn.get(one) for one in same}

    def reached_in_silence(self, name: str) -> bool:
        """Whether the address belongs to somebody who wants none."""
        return any(name in twins and twins & self.silent for twins in TWINS)

    def barred(self, name: str, channel: str, day: dt.date) -> bool:
        """Whether somebody is not to be reached, or another with the same address is not."""
        if name in self.refused.get(channel, ()) or self.reached_in_silence(name):
            return True
        same = next((twins for twins in TWINS if name in twins), {name})
        return name in self.silent or any(self.held(one, day) for one in same)

    def held(self, name: str, day: dt.date) -> bool:
        """Whether somebody is held back from everything on a day."""
        for first, end, salt, share in self.holdouts:
            place = int(hashlib.sha256(f"{salt}:{name}".encode()).hexdigest()[:13], 16)
            holds = first <= day and (end is None or day < end)
            if holds and place * 10_000 < share * 16**13:
                return True
        return False


class Line:
    """A transport whose messages meet the fates drawn for them, and which tells the world."""

    def __init__(self, machine: "Contacts", via: str, fates: list[str]) -> None:
        self.machine, self.fates = machine, fates
        self.idempotent = via == "webhook"
        self.at_once = 3 if self.idempotent else 1

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        machine = self.machine
        for message in messages:
            machine.check_contact(message)
            machine.check_nobody_holds(message)
            machine.world.in_the_air[message.key] = machine.now
        if machine.nested:
            machine.nested = False
            machine.run_worker(["accepted"] * 9)
            machine.check_still_held(messages)
        outcomes = []
        for message in messages:
            fate = self.fates.pop(0) if self.fates else "accepted"
            if fate == "down":
                self._landed(messages)
                raise DownError(Sentence("down"))
            if fate == "killed before":
                raise KilledError
            self._arrives(message, fate)
            if fate == "killed after":
                raise KilledError
            outcomes.append(self._outcome(message, fate))
        self._landed(messages)
        return outcomes

    def _landed(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            self.machine.world.in_the_air.pop(message.key, None)

    def close(self) -> None:
        pass

    def _arrives(self, message: Outgoing, fate: str) -> None:
        if fate in ("refused", "retry"):
            return
        if self.idempotent:
            self.machine.world.texted.add(message.key)
        else:
            self.machine.world.mailed.append(message.key)

    def _outcome(self, message: Outgoing, fate: str) -> Outcome:
        words = None if fate == "accepted" else Sentence(fate)
        known: Any = fate
        return Outcome(id=message.id, fate=known, problem=words)


class Contacts(RuleBasedStateMachine):
    """Everything a shop, its customers and its machines can do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=_READY.name)
        shutil.copytree(_SHOP, self.folder.name, dirs_exist_ok=True)
        self.settings = build_settings(Path(self.folder.name))
        self.database = Database(self.settings)
        self.world = World()
        self.now = START
        self.campaigns: list[int] = []
        self.queued: set[tuple[str, int, str, str]] = set()
        self.nested = False
        self.salts = 0

    @initialize()
    def ready(self) -> None:
        """Something waits from the first step on, by every channel and of both sources."""
        self.launch_campaign()
        for place in range(len(ARMS)):
            self.queues_an_arm(0, place, 0)
            self.programme_queues(NAMES[place::3], place, 0)

    # what customers do

    @rule(name=st.sampled_from(NAMES))
    def opts_out(self, name: str) -> None:
        with self.database.unit_of_work() as session:
            suppress(session, shop_id=1, customers=[name], reason="asked", now=self.now)
        self.world.silent.add(name)
        self.check_lists()

    @rule(name=st.sampled_from(NAMES))
    def comes_back(self, name: str) -> None:
        with self.database.unit_of_work() as session:
            remove_suppressions(session, shop_id=1, lines=[name])
        self.world.silent.discard(name)

    @rule(name=st.sampled_from(NAMES), channel=st.sampled_from(CHANNELS), yes=st.booleans())
    def says_of_a_channel(self, name: str, channel: str, *, yes: bool) -> None:
        DatasetTable(self.settings.shop_dir(1), "customers").merge(
            pl.DataFrame({"customer_id": [name], f"consent_{channel}": [yes]})
        )
        (self.world.refused[channel].discard if yes else self.world.refused[channel].add)(name)

    @rule(
        status=st.sampled_from(["delivered", "failed", "unsubscribed", "complained"]),
        pick=st.integers(0, 50),
        times=st.integers(1, 2),
    )
    def provider_tells(self, status: str, pick: int, times: int) -> None:
        with self.database.unit_of_work() as session:
            rows = session.execute(
                select(MessageRow.key, MessageRow.customer_id).where(
                    MessageRow.state.in_(("sent", "delivered", "unsure"))
                )
            ).all()
            if not rows:
                return
            key, name = rows[pick % len(rows)]
            body = f'{{"events": [{{"key": "{key}", "status": "{status}"}}]}}'
            for _ in range(times):
                take_events(session, 1, body.encode(), now=self.now)
        if status in ("unsubscribed", "complained"):
            self.world.silent.add(name)
            self.check_lists()

    # what the shop does

    @rule(share=st.sampled_from([500, 2000, 5000]), later=st.integers(0, 2))
    def draws_a_holdout(self, share: int, later: int) -> None:
        self.salts += 1
        salt, day = f"salt {self.salts}", self.now.date() + dt.timedelta(days=later)
        try:
            with self.database.unit_of_work() as session:
                draw_holdout(
                    session,
                    shop_id=1,
                    share=share,
                    starts_on=day,
                    salt=salt,
                    user_id=None,
                    now=self.now,
                )
        except HoldoutError:
            return
        self._end_holdouts(day)
        self.world.holdouts.append((day, None, salt, share))
        self.check_lists()

    @rule()
    def ends_the_holdout(self) -> None:
        with self.database.unit_of_work() as session:
            end_holdout(session, shop_id=1, ends_on=self.now.date())
        self._end_holdouts(self.now.date())

    def _end_holdouts(self, day: dt.date) -> None:
        self.world.holdouts = [
            (first, day if first <= day and (end is None or day < end) else end, salt, share)
            for first, end, salt, share in self.world.holdouts
        ]

    @precondition(lambda self: len(self.campaigns) < 3)
    @rule()
    def launch_campaign(self) -> None:
        day = self.now.date()
        raw = draft(
            as_of=day.isoformat(),
            send_date=day.isoformat(),
            outcome_end=(day + dt.timedelta(days=9)).isoformat(),
            settle_until=(day + dt.timedelta(days=9)).isoformat(),
            arms=[
                arm(name=name, share_percent=share, channel=channel, offer={"kind": "message"})
                for name, channel, share in zip(ARMS, CHANNELS, ("27", "27", "26"), strict=True)
            ],
        )
        del raw["currency"], raw["timezone"]
        try:
            with self.database.unit_of_work() as session:
                made = create_draft(session, shop_id=1, raw=raw, now=self.now)
                campaign = launch(
                    session,
                    self.settings,
                    shop_id=1,
                    campaign_id=made.id,
                    now=self.now,
                    user_id=None,
                    salt=f"campaign {made.id}",
                )
        except RegularsError:
            return  # too few are left to draw from
        drawn = dict(campaign_ledger(self.settings, campaign).select("customer_id", "arm").rows())
        for name in drawn:
            assert not any(self.world.barred(name, channel, day) for channel in CHANNELS)
        self.world.arms["campaign", campaign.id] = drawn
        self.campaigns.append(campaign.id)

    @precondition(lambda self: self.campaigns)
    @rule(pick=st.integers(0, 2), place=st.integers(0, 2))
    def downloads_a_list(self, pick: int, place: int) -> None:
        campaign = self.campaigns[pick % len(self.campaigns)]
        with self.database.unit_of_work() as session:
            pieces = campaign_contact_list(
                session,
                self.settings,
                shop_id=1,
                campaign_id=campaign,
                arm=ARMS[place],
                now=self.now,
            )
            content = b"".join(pieces).decode("utf-8-sig")
        for row in content.split("\r\n")[1:-1]:
            name = row.partition(",")[0]
            drawn = self.world.arms["campaign", campaign]
            assert drawn[name] == ARMS[place]
            assert not self.world.beside_the_holdout(name, drawn), name
            assert not self.world.barred(name, CHANNELS[place], self.now.date())

    @precondition(lambda self: self.campaigns)
    @rule(pick=st.integers(0, 2), place=st.integers(0, 2), hours=st.sampled_from([0, 0, 5, 30]))
    def queues_an_arm(self, pick: int, place: int, hours: int) -> None:
        campaign = self.campaigns[pick % len(self.campaigns)]
        with self.database.unit_of_work() as session:
            made = queue_arm(
                session,
                self.settings,
                ArmMailing(shop_id=1, campaign_id=campaign, arm=ARMS[place], template_id=place + 1),
                send_at=self.now + dt.timedelta(hours=hours),
                now=self.now,
            )
        assert made.given == made.queued + made.known + made.incomplete + sum(made.barred.values())

    @rule(
        names=st.lists(st.sampled_from(NAMES), max_size=12),
        place=st.integers(0, 2),
        day=st.integers(0, 2),
    )
    def programme_queues(self, names: list[str], place: int, day: int) -> None:
        # names of its own holdout among them, as a programme gone wrong would queue them
        mailing = Mailing(
            shop_id=1,
            source="programme",
            source_id=1,
            arm=TreatedArm(name="cared for", offer=MessageOnly()),
            channel=CHANNELS[place],
            template_id=place + 1,
            send_at=self.now,
        )
        rows = pl.DataFrame(
            {"customer_id": names, "occasion": [f"entry {day}"] * len(names)},
            schema={"customer_id": pl.String, "occasion": pl.String},
        )
        with self.database.unit_of_work() as session:
            made = queue_messages(session, self.settings, mailing, rows, now=self.now)
        for name in names:
            said = [1, "programme", 1, name, f"entry {day}"]
            self.world.occasions[hashlib.sha256(json.dumps(said).encode()).hexdigest()] = day
        assert made.given == made.queued + made.known + made.incomplete + sum(made.barred.values())

    @rule(pick=st.integers(0, 20), what=st.sampled_from(["stop", "resume", "again", "leave"]))
    def decides_about_a_batch(self, pick: int, what: str) -> None:
        with self.database.unit_of_work() as session:
            batches = session.scalars(select(BatchRow.id)).all()
            if not batches:
                return
            batch = batches[pick % len(batches)]
            if what == "stop":
                stop_batch(session, 1, batch)
            elif what == "resume":
                resume_batch(session, 1, batch, now=self.now)
            elif what == "leave":
                leave_unsure(session, 1, batch, now=self.now)
            else:
                unsure = select(MessageRow.key).where(
                    MessageRow.batch_id == batch, MessageRow.state == "unsure"
                )
                self.world.allowed_twice |= set(session.scalars(unsure))
                send_unsure_again(session, 1, batch, now=self.now)

    @rule(pick=st.integers(0, 20), results=st.lists(st.sampled_from(list(RESULTS)), max_size=5))
    def calls(self, pick: int, results: list[str]) -> None:
        with self.database.unit_of_work() as session:
            batches = session.scalars(select(BatchRow).where(BatchRow.via == "calls")).all()
            if not batches:
                return
            batch = batches[pick % len(batches)]
            found = open_calls(session, self.settings, 1, batch.id, now=self.now)
            assert not found or batch.state == "running"
            for call in found:
                self.check_contact(session.get_one(MessageRow, call.id))
            for call, result in zip(found, results, strict=False):
                record_call(session, 1, call.id, result=result, note="", now=self.now)
                self.world.called.add(session.get_one(MessageRow, call.id).key)
                if result == "no_calls":
                    self.world.silent.add(call.customer_id)
        self.check_lists()

    # what machines do

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=2, max_size=9), nested=st.booleans())
    def worker_runs(self, fates: list[str], *, nested: bool) -> None:
        self.nested = nested
        self.run_worker(fates)
        self.nested = False

    @rule(
        minutes=st.sampled_from([1, 11, 61, 24 * 60]),
    )
    def time_passes(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)

    def run_worker(self, fates: list[str]) -> None:
        """One worker from start to end, or to the line where it is killed."""
        with self.database.unit_of_work() as session:
            ways = dict(session.execute(select(BatchRow.id, BatchRow.via)).all())
        sender = Sender(
            settings=self.settings,
            database=self.database,
            shop_id=1,
            open_transport=lambda batch: Line(self, ways[batch], fates),
            clock=lambda: self.now,
            pause=lambda _: None,
            report=lambda _: None,
        )
        try:
            sender.run(until=self.now + dt.timedelta(minutes=5))
        except KilledError:
            return

    # what must hold

    def check_lists(self) -> None:
        """Every list, downloaded the moment after somebody was barred."""
        for pick in range(len(self.campaigns)):
            for place in range(len(ARMS)):
                self.downloads_a_list(pick, place)

    def check_contact(self, message: Outgoing | MessageRow) -> None:
        """Somebody is about to be contacted."""
        name = message.customer_id
        assert not self.world.barred(name, message.channel, self.now.date()), name
        assert not self.world.reached_in_silence(name), name
        if message.source == "campaign":
            drawn = self.world.arms["campaign", message.source_id]
            assert drawn[name] == message.arm != HOLDOUT
            assert not self.world.beside_the_holdout(name, drawn), name
        else:
            assert name not in PROGRAMME_HOLDS[self.world.occasions[message.key]]
            others = {one for twins in TWINS if name in twins for one in twins} - {name}
            assert not any(others & held for held in PROGRAMME_HOLDS), name

    def check_nobody_holds(self, message: Outgoing) -> None:
        """Another attempt that has not come back may still be handing it over."""
        since = self.world.in_the_air.get(message.key)
        assert since is None or self.now - since > dt.timedelta(minutes=10), message.key

    def check_still_held(self, messages: Sequence[Outgoing]) -> None:
        """Another worker leaves alone what one holds: it neither sends it nor gives it up."""
        keys = [message.key for message in messages]
        with self.database.unit_of_work() as session:
            states = session.scalars(select(MessageRow.state).where(MessageRow.key.in_(keys)))
            assert set(states) == {"claimed"}

    @invariant()
    def nobody_twice(self) -> None:
        mailed = self.world.mailed
        doubles = {key for key in mailed if mailed.count(key) > 1}
        assert doubles <= self.world.allowed_twice
        with self.database.unit_of_work() as session:
            rows = session.execute(
                select(
                    MessageRow.source,
                    MessageRow.source_id,
                    MessageRow.customer_id,
                    MessageRow.key,
                    MessageRow.state,
                )
            ).all()
        assert {row.state for row in rows} <= set(STATES)
        of_campaigns = [row[1:3] for row in rows if row.source == "campaign"]
        assert len(of_campaigns) == len(set(of_campaigns))
        assert len({row.key for row in rows}) == len(rows)
        contacted = set(mailed) | self.world.texted | self.world.called
        # whoever was reached is never shown as waiting untouched, as barred, or not at all,
        # unless the receiver drops doubles by the key
        known = {row.key: row.state for row in rows}
        for key in contacted:
            assert key in known
            if key in mailed and key not in self.world.allowed_twice:
                assert known[key] not in ("queued", "barred")

    def teardown(self) -> None:
        """In the end nothing is in the air: all that was queued is done or shown."""
        with self.database.unit_of_work() as session:
            for batch in session.scalars(select(BatchRow.id)).all():
                resume_batch(session, 1, batch, now=self.now)
        for _ in range(4):
            self.now += dt.timedelta(hours=31)
            self.run_worker([])
        self.nobody_twice()
        with self.database.unit_of_work() as session:
            sent = select(BatchRow.id).where(BatchRow.via != "calls")
            states = set(
                session.scalars(select(MessageRow.state).where(MessageRow.batch_id.in_(sent)))
            )
            reached = set(
                session.scalars(
                    select(MessageRow.key).where(MessageRow.state.in_(("sent", "delivered")))
                )
            )
        assert states <= FINAL
        assert reached <= set(self.world.mailed) | self.world.texted | self.world.called
        self.database.dispose()
        self.folder.cleanup()


Contacts.TestCase.settings = settings(
    max_examples=400 if LONG else 10,
    stateful_step_count=60 if LONG else 16,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)
TestNobodyBarredIsContacted = Contacts.TestCase
