"""Offers and groups held against each other, as a program asks; the same as on the page."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.web.api.conftest import Program
from tests.web.campaigns.conftest import write_orders
from tests.web.conftest import NOW, Browser
from tests.web.matching.test_matching_pages import FREE

TERMS = {
    "channel": "email",
    "contact_cost": "0.02",
    "margin_low_percent": "40",
    "margin_high_percent": "40",
}
OFFER = {"kind": "free_shipping", "reach": "open", "threshold": "80", "shipping_cost": "5"}
TWICE = {"feature": "orders", "op": ">=", "value": "2"}


@pytest.fixture
def planner(program: Program, settings: Settings) -> Program:
    write_orders(settings.shop_dir(1))
    return program


def ask(program: Program, what: str, status: int = 200, **body: Any) -> Any:
    answer = program.post(f"/matching/{what}", status, json={"terms": TERMS, **body})
    return answer["data"] if status == 200 else answer["error"]


def test_groups_are_those_of_the_page_and_their_plans_can_be_kept(
    planner: Program, owner: Browser
) -> None:
    found = ask(planner, "groups", offer=OFFER)
    page = owner.get(FREE).get_data(as_text=True)
    drafts = [
        json.loads(html.unescape(one)) for one in re.findall(r'name="draft" value="(.*?)"', page)
    ]
    # the page folds away what hardly fits; the plans are the same, but for its empty fields
    named = {draft["name"]: draft for draft in drafts}
    assert len(named) == len(found["groups"])
    for one in found["groups"]:
        theirs = named[one["plan"]["name"]]
        for draft in (theirs, one["plan"]):
            (arm,) = draft["arms"]
            arm["offer"] = {name: value for name, value in arm["offer"].items() if value}
        assert theirs == one["plan"]
    first = found["groups"][0]
    assert (first["title"], first["fits"]) == ("Those whom the threshold fits", 1.0)
    assert first["learnt"] is None
    assert first["break_even"]["cost"] > 0.02
    kept = planner.post("/campaigns", 201, json={"plan": first["plan"]})["data"]
    assert kept["problems"] == []


def test_offers_for_a_saved_group_and_for_its_rule_are_the_same(
    planner: Program, database: Database
) -> None:
    with database.unit_of_work() as session:
        saved = save_segment(session, shop_id=1, name="Twice", rule=parse_rule(TWICE), now=NOW).id
    by_segment = ask(planner, "offers", segment_id=saved)["offers"]
    assert by_segment == ask(planner, "offers", rule=TWICE, name="Twice")["offers"]
    message = next(one for one in by_segment if one["offer"]["kind"] == "message")
    assert message["plan"]["name"] == "Twice: Message only"
    # an e-mail of 0.02 at a margin of 40%
    assert message["break_even"]["low"] == pytest.approx(0.05)
    # customers 1, 2, 4, 5, ...: whoever is not the first of three
    assert message["customers"] == 200


def test_what_does_not_hold_is_told_by_its_field(planner: Program) -> None:
    assert ask(planner, "groups", 422, offer={"kind": "luck"})["field"] == "offer.kind"
    wrong = ask(planner, "groups", 422, offer={**OFFER, "threshold": "x"})
    assert wrong["field"] == "offer.threshold"
    low = ask(planner, "offers", 422, terms={**TERMS, "margin_high_percent": "30"})
    assert low["field"] == "terms.margin_high_percent"
    assert ask(planner, "offers", 422, terms={**TERMS, "channel": "groups"})["field"] == (
        "terms.channel"
    )
    assert ask(planner, "offers", 422, rule={"feature": "luck"})["code"]


def test_without_orders_and_for_others_there_is_nothing(
    program: Program, make_program: Callable[..., Program], database: Database
) -> None:
    assert ask(program, "groups", 422, offer=OFFER)["code"] == "no_orders"
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW)
        theirs = save_segment(
            session, shop_id=other.id, name="Theirs", rule=parse_rule(TWICE), now=NOW
        ).id
    assert ask(program, "offers", 422, segment_id=theirs)["code"] == "not_found"
    assert ask(make_program(Scope.READ_SEGMENTS), "groups", 403, offer=OFFER)["scope"] == (
        "read:campaigns"
    )
