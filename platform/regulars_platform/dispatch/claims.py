"""Taking messages out of the queue and writing down what became of them.

A message is marked as claimed, under an attempt's own id, before anything leaves: so no two
workers ever hold the same one, and a crash between sending and writing leaves a trace. Whoever is
claimed and not settled within the lease was given up: where the other side drops doubles it is
queued again, elsewhere it is unsure, shown, and never sent again by itself.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from regulars_platform.campaigns.failed_sends import record_failed_send
from regulars_platform.delivery.states import (
    BARRED,
    CLAIMED,
    DELIVERED,
    FAILED,
    QUEUED,
    RUNNING,
    SENT,
    UNSUBSCRIBED,
    UNSURE,
)
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import build_words
from regulars_platform.dispatch.barring import WHY_BARRED, Reached, why_barred
from regulars_platform.dispatch.transports import Outcome, Outgoing
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import SMTP, channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import suppress
from regulars_platform.words import N_, Sentence

LEASE = dt.timedelta(minutes=10)
"""Longer than any attempt takes (a transport gives up much earlier)."""

MOST_ATTEMPTS = 24
"""Most of a day, with an hour between the later ones."""

_FIRST_WAIT, _LONGEST_WAIT = 30, 3_600

GIVEN_UP = Sentence(N_("The sending was cut off; it may have arrived."))
TOO_OFTEN = Sentence(N_("Tried %(times)s times in vain."), {"times": MOST_ATTEMPTS})


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Messages that nobody else will send. limited: the rate allows no more at this moment."""

    attempt_id: str
    messages: tuple[Outgoing, ...]
    barred: int
    limited: bool


def claim(
    session: Session,
    settings: Settings,
    batch_id: int,
    *,
    most: int,
    attempt_id: str,
    now: dt.datetime,
) -> Claim:
    """Claim at most so many due messages of a running batch, whoever may be contacted now."""
    batch = session.get_one(BatchRow, batch_id, with_for_update=True, populate_existing=True)
    shop = session.get_one(Shop, batch.shop_id)
    if batch.state != RUNNING or batch.next_at > now:
        return Claim(attempt_id=attempt_id, messages=(), barred=0, limited=False)
    room = _room(session, shop, batch.channel, now)
    due = session.execute(
        select(MessageRow.id, MessageRow.customer_id, MessageRow.key, MessageRow.address)
        .where(
            MessageRow.batch_id == batch_id,
            MessageRow.state == QUEUED,
            MessageRow.next_attempt_at <= now,
        )
        .order_by(MessageRow.next_attempt_at, MessageRow.id)
        .limit(most)
    ).all()
    chosen = due[: max(0, room)]
    barred = why_barred(
        session,
        settings,
        batch,
        {key: Reached(name, address) for _, name, key, address in chosen},
        now=now,
    )
    for place, _, key, _ in chosen:
        if key in barred:
            _bar(session, place, Sentence(WHY_BARRED[barred[key]]), now=now)
    free = [place for place, _, key, _ in chosen if key not in barred]
    session.execute(
        update(MessageRow)
        .where(MessageRow.id.in_(free), MessageRow.state == QUEUED)
        .values(
            state=CLAIMED,
            attempt_id=attempt_id,
            attempts=MessageRow.attempts + 1,
            claimed_at=now,
            changed_at=now,
        )
    )
    return Claim(
        attempt_id=attempt_id,
        messages=tuple(_outgoing(session, batch, attempt_id)),
        barred=len(chosen) - len(free),
        limited=len(chosen) < len(due),
    )


def _bar(session: Session, message_id: int, why: Sentence, *, now: dt.datetime) -> None:
    session.execute(
        update(MessageRow)
        .where(MessageRow.id == message_id, MessageRow.state == QUEUED)
        .values(state=BARRED, problem=why.as_json(), changed_at=now)
    )


def settle(
    session: Session, attempt_id: str, outcomes: Sequence[Outcome], *, now: dt.datetime
) -> None:
    """Write down what became of claimed messages. Settled twice, the first time counts."""
    for outcome in outcomes:
        row = session.get_one(MessageRow, outcome.id, populate_existing=True)
        if row.state != CLAIMED or row.attempt_id != attempt_id:
            continue
        _apply(row, outcome, now)
        row.changed_at = now
        if row.state == UNSUBSCRIBED:
            suppress(
                session,
                shop_id=row.shop_id,
                customers=[row.customer_id],
                reason=row.state,
                now=now,
            )
        tell_campaign(session, row, now=now)
    session.flush()


