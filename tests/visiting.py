"""Shops that are served, and a browser that stands in them: for what looks at every page."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright
from playwright.sync_api import TimeoutError as TooLate

from regulars_platform.accounts.service import create_owner
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import import_all_tables, upgrade
from tests.everything import Everything
from tests.pages import Place, Visit
from tests.serving import Server, free_port

EMAIL, PASSWORD = "owner@example.org", "a long pass phrase"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASKED_FOR = {"en": "en-GB", "zh_Hans": "zh-CN", "zh_Hant": "zh-TW"}
"""Locale -> the language that a browser asks for."""


def find_chromium() -> str | None:
    """The machine's own Chromium, or None for the one that Playwright brings."""
    own = os.environ.get("REGULARS_CHROMIUM")
    return own or next((path for path in map(shutil.which, NAMES) if path), None)


def start_chromium(play: Playwright) -> Browser:
    """A browser without a window."""
    return play.chromium.launch(
        executable_path=find_chromium(),
        # as root, Chromium's own sandbox cannot start
        args=["--no-sandbox"] if os.geteuid() == 0 else [],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Shops:
    """urls: by place; states: of signed-in browsers by place; known: see `tests.everything`."""

    urls: Mapping[Place, str]
    states: Mapping[Place, Any]
    known: Mapping[str, str]

    def address(self, visit: Visit) -> str:
        """Where a page is."""
        return self.urls[visit.where] + visit.address(self.known)

    def state(self, visit: Visit) -> Any | None:
        """What a browser brings along to it; None: a stranger's brings nothing."""
        return None if visit.as_stranger else self.states[visit.where]


@contextmanager
def served(folder: Path, browser: Browser, everything: Everything) -> Iterator[Shops]:
    """The shop with everything, a new one and none at all, each served until the end of the block.

    everything: that which lies in the folder as "shop".
    """
    _open_new_shop(folder / "new shop")
    places: tuple[Place, ...] = ("shop", "new shop", "no shop")
    with ExitStack() as stack:
        servers = {place: Server(data=folder / place, port=free_port()) for place in places}
        for server in servers.values():
            stack.callback(server.stop)
            server.start()
        urls = {place: server.url for place, server in servers.items()}
        built = everything.built
        new = sign_in(browser, urls["new shop"], EMAIL, PASSWORD)
        yield Shops(
            urls={**urls, "sample": urls["new shop"]},
            states={
                "shop": sign_in(browser, urls["shop"], built.email, built.password),
                "new shop": new,
                "sample": enter_sample(browser, urls["new shop"], new),
            },
            known=everything.known,
        )


def sign_in(browser: Browser, url: str, email: str, password: str) -> Any:
    """What a browser keeps of somebody who has signed in."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("main button[type=submit], main form button").first.click()
    page.wait_for_url(lambda where: "sign-in" not in where)
    state = context.storage_state()
    context.close()
    return state


def enter_sample(browser: Browser, url: str, state: Any) -> Any:
    """The same browser, standing in the sample shop."""
    context = browser.new_context(locale="en-GB", storage_state=state)
    page = context.new_page()
    page.goto(f"{url}/guide/")
    page.locator('form[action="/guide/open"] button').click()
    page.wait_for_load_state()
    entered = context.storage_state()
    context.close()
    return entered


def settle(page: Page) -> None:
    """Wait until nothing more is asked for; not longer than a few seconds."""
    try:
        page.wait_for_load_state("networkidle", timeout=8_000)
    except TooLate:
        return


def _open_new_shop(data: Path) -> None:
    settings = build_settings(data)
    prepare_data_dir(settings)
    import_all_tables()
    upgrade(settings)
    database = Database(settings)
    now = dt.datetime.now(dt.UTC)
    with database.unit_of_work() as session:
        open_shop(session, name="Hillside Tea", currency="CNY", timezone="Asia/Shanghai", now=now)
        create_owner(session, name="Wen", email=EMAIL, password=PASSWORD, locale=None, now=now)
    database.dispose()
