"""Routine care, rights, figures and effects, by a person in the browser on the sample shop:
S3, S4, S7, S8, S10 to S15.

Every figure that is expected here is computed from the sample's files alone (see `books`).
"""

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser import books

pytestmark = pytest.mark.browser

LAST = dt.date.fromisoformat(books.LAST_DAY)


def rows_of(download: Download) -> list[dict[str, str]]:
    with download.path().open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def unfold(page: Page) -> None:
    """Open what a ranking keeps folded: further groups, and those that it hardly fits."""
    expect(page.locator("#ranked table").first).to_be_visible()
    folded = page.locator("#ranked details:not([open]) > summary")
    while folded.count():
        folded.first.click()


def known_orders() -> pl.DataFrame:
    return books.paid().drop_nulls("Customer")


def first_days() -> pl.DataFrame:
    return known_orders().group_by("Customer").agg(pl.col("day").min().alias("first"))


def money(value: Decimal | float) -> str:
    return f"CN¥{value:,.2f}"


def test_s03_routine_care_that_always_runs(owner: Page) -> None:
    day, birthday = dt.date(2026, 8, 6), "08-13"
    listed = books.customers().filter(pl.col("Birthday").str.ends_with(birthday))
    there = (
        set(listed.filter(pl.col("Customer since") < day.isoformat())["Customer ID"])
        | set(books.lines().filter(pl.col("day") < day)["Customer"].drop_nulls())
        | set(
            books.read("events.csv.gz").filter(pl.col("Event time") < day.isoformat())[
                "Customer ID"
            ]
        )
    )
    entering = (set(listed["Customer ID"]) & there) - books.unwilling("SMS consent")

    owner.get_by_role("link", name="Programmes", exact=True).first.click()
    owner.get_by_role("link", name="Birthday", exact=True).click()
    run = owner.get_by_role("row").filter(has_text="Aug 6, 2026").last
    told, held_back = (int(run.locator("td").nth(place).inner_text()) for place in (0, 1))
    assert told + held_back == len(entering)
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="Aug 6, 2026").click()
    contacted = {row["customer_id"] for row in rows_of(waiting.value)}
    assert contacted <= entering
    assert len(contacted) == told

    owner.goto("/programmes/")
    owner.get_by_role(
        "button", name="Start “Honeymoon (after the first order)” as is usual"
    ).click()
    expect(owner.locator("main")).to_contain_text("It runs.")
    expect(owner.locator("main")).to_contain_text("Held back at random (holdout)")
    owner.get_by_role("button", name="Pause").click()
    expect(owner.locator("main")).to_contain_text("Paused")


def test_s04_shop_events_by_calendar_with_who_fits_and_a_draft(owner: Page) -> None:
    bought = known_orders().filter(pl.col("day") == dt.date(2026, 6, 18))["Customer"].n_unique()

    owner.goto("/campaigns/calendar/")
    owner.get_by_role("link", name="6.18", exact=True).first.click()
    expect(owner.locator("main")).to_contain_text(
        f"{bought:,} customers bought on its days last time"
    )
    owner.get_by_label("From an order of").fill("99")
    owner.get_by_label("Amount off").fill("10")
    owner.get_by_role("button", name="Make the draft").click()
    expect(owner.get_by_role("heading", name="Plan a campaign")).to_be_visible()
    assert owner.get_by_label("Sent on").input_value() <= "2027-06-18"
    assert owner.get_by_label("Orders count until").input_value() >= "2027-06-18"

    owner.goto("/campaigns/calendar/new?kind=member_day")
    owner.get_by_label("Name").fill("Member day")
    owner.get_by_label("First day").fill("2026-12-20")
    owner.get_by_role("button", name="Keep").click()
    owner.goto("/campaigns/calendar/")
    assert owner.get_by_role("row").filter(has_text="Member day").count() == 12


