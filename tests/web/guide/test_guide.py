"""The guide's steps tell the shop's own state, and the sample shop is apart from the real one."""

import datetime as dt
import gzip
import io
import re
from collections.abc import Callable

import polars as pl
import pytest
from flask import Flask

from regulars_platform.jobs.models import Job
from regulars_platform.settings import Settings
from tests.web.campaigns.build import keep
from tests.web.campaigns.conftest import write_orders
from tests.web.conftest import Browser

STEPS = 9
Finish = Callable[[], list[Job]]


def states(browser: Browser) -> list[str]:
    page = browser.get("/guide/").get_data(as_text=True)
    return re.findall(r'<li class="(past|now|later)"', page)


def done(browser: Browser) -> int:
    """Steps that are ticked off."""
    found = states(browser)
    assert len(found) == STEPS
    assert found.count("now") == (1 if found[-1] != "past" or "later" in found else 0)
    return found.count("past")


def follow(browser: Browser, path: str, finish: Finish) -> None:
    """Bring a file of the sample as its button does, and store it."""
    where = browser.post(path).headers["Location"]
    browser.get(where)
    page = browser.get(f"{where}/columns").get_data(as_text=True)
    answers = dict(
        re.findall(r'<select[^>]*name="([^"]+)".*?<option value="([^"]*)" selected', page, re.S)
    )
    assert browser.post(f"{where}/columns", answers).status_code == 302
    finish()
    assert browser.post(f"{where}/store", {}).status_code == 302
    finish()


def test_a_new_shop_is_offered_the_sample_and_its_own_way(owner: Browser) -> None:
    home = owner.get("/").get_data(as_text=True)

    assert "Learn it on the sample shop first" in home
    assert 'href="/guide/"' in home
    assert states(owner) == ["now", *["later"] * (STEPS - 1)]


def test_the_steps_of_the_own_shop_are_ticked_off_by_what_was_done(
    owner: Browser, settings: Settings
) -> None:
    assert done(owner) == 0
    write_orders(settings.shop_dir(1))
    assert done(owner) == 1
    owner.get("/customers/")
    assert done(owner) == 2
    campaign = keep(owner)
    assert done(owner) == 4
    assert owner.post(f"/campaigns/{campaign}/launch", {"revision": "1"}).status_code == 302
    assert done(owner) == 5
    assert owner.get(f"/campaigns/{campaign}/contacts/1.csv").status_code == 200
    assert done(owner) == 6


def test_a_visit_to_a_page_without_customers_is_no_look_at_them(
    owner: Browser, settings: Settings
) -> None:
    owner.get("/customers/")
    assert done(owner) == 0
    write_orders(settings.shop_dir(1))
    assert done(owner) == 1
    owner.get("/customers/")
    assert done(owner) == 2


def test_a_visit_to_an_empty_report_is_no_reading(owner: Browser, settings: Settings) -> None:
    write_orders(settings.shop_dir(1))
    campaign = keep(owner)
    owner.post(f"/campaigns/{campaign}/launch", {"revision": "1"})
    before = done(owner)

    assert owner.get(f"/campaigns/{campaign}/report").status_code == 200
    assert done(owner) == before


def test_a_page_of_the_way_says_what_comes_next_and_leads_elsewhere(
    owner: Browser, settings: Settings
) -> None:
    assert "guide-line" not in owner.get("/customers/").get_data(as_text=True)
    write_orders(settings.shop_dir(1))
    customers = owner.get("/customers/").get_data(as_text=True)
    matching = owner.get("/campaigns/match/").get_data(as_text=True)

    assert "Step 3 of 9" in customers
    assert "Step 4 of 9" in matching
    assert "Step" not in owner.get("/settings/").get_data(as_text=True)


def test_the_sample_shop_is_apart_from_the_real_one(owner: Browser, finish_jobs: Finish) -> None:
    owner.post("/guide/open")
    assert "Sample shop" in owner.get("/").get_data(as_text=True)
    follow(owner, "/guide/before", finish_jobs)
    assert "8,008" in owner.get("/customers/").get_data(as_text=True)

    owner.post("/guide/leave")
    home = owner.get("/").get_data(as_text=True)
    assert "Green Hill" in home
    assert "Sample shop" not in home
    assert "8,008" not in owner.get("/customers/").get_data(as_text=True)
    owner.post("/guide/open")
    assert done(owner) == 2


def test_begun_anew_the_sample_shop_is_empty_again(owner: Browser, finish_jobs: Finish) -> None:
    owner.post("/guide/open")
    follow(owner, "/guide/before", finish_jobs)
    assert done(owner) == 1

    owner.post("/guide/again")
    assert done(owner) == 0


def test_the_files_of_the_sample_are_to_be_had_and_none_of_a_real_shop(owner: Browser) -> None:
    refused = owner.get("/guide/before.csv.gz")
    assert refused.status_code >= 400
    assert "Only the sample shop has sample files." in refused.get_data(as_text=True)
    owner.post("/guide/open")
    answer = owner.get("/guide/before.csv.gz")
    table = pl.read_csv(io.BytesIO(gzip.decompress(answer.data)), infer_schema=False)

    assert table.columns[0] == "Order number"
    assert owner.get("/guide/after/1.csv.gz").status_code in (302, 404)


@pytest.mark.parametrize(
    ("language", "heading"), [("zh_Hans", "订单编号"), ("zh_Hant", "訂單編號")]
)
def test_the_sample_speaks_the_language_of_whoever_opens_it(
    owner: Browser, language: str, heading: str
) -> None:
    owner.post("/language", {"locale": language, "next": "/"})
    owner.post("/guide/open")

    content = gzip.decompress(owner.get("/guide/before.csv.gz").data).decode()
    assert content.startswith(heading)


def test_the_whole_way_ends_with_what_was_true(owner: Browser, finish_jobs: Finish) -> None:
    owner.post("/guide/open")
    follow(owner, "/guide/before", finish_jobs)
    owner.get("/customers/")
    page = owner.get("/campaigns/new").get_data(as_text=True)
    send = re.search(r'name="send_date"[^>]*value="([\d-]+)"', page)
    assert send is not None
    campaign = keep(
        owner,
        as_of=send[1],
        send_date=send[1],
        **_windows(send[1]),
        margin_low_percent="35",
    )
    owner.post(f"/campaigns/{campaign}/launch", {"revision": "1"})
    assert owner.get(f"/campaigns/{campaign}/contacts/1.csv").status_code == 200
    follow(owner, f"/guide/after/{campaign}", finish_jobs)
    assert done(owner) == 7
    owner.post(f"/campaigns/{campaign}/report", {})
    finish_jobs()
    assert "What was true" not in owner.get("/guide/").get_data(as_text=True)

    assert 'class="statement"' in owner.get(f"/campaigns/{campaign}/report").get_data(as_text=True)
    guide = owner.get("/guide/").get_data(as_text=True)
    assert "What was true" in guide
    assert "truly earned" in guide or "truly lost" in guide


def _windows(day: str) -> dict[str, str]:
    send = dt.date.fromisoformat(day)
    return {
        "outcome_end": (send + dt.timedelta(days=27)).isoformat(),
        "settle_until": (send + dt.timedelta(days=41)).isoformat(),
    }


def test_a_stranger_sees_nothing_of_it(stranger: Browser, app: Flask) -> None:
    del app
    for path in ("/guide/", "/guide/before.csv.gz"):
        assert stranger.get(path).status_code == 302
