"""Figures of a shop per day, as platforms' reports name them (生意参谋 above all).

One name of our own per figure, whatever a platform calls it. Values are ten-thousandths of money,
of people, or of the whole (a share of 12.5% is 1,250).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from regulars_platform.intake.headings import normalise

Unit = Literal["money", "people", "count", "share"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure. label: as Chinese reports write it; words: headings that mean it.

    per_item: whether the figures of single products of a day add up to something that no figure of
    the whole shop already says. People never do: one person may buy two products.
    """

    name: str
    unit: Unit
    label: str
    words: tuple[str, ...]
    per_item: bool = False


def _figure(name: str, unit: Unit, words: str, *, per_item: bool = False) -> Figure:
    given = words.split("|")
    return Figure(
        name=name,
        unit=unit,
        label=given[0],
        words=tuple(dict.fromkeys(normalise(word) for word in given)),
        per_item=per_item,
    )


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        figure.name: figure
        for figure in (
            _figure(
                "paid_amount", "money", "支付金额|paid amount|sales|total sales|net sales|revenue"
            ),
            _figure("paid_buyers", "people", "支付买家数|买家数|paid buyers|buyers|customers"),
            _figure("paid_orders", "count", "支付父订单数|支付订单数|orders|paid orders"),
            _figure("paid_suborders", "count", "支付子订单数|paid order lines"),
            _figure(
                "average_order_value", "money", "客单价|average order value|aov|spend per buyer"
            ),
            _figure("conversion", "share", "支付转化率|转化率|conversion rate|conversion"),
            _figure(
                "visitors", "people", "访客数|uv|visitors|unique visitors|online store visitors"
            ),
            _figure("new_visitors", "people", "新访客数|new visitors"),
            _figure("returning_visitors", "people", "老访客数|returning visitors"),
            _figure(
                "returning_visitor_share",
                "share",
                "老访客数占比|老访客占比|share of returning visitors|returning visitor share",
            ),
            _figure("new_buyers", "people", "新买家数|支付新买家数|new buyers|new customers"),
            _figure(
                "returning_buyers",
                "people",
                "老买家数|支付老买家数|returning buyers|returning customers",
            ),
            _figure(
                "returning_buyer_share",
                "share",
                "老买家数占比|老买家占比|支付老买家占比|share of returning buyers|"
                "returning customer rate",
            ),
            _figure("page_views", "count", "浏览量|pv|page views|pageviews"),
            _figure("sessions", "count", "会话数|sessions|visits"),
            _figure("shop_favourite_people", "people", "店铺收藏人数|shop followers gained"),
            _figure("shop_favourites", "count", "店铺收藏次数|shop favourites"),
            _figure("product_favourite_people", "people", "商品收藏人数|product favourites"),
            _figure("ordering_buyers", "people", "下单买家数|ordering buyers"),
            _figure("ordered_amount", "money", "下单金额|ordered amount"),
            _figure(
                "refund_requested_amount", "money", "售中申请退款金额|refund amount|refunds|returns"
            ),
            _figure("cart_people", "people", "商品加购人数|加购人数|people adding to cart"),
            _figure(
                "cart_pieces", "count", "商品加购件数|加购件数|pieces added to cart", per_item=True
            ),
            _figure(
                "returning_buyer_amount",
                "money",
                "老买家支付金额|amount of returning buyers",
                per_item=True,
            ),
            _figure(
                "flash_sale_amount", "money", "聚划算支付金额|flash sale amount", per_item=True
            ),
        )
    }
)
"""Every figure by its name."""

DAY_WORDS = tuple(
    normalise(word) for word in ["统计日期", "日期", "时间", "统计时间", "stat date", "date", "day"]
)
_ITEM_WORDS = frozenset(
    normalise(word)
    for word in [
        "商品id",
        "商品名称",
        "商品标题",
        "商品编码",
        "宝贝id",
        "宝贝标题",
        "product id",
        "product",
        "item id",
        "sku",
    ]
)
_INDUSTRY_WORDS = ("行业", "同行", "同层", "industry", "peers", "market")
_BY_WORD = {word: figure for figure in FIGURES.values() for word in figure.words}


def find_figure(heading: str) -> tuple[Figure, bool] | None:
    """The figure that a heading names, and whether it is the industry's, not the shop's.

    >>> found, of_industry = find_figure("行业平均访客数")
    >>> found.name, of_industry
    ('visitors', True)
    >>> find_figure("老访客占比")[0].name == find_figure("老访客数占比")[0].name
    True
    """
    plain = normalise(heading)
    if plain in _BY_WORD:
        return _BY_WORD[plain], False
    bare = plain
    for word in _INDUSTRY_WORDS:
        bare = bare.replace(word, "")
    if bare != plain:
        for rest in (bare, re.sub("平均|优秀|average", "", bare)):
            if rest in _BY_WORD:
                return _BY_WORD[rest], True
    return None


def names_industry(texts: Iterable[str]) -> bool:
    """Whether a title or heading says that the figures are those of the industry."""
    return any(word in normalise(text) for text in texts for word in _INDUSTRY_WORDS)


def is_per_item(headings: Iterable[str]) -> bool:
    """Whether the rows are single products on a day, not the whole shop."""
    return any(normalise(heading) in _ITEM_WORDS for heading in headings)
