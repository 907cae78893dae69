"""Files as Taobao/Tmall, Youzan and Shopify write them (headings real, rows invented)."""

import polars as pl
import pytest

from regulars_platform.intake import service
from regulars_platform.intake.models import Look, OrderField
from regulars_platform.orders.table import whole_orders
from tests.platform.intake.builders import ShopBench, csv

TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,"
    "订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,"
    "店铺名称,订单关闭原因,退款金额"
)
YOUZAN = (
    "订单号,销售渠道,归属店铺,订单类型,订单状态,订单来源,订单创建时间,买家付款时间,商品金额合计,运费,店铺优惠合计,"
    "应收订单金额,订单实付金额,全部商品名称,买家昵称,买家是否会员,买家手机号,分销员,订单已退款金额,分销员"
)
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Notes,Cancelled at,"
    "Refunded Amount,Source,Lineitem discount,Phone"
)


def line(header: str, **cells: str) -> str:
    """A line under the header; cells that are not named are empty."""
    unknown = set(cells) - {heading.strip() for heading in header.split(",")}
    assert not unknown
    return ",".join(cells.get(heading.strip(), "") for heading in header.split(","))


def taobao(number: str, status: str, amount: str, **more: str) -> str:
    cells = {
        "订单编号": f'"=""{number}"""',
        "买家会员名": "小王",
        "买家应付货款": amount,
        "买家应付邮费": "6.00",
        "订单状态": status,
        "收货地址": "浙江省 杭州市 西湖区",
        "联系手机": "'186******05",
        "订单创建时间": "2019-05-15 16:50:00",
        "宝贝标题": "绿茶250g，杯子",
        "退款金额": "0.00",
    }
    return line(TAOBAO, **{**cells, **more})


def look(shop: ShopBench, content: bytes) -> Look:
    return service.look(shop.settings, shop.database, shop.upload(content))


def test_a_taobao_order_report_in_gbk(shop: ShopBench) -> None:
    content = "\n".join(
        [
            TAOBAO,
            taobao("365847123456789012", "交易成功", "88.00", 退款金额="8.00"),
            taobao("365847123456789013", "买家已付款，等待卖家发货", '"1,020.00"'),
            taobao("365847123456789014", "等待买家付款", "50.00"),
            taobao("365847123456789015", "交易关闭", "66.00", 订单创建时间="2016/5/23 22:02"),
        ]
    ).encode("gbk")
    tallies = shop.bring_in(content)
    assert tallies.unknown_status_words == {}
    assert (tallies.stored.lines, tallies.rejected.lines) == (4, 0)
    stored = shop.stored()
    assert stored["order_id"][0] == "365847123456789012"
    assert stored["customer_id"].unique().to_list() == ["小王"]
    assert stored["status"].to_list() == ["paid", "paid", "unpaid", "cancelled"]
    assert stored["amount"].to_list() == [880_000, 10_200_000, 500_000, 660_000]
    assert stored["shipping"].unique().to_list() == [60_000]
    assert stored["refund"].to_list() == [80_000, 0, 0, 0]


def test_a_later_taobao_file_brings_the_refund(shop: ShopBench) -> None:
    first = [TAOBAO, taobao("365847123456789012", "交易成功", "88.00")]
    later = [TAOBAO, taobao("365847123456789012", "交易成功", "88.00", 退款金额="88.00")]
    shop.bring_in("\n".join(first))
    assert shop.bring_in("\n".join(later)).corrected.lines == 1
    assert shop.stored()["refund"].to_list() == [880_000]


def test_a_taobao_file_that_went_through_a_spreadsheet_merges_no_orders(shop: ShopBench) -> None:
    lines = [taobao("3.65847E+17", "交易成功", "88.00") for _ in range(3)]
    tallies = shop.bring_in("\n".join([TAOBAO, *lines]))
    assert tallies.reasons == {"order_id_scientific": 3}


def test_a_youzan_order_file(shop: ShopBench) -> None:
    cells = {
        "订单号": "E20260619100000123456",
        "归属店铺": "茶铺",
        "订单状态": "交易完成",
        "订单来源": "微信小程序",
        "订单创建时间": "2026-06-19 10:00:00",
        "商品金额合计": "120.00",
        "运费": "6.00",
        "店铺优惠合计": "20.00",
        "订单实付金额": "106.00",
        "全部商品名称": "绿茶",
        "买家手机号": "\t13800000001",
        "订单已退款金额": "——",
    }
    seen = look(shop, csv(YOUZAN, line(YOUZAN, **cells)))
    assert "分销员 (2)" in seen.form.headings
    shop.bring_in(csv(YOUZAN, line(YOUZAN, **cells)))
    row = shop.stored().row(0, named=True)
    assert row["customer_id"] == "13800000001"
    assert (row["amount"], row["shipping"], row["refund"]) == (1_000_000, 60_000, 0)
    assert (row["order_discount"], row["channel"]) == (200_000, "微信小程序")


def shopify_order(name: str, goods: list[tuple[str, str, str]], **first: str) -> list[str]:
    """Lines (product, quantity, price) of one order; `first` is filled on the first line only."""
    lines = []
    for place, (product, quantity, price) in enumerate(goods):
        cells = {
            "Name": name,
            "Email": first.get("Email", "") if place == 0 else "",
            "Lineitem name": product,
            "Lineitem quantity": quantity,
            "Lineitem price": price,
            "Lineitem discount": "0.00",
            "Created at": "2024-05-01 10:00:00 +0200",
        }
        if place == 0:
            cells = {**cells, **{key.replace("_", " "): value for key, value in first.items()}}
        else:
            cells["Created at"] = "2024-05-01 10:00:00 +0200"
        lines.append(line(SHOPIFY, **cells))
    return lines


