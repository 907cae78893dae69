"""The holdout's pages: drawn, rotated, ended; a quarter's effect; overlap and the limit."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from flask import Flask

from regulars_platform.jobs.models import Job
from regulars_platform.programme_effect.holdout_sizes import SizePlan
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.programme_effect.service import find_quarter
from regulars_platform.reach.holdout import draw_holdout, holdout_on, in_holdout, list_holdouts
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.pages.reach.quarter_shown import quarter_page
from regulars_web.pages.reach.shown import patience_words, size_line
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.conftest import NOW, Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
Finish = Callable[[], list[Job]]


def ago(days: int) -> str:
    return (TODAY - dt.timedelta(days=days)).isoformat()


@pytest.fixture
def orders(settings: Settings) -> None:
    """400 customers who bought half a year ago, and every second of them again yesterday."""
    rows = [line(f"a{n}", f"c{n:03d}", ago(200), 40 + n % 30) for n in range(400)]
    rows += [line(f"b{n}", f"c{n:03d}", ago(1), 40 + n % 30) for n in range(0, 400, 2)]
    keep_orders(settings, *rows)


def text(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


def test_without_orders_it_says_where_it_begins(owner: Browser) -> None:
    page = text(owner, "/campaigns/holdout/")
    assert "Nobody to hold back yet" in page
    assert "No customers yet" in text(owner, "/campaigns/holdout/contacts")


def test_a_holdout_is_drawn_and_counted(owner: Browser, orders: None, database: Database) -> None:
    page = text(owner, "/campaigns/holdout/")
    assert "Nobody is held back from everything today." in page
    answer = owner.post("/campaigns/holdout/draw", {"share": "10", "starts_on": TODAY.isoformat()})
    assert answer.status_code == 302
    with database.reading() as session:
        found = holdout_on(session, 1, TODAY)
    assert found is not None
    assert found.share == 1_000
    names = pl.Series([f"c{n:03d}" for n in range(400)])
    held = int(in_holdout(names, salt=found.salt, share=found.share).sum())
    page = text(owner, "/campaigns/holdout/")
    assert "10.0% of the customers are held back since" in page
    assert f": {held} of those known now" in page


@pytest.mark.parametrize(
    ("share", "day", "said"),
    [
        ("60", TODAY.isoformat(), "at most 50 percent"),
        ("0", TODAY.isoformat(), "more than 0"),
        ("<b>", TODAY.isoformat(), "&lt;b&gt;"),
        ("5", "2001-01-01", "A holdout begins today or within a year."),
        ("5", "tomorrow", ""),
        ("9" * 10_000, TODAY.isoformat(), ""),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_drawn(
    owner: Browser, orders: None, database: Database, share: str, day: str, said: str
) -> None:
    answer = owner.post("/campaigns/holdout/draw", {"share": share, "starts_on": day})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert 'class="error"' in page
    with database.reading() as session:
        assert list_holdouts(session, 1) == []


def test_a_rotation_keeps_its_history_and_an_end_ends_it(
    owner: Browser, orders: None, database: Database
) -> None:
    with database.unit_of_work() as session:
        first = TODAY - dt.timedelta(days=30)
        draw_holdout(
            session, shop_id=1, share=1_000, starts_on=first, salt="a", user_id=None, now=NOW
        )
    owner.post("/campaigns/holdout/draw", {"share": "10", "starts_on": TODAY.isoformat()})
    page = text(owner, "/campaigns/holdout/")
    assert re.search(r"\d+ came out, \d+ went in, \d+ stayed", page)
    again = owner.post("/campaigns/holdout/draw", {"share": "10", "starts_on": TODAY.isoformat()})
    assert again.status_code == 422
    owner.post("/campaigns/holdout/end")
    with database.reading() as session:
        assert holdout_on(session, 1, TODAY) is None
        assert len(list_holdouts(session, 1)) == 2


def test_a_quarter_is_worked_out_and_shown(
    owner: Browser, orders: None, database: Database, finish_jobs: Finish
) -> None:
    with database.unit_of_work() as session:
        start = TODAY - dt.timedelta(days=60)
        draw_holdout(
            session, shop_id=1, share=2_000, starts_on=start, salt="a", user_id=None, now=NOW
        )
    quarter = Quarter.of(TODAY - dt.timedelta(days=1))
    page = text(owner, "/campaigns/holdout/")
    assert f"/campaigns/holdout/quarter/{quarter.code}" in page
    before = text(owner, f"/campaigns/holdout/quarter/{quarter.code}")
    assert "Work it out" in before
    owner.post(f"/campaigns/holdout/quarter/{quarter.code}")
    assert all(job.problem is None for job in finish_jobs())
    with database.reading() as session:
        kept = find_quarter(session, 1, quarter)
    assert kept is not None
    page = text(owner, f"/campaigns/holdout/quarter/{quarter.code}")
    assert "Whether everything together paid is open" in page
    assert "Hidden effect" in page
    assert "no campaign was sent in these days" in page
    assert "no orders reach day 30 or 60 after a window yet" in page
    assert "Cannot be said" in page


def test_who_was_told_and_first_known_in_the_days_is_counted_apart(app: Flask) -> None:
    nothing = {"whole": {"code": "too_few_units"}, "parts": [], "untold": []}
    kept: dict[str, Any] = {
        "currency": "EUR",
        "programme": None,
        "nth": [],
        "discounts_recorded": False,
        "first": "2026-04-01",
        "last": "2026-06-30",
        "whole": True,
        "campaigns": 0,
        **dict.fromkeys(("own", "outside", "later"), nothing),
    }
    with app.test_request_context():
        assert quarter_page(kept).newcomers == ""
        told = quarter_page(kept | {"told_newcomers": 3}).newcomers
    assert told.startswith("3 customers told were first known during these days")


@pytest.mark.parametrize("code", ["20265", "7", "99999999999"])
def test_no_such_quarter(owner: Browser, code: str) -> None:
    assert owner.get(f"/campaigns/holdout/quarter/{code}").status_code == 404


def test_the_limit_is_kept_or_refused(owner: Browser, orders: None) -> None:
    page = text(owner, "/campaigns/holdout/contacts")
    assert "Four contacts in thirty days is the usual limit" in page
    kept = owner.post("/campaigns/holdout/contacts", {"contacts": "2", "days": "14", "apart": "3"})
    assert kept.status_code == 302
    page = text(owner, "/campaigns/holdout/contacts")
    assert 'name="apart" inputmode="numeric" maxlength="10" value="3"' in page
    wrong = owner.post("/campaigns/holdout/contacts", {"contacts": "x", "days": "0", "apart": "-"})
    assert wrong.status_code == 422
    assert wrong.get_data(as_text=True).count('class="error"') == 3


def test_a_draw_begins_tomorrow_unless_another_day_is_chosen(owner: Browser, orders: None) -> None:
    page = text(owner, "/campaigns/holdout/")
    found = re.search(r'name="starts_on" type="date" value="([^"]+)"', page)
    assert found is not None
    # the clock may pass midnight between the two
    assert found[1] in {(TODAY + dt.timedelta(days=n)).isoformat() for n in (1, 2)}
    assert "whose windows are still open" not in page


def test_a_size_that_takes_centuries_is_not_said_to_prove_anything() -> None:
    assert "10 quarters" in patience_words(10)
    assert patience_words(801) == patience_words(None)
    assert "out of reach at this size" in patience_words(801)


def test_what_only_more_than_twice_their_spend_would_prove_is_out_of_reach(app: Flask) -> None:
    size = SizePlan(
        share=200,
        customers=1_000,
        held=20,
        spent=400,
        forgone=8,
        detectable=30.0,
        relative=1.4,
        why=None,
        quarters=801,
    )
    with app.test_request_context():
        assert "Nothing at this size" in size_line(size, "EUR").detectable
        assert "(90.0% of spend)" in size_line(replace(size, relative=0.9), "EUR").detectable
