"""Links under which a report may be read: what they show, to whom, until when, and nothing else."""

import datetime as dt
import re

import pytest
from flask import Flask
from sqlalchemy import select, update

from regulars_platform.canonical import sha256_of
from regulars_platform.sharing.tables import ReportShareRow
from regulars_platform.storage.database import Database
from tests.web.conftest import Browser
from tests.web.reports.two_versions import keep_another, stored_document

LINKS = "/campaigns/1/report/links"


def make_link(owner: Browser, **form: str) -> str:
    """The path of a new link, as the page shows it once."""
    owner.post(LINKS, {"version": "newest", "days": "30", **form})
    page = owner.get(LINKS).get_data(as_text=True)
    found = re.search(r'value="http://[^/]+(/shared/[\w-]+)"', page)
    assert found is not None
    return found.group(1)


@pytest.fixture
def link(evaluated_shop: Browser) -> str:
    """Of campaign 1: always the newest version."""
    return make_link(evaluated_shop, meant_for="Finance")


@pytest.fixture
def reader(app: Flask) -> Browser:
    """Somebody without an account."""
    return Browser(app.test_client())


def test_whoever_has_the_link_reads_the_report(link: str, reader: Browser) -> None:
    answer = reader.get(link)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 200
    assert "Telling these 1,200 customers earned £" in page
    assert "Green Hill" in page


def test_the_shared_page_leads_nowhere_into_the_shop(link: str, reader: Browser) -> None:
    page = reader.get(link).get_data(as_text=True)

    leads = set(re.findall(r'(?:href|src|action)="([^"]*)"', page))
    # the glossary is open to everybody, and tells nothing of any shop
    known = rf"/static/|#|\?lang=|{link}/|/help/terms#"
    assert [address for address in leads if not re.match(known, address)] == []
    assert "<form" not in page
    assert "csrf" not in page
    assert "hx-" not in page
    # customers of this shop are called c0, c1, ...; no field of the page names one
    assert not re.search(r"\bc\d{1,4}\b", page)


def test_reading_by_a_link_leaves_no_cookie_and_tells_nobody_the_address(
    link: str, reader: Browser
) -> None:
    answer = reader.get(link)

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex' in answer.get_data(as_text=True)


def test_a_link_opens_nothing_else(link: str, reader: Browser) -> None:
    reader.get(link)

    for address in (
        "/",
        "/campaigns/1/report",
        "/campaigns/1/report/1.json",
        "/customers/",
        "/campaigns/1",
        LINKS,
    ):
        answer = reader.get(address)
        assert answer.status_code == 302, address
        assert "/sign-in" in answer.location
    token = link.rpartition("/")[2]
    for address in (link + "/decide", link + "/..", f"/campaigns/1/report?token={token}"):
        assert reader.get(address).status_code in (302, 404), address
    assert reader.client.post(link).status_code in (400, 405)


def test_the_database_keeps_no_token_only_its_digest(link: str, database: Database) -> None:
    token = link.rpartition("/")[2]
    with database.unit_of_work() as session:
        row = session.scalars(select(ReportShareRow)).one()

        assert len(token) >= 43  # 32 bytes in base64
        assert row.token_sha256 == sha256_of(token)
        assert token not in repr(vars(row))


def test_the_address_of_a_link_is_shown_once(link: str, evaluated_shop: Browser) -> None:
    page = evaluated_shop.get(LINKS).get_data(as_text=True)

    assert link not in page
    assert "Finance" in page
    assert "Mei" in page


def test_a_withdrawn_link_says_so_in_the_readers_language(
    link: str, evaluated_shop: Browser, reader: Browser
) -> None:
    evaluated_shop.post(LINKS + "/1/withdraw")

    answer = reader.get(link)
    assert answer.status_code == 410
    assert "This link was withdrawn." in answer.get_data(as_text=True)
    assert "Green Hill" not in answer.get_data(as_text=True)
    chinese = reader.get(link, headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert 'lang="zh-Hans"' in chinese
    assert "withdrawn" in evaluated_shop.get(LINKS).get_data(as_text=True)


def test_an_expired_link_shows_nothing(link: str, reader: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        past = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        session.execute(update(ReportShareRow).values(expires_at=past))

    answer = reader.get(link)

    assert answer.status_code == 410
    assert "This link has expired." in answer.get_data(as_text=True)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "%00", "../1"])
