"""The effect page as a person reads it: attribution beside experiments, members, the industry."""

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from regulars_platform.accounts.service import create_owner
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.jobs.models import Job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.programmes.history import entry_counts
from regulars_platform.reports.service import find_latest_report
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import keep_section
from regulars_platform.storage.database import Database
from regulars_web.app import create_app
from tests.platform.customers.build import line, money
from tests.platform.customers.shop import Folder
from tests.platform.figures.shop import Plain, invented_orders
from tests.platform.memory.season import Season
from tests.platform.programmes.build import keep_orders
from tests.web.conftest import EMAIL, NOW, PASSWORD, Browser
from tests.web.figures.test_report import table, text

TABLES = (
    "attributed",
    "campaigns",
    "programmes",
    "tiers",
    "again",
    "members-sales",
    "months",
    "industry",
)


def test_a_new_shop_is_told_what_the_page_will_show(owner: Browser) -> None:
    assert "Nothing to show yet" in text(owner, "/effects/")
    assert owner.get("/effects/months.csv").status_code == 404


def test_members_beside_others_by_hand(
    owner: Browser, settings: Settings, database: Database
) -> None:
    rows = invented_orders()
    folder = Folder(settings.shop_dir(1), *rows)
    plain = Plain(rows, "Asia/Shanghai")
    last = max(day for _, day, _ in plain.bought)
    with database.unit_of_work() as session:
        keep_section(session, 1, "tiers", [{"name": "Gold", "rule": {"by": "orders", "from": 4}}])
    week = [last - dt.timedelta(days=back) for back in range(7)]
    folder.bring(
        "shop_days",
        *(
            {"day": day, "scope": "industry", "figure": figure, "value": money(value)}
            for day in week
            for figure, value in [("paid_amount", 100), ("paid_buyers", 3), ("conversion", 0.05)]
        ),
    )
    start = last - dt.timedelta(days=29)
    gold = {who for who in plain.first if _orders_before(plain, who, start) >= 4}
    before = {who for who, _, _ in plain.between(start - dt.timedelta(days=30), _eve(start))}
    again = {who for who, _, _ in plain.between(start, last)}
    found = {row["who"]: row for row in table(owner, "/effects/again.csv")}
    for name, who in (("members", before & gold), ("others", before - gold)):
        counted = (int(found[name]["bought_30_days_before"]), int(found[name]["bought_again"]))
        assert counted == (len(who), len(who & again))
    for row in table(owner, "/effects/members-sales.csv"):
        first, end = (dt.date.fromisoformat(row[name]) for name in ("first_day", "last_day"))
        paid = [
            one["amount"]
            for who, _, one in plain.between(first, end)
            if _orders_before(plain, who, first) >= 4
        ]
        assert float(row["members_amount"]) == sum(paid) / 10_000
    tiers = {row["tier"]: int(row["customers"]) for row in table(owner, "/effects/tiers.csv")}
    assert tiers["Gold"] == sum(
        _orders_before(plain, who, last + dt.timedelta(days=1)) >= 4 for who in plain.first
    )
    industry = table(owner, "/effects/industry.csv")
    own = sum(row["amount"] for _, day, row in plain.bought if day in week)
    assert float(industry[0]["own"]) == own / 10_000
    assert {row["figure"]: row["industry"] for row in industry} == {
        "paid_amount": "700",
        "paid_buyers": "21",
        "average_order_value": "33.333333",
        "conversion": "0.05",
    }
    bought = plain.between(week[-1], last)
    different, by_day = len({who for who, _, _ in bought}), len({one[:2] for one in bought})
    assert different < by_day
    assert [industry[1][name] for name in ("own", "own_by_day")] == [str(different), str(by_day)]
    page = text(owner, "/effects/")
    assert f"Paying buyers 支付买家数 {different} from the orders" in page
    assert f"added up by day: {by_day} 21" in page
    assert "Conversion to payment 支付转化率 – 5.0%" in page
    assert "Gold" in page
    assert "comparison and no effect of the membership" in page


def test_a_programme_has_told_as_many_as_its_own_page_says(
    owner: Browser, settings: Settings, database: Database, finish_jobs: Callable[[], list[Job]]
) -> None:
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    bought = (today - dt.timedelta(days=10)).isoformat()
    keep_orders(settings, *(line(f"o{n}", f"c{n:02d}", bought, 50 + n) for n in range(40)))
    address = owner.post("/programmes/start/honeymoon").headers["Location"]
    owner.post(f"{address}/begin")
    assert all(job.problem is None for job in finish_jobs())
    number = int(address.rpartition("/")[2])
    with database.reading() as session:
        told, held = entry_counts(session, 1)[number]
    assert 0 < told < told + held == 40
    assert f"Told so far: {told}; held back: {held}" in text(owner, address)
    assert f"(after the first order) {told} – – no result yet" in text(owner, "/effects/")

    owner.post(f"{address}/result", {"version": "1"})
    assert all(job.problem is None for job in finish_jobs())
    page = text(owner, "/effects/")
    assert f"(after the first order) {told} 0 – nobody's days for orders are over yet" in page
    (row,) = table(owner, "/effects/programmes.csv")
    assert (row["told_so_far"], row["counted"], row["net"]) == (str(told), "0", "")


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    made = Season(tmp_path_factory.mktemp("season"))
    made.run(2, 0.1)
    with made.database.unit_of_work() as session:
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    yield made
    made.database.dispose()


