"""A campaign with the keyboard alone: Tab, Shift, Enter, Space and arrows, and one always sees
where one is. A file is handed to the field that has the focus, since the window in which one
chooses it is the system's own."""

import csv
import datetime as dt
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.first_files import EXPORTS, ZONE, orders_until_yesterday
from tests.serving import Server

pytestmark = pytest.mark.browser

MOST = 400
"""Presses of Tab after which something cannot be reached."""

WHERE = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const label = here.labels && here.labels[0];
  const words = (label || here).innerText || here.getAttribute("aria-label") || "";
  const style = getComputedStyle(here);
  const ring = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 1
    && !/, 0\\)$/.test(one.outlineColor);
  const marked = (one) => ring(one) || one.boxShadow !== "none";
  const around = here.closest("label, .choice, .drop, summary, tr, li");
  const seen = marked(style) || (around && marked(getComputedStyle(around)));
  const box = here.getBoundingClientRect();
  return {words: words.trim().split("\\n")[0], id: here.id, name: here.getAttribute("name") || "",
    tag: here.tagName, seen, there: box.width > 0 && box.height > 0};
}"""


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []

    def step(self) -> dict[str, str]:
        """On to the next; notes where the focus cannot be seen."""
        self.page.keyboard.press("Tab")
        try:
            found = self.page.evaluate(WHERE)
        except Error:  # the page has just gone on to another
            self.page.wait_for_load_state()
            found = None
        if found is None:
            return {"words": "", "id": "", "name": "", "tag": ""}
        if not (found["seen"] and found["there"]):
            self.unseen.append(f"{self.page.url}: {found}")
        return dict(found)

    def reach(self, words: str = "", *, name: str = "", id_: str = "") -> None:
        """Tab until it has the focus."""
        for _ in range(MOST):
            here = self.step()
            if (
                (words and re.search(words, here["words"]))
                or (name and here["name"] == name)
                or (id_ and here["id"] == id_)
            ):
                return
        pytest.fail(f"{words or name or id_} cannot be reached on {self.page.url}")

    def press(self, words: str, key: str = "Enter") -> None:
        """Go there and press it."""
        self.reach(words)
        self.page.keyboard.press(key)

    def type(self, text: str, *, name: str = "", id_: str = "") -> None:
        """Go to a field and write."""
        self.reach(name=name, id_=id_)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, text: str, *, id_: str) -> None:
        """Go to a list and pick by its first letters."""
        self.reach(id_=id_)
        self.page.keyboard.type(text)

    def hand_over(self, path: Path) -> None:
        """Give a file to the field that has the focus."""
        self.reach(id_="file")
        field = self.page.evaluate_handle("document.activeElement").as_element()
        assert field is not None
        field.set_input_files(path)


def goes_around(keys: Keys) -> None:
    """Tab leads through the whole page and out of it again; nothing holds one back."""
    visited = []
    for _ in range(MOST):
        here = keys.step()
        if not here["tag"]:
            break  # past the last one, out of the page
        visited.append((here["tag"], here["id"], here["words"]))
    assert 30 < len(visited) < MOST, visited[-5:]
    keys.page.keyboard.press("Shift+Tab")
    assert keys.page.evaluate(WHERE) is not None
    keys.page.keyboard.press("Tab")


def test_a_campaign_is_planned_launched_and_handed_out_by_keyboard(
    page: Page, server: Server, tmp_path: Path
) -> None:
    expect.set_options(timeout=60_000)  # jobs and first looks, on a busy machine
    keys = Keys(page)
    today = dt.datetime.now(ZONE).date()
    path = tmp_path / "orders.csv"
    path.write_bytes(EXPORTS["en"].write(orders_until_yesterday(today)))

    page.goto(server.url)
    keys.type("Gifts", id_="shop_name")
    keys.choose("CNY", id_="currency")
    keys.choose("Asia/Shanghai", id_="timezone")
    keys.type("Ada", id_="name")
    keys.type("ada@example.org", id_="email")
    keys.type("correct horse battery", id_="password")
    keys.press("^Open the shop$", "Space")
    expect(page.get_by_role("heading", name="Gifts")).to_be_visible()

    keys.press("^Bring orders$")
    expect(page.get_by_label("An order file")).to_be_visible()
    keys.hand_over(path)
    keys.press("^Upload$")
    expect(page.get_by_role("button", name="Check the file")).to_be_visible(timeout=60_000)
    keys.press("^Check the file$")
    expect(page.get_by_role("button", name="Store the lines")).to_be_visible(timeout=60_000)
    keys.press("^Store the lines$", "Space")
    expect(page.get_by_role("link", name="See customers").last).to_be_visible(timeout=60_000)
    keys.press("^See customers$")
    expect(page.get_by_role("heading", name="How they are spread")).to_be_visible()

    keys.press("^See whom an offer fits$")
    expect(page.get_by_role("heading", name="Offers and segments")).to_be_visible()
    keys.press("^Plan a campaign$")
    expect(page.get_by_role("heading", name="Plan a campaign")).to_be_visible()
    goes_around(keys)
    keys.type("0.05", name="arms.0.contact_cost")
    keys.press("^What they are told, and who may use it")
    keys.reach("^The whole shop")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label(re.compile("^Only those told"))).to_be_checked()
    keys.type("40", name="margin_low_percent")
    page.wait_for_load_state("networkidle")
    keys.press("^Look at it before launching$")
    expect(page.get_by_role("button", name="Launch: freeze and draw")).to_be_visible()
    keys.press("^Launch: freeze and draw$", "Space")
    expect(page.get_by_text("Launched. The plan is frozen")).to_be_visible()

    keys.reach("^Contact list")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    with waiting.value.path().open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) > 100
    assert not keys.unseen, "\n".join(keys.unseen)
