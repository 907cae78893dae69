"""Taobao/Tmall: an order report, its item report and its refund report make one table of orders."""

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars_platform.intake import service
from regulars_platform.intake.models import FilePart, OrderField, ReadingOptions
from regulars_platform.intake.waiting import Waiting, waiting_of
from regulars_platform.orders.table import ORDER_SCHEMA, whole_orders
from tests.platform.intake.builders import SHOP, ShopBench, open_shop
from tests.platform.intake.exports import (
    TAOBAO_ITEMS,
    TAOBAO_ITEMS_OLD,
    TAOBAO_ORDERS,
    TAOBAO_REFUNDS,
    export,
    taobao_item,
    taobao_order,
    taobao_refund,
)
from tests.platform.intake.workbooks import workbook

ONE, TWO, LAPSED, RETURNED = (f"36584712345678901{digit}" for digit in "1234")

ORDERS = export(
    TAOBAO_ORDERS,
    taobao_order(ONE, "小王", "100.00"),
    taobao_order(TWO, "阿丽", "30.00"),
    taobao_order(
        LAPSED, "小王", "66.00", 订单状态="交易关闭", 订单付款时间="", 订单关闭原因="买家未付款"
    ),
    taobao_order(RETURNED, "老张", "50.00", 订单状态="交易关闭", 物流单号="SF001"),
    encoding="gbk",
)
ITEMS = export(
    TAOBAO_ITEMS,
    # 120.00 by themselves: the order came to 100.00, so 20.00 of discount lie on the whole order
    taobao_item(ONE + "01", ONE, "TEA", "40.00", 购买数量="2", 买家应付货款="80.00"),
    taobao_item(ONE + "02", ONE, "CUP", "40.00"),
    taobao_item(TWO, TWO, "POT", "30.00"),
    taobao_item(RETURNED, RETURNED, "TEA", "50.00", 订单状态="交易关闭"),
    encoding="gbk",
)
REFUNDS = export(
    TAOBAO_REFUNDS,
    taobao_refund("9001", ONE, "10.00", 商品编码="CUP"),
    taobao_refund("9002", ONE, "7.00", 商品编码="TEA", 退款状态="退款关闭"),
    taobao_refund("9003", TWO, "4.00"),
    encoding="gbk",
)


@pytest.fixture
def china(tmp_path: Path) -> Iterator[ShopBench]:
    bench = open_shop(tmp_path / "data", timezone="Asia/Shanghai")
    yield bench
    bench.database.dispose()


def table(shop: ShopBench) -> pl.DataFrame:
    """All that is stored, but for where it came from."""
    return shop.stored().drop("import_id", "source_line")


def waiting(shop: ShopBench) -> list[Waiting]:
    with shop.database.unit_of_work() as session:
        return list(waiting_of(session, SHOP).values())


def test_items_that_come_first_wait_for_their_order_file(china: ShopBench) -> None:
    tallies = china.bring_in(ITEMS)
    assert (tallies.part, tallies.waiting_lines, tallies.waiting_orders) == ("item", 4, 3)
    assert tallies.adds_up
    assert not china.orders.exists()
    assert waiting(china) == [Waiting(part="item", orders=3, lines=4)]
    china.bring_in(ORDERS)
    assert waiting(china) == []


def test_the_order_file_gives_the_lines_their_customer_and_the_money_that_was_paid(
    china: ShopBench,
) -> None:
    china.bring_in(ITEMS)
    china.bring_in(ORDERS)
    lines = china.stored().filter(pl.col("order_id") == ONE)
    assert lines["line_key"].to_list() == [ONE + "01", ONE + "02"]
    assert lines["product"].to_list() == ["TEA", "CUP"]
    assert lines["quantity"].to_list() == [20_000, 10_000]
    # 100.00 over lines of 80.00 and 40.00: 66.6667 and 33.3333, to the last ten-thousandth
    assert lines["amount"].to_list() == [666_667, 333_333]
    assert lines["discount"].to_list() == [133_333, 66_667]
    assert lines["customer_id"].to_list() == ["小王", "小王"]
    assert lines["shipping"].to_list() == [60_000, 60_000]
    assert str(lines["ordered_at"][0]) == "2026-05-15 08:50:00+00:00"


def test_a_closed_order_is_returned_where_it_was_paid_and_lapsed_where_not(
    china: ShopBench,
) -> None:
    china.bring_in(ORDERS)
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    assert orders["status"].to_list() == ["paid", "paid", "cancelled", "paid"]
    assert orders["refund"].to_list() == [0, 0, 0, 500_000]


