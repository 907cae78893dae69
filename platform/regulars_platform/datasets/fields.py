"""What a column of each kind of file can mean, and the headings it goes by.

Headings are compared as `intake.headings.normalise` folds them. Within a field the list is in order
of preference; a field whose words end in `CUSTOMER` or `PRODUCT` also takes the headings by which
order files name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from regulars_platform.datasets.kinds import Kind
from regulars_platform.intake.headings import PREFERENCES, normalise
from regulars_platform.intake.models import OrderField

Sort = Literal[
    "key",
    "text",
    "region",  # a text; provinces go by one name
    "person",  # a name, e-mail address or phone number: kept only to contact people
    "word",  # one of the words of `vocabulary`
    "yes",
    "filled",  # yes, where the cell is filled
    "tags",
    "birthday",
    "birth_year",
    "age",
    "day",
    "moment",
    "money",
    "whole",
    "number",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One meaning of a column. sort: how its cells are read; words: its headings, folded;
    needed: a row without it is rejected."""

    name: str
    sort: Sort
    words: tuple[str, ...]
    needed: bool = False


_CUSTOMER = PREFERENCES[OrderField.CUSTOMER_ID]
_PRODUCT = PREFERENCES[OrderField.PRODUCT]
_ORDER = tuple(w for w in PREFERENCES[OrderField.ORDER_ID] if w not in ("name", "order"))
_TIMES = (
    "happened at|time|date|datetime|timestamp|occurred at|created at|created|event time|event date|"
    "时间|日期|发生时间|发生日期|行为时间|变动时间|操作时间|创建时间"
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise(word) for word in text.split("|") if word))


def _field(
    name: str,
    sort: Sort,
    words: str = "",
    *,
    also: tuple[str, ...] = (),
    needed: bool = False,
) -> Field:
    return Field(name=name, sort=sort, words=(*_words(words), *also), needed=needed)


_AGREEING = (
    *("{}同意", "同意{}", "是否同意{}", "同意接收{}", "是否同意接收{}", "愿意接收{}"),
    *("同意{}营销", "{}营销同意", "{}授权", "是否授权{}", "接受{}", "是否接受{}"),
    *("{}订阅", "订阅{}", "是否订阅{}", "允许{}", "是否允许{}"),
)


def _agreeing(channels: str) -> str:
    """The headings by which shops write down that somebody agreed to be contacted."""
    return "|".join(word.format(channel) for channel in channels.split("|") for word in _AGREEING)


def _customer(words: str = "customer_id|customer id") -> Field:
    return _field("customer_id", "key", words, also=_CUSTOMER, needed=True)


