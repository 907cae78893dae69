"""The shop report as a person reads it: figures from a loop over the orders, bad addresses."""

import csv
import datetime as dt
import html
import io
import re
from fractions import Fraction

import pytest
from flask import Flask

from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_web.pages.figures.values import against_before, change
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import Folder
from tests.platform.figures.shop import Plain, invented_orders
from tests.web.conftest import NOW, Browser

ROWS = invented_orders()
PLAIN = Plain(ROWS, "Asia/Shanghai")
WEEK = dt.date(2025, 10, 1), dt.date(2025, 10, 7)


@pytest.fixture
def folder(settings: Settings) -> Folder:
    return Folder(settings.shop_dir(1), *ROWS)


def text(browser: Browser, path: str) -> str:
    page = browser.get(path)
    assert page.status_code == 200
    plain = re.sub(r"<[^>]+>", " ", page.get_data(as_text=True))
    return " ".join(html.unescape(plain).split())


def table(browser: Browser, path: str) -> list[dict[str, str]]:
    page = browser.get(path)
    assert page.status_code == 200
    assert page.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(page.get_data(as_text=True).removeprefix("\ufeff"))))


def test_a_new_shop_is_told_what_the_page_will_show(owner: Browser) -> None:
    page = text(owner, "/report/")
    assert "No figures yet" in page
    assert "Bring orders" in page
    assert owner.get("/report/figures.csv").status_code == 404


def test_the_ten_figures_of_seven_days_are_those_of_a_loop(owner: Browser, folder: Folder) -> None:
    del folder
    page = text(owner, "/report/?by=week&until=2025-10-07")
    rows = PLAIN.between(*WEEK)
    buyers = {who for who, _, _ in rows}
    new = {who for who in buyers if PLAIN.first[who] >= WEEK[0]}
    paid = sum(row["amount"] for _, day, row in PLAIN.bought if WEEK[0] <= day <= WEEK[1])
    for name in ("店铺收藏人数", "支付金额", "客单价", "访客数", "新访客数", "老访客占比"):
        assert name in page
    assert f"Paid amount 支付金额 £{paid / 10_000:,.2f}" in page
    assert f"Paying buyers 支付买家数 {len(buyers)} " in page
    assert f"New buyers 新买家数 {len(new)} " in page
    assert f"Returning buyers 老买家数 {len(buyers - new)} " in page
    share = f"{100 * len(buyers - new) / len(buyers):.1f}%"
    assert f"Share of returning buyers 老买家占比 {share}" in page
    assert "Oct 1 – Oct 7, 2025" in page


def test_visitors_come_from_the_shops_files_and_a_difference_is_shown(
    owner: Browser, folder: Folder
) -> None:
    days = [dt.date(2025, 10, number) for number in range(1, 8)]
    paid = sum(row["amount"] for _, day, row in PLAIN.bought if day in days)
    folder.bring(
        "shop_days",
        *({"day": day, "scope": "shop", "figure": "visitors", "value": money(300)} for day in days),
        *(
            {
                "day": day,
                "scope": "shop",
                "figure": "paid_amount",
                "value": paid + money(20) if day == days[0] else 0,
            }
            for day in days
        ),
    )
    page = text(owner, "/report/?by=week&until=2025-10-07")
    assert "Visitors 访客数 2,100 from a file" in page
    assert "£20.00 more than the orders" in page


def test_a_week_that_a_file_knows_in_part_is_told_with_its_days_and_not_compared(
    owner: Browser, folder: Folder
) -> None:
    days = [dt.date(2025, 10, 7) - dt.timedelta(days=number) for number in range(10)]
    folder.bring(
        "shop_days",
        *({"day": day, "scope": "shop", "figure": "visitors", "value": money(300)} for day in days),
    )
    page = text(owner, "/report/?by=week&until=2025-10-07")
    assert "Visitors 访客数 2,100 from a file 900 3 of 7 days – " in page
    rows = table(owner, "/report/course.csv?by=week&until=2025-10-07")
    assert [row["visitors"] for row in rows[-2:]] == ["", "2100"]


def test_every_table_comes_as_a_file(owner: Browser, folder: Folder) -> None:
    del folder
    for by in ("day", "week", "month"):
        for name in ("figures", "course", "life", "retention", "channels"):
            assert table(owner, f"/report/{name}.csv?by={by}&until=2025-10-07"), (by, name)


def test_the_file_has_exact_amounts_of_all_three_periods(owner: Browser, folder: Folder) -> None:
    del folder
    rows = table(owner, "/report/figures.csv?by=month&until=2025-10-31")
    found = {row["first_day"]: row["from_orders"] for row in rows if row["figure"] == "paid_amount"}
    assert list(found) == ["2025-10-01", "2025-09-01", "2024-10-01"]
    for first, value in found.items():
        year, month = int(first[:4]), int(first[5:7])
        amount = sum(
            row["amount"] for _, day, row in PLAIN.bought if (day.year, day.month) == (year, month)
        )
        assert float(value) == amount / 10_000


