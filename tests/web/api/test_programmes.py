"""Programmes from a plan to what they brought, as a program runs them; the same as on the pages."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.programmes.service import create_programme
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeVersionRow
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_web.api.programmes import EXAMPLE
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
PLAN: dict[str, Any] = EXAMPLE["plan"]
Finish = Callable[[], list[Job]]


@pytest.fixture
def orders(settings: Settings, shop_with_owner: None) -> None:
    """Forty customers whose first order was ten days ago."""
    day = (TODAY - dt.timedelta(days=10)).isoformat()
    keep_orders(settings, *(line(f"o{n}", f"c{n:02d}", day, 50) for n in range(40)))


def made(program: Program, **changes: Any) -> dict[str, Any]:
    """A kept draft."""
    kept: dict[str, Any] = program.post("/programmes", 201, json={"plan": {**PLAN, **changes}})
    found: dict[str, Any] = kept["data"]
    return found


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_from_the_usual_plan_to_the_result(
    program: Program, owner: Browser, orders: None, database: Database, finish_jobs: Finish
) -> None:
    usual = program.get("/programmes/kinds/honeymoon")["data"]
    assert usual["missing"] is None
    kept = program.post("/programmes", 201, json={"plan": usual["plan"]})["data"]
    assert (kept["state"], kept["problems"], kept["runs_as"]) == ("draft", [], None)
    address = f"/programmes/{kept['id']}"
    begun = program.post(f"{address}/start", json={"revision": 1})["data"]
    tomorrow = TODAY + dt.timedelta(days=1)
    assert (begun["state"], begun["begins_on"]) == ("running", tomorrow.isoformat())
    assert begun["runs_as"]["number"] == 1
    assert "salt" not in begun["runs_as"]

    foreseen = program.get(f"{address}/dry-run")["data"]
    assert foreseen["would_enter"] == foreseen["told"] + foreseen["held_back"] == 40
    named = program.get(f"{address}/dry-run/people")
    assert named == owner.get(f"{address}/dry-run.csv").get_data()
    assert len(rows(named)) == 40

    job = program.post(f"{address}/begin", 202)["data"]
    assert job["kind"] == "run_programmes"
    assert program.post("/programmes/run", 202)["data"]["id"] == job["id"]
    busy = program.post(f"{address}/begin", 409)["error"]
    assert busy["code"] == "run_under_way"
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    (day,) = program.get(f"{address}/days")["data"]
    assert day["counts"]["told"] == foreseen["told"]
    with database.reading() as session:
        found = session.scalars(select(ProgrammeEntryRow)).all()
        told = {row.customer_id for row in found if not row.held_back}
        contact_on = found[0].contact_on.isoformat()
    assert program.get(f"{address}/contacts")["data"] == [{"day": contact_on, "told": len(told)}]
    listed = program.get(f"{address}/contacts/{contact_on}")
    assert {row["customer_id"] for row in rows(listed)} == told
    assert listed == owner.get(f"{address}/contacts/{contact_on}.csv").get_data()

    before = program.get(f"{address}/result")["data"]
    assert (before["document"], before["is_current"]) == (None, False)
    program.post(f"{address}/result", 202, json={})
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    result = program.get(f"{address}/result?version=1")["data"]
    assert result["is_current"]
    assert result["document"]["waiting"] + result["document"]["after"] == 40
    assert "code" in result["document"]["net"]
    program.get(f"{address}/result?version=2", 404)


def test_what_keeps_a_draft_from_starting_is_told_and_keeps_it(
    program: Program, orders: None
) -> None:
    kept = made(program, holdout_percent="0", send_time="noon")
    assert {one["field"] for one in kept["problems"]} == {"holdout_percent", "send_time"}
    address = f"/programmes/{kept['id']}"
    program.post(f"{address}/start", 422, json={"revision": 1})
    changed = program.put(f"{address}/plan", json={"plan": PLAN, "revision": 1})["data"]
    assert (changed["revision"], changed["problems"]) == (2, [])
    late = program.put(f"{address}/plan", 409, json={"plan": PLAN, "revision": 1})["error"]
    assert late["code"] == "programme_state"
    program.post(f"{address}/start", 409, json={"revision": 1})
    birthday = made(program, kind="birthday", before_days=7)
    assert [one["code"] for one in birthday["problems"]][-1] == "programme_unavailable"
    program.post(f"/programmes/{birthday['id']}/start", 422, json={"revision": 1})
    program.delete(f"/programmes/{birthday['id']}")
    program.get(f"/programmes/{birthday['id']}", 404)


def test_a_start_under_its_key_freezes_one_version(
    program: Program, orders: None, database: Database
) -> None:
    address = f"/programmes/{made(program)['id']}"
    first = program.send("POST", f"{address}/start", key="go", json={"revision": 1})
    again = program.send("POST", f"{address}/start", key="go", json={"revision": 1})
    assert first.status_code == 200
    assert again.get_data() == first.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"
    program.post(f"{address}/pause", key="pause")
    program.post(f"{address}/pause", 409)
    program.delete(address, 409)
    ended = program.post(f"{address}/end")["data"]
    assert ended["state"] == "ended"
    program.post(f"{address}/start", 409, json={"revision": 1})
    with database.reading() as session:
        assert len(session.scalars(select(ProgrammeVersionRow)).all()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "luck"),
        ("name", " "),
        ("offer", "free"),
        ("audience", ["all"]),
        ("segment", "mine"),
        ("dates", "2030-01-01"),
        ("dates", [7]),
        ("currency", "CNY"),
    ],
)
def test_what_no_form_could_show_is_not_kept(program: Program, field: str, value: Any) -> None:
    error = program.post("/programmes", 422, json={"plan": {**PLAN, field: value}})["error"]
    assert error["field"].removeprefix("plan.").rstrip(".") == field
    assert program.get("/programmes")["data"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"offer": {"kind": "coupon", "threshold": {"a": 1}, "products": ["x"]}},
        {"offer": {}, "audience": {"feature": 7, "op": [], "value": None}},
        {"wait_hours": -1.5, "send_time": 7, "template_id": "x", "confidence_percent": [1]},
        {"kind": "segment", "segment": {"rule": "all", "name": ["n"]}},
        {"kind": "holiday", "dates": ["never"], "before_days": {"a": "b"}, "nonsense": True},
        {"channel": 8, "margin_source": {}, "currency": "GBP"},
    ],
)
def test_a_strange_draft_is_kept_with_its_problems_and_its_form_opens(
    program: Program, owner: Browser, orders: None, changes: dict[str, Any]
) -> None:
    kept = made(program, **changes)
    assert kept["problems"]
    address = f"/programmes/{kept['id']}"
    for path in (address, f"{address}/edit", f"{address}/edit?check=1"):
        assert owner.get(path).status_code == 200, path
    program.get(f"{address}/dry-run", 422)
    program.post("/programmes/beside", 422, json={"plan": {**PLAN, **changes}})
    program.post(f"{address}/start", 422, json={"revision": 1})


def test_what_is_beside_a_plan_is_foreseen(program: Program, orders: None) -> None:
    found = program.post("/programmes/beside", json={"plan": PLAN})["data"]
    assert found["foreseen"]
    assert found["programmes"] == {"customers": 0, "programmes": [], "unforeseen": []}


def test_starting_people_and_results_have_scopes_of_their_own(
    make_program: Callable[..., Program], orders: None
) -> None:
    planner = make_program(Scope.READ_PROGRAMMES, Scope.WRITE_PROGRAMMES)
    address = f"/programmes/{made(planner)['id']}"
    needed = {
        ("POST", f"{address}/start"): "launch",
        ("POST", f"{address}/begin"): "launch",
        ("POST", "/programmes/run"): "send",
        ("GET", f"{address}/dry-run/people"): "read:contacts",
        ("GET", f"{address}/contacts/2030-01-01"): "read:contacts",
        ("GET", f"{address}/result"): "read:reports",
    }
    for (method, path), scope in needed.items():
        answer = planner.send(method, path, json={"revision": 1} if method == "POST" else None)
        assert answer.status_code == 403, path
        assert answer.get_json()["error"]["scope"] == scope


def test_another_shops_programme_is_not_there(
    program: Program, orders: None, database: Database
) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW)
        theirs = create_programme(session, shop_id=other.id, draft=PLAN, now=NOW).id
    address = f"/programmes/{theirs}"
    for path in ("", "/versions", "/dry-run", "/days", "/contacts", "/contacts/2030-01-01"):
        program.get(f"{address}{path}", 404)
    for what in ("begin", "pause", "end"):
        program.post(f"{address}/{what}", 404)
    program.post(f"{address}/start", 404, json={"revision": 1})
    program.put(f"{address}/plan", 404, json={"plan": PLAN})
    program.post("/programmes/beside", 422, json={"plan": PLAN, "programme_id": theirs})
    program.delete(address, 404)
