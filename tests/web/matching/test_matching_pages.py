"""The page of offers and segments: both questions, and the way to a campaign."""

import html
import json
import re

import polars as pl
import pytest

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.matching.meeting import Learnt, Meeting
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.pages.matching import views
from tests.platform.customers.build import money
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
    assert "What nobody has tried on them yet" in text
    assert "best first" not in text
    assert "Message only" in text
    assert "own order value" in text
    # an e-mail of 0.02 at a margin of 40%
    assert "£0.05" in text
    found = re.search(r'name="draft" value="([^"]*)"', text)
    assert found is not None
    # the campaign is called after both, its arm after the offer
    draft = json.loads(html.unescape(found[1]))
    assert draft["name"] == "Twice: Message only"
    assert [arm["name"] for arm in draft["arms"]] == ["Message only"]


def test_what_campaigns_taught_stands_before_what_nobody_tried(
    planner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Learnt(net=1.5, low=-0.25, high=3.25, loss=0.2, total=360.0, campaigns=2)
    monkeypatch.setattr(
        Meeting, "_learnt", lambda _, __, ___, arm: known if arm.offer.reach == "open" else None
    )
    page = planner.get(f"/campaigns/match/?way=group&group=everybody&{TERMS}")

    text = page.get_data(as_text=True)
    first, second = text.split("What nobody has tried on them yet")
    assert "Which offer should pay, best first" in first
    assert "+£1.50" in first
    assert "−£0.25 to £3.25" in first
    assert "From 2 past campaigns" in first
    assert "+£1.50" not in second
    assert "% off" in second


def test_a_ready_made_group_is_chosen_with_its_own_words(planner: Browser) -> None:
    page = planner.get(f"/campaigns/match/?way=group&group=ready-away&away.days=5&{TERMS}")
    text = page.get_data(as_text=True)
    long = planner.get(f"/campaigns/match/?way=group&group=ready-away&away.days=25&{TERMS}")

    assert '<option value="ready-away" selected>Away for long</option>' in text
    assert "They bought before, but not for a fixed number of days." in text
    assert 'name="away.days" value="5"' in text
    # the day after the last order is the 20th; who ordered last on the 15th or before
    away = sum(5 + 5 * (n % 3) + n % 5 <= 15 for n in range(300))
    assert f'<td class="num" data-label="May be told"><span>{away}</span>' in text
    assert "There is nobody to tell." in long.get_data(as_text=True)
    # what the shop knows nothing of is not offered
    assert "ready-students" not in text


def test_a_number_that_is_none_is_told_at_the_question_of_the_group(planner: Browser) -> None:
    page = planner.get(f"/campaigns/match/?way=group&group=ready-away&away.days=long&{TERMS}")

    assert page.status_code == 200
    assert 'id="ask-days-error"' in page.get_data(as_text=True)


def test_groups_lead_to_their_offers(planner: Browser, database: Database) -> None:
    rule = parse_rule({"feature": "orders", "op": ">=", "value": "2"})
    with database.unit_of_work() as session:
        made = save_segment(session, shop_id=1, name="Twice", rule=rule, now=NOW).id
    saved = f"/campaigns/match/?way=group&amp;group={made}"

    listed = planner.get("/segments/").get_data(as_text=True)
    assert f'href="{saved}"' in listed
    assert 'href="/campaigns/match/?way=group&amp;group=ready-dormant"' in listed
    assert "group=ready-unpaid" not in listed  # of that the shop knows nothing
    assert f'href="{saved}"' in planner.get(f"/segments/{made}").get_data(as_text=True)
    # nothing is known of what a contact costs, so that it is asked first
    page = planner.get(html.unescape(saved))
    assert page.status_code == 200
    assert 'id="ranked"' not in page.get_data(as_text=True)


def test_where_costs_of_products_are_known_no_margin_is_asked(
    planner: Browser, settings: Settings
) -> None:
    costs = pl.DataFrame({"product": ["tea"], "cost": [money(30)]})
    DatasetTable(settings.shop_dir(1), "products").merge(costs)
    asked = "/campaigns/match/?way=group&group=everybody&channel=email&contact_cost=0.02&rank=1"
    page = planner.get(asked).get_data(as_text=True)
    flat = planner.get(f"{asked}&margin_source=flat")

    assert "Costs are known of all that was sold in the last year." in page
    assert 'name="margin_low_percent"' not in page
    assert "What nobody has tried on them yet" in page
    assert flat.status_code == 422
    assert 'id="margin_low_percent-error"' in flat.get_data(as_text=True)


def test_what_is_wrong_stands_beside_its_field(planner: Browser) -> None:
    page = planner.get(FREE.replace("threshold=80", "threshold=eighty"))

    assert page.status_code == 422
    assert 'id="threshold-error"' in page.get_data(as_text=True)


def test_segments_that_are_not_there_and_drafts_that_are_none_are_refused(
    planner: Browser,
) -> None:
    for group in ("999", "0", "-1", "drop", "9" * 30, "ready-", "ready-drop", "ready-fits"):
        assert planner.get(f"/campaigns/match/?way=group&group={group}&{TERMS}").status_code == 404
    for draft in ("", "[]", "{", '{"name": 3}', "x" * 60_000):
        assert planner.post("/campaigns/match/plan", data={"draft": draft}).status_code == 400


def test_each_kind_of_offer_asks_for_its_own_fields(planner: Browser) -> None:
    page = planner.get("/campaigns/match/?kind=gift").get_data(as_text=True)

    assert 'name="gift_cost"' in page
    assert 'name="shipping_cost"' not in page
