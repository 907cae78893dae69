"""What providers tell us after a message left: delivered, failed, unsubscribed, complained.

Told twice, or in another order, it ends in the same: every event counts once, and a state that
says more is never replaced by one that says less.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.delivery.states import (
    COMPLAINED,
    DELIVERED,
    FAILED,
    SENT,
    UNSUBSCRIBED,
    UNSURE,
)
from regulars_platform.delivery.tables import DeliveryEventRow, MessageRow
from regulars_platform.dispatch.claims import tell_campaign
from regulars_platform.errors import RegularsError
from regulars_platform.suppressions.service import suppress
from regulars_platform.words import N_, Sentence

_WEIGHT = {UNSURE: 0, SENT: 0, DELIVERED: 1, FAILED: 2, UNSUBSCRIBED: 3, COMPLAINED: 4}
MAX_EVENTS = 1_000
MAX_ID = 200


class CallbackError(RegularsError):
    """What came is not what we read."""

    @classmethod
    def unreadable(cls) -> "CallbackError":
        """It has not the form that docs/delivery.md describes."""
        return cls(Sentence(N_("Events as docs/delivery.md describes them are expected.")))


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """given = applied + known + strangers: events that changed something, that we knew or that say
    less than we know, and that are about no message of ours."""

    given: int
    applied: int
    known: int
    strangers: int


def take_events(session: Session, shop_id: int, body: bytes, *, now: dt.datetime) -> Told:
    """Read a signed call's events and apply them. Raises CallbackError before anything changes."""
    events = _read(body)
    applied = strangers = 0
    for event in events:
        row = _message_of(session, shop_id, event)
        if row is None:
            strangers += 1
            continue
        kind = event["status"]
        if _is_known(session, shop_id, event, row, now):
            continue
        applied += _apply(session, row, kind, str(event.get("reason") or ""), now)
    return Told(
        given=len(events),
        applied=applied,
        known=len(events) - applied - strangers,
        strangers=strangers,
    )


def _read(body: bytes) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(body)
    except ValueError:
        raise CallbackError.unreadable() from None
    events = found.get("events") if isinstance(found, dict) else None
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise CallbackError.unreadable()
    for event in events:
        if not isinstance(event, dict) or event.get("status") not in _WEIGHT:
            raise CallbackError.unreadable()
        for name in ("key", "message_id", "event_id"):
            value = event.get(name)
            if value is not None and (not isinstance(value, str) or not 0 < len(value) <= MAX_ID):
                raise CallbackError.unreadable()
    return events


def _message_of(session: Session, shop_id: int, event: Mapping[str, Any]) -> MessageRow | None:
    query = select(MessageRow).where(MessageRow.shop_id == shop_id)
    if event.get("key"):
        return session.scalars(query.where(MessageRow.key == event["key"])).first()
    if event.get("message_id"):
        return session.scalars(query.where(MessageRow.provider_id == event["message_id"])).first()
    return None


def _is_known(
    session: Session, shop_id: int, event: Mapping[str, Any], row: MessageRow, now: dt.datetime
) -> bool:
    event_id = event.get("event_id") or f"{row.id}:{event['status']}"
    known = session.scalar(
        select(DeliveryEventRow.id).where(
            DeliveryEventRow.shop_id == shop_id, DeliveryEventRow.event_id == event_id
        )
    )
    if known is not None:
        return True
    session.add(
        DeliveryEventRow(shop_id=shop_id, event_id=event_id, kind=event["status"], received_at=now)
    )
    session.flush()
    return False


def _apply(session: Session, row: MessageRow, kind: str, reason: str, now: dt.datetime) -> int:
    if kind in (UNSUBSCRIBED, COMPLAINED):
        # whatever is known of the message: who asks for silence gets it
        suppress(session, shop_id=row.shop_id, customers=[row.customer_id], reason=kind, now=now)
    if _WEIGHT[kind] <= _WEIGHT.get(row.state, -1):
        return 0
    row.state, row.changed_at = kind, now
    if kind in (DELIVERED, SENT):
        row.sent_at = row.sent_at or now
    row.problem = (
        Sentence(N_("The receiver says: %(reason)s"), {"reason": reason[:150] or "–"}).as_json()
        if kind == FAILED
        else None
    )
    session.flush()
    tell_campaign(session, row, now=now)
    return 1
