"""Headings of order exports in English and Chinese, and what they mean.

A heading is compared after `normalise`: width and case folded, bracketed units, blanks and
punctuation dropped, Traditional letters made Simplified.
Within a field the list is in order of preference.
"""

import re
import unicodedata
from collections.abc import Iterable

from regulars_platform.intake.letters import fold_chinese
from regulars_platform.intake.models import OrderField

_UNIT = re.compile(r"[(（\[【<][^)）\]】>]*[)）\]】>]")

_SYNONYMS: dict[OrderField, str] = {
    OrderField.ORDER_ID: (
        "order_id|order number|order no|order|order #|order name|name|invoice|invoice no|"
        "invoice number|invoice id|transaction id|transaction number|receipt number|purchase id|"
        "increment_id|订单编号|订单号|主订单编号|主订单号|订单id|订购单号|交易编号|交易号|单号|发票号"
    ),
    OrderField.LINE_ID: (
        "line_id|order line id|line item id|lineitem id|order item id|item line id|line number|"
        "子订单编号|子订单号|子订单id|明细编号|行号"
    ),
    OrderField.CUSTOMER_ID: (
        "customer_id|customer number|customer no|client id|user id|member id|buyer id|"
        "shopper id|account id|customer email|billing email|email|email address|e-mail|"
        "buyer email|customer key|customer|buyer|phone|phone number|mobile|billing phone|"
        "shipping phone|ouid|买家会员名|买家会员昵称|会员名|会员昵称|买家昵称id|买家手机号|会员号|"
        "会员编号|会员id|会员卡号|客户编号|客户id|用户id|顾客编号|顾客id|买家id|买家手机|"
        "客户手机号|"
        "手机号|手机号码|行动电话|会员手机号|买家昵称|买家姓名|买家支付宝账号|联系手机|顾客邮箱|邮箱|电邮|购买人|订购人|客户|顾客|会员"
    ),
    OrderField.HOUSEHOLD: "household|household id|household_key|family id|家庭|家庭编号|户号",
    OrderField.ORDERED_AT: (
        "ordered_at|created at|order date|order time|order datetime|order created|date created|"
        "created|created time|creation time|order placed|purchase date|purchase time|invoice date|"
        "invoicedate|transaction date|transaction time|date|datetime|timestamp|time|paid at|"
        "payment date|payment time|订单创建时间|买家下单时间|下单时间|下单日期|订单时间|订单日期|"
        "创建时间|"
        "创建日期|订购时间|订购日期|订单成立时间|订单成立日期|交易时间|交易日期|购买时间|购买日期|成交时间|订单付款时间|买家付款时间|"
        "付款时间|支付时间|日期|时间"
    ),
    OrderField.STATUS: (
        "financial status|payment status|order status|status|order state|state of order|"
        "订单状态|交易状态|订单商品状态|付款状态|支付状态|状态"
    ),
    OrderField.CANCELLED_AT: "cancelled at|canceled at|cancellation date|取消时间",
    OrderField.PRODUCT: (
        "lineitem name|stockcode|stock code|sku|product id|product code|item id|item code|"
        "lineitem sku|variant sku|article number|product|product name|item|item name|title|"
        "description|商家编码|外部系统编号|规格编码|商品编码|商品id|商品编号|货号|商品标题|"
        "商品名称|商品|"
        "宝贝标题|标题|全部商品名称|品名"
    ),
    OrderField.QUANTITY: (
        "quantity|qty|lineitem quantity|units|item quantity|number of items|pieces|"
        "购买数量|商品数量|宝贝总数量|数量|件数"
    ),
    OrderField.UNIT_PRICE: (
        "unit price|unitprice|price|item price|lineitem price|price each|商品单价|单价|商品价格|"
        "价格"
    ),
    OrderField.AMOUNT: (
        "amount|line amount|line total|goods amount|net amount|subtotal|sub total|item total|"
        "sales|revenue|net sales|spend|value|order value|商品实际成交金额|买家应付货款|应付货款|"
        "商品金额|"
        "货款|成交金额|金额|销售额|小计"
    ),
    OrderField.TOTAL: (
        "total|order total|grand total|total paid|amount paid|total amount|paid amount|"
        "total price|买家实际支付金额|买家实付金额|订单实付金额|实付金额|实际支付金额|实付|"
        "实收金额|"
        "订单实收金额|支付金额|付款金额|付款总金额|总金额|订单金额|订单总额|订单总金额|订单合计|总计|合计"
    ),
    OrderField.DISCOUNT: (
        "lineitem discount|line discount|item discount|discount|商品优惠|优惠分摊|行优惠|折扣"
    ),
    OrderField.ORDER_DISCOUNT: (
        "discount amount|order discount|total discount|cart discount|店铺优惠合计|订单优惠|"
        "优惠金额|"
        "优惠合计|折扣金额|优惠"
    ),
    OrderField.SHIPPING: (
        "shipping|shipping fee|shipping cost|shipping amount|shipping price|shipping total|postage|"
        "freight|delivery fee|买家应付邮费|应付邮费|邮费|运费|快递费|宅配费|配送费"
    ),
    OrderField.REFUND: (
        "refunded amount|amount refunded|refund amount|refund|refunds|refunded|total refunded|"
        "退款金额|"
        "买家退款金额|订单已退款金额|商品已退款金额|已退款金额|退款"
    ),
    OrderField.COUPON: (
        "discount code|coupon|coupon code|coupons|promo code|promotion code|voucher|优惠券码名称|"
        "优惠券|优惠码|优惠券码|券码"
    ),
    OrderField.CHANNEL: (
        "channel|sales channel|source|source name|order source|订单来源|销售渠道|来源|渠道|"
        "推广方式|下单网点|是否手机订单"
    ),
    OrderField.PAID_AT: (
        "paid at|paid on|date paid|payment date|payment time|订单付款时间|买家付款时间|付款时间|"
        "支付时间"
    ),
    OrderField.SHIPPED_AT: (
        "shipped at|shipped on|ship date|shipping date|date shipped|shipped date|dispatched at|"
        "dispatch date|fulfilled at|fulfillment date|发货时间|"
        "商品发货时间|订单发货时间|"
        "卖家发货时间|发货日期"
    ),
    OrderField.RECEIVED_AT: (
        "received at|received on|delivered at|delivered on|date delivered|确认收货时间|"
        "买家确认收货时间|签收时间|收货时间|交易成功时间"
    ),
    OrderField.REGION: (
        "region|shipping province name|shipping province|shipping state|ship state|"
        "billing province name|billing province|billing state|province|state|收货人省份|收货省份|"
        "省份|所在省份|收货地址"
    ),
    OrderField.REMARK: "商家备注|商家备忘|商家订单备注|卖家备注|订单备注|seller note|staff note",
    OrderField.TAG: "备注标签|订单标签|旗帜|订单星级|order tags|flag",
    OrderField.ORDER_TYPE: "订单类型|order type",
}


def normalise(heading: str) -> str:
    """A heading as it is compared.

    >>> normalise("  Order_ID "), normalise("Order #"), normalise("訂單編號（元）")
    ('orderid', 'ordernumber', '订单编号')
    >>> normalise("顧客編號")
    '顾客编号'
    """
    text = fold_chinese(unicodedata.normalize("NFKC", heading).strip().lstrip("﻿"))
    without_unit = _UNIT.sub("", text)
    folded = (without_unit or text).casefold().replace("#", "number")
    return "".join(character for character in folded if character.isalnum())


PREFERENCES: dict[OrderField, tuple[str, ...]] = {
    field: tuple(dict.fromkeys(normalise(word) for word in words.split("|")))
    for field, words in _SYNONYMS.items()
}
"""Normalised headings of each field, most preferred first."""


def unique_headings(cells: Iterable[str]) -> tuple[str, ...]:
    """Headings that can be told apart: doubled and empty ones get a number.

    >>> unique_headings(["a", "", "a "])
    ('a', 'column 2', 'a (2)')
    """
    taken: dict[str, int] = {}
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = cell.strip().strip("﻿").strip() or f"column {position}"
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            name = f"{name} ({taken[name]})"
        names.append(name)
    return tuple(names)