FIELDS: Mapping[Kind, tuple[Field, ...]] = MappingProxyType(
    {
        "customers": (
            _customer("customer_id|customer id|customer number|会员号|客户编号|客户id|会员id"),
            _field("gender", "word", "gender|sex|性别|客户性别|会员性别|买家性别"),
            _field(
                "birthday",
                "birthday",
                "birthday|birth date|birthdate|date of birth|dob|生日|出生日期|"
                "客户生日|会员生日|出生年月",
            ),
            _field("birth_year", "birth_year", "birth year|year of birth|出生年份|出生年"),
            _field("age", "age", "age|年龄|客户年龄"),
            _field(
                "region",
                "region",
                "region|province|state|province name|default address province|"
                "default address province code|shipping province|省份|省|地区|区域|所在地|所属区域|"
                "收货人省份|微信地域",
            ),
            _field(
                "city",
                "text",
                "city|town|default address city|shipping city|城市|市|收货人城市|所在城市",
            ),
            _field(
                "acquired_through",
                "text",
                "acquired through|acquisition channel|acquisition source|source|channel|utm source|"
                "来源渠道|获客渠道|注册渠道|客户来源|来源|渠道",
            ),
            _field(
                "acquisition_cost",
                "money",
                "acquisition cost|cac|cost of acquisition|获客成本|拉新成本|引流成本",
            ),
            _field(
                "acquired_on",
                "day",
                "acquired on|customer since|member since|created at|registered|registration date|"
                "signup date|sign up date|join date|成为客户时间|注册时间|注册日期|"
                "加入时间|入会时间|"
                "成为会员时间",
            ),
            _field("tags", "tags", "tags|customer tags|labels|标签|客户标签|会员标签"),
            _field(
                "consent_email",
                "yes",
                "accepts email marketing|accepts marketing|email consent|email marketing consent|"
                "email opt in|consent email|marketing consent|accepts email|agrees to email|"
                "consent to email|email subscribed|email permission|是否接收邮件|接收邮件|邮件营销|"
                + _agreeing("邮件|电子邮件"),
            ),
            _field(
                "consent_sms",
                "yes",
                "accepts sms marketing|sms consent|sms marketing consent|sms opt in|consent sms|"
                "accepts sms|agrees to sms|consent to sms|sms subscribed|sms permission|"
                "text message consent|accepts text messages|agrees to text messages|text opt in|"
                "是否接收短信|接收短信|短信营销|" + _agreeing("短信"),
            ),
            _field(
                "consent_phone",
                "yes",
                "phone consent|accepts calls|consent phone|agrees to calls|consent to calls|"
                "call consent|phone opt in|phone permission|是否接收电话|接收电话|"
                + _agreeing("电话|来电"),
            ),
            _field(
                "consent_chat",
                "yes",
                "chat consent|consent chat|chat opt in|agrees to chat|是否接收旺旺|接收旺旺|"
                "是否接收微信|接收微信|" + _agreeing("旺旺|微信"),
            ),
            _field(
                "opted_out",
                "yes",
                "opted out|opt out|unsubscribed|do not contact|no marketing|退订|"
                "是否退订|拒收|是否拒收|"
                "勿扰|黑名单|是否黑名单|拒绝营销",
            ),
            _field(
                "follows",
                "yes",
                "follows|follows us|follower|is follower|是否关注|关注店铺|"
                "是否关注店铺|是否粉丝|粉丝",
            ),
            _field("followed_at", "filled", "followed at|follow date|公众号关注时间|关注时间"),
            _field(
                "name",
                "person",
                "name|customer name|full name|first name|last name|姓名|客户姓名|"
                "会员姓名|客户昵称|昵称",
            ),
            _field(
                "email",
                "person",
                "email|e-mail|email address|customer email|邮箱|电子邮箱|电子邮件",
            ),
            _field(
                "phone",
                "person",
                "phone|mobile|phone number|mobile phone|default address phone|手机|手机号|手机号码|"
                "客户手机号|会员手机号|联系手机|电话",
            ),
            _field(
                "tier_told",
                "text",
                "tier|level|member tier|member level|membership level|会员等级|等级|"
                "客户等级|免费等级",
            ),
            _field(
                "points_told",
                "whole",
                "points|points balance|loyalty points|积分|客户积分|会员积分|"
                "积分余额|可用积分|剩余积分",
            ),
        ),
        "products": (
            _field("product", "key", "product", also=_PRODUCT, needed=True),
            _field("also", "key", "also|second id|other id|barcode|商家编码|条形码|条码"),
            _field(
                "title",
                "text",
                "title|product name|product title|商品标题|商品名称|宝贝标题|标题|品名",
            ),
            _field(
                "category",
                "text",
                "category|product category|product type|type|商品类目|类目|品类|"
                "宝贝类目|商品分类|分类",
            ),
            _field("need", "text", "need|bought for|purpose|需求|用途|需要"),
            _field(
                "price",
                "money",
                "price|retail price|variant price|list price|售价|价格|销售价|一口价|单价",
            ),
            _field(
                "cost",
                "money",
                "cost|unit cost|cost price|cost per item|purchase price|成本|成本价|单位成本|进价|"
                "采购价|供货价|商品成本价",
            ),
            _field(
                "unit_days",
                "number",
                "days per unit|unit days|days one lasts|lasts days|days of use|使用天数|可用天数|"
                "单件使用天数|一件可用天数|每件天数",
            ),
            _field(
                "one_off", "yes", "one-off|one off|bought once|durable|一次性|是否一次性|是否耐用品"
            ),
        ),
        "events": (
            _field(
                "event_key", "key", "event id|event key|事件编号|行为编号|事件id|记录编号|流水号"
            ),
            _customer(),
            _field(
                "kind",
                "word",
                "event|event type|kind|action|type|事件|事件类型|行为|行为类型|动作|类型",
            ),
            _field("happened_at", "moment", _TIMES, needed=True),
            _field("product", "text", also=_PRODUCT),
            _field("value", "text", "value|note|details|内容|备注|说明"),
        ),
        "shop_days": (_field("day", "day", "", needed=True),),
        "referrals": (
            _field("referral_key", "key", "referral id|referral key|推荐编号|推荐记录编号"),
            _field(
                "customer_id",
                "key",
                "referred|referred customer|referee|invitee|new customer|friend|brought|被推荐人|"
                "被邀请人|新客|新客户|新会员",
                also=_CUSTOMER,
                needed=True,
            ),
            _field(
                "referrer_id",
                "key",
                "referrer|referrer id|referred by|inviter|advocate|brought by|推荐人|介绍人|邀请人|"
                "分享人|分销员|达人|老客户",
                needed=True,
            ),
            _field("kind", "word", "kind|referral type|type|推荐类型|身份|推荐人类型|类型"),
            _field("happened_on", "day", "referred on|推荐时间|推荐日期|邀请时间|" + _TIMES),
            _field("cost", "money", "cost|reward|commission|bonus|佣金|奖励|推荐奖励|费用|成本"),
        ),
        "points": (
            _field(
                "movement_key", "key", "movement id|points id|流水号|变动编号|积分流水号|记录编号"
            ),
            _customer(),
            _field("happened_at", "moment", _TIMES, needed=True),
            _field(
                "points",
                "whole",
                "points change|change in points|points|积分变动|变动积分|积分变化|"
                "变动数量|变动值|积分",
                needed=True,
            ),
            _field("direction", "word", "direction|in or out|增减|收支|变动方向|收支类型"),
            _field(
                "reason",
                "word",
                "reason|source|type|原因|变动原因|积分来源|变动类型|类型|来源|场景",
            ),
            _field("order_id", "key", also=_ORDER),
            _field("note", "text", "note|remark|details|备注|说明|描述"),
        ),
        "contacts": (
            _field(
                "contact_key",
                "key",
                "message id|contact id|send id|消息id|消息编号|发送编号|记录编号",
            ),
            _customer(),
            _field(
                "happened_at",
                "moment",
                "sent at|send time|发送时间|触达时间|" + _TIMES,
                needed=True,
            ),
            _field("channel", "word", "channel|sent by|触达渠道|发送渠道|渠道|触达方式|发送方式"),
            _field(
                "outcome",
                "word",
                "outcome|delivery status|result|status|发送状态|发送结果|触达结果|结果|状态",
            ),
            _field(
                "reference",
                "text",
                "reference|campaign|campaign name|活动|活动名称|计划名称|任务名称|批次",
            ),
            _field("cost", "money", "cost|price|费用|成本|单价"),
        ),
    }
)
"""Kind -> its fields, in the order in which they are offered and looked for."""

