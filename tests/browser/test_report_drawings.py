"""Drawings of the report: read by pointer, touch and keyboard, and complete without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import SampleShop

pytestmark = pytest.mark.browser

REPORT = "/campaigns/1/report"
DAY = re.compile(r"^By .+ \(day (\d+)\): ")


def day_read(page: Page) -> int:
    """Which day the line under the drawing of the days speaks of."""
    found = DAY.match(page.locator("#drawing-days .readout").inner_text())
    assert found is not None
    return int(found[1])


@pytest.fixture
def touched(chromium: Browser, sample_shop: SampleShop) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context(
        viewport={"width": 360, "height": 780},
        has_touch=True,
        locale="en-GB",
        storage_state=sample_shop.state,
        base_url=sample_shop.url,
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def without_scripts(chromium: Browser, sample_shop: SampleShop) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context(
        java_script_enabled=False,
        locale="en-GB",
        storage_state=sample_shop.state,
        base_url=sample_shop.url,
    )
    yield context.new_page()
    context.close()


def test_the_pointer_reads_the_point_under_it_and_leaves_the_finding_behind(owner: Page) -> None:
    owner.goto(REPORT)
    field = owner.locator("#drawing-days .field")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    last = day_read(owner)

    owner.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    assert day_read(owner) == 1
    owner.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert day_read(owner) == last
    owner.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert day_read(owner) == pytest.approx(last / 2, abs=1)
    owner.mouse.move(0, 0)
    assert day_read(owner) == last
    # what wanders is not read aloud
    assert owner.locator("#drawing-days .readout").get_attribute("aria-live") is None


def test_the_arrow_keys_move_from_point_to_point_and_are_read_aloud(owner: Page) -> None:
    owner.goto(REPORT)
    frame = owner.get_by_role("group", name=re.compile("Net profit since launch.*arrow keys"))
    frame.focus()
    owner.keyboard.press("Home")
    assert day_read(owner) == 1
    owner.keyboard.press("ArrowRight")
    owner.keyboard.press("ArrowRight")
    owner.keyboard.press("ArrowLeft")
    assert day_read(owner) == 2
    owner.keyboard.press("End")
    owner.keyboard.press("ArrowRight")
    expect(owner.locator("#drawing-days .strip.at")).to_have_count(1)
    readout = owner.locator("#drawing-days .readout")
    expect(readout).to_have_attribute("aria-live", "polite")
    owner.keyboard.press("Tab")
    expect(owner.locator("#drawing-days .strip.at")).to_have_count(0)


def test_a_finger_leaves_its_answer_standing_and_nothing_moves(touched: Page) -> None:
    touched.goto(REPORT)
    field = touched.locator("#drawing-days .field")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    before = touched.evaluate("document.documentElement.scrollHeight")

    touched.touchscreen.tap(box["x"] + 2, box["y"] + box["height"] / 2)

    assert day_read(touched) == 1
    assert touched.evaluate("document.documentElement.scrollHeight") == before


def test_raw_and_pooled_can_be_looked_at_apart_without_a_script(without_scripts: Page) -> None:
    without_scripts.goto(REPORT)
    pooled = without_scripts.locator("#segments rect.pooled").first
    raw = without_scripts.locator("#segments line.raw").first
    # a line without width counts as hidden, whatever its style
    expect(pooled).to_have_css("visibility", "visible")
    expect(raw).to_have_css("visibility", "visible")

    without_scripts.get_by_label("raw (tick)").check()
    expect(pooled).to_have_css("visibility", "hidden")
    expect(raw).to_have_css("visibility", "visible")
    without_scripts.get_by_label("pooled (bar)").check()
    expect(pooled).to_have_css("visibility", "visible")
    expect(raw).to_have_css("visibility", "hidden")


def test_without_scripts_each_drawing_has_its_finding_its_words_and_its_table(
    without_scripts: Page,
) -> None:
    without_scripts.goto(REPORT)
    for name in ("days", "thresholds", "past-values"):
        figure = without_scripts.locator(f"#drawing-{name}")
        expect(figure.locator(".readout")).not_to_be_empty()
        assert figure.locator(".strip title").count() > 3
        section = without_scripts.locator("section", has=figure)
        section.locator("summary").filter(has_text="The numbers").first.click()
        assert section.locator("details[open] tbody tr").count() > 3
