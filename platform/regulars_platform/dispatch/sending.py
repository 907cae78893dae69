"""Sending what is due, in one shop: can be killed anywhere, run again, and run by two at once."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.delivery.quiet_hours import quiet_hours
from regulars_platform.delivery.states import QUEUED, RUNNING
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.dispatch.claims import (
    claim,
    hold_up,
    recover,
    release,
    settle,
    works_again,
)
from regulars_platform.dispatch.transports import DownError, Transport
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import SENDING
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database

Clock = Callable[[], dt.datetime]
PAUSE = 1.0
"""Seconds to wait where the rate allows nothing at the moment."""

STEPS = 20
"""Steps of one batch before the others have a turn, and the clock is looked at."""


@dataclass(kw_only=True, slots=True)
class Sender:
    """Sends the due messages of a shop. open_transport: of a batch's id, raises DownError; pause:
    waits so many seconds; report: told after each step how many were handled, may raise."""

    settings: Settings
    database: Database
    shop_id: int
    open_transport: Callable[[int], Transport]
    clock: Clock
    pause: Callable[[float], None]
    report: Callable[[int], None]
    handled: int = 0
    _open: dict[int, Transport] = field(default_factory=dict)

    def run(self, *, until: dt.datetime) -> int:
        """Send until nothing is due or the time is over; returns how many were handled."""
        try:
            with self.database.unit_of_work() as session:
                recover(session, self.shop_id, now=self.clock())
            while self.clock() < until and self._round():
                pass
        finally:
            for transport in self._open.values():
                transport.close()
            self._open.clear()
        return self.handled

    def _round(self) -> bool:
        """One step of every batch that is due; False when nothing is left to do now."""
        with self.database.unit_of_work() as session:
            batches = due_batches(session, self.shop_id, now=self.clock())
        worked = limited = False
        for batch_id in batches:
            done, full = self._steps(batch_id)
            worked, limited = worked or done, limited or full
        if limited and not worked:
            self.pause(PAUSE)
        return worked or limited

    def _steps(self, batch_id: int) -> tuple[bool, bool]:
        """Some steps of one batch, before the next one has its turn."""
        worked = False
        for _ in range(STEPS):
            done, full = self._step(batch_id)
            self.report(self.handled)
            worked = worked or done
            if not done:
                return worked, full
        return worked, False

    def _step(self, batch_id: int) -> tuple[bool, bool]:
        """Claim, send, settle. (whether something was done, whether the rate is used up)"""
        attempt_id = str(uuid.uuid4())
        try:
            transport = self._transport(batch_id)
        except DownError as down:
            self._release(batch_id, attempt_id, down)
            return False, False
        with self.database.unit_of_work() as session:
            taken = claim(
                session,
                self.settings,
                batch_id,
                most=transport.at_once,
                attempt_id=attempt_id,
                now=self.clock(),
            )
        self.handled += taken.barred
        if not taken.messages:
            return taken.barred > 0, taken.limited
        try:
            outcomes = transport.send(taken.messages)
        except DownError as down:
            self._release(batch_id, attempt_id, down)
            return False, False
        with self.database.unit_of_work() as session:
            settle(session, attempt_id, outcomes, now=self.clock())
            failed = [one for one in outcomes if one.fate == "retry" and one.problem is not None]
            if transport.idempotent and len(failed) == len(outcomes) and failed[0].problem:
                # the whole call came to nothing: it is the other side, not somebody's message
                hold_up(
                    session,
                    batch_id,
                    problem=failed[0].problem,
                    wait=failed[0].wait,
                    now=self.clock(),
                )
            else:
                works_again(session, batch_id)
        self.handled += len(outcomes)
        return True, False

    def _release(self, batch_id: int, attempt_id: str, down: DownError) -> None:
        with self.database.unit_of_work() as session:
            release(
                session,
                batch_id,
                attempt_id,
                problem=down.problem,
                wait=down.wait,
                now=self.clock(),
            )

    def _transport(self, batch_id: int) -> Transport:
        if batch_id not in self._open:
            self._open[batch_id] = self.open_transport(batch_id)
        return self._open[batch_id]


def due_batches(session: Session, shop_id: int, *, now: dt.datetime) -> list[int]:
    """Running batches with messages that may leave now; none in the shop's quiet hours."""
    shop = session.get(Shop, shop_id)
    if shop is None or quiet_hours(shop).holds_at(now, ZoneInfo(shop.timezone)):
        return []
    waiting = (
        select(MessageRow.id)
        .where(
            MessageRow.batch_id == BatchRow.id,
            MessageRow.state == QUEUED,
            MessageRow.next_attempt_at <= now,
        )
        .exists()
    )
    due = select(BatchRow.id).where(
        BatchRow.shop_id == shop_id,
        BatchRow.via.in_(SENDING),
        BatchRow.state == RUNNING,
        BatchRow.next_at <= now,
        waiting,
    )
    return list(session.scalars(due.order_by(BatchRow.id)))