def test_a_segment_counts_only_its_customers(
    owner: Browser, folder: Folder, database: Database
) -> None:
    del folder
    rule = parse_rule({"feature": "orders", "op": ">=", "value": "3"})
    with database.unit_of_work() as session:
        kept = save_segment(session, shop_id=1, name="<b>often</b>", rule=rule, now=NOW).id
    page = text(owner, f"/report/?by=week&until=2025-10-07&segment={kept}")
    often = [who for who in PLAIN.first if len(_orders_before(who, WEEK[0])) >= 3]
    buyers = {who for who, _, _ in PLAIN.between(*WEEK) if who in often}
    assert f"Paying buyers 支付买家数 {len(buyers)} " in page
    assert "<b>often</b>" in page  # as text: the tags of the page itself are gone
    assert "as it was on the first morning" in page


def test_no_address_breaks_the_page(owner: Browser, folder: Folder) -> None:
    del folder
    for query in (
        "by=year",
        "until=soon",
        "until=0001-01-01",
        "until=9999-12-31",
        "until=2024-01-15",
        "by=month&until=2024-01-15",
        "segment=99",
        "segment=" + "9" * 500,
        "segment=-1",
        "until=" + "x" * 10_000,
    ):
        assert "The ten figures" in text(owner, f"/report/?{query}"), query[:40]


def test_the_goal_is_kept_and_a_wrong_one_is_refused(owner: Browser, folder: Folder) -> None:
    del folder
    assert "of 30% to 50%" in text(owner, "/report/")
    assert owner.post("/report/goal", {"low": "10", "high": "12"}).status_code == 302
    assert "of 10% to 12%" in text(owner, "/report/")
    owner.post("/report/goal", {"low": "50", "high": "10" * 9000})
    page = text(owner, "/report/")
    assert "is no goal" in page
    assert "of 10% to 12%" in page


def test_one_order_is_enough_to_begin(owner: Browser, settings: Settings) -> None:
    Folder(settings.shop_dir(1), line("1", "ann", "2026-01-05", 12.5))
    for by in ("day", "week", "month"):
        page = text(owner, f"/report/?by={by}")
        assert "Paying buyers 支付买家数 1 " in page
        assert "Only 1 bought in the last 30 days" in page


def _orders_before(who: str, day: dt.date) -> list[str]:
    return [row["order_id"] for one, on, row in PLAIN.bought if one == who and on < day]


def test_orders_of_today_wait_until_the_day_is_over(owner: Browser, settings: Settings) -> None:
    today = dt.datetime.now(dt.UTC)
    yesterday = (today - dt.timedelta(days=1)).isoformat()
    Folder(
        settings.shop_dir(1),
        line("1", "ann", "2026-01-05", 10, at=yesterday),
        line("2", "ben", "2026-01-05", 99, at=today.isoformat()),
    )
    page = text(owner, "/report/?by=day")
    assert "£10.00" in page
    assert "£99.00" not in page


def test_the_first_page_shows_the_week_in_short(owner: Browser, settings: Settings) -> None:
    assert "The last 7 days" not in text(owner, "/")
    Folder(
        settings.shop_dir(1),
        line("0", "ann", "2025-12-20", 10),
        line("1", "ann", "2026-01-05", 30),
        line("2", "ben", "2026-01-11", 20),
    )
    page = text(owner, "/")
    assert "Jan 5 – Jan 11, 2026" in page
    assert "Paid amount 支付金额 £50.00" in page
    assert "Share of returning buyers 老买家占比 50.0%" in page


def test_a_large_shop_does_not_wait_for_its_first_page(
    owner: Browser, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_web.pages.figures.week.AT_ONCE", 10)
    page = text(owner, "/")
    assert "The last 7 days Shop report" in page
    assert not (folder.path / "features").exists()
    text(owner, "/report/")
    assert "Paid amount 支付金额" in text(owner, "/")


def test_a_change_is_in_points_or_percent_and_nothing_has_no_sign(app: Flask) -> None:
    with app.test_request_context("/"):
        assert change(Fraction(3), Fraction(4), "money") == "−25.0% since then"
        assert change(Fraction(5, 10), Fraction(4, 10), "share") == "+10.0 points since then"
        assert change(Fraction(39999, 100000), Fraction(4, 10), "share") == "0.0 points since then"
        assert change(Fraction(3), Fraction(0), "people") == ""
        assert change(Fraction(3), None, "people") == ""
        more, less = Fraction(6), Fraction(4)
        assert against_before(more, less, "people", "day") == "+50.0% against the day before"
        assert against_before(more, less, "people", "week") == "+50.0% against the 7 days before"
        assert against_before(more, less, "people", "month") == "+50.0% against the month before"
        assert against_before(Fraction(3), None, "people", "week") == ""