def test_a_shopify_export_with_orders_of_several_lines(shop: ShopBench) -> None:
    content = csv(
        SHOPIFY,
        *shopify_order(
            "#1001",
            [("Tea - Green", "2", "10.00"), ("Cup", "1", "5.00"), ("Pot", "1", "15.00")],
            Email="Anna@Example.org",
            Financial_Status="paid",
            Subtotal="36.00",
            Shipping="4.90",
            Total="40.90",
            Discount_Code="SPRING",
            Discount_Amount="4.00",
            Source="web",
            Notes='"ring twice\nthen wait"',
        ),
        *shopify_order(
            "#1002",
            [("Cup", "1", "5.00")],
            Financial_Status="partially_refunded",
            Subtotal="5.00",
            Shipping="4.90",
            Refunded_Amount="2.00",
        ),
        *shopify_order(
            "#1003",
            [("Tea - Green", "1", "10.00"), ("Cup", "1", "5.00")],
            Email="bert@example.org",
            Financial_Status="paid",
            Subtotal="15.00",
            Cancelled_at="2024-05-02 08:00:00 +0200",
        ),
    )
    tallies = shop.bring_in(content)
    assert tallies.adds_up
    assert (tallies.stored.lines, tallies.rejected.lines, tallies.orders) == (6, 0, 3)
    orders = whole_orders(shop.orders.scan()).sort("order_id").collect()
    assert orders["customer_id"].to_list() == ["anna@example.org", None, "bert@example.org"]
    # 36.00 of goods is shared over lines of 20, 5 and 15: 18.00, 4.50 and 13.50
    assert orders["amount"].to_list() == [360_000, 50_000, 150_000]
    first = shop.stored().filter(pl.col("order_id") == "#1001").sort("product")
    assert first["amount"].to_list() == [45_000, 135_000, 180_000]
    assert orders["shipping"].to_list() == [49_000, 49_000, None]
    assert orders["discount"].to_list() == [40_000, 0, 0]
    assert orders["refund"].to_list() == [0, 20_000, 0]
    assert orders["status"].to_list() == ["paid", "paid", "cancelled"]
    assert first["coupon"].to_list() == ["SPRING"] * 3
    assert first["ordered_at"].dt.hour().to_list() == [8] * 3


def test_an_amount_per_order_is_shared_to_the_last_ten_thousandth(shop: ShopBench) -> None:
    lines = shopify_order(
        "#1",
        [("a", "1", "1.00"), ("b", "1", "1.00"), ("c", "1", "1.00")],
        Email="a@b.c",
        Financial_Status="paid",
        Subtotal="1.00",
    )
    shop.bring_in(csv(SHOPIFY, *lines))
    assert shop.stored()["amount"].to_list() == [3334, 3333, 3333]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
            "order_id=Invoice customer_id=Customer ID ordered_at=InvoiceDate product=StockCode"
            " quantity=Quantity unit_price=Price",
        ),
        (
            "OrderID;CustomerID;OrderDate;Total;Shipping fee;Coupon code;Channel",
            "order_id=OrderID customer_id=CustomerID ordered_at=OrderDate total=Total"
            " shipping=Shipping fee coupon=Coupon code channel=Channel",
        ),
        (
            "訂單編號,會員編號,下單時間,金額（元）,運費,付款時間",
            "order_id=訂單編號 customer_id=會員編號 ordered_at=下單時間 paid_at=付款時間"
            " amount=金額（元） shipping=運費",
        ),
        ("name,age,city", ""),
    ],
)
def test_columns_are_known_by_their_headings(shop: ShopBench, header: str, expected: str) -> None:
    mark = ";" if ";" in header else ","
    seen = look(shop, csv(header, mark.join("x" for _ in header.split(mark))))
    assert " ".join(f"{p.field}={p.heading}" for p in seen.proposals) == expected


def test_columns_without_known_headings_are_known_by_what_is_in_them(shop: ShopBench) -> None:
    seen = look(
        shop,
        csv(
            "k1,k2,k3,k4,k5",
            "R100001,anna@example.org,2020-01-02,12.50,paid",
            "R100002,bert@example.org,2020-01-03,7.00,pending",
        ),
    )
    assert {p.field: (p.heading, p.reason) for p in seen.proposals} == {
        OrderField.ORDER_ID: ("k1", "content"),
        OrderField.CUSTOMER_ID: ("k2", "content"),
        OrderField.ORDERED_AT: ("k3", "content"),
        OrderField.AMOUNT: ("k4", "content"),
        OrderField.STATUS: ("k5", "content"),
    }
    assert seen.status_words == {"paid": 1, "pending": 1}


def test_a_column_of_masked_phones_is_not_proposed_as_the_customer(shop: ShopBench) -> None:
    seen = look(
        shop,
        csv("订单号,买家手机号,下单时间,金额", "1,186******05,2020-01-02,5", "2,,2020-01-02,5"),
    )
    assert OrderField.CUSTOMER_ID not in seen.mapping()


def test_a_filled_column_is_preferred_to_an_empty_one(shop: ShopBench) -> None:
    seen = look(shop, csv("订单号,买家会员名,买家会员昵称,下单时间,金额", "1,,小王,2020-01-02,5"))
    assert seen.mapping()[OrderField.CUSTOMER_ID] == "买家会员昵称"


def test_customers_in_traditional_characters_are_known(shop: ShopBench) -> None:
    content = csv("訂單編號,顧客編號,訂單時間,金額", "1,c1,2026-05-01 10:00,5.00")
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.mapping()[OrderField.CUSTOMER_ID] == "顧客編號"
