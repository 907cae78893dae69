"""Points as a program writes their rules and reads the ledger."""

from collections.abc import Callable

import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.tiers.service import Changer, change_rules
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser
from tests.web.tiers.test_points_pages import bring

RULES = {
    "per_unit": "1",
    "value": "0.1",
    "valid_days": None,
    "since": None,
    "redeemed_low": "0.5",
    "redeemed_high": "0.75",
}


@pytest.fixture
def shop(program: Program, settings: Settings) -> Program:
    bring(settings)
    return program


def test_rules_that_change_balances_at_once_are_kept_by_who_is_sure(shop: Program) -> None:
    # orders earn 120 and 80 less the 50 that came back
    told = {"given": 150, "gain": 2, "taken": 0, "lose": 0}
    assert shop.post("/points/rules/preview", json=RULES)["data"] == told
    error = shop.put("/points/rules", 422, json=RULES)["error"]
    assert (error["code"], error["field"]) == ("invalid_input", "sure")
    assert "150 points to 2 customers" in error["message"]
    assert shop.get("/points/rules")["data"]["per_unit"] == "0"
    for _ in range(2):
        kept = shop.put("/points/rules", json={**RULES, "sure": True}, key="p")["data"]
        assert kept == RULES
    assert shop.get("/points/rules")["data"] == RULES
    # the same once more changes nothing, and there is nothing to be sure of
    shop.put("/points/rules", json=RULES)
    changes = shop.get("/rule-changes/points")["data"]
    assert [one["after"]["per_unit"] for one in changes] == ["1"]


def test_the_ledger_adds_up_and_says_what_is_owed(shop: Program, owner: Browser) -> None:
    assert shop.get("/points")["data"]["owed"]["full"] is None
    shop.put("/points/rules", json={**RULES, "sure": True})
    june, may = shop.get("/points/ledger")["data"]
    assert (may["month"], may["opening"], may["closing"]) == ("2026-05", 0, 150)
    # 30 of ann's for a coupon
    assert (june["opening"], june["lines"]["spent_coupons"], june["closing"]) == (150, -30, 120)
    found = shop.get("/points")["data"]
    owed = found["owed"]
    # ann 90, ben 30, and the 5 that a file alone tells of; a point is worth a tenth
    assert (owed["points"], owed["told"], owed["full"]) == (125, 5, "12.5")
    assert (owed["low"], owed["high"], owed["expected"]) == ("6.25", "9.375", "7.8125")
    assert found["redeemed"]["way"] == "own"
    differ = shop.get("/points/differences")["data"]
    assert {"customer_id": "ben", "ledger": 30, "told": 80, "difference": 50} in differ
    assert (found["compared"], found["differ"]) == (3, len(differ))
    for path, page in (("ledger/csv", "ledger.csv"), ("differences/csv", "differences.csv")):
        own = owner.get(f"/customers/points/{page}").get_data()
        assert shop.get(f"/points/{path}") == own


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"per_unit": "1001"}, "per_unit"),
        ({"value": "-1"}, "value"),
        ({"valid_days": 0}, "valid_days"),
        ({"since": "2026-13-01"}, "since"),
        ({"redeemed_low": None}, "redeemed_low"),
        ({"redeemed_low": "0.8"}, "redeemed_low"),
        ({"redeemed_high": "0.12345"}, "redeemed_high"),
    ],
)
def test_rules_that_do_not_hold_are_refused_at_their_field(
    program: Program, change: dict[str, object], field: str
) -> None:
    body = {**RULES, **change, "sure": True}
    assert program.put("/points/rules", 422, json=body)["error"]["field"] == field


def test_another_shops_points_are_not_seen(program: Program, database: Database) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        by = Changer(id=None, name="x")
        change_rules(session, other, "points", {"per_unit": "7"}, by=by, now=NOW)
    assert program.get("/points/rules")["data"]["per_unit"] == "0"
    assert program.get("/points/ledger")["data"] == []


def test_balances_of_customers_need_a_scope_of_their_own(
    make_program: Callable[..., Program],
) -> None:
    reader = make_program(Scope.READ_FIGURES)
    reader.get("/points/differences", 403)
    reader.get("/points/differences/csv", 403)
    reader.get("/points/rules", 403)
    reader.put("/points/rules", 403, json=RULES)
