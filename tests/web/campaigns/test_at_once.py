"""Campaigns in the same days: said beside the plan and before the launch, left out in one click."""

from regulars_platform.campaigns.service import campaign_ledger, get_campaign, get_launched
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.campaigns.build import filled, keep, launch, text_of
from tests.web.conftest import Browser


def test_a_second_campaign_for_the_same_customers_is_told_so_and_can_leave_them_out(
    planner: Browser, database: Database, settings: Settings
) -> None:
    first = keep(planner, name="Gift <b>")
    launch(planner, first)
    with database.reading() as session:
        ledger = campaign_ledger(settings, get_launched(session, 1, first))
    second = keep(planner, name="Calls", **{"audience.choice": "everybody"})

    plan = text_of(planner.get(f"/campaigns/{second}/plan").get_data(as_text=True))
    page = planner.get(f"/campaigns/{second}/launch").get_data(as_text=True)
    for shown in (plan, text_of(page)):
        assert "245 of these are in Gift <b> until" in shown
        # 49 are held back there, and four of five would be told here
        assert "about 39 of its holdout would be told" in shown
    assert "Gift <b>" not in page

    assert planner.post(f"/campaigns/{second}/apart").location == f"/campaigns/{second}/launch"
    again = text_of(planner.get(f"/campaigns/{second}/launch").get_data(as_text=True))
    assert "of its holdout would be told" not in again
    assert "Customers of campaigns in the same days are left out: Gift <b>." in again
    launch(planner, second)
    with database.reading() as session:
        drawn = campaign_ledger(settings, get_launched(session, 1, second))
    assert set(drawn["customer_id"]).isdisjoint(ledger["customer_id"])
    assert drawn.height == 300 - ledger.height


def test_the_form_leaves_them_out_and_takes_them_in_again(
    planner: Browser, database: Database
) -> None:
    launch(planner, keep(planner, name="Gift"))
    everybody = {"audience.choice": "everybody"}
    out = planner.post("/campaigns/new", filled(do="apart", **everybody)).get_data(as_text=True)
    assert "Customers of campaigns in the same days are left out: Gift." in text_of(out)
    assert 'name="exclusions.running_campaigns" value="yes" checked' in out
    wished = {"exclusions.running_campaigns": "yes"}
    back = planner.post("/campaigns/new", filled(do="together", **everybody, **wished))
    assert "245 of these are in Gift until" in text_of(back.get_data(as_text=True))
    kept = keep(planner, name="Calls", **everybody, **wished)
    with database.reading() as session:
        draft = get_campaign(session, 1, kept).draft
    assert draft["exclusions"]["running_campaigns"] == "yes"


def test_what_is_launched_or_not_there_is_not_changed(planner: Browser, database: Database) -> None:
    kept = keep(planner)
    launch(planner, kept)
    answer = planner.post(f"/campaigns/{kept}/apart")
    assert answer.status_code == 302
    with database.reading() as session:
        assert not get_launched(session, 1, kept).plan.exclusions.running_campaigns
    assert planner.post("/campaigns/999/apart").status_code == 404
