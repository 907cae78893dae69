"""Sending as a program does it: channels and words, queues, batches, calls; secrets stay inside."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from regulars_platform.api_access.scopes import Scope
from regulars_platform.delivery.secret_files import read_secret
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import keep_template
from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.web.api.conftest import Program
from tests.web.conftest import NOW
from tests.web.delivery.conftest import SendingShop, sending

__all__ = ["sending"]

Finish = Callable[[], list[Job]]
WORDS = {"name": "hello", "channel": "email", "subject": "For you", "body": "Dear {name}: {offer}"}


def set_up(program: Program, shop: SendingShop, channel: str, via: str) -> None:
    """Say how a channel is used, and where calls go; nothing is quiet."""
    program.put(f"/channels/{channel}", json={"via": via, "price": "0.02", "per_minute": 60_000})
    program.put("/receiver", json={"url": shop.receiver.url, "allowed": ["127.0.0.1"]})
    program.put("/quiet-hours", json={"start": "00:00", "end": "00:00"})


def made(program: Program, **changes: str) -> int:
    """The id of kept words."""
    return int(program.post("/templates", 201, json={**WORDS, **changes})["data"]["id"])


def test_an_arm_is_written_to_once_and_its_batch_is_stopped_and_goes_on(
    program: Program, sending: SendingShop, finish_jobs: Finish, database: Database
) -> None:
    address = f"/campaigns/{sending.campaign}/delivery"
    (arm,) = program.get(address)["data"]
    assert (arm["sends"], arm["templates"]) == (False, [])
    set_up(program, sending, "email", "webhook")
    words = made(program)
    (arm,) = program.get(address)["data"]
    assert (arm["sends"], arm["templates"], arm["place"]) == (True, [words], 1)
    foreseen = program.get(f"{address}/1/foreseen?template_id={words}")["data"]
    (first, *_) = program.get(f"{address}/1/examples?template_id={words}")["data"]
    assert first["text"].startswith(f"Dear N{int(first['customer_id'][1:])}: ")

    tested = program.post(
        f"{address}/1/test", json={"template_id": words, "address": "me@example.org"}
    )
    assert tested["data"] == {"taken": True, "problem": None}
    (message,) = json.loads(sending.receiver.calls.pop().body)["messages"]
    assert (message["address"], message["text"]) == ("me@example.org", first["text"])

    queued = program.post(f"{address}/1/queue", json={"template_id": words}, key="q")["data"]
    assert queued["queued"] == foreseen["messages"] > 0
    again = program.post(f"{address}/1/queue", json={"template_id": words}, key="q")["data"]
    assert again == queued
    new = program.post(f"{address}/1/queue", json={"template_id": words})["data"]
    assert (new["queued"], new["known"]) == (0, queued["queued"])
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MessageRow)) == queued["queued"]

    (batch,) = program.get(f"/campaigns/{sending.campaign}/batches")["data"]
    program.post(f"/batches/{batch['id']}/stop")
    finish_jobs()
    assert sending.receiver.calls == []
    program.post(f"/batches/{batch['id']}/resume")
    finish_jobs()
    told = program.get(f"/batches/{batch['id']}")["data"]["counts"]
    assert told["sent"] + told["delivered"] == queued["queued"]
    assert program.get(f"/batches/{batch['id']}/problems")["data"] == []
    assert program.post(f"/batches/{batch['id']}/leave-unsure")["data"] == {"messages": 0}


def test_calls_are_listed_and_their_results_recorded(
    program: Program, sending: SendingShop, database: Database
) -> None:
    set_up(program, sending, "email", "webhook")
    program.post(
        f"/campaigns/{sending.campaign}/delivery/1/queue",
        json={"template_id": made(program)},
    )
    with database.unit_of_work() as session:
        session.scalars(select(BatchRow)).one().via = "calls"
    due = program.get("/batches/1/calls/due?limit=2")["data"]
    assert len(due) == 2
    assert all(one["open"] and one["script"] for one in due)
    listed = list(
        csv.DictReader(io.StringIO(program.get("/batches/1/calls/due/file").decode("utf-8-sig")))
    )
    assert [row["customer_id"] for row in listed[:2]] == [one["customer_id"] for one in due]
    program.post(f"/calls/{due[0]['id']}/result", json={"result": "ordered", "note": "two"})
    results = [
        {"customer_id": due[1]["customer_id"], "result": "no_calls"},
        {"customer_id": "nobody", "result": "reached"},
    ]
    recorded = program.post("/batches/1/calls/results", json={"results": results})["data"]
    assert recorded == {"given": 2, "recorded": 1, "passed_over": 1}
    everybody = {one["id"]: one for one in program.get("/batches/1/calls?limit=500")["data"]}
    assert everybody[due[0]["id"]]["result"] == "ordered"
    assert not everybody[due[1]["id"]]["open"]
    silent = program.get("/suppressions")["data"]
    assert [one["customer_id"] for one in silent] == [due[1]["customer_id"]]
    program.post(f"/calls/{due[0]['id']}/result", 422, json={"result": "luck"})


def test_secrets_go_in_and_never_come_out(
    program: Program, settings: Settings, shop_with_owner: None
) -> None:
    secret = "correct horse battery staple"
    body = {"host": "127.0.0.1", "port": 9, "sender": "a@example.org", "password": secret}
    answers = [program.send("PUT", "/mail-server", json=body, key="m") for _ in range(2)]
    assert answers[0].get_json()["data"]["has_password"]
    changed = program.put("/mail-server", json={**body, "password": None, "user": "shop"})
    assert read_secret(settings, 1, "smtp-password") == secret
    program.put("/receiver", json={"public_address": "https://r.example.org"})
    key = read_secret(settings, 1, "webhook-key")
    assert key is not None
    told = json.dumps([answer.get_json() for answer in answers]) + json.dumps(changed)
    for path in ("/mail-server", "/receiver", "/channels", "/shop"):
        told += json.dumps(program.get(path))
    assert secret not in told
    assert key not in told
    checked = program.post("/mail-server/check")["data"]
    assert (checked["works"], bool(checked["problem"])) == (False, True)
    program.delete("/mail-server")
    assert program.get("/mail-server")["data"]["has_password"] is False
    assert read_secret(settings, 1, "smtp-password") is None


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/channels/poster", {"via": "smtp", "price": "1"}, "via"),
        ("PUT", "/channels/sms", {"via": "list", "price": "-1"}, "price"),
        ("PUT", "/mail-server", {"host": "mail.example.org", "sender": "nobody"}, "sender"),
        ("PUT", "/receiver", {"url": "http://example.org/x"}, "url"),
        ("PUT", "/receiver", {"public_address": "javascript:alert(1)"}, "public_address"),
        ("PUT", "/quiet-hours", {"start": "25:00", "end": "09:00"}, "start"),
        ("PUT", "/consents", {"required": ["poster"]}, "required.0"),
        ("POST", "/templates", {**WORDS, "body": "Dear {nme}"}, "body"),
        ("POST", "/templates", {**WORDS, "channel": "pigeon"}, "channel"),
    ],
)
def test_settings_that_cannot_be_are_told_by_field(
    program: Program, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    answer = program.send(method, path, json=body)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.get_json()["error"]["field"] == field


def test_settings_are_read_back_and_templates_kept_changed_and_forgotten(
    program: Program, database: Database
) -> None:
    program.put("/consents", json={"required": ["sms", "email"]})
    assert program.get("/consents")["data"]["required"] == ["email", "sms"]
    program.put("/quiet-hours", json={"start": "22:30", "end": "07:00"})
    assert program.get("/quiet-hours")["data"] == {"start": "22:30", "end": "07:00"}
    program.put("/channels/pigeon", 404, json={"via": "list", "price": "0"})
    words = made(program, channel="sms", body="a" * 161)
    assert program.get(f"/templates/{words}")["data"]["segments"] == 2
    program.put(f"/templates/{words}", json={**WORDS, "body": "{link}"})
    assert [one["body"] for one in program.get("/templates")["data"]] == ["{link}"]
    program.delete(f"/templates/{words}")
    program.get(f"/templates/{words}", 404)
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW)
        theirs = keep_template(session, shop_id=other.id, raw=WORDS, now=NOW).id
    program.get(f"/templates/{theirs}", 404)
    program.delete(f"/templates/{theirs}", 404)
    for path in ("/batches/1", "/batches/1/problems", "/batches/1/calls", "/batches/1/calls/due"):
        program.get(path, 404)


def test_sending_and_settings_have_scopes_of_their_own(
    make_program: Callable[..., Program],
) -> None:
    planner = make_program(Scope.READ_CAMPAIGNS, Scope.WRITE_CAMPAIGNS, Scope.LAUNCH)
    wanted: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "/campaigns/1/delivery/1/queue", {"template_id": 1}, "send"),
        ("POST", "/batches/1/resume", {}, "send"),
        ("GET", "/batches/1/calls/due", {}, "read:contacts"),
        ("PUT", "/quiet-hours", {"start": "00:00", "end": "00:00"}, "write:settings"),
        ("GET", "/mail-server", {}, "read:settings"),
    ]
    for method, path, body, scope in wanted:
        answer = planner.send(method, path, json=body or None)
        assert answer.status_code == 403, path
        assert answer.get_json()["error"]["scope"] == scope
