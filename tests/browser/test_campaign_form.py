"""The live side of the campaign form, in a real browser: the last answer wins, nothing flickers,
nothing is lost, on a desk, on a telephone and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import SampleShop

pytestmark = pytest.mark.browser

COUNTED = re.compile("customers take part")


def open_form(page: Page) -> None:
    page.goto("/campaigns/new")
    expect(page.locator("#side")).to_contain_text(COUNTED)


def test_the_last_answer_wins_however_late_the_others_come(owner: Page) -> None:
    open_form(owner)
    asked: list[str] = []

    def first_is_late(route: Route) -> None:
        asked.append(route.request.post_data or "")
        answer = route.fetch()
        if len(asked) == 1:
            owner.wait_for_timeout(1_500)
        route.fulfill(response=answer)

    owner.route("**/campaigns/preview*", first_is_late)
    owner.get_by_label("Audience", exact=True).select_option("everybody")
    owner.wait_for_timeout(1_000)
    asked.clear()
    threshold = owner.get_by_label("Threshold", exact=True)
    threshold.fill("70")
    owner.wait_for_timeout(300)  # it is asked for, and late
    threshold.fill("120")
    expect(owner.locator("#side .mark-text")).to_contain_text("120")
    owner.wait_for_timeout(2_500)
    expect(owner.locator("#side .mark-text")).to_contain_text("120")
    expect(owner.locator("#side-said")).to_contain_text(COUNTED)


def test_while_it_is_counted_the_old_figures_stay_and_it_says_so(owner: Page) -> None:
    open_form(owner)
    before = owner.locator("#side .side-figure").inner_text()

    def late(route: Route) -> None:
        answer = route.fetch()
        owner.wait_for_timeout(1_500)
        route.fulfill(response=answer)

    owner.route("**/campaigns/preview*", late)
    owner.get_by_label(re.compile("^Held back at random")).fill("30")
    counting = owner.locator('.side-state [data-state="counting"]')
    expect(counting).to_be_visible()
    expect(owner.locator("#side-said")).to_have_text("Counting")
    assert owner.locator("#side .side-figure").inner_text() == before
    expect(counting).to_be_hidden()
    expect(owner.locator("#side-said")).to_contain_text(COUNTED)


def test_what_does_not_hold_is_told_beside_its_field_and_the_side_keeps_what_was_right(
    owner: Page,
) -> None:
    open_form(owner)
    cost = owner.get_by_label("Shipping costs you per order")
    cost.fill("6")
    expect(owner.locator("#side")).to_contain_text("Given away anyway")
    owner.wait_for_timeout(500)
    cost.fill("six")
    kept = owner.locator('.side-state [data-state="kept"]')
    expect(kept).to_contain_text("Shipping costs you per order")
    expect(owner.locator("#side")).to_contain_text("Given away anyway")
    cost.blur()
    error = owner.locator("#arms-0-offer-shipping_cost-error")
    expect(error).to_contain_text("six")
    expect(cost).to_have_attribute("aria-invalid", "true")
    faults = Axe().run(owner).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    cost.fill("7")
    expect(error).to_have_count(0)
    expect(kept).to_be_hidden()


def test_what_was_opened_stays_open(owner: Page) -> None:
    open_form(owner)
    owner.locator("#fold-days summary").click()
    owner.locator("#side summary").first.click()
    owner.get_by_label(re.compile("^Held back at random")).fill("25")
    owner.wait_for_timeout(1_500)
    threshold = owner.get_by_label("Threshold", exact=True)
    threshold.fill("95")
    threshold.blur()  # the form is made anew around it
    owner.wait_for_timeout(2_000)
    expect(owner.get_by_label("Returns settle until")).to_be_visible()
    expect(owner.locator("#side details").first).to_have_attribute("open", "")


def test_on_a_telephone_the_count_and_the_forecast_stay_in_sight_and_open_the_rest(
    owner: Page,
) -> None:
    owner.set_viewport_size({"width": 360, "height": 740})
    open_form(owner)
    bar = owner.locator(".plan-bar")
    expect(bar).to_contain_text("customers")
    expect(bar).to_contain_text("expected")
    before = bar.inner_text()
    owner.get_by_label("Audience", exact=True).select_option("everybody")
    expect(bar).not_to_have_text(before)
    bar.focus()
    owner.keyboard.press("Enter")
    expect(owner.get_by_role("button", name="Back to the form")).to_be_focused()
    expect(owner.locator("#plan-side .side-figure")).to_be_in_viewport()
    faults = Axe().run(owner).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    owner.keyboard.press("Escape")
    expect(bar).to_be_focused()
    owner.set_viewport_size({"width": 320, "height": 740})
    assert owner.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_scripts_a_button_shows_the_figures(
    chromium: Browser, sample_shop: SampleShop
) -> None:
    context = chromium.new_context(
        java_script_enabled=False,
        storage_state=sample_shop.state,
        base_url=sample_shop.url,
        locale="en-GB",
        viewport={"width": 1280, "height": 900},
    )
    page = context.new_page()
    page.goto("/campaigns/new")
    page.get_by_label("Audience", exact=True).select_option("everybody")
    page.get_by_role("button", name="Show the figures").first.click()
    expect(page.locator("#side .side-who")).to_contain_text("everybody")
    # whom programmes reach is not left to be looked up by a script
    expect(page.locator("#side")).not_to_contain_text("is being looked up")
    context.close()
