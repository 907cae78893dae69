"""The report's page is kept, and never shows what is out of date."""

import datetime as dt
import gzip
import json
import re
from pathlib import Path
from unittest.mock import patch

import pytest

from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.service import enqueue
from regulars_platform.jobs.tables import JobRow
from regulars_platform.storage.database import Database
from regulars_platform.targeting.jobs import KIND
from regulars_web.csrf import PLACE
from tests.web.conftest import NOW, Browser
from tests.web.reports.test_links import make_link
from tests.web.reports.two_versions import keep_another, stored_document

REPORT = "/campaigns/1/report"


@pytest.fixture
def seen(evaluated_shop: Browser) -> Browser:
    """Signed in; the page was looked at before, and is kept."""
    for address in (REPORT, REPORT + "/1"):
        assert evaluated_shop.get(address).status_code == 200
    return evaluated_shop


def page(browser: Browser, address: str = REPORT) -> str:
    text: str = browser.get(address).get_data(as_text=True)
    return text


def test_a_page_that_was_seen_is_not_rendered_again(seen: Browser) -> None:
    with patch("regulars_web.pages.reports.whole.build_report_page") as built:
        assert seen.get(REPORT).status_code == 200
        assert seen.get(REPORT + "/1").status_code == 200

    built.assert_not_called()


def test_a_decision_stands_on_the_page_at_once(seen: Browser) -> None:
    group = json.dumps(["Free shipping", None])
    for reason in ("it paid", "paid again"):
        form = {"group": group, "choice": "keep", "reason": reason}
        answer = seen.post(REPORT + "/1/decide", form, follow_redirects=True)

        assert "The decision is recorded." in answer.get_data(as_text=True)
        assert reason in page(seen)
        assert "The decision is recorded." not in page(seen)


def test_a_new_version_stands_on_the_page_at_once(seen: Browser, database: Database) -> None:
    later = stored_document(database)
    later["overall"][0]["evidence"] = "not_proved"
    keep_another(database, later)

    assert "Version 2 of 2" in page(seen)
    assert "neither a profit nor a loss is proved" in page(seen)
    assert "Version 1 of 2" in page(seen, REPORT + "/1")


def test_a_job_that_begins_stands_on_the_page_at_once(seen: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        job_id = enqueue(session, "evaluate_campaign", 1, 1, NOW + dt.timedelta(days=1))

    assert f"/jobs/{job_id}" in page(seen)


def test_while_it_is_worked_out_whom_to_keep_only_its_progress_is_rendered(
    seen: Browser, database: Database
) -> None:
    with database.unit_of_work() as session:
        job_id = enqueue(session, KIND, 1, 1, NOW + dt.timedelta(days=1))
    assert page(seen).count(f'id="job-{job_id}"') == 1

    with database.unit_of_work() as session:
        row = session.get_one(JobRow, job_id)
        row.state, row.done, row.total = JobState.RUNNING, 30, 100
    first = page(seen)
    with database.unit_of_work() as session:
        session.get_one(JobRow, job_id).done = 70
    with patch("regulars_web.pages.reports.whole.build_report_page") as built:
        second = page(seen)

    built.assert_not_called()
    assert ('value="30"' in first, 'value="70"' in first) == (True, False)
    assert ('value="30"' in second, 'value="70"' in second) == (False, True)


def test_orders_that_come_change_what_is_known_of_customers(
    seen: Browser, database: Database, evaluated_data: Path
) -> None:
    del evaluated_data
    log = next(Path(str(database.engine.url.database)).parent.glob("shops/1/orders/_delta_log"))
    (log / "marker").touch()

    with (
        patch("regulars_web.pages.reports.whole.build_report_page", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
    ):
        seen.get(REPORT)


def test_each_language_has_its_own_page(seen: Browser) -> None:
    english = page(seen)
    seen.post("/language", {"locale": "zh_Hans", "next": REPORT})
    chinese = page(seen)
    seen.post("/language", {"locale": "en", "next": REPORT})

    assert '<html lang="zh-Hans"' in chinese
    assert re.search(r'class="statement">([^<]*)', english) != re.search(
        r'class="statement">([^<]*)', chinese
    )
    assert '<html lang="en"' in page(seen)


def test_forms_of_a_kept_page_have_a_good_token_of_their_own(seen: Browser) -> None:
    first, again = page(seen), page(seen)

    found = [set(re.findall(r'name="csrf_token" value="([^"]+)"', text)) for text in (first, again)]
    assert all(len(tokens) == 1 for tokens in found)
    assert found[0] != found[1]
    assert PLACE not in first
    (token,) = found[1]
    form = {"csrf_token": token, "group": json.dumps(["Free shipping", None]), "choice": "keep"}
    answer = seen.client.post(REPORT + "/1/decide", data=form | {"reason": "it paid"})
    assert answer.status_code == 302
    assert "it paid" in page(seen)


def test_packed_it_is_the_same_page(seen: Browser) -> None:
    def whole(text: str) -> str:
        return re.sub(r"m\.[\w-]+", "token", text)

    packed = seen.get(REPORT, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert whole(gzip.decompress(packed.get_data()).decode()) == whole(page(seen))


def test_words_of_the_address_are_kept_for_nobody(seen: Browser) -> None:
    with_words = page(seen, REPORT + "?spring=%22%3E")

    assert "spring" in with_words
    assert "spring" not in page(seen)


def test_whoever_signs_out_sees_nothing_of_what_is_kept(seen: Browser, stranger: Browser) -> None:
    seen.post("/sign-out")

    assert seen.get(REPORT).status_code == 302
    assert stranger.get(REPORT).status_code == 302


def test_a_shared_report_that_was_read_is_closed_at_once_when_its_link_is_withdrawn(
    seen: Browser, stranger: Browser
) -> None:
    link = make_link(seen)
    for _ in range(2):
        assert stranger.get(link).status_code == 200
    seen.post("/campaigns/1/report/links/1/withdraw")

    assert stranger.get(link).status_code == 410


def test_a_shared_report_moves_on_with_the_newest_version(
    seen: Browser, stranger: Browser, database: Database
) -> None:
    link = make_link(seen)
    assert "Version 1, evaluated" in page(stranger, link)
    later = stored_document(database)
    later["overall"][0]["evidence"] = "not_proved"
    keep_another(database, later)

    assert "Version 2, evaluated" in page(stranger, link)


def test_the_page_with_everything_it_asks_for_is_small(seen: Browser) -> None:
    asks = {"Accept-Encoding": "gzip"}
    packed = seen.get(REPORT, headers=asks).get_data()
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(packed).decode()))

    sizes = {address: len(seen.get(address, headers=asks).get_data()) for address in files}
    assert len(files) > 5
    assert len(packed) + sum(sizes.values()) < 300_000, sizes
