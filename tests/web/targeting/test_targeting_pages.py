"""Whom to keep on the report, the next round in one step, and replay: as a person meets them."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete

from regulars_platform.accounts.service import create_owner
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_platform.targeting import service
from regulars_platform.targeting.tables import TargetingRow
from tests.platform.targeting.build import (
    CUSTOMERS,
    QUICK,
    launch_it,
    message_draft,
    sell,
    write_history,
)
from tests.web.campaigns.build import text_of, value_of
from tests.web.conftest import EMAIL, NOW, PASSWORD, Browser

REPORT = "/campaigns/1/report"
Finish = Callable[[], list[Job]]


@pytest.fixture(scope="module")
def finished_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an evaluated campaign in which telling pays for big spenders alone, and
    whom to keep worked out with one model; made once and copied for each test."""
    folder = tmp_path_factory.mktemp("finished") / "data"
    settings = build_settings(folder)
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Green Hill", currency="GBP", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    write_history(settings.shop_dir(1))
    campaign_id = launch_it(database, settings, message_draft())
    sell(database, settings, campaign_id)
    with database.unit_of_work() as session:
        evaluate_campaign(session, settings, shop_id=1, campaign_id=campaign_id, now=NOW)
    with database.unit_of_work() as session:
        service.work_out(
            session, settings, shop_id=1, campaign_id=campaign_id, now=NOW, learners=QUICK
        )
    database.dispose()
    return folder


@pytest.fixture
def settings(tmp_path: Path, finished_shop: Path) -> Settings:
    shutil.copytree(finished_shop, tmp_path / "data")
    return build_settings(tmp_path / "data")


@pytest.fixture
def shop_with_owner(database: Database) -> None:
    """Both came with the copy."""


@pytest.fixture
def worked_out(owner: Browser) -> Browser:
    return owner


