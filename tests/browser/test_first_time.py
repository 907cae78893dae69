"""A newcomer's first campaign, in each language, wide and narrow: from an empty data folder to the
report's first sentence, led by what the pages say and by nothing else.

Nobody types an address or opens the menu: each page has a way on, and that is what is pressed.
"""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.support import Translations
from playwright.sync_api import Browser, Locator, Page, expect

import regulars_web
from regulars_web.language import HTML_TAGS, LANGUAGES
from tests.browser.first_files import EXPORTS, ZONE, orders_of_today, orders_until_yesterday
from tests.serving import Server, free_port
from tests.visiting import ASKED_FOR

pytestmark = pytest.mark.browser

CATALOGUES = Path(regulars_web.__file__).parent / "translations"
WORDS = {locale: Translations.load(CATALOGUES, [locale]) for locale in LANGUAGES}
CAN_BE_STORED = "All %(read)s lines can be stored. Nothing is stored yet."
SINGULAR = {CAN_BE_STORED: "%(read)s line can be stored. Nothing is stored yet."}
PASSWORD = "correct horse battery"


class Newcomer:
    """Somebody at a page who reads one language."""

    def __init__(self, page: Page, locale: str, folder: Path) -> None:
        self.page = page
        self.locale = locale
        self.folder = folder

    def words(self, english: str) -> str:
        """What stands there in their language; of many things, where one is told otherwise."""
        catalogue = WORDS[self.locale]
        found: str = (
            catalogue.ungettext(SINGULAR[english], english, 2)
            if english in SINGULAR
            else catalogue.ugettext(english)
        )
        told = re.search("[\u4e00-\u9fff]", found) or found != english
        assert self.locale == "en" or told, f"not told: {english}"
        return found

    def pattern(self, english: str) -> re.Pattern[str]:
        """The same with any numbers in it."""
        fixed = re.split(r"%\(\w+\)[sd]", self.words(english))
        return re.compile(".+".join(re.escape(part) for part in fixed))

    def field(self, english: str) -> Locator:
        """A field by its label."""
        return self.page.get_by_label(self.words(english), exact=True)

    def way_on(self) -> Locator:
        """The first button of the page that is meant to be pressed."""
        return self.page.locator("main .button:not(.second):visible").first

    def go_on(self, english: str, *, patience: int = 60_000) -> None:
        """Press it; it has to say this."""
        expect(self.way_on()).to_have_text(self.words(english), timeout=patience)
        self.way_on().click()

    def is_led(self, english: str) -> None:
        """Follow the line above the page; it has to say this."""
        button = self.page.locator(".guide-line .button")
        expect(button).to_have_text(self.words(english), timeout=60_000)
        button.click()

    def sees(self, english: str) -> None:
        """Something is said on the page."""
        expect(self.page.locator("main")).to_contain_text(self.pattern(english), timeout=60_000)

    def fits(self) -> None:
        """Nothing to scroll sideways for."""
        wide, there = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= there, self.page.url


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has opened a shop on."""
    running = Server(data=tmp_path / "data", port=free_port())
    running.start()
    yield running
    running.stop()


def open_shop(new: Newcomer, url: str) -> None:
    page = new.page
    page.goto(url)
    assert page.locator("html").get_attribute("lang") == HTML_TAGS[new.locale]
    new.field("Name of the shop").fill("Wen")
    new.field("Currency").select_option("CNY")
    new.field("Time zone").select_option("Asia/Shanghai")
    new.field("Your name").fill("Wen")
    new.field("E-mail address").fill("wen@example.org")
    new.field("Password").fill(PASSWORD)
    new.fits()
    new.go_on("Open the shop")
    new.sees("Bring your orders")
    new.fits()


def bring(new: Newcomer, content: bytes, name: str) -> None:
    """From the page with the place for files to what became of the lines."""
    page = new.page
    path = new.folder / name
    path.write_bytes(content)
    page.locator("main input[type=file]").first.set_input_files(path)
    new.go_on("Upload")
    new.go_on("Check the file")
    new.sees(CAN_BE_STORED)
    new.fits()
    new.go_on("Store the lines")
    new.sees("Adds up: every line is in exactly one of the three.")
    new.fits()


def plan_and_launch(new: Newcomer) -> None:
    page = new.page
    new.sees("The offer")
    new.field("Contact costs you per customer").fill("0.05")
    new.field("Margin, or its lower end").fill("40")
    page.wait_for_load_state("networkidle")
    new.fits()
    new.go_on("Look at it before launching")
    new.sees("After the launch the plan cannot be changed, by anybody.")
    new.fits()
    new.go_on("Launch: freeze and draw")
    new.sees("Launched. The plan is frozen and the lists are ready.")
    new.fits()


def contact_list(new: Newcomer) -> set[str]:
    with new.page.expect_download() as waiting:
        new.go_on("Contact list (CSV)")
    with waiting.value.path().open(encoding="utf-8-sig", newline="") as file:
        return {row["customer_id"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_newcomer_gets_from_an_order_file_to_the_reports_sentence(
    locale: str, width: int, chromium: Browser, empty: Server, tmp_path: Path
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        locale=ASKED_FOR[locale],
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    new, export = Newcomer(page, locale, tmp_path), EXPORTS[locale]
    today = dt.datetime.now(ZONE).date()

    open_shop(new, empty.url)
    new.go_on("Bring orders")
    before = orders_until_yesterday(today)
    bring(new, export.write(before), export.name)
    new.go_on("See customers")
    new.sees("How they are spread")
    expect(page.locator("main")).to_contain_text(str(len({one.customer for one in before})))
    new.fits()
    new.is_led("See whom an offer fits")
    new.is_led("Plan a campaign")
    plan_and_launch(new)
    listed = contact_list(new)
    told = {one.customer for one in before if export.customer(one.customer) in listed}
    assert len(told) == len(listed) > 100

    new.page.get_by_role("link", name=new.words("Bring order files")).click()
    bring(new, export.write(orders_of_today(today, told)), f"later-{export.name}")
    new.is_led("Read the report")
    new.go_on("Evaluate now")
    new.sees("Provisional: %(sentence)s")
    sentence = page.locator(".statement").first
    expect(sentence).to_have_text(new.pattern("%(money)s; %(proof)s."), timeout=90_000)
    expect(sentence).to_contain_text(f"{len(told)}")
    new.fits()
    assert errors == []
    context.close()
