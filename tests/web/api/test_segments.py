"""Segments as a program keeps and counts them."""

import csv
import io
import re
from collections.abc import Callable

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job
from tests.web.api.conftest import Program
from tests.web.conftest import Browser

# orders 1 to 20 of a day each, customer = number mod 3: C0 has 6, C1 and C2 have 7
SEVEN = {"feature": "orders", "op": ">=", "value": 7}


def test_a_rule_is_counted_without_being_kept(with_orders: Program) -> None:
    found = with_orders.post("/segments/count", json={"rule": SEVEN})["data"]
    assert (found["customers"], found["of"], found["orders"]) == (2, 3, 14)
    spent = [number + 0.5 for number in range(1, 21) if number % 3]
    assert found["spend"] == sum(spent)
    mean_of = {rest: [one for one in spent if one % 3 // 1 == rest] for rest in (1, 2)}
    assert found["average_order_value"] == sum(sum(x) / len(x) for x in mean_of.values()) / 2
    assert with_orders.get("/segments")["data"] == []


def test_a_segment_is_kept_changed_counted_and_forgotten(with_orders: Program) -> None:
    body = {"name": "Often", "rule": SEVEN}
    made = with_orders.post("/segments", 201, json=body, key="often")["data"]
    assert with_orders.post("/segments", 201, json=body, key="often")["data"] == made
    assert with_orders.post("/segments", 422, json=body)["error"]["field"] == "name"
    path = f"/segments/{made['id']}"
    assert with_orders.get(f"{path}/count")["data"]["customers"] == 2
    few = {"name": "Few", "rule": {"not": SEVEN}}
    assert with_orders.put(path, json=few)["data"]["name"] == "Few"
    assert with_orders.get(f"{path}/count")["data"]["customers"] == 1
    rows = list(
        csv.DictReader(io.StringIO(with_orders.get(f"{path}/customers").decode("utf-8-sig")))
    )
    assert [row["customer_id"] for row in rows] == ["C0"]
    with_orders.delete(path)
    with_orders.get(path, 404)


def test_the_page_and_the_interface_count_alike(with_orders: Program, owner: Browser) -> None:
    made = with_orders.post("/segments", 201, json={"name": "Often", "rule": SEVEN})["data"]
    counted = with_orders.get(f"/segments/{made['id']}/count")["data"]
    page = owner.get("/segments/").get_data(as_text=True)
    row = next(part for part in page.split("<tr") if ">Often<" in part)
    words = re.sub(r"<[^>]*>", " ", row)
    assert made["said"] in words.lower()
    assert f"{counted['customers']}" in re.findall(r"\d+", words.lower().replace(made["said"], ""))


def test_a_portrait_says_nothing_of_a_few(with_orders: Program) -> None:
    with_orders.post("/segments", 201, json={"name": "Often", "rule": SEVEN})
    found = with_orders.post("/segments/portrait", json={"rule": {"not": SEVEN}})["data"]
    assert [(one["customers"], one["both"]) for one in found["overlaps"]] == [(2, 0)]
    # one customer is too few to be described
    assert found["aspects"]
    assert all(one["hidden"] and one["shares"] == [] for one in found["aspects"])


def test_sizes_are_counted_in_the_background(
    with_orders: Program, finish_jobs: Callable[[], list[Job]]
) -> None:
    made = with_orders.post("/segments", 201, json={"name": "Often", "rule": SEVEN})["data"]
    first = with_orders.post("/segments/sizes", 202)["data"]
    assert with_orders.post("/segments/sizes", 202)["data"]["id"] == first["id"]
    finish_jobs()
    sizes = with_orders.get(f"/segments/{made['id']}/sizes")["data"]
    assert all(one["customers"] <= one["of"] <= 3 for one in sizes)


def test_a_rule_that_is_none_is_told_by_its_place(program: Program) -> None:
    bad = {"all": [SEVEN, {"feature": "luck", "op": ">", "value": 1}]}
    error = program.post("/segments", 422, json={"name": "x", "rule": bad})["error"]
    assert error["field"].startswith("rule"), error
    assert program.post("/segments/count", 422, json={"rule": {}})["error"]


def test_ready_made_groups_have_rules_that_can_be_counted(with_orders: Program) -> None:
    found = with_orders.get("/segments/ready-made?limit=500")["data"]
    rules = [one["rule"] for one in found if one["rule"]]
    assert len(rules) > 5
    for rule in rules[:5]:
        assert with_orders.post("/segments/count", json={"rule": rule})["data"]["of"] == 3


def test_without_orders_there_is_nobody_to_count(program: Program) -> None:
    assert program.post("/segments/count", 422, json={"rule": SEVEN})["error"]["code"] == (
        "no_customers"
    )


def test_segments_need_their_scopes(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_SEGMENTS)
    reader.post("/segments", 403, json={"name": "x", "rule": SEVEN})
    reader.get("/segments/1/customers", 403)
    make_program(Scope.READ_FIGURES).get("/segments", 403)
