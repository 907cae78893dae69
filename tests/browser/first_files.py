"""Order files that a newcomer has: exports of their shop system before and after a campaign."""

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

CUSTOMERS = 900
PRICES = ("19.90", "32.90", "39.00", "45.90", "58.00", "69.00", "88.00")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One order of one product, paid."""

    number: int
    customer: int
    moment: dt.datetime
    price: str
    pieces: int

    @property
    def worth(self) -> str:
        """What its goods cost."""
        return f"{float(self.price) * self.pieces:.2f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """How a shop system writes. name: of its file; customer: how it calls one; write: the file."""

    name: str
    customer: Callable[[int], str]
    write: Callable[[Collection[Order]], bytes]


def orders_until_yesterday(today: dt.date) -> list[Order]:
    """Half a year of orders of some hundred customers."""
    chance = random.Random(7)  # noqa: S311 -- invented orders, no secrets
    orders = []
    for customer in range(CUSTOMERS):
        for _ in range(chance.randint(1, 4)):
            day = today - dt.timedelta(days=chance.randint(1, 180))
            price, pieces = chance.choice(PRICES), chance.randint(1, 2)
            orders.append((day, customer, price, pieces, chance.randint(600, 1380)))
    # one of them was yesterday, so that the history ends there
    orders.append((today - dt.timedelta(days=1), 0, PRICES[0], 1, 700))
    return _numbered(orders, 1000)


def orders_of_today(today: dt.date, told: Collection[int]) -> list[Order]:
    """The first hours of the campaign: of those told 55 in a hundred buy, of the others 30."""
    chance = random.Random(8)  # noqa: S311 -- as above
    orders = [
        (today, customer, chance.choice(PRICES[3:]), 2 if customer in told else 1, minute)
        for minute, customer in enumerate(range(CUSTOMERS))
        if chance.random() < (0.55 if customer in told else 0.30)
    ]
    return _numbered([(*order[:4], order[4] % 2) for order in orders], 90_000)


def _numbered(orders: list[tuple[dt.date, int, str, int, int]], first: int) -> list[Order]:
    return [
        Order(
            number=first + place,
            customer=customer,
            moment=dt.datetime.combine(day, dt.time(minute // 60, minute % 60), ZONE),
            price=price,
            pieces=pieces,
        )
        for place, (day, customer, price, pieces, minute) in enumerate(
            sorted(orders, key=lambda order: (order[0], order[4], order[1]))
        )
    ]


def _csv(headings: str, rows: Iterator[list[str]], encoding: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings.split(","))
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def _shopper(customer: int) -> str:
    return f"shopper{customer:04d}@example.com"


def _shopify(orders: Collection[Order]) -> bytes:
    headings = (
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,"
        "Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,"
        "Lineitem price,Refunded Amount,Source"
    )
    rows = (
        [
            *(
                f"#{one.number}",
                _shopper(one.customer),
                "paid",
                f"{one.moment:%Y-%m-%d %H:%M:%S %z}",
            ),
            *("CNY", one.worth, "6.00", "0.00", f"{float(one.worth) + 6:.2f}", "", "0.00"),
            *(f"{one.moment:%Y-%m-%d %H:%M:%S %z}", str(one.pieces), f"Tea {one.price}", one.price),
            *("0.00", "web"),
        ]
        for one in orders
    )
    return _csv(headings, rows, "utf-8")


def _buyer(customer: int) -> str:
    return f"茶友{customer:04d}"


def _taobao(orders: Collection[Order]) -> bytes:
    headings = (
        "订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,收货人姓名,"
        "收货地址 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝总数量,订单关闭原因,"
        "是否手机订单,退款金额"
    )
    rows = (
        [
            *(f'="{one.number}"', _buyer(one.customer), one.worth, "6.00"),
            *(f"{float(one.worth) + 6:.2f}", f"{float(one.worth) + 6:.2f}", "交易成功", "茶友"),
            *("浙江省 杭州市 西湖区 **路", "'186******05", f"{one.moment:%Y-%m-%d %H:%M:%S}"),
            *(f"{one.moment:%Y-%m-%d %H:%M:%S}", f"绿茶 {one.price}", str(one.pieces)),
            *("订单未关闭", "手机订单", "0.00"),
        ]
        for one in orders
    )
    return _csv(headings, rows, "gb18030")


def _member(customer: int) -> str:
    return f"V{customer:05d}"


def _traditional(orders: Collection[Order]) -> bytes:
    headings = (
        "訂單編號,會員編號,下單時間,訂單狀態,商品名稱,購買數量,商品單價,商品金額,運費,退款金額"
    )
    rows = (
        [
            *(f"T{one.number}", _member(one.customer), f"{one.moment:%Y/%m/%d %H:%M}", "已付款"),
            *(f"綠茶 {one.price}", str(one.pieces), one.price, one.worth, "6.00", "0.00"),
        ]
        for one in orders
    )
    return _csv(headings, rows, "big5")


EXPORTS = {
    "en": Export(name="orders_export.csv", customer=_shopper, write=_shopify),
    "zh_Hans": Export(name="ExportOrderList.csv", customer=_buyer, write=_taobao),
    "zh_Hant": Export(name="訂單匯出.csv", customer=_member, write=_traditional),
}
"""Locale -> what its readers' shop system exports."""
