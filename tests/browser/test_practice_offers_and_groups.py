"""Whom to reach with what, by a person in the browser on the sample shop: S1, S2, S5, S6, S9.

Every figure that is expected here is computed from the sample's files alone (see `books`).
"""

import csv
import datetime as dt
import statistics
from collections.abc import Callable, Sequence

import polars as pl
import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser import books

pytestmark = pytest.mark.browser


def rows_of(download: Download) -> list[dict[str, str]]:
    with download.path().open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def usual_orders() -> pl.DataFrame:
    """Customer and the mean of what their paid orders were worth."""
    return books.paid().drop_nulls("Customer").group_by("Customer").agg(pl.col("Amount").mean())


def buyers(goods: Sequence[str]) -> set[str]:
    """Who paid for any of these products."""
    bought = books.lines().filter(
        pl.col("Status") == "Paid", pl.col("Product").is_in(goods), pl.col("Customer").is_not_null()
    )
    return set(bought["Customer"])


def goods_for(*needs: str) -> list[str]:
    listed = books.read("products.csv")
    return listed.filter(pl.col("Need").is_in(needs))["Product"].to_list()


def cost_of_telling(page: Page) -> None:
    """What goods earn is known of nearly all of them: nothing has to be said of it."""
    expect(page.get_by_label("Each product earns what is left after its cost")).to_be_checked()
    page.get_by_label("Contact costs you per customer").fill("0.05")


def opened_once_there(page: Page, path: str, there: Callable[[Page], bool]) -> None:
    """Look again until what is worked out in the background has arrived."""
    for _ in range(60):
        page.goto(path)
        if there(page):
            return
        page.wait_for_timeout(1_000)
    raise AssertionError(f"what {path} waits for has not come")


def test_s01_threshold_matched_to_past_order_value(owner: Page) -> None:
    near_80 = usual_orders().filter(pl.col("Amount").is_between(48, 96))["Customer"].to_list()
    willing = set(near_80) - books.unwilling("SMS consent")

    owner.get_by_role("link", name="Campaigns", exact=True).first.click()
    owner.get_by_role("link", name="Offers and segments").click()
    owner.get_by_label("Threshold", exact=True).fill("80")
    owner.get_by_label("Shipping costs you per order").fill("6")
    cost_of_telling(owner)
    owner.get_by_role("button", name="Rank the groups").click()
    group = owner.get_by_role("row").filter(has_text="Those whom the threshold fits")
    expect(group).to_contain_text(f"{len(willing):,}")

    group.get_by_role("button", name="Plan a campaign").click()
    expect(owner.locator("#side")).to_contain_text(f"{len(willing):,} customers take part")
    expect(owner.locator("#side")).to_contain_text("Given away anyway")
    owner.get_by_text("What they are told, and who may use it").click()
    owner.get_by_label("Name of the arm").fill("From 80")
    owner.get_by_label("What customers are told").fill("Free shipping from 80")
    owner.get_by_role("button", name="Look at it before launching").click()
    owner.get_by_role("button", name="Launch").click()
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="Contact list").first.click()
    told = {row["customer_id"] for row in rows_of(waiting.value)}
    assert told <= willing
    assert 0.79 < len(told) / len(willing) < 0.81  # a fifth is held back


def test_s02_a_group_first_and_then_the_offer_for_it(owner: Page) -> None:
    tagged = books.customers().filter(pl.col("Tags").str.contains("student"))["Customer ID"]
    willing = set(tagged) - books.unwilling("SMS consent")

    owner.get_by_role("link", name="Segments", exact=True).first.click()
    owner.get_by_role("link", name="Own tag", exact=True).click()
    owner.get_by_label("Tag", exact=True).fill("student")
    owner.get_by_role("button", name="Use this").click()
    expect(owner.locator("main")).to_contain_text(f"{len(tagged):,} of ")
    owner.get_by_label("Name of the segment").fill("Students")
    owner.get_by_role("button", name="Save the segment").click()

    owner.get_by_role("link", name="Which offer? for “Students”").first.click()
    cost_of_telling(owner)
    owner.get_by_role("button", name="Rank the offers").click()
    # of students no campaign tells: nothing is ranked, past orders say what has to come back
    expect(owner.locator("#ranked")).to_contain_text("Not ranked")
    expect(owner.locator("#ranked")).not_to_contain_text("best first")
    ranked = owner.get_by_role("table").get_by_role("row")
    message = ranked.filter(has_text="Message only")
    expect(message).to_contain_text(f"{len(willing):,}")
    expect(message).to_contain_text(f"−CN¥{round(0.05 * round(0.8 * len(willing))):,}")
    assert ranked.count() > 5
    free = ranked.filter(has_text="Free shipping from CN¥").first
    free.get_by_role("button", name="Plan a campaign").click()
    expect(owner.locator("#side")).to_contain_text(f"{len(willing):,} customers take part")


