"""Holding back, suppressions and the limit on contacts, as a program changes them."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job
from regulars_platform.reach.holdout import draw_holdout, list_holdouts
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import suppressed_customers
from tests.web.api.brought import COLUMNS, bring
from tests.web.api.conftest import Program

DAY = dt.timedelta(days=1)


def soon(days: int = 2) -> str:
    """So many days after the shop's today, which may be a day ahead of this machine's."""
    return (dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() + days * DAY).isoformat()


def test_customers_are_put_on_the_list_once_and_taken_off(
    program: Program, database: Database
) -> None:
    body = {"customer_ids": ["c1", " c2 ", "c1"], "reason": "asked by phone"}
    answer = program.post("/suppressions", json=body, key="once")["data"]
    assert answer == {"given": 3, "added": 2, "known": 1}
    assert program.post("/suppressions", json=body, key="once")["data"] == answer
    assert program.post("/suppressions", json=body)["data"]["added"] == 0
    with database.reading() as work:
        assert _suppressed(work) == {"c1", "c2"}
    gone = program.post("/suppressions/remove", json={"customer_ids": ["c1", "nobody"]})["data"]
    assert gone == {"given": 2, "removed": 1}
    with database.reading() as work:
        assert _suppressed(work) == {"c2"}


def test_an_id_with_a_comma_is_one_customer(program: Program, database: Database) -> None:
    body = {"customer_ids": ["Li, Wei"], "reason": "never agreed"}
    assert program.post("/suppressions", json=body)["data"]["added"] == 1
    assert program.get("/suppressions")["data"][0]["customer_id"] == "Li, Wei"
    assert program.post("/suppressions/remove", json={"customer_ids": ["Li, Wei"]})["data"] == {
        "given": 1,
        "removed": 1,
    }


def test_the_list_comes_in_pages_the_latest_first(program: Program) -> None:
    for number in range(5):
        body = {"customer_ids": [f"c{number}"], "reason": "opted out"}
        program.post("/suppressions", json=body)
    seen, cursor = [], ""
    while cursor is not None:
        part = program.get(f"/suppressions?limit=2{cursor and '&cursor=' + cursor}")
        seen += [row["customer_id"] for row in part["data"]]
        cursor = part["page"]["next"]
    assert seen == ["c4", "c3", "c2", "c1", "c0"]


def test_a_holdout_is_drawn_followed_by_another_and_ended(
    program: Program, database: Database
) -> None:
    first = program.post("/holdouts", 201, json={"share": "0.05", "starts_on": soon(0)})["data"]
    second = program.post("/holdouts", 201, json={"share": "0.1", "starts_on": soon(3)})["data"]
    rows = program.get("/holdouts")["data"]
    assert [row["id"] for row in rows] == [second["id"], first["id"]]
    assert (rows[1]["ends_on"], rows[0]["ends_on"]) == (soon(3), None)
    with database.reading() as work:
        kept = list_holdouts(work, 1)
    assert [one.share for one in kept] == [1000, 500]
    assert len({one.salt for one in kept}) == 2
    assert program.post("/holdouts/end")["data"] == {"ended": True}


def test_a_holdout_of_yesterday_or_of_everybody_is_refused(program: Program) -> None:
    yesterday = {"share": "0.05", "starts_on": soon(-1)}
    assert program.post("/holdouts", 422, json=yesterday)["error"]["field"] == "starts_on"
    for share in ("0", "0.51", "1", "-0.1", "0.12345"):
        asked = {"share": share, "starts_on": soon()}
        assert program.post("/holdouts", 422, json=asked)["error"]["field"] == "share", share
    assert program.get("/holdouts")["data"] == []
    assert program.post("/holdouts/end")["data"] == {"ended": False}


def test_the_margin_and_the_limit_are_kept(program: Program) -> None:
    assert program.get("/holdouts/margin")["data"] == {"low": "0.3", "high": "0.5"}
    program.put("/holdouts/margin", json={"low": "0.25", "high": "0.4"})
    assert program.get("/holdouts/margin")["data"] == {"low": "0.25", "high": "0.4"}
    program.put("/holdouts/margin", 422, json={"low": "0.5", "high": "0.4"})
    limit = {"contacts": 2, "days": 14, "apart": 3}
    assert program.put("/contact-limit", json=limit)["data"] == limit
    assert program.get("/contact-limit")["data"] == limit
    program.put("/contact-limit", 422, json={**limit, "contacts": 0})


def test_a_quarter_that_never_was_is_not_there(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    assert program.get("/quarters")["data"] == []
    program.get("/quarters/20265", 404)
    program.post("/quarters/20265/work-out", 404)
    found = program.get("/quarters/20262")["data"]
    assert (found["first"], found["document"]) == ("2026-04-01", None)


def test_a_quarter_is_worked_out_in_the_background(
    with_orders: Program, finish_jobs: Callable[[], list[Job]], database: Database
) -> None:
    program = with_orders
    with database.unit_of_work() as work:
        _draw_in_the_past(work)
    asked = program.post("/quarters/20262/work-out", 202)["data"]
    again = program.post("/quarters/20262/work-out", 202)["data"]
    assert asked["id"] == again["id"]
    finish_jobs()
    found = program.get("/quarters/20262")["data"]
    assert found["document"]["quarter"] == 20262
    # the orders end with June 20, and so does what can be measured
    assert found["document"]["last"] == "2026-06-20"
    assert [one["code"] for one in program.get("/quarters")["data"]] == [20262]


def test_contacts_are_counted_of_all_customers(
    program: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    assert program.get("/contacts", 422)["error"]["code"] == "no_orders"
    number = bring(program)
    finish_jobs()
    program.put(f"/imports/{number}/mapping", 202, json={"columns": COLUMNS})
    finish_jobs()
    program.post(f"/imports/{number}/store", 202, json={})
    finish_jobs()
    found = program.get("/contacts")["data"]
    # nobody was ever told anything: all three customers have no contact
    assert [(one["days"], one["counts"][0], one["contacts"]) for one in found["counted"]] == [
        (30, 3, 0),
        (90, 3, 0),
    ]
    assert (found["running"], found["pairs"]) == ([], [])


def test_reach_needs_its_scopes(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_REACH)
    reader.get("/suppressions", 403)
    reader.post("/holdouts", 403, json={"share": "0.05", "starts_on": soon()})
    make_program(Scope.WRITE_REACH).get("/holdouts", 403)


def _suppressed(work: Session) -> frozenset[str]:
    return suppressed_customers(work, 1)


def _draw_in_the_past(work: Session) -> None:
    draw_holdout(
        work,
        shop_id=1,
        share=5000,
        starts_on=dt.date(2026, 4, 1),
        salt="s",
        user_id=None,
        now=dt.datetime(2026, 3, 31, tzinfo=dt.UTC),
    )
