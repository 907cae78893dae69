"""Every page, as somebody meets it who needs contrast, a keyboard, a screen reader or a narrow
screen: no fault that axe finds, light and dark, and nothing to scroll sideways for."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, BrowserContext, Page

from tests.built_once import everything_once
from tests.pages import VISITS, Visit
from tests.visiting import Shops, served

pytestmark = pytest.mark.browser

AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
FULL = {"resultTypes": ["violations"]}
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
"""A dark page is the light one in other colours."""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Shops]:
    # whom to keep is looked at in test_demo: its models take half a minute
    folder = tmp_path_factory.mktemp("every-page")
    everything = everything_once(tmp_path_factory, folder / "shop")
    with served(folder, chromium, everything) as there:
        yield there


@pytest.fixture(scope="module")
def contexts(chromium: Browser, shops: Shops) -> Iterator[dict[str, BrowserContext]]:
    """Browsers by who is signed in; those whom the tests asked for."""
    opened: dict[str, BrowserContext] = {}
    yield opened
    for context in opened.values():
        context.close()


def stand_in(
    visit: Visit, chromium: Browser, shops: Shops, contexts: dict[str, BrowserContext]
) -> Page:
    who = "stranger" if visit.as_stranger else visit.where
    if who not in contexts:
        contexts[who] = chromium.new_context(
            locale="en-GB",
            reduced_motion="reduce",  # colours caught in the middle of a change have no contrast
            storage_state=shops.state(visit),
        )
    page = contexts[who].new_page()
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    answer = page.goto(shops.address(visit), wait_until="load")
    assert answer is not None
    assert answer.status == visit.status
    page.evaluate(AXE)
    return page


def faults(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    """(rule, the first piece of the page that breaks it)."""
    found = page.evaluate("options => axe.run(document, options)", options)
    return [(fault["id"], fault["nodes"][0]["html"][:300]) for fault in found["violations"]]


@pytest.mark.parametrize("visit", VISITS, ids=[visit.name for visit in VISITS])
def test_a_page_has_no_accessibility_faults_and_fits_a_narrow_screen(
    visit: Visit, chromium: Browser, shops: Shops, contexts: dict[str, BrowserContext]
) -> None:
    page = stand_in(visit, chromium, shops, contexts)

    assert faults(page, FULL) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, COLOURS) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if visit.narrow:
        page.set_viewport_size({"width": 360, "height": 800})
        assert faults(page, FULL) == []
    page.close()
