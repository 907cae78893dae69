"""What a plan is told holds: it does not cost nothing, and one thing has one name."""

from regulars_platform.segments.ready_made import PRESETS
from tests.web.campaigns.build import filled, text_of
from tests.web.conftest import Browser


def side(browser: Browser, **other: str) -> str:
    answer = browser.post("/campaigns/preview", filled(**other))
    assert answer.status_code == 200
    return text_of(answer.get_data(as_text=True))


def test_a_campaign_likely_to_lose_is_not_said_to_cost_nothing(planner: Browser) -> None:
    dear = side(planner, **{"arms.0.contact_cost": "50"})
    assert "It works at any size" in dear
    assert "more likely to lose money than to earn any" in dear
    assert "costs nothing" not in dear
    cheap = side(planner, **{"arms.0.contact_cost": "0", "arms.0.offer.reach": "open"})
    assert "It works at any size" in cheap
    assert "more likely to lose money" not in cheap


def test_without_a_past_campaign_nothing_is_said_to_come_from_one(planner: Browser) -> None:
    shown = side(planner)
    assert "No past campaign to go by" in shown
    assert "What is to be expected" in shown
    assert "What past campaigns say" not in shown


def test_the_usual_groups_call_nobody_dormant_by_days(planner: Browser) -> None:
    page = text_of(planner.get("/campaigns/new").get_data(as_text=True))
    assert "180" in page
    assert 'value="Dormant"' not in planner.get("/campaigns/new").get_data(as_text=True)
    # the name that the ready-made group by days has; dormant is the one by each one's own rhythm
    assert 'value="Away for long"' in planner.get("/campaigns/new").get_data(as_text=True)
    assert str(PRESETS["away"].title) == "Away for long"
    assert str(PRESETS["dormant"].title) == "Dormant"
