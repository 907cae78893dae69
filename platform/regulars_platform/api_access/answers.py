"""Writes under a key of the caller's: done once, however often they are sent.

A write claims its key, does its work, and keeps its answer in the very transaction of the work: so
the answer is there exactly if the work is. A claim that was left by a server that died is taken
over after a while; if the one who left it lives on after all, its transaction fails at the end.
"""

import datetime as dt
import secrets

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from regulars_platform.api_access.errors import (
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
)
from regulars_platform.api_access.models import KeptAnswer, TokenId
from regulars_platform.api_access.tables import KeptAnswerRow

KEPT = dt.timedelta(hours=24)
LEFT_BEHIND = dt.timedelta(minutes=10)


def claim(
    session: Session, token_id: TokenId, key: str, request_sha256: str, now: dt.datetime
) -> str | KeptAnswer:
    """Take the key for this request (the claim to finish it under), or the answer there is.

    Rows that are out of date go first. Errors: IdempotencyKeyReusedError where the key belongs to
    another request, IdempotencyInProgressError while the same request is under way.
    """
    session.execute(delete(KeptAnswerRow).where(KeptAnswerRow.created_at <= now - KEPT))
    mine = (KeptAnswerRow.token_id == token_id) & (KeptAnswerRow.key == key)
    row = session.scalars(select(KeptAnswerRow).where(mine)).first()
    if row is None:
        return _new_claim(session, token_id, key, request_sha256, now)
    if row.request_sha256 != request_sha256:
        raise IdempotencyKeyReusedError.of()
    if row.status is not None:
        return KeptAnswer(status=row.status, body=row.body or "")
    if row.created_at > now - LEFT_BEHIND:
        raise IdempotencyInProgressError.of()
    row.claim, row.created_at = secrets.token_hex(16), now
    session.flush()
    return row.claim


def _new_claim(
    session: Session, token_id: TokenId, key: str, request_sha256: str, now: dt.datetime
) -> str:
    row = KeptAnswerRow(
        token_id=token_id,
        key=key,
        request_sha256=request_sha256,
        claim=secrets.token_hex(16),
        created_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # another request took the key at this very moment
        raise IdempotencyInProgressError.of() from error
    return row.claim


def keep_answer(session: Session, token_id: TokenId, claim: str, answer: KeptAnswer) -> None:
    """Keep the answer in the transaction of the work. Raises IdempotencyInProgressError, which
    undoes the work, where somebody else has taken the claim over."""
    kept = session.execute(
        update(KeptAnswerRow)
        .where(
            KeptAnswerRow.token_id == token_id,
            KeptAnswerRow.claim == claim,
            KeptAnswerRow.status.is_(None),
        )
        .values(status=answer.status, body=answer.body)
    )
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise IdempotencyInProgressError.of()


def give_up(session: Session, token_id: TokenId, claim: str) -> None:
    """Free the key of a write that failed and changed nothing."""
    session.execute(
        delete(KeptAnswerRow).where(
            KeptAnswerRow.token_id == token_id,
            KeptAnswerRow.claim == claim,
            KeptAnswerRow.status.is_(None),
        )
    )
