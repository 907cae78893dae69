"""Youzan: an order-level file with the buyer and a goods-level file with the lines."""

import polars as pl
import pytest

from regulars_platform.errors import InvalidInputError
from regulars_platform.intake import service
from regulars_platform.intake.models import FilePart, OrderField, ReadingOptions
from regulars_platform.orders.table import whole_orders
from tests.platform.intake.builders import ShopBench
from tests.platform.intake.exports import (
    YOUZAN_GOODS,
    YOUZAN_ORDERS,
    export,
    youzan_goods,
    youzan_order,
)

ONE, TWO = "E20260619100000123456", "E20260620110000654321"
ORDERS = export(
    YOUZAN_ORDERS,
    youzan_order(
        ONE,
        "13800000001",
        "120.00",
        运费="6.00",
        店铺优惠合计="20.00",
        支付优惠合计="3.00",
        应收订单金额="106.00",
        订单实付金额="103.00(支付优惠：3.00)",
    ),
    youzan_order(TWO, "13800000002", "50.00", 订单已退款金额="12.50"),
)
GOODS = export(
    YOUZAN_GOODS,
    youzan_goods(
        ONE, "TEA", "66.67", 商品单价="80.00", 商品金额小计="80.00", **{"店铺优惠（分摊）": "13.33"}
    ),
    youzan_goods(
        ONE, "CUP", "33.33", 商品单价="40.00", 商品金额小计="40.00", **{"店铺优惠（分摊）": "6.67"}
    ),
    youzan_goods(TWO, "POT", "50.00", 商品已退款金额="12.50"),
)


def test_goods_of_an_order_are_what_is_left_after_both_discounts(shop: ShopBench) -> None:
    shop.bring_in(ORDERS)
    orders = whole_orders(shop.orders.scan()).sort("order_id").collect()
    assert orders["amount"].to_list() == [970_000, 500_000]
    assert orders["discount"].to_list() == [230_000, 0]
    assert orders["shipping"].to_list() == [60_000, 0]
    assert orders["refund"].to_list() == [0, 125_000]
    assert orders["customer_id"].to_list() == ["13800000001", "13800000002"]


def test_the_sum_is_checked_on_the_first_rows(shop: ShopBench) -> None:
    seen = service.look(shop.settings, shop.database, shop.upload(ORDERS))
    assert seen.preset == "youzan_orders"
    assert "分销员 (2)" in seen.form.headings
    assert seen.arithmetic is not None
    assert (seen.arithmetic.held, seen.arithmetic.rows) == (2, 2)
    assert "− 店铺优惠合计 − 支付优惠合计 = 订单实付金额" in seen.arithmetic.equation


@pytest.mark.parametrize("files", [(ORDERS, GOODS), (GOODS, ORDERS), (GOODS, ORDERS, GOODS)])
def test_goods_and_orders_join_in_either_order(shop: ShopBench, files: tuple[bytes, ...]) -> None:
    for content in files:
        assert shop.bring_in(content).adds_up
    lines = shop.stored()
    assert lines["line_key"].to_list() == ["CUP#1", "TEA#1", "POT#1"]
    # 97.00 over 33.33 and 66.67, in ten-thousandths: what rounding leaves goes to the first line
    assert lines["amount"].to_list() == [323_301, 646_699, 500_000]
    assert lines["customer_id"].to_list() == ["13800000001"] * 2 + ["13800000002"]
    assert lines["refund"].to_list() == [0, 0, 125_000]
    # 20.00 of the shop's discount and 3.00 at payment, each counted once
    orders = whole_orders(lines.lazy()).sort("order_id").collect()
    assert orders["discount"].to_list() == [230_000, 0]
    assert orders["amount"].to_list() == [970_000, 500_000]


def test_goods_alone_can_be_read_as_whole_orders_once_a_key_is_chosen(shop: ShopBench) -> None:
    content = export(
        YOUZAN_GOODS,
        youzan_goods(
            ONE,
            "TEA",
            "66.67",
            交易成功时间="2026-06-22 09:00:00",
            **{"收货人手机号/提货人手机号": "13800000001"},
        ),
    )
    import_id = shop.upload(content)
    seen = service.look(shop.settings, shop.database, import_id)
    assert OrderField.CUSTOMER_ID not in seen.mapping()
    whole = ReadingOptions(part=FilePart.ORDER)
    with pytest.raises(InvalidInputError, match="No customer column"):
        shop.confirm(import_id, seen.mapping(), whole)
    proposed = seen.mapping()
    del proposed[OrderField.RECEIVED_AT]  # a column means one thing
    mapping = {
        **proposed,
        OrderField.CUSTOMER_ID: "收货人手机号/提货人手机号",
        OrderField.ORDERED_AT: "交易成功时间",
    }
    shop.confirm(import_id, mapping, whole)
    assert shop.check(import_id).waiting_lines == 0
    shop.store(import_id)
    assert shop.stored().select("customer_id", "amount").row(0) == ("13800000001", 666_700)


def test_masked_phones_alone_are_no_customers(shop: ShopBench) -> None:
    content = export(
        YOUZAN_ORDERS,
        youzan_order(ONE, "138****0001", "5.00"),
        youzan_order(TWO, "138****0001", "5.00"),
    )
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert OrderField.CUSTOMER_ID not in seen.mapping()


def test_the_lines_of_a_returned_order_share_its_refund(shop: ShopBench) -> None:
    goods = export(
        YOUZAN_GOODS, youzan_goods(TWO, "POT", "30.00"), youzan_goods(TWO, "LID", "20.00")
    )
    for content in (goods, ORDERS):
        shop.bring_in(content)
    refunds = shop.stored().filter(pl.col("order_id") == TWO)["refund"]
    assert refunds.to_list() == [50_000, 75_000]


def test_stored_value_and_gift_cards_are_asked_about_and_left_out_on_request(
    shop: ShopBench,
) -> None:
    content = export(
        YOUZAN_ORDERS,
        youzan_order(ONE, "13800000001", "500.00", 订单类型="储值订单"),
        youzan_order(TWO, "13800000002", "50.00"),
    )
    asked = shop.bring_in(content)
    assert "1 lines are money put on account or gift cards" in str(asked.notes[0])
    assert shop.stored().height == 2
    done = shop.bring_in(content, options=ReadingOptions(leave_out=("储值", "礼品卡")))
    assert (done.left_out.lines, done.notes) == (1, ())
    assert shop.stored()["order_id"].to_list() == [TWO]