@pytest.fixture
def reader(season: Season) -> Iterator[Browser]:
    app = create_app(season.settings, secure_cookies=False, setup_code=None)
    app.testing = True
    browser = Browser(app.test_client())
    browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    yield browser
    app.extensions["regulars"].database.dispose()


def test_buyers_of_a_campaign_attributed_and_won(season: Season, reader: Browser) -> None:
    with season.database.reading() as session:
        launched = get_launched(session, 1, 1)
    ledger = campaign_ledger(season.settings, launched)
    lines = OrdersTable(season.settings.shop_dir(1)).scan().collect()
    bought = {
        row["customer_id"]
        for row in lines.iter_rows(named=True)
        if row["status"] == "paid"
        and dt.date(2026, 2, 1) <= row["ordered_at"].date()
        and row["ordered_at"].date() <= dt.date(2026, 2, 28)
    }
    arms = dict(zip(ledger["customer_id"], ledger["arm"], strict=True))
    told = [who for who, arm in arms.items() if arm != HOLDOUT]
    held = [who for who, arm in arms.items() if arm == HOLDOUT]
    buyers, others = (sum(who in bought for who in side) for side in (told, held))
    won = len(told) * (buyers / len(told) - others / len(held))
    row = table(reader, "/effects/campaigns.csv")[0]
    counted = [int(row[name]) for name in ("told", "told_buyers", "held_back", "held_back_buyers")]
    assert counted == [len(told), buyers, len(held), others]
    assert float(row["won"]) == pytest.approx(won, abs=1e-5)
    assert float(row["won_low"]) < won < float(row["won_high"])
    with season.database.reading() as session:
        report = find_latest_report(session, 1, 1)
    assert report is not None
    each = report.document["overall"][0]["net"]
    assert float(row["net"]) == pytest.approx(each["estimate"] * len(told), abs=1e-5)
    assert float(row["net_low"]) < float(row["net"]) < float(row["net_high"])
    page = text(reader, "/effects/")
    assert "Month 2" in page
    assert f"{buyers:,} {100 * buyers / len(told):.1f}% of those told" in page


def test_orders_within_a_week_of_the_send_date_are_attributed_to_who_was_told(
    season: Season, reader: Browser
) -> None:
    with season.database.reading() as session:
        ledger = campaign_ledger(season.settings, get_launched(session, 1, 1))
    told = set(ledger.filter(ledger["arm"] != HOLDOUT)["customer_id"])
    lines = OrdersTable(season.settings.shop_dir(1)).scan().collect()
    orders = [
        (row["customer_id"], row["ordered_at"].date(), row["amount"])
        for row in lines.iter_rows(named=True)
        if row["status"] == "paid"
    ]
    for week in table(reader, "/effects/attributed.csv"):
        first, last = (dt.date.fromisoformat(week[name]) for name in ("first_day", "last_day"))
        inside = [one for one in orders if first <= one[1] <= last]
        after = [
            (who, amount)
            for who, day, amount in inside
            if who in told and dt.date(2026, 2, 1) <= day <= dt.date(2026, 2, 7)
        ]
        assert int(week["contacted_buyers"]) == len({who for who, _ in after})
        assert float(week["contacted_amount"]) == sum(amount for _, amount in after) / 10_000
        assert int(week["buyers"]) == len({who for who, _, _ in inside})


def test_every_table_comes_as_a_file(reader: Browser) -> None:
    for name in TABLES:
        page = reader.get(f"/effects/{name}.csv")
        assert page.status_code == 200, name
        assert page.content_type == "text/csv; charset=utf-8"
    assert reader.get("/effects/nothing.csv").status_code == 404


def test_a_page_names_what_is_attributed_and_what_is_won(reader: Browser) -> None:
    page = html.unescape(reader.get("/effects/").get_data(as_text=True))
    heads = re.findall(r"<th scope=\"col\"[^>]*>([^<]+)</th>", page)
    assert "Buyers (attributed)" in heads
    assert "Buyers won (by experiment)" in heads
    assert 'href="/campaigns/1/report"' in page


def _orders_before(plain: Plain, who: str, day: dt.date) -> int:
    return sum(one == who and on < day for one, on, _ in plain.bought)


def _eve(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=1)
