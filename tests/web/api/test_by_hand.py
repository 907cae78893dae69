"""What programs tell without a file: tags, cells of products, messages that did not arrive."""

from collections.abc import Callable

import pytest

from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from tests.web.api.conftest import Program
from tests.web.api.test_campaigns import launch, plan, rows
from tests.web.campaigns.conftest import write_orders


@pytest.fixture
def shop(program: Program, settings: Settings) -> Program:
    write_orders(settings.shop_dir(1))
    return program


def tags(program: Program, customer: str) -> object:
    row = program.get(f"/customers/{customer}?as_of=2026-11-01")["data"]
    return row["features"]["tags"]


def test_a_tag_is_given_to_customers_and_taken_back(
    shop: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    body = {"tag": "gift buyer", "customers": ["c001", "c002"]}
    made = shop.post("/customer-tags", 202, json=body, key="t1")["data"]
    shop.post("/customer-tags", 202, json=body, key="t1")
    finish_jobs()
    assert (tags(shop, "c001"), tags(shop, "c003")) == (["gift buyer"], None)
    stored = [file["id"] for file in shop.get("/files")["data"]]
    assert stored == [made["id"]]
    shop.post(f"/files/{made['id']}/undo", 202)
    finish_jobs()
    assert tags(shop, "c001") in (None, [])
    shop.post("/files/77/undo", 404)


def test_a_tag_that_files_could_not_hold_is_refused(shop: Program) -> None:
    body = {"tag": "gift, buyer", "customers": ["c001"]}
    assert shop.post("/customer-tags", 422, json=body)["error"]["field"] == "tag"


def test_products_are_told_cell_by_cell(
    shop: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    told = {"product": "tea", "cost": "21.5", "category": "Tea", "unit_days": 30.0}
    shop.patch("/products", 202, json={"products": [told]})
    finish_jobs()
    row = next(one for one in shop.get("/products")["data"] if one["product"] == "tea")
    assert (row["cost"], row["category"], row["price"]) == ("21.5", "Tea", None)
    # what is left out stays, null clears it
    shop.patch("/products", 202, json={"products": [{"product": "tea", "category": None}]})
    finish_jobs()
    row = next(one for one in shop.get("/products")["data"] if one["product"] == "tea")
    assert (row["cost"], row["category"]) == ("21.5", None)


def test_products_come_in_pages(shop: Program, finish_jobs: Callable[[], list[Job]]) -> None:
    told = [{"product": f"p{number}", "cost": "1"} for number in range(5)]
    shop.patch("/products", 202, json={"products": told})
    finish_jobs()
    first = shop.get("/products?limit=3")
    rest = shop.get(f"/products?limit=3&cursor={first['page']['next']}")
    names = [row["product"] for page in (first, rest) for row in page["data"]]
    assert len(set(names)) == len(names) >= 5


def test_messages_that_did_not_arrive_are_counted_once(shop: Program) -> None:
    found = launch(shop, plan())
    told = rows(shop.get(f"/campaigns/{found['id']}/contacts/1"))[0]["customer_id"]
    failed = [
        {"customer_id": told, "reason": "no such address, it says; really"},
        {"customer_id": "who?"},
    ]
    path = f"/campaigns/{found['id']}/failed-sends"
    assert shop.post(path, json={"failed": failed})["data"] == {
        "given": 2, "recorded": 1, "known": 0, "strangers": 1, "held_out": 0
    }  # fmt: skip
    assert shop.post(path, json={"failed": failed})["data"]["known"] == 1
