"""When orders were paid, shipped and received, and where they went: filled by whichever file says
it, never emptied, and added to tables that were written before there were such columns."""

import datetime as dt
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.intake import service
from regulars_platform.intake.models import OrderField
from regulars_platform.intake.regions import region
from regulars_platform.intake.tallies import Share
from regulars_platform.orders.table import ORDER_SCHEMA, TOLD_LATER, OrdersTable, whole_orders
from tests.platform.intake.builders import HEADER, ShopBench, csv, open_shop
from tests.platform.intake.exports import (
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
REPORT = [*TAOBAO_ORDERS, "发货时间"]
ORDERS = export(
    REPORT,
    taobao_order(ONE, "小王", "100.00", 发货时间="2026-05-16 09:00:00"),
    taobao_order(
        TWO,
        "阿丽",
        "30.00",
        发货时间="2026-05-17 08:00:00",
        确认收货时间="2026-05-20 12:00:00",
        收货地址="广东省深圳市南山区**街道",
    ),
)
ITEMS = export(
    TAOBAO_ITEMS,
    taobao_item(ONE + "01", ONE, "TEA", "60.00", 发货时间="2026-05-16 09:00:00"),
    taobao_item(ONE + "02", ONE, "CUP", "40.00", 发货时间="2026-05-18 10:30:00"),
    taobao_item(TWO, TWO, "POT", "30.00"),
)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def china(tmp_path: Path) -> Iterator[ShopBench]:
    bench = open_shop(tmp_path / "data", timezone="Asia/Shanghai")
    yield bench
    bench.database.dispose()


def told(shop: ShopBench) -> dict[str, tuple[object, ...]]:
    rows = shop.stored().select("line_key", *TOLD_LATER).iter_rows()
    return {row[0]: row[1:] for row in rows}


def test_an_order_report_says_when_orders_went_out_and_came_and_to_which_province(
    china: ShopBench,
) -> None:
    china.bring_in(ORDERS)
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    assert orders.select(TOLD_LATER).rows() == [
        (utc("2026-05-15 08:52:10"), utc("2026-05-16 01:00:00"), None, "浙江"),
        (
            utc("2026-05-15 08:52:10"),
            utc("2026-05-17 00:00:00"),
            utc("2026-05-20 04:00:00"),
            "广东",
        ),
    ]


def test_each_item_has_its_own_parcel_and_the_order_file_fills_what_items_leave_open(
    china: ShopBench,
) -> None:
    china.bring_in(ITEMS)
    china.bring_in(ORDERS)
    lines = told(china)
    assert lines[ONE + "01"][1] == utc("2026-05-16 01:00:00")
    assert lines[ONE + "02"][1] == utc("2026-05-18 02:30:00")
    assert lines[TWO][1:] == (utc("2026-05-17 00:00:00"), utc("2026-05-20 04:00:00"), "广东")
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    assert orders["shipped_at"].to_list() == [utc("2026-05-16 01:00"), utc("2026-05-17 00:00")]


def test_files_in_whatever_order_make_the_same_moments(tmp_path: Path) -> None:
    early = export(REPORT, taobao_order(ONE, "小王", "100.00"), taobao_order(TWO, "阿丽", "30.00"))
    found = []
    for place, files in enumerate(permutations((early, ORDERS, ITEMS))):
        shop = open_shop(tmp_path / str(place), timezone="Asia/Shanghai")
        for file in files:
            shop.bring_in(file)
        found.append(
            shop.stored().drop("import_id", "source_line", "region").sort("order_id", "line_key")
        )
        shop.database.dispose()
    assert all(table.equals(found[0]) for table in found[1:])


def test_a_later_file_that_knows_the_parcel_corrects_and_a_blank_one_takes_nothing_away(
    china: ShopBench,
) -> None:
    early = export(REPORT, taobao_order(ONE, "小王", "100.00"))
    late = export(REPORT, taobao_order(ONE, "小王", "100.00", 发货时间="2026-05-16 09:00:00"))
    china.bring_in(early)
    tallies = china.bring_in(late)
    assert tallies.corrected == tallies.stored == Share(lines=1, money=1_000_000)
    assert tallies.overlap is None
    assert told(china)[china.stored()["line_key"][0]][1] == utc("2026-05-16 01:00")
    blank = export(
        REPORT, taobao_order(ONE, "小王", "100.00", 联系手机="'187******05", 收货地址="")
    )
    again = china.bring_in(blank)
    assert (again.stored, again.repeated.lines) == (Share(), 1)
    assert told(china)[china.stored()["line_key"][0]][1:] == (
        utc("2026-05-16 01:00"),
        None,
        "浙江",
    )


def test_the_same_file_read_again_with_more_columns_fills_only_what_was_not_known(
    china: ShopBench,
) -> None:
    import_id = china.upload(ORDERS)
    seen = service.look(china.settings, china.database, import_id)
    before: dict[OrderField, str] = {
        field: heading
        for field, heading in seen.mapping().items()
        if field not in (OrderField.SHIPPED_AT, OrderField.RECEIVED_AT, OrderField.REGION)
    }
    china.confirm(import_id, before)
    china.check(import_id)
    china.store(import_id)
    # what was confirmed is remembered, and what has come to be known since is proposed
    remembered = service.look(china.settings, china.database, china.upload(ORDERS)).proposals
    assert {p.field: p.reason for p in remembered}[OrderField.SHIPPED_AT] == "preset"
    china.bring_in(export(REPORT, taobao_order(ONE, "小王", "90.00")))  # a correction
    tallies = china.bring_in(ORDERS)
    assert (tallies.corrected.lines, tallies.repeated.lines) == (1, 1)
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    assert orders["amount"].to_list() == [900_000, 300_000]
    assert orders["received_at"].to_list() == [None, utc("2026-05-20 04:00")]


def test_youzan_says_when_goods_went_out_when_they_came_and_where_to(shop: ShopBench) -> None:
    headings = [*YOUZAN_ORDERS, "收货人省份"]
    order = youzan_order(
        "E1", "13800000001", "50.00", 交易成功时间="2026-06-25 08:00:00", 收货人省份="四川省"
    )
    goods = youzan_goods("E1", "TEA", "50.00", 商品发货时间="2026-06-20 07:00:00")
    shop.bring_in(export(headings, order))
    shop.bring_in(export([*YOUZAN_GOODS, "商品发货时间"], goods))
    found = whole_orders(shop.orders.scan()).select(TOLD_LATER).collect().row(0)
    assert found == (
        utc("2026-06-19 10:01"),
        utc("2026-06-20 07:00"),
        utc("2026-06-25 08:00"),
        "四川",
    )


def test_words_where_a_moment_should_be_are_said_and_taken_as_not_known(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            HEADER + ",shipped at,delivered at,state",
            "1,anna,2026-01-02,tea,1,5.50,2026-01-03 10:00,soon,New South Wales",
            "2,bert,2026-01-02,tea,1,5.50,,2026-01-09,",
        )
    )
    assert tallies.rejected == Share()
    assert [str(note) for note in tallies.notes] == [
        "Not every cell of “delivered at” is a date (“soon”, for one): such cells are taken as not"
        " known."
    ]
    assert shop.stored().select("shipped_at", "received_at", "region").rows() == [
        (utc("2026-01-03 10:00"), None, "New South Wales"),
        (None, utc("2026-01-09"), None),
    ]


