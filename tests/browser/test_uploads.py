"""Large files on their way in a real browser: a line that is cut, a pause, a reload, no scripts."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.serving import Server, free_port

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
HEADINGS = b"Order ID,Customer,Date,Amount,Remark\n"
MB = 1_000_000


def write_orders(path: Path, size: int) -> str:
    """An order file of at least `size` bytes; its SHA-256."""
    digest = hashlib.sha256(HEADINGS)
    with path.open("wb") as file:
        written = file.write(HEADINGS)
        number = 0
        while written < size:
            block = b"".join(
                b"%d,c%d,2026-01-%02d,%d.50,%s\n" % (n, n % 999, n % 28 + 1, n % 90, b"tea " * 20)
                for n in range(number, number + 5_000)
            )
            number += 5_000
            written += file.write(block)
            digest.update(block)
    return digest.hexdigest()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Server]:
    """A server with an empty shop; every test starts it again if it stopped it."""
    expect.set_options(timeout=60_000)  # a large file takes its time on a busy machine
    running = Server(data=tmp_path_factory.mktemp("uploads") / "regulars", port=free_port())
    running.start()
    page = chromium.new_page()
    page.goto(running.url)
    page.locator("#shop_name").fill("Gifts")
    page.locator("#currency").select_option("GBP")
    page.locator("#timezone").select_option("Europe/London")
    page.locator("#name").fill("Ada")
    page.locator("#email").fill("ada@example.org")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.close()
    yield running
    running.stop()


@pytest.fixture
def data(page: Page, shop: Server) -> Page:
    """The Data page of somebody signed in."""
    sign_in(page, shop)
    page.goto(f"{shop.url}/data/")
    return page


def sign_in(page: Page, shop: Server) -> None:
    page.goto(f"{shop.url}/sign-in")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def slow_down(page: Page, bytes_per_second: int) -> None:
    """A line as slow as this, up and down."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        },
    )


def bring(page: Page, *paths: Path) -> None:
    page.get_by_label("An order file").set_input_files(list(paths))
    page.get_by_role("button", name="Upload").click()


def imports(shop: Server) -> list[tuple[str, int, str]]:
    """Name, size and SHA-256 of every file that was taken in."""
    with sqlite3.connect(shop.data / "regulars.sqlite") as database:
        query = "SELECT filename, size, sha256 FROM order_imports ORDER BY id"
        return list(database.execute(query))


def pieces(shop: Server) -> list[Path]:
    return list((shop.data / "incoming" / "pieces").glob("*"))


def arrived(page: Page) -> float:
    """Megabytes, as the line of the first file says."""
    said = page.locator("[data-upload-list] [data-figures]").first.inner_text()
    number, unit = re.match(r"([\d.,]+)\s(\w+) of", said).groups()  # type: ignore[union-attr]
    return float(number.replace(",", "")) * {"byte": 1e-6, "kB": 1e-3, "MB": 1}[unit]


WAIT = """(least) => {
  const said = document.querySelector("[data-upload-list] [data-figures]")?.textContent ?? "";
  const found = said.match(/^([\\d.]+)\\sMB of/);
  return found !== null && Number(found[1]) >= least;
}"""


def test_a_line_cut_in_the_middle_costs_one_piece(data: Page, shop: Server, tmp_path: Path) -> None:
    path = tmp_path / "sixty.csv"
    digest = write_orders(path, 60 * MB)
    sent: list[Request] = []
    data.on("request", lambda r: sent.append(r) if "/data/incoming/" in r.url else None)
    slow_down(data, 15 * MB)
    bring(data, path)
    data.wait_for_function(WAIT, arg=25)
    expect(data.locator("[data-upload-list] [data-figures]")).to_contain_text(
        re.compile(r"of 60(\.\d)? MB · [\d.]+ MB/s · about \d+ seconds? left")
    )
    shop.kill()
    expect(data.get_by_text("No connection. It goes on by itself")).to_be_visible()
    here = pieces(shop)[0].stat().st_size
    assert here >= 8 * MB
    shop.start()
    data.wait_for_url(re.compile(r"/data/\d+/columns$"), timeout=60_000)
    assert imports(shop)[-1] == ("sixty.csv", path.stat().st_size, digest)
    assert [request.method for request in sent].count("POST") == 1
    offsets = [int(r.headers["upload-offset"]) for r in sent if r.method == "PATCH"]
    assert offsets.count(0) == 1
    assert here in offsets
    assert pieces(shop) == []
    expect(data.get_by_role("heading", name="The first rows")).to_be_visible()


def test_a_file_is_gone_on_with_after_a_pause_a_reload_and_another_sign_in(
    data: Page, shop: Server, tmp_path: Path
) -> None:
    path = tmp_path / "paused.csv"
    digest = write_orders(path, 30 * MB)
    slow_down(data, 15 * MB)
    bring(data, path)
    data.wait_for_function(WAIT, arg=10)
    data.get_by_role("button", name="Pause: paused.csv").click()
    expect(data.get_by_text("Paused. What has arrived is kept.")).to_be_visible()
    data.get_by_role("button", name="Continue: paused.csv").click()
    data.wait_for_function(WAIT, arg=14)
    data.reload()
    waiting = data.get_by_role("heading", name="Unfinished uploads")
    expect(waiting).to_be_visible()
    data.get_by_role("button", name="Sign out").click()
    sign_in(data, shop)
    data.goto(f"{shop.url}/data/")
    expect(waiting).to_be_visible()
    before = pieces(shop)[0].stat().st_size
    assert before >= 8 * MB
    with data.expect_request(lambda request: request.method == "PATCH") as first:
        bring(data, path)
    assert int(first.value.headers["upload-offset"]) == before
    data.wait_for_url(re.compile(r"/data/\d+/columns$"), timeout=60_000)
    assert imports(shop)[-1] == ("paused.csv", path.stat().st_size, digest)


