"""Tokens: made once, found by their secret alone, of one shop."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from regulars_platform.api_access.errors import TokenNotFoundError
from regulars_platform.api_access.models import TokenState
from regulars_platform.api_access.scopes import Scope
from regulars_platform.api_access.tokens import (
    create_token,
    find_by_secret,
    list_tokens,
    note_use,
    revoke_token,
    use_is_worth_noting,
)
from regulars_platform.errors import InvalidInputError
from regulars_platform.settings import build_settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(build_settings(tmp_path))
    create_all_tables(database)
    with database.unit_of_work() as session:
        for name in ("Tea", "Coffee"):
            open_shop(session, name=name, currency="GBP", timezone="UTC", now=NOW)
        yield session
    database.dispose()


def make(session: Session, *, shop_id: int = 1, days: int | None = None) -> str:
    _token, secret = create_token(
        session,
        shop_id=shop_id,
        user_id=1,
        name=" notebook ",
        scopes=[Scope.READ_SHOP, Scope.READ_SHOP],
        days=days,
        now=NOW,
    )
    return secret


def test_a_token_is_found_by_its_whole_secret_alone(session: Session) -> None:
    secret = make(session)
    found = find_by_secret(session, secret)
    assert found is not None
    assert found.name == "notebook"
    assert found.scopes == frozenset({Scope.READ_SHOP})
    for other in (secret[:-1], secret + "x", secret.removeprefix("regs_"), "", "regs_", "regs_é"):
        assert find_by_secret(session, other) is None


def test_no_two_secrets_are_alike(session: Session) -> None:
    assert len({make(session) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("days", "hours", "state"),
    [
        (None, 24 * 10_000, TokenState.VALID),
        (2, 47, TokenState.VALID),
        (2, 48, TokenState.EXPIRED),
    ],
)
def test_a_token_ends_with_its_last_hour(
    session: Session, days: int | None, hours: int, state: TokenState
) -> None:
    found = find_by_secret(session, make(session, days=days))
    assert found is not None
    assert found.state_at(NOW + dt.timedelta(hours=hours)) is state


def test_a_revoked_token_stays_revoked_from_the_first_time(session: Session) -> None:
    make(session)
    first = revoke_token(session, 1, 1, NOW)
    again = revoke_token(session, 1, 1, NOW + dt.timedelta(days=1))
    assert first.revoked_at == again.revoked_at == NOW
    assert again.state_at(NOW) is TokenState.REVOKED


def test_a_shop_sees_and_ends_its_own_tokens_alone(session: Session) -> None:
    make(session, shop_id=2)
    assert list_tokens(session, 1) == []
    with pytest.raises(TokenNotFoundError):
        revoke_token(session, 1, 1, NOW)


def test_the_use_is_noted_anew_after_an_hour(session: Session) -> None:
    found = find_by_secret(session, make(session))
    assert found is not None
    assert use_is_worth_noting(found, NOW)
    note_use(session, found.id, NOW)
    used = list_tokens(session, 1)[0]
    assert not use_is_worth_noting(used, NOW + dt.timedelta(minutes=59))
    assert use_is_worth_noting(used, NOW + dt.timedelta(minutes=60))


def test_everything_that_is_wrong_is_said_at_once(session: Session) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_token(session, shop_id=1, user_id=1, name="", scopes=["everything"], days=0, now=NOW)
    assert [problem.field for problem in caught.value.problems] == ["name", "scopes", "days"]
