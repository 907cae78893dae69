"""A write that is sent twice is done once."""

import datetime as dt
from collections.abc import Callable
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from regulars_platform.api_access.answers import claim, keep_answer
from regulars_platform.api_access.errors import IdempotencyInProgressError
from regulars_platform.api_access.models import KeptAnswer, TokenId
from regulars_platform.api_access.tables import KeptAnswerRow
from regulars_platform.jobs.daily import enqueue_daily
from regulars_platform.jobs.models import Job
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from tests.web.api.conftest import Program
from tests.web.conftest import NOW


def test_the_same_write_again_gets_the_same_answer(program: Program, database: Database) -> None:
    first = program.send("PATCH", "/shop", key="k1", json={"name": "One"})
    program.patch("/shop", json={"name": "Two"})
    again = program.send("PATCH", "/shop", key="k1", json={"name": "One"})
    assert again.get_data() == first.get_data()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert program.get("/shop")["data"]["name"] == "Two"  # it was not done again


def test_a_key_is_for_one_write_only(program: Program) -> None:
    program.patch("/shop", key="k1", json={"name": "One"})
    error = program.patch("/shop", 422, key="k1", json={"name": "Two"})["error"]
    assert error["code"] == "idempotency_key_reused"


def test_keys_of_two_tokens_do_not_meet(
    program: Program, make_program: Callable[..., Program]
) -> None:
    other = make_program()
    program.patch("/shop", key="k1", json={"name": "One"})
    assert other.patch("/shop", key="k1", json={"name": "Two"})["data"]["name"] == "Two"


def test_a_write_that_failed_frees_its_key(program: Program) -> None:
    program.patch("/shop", 422, key="k1", json={"name": "  "})
    assert program.patch("/shop", key="k1", json={"name": "One"})["data"]["name"] == "One"


def test_a_write_under_way_is_told_as_such(program: Program, database: Database) -> None:
    with database.unit_of_work() as session:
        assert isinstance(claim(session, TokenId(1), "k1", "0" * 64, NOW), str)
    with database.unit_of_work() as session, pytest.raises(IdempotencyInProgressError):
        claim(session, TokenId(1), "k1", "0" * 64, NOW + dt.timedelta(minutes=9))


def test_what_a_dead_server_left_is_taken_over_and_cannot_be_finished_any_more(
    program: Program, database: Database
) -> None:
    with database.unit_of_work() as session:
        old = claim(session, TokenId(1), "k1", "0" * 64, NOW)
    with database.unit_of_work() as session:
        new = claim(session, TokenId(1), "k1", "0" * 64, NOW + dt.timedelta(minutes=11))
    assert isinstance(old, str)
    assert isinstance(new, str)
    answer = KeptAnswer(status=200, body="{}")

    def write_late() -> None:
        with database.unit_of_work() as session:
            session.execute(update(Shop).values(name="written twice"))
            keep_answer(session, TokenId(1), old, answer)

    with pytest.raises(IdempotencyInProgressError):
        write_late()
    with database.unit_of_work() as session:
        shop = session.get(Shop, 1)
        assert shop is not None
        assert shop.name == "Green Hill"  # its work went with its claim
        keep_answer(session, TokenId(1), new, answer)


def test_a_crash_in_the_middle_leaves_neither_the_write_nor_its_answer(
    program: Program, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_given: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("regulars_web.api.calling.keep_answer", die)
        patch.setattr("regulars_web.api.answering.give_up", lambda *_given: None)
        with pytest.raises(SystemExit):
            program.send("PATCH", "/shop", key="k1", json={"name": "One"})
    assert program.get("/shop")["data"]["name"] == "Green Hill"
    assert program.patch("/shop", 409, key="k1", json={"name": "One"})["error"]["code"] == (
        "idempotency_in_progress"
    )


def test_answers_are_forgotten_after_a_day(program: Program, database: Database) -> None:
    program.patch("/shop", key="k1", json={"name": "One"})
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(hours=24, minutes=1)
    with database.unit_of_work() as session:
        claim(session, TokenId(1), "k2", "1" * 64, tomorrow)
        assert session.scalar(select(func.count()).select_from(KeptAnswerRow)) == 1


def test_many_at_once_under_one_key_do_it_once(
    app: Flask, program: Program, database: Database
) -> None:
    """Every one of them is told the answer, or that it is under way; the work is done once."""
    seen: list[tuple[int, bytes]] = []

    def send() -> None:
        answer = Program(app.test_client(use_cookies=False), program.secret).send(
            "POST", "/campaigns", key="k1", json={"plan": {"name": "Autumn"}}
        )
        seen.append((answer.status_code, answer.get_data()))

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} <= {201, 409}
    assert len({body for status, body in seen if status == 201}) == 1
    assert len(program.get("/campaigns")["data"]) == 1


def test_what_nobody_asks_for_any_more_is_forgotten_by_the_day(
    program: Program,
    database: Database,
    finish_jobs: Callable[[], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program.patch("/shop", key="k1", json={"name": "One"})
    for hours, left in ((23, 1), (25, 0)):
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
        monkeypatch.setattr(
            "regulars_platform.api_access.jobs.utc_now", lambda moment=moment: moment
        )
        with database.unit_of_work() as session:
            enqueue_daily(session, moment)
        finish_jobs()
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(KeptAnswerRow)) == left
