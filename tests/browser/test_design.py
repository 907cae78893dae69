"""The frame of every page: found without scripts, by keyboard, on a phone, in high contrast."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import SampleShop

pytestmark = pytest.mark.browser

REPORT = "/campaigns/1/report"
NARROW: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture
def plain(chromium: Browser, sample_shop: SampleShop) -> Iterator[Page]:
    """A phone whose browser runs no scripts."""
    context = chromium.new_context(
        viewport=NARROW,
        locale="en-GB",
        java_script_enabled=False,
        storage_state=sample_shop.state,
        base_url=sample_shop.url,
    )
    yield context.new_page()
    context.close()


def test_on_a_phone_one_word_leads_everywhere_without_scripts(plain: Page) -> None:
    plain.goto("/customers/due/")
    header = plain.locator("header.top")
    box = header.bounding_box()
    assert box is not None
    assert box["height"] < 70  # one row
    menu = plain.locator("header .menu")
    expect(menu.get_by_role("link", name="Programmes")).to_be_hidden()

    menu.get_by_text("Menu", exact=True).click()
    for area in ("Shop", "Segments", "Campaigns", "Memory", "Data", "Settings"):
        expect(menu.get_by_role("link", name=area)).to_be_visible()
    expect(menu.get_by_role("link", name="Customers")).to_have_attribute("aria-current", "page")
    expect(menu.get_by_role("button", name="简体中文")).to_be_visible()
    expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
    expect(header.get_by_text("Hillside Tea")).to_be_visible()

    menu.get_by_role("link", name="Memory").click()
    expect(plain).to_have_url(re.compile(r"/memory/$"))


def test_pages_of_an_area_stand_behind_the_current_one(plain: Page) -> None:
    plain.goto("/customers/due/")
    area = plain.locator(".submenu")

    area.locator("summary").click()
    expect(area.get_by_role("link", name="Due again")).to_have_attribute("aria-current", "page")
    area.get_by_role("link", name="Points").click()
    expect(plain).to_have_url(re.compile(r"/customers/points/$"))


def test_the_drawer_of_help_opens_without_scripts_and_leads_to_the_glossary(plain: Page) -> None:
    plain.goto(REPORT)
    drawer = plain.locator(".help-drawer")
    drawer.locator("summary").click()
    expect(drawer.get_by_text("The first sentence is the result")).to_be_visible()

    drawer.get_by_role("link", name="net profit").click()
    expect(plain).to_have_url(re.compile(r"/help/terms#net_profit$"))
    expect(plain.locator("#net_profit dd")).to_be_visible()


def test_a_term_is_explained_by_keyboard_within_the_screen(owner: Page) -> None:
    owner.set_viewport_size(NARROW)
    owner.goto(REPORT)
    mark = owner.get_by_role("button", name="What does “held back at random” mean?").first
    told = owner.locator(".term-told:popover-open")

    mark.focus()
    owner.keyboard.press("Enter")
    expect(told).to_contain_text("were held back at random (holdout): what they did shows")
    box = told.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    expect(mark).to_have_accessible_description(re.compile("customers"))

    owner.keyboard.press("Escape")
    expect(told).to_have_count(0)
    expect(mark).to_be_focused()


def test_an_explanation_stands_beside_its_question_mark_on_a_wide_screen(owner: Page) -> None:
    owner.goto(REPORT)
    mark = owner.get_by_role("button", name="What does “evidence and advice” mean?").first
    mark.click()

    told, question = owner.locator(".term-told:popover-open").bounding_box(), mark.bounding_box()
    assert told is not None
    assert question is not None
    assert abs(told["y"] - (question["y"] + question["height"])) < 30
    assert abs(told["x"] - question["x"]) < 30


def test_nothing_that_is_pressed_is_smaller_than_24_pixels(owner: Page) -> None:
    small = """() => [...document.querySelectorAll(
        'button, summary, select, input:not([type=hidden]):not([type=radio]):not([type=checkbox])'
    )].filter(one => one.checkVisibility() && !one.closest('.unseen, [aria-hidden=true]'))
      .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
      .filter(([box]) => Math.min(box.width, box.height) < 23.5).map(([, html]) => html)"""
    for path in ("/style", "/", REPORT, "/campaigns/new"):
        owner.goto(path)
        assert owner.evaluate(small) == [], path


def test_high_contrast_keeps_the_current_page_and_how_far_work_has_come(owner: Page) -> None:
    owner.emulate_media(forced_colors="active")
    owner.goto("/settings/")
    underlined = """name => getComputedStyle([...document.querySelectorAll('.nav a')]
        .find(one => one.textContent === name)).borderBottomColor"""
    assert owner.evaluate(underlined, "Settings") != owner.evaluate(underlined, "Data")
    owner.goto("/style")
    border = "() => getComputedStyle(document.querySelector('progress')).borderTopWidth"
    assert owner.evaluate(border) == "1px"


def test_who_wants_no_motion_gets_none(owner: Page) -> None:
    moving = """() => [...document.querySelectorAll('*')].filter(one => {
        const style = getComputedStyle(one);
        return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
    }).length"""
    owner.goto("/style")
    assert owner.evaluate(moving) == 0
    owner.emulate_media(reduced_motion="no-preference")
    assert owner.evaluate(moving) > 0


def test_the_upload_client_runs_under_the_policy(owner: Page) -> None:
    source = "/static/vendor/tus-4.3.1.min.js"
    owner.add_script_tag(url=source)
    assert owner.evaluate("() => tus.isSupported")