def release(
    session: Session,
    batch_id: int,
    attempt_id: str,
    *,
    problem: Sentence,
    wait: int | None,
    now: dt.datetime,
) -> None:
    """Nothing of a claim left, as the other side is down: all of it waits, and the batch too."""
    session.execute(
        update(MessageRow)
        .where(MessageRow.attempt_id == attempt_id, MessageRow.state == CLAIMED)
        .values(state=QUEUED, attempts=MessageRow.attempts - 1, changed_at=now)
    )
    hold_up(session, batch_id, problem=problem, wait=wait, now=now)


def hold_up(
    session: Session, batch_id: int, *, problem: Sentence, wait: int | None, now: dt.datetime
) -> None:
    """Let a batch wait, longer each time in a row, and say why."""
    batch = session.get_one(BatchRow, batch_id, populate_existing=True)
    batch.failures += 1
    batch.problem = problem.as_json()
    batch.next_at = now + dt.timedelta(seconds=wait or _backoff(batch.failures))
    session.flush()


def works_again(session: Session, batch_id: int) -> None:
    """The other side answered: nothing stands in the way of the batch."""
    session.execute(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.failures > 0)
        .values(failures=0, problem=None)
    )


def recover(session: Session, shop_id: int, *, now: dt.datetime) -> int:
    """Settle what was claimed and given up; returns how many messages that were."""
    given_up = session.scalars(
        select(MessageRow).where(
            MessageRow.shop_id == shop_id,
            MessageRow.state == CLAIMED,
            MessageRow.claimed_at < now - LEASE,
        )
    ).all()
    ways = dict(
        session.execute(select(BatchRow.id, BatchRow.via).where(BatchRow.shop_id == shop_id)).all()
    )
    for row in given_up:
        row.changed_at = now
        if ways[row.batch_id] == SMTP:
            row.state, row.problem = UNSURE, GIVEN_UP.as_json()
        elif row.attempts >= MOST_ATTEMPTS:
            row.state, row.problem = UNSURE, TOO_OFTEN.as_json()
        else:
            row.state, row.next_attempt_at = QUEUED, now
    session.flush()
    return len(given_up)


def tell_campaign(session: Session, row: MessageRow, *, now: dt.datetime) -> None:
    """A failed message of a campaign counts in its report as not arrived."""
    if row.state == FAILED and row.source == "campaign":
        reason = "" if row.problem is None else str(Sentence.from_json(row.problem))
        record_failed_send(
            session,
            campaign_id=row.source_id,
            customer_id=row.customer_id,
            arm=row.arm,
            reason=reason,
            now=now,
        )


def _apply(row: MessageRow, outcome: Outcome, now: dt.datetime) -> None:
    row.provider_id = outcome.provider_id or row.provider_id
    row.problem = None if outcome.problem is None else outcome.problem.as_json()
    if outcome.fate == "retry" and row.attempts < MOST_ATTEMPTS:
        row.state = QUEUED
        wait = outcome.wait or _backoff(row.attempts)
        row.next_attempt_at = now + dt.timedelta(seconds=wait)
    elif outcome.fate == "retry":
        row.state = UNSURE if outcome.arrived else FAILED
    else:
        row.state = {
            "accepted": SENT,
            "delivered": DELIVERED,
            "refused": FAILED,
            "unsubscribed": UNSUBSCRIBED,
            "unsure": UNSURE,
        }[outcome.fate]
    if row.state in (SENT, DELIVERED):
        row.sent_at = now


def _backoff(failures: int) -> int:
    return int(min(_FIRST_WAIT * 2 ** max(0, failures - 1), _LONGEST_WAIT))


def _room(session: Session, shop: Shop, channel: str, now: dt.datetime) -> int:
    """How many more may leave: what was claimed in the last minute counts, by whomever."""
    used = session.scalar(
        select(func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.shop_id == shop.id,
            MessageRow.channel == channel,
            MessageRow.claimed_at > now - dt.timedelta(minutes=1),
        )
    )
    return channel_use(shop, channel).per_minute - (used or 0)


def _outgoing(session: Session, batch: BatchRow, attempt_id: str) -> list[Outgoing]:
    words = build_words(batch)
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.attempt_id == attempt_id, MessageRow.state == CLAIMED)
        .order_by(MessageRow.id)
        .execution_options(populate_existing=True)
    )
    found = []
    for row in rows:
        subject, text = words.render(row.variables)
        found.append(
            Outgoing(
                id=row.id,
                key=row.key,
                customer_id=row.customer_id,
                channel=row.channel,
                address=row.address,
                subject=subject,
                text=text,
                source=row.source,
                source_id=row.source_id,
                arm=row.arm,
            )
        )
    return found
