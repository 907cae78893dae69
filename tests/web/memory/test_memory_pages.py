"""What was learnt, as a person reads it: the page, the search, one kind of offer, the form."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, update

from regulars_platform.accounts.service import create_owner
from regulars_platform.campaigns.service import create_draft
from regulars_platform.memory.families import family_of_key
from regulars_platform.memory.tables import LearningRow
from regulars_web.app import create_app
from regulars_web.pages.memory.words import family_title
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
    for words in ("Month 2", "Month 3", "Such campaigns in general", "Expected of the next"):
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
    assert "Past campaigns This campaign Both P(net" in second
    assert "is not the first column added up" in second
    assert "is not the first column added up" not in first
    third = text(reader, "/campaigns/3/report")
    assert "differs from the 2 before by more than chance" in third


def test_the_form_starts_from_what_past_campaigns_say(reader: Browser) -> None:
    page = text(reader, "/campaigns/4/plan")
    assert "What past campaigns say" in page
    assert "From 3 past campaigns of the same people and kind of offer." in page
    assert "likely to lose money" in page
    assert re.search(r"Expected net profit \S+ \(95%: \S+ to \S+\)", page)


@contextmanager
def with_first_campaign(season: Season, **figures: float | None) -> Iterator[None]:
    """What the first campaign taught is this instead, for as long as it takes."""
    taught = select(LearningRow).where(LearningRow.campaign_id == 1)
    with season.database.unit_of_work() as session:
        before = {
            row.id: {name: getattr(row, name) for name in figures}
            for row in session.scalars(taught)
        }
        session.execute(update(LearningRow).where(LearningRow.campaign_id == 1).values(**figures))
    try:
        yield
    finally:
        with season.database.unit_of_work() as session:
            for row in session.scalars(taught):
                for name, value in before[row.id].items():
                    setattr(row, name, value)


def test_a_campaign_that_was_too_small_is_named_instead_of_missing(
    season: Season, reader: Browser
) -> None:
    assert "too small for a result" not in text(reader, "/memory/")
    with with_first_campaign(season, net=None):
        page = text(reader, "/memory/")
    assert (
        "1 campaign is over but too small for a result, so it is not remembered: Month 2." in page
    )


def test_a_campaign_that_would_flatten_the_others_ends_in_an_arrow(
    season: Season, reader: Browser
) -> None:
    address = f"/memory/{cells(reader, '/memory/?q=often')[0]}"
    assert "ends in an arrow" not in text(reader, address)
    with with_first_campaign(season, high=900.0):
        page = reader.get(address).get_data(as_text=True)
    assert "A bar that ends in an arrow goes on beyond the drawing." in page
    assert (page.count('<svg x="100%"'), page.count('<svg x="0"')) == (1, 0)


def test_earned_is_set_against_expected_over_the_campaigns_that_had_both(reader: Browser) -> None:
    # the first forecast was of everybody at once, those after it of the segments
    often, everybody = text(reader, "/memory/?q=often"), text(reader, "/memory/?q=2+orders")
    figure = r"[+−]?€[\d,]+"
    compared = rf"{figure} \({figure} to {figure}\) of {figure} expected"
    assert re.search(f"forecast for 2 of 3 campaigns: {compared}", often)
    assert "1 of 3" not in everybody


def test_a_multiple_is_written_as_everywhere_else(season: Season) -> None:
    app = create_app(season.settings, secure_cookies=False, setup_code=None)
    with app.test_request_context():
        title = family_title(family_of_key("free_shipping|open|email||customer|x0.90|"))
    assert title == "Free shipping from 0.9 × their own order value"
    app.extensions["regulars"].database.dispose()


def test_far_more_than_was_expected_is_said_to_be_that(season: Season, reader: Browser) -> None:
    assert "Of that came true over 500%" not in text(reader, "/memory/")
    with with_first_campaign(season, net=900.0, high=1000.0):
        assert "Of that came true over 500%" in text(reader, "/memory/")
