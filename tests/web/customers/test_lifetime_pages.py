"""Lifetime value in the browser: from the button to the figures, or why there are none."""

import datetime as dt
import re
from collections.abc import Callable

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line
from tests.platform.lifetime.build import returning, write_cdnow, write_lines
from tests.web.conftest import NOW, Browser
from tests.web.customers.build import words

PAGE = "/customers/lifetime/"
Finish = Callable[[], list[Job]]


def work_out(owner: Browser, finish: Finish) -> str:
    """The page as it reads after the button was pressed and the job is done."""
    assert owner.post(PAGE).status_code == 302
    assert [job.state for job in finish()] == [JobState.DONE]
    page = owner.get(PAGE)
    assert page.status_code == 200
    return words(page)


@pytest.mark.shared
def test_cdnow_through_the_page_gives_the_published_numbers(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    """Fader, Hardie & Lee (2005) and Fader & Hardie (2013); 1,653 of the 1,882 that came."""
    write_cdnow(settings.shop_dir(1))
    said = work_out(owner, finish_jobs)
    assert "1,653 predicted where 1,882 came: 12% too few" in said
    assert "what came lies outside the range of 1,459 to 1,859" in said
    assert "Believe it with care" in said
    # 59,932 of 70,976 dollars
    assert "expected 16% too little money, and what came lay outside the range" in said
    assert "saw the orders until Sep 30, 1997 alone and foretold the 273 days after" in said
    assert "of the 2,357 customers who had bought by then" in said
    models = said[said.index("Orders until the split") :]
    for name, value in (
        ("r", "0.243"),
        ("alpha", "4.414"),
        ("a", "0.793"),
        ("b", "2.426"),
        ("log-likelihood", "−9,582.4"),
        ("p", "6.25"),
        ("q", "3.74"),
        ("gamma", "15.44"),
    ):
        assert f" {name} {value} " in models


def test_without_orders_the_page_says_what_it_will_show_and_leads_to_the_data(
    owner: Browser,
) -> None:
    page = owner.get(PAGE)
    assert page.status_code == 200
    assert "No orders yet" in words(page)
    assert 'href="/data/"' in page.get_data(as_text=True)
    pressed = owner.post(PAGE, follow_redirects=True)
    assert "No paid order of a known customer is here yet." in words(pressed)
    assert owner.get(f"{PAGE}customers.csv").status_code == 404
    assert owner.get(f"{PAGE}lifetime.json").status_code == 404


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    for path in ("", "customers.csv", "lifetime.json"):
        assert stranger.get(PAGE + path).status_code == 302


def test_one_customer_gets_a_clear_answer(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), [line("1", "mei", "2026-10-02", 10)])
    assert "Not worked out yet" in words(owner.get(PAGE))
    said = work_out(owner, finish_jobs)
    assert (
        "1 customer has spent £10 so far; what will follow cannot be foretold yet: fewer than 30 "
        "customers have bought again so far." in said
    )
    assert "1 customer counts here, and 0 of them came back." in said
    rows = owner.get(f"{PAGE}customers.csv").get_data(as_text=True).splitlines()
    assert rows[1].startswith("mei,1,2026-10-02,10,,,")


def test_orders_without_customers_fail_with_a_sentence(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), [line("1", None, "2026-10-02", 10)])
    owner.post(PAGE)
    assert [job.state for job in finish_jobs()] == [JobState.FAILED]
    assert "No paid order of a known customer" in words(owner.get(PAGE))


def test_a_lively_shop_reads_in_money_by_tenths_and_segments(
    owner: Browser, settings: Settings, database: Database, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), returning(600, seed=1))
    with database.unit_of_work() as session:
        rule = parse_rule({"feature": "orders", "op": ">=", "value": "3"})
        save_segment(session, shop_id=1, name="<b>Often</b>", rule=rule, now=NOW)
    said = work_out(owner, finish_jobs)
    assert re.search(
        r"In the next 365 days your 600 customers should spend £[\d,]+ \(£[\d,]+ to £[\d,]+\), in "
        r"[\d,]+ orders \([\d,]+ to [\d,]+\)\.",
        said,
    )
    assert "Tried on the past, it held: what came lay in its range." in said
    for heading in (
        "Time: who buys again",
        "Need: what they lack",
        "Influence: whom they bring",
        "Where the value lies",
        "By segment",
        "Did it tell the good customers from the others?",
    ):
        assert heading in said
    assert "<b>Often</b>" in said  # as text, not as markup
    text = owner.get(f"{PAGE}customers.csv").get_data(as_text=True)
    assert len(text.splitlines()) == 601
    document = owner.get(f"{PAGE}lifetime.json").get_json()
    assert document["schema"] == "regulars.lifetime/1"


def test_the_day_it_counts_from_is_the_day_after_the_last_order(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    rows = [line("1", "mei", "2026-09-02", 10), line("2", "mei", "2026-10-31", 10)]
    write_lines(settings.shop_dir(1), rows)
    assert "day after the last order, Nov 1, 2026." in work_out(owner, finish_jobs)
    assert "As of Nov 1, 2026, the day after the last order" in words(owner.get("/customers/"))


def test_new_orders_make_the_answer_old_and_pressing_twice_asks_once(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), [line("1", "mei", "2026-10-02", 10)])
    assert "has changed" not in work_out(owner, finish_jobs)
    products = pl.DataFrame({"product": ["tea"], "one_off": [True]})
    DatasetTable(settings.shop_dir(1), "products").merge(products)
    assert "something has changed: products." in words(owner.get(PAGE))
    owner.post(PAGE)
    owner.post(PAGE)
    page = owner.get(PAGE).get_data(as_text=True)
    assert "<progress" in page
    assert len(finish_jobs()) == 1
    said = words(owner.get(PAGE))
    assert "has changed" not in said
    assert "All goods sold here are bought once in a life" in said
    assert "1 more bought nothing but goods that one buys once" in said


def test_a_model_that_failed_is_not_to_be_believed_and_the_page_says_so_first(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    """A shop whose customers all stopped coming at the turn of the year."""
    rows = [
        row
        for row in returning(500, seed=4)
        if not (dt.date(2025, 10, 8) < row["ordered_at"].date())  # type: ignore[attr-defined]
    ]
    rows.append(line("last", "c00000", "2026-07-14", 20))
    write_lines(settings.shop_dir(1), rows)
    said = work_out(owner, finish_jobs)
    assert re.search(r"Do not believe this forecast: .* where \d+ came, [\d,]+% too many\.", said)
    assert "do not plan with them" in said


def test_the_answer_of_another_shop_is_not_shown(
    owner: Browser, settings: Settings, database: Database
) -> None:
    from regulars_platform.lifetime.service import work_out as work_out_now

    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        write_lines(settings.shop_dir(other), [line("1", "secret", "2026-10-02", 10)])
        work_out_now(session, settings, shop_id=other, now=NOW)
    write_lines(settings.shop_dir(1), [line("1", "mei", "2026-10-02", 10)])
    assert "Not worked out yet" in words(owner.get(PAGE))
    assert owner.get(f"{PAGE}customers.csv").status_code == 404


def test_the_area_leads_here(owner: Browser, settings: Settings) -> None:
    write_lines(settings.shop_dir(1), [line("1", "mei", "2026-10-02", 10)])
    assert f'href="{PAGE}"' in owner.get("/customers/").get_data(as_text=True)
