"""Lines of exports as shop systems write them: headings real, rows invented."""

import csv as csv_module
import io
from collections.abc import Iterable


def _split(headings: str) -> list[str]:
    return headings.split(",")


TAOBAO_ORDERS = _split(
    "订单编号,买家会员名,支付单号,支付详情,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,"
    "买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,"
    "联系电话 ,"
    "联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,"
    "宝贝总数量,"
    "店铺Id,店铺名称,订单关闭原因,是否手机订单,天猫卡券抵扣,集分宝抵扣,退款金额,确认收货时间,"
    "打款商家金额,商家备忘,主订单编号"
)
TAOBAO_ITEMS = _split(
    "子订单编号,主订单编号,商品标题,商品价格,购买数量,外部系统编号,商品属性,套餐信息,联系方式备注,订单状态,"
    "商家编码,支付单号,买家应付货款,买家实付金额,退款状态,退款金额,订单创建时间,"
    "订单付款时间 ,商品ID,"
    "备注标签,商家备注,发货时间"
)
TAOBAO_ITEMS_OLD = _split(
    "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码"
)
TAOBAO_REFUNDS = _split(
    "订单编号,退款编号,支付单号,订单付款时间,商品id,商品编码,退款完结时间,买家实际支付金额,宝贝标题,"
    "买家退款金额,手工退款/系统退款,售后类型,退款的申请时间,超时时间,退款状态,货物状态,买家退款原因,"
    "售中或售后,商家备注,部分退款/全部退款"
)
YOUZAN_ORDERS = _split(
    "订单号,销售渠道,归属店铺,订单类型,订单状态,推广方式,订单来源,订单创建时间,买家付款时间,交易成功时间,"
    "付款方式,支付流水号,商品金额合计,运费,店铺优惠合计,应收订单金额,订单实付金额,支付优惠合计,订单实收金额,"
    "全部商品名称,商品种类数,同城送达时间/提货时间,收货人/提货人,收货人手机号/提货人手机号,买家备注,订单星级,"
    "买家昵称,买家是否会员,买家手机号,分销员,订单退款状态,订单已退款金额,商家订单备注,团长订单,分销员"
)
YOUZAN_GOODS = _split(
    "订单号,外部订单号,订单商品状态,交易成功时间,商品名称,商品类型,商品类目,商品规格,规格编码,商品编码,商品单价,"
    "商品优惠方式,商品优惠后价格,商品数量,商品金额小计,店铺优惠（分摊）,商品实际成交金额,收货人/提货人,"
    "收货人手机号/提货人手机号,商品退款状态,商品已退款金额,商家订单备注"
)
SHOPIFY = _split(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,"
    "Billing Phone,Notes,Cancelled at,Refunded Amount,Id,Tags,Source,Lineitem discount,Phone,"
    "Loyalty Wave"
)


def export(headings: list[str], *rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    """A CSV file; cells that a row does not name are empty."""
    out = io.StringIO(newline="")
    writer = csv_module.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(_cells(headings, rows))
    return out.getvalue().encode(encoding)


def _cells(headings: list[str], rows: Iterable[dict[str, str]]) -> Iterable[list[str]]:
    plain = [heading.strip() for heading in headings]
    for row in rows:
        assert set(row) <= set(plain), set(row) - set(plain)
        yield [row.get(heading, "") for heading in plain]


def taobao_order(number: str, buyer: str, goods: str, **more: str) -> dict[str, str]:
    """An order that was paid and received."""
    return {
        "订单编号": f'="{number}"',
        "买家会员名": buyer,
        "买家应付货款": goods,
        "买家应付邮费": "6.00",
        "总金额": f"{float(goods) + 6:.2f}",
        "订单状态": "交易成功",
        "收货地址": "浙江省 杭州市 西湖区 **路",
        "联系手机": "'186******05",
        "订单创建时间": "2026-05-15 16:50:00",
        "订单付款时间": "2026-05-15 16:52:10",
        "宝贝标题": "绿茶250g，白瓷杯",
        "宝贝总数量": "3",
        "订单关闭原因": "订单未关闭",
        "退款金额": "0.00",
        **more,
    }


def taobao_item(line: str, order: str, code: str, price: str, **more: str) -> dict[str, str]:
    """One line of an order that was paid and received."""
    return {
        "子订单编号": f'="{line}"',
        "主订单编号": f'="{order}"',
        "商品标题": f"商品 {code}",
        "商品价格": price,
        "购买数量": "1",
        "订单状态": "交易成功",
        "商家编码": code,
        "买家应付货款": price,
        "退款状态": "没有申请退款",
        "退款金额": "无退款申请",
        "订单创建时间": "2026-05-15 16:50:00",
        "订单付款时间": "2026-05-15 16:52:10",
        **more,
    }


def taobao_refund(number: str, order: str, money: str, **more: str) -> dict[str, str]:
    """A refund that was paid out."""
    return {
        "订单编号": f'="{order}"',
        "退款编号": f'="{number}"',
        "买家退款金额": money,
        "退款状态": "退款成功",
        **more,
    }


def youzan_order(number: str, mobile: str, goods: str, **more: str) -> dict[str, str]:
    """An order that was paid and received, without discounts or freight."""
    return {
        "订单号": number,
        "归属店铺": "茶铺",
        "订单类型": "普通订单",
        "订单状态": "交易完成",
        "订单来源": "微信小程序",
        "订单创建时间": "2026-06-19 10:00:00",
        "买家付款时间": "2026-06-19 10:01:00",
        "商品金额合计": goods,
        "运费": "0.00",
        "店铺优惠合计": "0.00",
        "应收订单金额": goods,
        "订单实付金额": goods,
        "支付优惠合计": "——",
        "全部商品名称": "绿茶;白瓷杯",
        "同城送达时间/提货时间": "2026-06-19 10:00-12:00",
        "买家手机号": f"\t{mobile}",
        "订单已退款金额": "——",
        **more,
    }


def youzan_goods(order: str, code: str, money: str, **more: str) -> dict[str, str]:
    """One line of such an order."""
    return {
        "订单号": order,
        "订单商品状态": "交易完成",
        "商品名称": f"商品 {code}",
        "规格编码": code,
        "商品单价": money,
        "商品数量": "1",
        "商品金额小计": money,
        "店铺优惠（分摊）": "0.00",
        "商品实际成交金额": money,
        "收货人手机号/提货人手机号": "138****0001",
        "商品已退款金额": "0.00",
        **more,
    }
