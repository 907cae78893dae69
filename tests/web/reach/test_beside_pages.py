"""Programmes beside campaigns, and the other way round, on the pages where somebody decides."""

import datetime as dt
import html
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from regulars_platform.jobs.models import Job
from regulars_platform.programmes.history import entry_counts
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.campaigns.build import filled, keep, text_of
from tests.web.conftest import Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
Finish = Callable[[], list[Job]]


def ahead(days: int) -> str:
    return (TODAY + dt.timedelta(days=days)).isoformat()


def text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    plain = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def told(owner: Browser, settings: Settings, database: Database, finish_jobs: Finish) -> int:
    """Of a hundred, sixty bought ten days ago and forty five days ago; a honeymoon programme ran
    today. How many it told."""
    rows = [line(f"o{n}", f"c{n:02d}", ahead(-10 if n < 60 else -5), 50) for n in range(100)]
    keep_orders(settings, *rows)
    address = owner.post("/programmes/start/honeymoon").headers["Location"]
    owner.post(f"{address}/begin")
    assert all(job.problem is None for job in finish_jobs())
    with database.reading() as session:
        told, held = entry_counts(session, 1)[1]
    assert told + held == 60
    return told


def test_a_plan_its_launch_and_the_overlap_say_whom_a_programme_has_told_or_will(
    owner: Browser, told: int
) -> None:
    days = {"as_of": ahead(-4), "send_date": ahead(0), "outcome_end": ahead(27)}
    more = {"settle_until": ahead(40), "audience.choice": "everybody", "holdout_percent": "50"}
    second = keep(owner, **days, **more)
    said = f"{told} of these are in its told group"
    also = f"{60 - told} are held back by it"
    likely = "40 of these are likely to enter in these days, about 32 of them told"
    form = filled(**days, **more)
    asked = owner.post(f"/campaigns/at-once?campaign={second}", form)  # as the open form does
    for shown in (
        text_of(asked.get_data(as_text=True)),
        text(owner, f"/campaigns/{second}/launch"),
    ):
        assert said in shown
        assert also in shown
        assert likely in shown
    overlap = text(owner, "/campaigns/holdout/contacts")
    assert f"{told} {60 - told} 40 32" in overlap
    assert f"In all {told + 40} customers hear from a programme in these days" in overlap
    assert "Counted until today." in overlap


def test_a_programme_form_says_who_is_in_a_campaign_or_another_programme(
    owner: Browser, told: int
) -> None:
    days = {"as_of": ahead(-4), "send_date": ahead(0), "outcome_end": ahead(27)}
    more = {"settle_until": ahead(40), "audience.choice": "everybody", "holdout_percent": "50"}
    made = keep(owner, name="Gift <b>", **days, **more)
    launch = owner.get(f"/campaigns/{made}/launch").get_data(as_text=True)
    revision = re.search(r'name="revision" value="(\d+)"', launch)
    assert revision is not None
    owner.post(f"/campaigns/{made}/launch", {"revision": revision[1]})

    page = text(owner, "/programmes/new?kind=dormant")
    assert "it is expected to name 0 customers" in page
    page = text(owner, "/programmes/1/edit")
    assert "it is expected to name 40 customers, if they buy nothing" in page
    assert "Gift <b> : 40 of these are in it until" in page
    # about half of the forty, and four fifths of these
    assert re.search(r"about \d+ of its holdout would be told", page)


def test_of_a_shop_whose_orders_end_long_ago_contacts_are_counted_to_that_day(
    owner: Browser, settings: Settings
) -> None:
    keep_orders(settings, *(line(f"o{n}", f"c{n}", "2025-08-31", 50) for n in range(40)))
    page = text(owner, "/campaigns/holdout/contacts")
    assert "Counted until Aug 31, 2025, the day of the last order. Count until today" in page
    assert "Nothing was sent from Jun 3, 2025 on, and nothing is planned." in page
    assert "Counted are the 40 customers who have ordered." in page
    today = text(owner, "/campaigns/holdout/contacts?until=today")
    assert "Counted until today. Count until the last order, Aug 31, 2025" in today
    assert "91 days until Aug 31, 2025, the day of the last order" in text(
        owner, "/campaigns/holdout/"
    )
