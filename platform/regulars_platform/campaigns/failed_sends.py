"""Messages that did not arrive, read back from the sending tool.

They are counted, and shown beside the result; their customers count in their arm all the same:
leaving them out would compare those who can be reached with everybody.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.tables import FailedSend
from regulars_platform.suppressions.id_lists import MAX_NOTE, read_ids
from regulars_platform.suppressions.service import CHUNK, chunks


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedSendsRead:
    """What became of a list of ids: given = recorded + known + strangers.

    known: recorded before, or twice in the list; strangers: not drawn in this campaign; held_out:
    of the recorded, in the holdout, so somebody tried to contact them.
    """

    given: int
    recorded: int
    known: int
    strangers: int
    held_out: int


def record_failed_sends(
    session: Session,
    *,
    campaign_id: int,
    ledger: pl.DataFrame,
    lines: Iterable[str],
    now: dt.datetime,
) -> FailedSendsRead:
    """Record the customers named in pasted text or a CSV file (id, reason) as not reached."""
    arms = dict(ledger.select("customer_id", "arm").iter_rows())
    given = recorded = strangers = held_out = 0
    for chunk in chunks(read_ids(lines), CHUNK):
        given += len(chunk)
        strangers += sum(item.customer_id not in arms for item in chunk)
        wanted = {item.customer_id: item for item in reversed(chunk) if item.customer_id in arms}
        present = set(
            session.scalars(
                select(FailedSend.customer_id).where(
                    FailedSend.campaign_id == campaign_id, FailedSend.customer_id.in_(wanted)
                )
            )
        )
        rows = [
            {
                "campaign_id": campaign_id,
                "customer_id": name,
                "arm": arms[name],
                "reason": item.note[:MAX_NOTE],
                "added_at": now,
            }
            for name, item in wanted.items()
            if name not in present
        ]
        if rows:
            session.execute(insert(FailedSend), rows)
        recorded += len(rows)
        held_out += sum(row["arm"] == HOLDOUT for row in rows)
    return FailedSendsRead(
        given=given,
        recorded=recorded,
        known=given - recorded - strangers,
        strangers=strangers,
        held_out=held_out,
    )


def record_failed_send(
    session: Session,
    *,
    campaign_id: int,
    customer_id: str,
    arm: str,
    reason: str,
    now: dt.datetime,
) -> None:
    """Record one message of ours that did not arrive; known ones stay as they are."""
    known = session.scalar(
        select(FailedSend.id).where(
            FailedSend.campaign_id == campaign_id, FailedSend.customer_id == customer_id
        )
    )
    if known is None:
        session.add(
            FailedSend(
                campaign_id=campaign_id,
                customer_id=customer_id,
                arm=arm,
                reason=reason[:MAX_NOTE],
                added_at=now,
            )
        )
        session.flush()


def failed_sends_by_arm(session: Session, campaign_id: int) -> dict[str, int]:
    """Arm -> customers who were not reached; arms without any are left out."""
    counted = (
        select(FailedSend.arm, func.count())
        .where(FailedSend.campaign_id == campaign_id)
        .group_by(FailedSend.arm)
    )
    return dict(session.execute(counted).all())
