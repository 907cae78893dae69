"""`regulars demo`: one command to a report that finds what truly pays, and only that."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

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


def test_the_report_has_no_accessibility_faults(page: Page, printed: list[str]) -> None:
    page.goto(address(printed))
    # the page loads itself anew once whom to keep has been worked out
    expect(page.locator("#targeting .rule-card").first).to_be_visible(timeout=180_000)

    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_ladder_of_own_thresholds_is_planned_launched_and_told_to_each_customer(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    page.get_by_role("link", name="Plan a campaign").click()
    page.get_by_text("Try several thresholds").click()
    page.get_by_label("Times the own order value").fill("0.9, 1.1, 1.3")
    page.get_by_role("button", name="Make these arms").click()
    expect(page.get_by_role("heading", name="Arm 3")).to_be_visible()
    expect(page.locator("#side")).to_contain_text("k = 1.3")
    expect(page.locator("#side figure.reach")).to_have_count(3)

    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_text("What they are told, and who may use it").first.click()
    page.get_by_label("What customers are told").first.fill("Yours from {threshold}")
    page.get_by_role("button", name="Look at it before launching").click()
    page.get_by_role("button", name="Launch").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Contact list with codes").first.click()
    rows = list(csv.DictReader(waiting.value.path().open(encoding="utf-8-sig", newline="")))
    assert len({row["threshold"] for row in rows}) > 5
    assert all(row["offer"] == f"Yours from {row['threshold']}" for row in rows)


def test_figures_asked_for_before_the_arms_were_made_do_not_stay(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    page.get_by_role("link", name="Plan a campaign").click()
    asked = []

    def late(route: Route) -> None:
        asked.append(route.request.url)
        answer = route.fetch()
        if len(asked) == 1:
            page.wait_for_timeout(1_500)
        route.fulfill(response=answer)

    page.route("**/preview*", late)
    page.get_by_text("Try several thresholds").click()
    page.get_by_label("Times the own order value").fill("0.9, 1.1, 1.3")
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Make these arms").click()
    expect(page.get_by_role("heading", name="Arm 3")).to_be_visible()
    page.wait_for_timeout(3_000)
    expect(page.locator("#side")).to_contain_text("k = 1.3")
    assert len(asked) >= 2


def test_what_is_typed_while_the_builder_is_made_anew_is_neither_lost_nor_stops_it(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))
    page.goto("/".join(page.url.split("/", 3)[:3]) + "/segments/new")

    def late(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(1_000)
        route.fulfill(response=answer)

    page.route("**/segments/builder", late)
    page.get_by_role("button", name="Add a condition").click()
    rule = "rule-0"
    page.locator(f"[name={rule}-feature]").select_option(label="Orders")
    page.locator(f"[name={rule}-value]").fill("2")
    page.get_by_role("button", name="Add a condition").click()  # before the count is asked for
    page.locator("[name=rule-1-feature]").select_option(label="Spend net of refunds")
    page.locator("[name=rule-1-value]").fill("50")

    expect(page.locator("[name=rule-1-feature]")).to_have_value("spend")
    expect(page.locator("[name=rule-0-value]")).to_have_value("2")
    expect(page.locator("[name=rule-1-value]")).to_have_value("50")
    expect(page.locator("#count")).to_contain_text(" of ")


def test_from_whom_to_keep_to_the_draft_of_the_next_round_and_its_replay(
    page: Page, printed: list[str]
) -> None:
    page.goto(address(printed))
    expect(page.locator("#targeting .rule-card").first).to_be_visible(timeout=180_000)
    expect(page.locator("#targeting")).to_contain_text("instead of contacting everyone")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Whom to contact next").click()
    rows = list(csv.DictReader(waiting.value.path().open(encoding="utf-8-sig", newline="")))
    assert list(rows[0])[:3] == ["customer_id", "arm", "segment"]

    page.locator("#next").get_by_role("button", name="Plan the next round").click()
    expect(page.get_by_role("heading", name="Plan a campaign")).to_be_visible()
    assert (
        0
        < float(page.get_by_role("textbox", name="Held back at random (holdout)").input_value())
        <= 50
    )
    page.get_by_role("link", name="Replay on a past campaign").click()
    expect(page.get_by_text("Nothing to replay on yet")).to_be_visible()

    page.goto(address(printed).partition("/report")[0])
    page.get_by_role("button", name="Plan the next round").click()
    page.get_by_role("link", name="Replay on a past campaign").click()
    expect(page.locator(".statement")).to_contain_text("would have earned")
    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
