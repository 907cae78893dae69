"""What was learnt, as a person reads it: the page, the search, one kind of offer, the form."""

import re
from collections.abc import Iterator

import pytest

from regulars_platform.accounts.service import create_owner
from regulars_platform.campaigns.service import create_draft
from regulars_web.app import create_app
from tests.platform.memory.season import Season, moment, plan_of
from tests.web.conftest import EMAIL, NOW, PASSWORD, Browser


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """Two months in which the offer brings a tenth more buyers, and one that drives them away."""
    made = Season(tmp_path_factory.mktemp("season"))
    made.run(2, 0.1)
    made.run(3, 0.1)
    made.run(4, -0.35)
    with made.database.unit_of_work() as session:
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
        create_draft(session, shop_id=1, raw=plan_of(5), now=moment(5, 1))
    yield made
    made.database.dispose()


@pytest.fixture
def reader(season: Season) -> Iterator[Browser]:
    app = create_app(season.settings, secure_cookies=False, setup_code=None)
    app.testing = True
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    yield browser
    app.extensions["regulars"].database.dispose()


def text(browser: Browser, path: str) -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)).split())


def cells(browser: Browser, path: str = "/memory/") -> list[str]:
    page = browser.get(path).get_data(as_text=True)
    return re.findall(r'href="/memory/([0-9a-f]{16})"', page)


def test_a_new_shop_is_told_what_the_page_will_show(owner: Browser) -> None:
    page = text(owner, "/memory/")
    assert "Nothing is learnt yet" in page
    assert "Plan a campaign" in page


def test_the_page_lists_who_was_told_what_with_average_and_expectation(reader: Browser) -> None:
    page = text(reader, "/memory/")
    assert len(cells(reader)) == 3  # everybody, those who order often, everyone else
    assert "Free shipping from about their usual order E-mail · open to the whole shop" in page
    assert "3 campaigns" in page
    assert "differs from the 2 before by more than chance" in page
    assert "Of that came true" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=often", 1),
        ("q=OFTEN+4", 1),
        ("q=orders+at+least", 2),
        ("q=e-mail+shipping", 3),
        ("kind=free_shipping&channel=email", 3),
        ("kind=message", 0),
        ("q=nonsense", 0),
        ("q=month+3", 3),
    ],
)
def test_the_search_looks_through_names_rules_offers_and_channels(
    reader: Browser, query: str, found: int
) -> None:
    assert len(cells(reader, f"/memory/?{query}")) == found
    assert ("Nothing that was learnt fits" in text(reader, f"/memory/?{query}")) == (found == 0)


def test_one_kind_of_people_and_offer_shows_its_campaigns_on_one_scale(reader: Browser) -> None:
    page = text(reader, f"/memory/{cells(reader, '/memory/?q=often')[0]}")
    for words in ("Month 2", "Month 3", "Month 4", "On average so far", "Expected of the next"):
        assert words in page
    assert "The last campaign differs from the 2 before by more than chance." in page


def test_what_was_never_learnt_is_not_found(reader: Browser) -> None:
    assert reader.get("/memory/0123456789abcdef").status_code == 404


def test_the_report_says_what_was_expected_and_what_memory_adds(reader: Browser) -> None:
    first, second = text(reader, "/campaigns/1/report"), text(reader, "/campaigns/2/report")
    assert "Expected at the launch:" in first
    assert "No past campaign to go by: a wide guess" in first
    assert "this one is the first that the next can start from" in first
    assert "From 1 past campaign of the same people and kind of offer." in second
    assert "With memory" in second
    third = text(reader, "/campaigns/3/report")
    assert "differs from the 2 before by more than chance" in third


def test_the_form_starts_from_what_past_campaigns_say(reader: Browser) -> None:
    page = text(reader, "/campaigns/4/plan")
    assert "What past campaigns say" in page
    assert "From 3 past campaigns of the same people and kind of offer." in page
    assert "likely to lose money" in page
