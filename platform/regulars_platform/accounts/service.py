"""Accounts: the first owner, signing in, language, ending all sessions."""

import datetime as dt
import re
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.accounts.errors import (
    MAX_PASSWORD,
    MIN_PASSWORD,
    EmailError,
    NoAccountError,
    OwnerExistsError,
    PasswordError,
    PersonNameError,
    SignInError,
)
from regulars_platform.accounts.models import Account, Role, UserId
from regulars_platform.accounts.passwords import hash_password, needs_rehash, password_matches
from regulars_platform.accounts.tables import User
from regulars_platform.errors import InvalidInputError, RegularsError

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


def has_owner(session: Session) -> bool:
    """Whether the first start is through."""
    return session.scalars(select(User.id).limit(1)).first() is not None


def create_owner(
    session: Session, *, name: str, email: str, password: str, locale: str | None, now: dt.datetime
) -> Account:
    """The first account. Errors: OwnerExistsError, InvalidInputError with all that is wrong."""
    if has_owner(session):
        raise OwnerExistsError.of()
    problems = find_account_problems(name=name, email=email, password=password)
    if problems:
        raise InvalidInputError(problems)
    row = User(
        email=_normal(email),
        name=name.strip(),
        password_hash=hash_password(password),
        role=Role.OWNER,
        locale=locale,
        session_epoch=0,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return _account(row)


def find_account_problems(*, name: str, email: str, password: str) -> list[RegularsError]:
    """What is wrong with a new account, each with its field; empty when all is well."""
    problems: list[RegularsError] = []
    if not 0 < len(name.strip()) <= 200:
        problems.append(PersonNameError.of())
    if len(_normal(email)) > 254 or not _EMAIL.fullmatch(_normal(email)):
        problems.append(EmailError.of(email))
    return [*problems, *_password_problems(password)]


def _password_problems(password: str) -> list[RegularsError]:
    if len(password) < MIN_PASSWORD:
        return [PasswordError.too_short(len(password))]
    return [PasswordError.too_long()] if len(password) > MAX_PASSWORD else []


def set_password(session: Session, *, email: str, password: str) -> Account:
    """A new password for an account; sessions begun before now no longer count.

    Errors: InvalidInputError, NoAccountError.
    """
    problems = _password_problems(password)
    if problems:
        raise InvalidInputError(problems)
    row = session.scalars(select(User).where(User.email == _normal(email))).first()
    if row is None:
        raise NoAccountError.of(email)
    row.password_hash = hash_password(password)
    row.session_epoch += 1
    return _account(row)


def sign_in(session: Session, *, email: str, password: str) -> Account:
    """The account of this address, if the password is right. Errors: SignInError.

    Takes as long for an unknown address as for a wrong password.
    """
    row = session.scalars(select(User).where(User.email == _normal(email))).first()
    known = row is not None and len(password) <= MAX_PASSWORD
    if not password_matches(row.password_hash if row and known else None, password[:MAX_PASSWORD]):
        raise SignInError.of()
    assert row is not None  # noqa: S101 -- for the type checker: nothing matches without a row
    if needs_rehash(row.password_hash):
        row.password_hash = hash_password(password)
    return _account(row)


def find_account(session: Session, user_id: int) -> Account | None:
    """The account of this number, or None."""
    row = session.get(User, user_id)
    return None if row is None else _account(row)


def find_first_owner(session: Session) -> Account | None:
    """The owner whose account is the oldest; None before the first start is through."""
    query = select(User).where(User.role == Role.OWNER).order_by(User.id).limit(1)
    row = session.scalars(query).first()
    return None if row is None else _account(row)


def names_of_users(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """Names by user id, of those who still have an account."""
    found = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in found}


def choose_language(session: Session, user_id: int, locale: str | None) -> None:
    """Remember the language that this person reads (None: as their browser asks)."""
    row = session.get(User, user_id)
    if row is not None:
        row.locale = locale


def end_all_sessions(session: Session, user_id: int) -> Account | None:
    """Sign this person out everywhere: sessions begun before now no longer count."""
    row = session.get(User, user_id)
    if row is None:
        return None
    row.session_epoch += 1
    return _account(row)


def _normal(email: str) -> str:
    return email.strip().lower()


def _account(row: User) -> Account:
    return Account(
        id=UserId(row.id),
        email=row.email,
        name=row.name,
        role=Role(row.role),
        locale=row.locale,
        session_epoch=row.session_epoch,
    )