def test_a_column_called_state_with_words_of_a_status_is_no_region(shop: ShopBench) -> None:
    content = csv(HEADER + ",state", "1,anna,2026-01-02,tea,1,5.50,pending")
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.mapping().get(OrderField.REGION) is None
    assert seen.mapping()[OrderField.STATUS] == "state"


def test_shipping_days_may_settle_whether_the_day_or_the_month_comes_first(
    shop: ShopBench,
) -> None:
    shop.bring_in(
        csv(HEADER + ",shipped at", "1,anna,03/04/2026,tea,1,5.50,14/04/2026"),
    )
    row = shop.stored().row(0, named=True)
    assert (row["ordered_at"], row["shipped_at"]) == (utc("2026-04-03"), utc("2026-04-14"))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("浙江省 杭州市 西湖区 文三路 1 号", "浙江"),
        ("浙江 杭州", "浙江"),
        ("北京北京市朝阳区", "北京"),
        ("上海市浦东新区", "上海"),
        ("内蒙古自治区呼和浩特市", "内蒙古"),
        ("廣西壯族自治區 南寧市", "广西"),
        ("臺灣省台北市", "台湾"),
        ("香港特別行政區", "香港"),
        ("黑龍江省", "黑龙江"),
        ("中国 江苏省 南京市", "江苏"),
        ("中國廣東省廣州市", "广东"),
        ("California", "California"),
        ("New York", "New York"),
        ("**省", None),
        ("Flat 3, 12 A Very Long Road, Somewhere in a Town", None),
        (None, None),
    ],
)
def test_of_an_address_the_province_is_kept_and_nothing_else(
    cell: str | None, expected: str | None
) -> None:
    frame = pl.DataFrame({"cell": [cell]}, schema={"cell": pl.String})
    assert frame.select(region(pl.col("cell"))).item() == expected