def test_s07_points_and_coupons_at_their_full_cost(owner: Page) -> None:
    moved = books.read("points.csv.gz").with_columns(pl.col("Points change").cast(pl.Int64))
    left = int(moved["Points change"].sum())
    lapsed = int(moved.filter(pl.col("Reason") == "expiry")["Points change"].sum())
    by_july = int(moved.filter(pl.col("Date") < "2026-08-01")["Points change"].sum())
    willing = known_orders().filter(
        ~pl.col("Customer").is_in(list(books.unwilling("SMS consent"))),
        pl.col("day") > LAST - dt.timedelta(days=28),
    )
    anyway = (willing["Amount"] >= 99).mean()
    assert isinstance(anyway, float)

    owner.goto("/customers/points/")
    july = owner.get_by_role("row").filter(has_text="Jul 2026")
    expect(july).to_contain_text(f"−{-lapsed:,}")
    expect(july).to_contain_text(f"{by_july:,}")
    owner.get_by_role("link", name="Say what it is worth").click()
    owner.get_by_label("A point takes off").fill("0.05")
    owner.get_by_role("button", name="Keep these rules").click()
    expect(owner.locator("main")).to_contain_text(f"{left:,}")
    expect(owner.locator("main")).to_contain_text(money(left * Decimal("0.05")))

    owner.goto("/campaigns/match/?way=offer&kind=amount_off")
    owner.get_by_label("Threshold", exact=True).fill("99")
    owner.get_by_label("Amount off", exact=True).fill("10")
    owner.get_by_label("Contact costs you per customer").fill("0.05")
    owner.get_by_role("button", name="Rank the groups").click()
    unfold(owner)
    everybody = owner.get_by_role("row").filter(has_text="Every customer")
    expect(everybody).to_contain_text(f"{anyway:.0%} of orders")


def test_s08_member_tiers_with_rights_and_their_cost(owner: Page) -> None:
    spend = (
        known_orders()
        .filter(pl.col("day") > LAST - dt.timedelta(days=365))
        .group_by("Customer")
        .agg((pl.col("Amount") - pl.col("Refunded")).sum().cast(pl.Float64).alias("spend"))
    )
    sizes = {
        "Advanced": spend.filter(pl.col("spend") >= 300, pl.col("spend") < 800).height,
        "VIP": spend.filter(pl.col("spend") >= 800, pl.col("spend") < 2_000).height,
        "Supreme": spend.filter(pl.col("spend") >= 2_000).height,
    }

    owner.goto("/customers/tiers/rules")
    for place, (name, least) in enumerate(
        (("Ordinary", "0"), ("Advanced", "300"), ("VIP", "800"), ("Supreme", "2000"))
    ):
        owner.locator(f"[name=name-{place}]").fill(name)
        owner.locator(f"[name=from-{place}]").fill(least)
    for name, size in sizes.items():  # counted while one types
        row = owner.get_by_role("row").filter(has_text=name)
        expect(row.first).to_contain_text(f"{size:,}")
    owner.get_by_role("button", name="Keep these tiers").click()
    owner.goto("/customers/tiers/")
    expect(owner.locator("main")).to_contain_text(f"{sizes['VIP']:,}")


def test_s10_weekly_figures_under_their_own_names(owner: Page) -> None:
    week = pl.col("day") > LAST - dt.timedelta(days=7)
    paid = books.paid().filter(week)
    known = paid.drop_nulls("Customer")
    buyers = known["Customer"].n_unique()
    new = first_days().filter(pl.col("first") > LAST - dt.timedelta(days=7)).height
    report = books.read("shop_days.csv", skip=2).tail(7)
    favourites = report["店铺收藏人数"].cast(pl.Int64).sum()
    visitors = report["访客数"].str.replace(",", "").cast(pl.Int64).sum()
    told = {
        "支付金额": money(paid["Amount"].sum()),
        "客单价": money(known["Amount"].sum() / buyers),
        "支付买家数": f"{buyers:,}",
        "新买家数": f"{new:,}",
        "老买家数": f"{buyers - new:,}",
        "老买家占比": f"{(buyers - new) / buyers:.1%}",
        "店铺收藏人数": f"{favourites:,}",
        "访客数": f"{visitors:,}",
    }

    owner.get_by_role("link", name="Shop report").first.click()
    for label, figure in told.items():
        row = owner.get_by_role("row").filter(has=owner.get_by_text(label, exact=True)).first
        expect(row.locator("td").first).to_contain_text(figure)
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="This table (CSV)").first.click()
    assert len(rows_of(waiting.value)) >= 10