def test_only_refunds_that_were_paid_out_count_and_they_find_their_line(china: ShopBench) -> None:
    for content in (ORDERS, ITEMS, REFUNDS):
        china.bring_in(content)
    refunds = dict(china.stored().select("line_key", "refund").iter_rows())
    assert refunds[ONE + "02"] == 100_000
    assert refunds[ONE + "01"] == 0
    assert refunds[TWO] == 40_000
    assert refunds[RETURNED] == 500_000


def test_a_refund_before_its_order_waits(china: ShopBench) -> None:
    assert china.bring_in(REFUNDS).waiting_orders == 2
    assert waiting(china) == [Waiting(part="refund", orders=2, lines=3)]
    china.bring_in(ORDERS)
    assert waiting(china) == []
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    assert orders["refund"].to_list() == [100_000, 40_000, 0, 500_000]


def test_a_refund_that_names_the_line_finds_the_order(china: ShopBench) -> None:
    content = export(TAOBAO_REFUNDS, taobao_refund("9009", ONE + "01", "12.50"))
    for file in (content, ITEMS, ORDERS):
        china.bring_in(file)
    refunds = dict(china.stored().select("line_key", "refund").iter_rows())
    assert (refunds[ONE + "01"], refunds[ONE + "02"]) == (125_000, 0)
    assert waiting(china) == []


def test_every_order_of_the_three_files_ends_in_the_same_table(tmp_path: Path) -> None:
    tables = []
    for number, files in enumerate(itertools.permutations([ORDERS, ITEMS, REFUNDS])):
        shop = open_shop(tmp_path / str(number), timezone="Asia/Shanghai")
        for content in files:
            assert shop.bring_in(content).adds_up
        tables.append(table(shop))
        shop.database.dispose()
    assert all(found.equals(tables[0]) for found in tables)
    assert tables[0].height == 5
    assert int(tables[0]["amount"].sum()) == 2_460_000


CENTS = st.integers(1, 5_000)
ITEM = st.tuples(CENTS, st.integers(1, 3), st.sampled_from(["", "退款成功", "退款关闭"]))
ORDER = st.tuples(CENTS, st.lists(ITEM, min_size=1, max_size=4), st.booleans())


def written(orders: list[tuple[int, list[tuple[int, int, str]], bool]]) -> list[bytes]:
    """The three reports of invented orders, and the order report of an earlier day, when those that
    are paid by now still waited for their payment, under other titles or none."""
    heads, items, refunds, earlier = [], [], [], []
    for number, (cents, lines, paid) in enumerate(orders, start=1):
        order = f"70000000000000{number:04d}"
        more = {} if paid else {"订单状态": "等待买家付款", "订单付款时间": ""}
        heads.append(taobao_order(order, "小王", f"{cents / 100:.2f}", **more))
        if paid:
            title = ["", "旧名"][number % 2]
            waits = {"订单状态": "等待买家付款", "订单付款时间": "", "宝贝标题": title}
            earlier.append(taobao_order(order, "小王", f"{cents / 50:.2f}", **waits))
        for place, (price, quantity, word) in enumerate(lines):
            line = f"{order}{place}"
            goods = f"{price * quantity / 100:.2f}"
            cells = {"购买数量": str(quantity), "买家应付货款": goods}
            items.append(taobao_item(line, order, f"T{place % 2}", f"{price / 100:.2f}", **cells))
            if word:
                refunds.append(taobao_refund(f"R{line}", order, "0.50", 退款状态=word))
    refunds.append(taobao_refund("R0", "no such order", "1.00"))
    earlier.append(taobao_order("69999999999999999", "小丽", "1.00"))
    return [
        export(TAOBAO_ORDERS, *heads),
        export(TAOBAO_ITEMS, *items),
        export(TAOBAO_REFUNDS, *refunds),
        export(TAOBAO_ORDERS, *earlier),
    ]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(ORDER, min_size=1, max_size=4),
    st.lists(st.sampled_from([0, 1, 2, 3]), max_size=2),
    st.permutations([0, 1, 2, 3]),
)
def test_uploads_in_any_order_and_again_end_in_the_same_orders(
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[tuple[int, list[tuple[int, int, str]], bool]],
    again: list[int],
    way: list[int],
) -> None:
    files = written(orders)
    folder = tmp_path_factory.mktemp("shops")
    straight, mixed = open_shop(folder / "a"), open_shop(folder / "b")
    for number in (3, 0, 1, 2):
        straight.bring_in(files[number])
    for number in [*again, *way, *again]:
        assert mixed.bring_in(files[number]).adds_up
    expected = table(straight)
    assert table(mixed).equals(expected)
    # the order report is the truth about money
    sums = dict(expected.group_by("order_id").agg(pl.col("amount").sum()).iter_rows())
    assert sums == {
        f"70000000000000{number:04d}": cents * 100
        for number, (cents, _, _) in enumerate(orders, start=1)
    } | {"69999999999999999": 10_000}
    for shop in (straight, mixed):
        shop.database.dispose()


