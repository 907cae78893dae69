"""A new user with two order files of a real shop: from the first start to a verdict in money."""

import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from tests.serving import Server
from tests.shared import shared_file

pytestmark = [pytest.mark.browser, pytest.mark.shared]

PASSWORD = "correct horse battery"


def cut(name: str, start: str, stop: str, target: Path) -> pl.DataFrame:
    """Half of the customers, and of the lines without one those of a few minutes of each hour."""
    lines = pl.read_csv(shared_file(name), infer_schema=False).filter(
        pl.col("InvoiceDate").is_between(pl.lit(start), pl.lit(stop))
        & pl.when(pl.col("Customer ID").is_null())
        .then(pl.col("InvoiceDate").str.slice(15, 1) == "7")
        .otherwise(pl.col("Customer ID").str.slice(-1).is_in(["0", "2", "4", "6", "8"]))
    )
    lines.write_csv(target)
    return lines


def money(lines: pl.DataFrame) -> str:
    """Sum of quantity x price with four decimals, as an English reader writes it."""
    total = lines.select(
        (
            pl.col("Quantity").cast(pl.Int64)
            * (pl.col("Price").cast(pl.Float64) * 10_000).round().cast(pl.Int64)
        ).sum()
    ).item()
    return f"{total / 10_000:,.4f}".rstrip("0")


def upload(page: Page, path: Path) -> None:
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_label("An order file").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the file").click(timeout=60_000)


def store(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Store")).click()
    expect(page.get_by_role("link", name="Bring another file")).to_be_visible(timeout=90_000)


def account(page: Page) -> dict[str, tuple[str, str]]:
    """The account of every line: label -> (lines, money)."""
    table = page.get_by_role("table", name="What becomes of every line")
    rows = table.locator("tr").filter(has=page.locator("td"))
    return {
        row.locator("th").inner_text(): (
            row.locator("td").nth(0).inner_text(),
            row.locator("td").nth(1).inner_text(),
        )
        for row in rows.all()
    }


def open_shop(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#shop_name").fill("Gifts")
    page.locator("#currency").select_option("GBP")
    page.locator("#timezone").select_option("Europe/London")
    page.locator("#name").fill("Ada")
    page.locator("#email").fill("ada@example.org")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def plan(page: Page) -> None:
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name=re.compile("Plan .*campaign")).first.click()
    page.get_by_label("Name of the campaign").fill("Free shipping from 250")
    page.get_by_label("Threshold", exact=True).fill("250")
    page.get_by_label("Shipping costs you per order").fill("5")
    page.get_by_label("Contact costs you per customer").fill("0.02")
    page.get_by_label(re.compile("^Held back at random")).fill("20")
    page.get_by_label("Sent on").fill("2010-12-01")
    page.get_by_label("Orders count until").fill("2011-03-10")
    page.get_by_text("When returns have settled").click()
    page.get_by_label("Returns settle until").fill("2011-03-20")
    page.get_by_label("Customers as of").fill("2010-12-01")
    page.get_by_label("Margin, or its lower end").fill("40")


def contact_list(page: Page) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Contact list")).click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_from_the_first_start_to_a_verdict(page: Page, server: Server, tmp_path: Path) -> None:
    first = cut("online_retail_2009_2010.csv.gz", "2010-07-01", "2010-12-10", tmp_path / "2010.csv")
    second = cut(
        "online_retail_2010_2011.csv.gz", "2010-12-01", "2011-03-25", tmp_path / "2011.csv"
    )
    overlap = second.filter(pl.col("InvoiceDate") < "2010-12-10")
    open_shop(page, server)

    upload(page, tmp_path / "2010.csv")
    expect(page.get_by_text("Nothing is stored yet")).to_be_visible(timeout=90_000)
    store(page)
    stored = account(page)
    assert stored["Stored"][0] == stored["Read in all"][0] == f"{first.height:,}"
    assert money(first) in stored["Stored"][1]
    nobody = first["Customer ID"].null_count()
    expect(page.get_by_text("Lines without a customer").locator("..")).to_contain_text(
        f"{nobody:,}"
    )

    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.locator("main")).to_contain_text(
        f"{first['Customer ID'].drop_nulls().n_unique():,}"
    )

    plan(page)
    expect(page.locator("#side svg").first).to_be_visible()
    page.get_by_role("button", name="Look at it before launching").click()
    page.get_by_role("button", name="Launch: freeze and draw").click()
    expect(page.get_by_text("the plan frozen")).to_be_visible()
    listed = {row[0] for row in contact_list(page)[1:]}
    with page.expect_download() as download:
        page.get_by_role("link", name="Full assignment for analysis").click()
    rows = list(
        csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig")))
    )
    held = {row["customer_id"] for row in rows if row["arm"] == "holdout"}
    assert held
    assert listed.isdisjoint(held)
    assert len(listed) + len(held) == len(rows)

    upload(page, tmp_path / "2011.csv")
    expect(page.get_by_text("decide below")).to_be_visible(timeout=90_000)
    expect(
        page.get_by_role("heading", name=f"{overlap.height:,} lines seem to be stored already")
    ).to_be_visible()
    page.get_by_label("Leave them out").check()
    store(page)
    after = account(page)
    assert after["Stored"][0] == f"{second.height - overlap.height:,}"
    assert after["Repeated: already stored by an earlier file"][0] == f"{overlap.height:,}"
    assert money(overlap) in after["Repeated: already stored by an earlier file"][1]

    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="Free shipping from 250").first.click()
    page.get_by_role("button", name="Evaluate on the orders so far").click()
    sentence = page.locator(".statement").first
    expect(sentence).to_contain_text(f"Telling these {len(listed):,} customers", timeout=60_000)
    expect(sentence).to_contain_text("net (95%:")
    expect(page.get_by_text("window closed, returns settled")).to_be_visible()

    page.get_by_label("Why").fill("nobody was ever told")
    page.get_by_label("stop", exact=True).check()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.locator("#decisions table")).to_contain_text("nobody was ever told")
    expect(page.locator("#decisions table")).to_contain_text("Ada")
