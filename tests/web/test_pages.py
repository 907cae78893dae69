"""Shop, settings and background work."""

import datetime as dt

import pytest

from regulars_platform.campaigns.service import create_draft
from regulars_platform.jobs import registry
from regulars_platform.jobs.errors import UNEXPECTED
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.service import enqueue, get_job
from regulars_platform.jobs.tables import JobRow
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.web.conftest import NOW, Browser


@pytest.fixture
def job(database: Database, owner: Browser, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(registry.HANDLERS, "check_import", "elsewhere:in_the_worker")
    with database.unit_of_work() as session:
        return enqueue(session, "check_import", 1, 1, NOW)


def change(database: Database, job_id: str, **values: object) -> None:
    with database.unit_of_work() as session:
        row = session.get_one(JobRow, job_id)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_new_shop_is_shown_the_path_to_its_first_campaign(owner: Browser) -> None:
    text = owner.get("/").get_data(as_text=True)
    steps = ("Bring your orders", "Look at your customers", "Plan the first campaign")
    assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)
    assert 'href="/data/"' in text


def test_a_shop_with_a_draft_sees_it_on_its_first_page_and_the_path_still(
    owner: Browser, database: Database
) -> None:
    with database.unit_of_work() as session:
        create_draft(session, shop_id=1, raw={"name": "Spring tea"}, now=NOW)
    text = owner.get("/").get_data(as_text=True)
    assert "Spring tea" in text
    assert "Draft" in text
    assert "Bring your orders" in text


def test_the_shop_can_be_renamed_and_a_name_is_needed(owner: Browser) -> None:
    assert owner.post("/settings/", {"shop_name": "Tea & Co"}).status_code == 302
    assert "Tea &amp; Co" in owner.get("/").get_data(as_text=True)
    refused = owner.post("/settings/", {"shop_name": " "})
    assert refused.status_code == 422
    assert "The shop needs a name." in refused.get_data(as_text=True)


def test_progress_is_asked_for_until_the_job_is_over(
    owner: Browser, database: Database, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_web.job_watching.FRESH", 0.0)
    change(database, job, state=JobState.RUNNING, step="reading", done=250, total=1000)
    running = owner.get(f"/jobs/{job}/progress?then=reload")
    text = running.get_data(as_text=True)
    assert f'data-events="/jobs/{job}/events"' in text
    assert "Reading the lines" in text
    assert "250 of 1,000" in text
    assert 'value="25"' in text
    assert "HX-Refresh" not in running.headers

    change(database, job, state=JobState.DONE)
    over = owner.get(f"/jobs/{job}/progress?then=reload")
    assert "hx-trigger" not in over.get_data(as_text=True)
    assert over.headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in owner.get(f"/jobs/{job}/progress").headers


def test_a_failed_job_says_why(owner: Browser, database: Database, job: str) -> None:
    change(database, job, state=JobState.FAILED, problem=UNEXPECTED.as_json())
    assert str(UNEXPECTED) in owner.get(f"/jobs/{job}").get_data(as_text=True)


def test_a_job_can_be_cancelled_from_its_page(owner: Browser, database: Database, job: str) -> None:
    answer = owner.post(f"/jobs/{job}/cancel")
    assert answer.location == f"/jobs/{job}"
    with database.unit_of_work() as session:
        assert get_job(session, 1, job).state is JobState.CANCELLED
    assert "Cancelled" in owner.get("/jobs/").get_data(as_text=True)


def test_the_jobs_of_another_shop_do_not_exist_here(owner: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="CNY", timezone="UTC", now=NOW)
        job_id = enqueue(session, "check_import", other.id, 1, NOW)
    assert owner.get(f"/jobs/{job_id}").status_code == 404
    assert owner.post(f"/jobs/{job_id}/cancel").status_code == 404


def test_moments_are_shown_in_the_shops_time_zone(
    owner: Browser, database: Database, job: str
) -> None:
    change(database, job, created_at=dt.datetime(2026, 1, 1, 17, 30, tzinfo=dt.UTC))
    assert "Jan 2, 2026, 01:30" in owner.get("/jobs/").get_data(as_text=True)
