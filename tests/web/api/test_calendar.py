"""The calendar as a program keeps it."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import create_draft
from regulars_platform.storage.database import Database
from tests.platform.campaigns.build import draft
from tests.web.api.conftest import Program
from tests.web.conftest import NOW

LEAP = {"name": "Leap day", "kind": "other", "repeats": "yearly", "first_day": "2024-02-29"}


def test_an_event_is_made_changed_and_forgotten(program: Program) -> None:
    made = program.post("/events", 201, json=LEAP, key="leap")["data"]
    assert program.post("/events", 201, json=LEAP, key="leap")["data"]["id"] == made["id"]
    assert [one["id"] for one in program.get("/events")["data"]] == [made["id"]]
    changed = program.put(f"/events/{made['id']}", json={**LEAP, "name": "The 29th", "days": 3})
    assert (changed["data"]["name"], changed["data"]["days"]) == ("The 29th", 3)
    assert program.get(f"/events/{made['id']}")["data"] == changed["data"]
    program.delete(f"/events/{made['id']}")
    program.get(f"/events/{made['id']}", 404)


def test_a_leap_day_falls_on_the_28th_in_common_years(program: Program) -> None:
    program.post("/events", 201, json=LEAP)
    program.post("/events", 201, json={**LEAP, "name": "Once", "repeats": "once"})
    found = program.get("/events/ahead?first=2027-01-01&days=731")["data"]
    assert [(one["name"], one["first"]) for one in found] == [
        ("Leap day", "2027-02-28"),
        ("Leap day", "2028-02-29"),
    ]


def test_what_no_event_can_be_is_told_by_field(program: Program) -> None:
    for field, value in (("kind", "luck"), ("first_day", "1823-01-01"), ("name", " ")):
        error = program.post("/events", 422, json={**LEAP, field: value})["error"]
        assert error["field"] == field, error
    assert program.get("/events")["data"] == []


def test_a_campaign_is_copied_for_the_next_time_once(program: Program, database: Database) -> None:
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    ahead = today + dt.timedelta(days=40)
    event = program.post(
        "/events", 201, json={**LEAP, "repeats": "once", "first_day": ahead.isoformat()}
    )["data"]
    with database.unit_of_work() as work:
        earlier = create_draft(work, shop_id=1, raw=draft(), now=NOW).id
    copies = [
        program.post(f"/events/{event['id']}/copy", json={"campaign_id": earlier})["data"]
        for _ in range(2)
    ]
    assert copies[0] == copies[1] != {"campaign_id": earlier}
    shown = program.get(f"/events/{event['id']}")["data"]
    assert (shown["drafts"], shown["next_day"]) == ([copies[0]["campaign_id"]], ahead.isoformat())
    program.put(f"/events/{event['id']}/template", json={"campaign_id": earlier})
    assert program.get(f"/events/{event['id']}")["data"]["template_id"] == earlier
    program.post(f"/events/{event['id']}/copy", 404, json={"campaign_id": 999})


def test_a_discount_is_drafted_for_the_next_time_and_is_the_template(program: Program) -> None:
    ahead = (dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() + dt.timedelta(days=30)).isoformat()
    event = program.post(
        "/events", 201, json={**LEAP, "repeats": "once", "first_day": ahead, "days": 3}
    )["data"]
    path = f"/events/{event['id']}/discount"
    made = program.post(path, 201, json={"threshold": "199.5", "amount": "20"})["data"]
    plan = program.get(f"/campaigns/{made['campaign_id']}")["data"]["plan"]
    offer = plan["arms"][0]["offer"]
    assert (offer["kind"], offer["threshold"], offer["amount"]) == ("amount_off", "199.5", "20")
    assert plan["send_date"] == ahead
    assert program.get(f"/events/{event['id']}")["data"]["template_id"] == made["campaign_id"]
    error = program.post(path, 422, json={"threshold": "20", "amount": "20"})["error"]
    assert error["field"] == "amount"


def test_the_calendar_needs_its_scopes(make_program: Callable[..., Program]) -> None:
    make_program(Scope.READ_REACH).get("/events", 403)
    make_program(Scope.READ_CAMPAIGNS).post("/events", 403, json=LEAP)
