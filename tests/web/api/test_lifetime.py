"""Lifetime value as a program asks for it: worked out once, the page's figures, in pages."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable

import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job
from regulars_platform.lifetime.service import work_out
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.platform.lifetime.build import returning, write_lines
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser

Finish = Callable[[], list[Job]]
CUSTOMERS = 60


@pytest.fixture
def shop(program: Program, settings: Settings) -> Program:
    write_lines(settings.shop_dir(1), returning(CUSTOMERS, seed=3))
    return program


def test_without_orders_there_is_nothing_to_work_out(program: Program) -> None:
    assert program.get("/lifetime", 404)["error"]["code"] == "no_lifetime"
    assert program.post("/lifetime", 422)["error"]["code"] == "no_orders"
    for path in ("/lifetime/document", "/lifetime/customers", "/lifetime/customers/csv"):
        program.get(path, 404)


def test_it_is_worked_out_once_and_read_as_the_page_downloads_it(
    shop: Program, owner: Browser, finish_jobs: Finish, settings: Settings
) -> None:
    first = shop.post("/lifetime", 202, key="one")["data"]
    assert shop.post("/lifetime", 202, key="one")["data"]["id"] == first["id"]
    # another press, while the first waits, is the same work
    assert shop.post("/lifetime", 202)["data"]["id"] == first["id"]
    assert [job.id for job in finish_jobs()] == [first["id"]]
    page = owner.get("/customers/lifetime/lifetime.json").get_data()
    assert json.dumps(shop.get("/lifetime/document")) == json.dumps(json.loads(page))
    answer = shop.send("GET", "/lifetime/document")
    assert answer.get_data() == page
    found = shop.get("/lifetime")["data"]
    assert (found["changed"], found["document"]) == ([], json.loads(page))
    file = shop.get("/lifetime/customers/csv")
    assert file == owner.get("/customers/lifetime/customers.csv").get_data()
    _pages_are_the_file(shop, list(csv.DictReader(io.StringIO(file.decode("utf-8-sig")))))
    body = {"name": "Many", "rule": {"feature": "orders", "op": ">=", "value": 3}}
    shop.post("/segments", 201, json=body)
    assert shop.get("/lifetime")["data"]["changed"] == ["segments"]


def _pages_are_the_file(shop: Program, rows: list[dict[str, str]]) -> None:
    first = shop.get("/lifetime/customers?limit=25")
    rest = shop.get(f"/lifetime/customers?limit=500&cursor={first['page']['next']}")
    assert (len(first["data"]), rest["page"]["next"]) == (25, None)
    told = first["data"] + rest["data"]
    assert [one["customer_id"] for one in told] == [row["customer_id"] for row in rows]
    assert len(rows) == CUSTOMERS
    one, row = told[0], rows[0]
    assert (one["orders"], one["spent"]) == (int(row["orders"]), row["spent"])
    year = one["foretold"][1]
    assert (year["days"], year["orders_high"]) == (365, int(row["orders_365_to"]))
    assert year["value"] == pytest.approx(float(row["expected_value_365"]), abs=0.005)


def test_a_cursor_of_another_answer_is_refused(shop: Program, finish_jobs: Finish) -> None:
    shop.post("/lifetime", 202)
    finish_jobs()
    cursor = shop.get("/lifetime/customers?limit=1")["page"]["next"]
    assert shop.get(f"/lifetime/customers?cursor={cursor}x", 422)["error"]["field"] == "cursor"
    shop.get("/lifetime/customers?limit=0", 422)


def test_the_answer_of_another_shop_is_not_there(
    shop: Program, settings: Settings, database: Database
) -> None:
    write_lines(settings.shop_dir(2), returning(CUSTOMERS, seed=4))
    with database.unit_of_work() as session:
        open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW)
        work_out(session, settings, shop_id=2, now=dt.datetime.now(dt.UTC))
    shop.get("/lifetime", 404)
    shop.get("/lifetime/customers", 404)


def test_single_customers_need_a_scope_of_their_own(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_FIGURES)
    for path in ("/lifetime/customers", "/lifetime/customers/csv"):
        assert reader.get(path, 403)["error"]["scope"] == "read:customers"
    reader.post("/lifetime", 403)
    make_program(Scope.READ_CUSTOMERS).get("/lifetime", 403)
