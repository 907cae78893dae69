"""One press on the due list drafts the campaign, or the programme, that calls whom it holds."""

import pytest

from regulars_platform.campaigns.service import get_campaign
from regulars_platform.programmes.service import get_programme, list_programmes
from regulars_platform.segments.service import list_segments
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.lifetime.build import write_lines
from tests.web.conftest import Browser
from tests.web.customers.build import words
from tests.web.cycle.test_due_pages import PAGE, Finish, bought, work_out


@pytest.fixture
def list_of_two(settings: Settings, owner: Browser, finish_jobs: Finish) -> Browser:
    """ann is due in 3 days, ben was 2 days ago, cat is in 20 days."""
    write_lines(
        settings.shop_dir(1),
        bought("ann", "tea", 72, 52, 22)
        + bought("ben", "coffee", 32, 22, 12)
        + bought("cat", "coffee", 60, 40, 20, 0),
    )
    work_out(owner, finish_jobs)
    return owner


def test_a_campaign_by_phone_to_whom_the_list_holds_with_a_holdout(
    list_of_two: Browser, database: Database, settings: Settings
) -> None:
    there = list_of_two.post(f"{PAGE}contacts", {"do": "campaign"})
    assert there.status_code == 302
    again = list_of_two.post(f"{PAGE}contacts", {"do": "campaign"})
    assert again.location == there.location  # the same draft, not another
    page = words(list_of_two.get(there.location))
    assert "Due again within 7 days" in page
    with database.unit_of_work() as session:
        draft = get_campaign(session, 1, 1).draft
        names = [one.name for one in list_segments(session, 1)]
    arm = draft["arms"][0]
    assert (arm["channel"], draft["holdout_percent"]) == ("phone", "20")
    assert arm["offer"]["words"] == "Yours should soon be used up. Order in time."
    assert names == ["Due again within 7 days"]
    segment = words(list_of_two.get("/segments/1"))
    assert "2 of 3 customers" in segment


def test_a_programme_that_calls_a_week_before(list_of_two: Browser, database: Database) -> None:
    there = list_of_two.post(f"{PAGE}contacts?ahead=10", {"do": "programme"})
    again = list_of_two.post(f"{PAGE}contacts?ahead=10", {"do": "programme"})
    assert again.location == there.location
    assert "What is still missing" not in words(list_of_two.get(there.location))
    with database.unit_of_work() as session:
        made = list_programmes(session, 1)
        plan = get_programme(session, 1, made[0].id).draft
    assert len(made) == 1
    assert (made[0].kind, made[0].state, made[0].name) == (
        "product_due",
        "draft",
        "Due again: Phone",
    )
    assert (plan["channel"], plan["before_days"], plan["holdout_percent"]) == ("phone", 10, "20")


def test_without_a_list_there_is_nothing_to_contact(owner: Browser) -> None:
    answer = owner.post(f"{PAGE}contacts", {"do": "campaign"})
    assert answer.status_code == 400
    assert "No paid order" in words(answer)
