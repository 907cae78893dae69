"""A real product, started as its users start it, and a real Chromium to use it with."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import Server, free_port

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The machine's own Chromium, or None for the one that Playwright brings."""
    own = os.environ.get("REGULARS_CHROMIUM")
    return own or next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on an empty data folder, for the tests of one file."""
    running = Server(data=tmp_path_factory.mktemp("data") / "regulars", port=free_port())
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=find_chromium(),
            # as root, Chromium's own sandbox cannot start
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser profile on a desktop screen; fails on any script error."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900},
        locale="en-GB",
        accept_downloads=True,
        reduced_motion="reduce",  # colours caught in the middle of a change have no contrast
    )
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []
