"""Versions of a report: each under an address of its own, and what changed between two."""

import copy
from typing import Any

from regulars_platform.storage.database import Database
from tests.web.conftest import Browser
from tests.web.reports.two_versions import keep_another, stored_document

PLAIN = "/campaigns/1/report"


def later(document: dict[str, Any]) -> dict[str, Any]:
    """The same campaign after 40 late orders: everybody's goods earn 1 more each, then proved."""
    changed = copy.deepcopy(document)
    changed["inputs"]["orders_version"] += 1
    changed["inputs"]["files"] = [7]
    changed["checks"]["attributed"]["orders"] += 40
    everybody = changed["overall"][0]
    for bar in everybody["bars"]:
        if bar["name"] in ("goods", "net"):
            for key in ("estimate", "low", "high"):
                bar[key] += 1.0
    for key in ("estimate", "low", "high"):
        everybody["net"][key] += 1.0
    everybody["evidence"] = "not_proved"
    return changed


def test_the_plain_address_shows_the_newest_version_and_says_which_it_is(
    evaluated_shop: Browser, database: Database
) -> None:
    keep_another(database, later(stored_document(database)))

    page = evaluated_shop.get(PLAIN).get_data(as_text=True)

    assert "Version 2 of 2, evaluated" in page
    assert "/campaigns/1/report/2/changes" in page


def test_a_version_under_its_own_address_says_the_same_after_a_newer_one_came(
    evaluated_shop: Browser, database: Database
) -> None:
    before = evaluated_shop.get(PLAIN + "/1").get_data(as_text=True)
    keep_another(database, later(stored_document(database)))
    after = evaluated_shop.get(PLAIN + "/1").get_data(as_text=True)

    def statement(page: str) -> str:
        return page.partition('class="statement"')[2].partition("</p>")[0]

    assert statement(before) == statement(after) != ""
    assert "Version 1 of 2" in after
    assert "never change" in after
    assert "The newest version" in after


def test_the_old_address_of_a_version_leads_to_its_new_one(evaluated_shop: Browser) -> None:
    answer = evaluated_shop.get(PLAIN, query_string={"version": 1})

    assert answer.status_code == 301
    assert answer.location == PLAIN + "/1"


def test_a_version_of_another_campaign_is_not_found(evaluated_shop: Browser) -> None:
    assert evaluated_shop.get("/campaigns/1/report/2").status_code == 404
    assert evaluated_shop.get("/campaigns/2/report/1").status_code == 404
    assert evaluated_shop.get("/campaigns/1/report/2/changes").status_code == 404
    assert evaluated_shop.get("/campaigns/1/report/1/changes?since=9").status_code == 404


def test_what_changed_names_what_was_read_and_what_moved_the_result(
    evaluated_shop: Browser, database: Database
) -> None:
    document = stored_document(database)
    n, orders = document["overall"][0]["n"], document["checks"]["attributed"]["orders"]
    keep_another(database, later(document))

    page = evaluated_shop.get(PLAIN + "/2/changes").get_data(as_text=True)

    assert "Plan and draw are the same in both" in page
    assert "Read in addition: 7." in page
    assert "Orders in the outcome window" in page
    assert f">{orders}<" in page
    assert f">{orders + 40}<" in page
    assert ">+40<" in page
    # 1 more for each of those told
    assert f"margin on goods sold +£{n:,}" in page
    assert "Evidence or advice changed for: Everybody." in page


def test_asked_for_the_other_way_round_the_older_version_stands_first_all_the_same(
    evaluated_shop: Browser, database: Database
) -> None:
    keep_another(database, later(stored_document(database)))

    one = evaluated_shop.get(PLAIN + "/2/changes?since=1").get_data(as_text=True)
    other = evaluated_shop.get(PLAIN + "/1/changes?since=2").get_data(as_text=True)

    def told(page: str) -> str:
        return page.partition("What was read")[2].partition("</main>")[0]

    assert told(one) == told(other) != ""


def test_where_only_the_day_differs_the_page_says_that_no_result_changed(
    evaluated_shop: Browser, database: Database
) -> None:
    again = stored_document(database)
    again["inputs"]["evaluated_on"] = again["status"]["evaluated_on"] = "2031-01-01"
    keep_another(database, again)

    page = evaluated_shop.get(PLAIN + "/2/changes").get_data(as_text=True)

    assert "No result changed between the two versions." in page
    assert "Jan 1, 2031" in page
    assert "What came out" not in page


def test_the_first_version_says_that_there_is_nothing_to_compare(evaluated_shop: Browser) -> None:
    page = evaluated_shop.get(PLAIN + "/1/changes").get_data(as_text=True)

    assert "This is the first version" in page


def test_an_old_document_that_lacks_most_parts_can_be_compared(
    evaluated_shop: Browser, database: Database
) -> None:
    new = stored_document(database)
    old = copy.deepcopy(new)
    for key in ("days", "contamination", "leak", "padding", "thresholds", "memory", "total"):
        del old[key]
    for group in (*old["overall"], *old["segments"]):
        for key in ("return_on_cost", "net_per_user", "believed", "sensitivity"):
            group.pop(key, None)
    for key in ("memory", "forecast", "freight", "suppressed_since"):
        old["inputs"].pop(key, None)
    old["inputs"]["orders_version"] = 99
    keep_another(database, old)

    assert evaluated_shop.get(PLAIN + "/2/changes").status_code == 200


def test_a_change_of_the_frozen_plan_is_told_as_what_it_is(
    evaluated_shop: Browser, database: Database
) -> None:
    odd = stored_document(database)
    odd["inputs"]["plan_sha256"] = "0" * 64
    keep_another(database, odd)

    page = evaluated_shop.get(PLAIN + "/2/changes").get_data(as_text=True)

    assert "Nobody should be able to change them" in page
