"""From a draft over the launch to the lists, and what cannot be done afterwards."""

import csv
import hashlib
import io
import json

import polars as pl
import pytest

from regulars_platform.campaigns.service import get_campaign, get_launched
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.pages.campaigns import launching
from tests.web.campaigns.build import filled, keep, launch, said_beside, second_arm, text_of
from tests.web.conftest import Browser


def rows_of(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_from_a_draft_to_its_lists(planner: Browser, database: Database) -> None:
    kept = keep(planner)
    page = planner.get(f"/campaigns/{kept}/launch").get_data(as_text=True)
    assert "cannot be changed" in page
    assert "Average order value from £48 to £96" in text_of(page)
    launch(planner, kept)
    shown = text_of(planner.get(f"/campaigns/{kept}").get_data(as_text=True))
    with database.unit_of_work() as session:
        launched = get_launched(session, 1, kept)
    assert launched.plan_sha256 in shown
    assert launched.ledger_sha256 in shown
    assert "245 customers drawn" in shown
    drawn = rows_of(planner, f"/campaigns/{kept}/assignment.csv")
    assert len(drawn) == 245
    listed = rows_of(planner, f"/campaigns/{kept}/contacts/1.csv")
    held_out = {row["customer_id"] for row in drawn if row["arm"] == "holdout"}
    assert len(held_out) == 49
    assert {row["customer_id"] for row in listed} == {
        row["customer_id"] for row in drawn
    } - held_out


def test_of_a_mere_message_nothing_is_said_of_who_may_use_it(planner: Browser) -> None:
    who = {"audience.choice": "everybody"}
    message = {"arms.0.offer.kind": "message", "arms.0.name": "A word"} | who
    for offer, says in (({"arms.0.offer.reach": "open"}, True), (message, False)):
        page = planner.get(f"/campaigns/{keep(planner, **offer)}/launch").get_data(as_text=True)
        assert ("open to the whole shop" in text_of(page)) is says


def test_the_contact_list_carries_codes_and_cannot_run_in_a_spreadsheet(planner: Browser) -> None:
    kept = keep(planner)
    launch(planner, kept)
    listed = rows_of(planner, f"/campaigns/{kept}/contacts/1.csv")
    assert len({row["code"] for row in listed}) == len(listed)
    assert {row["offer"] for row in listed} == {"'=Until Sunday"}


def test_there_is_no_contact_list_of_the_holdout(planner: Browser) -> None:
    kept = keep(planner)
    launch(planner, kept)
    assert planner.get(f"/campaigns/{kept}/contacts/0.csv").status_code == 404
    assert planner.get(f"/campaigns/{kept}/contacts/2.csv").status_code == 404


def test_suppressed_and_excluded_customers_are_on_no_list(planner: Browser) -> None:
    planner.post("/campaigns/suppressions", {"ids": "c010\nc011"})
    kept = keep(planner, **{"exclusions.customers": "c012\r\nc013\r\n"})
    launch(planner, kept)
    # opted out after the draw: stays drawn, leaves the list
    everybody = rows_of(planner, f"/campaigns/{kept}/contacts/1.csv")
    late = everybody[0]["customer_id"]
    planner.post("/campaigns/suppressions", {"ids": late})
    drawn = {row["customer_id"] for row in rows_of(planner, f"/campaigns/{kept}/assignment.csv")}
    listed = {row["customer_id"] for row in rows_of(planner, f"/campaigns/{kept}/contacts/1.csv")}
    assert len(drawn) == 241
    assert not drawn & {"c010", "c011", "c012", "c013"}
    assert late in drawn
    assert late not in listed
    shown = text_of(planner.get(f"/campaigns/{kept}").get_data(as_text=True))
    assert "1 not to be contacted any more" in shown


def test_the_frozen_plan_comes_down_to_the_byte(planner: Browser, database: Database) -> None:
    kept = keep(planner)
    launch(planner, kept)
    content = planner.get(f"/campaigns/{kept}/plan.json").data
    with database.unit_of_work() as session:
        assert hashlib.sha256(content).hexdigest() == get_launched(session, 1, kept).plan_sha256
    assert json.loads(content)["plan"]["arms"][0]["name"] == "Free shipping from £80"


def test_pressing_the_button_twice_draws_once(planner: Browser, database: Database) -> None:
    kept = keep(planner)
    launch(planner, kept)
    with database.unit_of_work() as session:
        before = get_launched(session, 1, kept)
    answer = planner.post(f"/campaigns/{kept}/launch", {"revision": "1"}, follow_redirects=True)
    assert "already launched" in answer.get_data(as_text=True)
    with database.unit_of_work() as session:
        assert get_launched(session, 1, kept) == before


def test_a_plan_changed_since_it_was_looked_at_is_not_launched(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner)
    planner.post(f"/campaigns/{kept}/plan", filled(do="save", holdout_percent="50"))
    answer = planner.post(f"/campaigns/{kept}/launch", {"revision": "1"})
    assert answer.status_code == 422
    assert "changed by somebody else" in answer.get_data(as_text=True)
    with database.unit_of_work() as session:
        assert get_campaign(session, 1, kept).state == "draft"


def test_an_arm_that_gets_nobody_is_refused_beside_its_share(
    planner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # one in ten thousand of 245 customers: with this salt, as with most, it is none
    monkeypatch.setattr(launching, "new_salt", lambda: "pepper")
    kept = keep(
        planner,
        **{"arms.0.share_percent": "79.99", "arms.0.offer.reach": "personal"},
        **second_arm(share_percent="0.01", **{"offer.reach": "personal"}),
    )
    answer = planner.post(f"/campaigns/{kept}/launch", {"revision": "1"})
    assert answer.status_code == 422
    assert "none fell into" in said_beside(answer.get_data(as_text=True), "arms.1.share_percent")


def test_a_launched_campaign_can_be_neither_changed_nor_deleted(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner)
    launch(planner, kept)
    assert planner.get(f"/campaigns/{kept}/plan").location == f"/campaigns/{kept}"
    assert planner.post(f"/campaigns/{kept}/plan", filled(do="save", name="Other")).location
    assert planner.post(f"/campaigns/{kept}/delete").status_code == 400
    with database.unit_of_work() as session:
        assert get_campaign(session, 1, kept).name == "November"


def test_lists_of_a_draft_are_refused(planner: Browser) -> None:
    kept = keep(planner)
    for path in ("contacts/1.csv", "assignment.csv", "plan.json"):
        assert planner.get(f"/campaigns/{kept}/{path}").status_code == 400
    assert planner.get(f"/campaigns/{kept}").location == f"/campaigns/{kept}/plan"


def test_failed_sends_are_counted_and_stay_in_their_arm(planner: Browser) -> None:
    kept = keep(planner)
    launch(planner, kept)
    drawn = rows_of(planner, f"/campaigns/{kept}/assignment.csv")
    told = [row["customer_id"] for row in drawn if row["arm"] != "holdout"][:2]
    held = next(row["customer_id"] for row in drawn if row["arm"] == "holdout")
    file = (io.BytesIO(f"id,reason\n{told[1]},no such number\nstranger,\n".encode()), "f.csv")
    answer = planner.post(
        f"/campaigns/{kept}/failed-sends",
        {"ids": f"{told[0]}\n{held}", "file": file},
        follow_redirects=True,
    )
    text = text_of(answer.get_data(as_text=True))
    assert "Of 4 ids 3 were recorded as not reached. 1 are not in this campaign." in text
    assert "somebody tried to contact the holdout" in text
    assert len(rows_of(planner, f"/campaigns/{kept}/assignment.csv")) == len(drawn)


def test_failed_sends_without_any_id_are_refused_beside_the_field(planner: Browser) -> None:
    kept = keep(planner)
    launch(planner, kept)
    answer = planner.post(f"/campaigns/{kept}/failed-sends", {"ids": "  "})
    assert answer.status_code == 422
    assert "No customer id came" in said_beside(answer.get_data(as_text=True), "ids")


def test_the_next_round_is_a_draft_like_it_with_windows_as_long(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner, **{"exclusions.customers": "c012"})
    launch(planner, kept)
    answer = planner.post(f"/campaigns/{kept}/again")
    new_id = int(answer.location.split("/")[2])
    with database.unit_of_work() as session:
        old, new = get_campaign(session, 1, kept), get_campaign(session, 1, new_id)
        same = ("arms", "audience", "segments", "holdout_percent", "exclusions")
        assert [new.draft[name] for name in same] == [old.draft[name] for name in same]
        assert new.draft["as_of"] == "2026-10-20"
    page = planner.get(f"/campaigns/{new_id}/plan").get_data(as_text=True)
    assert "(28 days)" in text_of(planner.get(f"/campaigns/{new_id}/launch").get_data(as_text=True))
    assert "needs mending" not in page


def test_the_list_tells_drafts_from_launched_campaigns(planner: Browser) -> None:
    launch(planner, keep(planner))
    keep(planner, name="Draft & more", outcome_end="")
    text = text_of(planner.get("/campaigns/").get_data(as_text=True))
    assert "Draft & more Draft not yet said Free shipping from £80" in text
    assert (
        "November Launched Nov 2, 2026 to Nov 29, 2026 Free shipping from £80 245 – Report" in text
    )


def test_where_no_addresses_are_kept_the_page_says_whom_it_cannot_see(
    planner: Browser, settings: Settings
) -> None:
    campaign = keep(planner)
    launch(planner, campaign)
    blind = "No addresses are kept for this channel"
    assert blind in planner.get(f"/campaigns/{campaign}").get_data(as_text=True)
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame({"customer_id": ["somebody"], "email": ["s@example.org"]})
    )
    assert blind not in planner.get(f"/campaigns/{campaign}").get_data(as_text=True)
