"""Who is due again, as a program asks for it and corrects it."""

import datetime as dt
from collections.abc import Callable
from typing import get_args

import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.cycle.service import gather_inputs, work_out
from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CHANNELS
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import suppress
from regulars_web.api.due import Persons
from tests.platform.lifetime.build import write_lines
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser
from tests.web.cycle.test_due_pages import TODAY, bought

Finish = Callable[[], list[Job]]
BEN = {"customer_id": "ben", "product": "coffee"}


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


@pytest.fixture
def shop(program: Program, settings: Settings, finish_jobs: Finish) -> Program:
    """ann is due in 3 days, ben was 2 days ago, cat is in 20 days."""
    write_lines(
        settings.shop_dir(1),
        bought("ann", "tea", 72, 52, 22)
        + bought("ben", "coffee", 32, 22, 12)
        + bought("cat", "coffee", 60, 40, 20, 0),
    )
    first = program.post("/due", 202, key="due")["data"]
    assert program.post("/due", 202, key="due")["data"]["id"] == first["id"]
    assert [job.id for job in finish_jobs()] == [first["id"]]
    return program


def test_channels_are_those_that_reach_persons() -> None:
    assert set(get_args(Persons)) == {
        name for name, one in CHANNELS.items() if one.reaches == "persons"
    }


def test_before_it_is_worked_out_nobody_is_due(program: Program) -> None:
    assert program.get("/due", 404)["error"]["code"] == "not_worked_out"
    assert program.post("/due", 422)["error"]["code"] == "no_orders"
    program.post("/due/campaign", 404, json={})
    program.get("/due/one?customer_id=x&product=y", 404)


def test_the_list_is_that_of_the_page(shop: Program, owner: Browser, database: Database) -> None:
    rows = shop.get("/due")["data"]
    assert [(one["customer_id"], one["due_on"]) for one in rows] == [
        ("ben", day(-2)),
        ("ann", day(3)),
    ]
    assert rows[1]["rests_on"] == "own"
    first = shop.get("/due?limit=1&ahead=30")
    rest = shop.get(f"/due?ahead=30&cursor={first['page']['next']}")["data"]
    assert [one["customer_id"] for one in first["data"] + rest] == ["ben", "ann", "cat"]
    page = owner.get("/customers/due/due.csv?ahead=30").get_data()
    assert shop.get("/due/csv?ahead=30") == page
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["ann"], reason="asked", now=NOW)
    assert [one["customer_id"] for one in shop.get("/due")["data"]] == ["ben"]
    summary = shop.get("/due/summary")["data"]
    assert (summary["coming"], summary["overdue"], summary["barred"]) == (0, 1, 1)
    assert summary["document"]["pairs"] == 3
    shop.get("/due?channel=groups", 422)
    shop.get("/due?ahead=93", 422)
    products = shop.get("/due/products")["data"]
    assert [(one["product"], one["buyers"]) for one in products] == [("coffee", 2), ("tea", 1)]
    assert shop.get("/due/channels")["data"] == []


def test_a_correction_holds_and_is_withdrawn(shop: Program) -> None:
    body = {**BEN, "due_on": day(5), "reason": "on holiday"}
    for _ in range(2):
        found = shop.post("/due/corrections", json=body, key="c")["data"]
        assert (found["due_on"], found["computed_on"]) == (day(5), day(-2))
        assert [one["reason"] for one in found["said"]] == ["on holiday"]
    assert found["corrected_by"] == "Mei"
    never = shop.post("/due/corrections", json={**body, "due_on": None})["data"]
    assert never["due_on"] is None
    assert [one["customer_id"] for one in shop.get("/due")["data"]] == ["ann"]
    back = shop.post("/due/corrections/withdraw", json=BEN)["data"]
    assert (back["due_on"], back["is_corrected"], len(back["said"])) == (day(-2), False, 3)
    for change, field in (({"due_on": day(-20)}, "due_on"), ({"reason": " "}, "reason")):
        error = shop.post("/due/corrections", 422, json={**body, **change})["error"]
        assert error["field"] == field
    shop.post("/due/corrections", 404, json={**body, "product": "gold"})


def test_a_campaign_and_a_programme_are_drafted_once(shop: Program) -> None:
    for path, list_ in (("/due/campaign", "/campaigns"), ("/due/programme", None)):
        made = shop.post(path, 201, json={"ahead": 10}, key=path)["data"]
        assert shop.post(path, 201, json={"ahead": 10})["data"] == made
        if list_:
            plan = shop.get(f"{list_}/{made['id']}")["data"]
            assert plan["state"] == "draft"


def test_another_shops_dates_are_not_there(
    program: Program, settings: Settings, database: Database
) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        write_lines(settings.shop_dir(other), bought("ann", "tea", 72, 52, 22))
        work_out(gather_inputs(session, settings, other), now=NOW)
    program.get("/due", 404)
    program.get("/due/one?customer_id=ann&product=tea", 404)


def test_the_list_is_for_who_may_contact(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_CUSTOMERS)
    assert reader.get("/due", 403)["error"]["scope"] == "read:contacts"
    reader.get("/due/csv", 403)
    body = {**BEN, "due_on": None, "reason": "x"}
    assert reader.post("/due/corrections", 403, json=body)["error"]["scope"] == "write:customers"
    make_program(Scope.WRITE_CAMPAIGNS).post("/due/programme", 403, json={})