def test_cancelling_on_the_way_leaves_nothing(data: Page, shop: Server, tmp_path: Path) -> None:
    path = tmp_path / "cancelled.csv"
    write_orders(path, 30 * MB)
    before = imports(shop)
    slow_down(data, 15 * MB)
    bring(data, path)
    data.wait_for_function(WAIT, arg=9)
    assert len(pieces(shop)) == 1
    with data.expect_response(lambda answer: answer.request.method == "DELETE") as gone:
        data.get_by_role("button", name="Cancel: cancelled.csv").click()
    assert gone.value.status == 204
    expect(data.locator("[data-upload-list]")).to_be_hidden()
    assert pieces(shop) == []
    assert imports(shop) == before
    data.reload()
    expect(data.get_by_role("heading", name="Unfinished uploads")).to_have_count(0)


def test_several_files_are_brought_one_after_the_other(
    data: Page, shop: Server, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    digests = [write_orders(one, 2 * MB), write_orders(two, 3 * MB)]
    bring(data, one, two)
    expect(data.get_by_role("link", name="Go on with this file")).to_have_count(2)
    assert [digest for _, _, digest in imports(shop)[-2:]] == digests
    data.get_by_role("link", name="Go on with this file").last.click()
    expect(data.get_by_role("heading", name="two.csv")).to_be_visible()


def test_somebody_signed_out_on_the_way_goes_on_after_signing_in_elsewhere(
    data: Page, shop: Server, tmp_path: Path
) -> None:
    path = tmp_path / "signed-out.csv"
    digest = write_orders(path, 25 * MB)
    slow_down(data, 15 * MB)
    bring(data, path)
    data.wait_for_function(WAIT, arg=9)
    data.context.clear_cookies()
    expect(data.get_by_text("You were signed out.")).to_be_visible()
    elsewhere = data.context.new_page()
    sign_in(elsewhere, shop)
    data.get_by_role("button", name="Continue: signed-out.csv").click()
    data.wait_for_url(re.compile(r"/data/\d+/columns$"), timeout=60_000)
    assert imports(shop)[-1][2] == digest


def check(page: Page, shop: Server, path: Path) -> None:
    """Bring a file and have its lines checked."""
    page.goto(f"{shop.url}/data/")
    bring(page, path)
    page.get_by_role("button", name="Check the file").click(timeout=60_000)


def test_the_page_of_a_job_is_told_of_its_progress_and_the_job_can_be_cancelled(
    data: Page, shop: Server, tmp_path: Path
) -> None:
    path = tmp_path / "checked.csv"
    write_orders(path, 80 * MB)  # an end is foretold only after some seconds
    asked: list[str] = []
    data.on("request", lambda request: asked.append(request.url))
    check(data, shop, path)
    bar = data.get_by_role("progressbar")
    expect(data.get_by_text(re.compile(r"^[\d,]+ of [\d,]+, about \d+ \w+ left$"))).to_be_visible(
        timeout=60_000
    )
    assert int(bar.get_attribute("value") or "-1") >= 0
    assert any(url.endswith("/events") for url in asked)
    assert not any("/progress" in url for url in asked)
    data.get_by_role("button", name="Cancel").click()
    expect(data.get_by_text("Cancelled. Nothing of this file was stored.")).to_be_visible()
    folder = max((shop.data / "uploads").iterdir(), key=lambda kept: kept.stat().st_mtime)
    assert [kept.name for kept in folder.iterdir()] == ["original"]
    data.on("dialog", lambda dialog: dialog.accept())
    data.get_by_role("button", name="Throw this file away").click()
    expect(data.get_by_text("“checked.csv” is thrown away.")).to_be_visible()
    assert not folder.exists()


def test_where_no_line_is_left_the_page_asks_every_second_and_moves_on_all_the_same(
    data: Page, shop: Server, tmp_path: Path
) -> None:
    path = tmp_path / "asked.csv"
    write_orders(path, 4 * MB)
    data.route("**/events", lambda route: route.fulfill(status=204))
    with data.expect_response(re.compile(r"/jobs/.*/progress")) as told:
        check(data, shop, path)
    assert told.value.status == 200
    expect(data.get_by_text("Nothing is stored yet")).to_be_visible(timeout=60_000)


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Page]:
    """A browser without scripts."""
    context: BrowserContext = chromium.new_context(java_script_enabled=False, locale="en-GB")
    yield context.new_page()
    context.close()


def test_without_scripts_a_form_brings_the_file_and_pages_load_themselves_anew(
    plain: Page, shop: Server, tmp_path: Path
) -> None:
    path = tmp_path / "plain.csv"
    digest = write_orders(path, 70 * MB)
    sign_in(plain, shop)
    plain.goto(f"{shop.url}/data/")
    bring(plain, path)
    # large enough to be looked at in the background: the page waits, and moves on by itself
    plain.wait_for_url(re.compile(r"/data/\d+/columns$"), timeout=90_000)
    assert imports(shop)[-1] == ("plain.csv", path.stat().st_size, digest)
