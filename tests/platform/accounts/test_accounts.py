"""The first owner, and signing in."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.accounts import passwords
from regulars_platform.accounts.errors import OwnerExistsError, SignInError
from regulars_platform.accounts.models import Account
from regulars_platform.accounts.service import (
    choose_language,
    create_owner,
    end_all_sessions,
    find_account,
    has_owner,
    sign_in,
)
from regulars_platform.accounts.tables import User
from regulars_platform.errors import RegularsError
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Base, Database

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(build_settings(tmp_path))
    Base.metadata.create_all(database.engine)
    with database.unit_of_work() as session:
        yield session
    database.dispose()


def owner(session: Session, email: str = "Mei@Example.com") -> Account:
    return create_owner(
        session, name="Mei", email=email, password="ten letters", locale="zh_Hans", now=NOW
    )


def test_the_owner_signs_in_with_the_address_in_any_case(session: Session) -> None:
    made = owner(session)
    assert has_owner(session)
    assert sign_in(session, email=" mei@example.COM ", password="ten letters") == made
    assert find_account(session, made.id) == made


def test_there_is_one_first_owner(session: Session) -> None:
    owner(session)
    with pytest.raises(OwnerExistsError):
        owner(session, email="other@example.com")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("mei@example.com", "Ten letters"),
        ("mei@example.com", ""),
        ("who@example.com", "ten letters"),
    ],
)
def test_wrong_password_and_unknown_address_get_the_same_answer(
    session: Session, email: str, password: str
) -> None:
    owner(session)
    with pytest.raises(SignInError) as refused:
        sign_in(session, email=email, password=password)
    assert refused.value.problem == SignInError.of().problem


def test_an_unknown_address_costs_a_hash_like_a_wrong_password(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner(session)
    seen: list[str | None] = []

    def watched(stored_hash: str | None, password: str) -> bool:
        seen.append(stored_hash)
        return passwords.password_matches(stored_hash, password)

    monkeypatch.setattr("regulars_platform.accounts.service.password_matches", watched)
    with pytest.raises(SignInError):
        sign_in(session, email="who@example.com", password="ten letters")
    assert seen == [None]
    assert passwords.password_matches(None, "nobody has this password") is False


def test_the_password_is_kept_as_argon2id_only(session: Session) -> None:
    owner(session)
    stored = session.scalars(select(User.password_hash)).one()
    assert stored.startswith("$argon2id$")
    assert "ten letters" not in stored


@pytest.mark.parametrize(
    ("name", "email", "password", "field"),
    [
        (" ", "a@example.com", "ten letters", "name"),
        ("Mei", "example.com", "ten letters", "email"),
        ("Mei", "a b@example.com", "ten letters", "email"),
        ("Mei", "a@example.com", "nine char", "password"),
        ("Mei", "a@example.com", "x" * 1001, "password"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    session: Session, name: str, email: str, password: str, field: str
) -> None:
    with pytest.raises(RegularsError) as refused:
        create_owner(session, name=name, email=email, password=password, locale=None, now=NOW)
    assert refused.value.field == field
    assert not has_owner(session)


def test_language_is_remembered_and_sessions_can_be_ended(session: Session) -> None:
    made = owner(session)
    choose_language(session, made.id, "en")
    ended = end_all_sessions(session, made.id)
    assert ended is not None
    assert (ended.locale, ended.session_epoch) == ("en", made.session_epoch + 1)
