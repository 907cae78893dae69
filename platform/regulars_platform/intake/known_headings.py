"""Headings that tell how a file is written: its encoding, its sheet, the line of its headings.

Wider than what an order file can mean (`headings`): also customers, products, events, daily shop
figures, refunds, points. Whoever reads another kind of file adds its words here. A word that is
known only tells that the text was decoded and found rightly; it is never taken for a meaning.
"""

import re
from collections.abc import Iterable

from regulars_platform.intake.headings import PREFERENCES, normalise

_ORDERS_TOO = (
    "买家支付宝账号|支付单号|支付详情|买家支付积分|返点积分|买家实际支付积分|买家留言|收货人姓名|收货地址|"
    "运送方式|联系电话|联系手机|宝贝标题|宝贝种类|物流单号|物流公司|订单备注|店铺名称|订单关闭原因|"
    "卖家服务费|买家服务费|发票抬头|是否手机订单|商家备忘|发货时间|确认收货时间|打款商家金额|商品属性|套餐信息|"
    "备注|备注标签|商家备注|退款状态|退款编号|退款完结时间|售后类型|退款的申请时间|货物状态|买家退款原因|"
    "买家退款说明|归属店铺|订单类型|付款方式|支付流水号|外部订单号|应收订单金额|支付优惠合计|商品种类数|"
    "订单配送方式|收货人省份|收货人城市|收货人地区|收货人|提货人|收货人手机号|买家备注|订单星级|买家是否会员|"
    "收银员|分销员|销售导购|订单退款状态|商家订单备注|商品类型|商品类目|商品目录|商品规格|商品成本价|"
    "商品优惠方式|商品优惠后价格|商品金额小计|店铺优惠|商品留言|商品发货状态|商品退款状态|"
    "fulfillment status|accepts marketing|currency|taxes|vendor|notes|tags|payment method|"
    "billing name|shipping name|shipping city|billing city|payment reference|risk level"
)
_PEOPLE = (
    "customer name|first name|last name|full name|gender|sex|birthday|birth date|date of birth|"
    "birth year|age|region|province|city|country|acquired through|acquisition channel|"
    "acquisition cost|acquired on|marketing consent|consent|opted out|unsubscribed|follows|"
    "follower|tier|level|points|points balance|total spent|total orders|referrer|referred by|"
    "姓名|客户姓名|客户昵称|昵称|性别|生日|出生日期|年龄|省份|城市|地区|所在地|标签|客户标签|会员等级|"
    "等级|成长值|积分|客户积分|积分余额|消费次数|消费金额|累计退款金额|笔单价|上次消费时间|导购员|"
    "来源渠道|来源方式|获客渠道|获客成本|成为客户时间|成为会员时间|公众号|是否关注|邮箱|电子邮箱|"
    "是否接收短信|推荐人|介绍人|客户生日|客户性别"
)
_GOODS = (
    "category|product category|need|cost|cost price|unit cost|days per unit|one-off|brand|"
    "类目|品类|分类|品牌|成本|成本价|进价|售价|吊牌价|使用天数|需求"
)
_HAPPENINGS = (
    "event|event type|event time|event date|happened at|outcome|clicked|opened|delivered|bounced|"
    "complained|points change|movement|reason|"
    "事件|事件类型|行为|行为类型|行为时间|加购|收藏|浏览|关注|取关|投诉|积分变动|变动积分|变动时间|"
    "变动原因|发送时间|发送状态|发送结果|触达渠道|退订"
)
_SHOP_DAYS = (
    "visitors|sessions|page views|"
    "统计日期|访客数|新访客数|老访客数|老访客数占比|老访客占比|浏览量|支付金额|"
    "支付买家数|支付父订单数|支付子订单数|客单价|支付转化率|新买家数|老买家数|老买家数占比|老买家占比|"
    "店铺收藏人数|店铺收藏次数|商品收藏人数|商品加购人数|商品加购件数|下单买家数|下单金额|"
    "售中申请退款金额|支付新买家数|支付老买家数|老买家支付金额"
)

_KNOWN = frozenset(word for words in PREFERENCES.values() for word in words) | frozenset(
    normalise(word)
    for words in (_ORDERS_TOO, _PEOPLE, _GOODS, _HAPPENINGS, _SHOP_DAYS)
    for word in words.split("|")
)

_INDUSTRY = re.compile("^(?:同行同层|同行|同层|行业|industry)(?:平均|优秀|average)?")


def known_headings(cells: Iterable[str]) -> list[str]:
    """Those of the cells that are headings of some kind of file we read.

    >>> known_headings(["會員等級", "Tea", "统计日期 ", "ORDER_ID"])
    ['會員等級', '统计日期 ', 'ORDER_ID']
    >>> known_headings(["行业平均访客数"])
    ['行业平均访客数']
    """
    return [cell for cell in cells if _is_known(normalise(cell.strip('"')))]


def _is_known(word: str) -> bool:
    # reports on the industry put 行业平均 before the names of the figures
    return word in _KNOWN or _INDUSTRY.sub("", word) in _KNOWN


def heading_row(rows: Iterable[Iterable[str]]) -> int | None:
    """Which of the first rows of a file holds the headings (0 = first); None where none does.

    Title lines may stand above: it is the first of the rows with the most headings that are
    known, at least two of them.

    >>> heading_row([["7 days"], ["统计日期", "访客数"], ["2026-01-01", "12"]])
    1
    """
    counts = [len(known_headings(row)) for row in rows]
    best = max(counts, default=0)
    return counts.index(best) if best >= 2 else None
