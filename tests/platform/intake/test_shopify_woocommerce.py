"""Shopify's order export, and what WooCommerce writes."""

import polars as pl
import pytest

from regulars_platform.intake import service
from regulars_platform.intake.errors import OtherFileError
from regulars_platform.intake.models import OrderField
from regulars_platform.orders.table import whole_orders
from tests.platform.intake.builders import ShopBench, csv
from tests.platform.intake.exports import SHOPIFY, export


def order(name: str, *goods: tuple[str, str], **first: str) -> list[dict[str, str]]:
    """Rows (product, price) of one order; `first` and the totals stand on its first row only."""
    head = {key.replace("_", " "): value for key, value in first.items()}
    return [
        {
            "Name": name,
            "Created at": "2026-05-01 10:00:00 +0200",
            "Lineitem name": product,
            "Lineitem quantity": "1",
            "Lineitem price": price,
            "Lineitem discount": "0.00",
            **(head if place == 0 else {}),
        }
        for place, (product, price) in enumerate(goods)
    ]


ROWS = [
    *order(
        "#1001",
        ("Tea - Green", "20.00"),
        ("Cup", "5.00"),
        ("Pot", "15.00"),
        Email="Anna@Example.org",
        Financial_Status="paid",
        Subtotal="36.00",
        Shipping="4.90",
        Taxes="0.00",
        Total="40.90",
        Discount_Amount="4.00",
        Notes="ring twice\nthen wait",
        Loyalty_Wave="blue",
        Id="5500000001",
    ),
    *order(
        "#1002",
        ("Cup", "5.00"),
        ("Lid", "2.00"),
        Email="bert@example.org",
        Financial_Status="partially_refunded",
        Subtotal="7.00",
        Shipping="4.90",
        Total="11.90",
        Refunded_Amount="2.00",
    ),
    *order(
        "#1003",
        ("Pot", "15.00"),
        Financial_Status="paid",
        Subtotal="15.00",
        Shipping="0.00",
        Total="15.00",
        Phone="+41790000003",
    ),
    *order(
        "#1004",
        ("Pot", "15.00"),
        Email="dora@example.org",
        Financial_Status="pending",
        Subtotal="15.00",
        Shipping="0.00",
        Total="15.00",
    ),
]


def test_a_shopify_export_is_recognised_and_its_orders_add_up(shop: ShopBench) -> None:
    content = export(SHOPIFY, *ROWS)
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.preset == "shopify_orders"
    assert seen.arithmetic is not None
    assert (seen.arithmetic.held, seen.arithmetic.rows) == (4, 4)
    tallies = shop.bring_in(content)
    assert (tallies.stored.lines, tallies.rejected.lines, tallies.unattributed) == (7, 0, 0)
    orders = whole_orders(shop.orders.scan()).sort("order_id").collect()
    assert orders["amount"].to_list() == [360_000, 70_000, 150_000, 150_000]
    assert orders["refund"].to_list() == [0, 20_000, 0, 0]
    assert orders["status"].to_list() == ["paid", "paid", "paid", "unpaid"]


def test_an_order_without_an_email_is_known_by_its_phone(shop: ShopBench) -> None:
    shop.bring_in(export(SHOPIFY, *ROWS))
    orders = whole_orders(shop.orders.scan()).sort("order_id").collect()
    assert orders["customer_id"].to_list() == [
        "anna@example.org",
        "bert@example.org",
        "+41790000003",
        "dora@example.org",
    ]


def test_a_masked_second_key_is_no_key(shop: ShopBench) -> None:
    rows = order("#1", ("Cup", "5.00"), Financial_Status="paid", Subtotal="5.00", Phone="138***1")
    more = order("#2", ("Cup", "5.00"), Email="a@b.c", Financial_Status="paid", Subtotal="5.00")
    shop.bring_in(export(SHOPIFY, *rows, *more))
    assert shop.stored()["customer_id"].to_list() == [None, "a@b.c"]


def test_a_sum_that_does_not_hold_is_said(shop: ShopBench) -> None:
    rows = order("#1", ("Cup", "5.00"), Email="a@b.c", Subtotal="5.00", Shipping="1", Total="6.40")
    seen = service.look(shop.settings, shop.database, shop.upload(export(SHOPIFY, *rows)))
    assert seen.arithmetic is not None
    assert (seen.arithmetic.held, seen.arithmetic.rows) == (0, 1)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,"
        "Coupon(s),Net Sales,Attribution",
    ],
)
def test_woocommerce_analytics_has_no_key_and_says_what_to_export(
    shop: ShopBench, header: str
) -> None:
    row = "2026-05-01,17,€5.00,completed,Anna A.,returning,1× Cup,1,,€5.00,Direct"
    with pytest.raises(OtherFileError, match="WooCommerce Analytics") as caught:
        service.look(shop.settings, shop.database, shop.upload(csv(header, row)))
    assert "billing e-mail" in str(caught.value.hint)


def test_shopify_payments_are_not_orders_and_it_says_so(shop: ShopBench) -> None:
    content = csv(
        "Order,Name,Kind,Gateway,Created At,Status,Amount,Currency", "1,#1,sale,x,,,5,EUR"
    )
    with pytest.raises(OtherFileError, match="transaction history"):
        service.look(shop.settings, shop.database, shop.upload(content))


def test_a_woocommerce_plugin_export_is_an_order_file(shop: ShopBench) -> None:
    content = csv(
        "order_id,order_date,status,billing_email,order_total,order_shipping",
        "17,2026-05-01 10:00:00,wc-completed,anna@example.org,15.00,5.00",
    )
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.preset == "woocommerce_plugin"
    assert seen.mapping()[OrderField.CUSTOMER_ID] == "billing_email"
    shop.bring_in(content)
    assert shop.stored().select("customer_id", "status").row(0) == ("anna@example.org", "paid")
    assert shop.stored().select(pl.col("order_id")).item() == "17"
