"""Files in parts in the browser: recognised, waiting for their order file, joined."""

import html
from collections.abc import Callable

from regulars_platform.jobs.models import Job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.settings import Settings
from tests.platform.intake.exports import (
    TAOBAO_ITEMS,
    TAOBAO_ORDERS,
    TAOBAO_REFUNDS,
    export,
    taobao_item,
    taobao_order,
    taobao_refund,
)
from tests.web.conftest import Browser
from tests.web.data.test_data_pages import confirm, page, upload

FinishJobs = Callable[[], list[Job]]

ITEMS = export(
    TAOBAO_ITEMS,
    taobao_item("7101", "71", "TEA", "60.00"),
    taobao_item("7102", "71", "CUP", "40.00"),
)
ORDERS = export(
    TAOBAO_ORDERS,
    taobao_order("71", "小王", "90.00"),
    taobao_order("72", "阿丽", "10.00", 订单备注="刷单 <b>"),
)


def bring(browser: Browser, finish: FinishJobs, content: bytes, number: int, **sent: str) -> None:
    """Upload, confirm as proposed, check, store."""
    upload(browser, content, f"report-{number}.csv")
    assert confirm(browser, number, **sent).status_code == 302
    finish()
    browser.post(f"/data/{number}/store")
    finish()


def test_an_item_report_waits_and_its_order_report_takes_it_along(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    upload(owner, ITEMS, "items.csv")
    columns = html.unescape(page(owner, "/data/1/columns"))
    assert "Recognised as: Taobao/Tmall item report (宝贝报表)" in columns
    assert "with the order report of the same days (订单报表)" in columns
    confirm(owner)
    finish_jobs()
    assert "2 lines would wait for their order file" in page(owner, "/data/1")
    owner.post("/data/1/store")
    finish_jobs()
    stored = page(owner, "/data/1")
    assert "2 lines wait for their order file" in stored
    assert stored.index("Bring its order file") < stored.index("See customers")
    overview = page(owner, "/data/")
    assert "2 lines are waiting for their order file" in overview
    assert "Waits for its order file" in overview

    bring(owner, finish_jobs, ORDERS, 2)
    assert "waiting for their order file" not in page(owner, "/data/")
    assert "wait for their order file" not in page(owner, "/data/1")
    assert "Bring its order file" not in page(owner, "/data/1")
    lines = OrdersTable(settings.shop_dir(1)).scan().sort("line_key").collect()
    assert lines["amount"].to_list() == [540_000, 360_000, 100_000]


def test_orders_named_by_the_sellers_remark_are_left_out_and_shown_in_the_account(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, ORDERS, 1, leave_out="刷单，补单")
    account = page(owner, "/data/1")
    assert "Left out by your own remark" in account
    assert "every line is in exactly one of the four" in account
    assert OrdersTable(settings.shop_dir(1)).scan().collect()["order_id"].to_list() == ["71"]
    upload(owner, ORDERS, "again.csv")
    assert 'value="刷单, 补单"' in page(owner, "/data/2/columns")


def test_words_given_later_take_a_stored_order_out_and_the_page_says_so_beforehand(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, ORDERS, 1)
    assert OrdersTable(settings.shop_dir(1)).scan().collect().height == 2
    upload(owner, ORDERS, "again.csv")
    confirm(owner, 2, leave_out="刷单 <b>, <i>")
    finish_jobs()
    assert "storing takes it out where it is" in page(owner, "/data/2")
    assert "刷单 &lt;b&gt;, &lt;i&gt;" in page(owner, "/data/2/columns")
    owner.post("/data/2/store")
    finish_jobs()
    assert OrdersTable(settings.shop_dir(1)).scan().collect()["order_id"].to_list() == ["71"]


def test_the_sums_of_the_columns_are_shown(owner: Browser) -> None:
    upload(owner, ORDERS)
    columns = html.unescape(page(owner, "/data/1/columns"))
    assert "The sums hold" in columns
    assert "买家应付货款 + 买家应付邮费 = 总金额" in columns
    assert "personal: left out of the analysis" in columns
    wrong = export(TAOBAO_ORDERS, taobao_order("71", "小王", "90.00", 总金额="1.00"))
    upload(owner, wrong)
    assert "The sums hold in 0 of the first 1 rows" in page(owner, "/data/2/columns")


def test_words_of_a_refund_are_placed_as_given_back_or_not(
    owner: Browser, finish_jobs: FinishJobs, settings: Settings
) -> None:
    bring(owner, finish_jobs, ORDERS, 1)
    refund = taobao_refund("901", "71", "9.00", 退款状态="平台介入")
    upload(owner, export(TAOBAO_REFUNDS, refund), "refunds.csv")
    confirm(owner, 2)
    finish_jobs()
    review = page(owner, "/data/2")
    assert "平台介入" in review
    assert "no money was given back" in review
    owner.post("/data/2/status-words", {"word-0": "平台介入", "place-0": "refunded"})
    finish_jobs()
    owner.post("/data/2/store")
    finish_jobs()
    lines = OrdersTable(settings.shop_dir(1)).scan().sort("order_id").collect()
    assert lines["refund"].to_list() == [90_000, 0]


def test_a_file_without_customers_says_where_they_may_be(
    owner: Browser, finish_jobs: FinishJobs
) -> None:
    upload(owner, "order number,product,amount\nA1,tea,5.00\n")
    answer = confirm(owner, part="order")
    assert answer.status_code == 422
    assert "in another file of the same orders" in html.unescape(answer.get_data(as_text=True))
    assert confirm(owner, part="item").status_code == 302
    finish_jobs()
    assert "1 line would wait for its order file" in page(owner, "/data/1")


def test_what_is_sent_in_the_new_fields_cannot_break_the_page(owner: Browser) -> None:
    upload(owner, ORDERS)
    words = ", ".join(f"<script>{'x' * 5_000}{number}" for number in range(50))
    answer = confirm(owner, 1, part="no such part", leave_out=words, **{"column-0": ""})
    assert answer.status_code == 422
    assert "<script>x" not in answer.get_data(as_text=True)