def test_s11_new_active_retention_spread_and_churn(owner: Page) -> None:
    visits = books.coming_back()  # a pot is bought once: it brings nobody back
    march = (
        visits.group_by("Customer")
        .agg(pl.col("day").min().alias("first"))
        .filter(pl.col("first").dt.strftime("%Y-%m") == "2026-03")
    )
    theirs = visits.join(march, on="Customer")

    def share(month: str) -> str:
        bought = theirs.filter(pl.col("day").dt.strftime("%Y-%m") == month)["Customer"].n_unique()
        return f"{bought / march.height:.0%}"

    new = first_days().filter(pl.col("first") > LAST - dt.timedelta(days=7)).height
    active = (
        known_orders().filter(pl.col("day") > LAST - dt.timedelta(days=30))["Customer"].n_unique()
    )

    owner.goto("/report/")
    cohort = owner.get_by_role("row").filter(has=owner.get_by_role("rowheader", name="2026-03"))
    cells = [cell.inner_text().strip() for cell in cohort.first.locator("td").all()]
    assert cells[:4] == [f"{march.height:,}", *map(share, ("2026-04", "2026-05", "2026-06"))]
    speed = owner.get_by_role("row").filter(has_text="New per day").first
    expect(speed).to_contain_text(f"{new / 7:.1f}")
    monthly = owner.get_by_role("row").filter(has_text="Active per month").first
    expect(monthly).to_contain_text(f"{active:,}")


def test_s12_effect_boards_each_beside_its_experiment(owner: Page) -> None:
    owner.goto("/campaigns/1")
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="Full assignment for analysis").click()
    arms = {row["customer_id"]: row["arm"] for row in rows_of(waiting.value)}
    window = known_orders().filter(
        pl.col("day").is_between(dt.date(2026, 7, 6), dt.date(2026, 8, 16))
    )
    bought = set(window["Customer"])
    told = [name for name, arm in arms.items() if arm == "Free shipping from 80"]
    held = [name for name, arm in arms.items() if arm != "Free shipping from 80"]
    assert told
    assert held
    followed = len(bought.intersection(told))
    won = len(told) * (followed / len(told) - len(bought.intersection(held)) / len(held))
    week = books.read("industry_days.csv", skip=2).tail(7)
    industry = week["行业平均支付金额"].str.replace_all(",", "").str.to_decimal(scale=2).sum()

    owner.goto("/effects/")
    board = owner.get_by_role("row").filter(has_text="Free shipping from 80, July 2026").first
    expect(board).to_contain_text(f"{followed:,}")
    expect(board).to_contain_text(f"+{won:,.0f}")
    beside = owner.get_by_role("row").filter(has_text="支付金额").last
    expect(beside).to_contain_text(money(industry))


