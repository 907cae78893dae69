"""Tiers as a program writes them down and reads what they are and cost."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.tiers.service import Changer, change_rules
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser
from tests.web.customers.build import words
from tests.web.tiers.test_tier_pages import bring_orders

RULES: dict[str, Any] = {
    "by": "spend",
    "tiers": [{"name": "Ordinary", "least": "0"}, {"name": "VIP", "least": "100"}],
}
# 101 customers; 40 spent 100 on March 1 (20 of them 50 more in June), one 85 in June
COUNTED = [
    {"tier": "Ordinary", "customers": 61, "without_purchase": 0},
    {"tier": "VIP", "customers": 40, "without_purchase": 0},
    {"tier": None, "customers": 0, "without_purchase": 0},
]


@pytest.fixture
def shop(program: Program, settings: Settings) -> Program:
    bring_orders(settings)
    return program


def test_rules_are_counted_kept_once_and_their_changes_told(shop: Program) -> None:
    assert shop.get("/tiers/rules")["data"] == {"by": "spend_365", "tiers": []}
    assert shop.post("/tiers/rules/count", json=RULES)["data"]["tiers"] == COUNTED
    assert shop.get("/tiers/rules")["data"]["tiers"] == []
    for _ in range(2):
        assert shop.put("/tiers/rules", json=RULES, key="r")["data"] == RULES
    assert shop.get("/tiers/rules")["data"] == RULES
    assert shop.get("/tiers/counts")["data"] == {"as_of": "2026-07-01", "tiers": COUNTED}
    shop.put("/tiers/rules", json={"by": "orders", "tiers": []})
    first, second = shop.get("/rule-changes/tiers")["data"]
    assert (first["after"], first["changed_by"]) == (None, "Mei")
    kept = [{"name": one["name"], "from": one["least"]} for one in RULES["tiers"]]
    told = second["after"]["tiers"]
    assert [{"name": one["name"], **one["rule"]} for one in told] == [
        {**one, "by": "spend"} for one in kept
    ]


@pytest.mark.parametrize(
    ("tiers", "field"),
    [
        ([{"name": "A", "least": "5"}, {"name": "B", "least": "5"}], "tiers.1.least"),
        ([{"name": "A", "least": "0"}, {"name": "a", "least": "5"}], "tiers.1.name"),
        ([{"name": " ", "least": "0"}], "tiers.0.name"),
        ([{"name": "A", "least": "-1"}], "tiers.0.least"),
        ([{"name": "A", "least": "0"}] * 9, "tiers"),
    ],
)
def test_rules_that_do_not_hold_are_refused_at_their_place(
    program: Program, tiers: list[dict[str, str]], field: str
) -> None:
    body = {"by": "orders", "tiers": tiers}
    for answer in (program.put("/tiers/rules", 422, json=body),):
        assert answer["error"]["field"] == field
    assert program.get("/tiers/rules")["data"]["tiers"] == []


def test_rights_are_kept_and_cost_what_the_page_says(shop: Program, owner: Browser) -> None:
    right = {"name": "A present", "tier": "VIP", "per": "year", "cost": "12.5", "used": "0.5"}
    body = {"margin_low": "0.3", "margin_high": "0.5", "rights": [right]}
    assert shop.put("/tiers/rights", 422, json=body)["error"]["field"] == "rights.0.tier"
    shop.put("/tiers/rules", json=RULES)
    whole = {**body, "rights": [{**right, "uses": 1, "care": ""}]}
    assert shop.put("/tiers/rights", json=body)["data"] == whole
    assert shop.get("/tiers/rights")["data"] == whole
    found = shop.get("/tiers/costs")["data"]
    vip = found["costs"][1]
    # 40 times 12.50, used by half; they bought for 40 x 100 + 20 x 50 in the last year
    assert (vip["cost"], vip["sales"]) == ("250", "5000")
    assert (vip["left_low"], vip["left_high"]) == ("1250", "2250")
    assert [one["tier"] for one in found["near"]] == ["VIP"]
    # who spent 85 is close; 90 days ago, on April 2, nobody was
    assert (found["near"][0]["customers"], found["near"][0]["rose"]) == (1, None)
    page = words(owner.get("/customers/tiers/"))
    assert "£250" in page
    error = shop.put("/tiers/rights", 422, json={**body, "margin_low": "0.6"})["error"]
    assert error["field"] == "margin_low"


def test_what_tiers_did_is_by_where_they_stood_before(shop: Program) -> None:
    shop.put("/tiers/rules", json=RULES)
    found = shop.get("/tiers/results")["data"]
    ordinary, vip = found["tiers"]
    # on June 1 there were 40 and 60; 20 and 6 came again
    assert (vip["customers"], vip["buyers"], vip["sales"]) == (40, 20, "1000")
    assert (ordinary["customers"], ordinary["buyers"], ordinary["sales"]) == (60, 6, "60")
    assert vip["again"]["low"] < 0.5 < vip["again"]["high"]
    months = shop.get("/tiers/months")["data"]["months"]
    assert months[-1]["tiers"] == [
        {"tier": "Ordinary", "customers": 61},
        {"tier": "VIP", "customers": 40},
    ]
    compared = shop.get("/tiers/members/comparison")["data"]
    assert compared["by"] == "tier"
    assert compared["difference"]["estimate"] == pytest.approx(20 / 40 - 6 / 60)
    assert shop.put("/tiers/members", json={"by": "follows"})["data"] == {"by": "follows"}
    # nothing says who follows
    assert shop.get("/tiers/members/comparison")["data"]["difference"] is None


def test_names_of_files_are_told_alone_and_beside_rules(shop: Program, settings: Settings) -> None:
    told = [{"customer_id": f"c{n:03d}", "tier_told": "VIP"} for n in range(45)]
    DatasetTable(settings.shop_dir(1), "customers").merge(pl.DataFrame(told))
    alone = shop.get("/tiers/told")["data"]
    assert alone["counts"] == [{"told": "VIP", "tier": None, "customers": 45}]
    assert (alone["told"], alone["agree"]) == (45, None)
    names = shop.get("/tiers/proposed?names=told&by=spend")["data"]["tiers"]
    assert [one["name"] for one in names] == ["VIP"]
    shop.put("/tiers/rules", json=RULES)
    beside = shop.get("/tiers/told")["data"]
    assert (beside["told"], beside["agree"]) == (45, 40)
    assert len(shop.get("/tiers/proposed")["data"]["tiers"]) == 4


def test_who_is_close_is_kept_as_one_segment(shop: Program) -> None:
    shop.put("/tiers/rules", json=RULES)
    body = {"tier": "VIP", "who": "near"}
    made = shop.post("/tiers/segments", 201, json=body)["data"]
    assert shop.post("/tiers/segments", 201, json=body)["data"]["id"] == made["id"]
    assert shop.get(f"/segments/{made['id']}/count")["data"]["customers"] == 1
    inside = shop.post("/tiers/segments", 201, json={**body, "who": "in"})["data"]
    assert shop.get(f"/segments/{inside['id']}/count")["data"]["customers"] == 40
    answer = shop.post("/tiers/segments", 422, json={**body, "tier": "Gold"})
    assert answer["error"]["field"] == "tier"


def test_without_customers_there_is_nothing_to_count(program: Program) -> None:
    for path in ("counts", "months", "results", "costs", "members/comparison", "told", "proposed"):
        assert program.get(f"/tiers/{path}", 404)["error"]["code"] == "no_customers"
    program.post("/tiers/rules/count", 404, json=RULES)


def test_another_shops_tiers_are_not_seen(program: Program, database: Database) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        kept = [{"name": "Secret", "rule": {"by": "spend", "from": "0"}}]
        change_rules(session, other, "tiers", kept, by=Changer(id=None, name="x"), now=NOW)
    assert program.get("/tiers/rules")["data"]["tiers"] == []
    assert program.get("/rule-changes/tiers")["data"] == []
    program.get("/rule-changes/secrets", 404)


def test_rules_and_figures_have_scopes_of_their_own(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_FIGURES)
    reader.get("/tiers/rules", 403)
    reader.put("/tiers/rules", 403, json=RULES)
    make_program(Scope.READ_SETTINGS).get("/tiers/counts", 403)
    make_program(Scope.WRITE_SETTINGS).post(
        "/tiers/segments", 403, json={"tier": "VIP", "who": "in"}
    )
