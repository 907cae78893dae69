"""Making tokens, finding the one that a request brings, and revoking them."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.api_access.errors import (
    TokenExpiryError,
    TokenNameError,
    TokenNotFoundError,
    TokenScopesError,
)
from regulars_platform.api_access.models import Token, TokenId
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tables import ApiTokenRow
from regulars_platform.errors import InvalidInputError, RegularsError

PREFIX = "regs_"
"""Every secret begins so: whoever finds one in a file knows what it is."""

MOST_DAYS = 3650
LONGEST_NAME = 100
SHOWN_START = len(PREFIX) + 4
USED_AGAIN = dt.timedelta(hours=1)
"""The last use is written down this seldom, not with every request."""


def create_token(
    session: Session,
    *,
    shop_id: int,
    user_id: int,
    name: str,
    scopes: Collection[str],
    days: int | None,
    now: dt.datetime,
) -> tuple[Token, str]:
    """A new token and its secret, which is told this once. days: None holds until it is revoked.

    Errors: InvalidInputError with everything that is wrong.
    """
    if problems := find_token_problems(name=name, scopes=scopes, days=days):
        raise InvalidInputError(problems)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiTokenRow(
        shop_id=shop_id,
        user_id=user_id,
        name=name.strip(),
        start=secret[:SHOWN_START],
        secret_sha256=_digest(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=None if days is None else now + dt.timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return _token(row), secret


def find_token_problems(
    *, name: str, scopes: Collection[str], days: int | None
) -> list[RegularsError]:
    """What is wrong with a token to be made, each with its field; empty when all is well."""
    problems: list[RegularsError] = []
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        problems.append(TokenNameError.of(name))
    if not scopes:
        problems.append(TokenScopesError.none())
    problems += [TokenScopesError.unknown(s) for s in sorted(set(scopes) - set(Scope))][:1]
    if days is not None and not 1 <= days <= MOST_DAYS:
        problems.append(TokenExpiryError.of(MOST_DAYS))
    return problems


def find_by_secret(session: Session, secret: str) -> Token | None:
    """The token of this secret, whether it still opens anything or not."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    found = session.scalars(
        select(ApiTokenRow).where(ApiTokenRow.secret_sha256 == _digest(secret))
    ).first()
    return None if found is None else _token(found)


def use_is_worth_noting(token: Token, now: dt.datetime) -> bool:
    """Whether the last use that is written down is too long ago."""
    return token.last_used_at is None or now - token.last_used_at >= USED_AGAIN


def note_use(session: Session, token_id: TokenId, now: dt.datetime) -> None:
    """Write down that the token was used."""
    row = session.get(ApiTokenRow, token_id)
    if row is not None:
        row.last_used_at = now


def list_tokens(session: Session, shop_id: int) -> list[Token]:
    """All tokens that were ever made for the shop, the newest first."""
    query = select(ApiTokenRow).where(ApiTokenRow.shop_id == shop_id)
    return [_token(row) for row in session.scalars(query.order_by(ApiTokenRow.id.desc()))]


def revoke_token(session: Session, shop_id: int, token_id: int, now: dt.datetime) -> Token:
    """End a token; one that has ended stays so. Errors: TokenNotFoundError."""
    row = session.get(ApiTokenRow, token_id)
    if row is None or row.shop_id != shop_id:
        raise TokenNotFoundError.of(token_id)
    if row.revoked_at is None:
        row.revoked_at = now
    session.flush()
    return _token(row)


def _digest(secret: str) -> str:
    # 256 random bits: nothing that a slow hash would protect any better
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: ApiTokenRow) -> Token:
    return Token(
        id=TokenId(row.id),
        shop_id=row.shop_id,
        user_id=row.user_id,
        name=row.name,
        start=row.start,
        scopes=frozenset(Scope(s) for s in row.scopes if s in set(Scope)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
