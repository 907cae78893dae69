"""The page of offers and segments: both questions, and the way to a campaign."""

import html
import re

import pytest

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.storage.database import Database
from regulars_web.pages.matching import views
from tests.web.campaigns.conftest import planner
from tests.web.conftest import NOW, Browser

__all__ = ["planner"]

TERMS = "channel=email&contact_cost=0.02&margin_low_percent=40&margin_high_percent=40&rank=1"
FREE = f"/campaigns/match/?way=offer&kind=free_shipping&threshold=80&shipping_cost=5&{TERMS}"


def test_without_orders_the_page_says_what_it_will_show(owner: Browser) -> None:
    page = owner.get("/campaigns/match/").get_data(as_text=True)

    assert "Nothing to match yet" in page
    assert "Bring orders" in page


def test_an_offer_is_held_against_groups_and_a_row_becomes_a_campaign(
    planner: Browser, database: Database
) -> None:
    page = planner.get(FREE).get_data(as_text=True)

    assert "Those whom the threshold fits" in page
    assert "Every customer" in page
    found = re.search(r'name="draft" value="([^"]*)"', page)
    assert found is not None
    planned = planner.post("/campaigns/match/plan", data={"draft": html.unescape(found[1])})
    assert planned.status_code == 302
    assert planned.headers["Location"].endswith("/plan")
    with database.unit_of_work() as session:
        (draft,) = list_campaigns(session, 1)
        (arm,) = draft.draft["arms"]
        assert arm["offer"]["threshold"] == "80"
        assert arm["name"] == "Free shipping from £80"


def test_groups_that_an_offer_hardly_fits_are_folded_away(
    planner: Browser, database: Database
) -> None:
    rule = parse_rule({"feature": "average_order_value", "op": "<", "value": "45"})
    with database.unit_of_work() as session:
        save_segment(session, shop_id=1, name="Small baskets", rule=rule, now=NOW)
    page = planner.get(FREE).get_data(as_text=True)

    before, folded = page.split('<details class="more">')
    assert "hardly fits</summary>" in folded
    assert "Small baskets" in folded
    assert "Small baskets" not in before
    assert before.index("Those whom the threshold fits") < before.index("Every customer")
    assert "not counted here" not in page


def test_what_was_learnt_with_codes_is_said_to_be_left_out_of_an_open_offer(
    planner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "campaigns_of_other_reach", lambda *_: 1)
    page = planner.get(FREE + "&endpoint=x&_scheme=y").get_data(as_text=True)

    assert "1 past campaign with such an offer is not counted here" in page
    found = re.search(r'href="([^"]*reach=personal[^"]*)">Rank it with a code', page)
    assert found is not None
    other = planner.get(html.unescape(found[1])).get_data(as_text=True)
    assert "That was open to the whole shop." in other
    assert '<option value="personal" selected>' in other


def test_a_group_is_held_against_offers(planner: Browser, database: Database) -> None:
    rule = parse_rule({"feature": "orders", "op": ">=", "value": "2"})
    with database.unit_of_work() as session:
        made = save_segment(session, shop_id=1, name="Twice", rule=rule, now=NOW).id
    page = planner.get(f"/campaigns/match/?way=group&group={made}&{TERMS}")

    text = page.get_data(as_text=True)
    assert "Which offer should pay, best first" in text
    assert "Message only" in text
    assert "own order value" in text


def test_what_is_wrong_stands_beside_its_field(planner: Browser) -> None:
    page = planner.get(FREE.replace("threshold=80", "threshold=eighty"))

    assert page.status_code == 422
    assert 'id="threshold-error"' in page.get_data(as_text=True)


def test_segments_that_are_not_there_and_drafts_that_are_none_are_refused(
    planner: Browser,
) -> None:
    for group in ("999", "0", "-1", "drop", "9" * 30):
        assert planner.get(f"/campaigns/match/?way=group&group={group}&{TERMS}").status_code == 404
    for draft in ("", "[]", "{", '{"name": 3}', "x" * 60_000):
        assert planner.post("/campaigns/match/plan", data={"draft": draft}).status_code == 400


def test_each_kind_of_offer_asks_for_its_own_fields(planner: Browser) -> None:
    page = planner.get("/campaigns/match/?kind=gift").get_data(as_text=True)

    assert 'name="gift_cost"' in page
    assert 'name="shipping_cost"' not in page
