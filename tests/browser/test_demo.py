"""`regulars demo`: one command to a report that finds what truly pays, and only that."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.serving import free_port

pytestmark = pytest.mark.browser

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What the demo printed until it served; it runs until the last test of this file."""
    command = [sys.executable, "-m", "regulars_web", "demo"]
    command += ["--data", str(tmp_path_factory.mktemp("demo") / "data"), "--port", str(free_port())]
    demo = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    lines: list[str] = []
    assert demo.stdout is not None
    for line in demo.stdout:
        lines.append(line.strip())
        if line.startswith("Regulars is at"):
            break
    yield lines
    demo.terminate()
    demo.wait(30)


def address(printed: list[str]) -> str:
    found = re.search(r"http://\S+\?demo=\S+", "\n".join(printed))
    assert found is not None
    return found.group()


def profitable() -> set[str]:
    truth = json.loads((SAMPLE / "truth.json").read_text())
    return {facts["segment"] for facts in truth["segments"] if facts["profitable"]}


def test_the_printed_address_opens_the_report_with_the_printed_sentence(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))

    expect(page.locator(".statement").first).to_have_text(printed[0])
    assert "demo=" not in page.url


def test_the_segments_that_truly_pay_are_proved_and_only_those(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))
    rows = page.locator("section", has_text="By segment").locator("tbody tr")

    proved = {
        row.locator("th").inner_text() for row in rows.all() if "proved better" in row.inner_text()
    }

    assert proved == profitable()


def test_a_stranger_is_sent_to_sign_in(page: Page, printed: list[str]) -> None:
    page.goto(address(printed).partition("?")[0])

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/", "/customers/", "/segments/", "/campaigns/", "/campaigns/1", "/data/", "/settings/"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_accessibility_faults_and_fit_a_narrow_screen(
    page: Page, printed: list[str], path: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address(printed))
    page.goto(address(printed).partition("/campaigns")[0] + path)

    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_report_has_no_accessibility_faults(page: Page, printed: list[str]) -> None:
    page.goto(address(printed))

    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