@pytest.mark.parametrize("items_first", [True, False])
def test_lines_that_seem_to_be_missing_are_pointed_out(china: ShopBench, items_first: bool) -> None:
    some = export(TAOBAO_ITEMS, taobao_item(ONE + "01", ONE, "TEA", "80.00"))
    for content in (some, ORDERS) if items_first else (ORDERS, some):
        tallies = china.bring_in(content)
    assert "Of 1 orders the lines come to less" in str(tallies.notes[-1])
    assert "less" not in " ".join(map(str, china.bring_in(ITEMS).notes))


def test_a_later_order_report_corrects_orders_that_have_their_items(china: ShopBench) -> None:
    for content in (ORDERS, ITEMS):
        china.bring_in(content)
    later = export(TAOBAO_ORDERS, taobao_order(ONE, "小王", "90.00", 退款金额="30.00"))
    assert china.bring_in(later).corrected.lines == 1
    lines = china.stored().filter(pl.col("order_id") == ONE)
    assert lines["amount"].to_list() == [600_000, 300_000]
    # nobody says of which line: 30.00 in proportion to what was paid
    assert lines["refund"].to_list() == [200_000, 100_000]


def test_the_furthest_state_of_a_refund_counts_and_is_not_added_up(china: ShopBench) -> None:
    told = export(TAOBAO_ORDERS, taobao_order(TWO, "阿丽", "30.00", 退款金额="4.00"))
    items = export(
        TAOBAO_ITEMS, taobao_item(TWO, TWO, "POT", "30.00", 退款状态="退款成功", 退款金额="4.00")
    )
    for content in (told, items, REFUNDS):
        china.bring_in(content)
    assert china.stored().filter(pl.col("order_id") == TWO)["refund"].to_list() == [40_000]
    more = export(TAOBAO_REFUNDS, taobao_refund("9004", TWO, "6.00"))
    china.bring_in(more)
    assert china.stored().filter(pl.col("order_id") == TWO)["refund"].to_list() == [100_000]


def test_a_line_closed_before_payment_is_not_part_of_what_was_paid(china: ShopBench) -> None:
    items = export(
        TAOBAO_ITEMS,
        taobao_item(TWO + "1", TWO, "POT", "30.00"),
        taobao_item(TWO + "2", TWO, "LID", "9.00", 订单状态="交易关闭", 订单付款时间=""),
    )
    for content in (ORDERS, items):
        china.bring_in(content)
    lines = china.stored().filter(pl.col("order_id") == TWO)
    assert lines["status"].to_list() == ["paid", "cancelled"]
    assert lines["amount"].to_list() == [300_000, 90_000]


def test_the_old_item_report_has_no_line_numbers_and_joins_all_the_same(china: ShopBench) -> None:
    rows = [
        {
            "订单编号": f'="{TWO}"',
            "订单状态": "交易成功",
            "标题": title,
            "价格": price,
            "购买数量": "1",
            "商家编码": code,
        }
        for title, price, code in (("壶", "20.00", "POT"), ("盖", "10.00", "LID"))
    ]
    seen = service.look(
        china.settings, china.database, china.upload(export(TAOBAO_ITEMS_OLD, *rows))
    )
    assert seen.preset == "taobao_items_old"
    china.bring_in(export(TAOBAO_ITEMS_OLD, *rows, encoding="gbk"))
    china.bring_in(ORDERS)
    lines = china.stored().filter(pl.col("order_id") == TWO)
    assert lines["amount"].to_list() == [100_000, 200_000]
    assert lines["line_key"].to_list() == ["LID#1", "POT#1"]


