"""A real product, started as its users start it, and a real Chromium to use it with."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.built_once import built_once
from tests.serving import Server, free_port
from tests.visiting import start_chromium


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
        browser = start_chromium(play)
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


@dataclass(frozen=True)
class SampleShop:
    """The sample shop as `regulars demo` builds it, served. state: the owner, signed in."""

    url: str
    state: Any


@pytest.fixture(scope="module")
def sample_shop(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[SampleShop]:
    """One for the tests of a file, which change it each in a corner of its own."""
    expect.set_options(timeout=30_000)  # some pages count over all orders, on a busy machine
    data = tmp_path_factory.mktemp("sample") / "data"
    email, password = built_once(tmp_path_factory, "sample", _build_sample, data)
    running = Server(data=data, port=free_port())
    running.start()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{running.url}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    state = context.storage_state()
    context.close()
    yield SampleShop(url=running.url, state=state)
    running.stop()


@pytest.fixture
def owner(chromium: Browser, sample_shop: SampleShop) -> Iterator[Page]:
    """The sample shop's owner on its first page; fails on any script error."""
    context: BrowserContext = chromium.new_context(
        viewport={"width": 1280, "height": 900},
        locale="en-GB",
        accept_downloads=True,
        reduced_motion="reduce",
        storage_state=sample_shop.state,
        base_url=sample_shop.url,
    )
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto("/")
    yield opened
    context.close()
    assert errors == []


def _build_sample(data: Path) -> tuple[str, str]:
    """By the command that its users give; address and password of its owner."""
    command = [sys.executable, "-m", "regulars_web", "demo", "--no-serve", "--data", str(data)]
    built = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    signing_in = re.search(r"Sign in as (\S+) with (\S+)", built.stdout)
    assert signing_in is not None
    _leave_out_the_models(data)
    return signing_in[1], signing_in[2]


def _leave_out_the_models(data: Path) -> None:
    # whom to keep takes a minute of the only worker, and the tests of the demo wait for it already
    with sqlite3.connect(data / "regulars.sqlite") as database:
        database.execute("DELETE FROM jobs WHERE kind = 'work_out_targeting'")
