"""Sending in the background, and noticing by the clock that something is due."""

import datetime as dt
import time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from regulars_platform.delivery.states import CLAIMED, RUNNING, STOPPED
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.dispatch.claims import LEASE
from regulars_platform.dispatch.opening import open_transport
from regulars_platform.dispatch.sending import Sender, due_batches
from regulars_platform.jobs.context import JobContext
from regulars_platform.jobs.errors import JobCancelled
from regulars_platform.jobs.run import utc_now
from regulars_platform.jobs.service import ACTIVE, enqueue
from regulars_platform.jobs.tables import JobRow
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_

KIND = "send_messages"
AT_MOST = dt.timedelta(minutes=30)
"""A job ends after this long, so that nobody's place is held for ever; the next one goes on."""


def send_messages(context: JobContext) -> None:
    """Send what is due in the job's shop. Whoever cancels it stops all of the shop's batches."""
    sender = Sender(
        settings=context.settings,
        database=context.database,
        shop_id=context.job.shop_id,
        open_transport=lambda batch_id: open_transport(
            context.settings, context.database, batch_id
        ),
        clock=utc_now,
        pause=time.sleep,
        report=lambda handled: context.report(N_("Sending messages"), handled, None),
    )
    try:
        sender.run(until=utc_now() + AT_MOST)
    except JobCancelled:
        with context.database.unit_of_work() as session:
            session.execute(
                update(BatchRow)
                .where(BatchRow.shop_id == context.job.shop_id, BatchRow.state == RUNNING)
                .values(state=STOPPED)
            )
        raise


def enqueue_sending(session: Session, shop_id: int, *, now: dt.datetime) -> bool:
    """Ask for the shop's sending, unless it is asked for already; whether it was."""
    waiting = session.scalar(
        select(JobRow.id).where(
            JobRow.kind == KIND, JobRow.shop_id == shop_id, JobRow.state.in_(ACTIVE)
        )
    )
    if waiting is not None:
        return False
    enqueue(session, KIND, shop_id, shop_id, now)
    return True


def tick(session: Session, *, now: dt.datetime) -> int:
    """Ask for sending in every shop where something is due; returns in how many."""
    asked = 0
    for shop_id in session.scalars(select(Shop.id)).all():
        given_up = session.scalar(
            select(MessageRow.id)
            .where(
                MessageRow.shop_id == shop_id,
                MessageRow.state == CLAIMED,
                MessageRow.claimed_at < now - LEASE,
            )
            .limit(1)
        )
        if given_up is not None or due_batches(session, shop_id, now=now):
            asked += enqueue_sending(session, shop_id, now=now)
    return asked
