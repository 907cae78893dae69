"""An order counts once, whatever its goods were called, whatever came before it and came again."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars_platform.intake import service
from regulars_platform.intake.models import FilePart, OrderField, ReadingOptions
from regulars_platform.orders.table import whole_orders
from tests.platform.intake.builders import HEADER, ShopBench, csv, open_shop
from tests.platform.intake.exports import (
    SHOPIFY,
    TAOBAO_ITEMS,
    TAOBAO_ORDERS,
    YOUZAN_GOODS,
    YOUZAN_ORDERS,
    export,
    taobao_item,
    taobao_order,
    youzan_goods,
    youzan_order,
)

ONE, TWO = "365847123456789011", "365847123456789012"
YOUZAN = "E20260619100000123456"
WAITING = {"订单状态": "等待买家付款", "订单付款时间": ""}
CLOSED = {"订单状态": "交易关闭"}
UNTITLED = [heading for heading in TAOBAO_ORDERS if heading.strip() != "宝贝标题"]
UNNAMED = [heading for heading in YOUZAN_ORDERS if heading != "全部商品名称"]


@pytest.fixture
def china(tmp_path: Path) -> Iterator[ShopBench]:
    bench = open_shop(tmp_path / "data", timezone="Asia/Shanghai")
    yield bench
    bench.database.dispose()


def money(shop: ShopBench) -> dict[str, float]:
    """What each order comes to, in units of currency."""
    orders = whole_orders(shop.orders.scan()).collect()
    return {order: amount / 10_000 for order, amount in orders.select("order_id", "amount").rows()}


def taobao(
    number: str = ONE, goods: str = "100.00", title: str | None = "绿茶", **more: str
) -> bytes:
    row = taobao_order(number, "小王", goods, **more)
    if title is None:
        return export(UNTITLED, {name: cell for name, cell in row.items() if name != "宝贝标题"})
    return export(TAOBAO_ORDERS, {**row, "宝贝标题": title})


def shopify(number: str, total: str, *goods: tuple[str, str], **more: str) -> list[dict[str, str]]:
    head = {
        "Email": "anna@example.org",
        "Financial Status": "paid",
        "Subtotal": total,
        "Created at": "2026-05-01 10:00:00 +0200",
        **more,
    }
    return [
        {
            "Name": number,
            "Lineitem name": name,
            "Lineitem quantity": "1",
            "Lineitem price": price,
            **(head if place == 0 else {}),
        }
        for place, (name, price) in enumerate(goods)
    ]


@pytest.mark.parametrize(
    "titles", [("绿茶", "新绿茶"), ("绿茶", ""), ("绿茶", None), (None, "绿茶")]
)
@pytest.mark.parametrize("items_between", [False, True])
def test_a_title_that_changes_is_blank_or_has_no_column_is_no_other_order(
    china: ShopBench, titles: tuple[str | None, str | None], items_between: bool
) -> None:
    china.bring_in(taobao(title=titles[0]))
    if items_between:
        china.bring_in(export(TAOBAO_ITEMS, taobao_item(ONE + "1", ONE, "TEA", "100.00")))
    tallies = china.bring_in(taobao(title=titles[1]))
    assert tallies.adds_up
    assert money(china) == {ONE: 100.0}
    assert china.stored().height == 1
    if not items_between:
        assert china.stored()["product"].item() == (titles[1] or titles[0])


def test_names_of_goods_that_change_are_no_other_order_in_youzan(china: ShopBench) -> None:
    row = youzan_order(YOUZAN, "13800000001", "120.00")
    unnamed = {name: cell for name, cell in row.items() if name != "全部商品名称"}
    china.bring_in(export(YOUZAN_ORDERS, row))
    china.bring_in(
        export(YOUZAN_ORDERS, {**row, "全部商品名称": "绿茶(新)", "订单已退款金额": "20"})
    )
    china.bring_in(export(UNNAMED, unnamed | {"订单已退款金额": "30"}))
    assert money(china) == {YOUZAN: 120.0}
    assert china.stored().select("refund", "product").row(0) == (300_000, "绿茶(新)")


def test_an_order_that_comes_twice_in_one_file_counts_once_by_its_furthest_row(
    china: ShopBench,
) -> None:
    paid, waits = (
        taobao_order(ONE, "小王", "90.00"),
        taobao_order(ONE, "小王", "99.00", **WAITING),
    )
    tallies = china.bring_in(export(TAOBAO_ORDERS, paid, paid, waits))
    assert tallies.adds_up
    assert tallies.reasons == {"order_again": 2}
    assert money(china) == {ONE: 90.0}
    assert china.bring_in(export(TAOBAO_ORDERS, paid, paid)).repeated.lines == 2


def test_lines_of_a_main_order_chosen_by_hand_are_lines(china: ShopBench) -> None:
    rows = [taobao_order(number, "小王", "10.00", 主订单编号="M1") for number in (ONE, TWO)]
    import_id = china.upload(export(TAOBAO_ORDERS, *rows))
    seen = service.look(china.settings, china.database, import_id)
    china.confirm(import_id, {**seen.mapping(), OrderField.ORDER_ID: "主订单编号"})
    china.check(import_id)
    china.store(import_id)
    assert money(china) == {"M1": 20.0}


def under_titles(shop: ShopBench, *more: tuple[str, str]) -> None:
    """The orders table as it was when lines were keyed by their title; more: (order, title) of
    orders that had come under another title too."""
    rows = pl.read_delta(str(shop.orders.path))
    again = [
        rows.filter(pl.col("order_id") == order).with_columns(
            pl.lit(title).alias("product"), pl.col("import_id") + 1
        )
        for order, title in more
    ]
    titled = pl.concat([rows, *again]).with_columns(pl.col("product") + "#1")
    keyed = titled.with_columns(pl.col("product").alias("line_key")).with_columns(
        pl.col("product").str.strip_suffix("#1")
    )
    keyed.write_delta(str(shop.orders.path), mode="overwrite")


@pytest.mark.parametrize("items_between", [False, True])
def test_orders_stored_under_their_title_are_taken_over(
    china: ShopBench, items_between: bool
) -> None:
    files = export(
        TAOBAO_ORDERS, taobao_order(ONE, "小王", "100.00"), taobao_order(TWO, "阿丽", "30.00")
    )
    china.bring_in(files)
    under_titles(china, (ONE, "新绿茶"))
    assert money(china) == {ONE: 200.0, TWO: 30.0}  # as it was counted then
    if items_between:
        china.bring_in(export(TAOBAO_ITEMS, taobao_item(ONE + "1", ONE, "TEA", "100.00")))
    tallies = china.bring_in(files)  # even the very same file
    assert tallies.adds_up
    assert money(china) == {ONE: 100.0, TWO: 30.0}
    assert tallies.corrected.lines == 1
    china.bring_in(taobao(TWO, "25.00", "白瓷杯"))
    assert money(china) == {ONE: 100.0, TWO: 25.0}
    assert china.stored().height == 2


def test_a_remark_lifted_brings_back_an_order_that_was_kept_out_under_its_title(
    china: ShopBench,
) -> None:
    fake = ReadingOptions(leave_out=("补单",))
    china.bring_in(taobao(订单备注="补单"), options=fake)
    path = china.orders.path.with_name("order_parts")
    titled = pl.read_delta(str(path)).with_columns(pl.lit("绿茶#1").alias("line_key"))
    titled.write_delta(str(path), mode="overwrite")
    china.bring_in(taobao(title="新绿茶"))
    assert money(china) == {ONE: 100.0}


def test_a_product_renamed_in_shopify_is_no_other_line(shop: ShopBench) -> None:
    shop.bring_in(export(SHOPIFY, *shopify("#1", "50.00", ("Tea", "50.00"))))
    tallies = shop.bring_in(export(SHOPIFY, *shopify("#1", "50.00", ("Tea - new", "50.00"))))
    assert money(shop) == {"#1": 50.0}
    assert tallies.corrected.lines == 1
    assert "1 orders are stored with other lines" in str(tallies.notes[-1])


def test_a_line_taken_off_an_edited_order_takes_its_money_along(shop: ShopBench) -> None:
    goods = [("Tea", "30.00"), ("Cup", "30.00"), ("Pot", "30.00")]
    first = export(SHOPIFY, *shopify("#1", "90.00", *goods))
    shop.bring_in(first)
    shop.bring_in(export(SHOPIFY, *shopify("#1", "60.00", *goods[:2])))
    assert money(shop) == {"#1": 60.0}
    assert shop.stored()["line_key"].to_list() == ["Cup#1", "Tea#1"]
    # the file from before the edit, once more: what came in between stands
    assert shop.bring_in(first).repeated.lines == 3
    assert money(shop) == {"#1": 60.0}


def test_a_free_line_taken_off_goes_although_nothing_else_changed(shop: ShopBench) -> None:
    shop.bring_in(export(SHOPIFY, *shopify("#1", "30.00", ("Tea", "30.00"), ("Card", "0.00"))))
    shop.bring_in(export(SHOPIFY, *shopify("#1", "30.00", ("Tea", "30.00"))))
    assert shop.stored()["line_key"].to_list() == ["Tea#1"]


def test_a_refund_stays_with_an_order_whose_goods_are_renamed(shop: ShopBench) -> None:
    rows = shopify("#1", "50.00", ("Tea", "50.00"), **{"Refunded Amount": "20.00"})
    shop.bring_in(export(SHOPIFY, *rows))
    silent = [heading for heading in SHOPIFY if heading != "Refunded Amount"]
    shop.bring_in(export(silent, *shopify("#1", "50.00", ("Tea - new", "50.00"))))
    assert shop.stored().select("product", "refund").rows() == [("Tea - new", 200_000)]


def test_an_edited_order_that_has_refunds_of_its_own_is_told_anew_too(shop: ShopBench) -> None:
    shop.bring_in(export(SHOPIFY, *shopify("#1", "90.00", ("Tea", "60.00"), ("Cup", "30.00"))))
    mapping = {
        OrderField.ORDER_ID: "order",
        OrderField.LINE_ID: "refund no",
        OrderField.REFUND: "money back",
    }
    refunds = csv("order,refund no,money back", "#1,R1,10.00")
    shop.bring_in(refunds, mapping, ReadingOptions(part=FilePart.REFUND))
    shop.bring_in(export(SHOPIFY, *shopify("#1", "60.00", ("Tea - new", "60.00"))))
    assert shop.stored().select("product", "amount", "refund").rows() == [
        ("Tea - new", 600_000, 100_000)
    ]


def test_an_older_export_undoes_nothing_and_says_so(china: ShopBench) -> None:
    lapsed = {**CLOSED, "订单付款时间": "", "订单关闭原因": "买家未付款"}
    new = export(
        TAOBAO_ORDERS,
        taobao_order(ONE, "小王", "90.00"),
        taobao_order(TWO, "阿丽", "20.00", **lapsed),
    )
    old = export(
        TAOBAO_ORDERS,
        taobao_order(ONE, "小王", "99.00", **WAITING),
        taobao_order(TWO, "阿丽", "20.00", **WAITING),
        taobao_order("365847123456789013", "老张", "5.00"),
    )
    china.bring_in(new)
    tallies = china.bring_in(old)
    assert tallies.adds_up
    assert (tallies.stored.lines, tallies.repeated.lines) == (1, 2)
    assert "2 lines wait for their payment here" in str(tallies.notes[-1])
    found = dict(china.stored().select("order_id", "status").iter_rows())
    assert found == {ONE: "paid", TWO: "cancelled", "365847123456789013": "paid"}
    assert money(china)[ONE] == 90.0


def test_an_older_export_of_an_edited_order_brings_no_line_back(shop: ShopBench) -> None:
    shop.bring_in(export(SHOPIFY, *shopify("#1", "60.00", ("Tea", "60.00"))))
    before = shopify(
        "#1", "90.00", ("Tea", "60.00"), ("Cup", "30.00"), **{"Financial Status": "pending"}
    )
    assert shop.bring_in(export(SHOPIFY, *before)).repeated.lines == 2
    assert money(shop) == {"#1": 60.0}
    assert shop.stored()["status"].to_list() == ["paid"]


def test_a_status_word_that_was_misplaced_is_put_right_by_the_same_file(shop: ShopBench) -> None:
    content = csv(f"{HEADER},status", "1,anna,2026-05-01,tea,1,5.00,zurückgelegt")
    for status in ("paid", "unpaid"):
        shop.bring_in(content, options=ReadingOptions(status_words={"zurückgelegt": status}))
        assert shop.stored()["status"].to_list() == [status]


@pytest.mark.parametrize("stated", ["", "100.00"])
@pytest.mark.parametrize("items_first", [False, True])
def test_a_returned_order_gives_back_what_was_paid_and_not_what_its_goods_were_listed_at(
    china: ShopBench, stated: str, items_first: bool
) -> None:
    told = {"退款状态": "退款成功", "退款金额": stated} if stated else {}
    order = taobao(退款金额=stated or "0.00", **CLOSED)
    item = taobao_item(ONE + "1", ONE, "TEA", "120.00", **CLOSED, **told)
    for content in [order, export(TAOBAO_ITEMS, item)][:: -1 if items_first else 1]:
        china.bring_in(content)
    assert china.stored().select("amount", "refund", "status").row(0) == (
        1_000_000,
        1_000_000,
        "paid",
    )


@pytest.mark.parametrize("stated", ["", "50.00", "45.00"])
def test_a_returned_line_gives_back_its_share_unless_its_file_says_how_much(
    china: ShopBench, stated: str
) -> None:
    told = {"退款状态": "退款成功", "退款金额": stated} if stated else {}
    china.bring_in(taobao(退款金额=stated or "0.00"))
    china.bring_in(
        export(
            TAOBAO_ITEMS,
            taobao_item(ONE + "1", ONE, "TEA", "60.00", **CLOSED, **told),
            taobao_item(ONE + "2", ONE, "CUP", "60.00"),
        )
    )
    refunds = china.stored()["refund"].to_list()
    assert refunds == [450_000 if stated == "45.00" else 500_000, 0]


def test_an_item_that_is_returned_later_is_a_correction(china: ShopBench) -> None:
    item = taobao_item(ONE + "1", ONE, "TEA", "120.00")
    for row in (item, {**item, **CLOSED}):
        china.bring_in(export(TAOBAO_ITEMS, row))
        china.bring_in(taobao())
    assert china.stored().select("amount", "refund").row(0) == (1_000_000, 1_000_000)


def test_returned_goods_read_as_whole_orders_are_given_back_after_the_orders_discount(
    shop: ShopBench,
) -> None:
    content = csv(
        "order_id,customer_id,ordered_at,paid at,status,product,quantity,unit price,order discount",
        "1,anna,2026-05-01,2026-05-01,closed,tea,1,120.00,20.00",
    )
    mapping = {
        OrderField(name): heading
        for name, heading in {
            "order_id": "order_id",
            "customer_id": "customer_id",
            "ordered_at": "ordered_at",
            "paid_at": "paid at",
            "status": "status",
            "product": "product",
            "quantity": "quantity",
            "unit_price": "unit price",
            "order_discount": "order discount",
        }.items()
    }
    shop.bring_in(content, mapping, ReadingOptions(status_words={"closed": "cancelled"}))
    assert shop.stored().select("amount", "refund").row(0) == (1_000_000, 1_000_000)


def test_an_order_that_names_two_customers_is_pointed_out(shop: ShopBench) -> None:
    tallies = shop.bring_in(csv(HEADER, "1,bert,2026-05-01,tea,1,5", "1,anna,2026-05-01,cup,1,2"))
    assert "1 orders name more than one customer" in str(tallies.notes[-1])
    assert whole_orders(shop.orders.scan()).collect()["customer_id"].to_list() == ["anna"]


STATES = st.tuples(
    st.integers(1, 9_000),  # what it comes to, in cents
    st.sampled_from(["paid", "waits", "closed"]),
    st.sampled_from(["绿茶", "新绿茶", "", None]),
    st.integers(1, 3),  # lines, where the file has lines
)
EXPORT = st.tuples(
    st.sampled_from(["taobao", "shopify"]), st.dictionaries(st.integers(1, 3), STATES, min_size=1)
)
Export = tuple[str, dict[int, tuple[int, str, str | None, int]]]


def of_taobao(states: dict[int, tuple[int, str, str | None, int]]) -> bytes:
    words = {"paid": {}, "waits": WAITING, "closed": {**CLOSED, "订单付款时间": ""}}
    titled = all(title is not None for _, _, title, _ in states.values())
    rows = [
        taobao_order(f"T{order}", f"c{order}", f"{cents / 100:.2f}", **words[status])
        | {"宝贝标题": title or ""}
        for order, (cents, status, title, _) in states.items()
    ]
    if not titled:
        rows = [{name: cell for name, cell in row.items() if name != "宝贝标题"} for row in rows]
    return export(TAOBAO_ORDERS if titled else UNTITLED, *rows)


def of_shopify(states: dict[int, tuple[int, str, str | None, int]]) -> bytes:
    words = {"paid": "paid", "waits": "pending", "closed": "voided"}
    rows = []
    for order, (cents, status, title, lines) in states.items():
        goods = [(f"{title}{place % 2}", "7.00") for place in range(lines)]
        more = {"Financial Status": words[status], "Email": f"c{order}@example.org"}
        rows += shopify(f"S{order}", f"{cents / 100:.2f}", *goods, **more)
    return export(SHOPIFY, *rows)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EXPORT, min_size=2, max_size=4), st.data())
def test_every_order_counts_once_as_the_last_file_that_knows_better_tells_it(
    tmp_path_factory: pytest.TempPathFactory, exports: list[Export], data: st.DataObject
) -> None:
    files = [of_taobao(told) if kind == "taobao" else of_shopify(told) for kind, told in exports]
    indexes = st.integers(0, len(files) - 1)
    way = data.draw(st.permutations(range(len(files)))) + data.draw(st.lists(indexes, max_size=2))
    shop = open_shop(tmp_path_factory.mktemp("shop"), timezone="Asia/Shanghai")
    expected: dict[str, tuple[int, str]] = {}
    seen: set[bytes] = set()
    for index in way:
        assert shop.bring_in(files[index]).adds_up
        kind, told = exports[index]
        for order, (cents, status, _, _) in told.items():
            name = f"{kind[0].upper()}{order}"
            older = status == "waits" and expected.get(name, (0, "waits"))[1] != "waits"
            if files[index] not in seen and not older:
                expected[name] = (cents, status)
        seen.add(files[index])
    states = {"paid": "paid", "waits": "unpaid", "closed": "cancelled"}
    found = whole_orders(shop.orders.scan()).collect()
    assert {
        order: (amount, status)
        for order, amount, status in found.select("order_id", "amount", "status").iter_rows()
    } == {order: (cents * 100, states[status]) for order, (cents, status) in expected.items()}
    shop.database.dispose()


def test_goods_level_lines_of_youzan_stay_where_the_names_of_the_order_change(
    china: ShopBench,
) -> None:
    row = youzan_order(YOUZAN, "13800000001", "50.00")
    china.bring_in(export(YOUZAN_ORDERS, row))
    china.bring_in(export(YOUZAN_GOODS, youzan_goods(YOUZAN, "TEA", "50.00")))
    china.bring_in(export(YOUZAN_ORDERS, {**row, "全部商品名称": "别的"}))
    assert china.stored().select("line_key", "amount").rows() == [("TEA#1", 500_000)]