def in_the_old_schema(shop: ShopBench) -> None:
    """The shop's tables as they were written before these columns were known, as one version."""
    for path in (shop.orders.path, shop.orders.path.with_name("order_parts")):
        if (path / "_delta_log").is_dir():
            rows = pl.read_delta(str(path)).drop(TOLD_LATER)
            old = path.with_name("old")
            rows.write_delta(old)
            path.rename(path.with_name(f"{path.name}-new"))
            old.rename(path)


@pytest.mark.parametrize("more", [{}, {"发货时间": "2026-05-16 09:00:00"}])
def test_tables_from_before_get_the_columns_and_their_old_versions_stay_as_they_are(
    china: ShopBench, more: dict[str, str]
) -> None:
    china.bring_in(export(TAOBAO_ORDERS, taobao_order(ONE, "小王", "100.00", 收货地址="")))
    in_the_old_schema(china)
    assert china.orders.version() == 0
    old = china.orders.scan(0).collect()
    assert dict(old.schema) == ORDER_SCHEMA
    assert old.select(TOLD_LATER).row(0) == (None, None, None, None)
    # appended: an order that is new; merged: one that is known by now
    china.bring_in(export(REPORT, taobao_order(TWO, "阿丽", "30.00", **more)))
    china.bring_in(export(REPORT, taobao_order(ONE, "小王", "100.00", **more)))
    orders = whole_orders(china.orders.scan()).sort("order_id").collect()
    shipped = utc("2026-05-16 01:00") if more else None
    assert orders["shipped_at"].to_list() == [shipped, shipped]
    assert orders["region"].to_list() == ["浙江", "浙江"]
    assert OrdersTable(china.orders.path.parent).scan(0).collect().equals(old)


def test_parts_from_before_get_the_columns_too(china: ShopBench) -> None:
    china.bring_in(ITEMS)
    china.bring_in(export(TAOBAO_ORDERS, taobao_order(TWO, "阿丽", "30.00")))
    in_the_old_schema(china)
    china.bring_in(ORDERS)
    china.bring_in(ITEMS.replace(b"2026-05-18 10:30:00", b"2026-05-18 11:30:00"))
    lines = told(china)
    assert lines[ONE + "02"][1] == utc("2026-05-18 03:30:00")
    assert lines[TWO][2] == utc("2026-05-20 04:00:00")
