"""A discount on the whole order, where amounts are worked out from unit prices."""

import random

import polars as pl
import pytest

from regulars_platform.intake.models import OrderField
from regulars_platform.intake.tallies import Share
from regulars_platform.orders.table import whole_orders
from tests.platform.intake.builders import ShopBench, csv

HEADER = "order,customer,date,product,pieces,price,off,whole"
MAPPING = {
    OrderField.ORDER_ID: "order",
    OrderField.CUSTOMER_ID: "customer",
    OrderField.ORDERED_AT: "date",
    OrderField.PRODUCT: "product",
    OrderField.QUANTITY: "pieces",
    OrderField.UNIT_PRICE: "price",
    OrderField.DISCOUNT: "off",
    OrderField.ORDER_DISCOUNT: "whole",
}


def amounts(shop: ShopBench) -> list[int]:
    return shop.stored()["amount"].to_list()


@pytest.mark.parametrize("second", ["6.00", "", "0"])
def test_it_is_shared_in_proportion_whether_repeated_or_on_the_first_line(
    shop: ShopBench, second: str
) -> None:
    # goods of 2 x 11.00 - 2.00 = 20.00 and 10.00; 6.00 off is 4.00 and 2.00
    tallies = shop.bring_in(
        csv(
            HEADER,
            "1,anna,2020-01-02,cup,2,11.00,2.00,6.00",
            f"1,anna,2020-01-02,tea,1,10.00,,{second}",
            "2,bert,2020-01-02,tea,1,10.00,,",
        ),
        MAPPING,
    )
    assert amounts(shop) == [160_000, 80_000, 100_000]
    assert tallies.read == tallies.stored == Share(lines=3, money=340_000)
    orders = whole_orders(shop.orders.scan()).sort("order_id").collect()
    assert orders["amount"].to_list() == [240_000, 100_000]
    assert orders["discount"].to_list() == [80_000, 0]


def test_it_is_shared_to_the_last_ten_thousandth_in_any_order_of_the_rows(shop: ShopBench) -> None:
    # 1.00 over three equal lines: 0.3334, 0.3333 and 0.3333 off 2.00; the gift carries none of it
    lines = [f"1,anna,2020-01-02,{product},1,2.00,,1.00" for product in ("cup", "pot", "tea")]
    lines.append("1,anna,2020-01-02,a gift,1,0.00,,1.00")
    shop.bring_in(csv(HEADER, *lines), MAPPING)
    assert amounts(shop) == [0, 16_666, 16_667, 16_667]
    random.Random(3).shuffle(lines)  # noqa: S311 -- a shuffle, not a secret
    assert shop.bring_in(csv(HEADER, *lines, ""), MAPPING).repeated.lines == 4


def test_credits_and_orders_without_goods_stay_as_they_are(shop: ShopBench) -> None:
    shop.bring_in(
        csv(
            HEADER,
            "1,anna,2020-01-02,cup,1,8.00,,2.00",
            "1,anna,2020-01-02,tea,-1,3.00,,2.00",
            "2,anna,2020-01-02,tea,-1,5.00,,1.00",
            "3,anna,2020-01-02,tea,1,0.00,,1.00",
        ),
        MAPPING,
    )
    assert amounts(shop) == [60_000, -30_000, -50_000, 0]


def test_more_off_than_the_goods_cost_leaves_nothing_of_them(shop: ShopBench) -> None:
    shop.bring_in(
        csv(HEADER, "1,a,2020-01-02,cup,1,3.00,,5.00", "1,a,2020-01-02,tea,1,1.00,,5.00"), MAPPING
    )
    assert amounts(shop) == [0, 0]


def test_good_lines_carry_all_of_it_and_every_line_is_accounted_for(shop: ShopBench) -> None:
    # of order 1 the line with the discount is rejected, and line 12 comes twice: 10.00 less 1.00
    content = csv(
        HEADER + ",number",
        "1,anna,2020-01-02,cup,some,4.00,,1.00,11",
        "1,anna,2020-01-02,tea,1,10.00,,,12",
        "1,anna,2020-01-02,tea,1,10.00,,,12",
        "2,bert,,tea,1,7.00,,2.00,21",
    )
    tallies = shop.bring_in(content, {**MAPPING, OrderField.LINE_ID: "number"})
    assert tallies.adds_up
    assert tallies.stored == Share(lines=1, money=90_000)
    assert tallies.repeated == Share(lines=1, money=100_000)
    assert tallies.rejected.lines == 2
    assert amounts(shop) == [90_000]


def test_an_amount_of_its_own_is_after_all_discounts_already(shop: ShopBench) -> None:
    content = csv(HEADER + ",paid", "1,anna,2020-01-02,tea,1,10.00,,4.00,6.00")
    shop.bring_in(content, {**MAPPING, OrderField.AMOUNT: "paid"})
    assert shop.stored().select(pl.col("amount", "order_discount")).row(0) == (60_000, 40_000)