def test_s13_channels_a_call_list_with_a_script_and_results(owner: Page) -> None:
    usual = known_orders()["Amount"].cast(pl.Float64).median()
    assert isinstance(usual, float)
    far_above = (
        known_orders()
        .group_by("Customer")
        .agg(pl.col("Amount").cast(pl.Float64).mean())
        .filter(pl.col("Amount") >= 3 * usual)
    )
    willing = set(far_above["Customer"]) - books.unwilling("Phone consent")
    phones = dict(books.customers().select("Customer ID", "Phone").iter_rows())

    owner.goto("/settings/channels/templates/new?channel=phone")
    owner.get_by_label("Name", exact=True).fill("Regards")
    owner.get_by_label("Words, or the script").fill("Good day, this is {shop}.")
    owner.get_by_role("button", name="Keep the template").click()
    owner.goto("/campaigns/match/?way=offer&kind=message")
    owner.get_by_label("Channel").select_option("phone")
    owner.get_by_label("Contact costs you per customer").fill("1.50")
    owner.get_by_role("button", name="Rank the groups").click()
    unfold(owner)
    vip = owner.get_by_role("row").filter(has_text="VIP far above the usual basket")
    vip.get_by_role("button", name="Plan a campaign").click()
    expect(owner.locator("#side")).to_contain_text(f"{len(willing)} customers take part")
    owner.get_by_text("What they are told, and who may use it").click()
    owner.get_by_label("Name of the arm").fill("Called")
    owner.get_by_role("button", name="Look at it before launching").click()
    owner.get_by_role("button", name="Launch").click()

    owner.get_by_role("link", name="Send from here").click()
    owner.get_by_role("button", name="Make the call list").click()
    owner.get_by_role("link", name="call list").or_(
        owner.get_by_role("link", name="Call list")
    ).first.click()
    expect(owner.locator("main")).to_contain_text("Good day, this is Hillside Tea.")
    with owner.expect_download() as waiting:
        owner.get_by_role("link", name="CSV").first.click()
    calls = rows_of(waiting.value)
    assert 0 < len(calls) <= len(willing)
    for row in calls:
        assert row["customer_id"] in willing
        assert phones[row["customer_id"]] in row.values()

    owner.get_by_label("What came of it").first.select_option("reached")
    owner.get_by_role("button", name="Record it").first.click()
    expect(owner.locator("main")).to_contain_text(f"{len(calls) - 1} of ")


def test_s15_a_small_group_is_told_what_it_can_learn(owner: Page) -> None:
    tagged = books.customers().filter(pl.col("Tags").str.contains("wholesale"))["Customer ID"]
    assert 0 < len(tagged) < 300
    owner.goto("/segments/new?preset=tag")
    owner.get_by_label("Tag", exact=True).fill("wholesale")
    owner.get_by_role("button", name="Use this").click()
    expect(owner.locator("main")).to_contain_text(f"{len(tagged)} of ")
    owner.get_by_label("Name of the segment").fill("Wholesalers")
    owner.get_by_role("button", name="Save the segment").click()
    owner.goto("/campaigns/match/?way=group")
    owner.get_by_label("Segment").select_option(label="Wholesalers")
    owner.get_by_label("Contact costs you per customer").fill("0.05")
    owner.get_by_label("Channel").select_option("sms")
    willing = set(tagged) - books.unwilling("SMS consent")
    owner.get_by_role("button", name="Rank the offers").click()
    owner.get_by_role("button", name="Plan a campaign").first.click()
    side = owner.locator("#side")
    expect(side).to_contain_text("Too small to tell alone")
    expect(side).to_contain_text(f"{len(willing)} customers take part")
    side.get_by_role("button", name="Make it a programme").click()
    expect(owner.locator("main")).to_contain_text("Wholesalers")


def test_s14_one_holdout_for_everything(owner: Page) -> None:
    # the last of this file: from here on a tenth of all customers is out of everything
    near_80 = (
        known_orders()
        .group_by("Customer")
        .agg(pl.col("Amount").mean())
        .filter(pl.col("Amount").is_between(48, 96))
    )
    willing = len(set(near_80["Customer"]) - books.unwilling("SMS consent"))

    owner.goto("/campaigns/holdout/")
    owner.get_by_label("Share of all customers").fill("10")
    # tomorrow is proposed; from today on, the plan below is drawn without them
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    owner.get_by_label("From this day on").fill(today.isoformat())
    owner.get_by_role("button", name="Draw").click()
    expect(owner.locator("main")).to_contain_text("10%")
    owner.goto("/campaigns/match/?way=offer")
    owner.get_by_label("Threshold", exact=True).fill("80")
    owner.get_by_label("Shipping costs you per order").fill("6")
    owner.get_by_label("Contact costs you per customer").fill("0.05")
    owner.get_by_role("button", name="Rank the groups").click()
    group = owner.get_by_role("row").filter(has_text="Those whom the threshold fits")
    reached = int(group.locator("td").first.inner_text().replace(",", ""))
    # a tenth of them, by a draw: four standard deviations of it
    assert abs(willing - reached - willing / 10) < 4 * (willing * 0.09) ** 0.5
