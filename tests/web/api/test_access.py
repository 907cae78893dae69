"""Who gets in by a token, and what everybody else is told."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask

from regulars_platform.api_access.scopes import SAID, Scope
from regulars_platform.api_access.tables import ApiTokenRow
from regulars_platform.api_access.tokens import list_tokens, revoke_token
from regulars_platform.storage.database import Database
from regulars_web.api.areas import all_operations
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser


def test_a_token_opens_what_its_scope_says(program: Program) -> None:
    assert program.get("/shop")["data"]["name"] == "Green Hill"


def test_without_a_token_the_answer_says_how_to_send_one(program: Program) -> None:
    answer = program.client.get("/api/v1/shop")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json()["error"]["code"] == "unauthorized"


def test_a_session_opens_nothing_here(owner: Browser, program: Program) -> None:
    """A page of somebody else's could send the cookie along; so it must not count."""
    assert owner.get("/settings/").status_code == 200
    assert owner.get("/api/v1/shop").status_code == 401


def test_a_missing_scope_is_named(make_program: Callable[..., Program]) -> None:
    answer = make_program(Scope.READ_REPORTS).send("GET", "/shop")
    assert answer.status_code == 403
    assert answer.get_json()["error"]["scope"] == "read:shop"
    assert 'scope="read:shop"' in answer.headers["WWW-Authenticate"]


def test_an_expired_and_a_revoked_token_open_nothing(
    make_program: Callable[..., Program], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = make_program(days=1)
    revoked = make_program()
    with database.unit_of_work() as session:
        newest = list_tokens(session, 1)[0]
        revoke_token(session, 1, newest.id, NOW)
    later = NOW + dt.timedelta(days=1)
    monkeypatch.setattr("regulars_web.api.access.now", lambda: later)
    assert "expired" in short.get("/shop", 401)["error"]["message"]
    assert "revoked" in revoked.get("/shop", 401)["error"]["message"]


def test_guessing_is_slowed_down_and_right_tokens_are_not(program: Program) -> None:
    wrong = Program(program.client, "regs_" + "x" * 43)
    seen = [wrong.send("GET", "/shop").status_code for _ in range(25)]
    assert seen[0] == 401
    assert seen[-1] == 429
    assert program.send("GET", "/shop").status_code == 200


def test_the_secret_is_stored_nowhere(program: Program, database: Database) -> None:
    with database.unit_of_work() as session:
        row = session.get(ApiTokenRow, 1)
        assert row is not None
        stored = " ".join(str(value) for value in vars(row).values())
    assert program.secret.startswith("regs_")
    assert program.secret not in stored


def test_the_last_use_is_written_down_once_an_hour(
    program: Program, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minutes, noted in ((0, 0), (59, 0), (61, 61)):
        moment = NOW + dt.timedelta(minutes=minutes)
        monkeypatch.setattr("regulars_web.api.access.now", lambda moment=moment: moment)
        program.get("/shop")
        with database.unit_of_work() as session:
            assert list_tokens(session, 1)[0].last_used_at == NOW + dt.timedelta(minutes=noted)


def test_every_scope_is_told_in_words() -> None:
    assert set(SAID) == set(Scope)


def test_every_operation_refuses_a_token_without_its_scope(
    make_program: Callable[..., Program], app: Flask
) -> None:
    without = {
        scope: make_program(*(other for other in Scope if other is not scope)) for scope in Scope
    }
    for operation in all_operations():
        named = {
            name: "1" if "int" in str(kind) else "x" for name, kind in operation.in_path.items()
        }
        path = operation.path.format_map(named)
        answer = without[operation.scope].send(operation.method, path)
        assert answer.status_code == 403, operation.name
        assert answer.get_json()["error"]["scope"] == operation.scope
