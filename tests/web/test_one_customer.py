"""A shop with one customer and one order: every page opens, and says what cannot be said."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from regulars_platform.calendar.events import read_event
from regulars_platform.calendar.service import keep_event
from regulars_platform.reach.holdout import draw_holdout
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line
from tests.platform.programmes.build import keep_orders
from tests.web.conftest import NOW, Browser

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
ELSEWHERE = ("static", "hooks.", "links.", "accounts.")
"""Not pages of the shop: files, doors for machines, signing in and out."""


@pytest.fixture
def one_customer(settings: Settings, owner: Browser) -> Browser:
    """The owner of a shop in which Anna bought once, three days ago."""
    bought = (TODAY - dt.timedelta(days=3)).isoformat()
    keep_orders(settings, line("o1", "anna", bought, 25))
    return owner


def addresses(app: Flask) -> list[str]:
    """Every page that needs nothing but its address."""
    return sorted(
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
        if not rule.endpoint.startswith(ELSEWHERE)
    )


def test_every_page_opens(app: Flask, one_customer: Browser) -> None:
    # programs come with tokens to what is below /api/v1
    found = [path for path in addresses(app) if not path.startswith("/api/v1/")]
    assert len(found) > 20
    answers = {path: one_customer.get(path).status_code for path in found}
    # a file that is not there yet is not found; nothing else may be
    wrong = {path: code for path, code in answers.items() if code not in (200, 302, 404)}
    assert wrong == {}
    assert [path for path in found if path.endswith("/") and answers[path] != 200] == []


def test_every_page_opens_with_a_holdout_and_an_event(
    app: Flask, one_customer: Browser, database: Database
) -> None:
    with database.unit_of_work() as session:
        yesterday = TODAY - dt.timedelta(days=5)
        draw_holdout(
            session, shop_id=1, share=500, starts_on=yesterday, salt="a", user_id=None, now=NOW
        )
        raw = {"name": "Day", "kind": "other", "repeats": "weekly", "first_day": "2026-01-01"}
        keep_event(session, shop_id=1, event=read_event(raw), event_id=None, now=NOW)
    for path in (
        "/campaigns/holdout/",
        "/campaigns/holdout/contacts",
        "/campaigns/calendar/1",
        "/campaigns/calendar/?view=month",
        "/customers/",
    ):
        assert one_customer.get(path).status_code == 200, path
    page = one_customer.get("/campaigns/holdout/").get_data(as_text=True)
    assert "Nothing in one quarter" in page
    assert "stays out of reach at this size" in page


def test_a_plan_for_one_customer_says_what_cannot_be_told(one_customer: Browser) -> None:
    page = one_customer.get("/campaigns/new").get_data(as_text=True)
    assert "customer takes part" in page