def test_a_link_that_nobody_made_is_not_found(reader: Browser, token: str) -> None:
    assert reader.get(f"/shared/{token}").status_code in (302, 404)


def test_a_link_lasts_thirty_days_unless_otherwise_chosen(
    evaluated_shop: Browser, database: Database
) -> None:
    page = evaluated_shop.get(LINKS).get_data(as_text=True)
    assert '<option value="30" selected>30 days</option>' in page

    make_link(evaluated_shop, days="7")
    with database.unit_of_work() as session:
        row = session.scalars(select(ReportShareRow)).one()
        assert row.expires_at - row.made_at == dt.timedelta(days=7)


def test_one_version_stays_that_version_and_the_newest_moves_on(
    evaluated_shop: Browser, reader: Browser, database: Database
) -> None:
    first = make_link(evaluated_shop, version="1")
    newest = make_link(evaluated_shop)
    later = stored_document(database)
    later["overall"][0]["evidence"] = "not_proved"
    keep_another(database, later)

    one, other = (reader.get(link).get_data(as_text=True) for link in (first, newest))
    assert "Version 1, evaluated" in one
    assert "neither a profit nor a loss is proved" not in one
    assert "Version 2, evaluated" in other
    assert "neither a profit nor a loss is proved" in other


def test_the_list_says_when_a_link_was_last_opened(
    link: str, evaluated_shop: Browser, reader: Browser
) -> None:
    assert "never" in evaluated_shop.get(LINKS).get_data(as_text=True)
    reader.get(link)
    reader.get(link)

    assert "opened 2 times" in evaluated_shop.get(LINKS).get_data(as_text=True)


def test_few_people_are_not_counted_on_a_shared_page(
    evaluated_shop: Browser, reader: Browser, database: Database
) -> None:
    document = stored_document(database)
    document["contamination"]["not_reached"] = {"Free shipping": 7}
    document["inputs"]["failed_sends"] = {"Free shipping": 7}
    keep_another(database, document)
    link = make_link(evaluated_shop)

    def ledger(page: str) -> str:
        return page.partition('id="contamination"')[2].partition("</section>")[0]

    own = ledger(evaluated_shop.get("/campaigns/1/report").get_data(as_text=True))
    shared = ledger(reader.get(link).get_data(as_text=True))
    assert ">7<" in own
    assert ">7<" not in shared
    assert "under 10" in shared


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": "9999"}, "A link lasts one of these numbers of days"),
        ({"version": "77"}, "There is no such report."),
        ({"version": "x"}, "There is no such report."),
        ({"meant_for": "x" * 500}, "in up to 200 characters"),
    ],
)
def test_a_link_that_cannot_be_made_is_refused_in_words(
    evaluated_shop: Browser, wrong: dict[str, str], said: str
) -> None:
    form = {"version": "newest", "days": "30", **wrong}
    page = evaluated_shop.post(LINKS, form, follow_redirects=True).get_data(as_text=True)

    assert said in page
    assert "None yet." in page


def test_links_of_another_campaign_cannot_be_withdrawn(link: str, evaluated_shop: Browser) -> None:
    assert evaluated_shop.post("/campaigns/2/report/links/1/withdraw").status_code == 404
    assert evaluated_shop.post(LINKS + "/99/withdraw").status_code == 404


def test_the_reader_chooses_a_language_on_the_page_itself(link: str, reader: Browser) -> None:
    page = reader.get(link + "?lang=zh_Hans").get_data(as_text=True)

    assert '<html lang="zh-Hans">' in page
    assert reader.get(link + "?lang=xx").status_code == 200


def test_asking_without_end_is_held_up(link: str, reader: Browser) -> None:
    statuses = [reader.get("/shared/" + "x" * 43).status_code for _ in range(125)]

    assert statuses[0] == 404
    assert statuses[-1] == 429
