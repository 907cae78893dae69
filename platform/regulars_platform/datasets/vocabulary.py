"""Words in cells -> the words we keep. Compared without case, blanks and punctuation."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from regulars_platform.intake.headings import normalise


def fold(word: str) -> str:
    """A word as it is compared; what has no letters (1, +, √) only loses its blanks.

    >>> fold(" Opt-Out "), fold("１.0"), fold("已關注")
    ('optout', '1.0', '已关注')
    """
    if any(character.isalpha() for character in word):
        return normalise(word)
    return unicodedata.normalize("NFKC", word).strip()


def _table(**meanings: str) -> Mapping[str, str]:
    return MappingProxyType(
        {fold(word): meaning for meaning, words in meanings.items() for word in words.split("|")}
    )


YES = "yes"
NO = "no"

VOCABULARY: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "yes": _table(
            yes=(
                "yes|y|true|t|1|1.0|on|x|是|有|对|真|已|开|开启|允许|同意|接收|订阅|已订阅|已关注|关注|"
                "subscribed|opted in|accepted|√|✓|✔"
            ),
            no=(
                "no|n|false|f|0|0.0|off|否|无|非|不|不是|没有|未|关|关闭|拒绝|不同意|不接收|未订阅|已退订|"
                "未关注|取消关注|not subscribed|unsubscribed|opted out|declined|×|✗|✘"
            ),
        ),
        "opted_out": _table(
            yes=(
                "yes|y|true|t|1|1.0|on|x|是|有|已|退订|已退订|拒收|已拒收|拒绝|黑名单|勿扰|"
                "unsubscribed|opted out|stop|√|✓|✔"
            ),
            no=(
                "no|n|false|f|0|0.0|off|否|无|非|不|未|未退订|没有|接收|正常|"
                "subscribed|opted in|×|✗|✘"
            ),
        ),
        "gender": _table(
            female="female|f|woman|women|girl|w|lady|mrs|ms|miss|女|女性|女士|女生|小姐|2|♀",
            male="male|m|man|men|boy|mr|男|男性|男士|男生|先生|1|♂",
            other="other|diverse|non binary|nonbinary|x|其他|其它",
        ),
        "events.kind": _table(
            follow="follow|followed|follows|subscribe|关注|关注店铺|收藏店铺|店铺收藏|订阅|入会|加粉",
            unfollow="unfollow|unfollowed|取关|取消关注|取消收藏店铺|取消订阅",
            favourite="favourite|favorite|favourited|wishlist|收藏|收藏商品|商品收藏|收藏宝贝",
            cart="cart|add to cart|added to cart|addtocart|加购|加入购物车|加购物车|商品加购",
            view="view|viewed|visit|page view|browse|浏览|访问|浏览商品|进店",
            complaint="complaint|complained|dispute|bad review|投诉|纠纷|差评|维权",
            other="other|其他|其它",
        ),
        "referrals.kind": _table(
            friend="friend|friends|customer|朋友|好友|老客户|客户|老带新|亲友",
            expert="expert|koc|kol|influencer|affiliate|达人|博主|分销员|专家|主播|团长",
        ),
        "points.direction": _table(
            plus="plus|in|earn|earned|add|added|credit|increase|+|增加|收入|获得|发放|加",
            minus="minus|out|spend|spent|redeemed|debit|decrease|-|减少|支出|消耗|扣减|扣除|使用|减",
        ),
        "points.reason": _table(
            order="order|purchase|buy|shopping|订单|购物|消费|下单|购买|交易|交易获得",
            game="game|play|sign in|check in|lottery|游戏|签到|互动|抽奖|小游戏|任务",
            exchange="exchange|redeem|redeemed|redemption|spend|兑换|抵扣|抵现|积分兑换|换购|使用",
            expiry="expiry|expired|expire|lapsed|过期|失效|到期|清零",
            other="other|adjustment|其他|其它|调整|手动调整",
        ),
        "contacts.outcome": _table(
            sent="sent|send|submitted|queued|sent ok|success|ok|已发送|发送成功|成功|"
            "已提交|提交成功|发送",
            delivered="delivered|received|opened|open|read|已送达|送达|送达成功|已读|打开|已接收|接通",
            failed=(
                "failed|fail|failure|bounced|bounce|undelivered|error|rejected|失败|发送失败|未送达|退信|"
                "空号|拒收|无人接听"
            ),
            unsubscribed="unsubscribed|unsubscribe|opt out|opted out|stop|td|退订|已退订|回复td|"
            "取消订阅",
            complained="complained|complaint|spam|abuse|投诉|举报|垃圾短信投诉|已投诉",
            clicked="clicked|click|点击|已点击|点击链接",
        ),
        "contacts.channel": _table(
            sms="sms|text|text message|short message|短信|手机短信|简讯",
            email="email|e-mail|mail|newsletter|邮件|邮箱|电子邮件",
            phone="phone|call|telephone|电话|外呼|电话回访",
            chat="chat|wangwang|旺旺|千牛|微信|企微|企业微信|wechat|whatsapp|客服",
            message_box="message box|inbox|push|站内信|消息盒子|店铺消息|推送",
            poster="poster|海报",
            parcel_insert="parcel insert|insert|包裹卡|包裹|随箱卡",
            start_page="start page|landing page|首页|承接页",
            groups="groups|group|群|社群|微信群|淘宝群",
            moments="moments|朋友圈",
            posts="posts|post|微淘|订阅|小红书|抖音",
            other="other|其他|其它",
        ),
    }
)
"""Name of a list -> folded word -> the word that is kept."""

SAY_NOTHING = frozenset(
    fold(word)
    for word in [
        "unknown",
        "not set",
        "undisclosed",
        "secret",
        "未知",
        "保密",
        "不详",
        "不明",
        "未填写",
        "未设置",
        "暂无",
        "?",
    ]
)
"""Words for "nobody knows": as good as an empty cell."""

FALLBACK = MappingProxyType(
    {"events.kind": "other", "points.reason": "other", "contacts.channel": "other"}
)
"""What an unknown word becomes where a word for "something else" exists; elsewhere it is left out.
The word itself is kept beside it."""
