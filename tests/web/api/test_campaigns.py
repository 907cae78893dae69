"""A campaign from a plan to its lists, as a program makes it; the same as on the page."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.web.api.conftest import Program
from tests.web.campaigns.conftest import write_orders
from tests.web.conftest import Browser


def plan(**other: Any) -> dict[str, Any]:
    """20% held back of those who usually spend 60 to 120."""
    raw = draft(
        as_of="2026-11-01",
        send_date="2026-11-02",
        outcome_end="2026-11-29",
        settle_until="2026-12-13",
        **other,
    )
    return {key: value for key, value in raw.items() if key not in ("currency", "timezone")}


@pytest.fixture
def planner(program: Program, settings: Settings) -> Program:
    write_orders(settings.shop_dir(1))
    return program


def launch(program: Program, raw: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    made = program.post("/campaigns", 201, json={"plan": raw})["data"]
    assert made["problems"] == []
    sent: dict[str, Any] = program.post(
        f"/campaigns/{made['id']}/launch", json={"revision": made["revision"]}, key=key
    )["data"]
    return sent


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_draft_says_what_is_missing_and_is_changed(planner: Program) -> None:
    made = planner.post("/campaigns", 201, json={"plan": {"name": "Autumn"}})["data"]
    assert {"audience", "send_date", "arms"} <= {one["field"] for one in made["problems"]}
    changed = planner.put(f"/campaigns/{made['id']}/plan", json={"plan": plan(), "revision": 1})
    assert (changed["data"]["revision"], changed["data"]["problems"]) == (2, [])
    late = planner.put(f"/campaigns/{made['id']}/plan", 409, json={"plan": plan(), "revision": 1})
    assert late["error"]["code"] == "draft_changed"
    planner.delete(f"/campaigns/{made['id']}")
    planner.get(f"/campaigns/{made['id']}", 404)


def test_a_preview_foresees_what_the_launch_draws(planner: Program) -> None:
    seen = planner.post("/campaigns/preview", json={"plan": plan()})["data"]
    launched = launch(planner, plan())["launched"]
    assert seen["head_count"]["drawn"] == launched["drawn"]
    assert seen["head_count"]["audience"] == launched["audience"]
    held = [seen["holdout"]["customers"], *(arm["customers"] for arm in seen["arms"])]
    assert held == [arm["customers"] for arm in launched["arms"]]


def test_the_lists_hold_everybody_drawn_once(planner: Program) -> None:
    found = launch(planner, plan())
    assigned = rows(planner.get(f"/campaigns/{found['id']}/assignment"))
    told = rows(planner.get(f"/campaigns/{found['id']}/contacts/1"))
    counted = planner.get(f"/campaigns/{found['id']}/contacts")["data"]
    arm = found["arms"][0]
    assert len(assigned) == found["launched"]["drawn"]
    assert {row["customer_id"] for row in told} == {
        row["customer_id"] for row in assigned if row["arm"] == arm
    }
    assert counted == [
        {"place": 1, "arm": arm, "customers": len(told), "left_off": {}},
    ]
    planner.get(f"/campaigns/{found['id']}/contacts/2", 404)


def test_the_frozen_plan_comes_to_the_byte_as_the_page_has_it(
    planner: Program, owner: Browser
) -> None:
    found = launch(planner, plan())
    answer = planner.send("GET", f"/campaigns/{found['id']}/frozen")
    assert hashlib.sha256(answer.get_data()).hexdigest() == found["launched"]["plan_sha256"]
    assert owner.get(f"/campaigns/{found['id']}/plan.json").get_data() == answer.get_data()
    assert json.loads(answer.get_data())["launched_by"] == 1


def test_a_launch_sent_twice_under_its_key_draws_once(planner: Program, database: Database) -> None:
    made = planner.post("/campaigns", 201, json={"plan": plan()})["data"]
    path, body = f"/campaigns/{made['id']}/launch", {"revision": made["revision"]}
    first = planner.send("POST", path, key="launch", json=body)
    again = planner.send("POST", path, key="launch", json=body)
    assert first.status_code == 200
    assert again.get_data() == first.get_data()
    assert planner.post(path, 409, json=body)["error"]["code"] == "already_launched"
    with database.unit_of_work() as session:
        launched = select(func.count()).select_from(Campaign).where(Campaign.state == LAUNCHED)
        assert session.scalar(launched) == 1


def test_what_contacts_people_has_a_scope_of_its_own(
    planner: Program, make_program: Callable[..., Program]
) -> None:
    found = launch(planner, plan())
    analyst = make_program(Scope.READ_CAMPAIGNS, Scope.WRITE_CAMPAIGNS)
    analyst.get(f"/campaigns/{found['id']}")
    assert analyst.get(f"/campaigns/{found['id']}/contacts/1", 403)["error"]["scope"] == (
        "read:contacts"
    )
    draft_id = analyst.post(f"/campaigns/{found['id']}/again", 201)["data"]["id"]
    refused = analyst.post(f"/campaigns/{draft_id}/launch", 403, json={"revision": 1})
    assert refused["error"]["scope"] == "launch"


def test_a_draft_has_no_lists(planner: Program) -> None:
    made = planner.post("/campaigns", 201, json={"plan": plan()})["data"]
    for path in ("contacts", "contacts/1", "assignment", "frozen"):
        error = planner.get(f"/campaigns/{made['id']}/{path}", 409)["error"]
        assert error["code"] == "not_launched"


def test_a_plan_of_another_shop_is_refused(planner: Program) -> None:
    raw = {**plan(), "currency": "CNY"}
    error = planner.post("/campaigns", 422, json={"plan": raw})["error"]
    assert error["field"] == "plan.currency"


def test_without_programmes_none_is_beside_a_plan(planner: Program) -> None:
    found = planner.post("/campaigns/beside", json={"plan": plan()})["data"]
    assert found == {"customers": 0, "programmes": [], "unforeseen": []}