@pytest.fixture
def evaluated(owner: Browser, database: Database, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Before it is worked out; one model is fitted then."""
    real = service.compute
    monkeypatch.setattr(
        "regulars_platform.targeting.jobs.compute",
        lambda *given, **options: real(*given, **options, learners=QUICK),
    )
    with database.unit_of_work() as session:
        session.execute(delete(TargetingRow))
    return owner


def page_of(browser: Browser, path: str = REPORT) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_before_it_is_worked_out_the_report_offers_to_and_the_next_round_all_the_same(
    evaluated: Browser,
) -> None:
    page = text_of(page_of(evaluated))

    assert "Work out whom to keep" in page
    assert "Those whom the report advises to keep Big spenders" in page
    assert "Plan the next round" in page


def test_pressing_twice_makes_one_job(evaluated: Browser, finish_jobs: Finish) -> None:
    answer = evaluated.post("/campaigns/1/targeting")
    evaluated.post("/campaigns/1/targeting")

    assert answer.location.endswith("/campaigns/1/report#targeting")
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    assert "the rule of one question below" in text_of(page_of(evaluated))


def test_the_section_says_in_money_what_the_rule_earns_and_for_whom(worked_out: Browser) -> None:
    page = page_of(worked_out)
    words = text_of(page)

    assert "instead of contacting everyone would have earned £" in words
    assert "more per customer (95%: £" in words
    assert "contact nobody" in words.lower()
    assert "chosen" in words
    drawing = page.partition('id="drawing-gain"')[2].partition("</figure>")[0]
    assert '<polyline class="course line-treated"' in drawing
    assert "random order" in drawing
    assert "within one standard error of the best" in words
    assert re.search(r"Claimed on the same customers", words)


def test_the_list_and_the_answer_can_be_downloaded(worked_out: Browser) -> None:
    table = worked_out.get("/campaigns/1/keepers.csv").get_data().decode("utf-8-sig")
    stored = json.loads(worked_out.get("/campaigns/1/targeting.json").get_data())

    assert table.splitlines()[0] == "customer_id,arm,segment"
    assert len(table.splitlines()) == 1 + CUSTOMERS / 2
    assert stored["schema"] == "regulars.targeting/1"
    assert stored["uplift"]["schema"] == "regulars.uplift/1"


def next_round(browser: Browser, **wish: object) -> str:
    posted: dict[str, object] = {"keepers": "advised", "goal": "earn_most"} | wish
    answer = browser.post(f"{REPORT}/1/next", posted)
    assert answer.status_code == 302
    return str(answer.location)


def test_the_next_round_opens_in_the_form_on_the_keepers_with_a_holdout_inside(
    worked_out: Browser,
) -> None:
    where = next_round(worked_out)
    page = page_of(worked_out, where)

    assert where.endswith("/campaigns/2/plan")
    assert "average order value at least £60" in text_of(page)
    assert 0 < float(value_of(page, "holdout_percent")) < 100
    assert "of the keepers are held out" in text_of(page)
    assert value_of(page, "name") == "February message, next round"


def test_an_unknown_choice_says_so(worked_out: Browser) -> None:
    where = next_round(worked_out, keepers="all my friends")

    assert where.endswith("/campaigns/1/report?version=1#next")
    assert "There is no choice all my friends" in text_of(page_of(worked_out))


def test_a_draft_made_of_a_result_is_not_replayed_on_it(worked_out: Browser) -> None:
    next_round(worked_out)

    assert "Nothing to replay on yet" in page_of(worked_out, "/campaigns/2/replay")
    answer = worked_out.get("/campaigns/2/replay?on=1")
    assert answer.status_code == 422
    assert "would look better than it is" in text_of(answer.get_data(as_text=True))


def test_any_other_draft_is_replayed_against_everyone_nobody_and_another(
    worked_out: Browser, settings: Settings, database: Database
) -> None:
    kept = worked_out.post("/campaigns/1/again").location
    other = worked_out.post("/campaigns/1/again").location
    assert kept.endswith("/campaigns/2/plan")
    assert other.endswith("/campaigns/3/plan")

    words = text_of(page_of(worked_out, "/campaigns/2/replay?on=1&against=draft:3"))

    assert "this draft would have earned £" in words
    everybody = f"{CUSTOMERS:,}"
    assert f"Of the {everybody} customers drawn there" in words
    assert f"would have addressed {everybody} (100%)" in words
    # everybody told the same: against everyone and against its like there is no difference
    assert words.count("the same plan for everybody") == 4
    assert "draft's own offer" not in words


def test_a_campaign_whose_window_is_open_is_not_learnt_from(
    worked_out: Browser, settings: Settings, database: Database, finish_jobs: Finish
) -> None:
    raw = message_draft(name="Open", outcome_end="2027-02-28", settle_until="2027-03-31")
    campaign_id = launch_it(database, settings, raw)
    worked_out.post(f"/campaigns/{campaign_id}/report")
    finish_jobs()

    words = text_of(page_of(worked_out, f"/campaigns/{campaign_id}/report"))

    assert "once the outcome window is over" in words
    assert "Plan the next round" not in words


def test_under_a_limit_the_section_says_so_and_who_cannot_keep_it(
    evaluated: Browser, finish_jobs: Finish
) -> None:
    evaluated.post("/campaigns/1/targeting", {"limit": "customers", "limit_amount": "600"})
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    page = page_of(evaluated)
    words = text_of(page)

    assert "With at most 600 customers told: “Contact everyone” cannot keep the limit" in words
    assert '<option value="customers" selected>' in page
    assert value_of(page, "limit_amount") == "600"
    told = evaluated.get("/campaigns/1/keepers.csv").get_data().decode("utf-8-sig")
    assert 0 < len(told.splitlines()) - 1 <= 600 * 1.005
    # asked for again it is there, and nothing runs
    evaluated.post("/campaigns/1/targeting", {"limit": "customers", "limit_amount": "600"})
    assert finish_jobs() == []


def test_a_limit_asked_for_keeps_the_old_answer_until_it_is_answered(worked_out: Browser) -> None:
    assert "With at most" not in text_of(page_of(worked_out))
    worked_out.post("/campaigns/1/targeting", {"limit": "percent", "limit_amount": "10"})
    worked_out.post("/campaigns/1/targeting", {"limit": "percent", "limit_amount": "20"})
    words = text_of(page_of(worked_out))

    assert "Whom to keep is being worked out already" in words
    assert "the rule of one question below" in words
    assert "With at most" not in words


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("customers", "0", "A whole number from 1"),
        ("customers", "2401", "the audience has 2,400"),
        ("percent", "120", "At most 100 percent is possible"),
        ("money", "plenty", "A number such as 2 or 49.90 is expected"),
    ],
)
def test_an_impossible_limit_is_refused_with_what_was_expected(
    worked_out: Browser, finish_jobs: Finish, kind: str, amount: str, words: str
) -> None:
    answer = worked_out.post("/campaigns/1/targeting", {"limit": kind, "limit_amount": amount})

    assert answer.location.endswith("/campaigns/1/report#targeting")
    assert words in text_of(page_of(worked_out))
    assert finish_jobs() == []