def test_unknown_words_of_a_refund_are_asked_and_placed(china: ShopBench) -> None:
    content = export(TAOBAO_REFUNDS, taobao_refund("9001", ONE, "10.00", 退款状态="平台处理中"))
    import_id = china.confirmed(content)
    assert china.check(import_id).unknown_status_words == {"平台处理中": 1}
    seen = china.get(import_id)
    assert seen.look is not None
    options = ReadingOptions(status_words={"平台处理中": "not_refunded"})
    china.confirm(import_id, seen.look.mapping(), options)
    assert china.check(import_id).unknown_status_words == {}
    china.store(import_id)
    china.bring_in(ORDERS)
    assert china.stored().filter(pl.col("order_id") == ONE)["refund"].to_list() == [0]


def test_unpaid_orders_are_kept_with_their_time(china: ShopBench) -> None:
    content = export(
        TAOBAO_ORDERS,
        taobao_order(ONE, "小王", "12.00", 订单状态="等待买家付款", 订单付款时间=""),
    )
    china.bring_in(content)
    row = china.stored().row(0, named=True)
    assert (row["status"], row["amount"]) == ("unpaid", 120_000)
    assert str(row["ordered_at"]) == "2026-05-15 08:50:00+00:00"


def test_each_report_is_recognised_and_says_what_it_is(china: ShopBench) -> None:
    found = [
        service.look(china.settings, china.database, china.upload(content))
        for content in (ORDERS, ITEMS, REFUNDS)
    ]
    assert [seen.preset for seen in found] == ["taobao_orders", "taobao_items", "taobao_refunds"]
    assert found[0].mapping()[OrderField.PAID_AT] == "订单付款时间"
    assert found[0].form.encoding == "gb18030"
    assert OrderField.CUSTOMER_ID not in found[1].mapping()
    assert found[0].arithmetic is not None
    assert (found[0].arithmetic.held, found[0].arithmetic.rows) == (4, 4)
    assert "买家应付货款 + 买家应付邮费 = 总金额" in found[0].arithmetic.equation


def test_an_item_report_as_a_workbook_is_the_same_as_the_text(
    tmp_path: Path, china: ShopBench
) -> None:
    rows = list(csv.reader(io.StringIO(ITEMS.decode("gbk"))))
    # as texts: a number of so many digits is rounded in a workbook before anybody reads it
    sheet = [[cell.removeprefix('="').removesuffix('"') for cell in row] for row in rows]
    for content in (workbook(*sheet), ORDERS, REFUNDS):
        china.bring_in(content)
    text = open_shop(tmp_path / "text", timezone="Asia/Shanghai")
    for content in (ITEMS, ORDERS, REFUNDS):
        text.bring_in(content)
    assert table(china).equals(table(text))
    assert "POT" in table(china)["product"].to_list()
    text.database.dispose()


def test_files_of_items_and_orders_left_out_are_no_outcomes_of_customers(china: ShopBench) -> None:
    items, orders = (
        china.confirmed(ITEMS),
        china.confirmed(
            export(
                TAOBAO_ORDERS,
                taobao_order(ONE, "小王", "9.00"),
                taobao_order(TWO, "阿丽", "5.00", 商家备忘="补单"),
            ),
            options=ReadingOptions(leave_out=("补单",)),
        ),
    )
    found = []
    for import_id in (items, orders):
        china.check(import_id)
        found.append(service.staged_lines(china.settings, import_id).collect())
    assert found[0].is_empty()
    assert found[1]["order_id"].to_list() == [ONE]


def test_a_part_can_be_named_by_hand(china: ShopBench) -> None:
    """A file of lines from a system that nobody knows: the person says that its orders follow."""
    lines = b"bill,article,pieces,price\nA1,tea,2,4.00\nA1,cup,1,2.00\n"
    import_id = china.upload(lines)
    service.look(china.settings, china.database, import_id)
    mapping = {
        OrderField.ORDER_ID: "bill",
        OrderField.PRODUCT: "article",
        OrderField.QUANTITY: "pieces",
        OrderField.UNIT_PRICE: "price",
    }
    options = ReadingOptions(part=FilePart.ITEM)
    china.confirm(import_id, mapping, options)
    china.check(import_id)
    china.store(import_id)
    china.bring_in("order number,customer,date,total\nA1,anna,2026-05-01,10.00\n")
    assert china.stored()["amount"].to_list() == [20_000, 80_000]
    assert set(china.stored().columns) == set(ORDER_SCHEMA)
