"""What a person does with a batch: stop, go on, decide about the unsure; and where it stands."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from regulars_platform.delivery.states import FAILED, QUEUED, RUNNING, STATES, STOPPED, UNSURE
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.dispatch.claims import tell_campaign
from regulars_platform.errors import NotFoundError
from regulars_platform.words import N_, Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStanding:
    """Where a batch stands. counts: state -> messages, all states; problem: why it waits, if it
    does; next_at: nothing leaves before."""

    id: int
    source: str
    source_id: int
    arm: str
    channel: str
    via: str
    state: str
    subject: str
    body: str
    counts: Mapping[str, int]
    problem: Sentence | None
    send_at: dt.datetime
    next_at: dt.datetime
    created_at: dt.datetime

    @property
    def total(self) -> int:
        """All its messages."""
        return sum(self.counts.values())


def list_batches(
    session: Session, shop_id: int, *, source: str, source_id: int
) -> list[BatchStanding]:
    """The batches of a campaign or programme, the latest first."""
    rows = session.scalars(
        select(BatchRow)
        .where(
            BatchRow.shop_id == shop_id, BatchRow.source == source, BatchRow.source_id == source_id
        )
        .order_by(BatchRow.id.desc())
    ).all()
    return _standings(session, rows)


def get_batch(session: Session, shop_id: int, batch_id: int) -> BatchStanding:
    """One batch of the shop. Raises NotFoundError."""
    return _standings(session, [_row(session, shop_id, batch_id)])[0]


def stop_batch(session: Session, shop_id: int, batch_id: int) -> None:
    """Nothing more of it leaves; what was claimed a moment ago may still be on its way."""
    _row(session, shop_id, batch_id).state = STOPPED
    session.flush()


def resume_batch(session: Session, shop_id: int, batch_id: int, *, now: dt.datetime) -> None:
    """Let it go on, at once, whatever it waited for."""
    row = _row(session, shop_id, batch_id)
    row.state, row.failures, row.problem = RUNNING, 0, None
    row.next_at = max(row.send_at, now)
    session.flush()


def send_unsure_again(session: Session, shop_id: int, batch_id: int, *, now: dt.datetime) -> int:
    """A person decided: the unsure ones are queued again; some may get the message twice."""
    return _decide(session, shop_id, batch_id, QUEUED, now)


def leave_unsure(session: Session, shop_id: int, batch_id: int, *, now: dt.datetime) -> int:
    """A person decided: the unsure ones stay as they are, and count as not arrived."""
    return _decide(session, shop_id, batch_id, FAILED, now)


def problems_of(
    session: Session, shop_id: int, batch_id: int, *, limit: int = 50
) -> list[tuple[str, str, Sentence]]:
    """(customer id, state, why) of messages that went wrong, the latest first."""
    rows = session.execute(
        select(MessageRow.customer_id, MessageRow.state, MessageRow.problem)
        .where(
            MessageRow.shop_id == shop_id,
            MessageRow.batch_id == batch_id,
            MessageRow.state.in_((FAILED, UNSURE, QUEUED)),
            MessageRow.problem.is_not(None),
        )
        .order_by(MessageRow.changed_at.desc(), MessageRow.id)
        .limit(limit)
    )
    return [
        (customer, state, Sentence.from_json(problem))
        for customer, state, problem in rows
        if problem
    ]


def _decide(session: Session, shop_id: int, batch_id: int, state: str, now: dt.datetime) -> int:
    _row(session, shop_id, batch_id)
    ids = list(
        session.scalars(
            select(MessageRow.id).where(
                MessageRow.shop_id == shop_id,
                MessageRow.batch_id == batch_id,
                MessageRow.state == UNSURE,
            )
        )
    )
    for place in ids:
        done = session.execute(
            update(MessageRow)
            .where(MessageRow.id == place, MessageRow.state == UNSURE)
            .values(state=state, attempts=0, next_attempt_at=now, changed_at=now)
        )
        if done.rowcount and state == FAILED:  # type: ignore[attr-defined]
            row = session.get_one(MessageRow, place, populate_existing=True)
            tell_campaign(session, row, now=now)
    return len(ids)


def _standings(session: Session, rows: Sequence[BatchRow]) -> list[BatchStanding]:
    counted = session.execute(
        select(MessageRow.batch_id, MessageRow.state, func.count())
        .where(MessageRow.batch_id.in_([row.id for row in rows]))
        .group_by(MessageRow.batch_id, MessageRow.state)
    )
    counts = {row.id: dict.fromkeys(STATES, 0) for row in rows}
    for batch_id, state, count in counted:
        counts[batch_id][state] = count
    return [
        BatchStanding(
            id=row.id,
            source=row.source,
            source_id=row.source_id,
            arm=row.arm,
            channel=row.channel,
            via=row.via,
            state=row.state,
            subject=row.subject,
            body=row.body,
            counts=counts[row.id],
            problem=None if row.problem is None else Sentence.from_json(dict(row.problem)),
            send_at=row.send_at,
            next_at=row.next_at,
            created_at=row.created_at,
        )
        for row in rows
    ]


def _row(session: Session, shop_id: int, batch_id: int) -> BatchRow:
    row = session.get(BatchRow, batch_id)
    if row is None or row.shop_id != shop_id:
        raise NotFoundError(Sentence(N_("There is no such batch of messages in this shop.")))
    return row
