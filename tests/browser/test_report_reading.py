"""The report as it is read: nothing moves while it comes; without scripts nothing is missing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.serving import Server, free_port
from tests.web.conftest import EMAIL, PASSWORD
from tests.web.reports.evaluated import build_evaluated

pytestmark = pytest.mark.browser

REPORT = "/campaigns/1/report"

# adds up everything that moved without anybody having touched the page
WATCH = """
window.moved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.moved.push(entry.value);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shop with one evaluated campaign, served."""
    running = Server(
        data=build_evaluated(tmp_path_factory.mktemp("report") / "data"), port=free_port()
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def state(shop: Server, chromium: Browser) -> object:
    """The owner, signed in."""
    context = chromium.new_context(base_url=shop.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    found = context.storage_state()
    context.close()
    return found


def opened(chromium: Browser, shop: Server, state: object, **options: object) -> BrowserContext:
    settings = {"base_url": shop.url, "storage_state": state, "locale": "en-GB", **options}
    return chromium.new_context(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_while_the_report_comes_and_is_scrolled(
    chromium: Browser, shop: Server, state: object, width: int
) -> None:
    context = opened(chromium, shop, state, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(REPORT)
    page.wait_for_load_state("networkidle")
    for _ in range(40):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)

    # less than a pixel of a full screen: rounding, which nobody sees
    assert sum(page.evaluate("() => window.moved")) < 1e-5
    before = page.evaluate("() => window.moved.length")
    # what does move is seen
    page.evaluate("() => document.querySelector('main').prepend(document.createElement('hr'))")
    page.mouse.wheel(0, -100_000)
    page.evaluate(
        "() => { const late = document.createElement('p'); late.textContent = 'late';"
        " document.querySelector('main').prepend(late); }"
    )
    page.wait_for_function(f"() => window.moved.length > {before}")
    context.close()


@pytest.fixture
def without_scripts(chromium: Browser, shop: Server, state: object) -> Iterator[Page]:
    context = opened(
        chromium,
        shop,
        state,
        viewport={"width": 1280, "height": 900},
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(REPORT)
    yield page
    context.close()


def test_without_scripts_every_section_has_its_numbers(without_scripts: Page) -> None:
    page = without_scripts
    sections = page.locator("main section[id]")
    found = {}
    for place in range(sections.count()):
        section = sections.nth(place)
        for fold in section.locator("details:not([open]) > summary").all():
            if fold.is_visible():
                fold.click()
        found[section.get_attribute("id")] = section.inner_text()

    assert {"money", "segments", "threshold-curves", "days", "more", "method"} <= set(found)
    money = re.compile(r"£[\d,.]+")
    for name in ("money", "segments", "threshold-curves", "days"):
        assert len(money.findall(found[name])) >= 4, name
    assert found["days"].count("Feb ") >= 28
    assert "p, corrected" in found["more"].replace("P, CORRECTED", "p, corrected")
    assert "net per customer" in found["method"]


def test_without_scripts_every_drawing_is_there(without_scripts: Page) -> None:
    figures = without_scripts.locator("main figure svg, main td.drawn svg")

    assert figures.count() >= 5
    seen = [box for one in figures.all() if (box := one.bounding_box()) is not None]
    assert len([box for box in seen if box["width"] > 100 and box["height"] >= 20]) >= 5


def test_without_scripts_a_decision_can_be_recorded_and_files_be_had(
    without_scripts: Page,
) -> None:
    page = without_scripts
    with page.expect_download() as kept:
        page.locator('a[href$="/tables/segments.csv"]').first.click()
    assert kept.value.suggested_filename == "report-1-version-1-segments.csv"
    page.get_by_label("keep", exact=True).check()
    page.get_by_label("Why", exact=True).fill("it paid, and without scripts")
    page.get_by_role("button", name="Record the decision").click()

    assert page.get_by_text("The decision is recorded.").is_visible()
    assert page.get_by_role("cell", name="it paid, and without scripts").is_visible()


def test_somebody_with_a_link_reads_it_in_a_browser_of_their_own(
    chromium: Browser, shop: Server, state: object
) -> None:
    context = opened(chromium, shop, state)
    page = context.new_page()
    page.goto(f"{REPORT}/links")
    page.get_by_label("Whom it is for").fill("Finance")
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("Address of the new link").input_value()
    reading = chromium.new_context(locale="zh-TW")
    read = reading.new_page()
    errors: list[str] = []
    read.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    answer = read.goto(address)

    assert answer is not None
    assert answer.status == 200
    assert read.locator("html").get_attribute("lang") == "zh-Hant"
    assert read.locator("form").count() == 0
    read.get_by_role("link", name="English").click()
    assert read.get_by_text("Telling these 1,200 customers").is_visible()
    assert reading.cookies() == []
    assert errors == []
    reading.close()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_text("The link is withdrawn").wait_for()
    gone = chromium.new_context(locale="en-GB").new_page()
    closed = gone.goto(address)
    assert closed is not None
    assert closed.status == 410
    assert gone.get_by_text("This link was withdrawn.").is_visible()
    gone.context.close()
    context.close()