SEVERAL = frozenset({"name", "attribute"})
"""What more than one column may be taken for."""


def field_of(kind: Kind, name: str) -> Field | None:
    """The field of this name."""
    return next((field for field in FIELDS[kind] if field.name == name), None)


_IGNORED = _words("zodiac|zodiac sign|constellation|chinese zodiac|星座|生肖|属相")
_PERSONAL = [
    "address",
    "street",
    "zip",
    "postcode",
    "postal",
    "company",
    "phone",
    "mobile",
    "email",
    "fullname",
    "firstname",
    "lastname",
    "passport",
    "idnumber",
    "idcard",
    "wechatid",
    "地址",
    "邮编",
    "身份证",
    "收货人",
    "提货人",
    "发票",
    "支付宝",
    "手机",
    "电话",
    "邮箱",
    "姓名",
    "微信号",
    "qq",
]


def is_ignored(heading: str) -> bool:
    """Columns that say nothing beyond a birthday, such as the zodiac sign.

    >>> is_ignored("星座"), is_ignored("城市")
    (True, False)
    """
    return normalise(heading) in _IGNORED


def is_personal(heading: str) -> bool:
    """Columns that name or place a person: left out unless somebody asks for them.

    >>> is_personal("详细收货地址"), is_personal("Address1"), is_personal("成长值")
    (True, True, False)
    """
    plain = normalise(heading)
    return any(word in plain for word in _PERSONAL)