def test_s05_groups_by_own_rules_has_bought_x_and_not_y(owner: Page) -> None:
    pot, box = "Clay teapot 180 ml", "Gift box Spring"
    lacking = buyers([pot]) - buyers([box])
    women = set(books.customers().filter(pl.col("Gender") == "female")["Customer ID"])
    told = books.read("events.csv.gz").filter(pl.col("Event").is_in(["follow", "unfollow"]))
    last = told.group_by("Customer ID", maintain_order=True).agg(pl.col("Event").last())
    followers = set(last.filter(pl.col("Event") == "follow")["Customer ID"])
    never_bought = followers - set(books.paid()["Customer"].drop_nulls())

    owner.get_by_role("link", name="Segments", exact=True).first.click()
    followers_row = owner.get_by_role("row").filter(has_text="Followers who never bought")
    expect(followers_row).to_contain_text(f"{len(never_bought):,}")

    owner.get_by_role("link", name="Bought one, not the other", exact=True).click()
    owner.locator("[name=had]").fill(pot)
    owner.locator("[name=lacks]").fill(box)
    owner.locator("[name=days]").fill("3650")  # ever
    owner.get_by_role("button", name="Use this").click()
    expect(owner.locator("main")).to_contain_text(f"{len(lacking):,} of ")
    owner.get_by_role("button", name="Add a condition").click()
    owner.locator("[name=rule-2-feature]").select_option(label="Gender")
    owner.locator("[name=rule-2-value]").fill("female")
    owner.get_by_label("Name of the segment").fill("Women with a pot, without the box")
    expect(owner.locator("main")).to_contain_text(f"{len(lacking & women):,} of ")
    owner.get_by_role("button", name="Save the segment").click()
    expect(owner.locator("main")).to_contain_text(f"{len(lacking & women):,}")


def own_interval(customer: str, product: str) -> tuple[dt.date, float]:
    """The last day on which a customer bought a product, and the median of their days per piece,
    times the pieces bought last. Lines that went back as a whole are no purchases."""
    bought = (
        books.lines()
        .filter(
            pl.col("Status") == "Paid",
            pl.col("Customer") == customer,
            pl.col("Product") == product,
            pl.col("Refunded") < pl.col("Amount"),
        )
        .group_by("day")
        .agg(pl.col("Quantity").sum())
        .sort("day")
    )
    days, pieces = bought["day"].to_list(), bought["Quantity"].to_list()
    pairs = zip(days[:-1], days[1:], pieces[:-1], strict=True)
    usual = statistics.median((later - day).days / number for day, later, number in pairs)
    return days[-1], usual * pieces[-1]


def test_s06_repurchase_reminder_when_the_quantity_runs_out(owner: Page) -> None:
    opened_once_there(
        owner, "/customers/due/", lambda page: page.get_by_label("Days ahead").is_visible()
    )
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="The list for staff").click()
    due = rows_of(waiting.value)
    own = [row for row in due if row["rests_on"] == "own"]
    assert len(own) > 50
    for row in own[:40]:
        last, every = own_interval(row["customer_id"], row["product"])
        days = (dt.date.fromisoformat(row["due_on"]) - last).days
        assert abs(days - every) <= 0.5, row
    assert not {row["customer_id"] for row in due} & books.unwilling("Phone consent")

    owner.get_by_role("link", name="Change").first.click()
    owner.get_by_label("Due on another day").fill("2026-09-03")
    owner.get_by_label("Why").fill("On holiday until then")
    owner.get_by_role("button", name="Keep this day").click()
    expect(owner.locator("main")).to_contain_text("Kept. It holds")
    owner.goto("/customers/due/")
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="The list for staff").click()
    (moved,) = [row for row in rows_of(waiting.value) if row["reason"] == "On holiday until then"]
    assert moved["due_on"] == "2026-09-03"


def test_s09_lifetime_value_in_time_need_and_influence(owner: Page) -> None:
    afternoon = buyers(goods_for("Afternoon tea"))
    tea = buyers(goods_for("Morning tea", "Afternoon tea", "Evening tea"))
    sold = set(books.lines()["Product"])
    repeatable = buyers(sorted(sold - {"Clay teapot 180 ml"}))
    only_once = buyers(["Clay teapot 180 ml"]) - repeatable
    spent = (
        books.read("referrals.csv")
        .join(books.paid(), left_on="Referred customer", right_on="Customer")
        .select(pl.col("Amount").sum() - pl.col("Refunded").sum())
        .item()
    )

    opened_once_there(
        owner,
        "/customers/lifetime/",
        lambda page: "Tried on the past" in page.locator("main").inner_text(),
    )
    main = owner.locator("main")
    expect(main).to_contain_text(f"{len(repeatable):,} customers count here")
    expect(main).to_contain_text(f"{len(only_once)} more bought nothing but goods that one buys")
    expect(main).to_contain_text(
        f"800 customers were brought by others and have spent CN¥{spent:,.0f} since"
    )

    owner.get_by_role("link", name="Needs and what goes together").click()
    need = owner.get_by_role("row").filter(has_text="Afternoon tea")
    expect(need.first).to_contain_text(f"{len(afternoon):,}")
    need.first.get_by_role("button", name="Segment of").click()
    expect(main).to_contain_text(f"{len(tea - afternoon):,}")
