"""A small file of each kind, to see what is wanted: headings and two invented rows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from regulars_platform.datasets.kinds import Kind

Language = Literal["en", "zh", "zh_Hant"]
EXAMPLE_LANGUAGES: tuple[Language, ...] = ("en", "zh", "zh_Hant")

_EXAMPLES: Mapping[tuple[Kind, Language], str] = MappingProxyType(
    {
        ("customers", "en"): (
            "Customer ID,Gender,Birthday,Region,City,Acquired through,Acquisition cost,Tags,"
            "Email consent,SMS consent,Opted out,Follows us,Favourite tea\n"
            "C1001,female,1990-02-14,Zhejiang,Hangzhou,Search,12.50,student; gift buyer,"
            "yes,no,no,yes,green\n"
            "C1002,male,02-29,Sichuan,Chengdu,Friend,0,,no,yes,no,no,black"
        ),
        ("customers", "zh"): (
            "客户编号,性别,生日,省份,城市,来源渠道,获客成本,标签,是否接收邮件,是否接收短信,退订,是否关注,爱喝的茶\n"
            "C1001,女,1990-02-14,浙江,杭州,搜索,12.50,学生、送礼,是,否,否,是,绿茶\n"
            "C1002,男,02-29,四川,成都,朋友介绍,0,,否,是,否,否,红茶"
        ),
        ("customers", "zh_Hant"): (
            "客戶編號,性別,生日,省份,城市,來源渠道,獲客成本,標籤,是否接收郵件,是否接收簡訊,退訂,是否關注,愛喝的茶\n"
            "C1001,女,1990-02-14,浙江,杭州,搜尋,12.50,學生、送禮,是,否,否,是,綠茶\n"
            "C1002,男,02-29,四川,成都,朋友介紹,0,,否,是,否,否,紅茶"
        ),
        ("products", "en"): (
            "SKU,Title,Category,Need,Price,Unit cost,Days per unit,One-off\n"
            "TEA-250,Green tea 250 g,Tea,A calm morning,49.00,21.50,30,no\n"
            "POT-1,Clay teapot,Ware,Making tea,268.00,120.00,,yes"
        ),
        ("products", "zh"): (
            "商家编码,商品标题,类目,需求,售价,成本价,使用天数,是否一次性\n"
            "TEA-250,绿茶250克,茶叶,安静的早晨,49.00,21.50,30,否\n"
            "POT-1,紫砂壶,茶具,泡茶,268.00,120.00,,是"
        ),
        ("products", "zh_Hant"): (
            "商家編碼,商品標題,類目,需求,售價,成本價,使用天數,是否一次性\n"
            "TEA-250,綠茶250克,茶葉,安靜的早晨,49.00,21.50,30,否\n"
            "POT-1,紫砂壺,茶具,泡茶,268.00,120.00,,是"
        ),
        ("events", "en"): (
            "Customer ID,Event,Event time,Product\n"
            "C1001,follow,2026-03-01 10:20,\n"
            "C1002,add to cart,2026-03-02 21:05,TEA-250"
        ),
        ("events", "zh"): (
            "客户编号,行为类型,行为时间,商品编码\n"
            "C1001,关注,2026-03-01 10:20,\n"
            "C1002,加购,2026-03-02 21:05,TEA-250"
        ),
        ("events", "zh_Hant"): (
            "客戶編號,行為類型,行為時間,商品編碼\n"
            "C1001,關注,2026-03-01 10:20,\n"
            "C1002,加入購物車,2026-03-02 21:05,TEA-250"
        ),
        ("shop_days", "en"): (
            "Date,Visitors,New visitors,Paid amount,Paid buyers,Conversion rate\n"
            '2026-03-01,"1,204",870,"8,410.50",96,7.97%\n'
            '2026-03-02,"1,310",902,"9,020.00",101,7.71%'
        ),
        ("shop_days", "zh"): (
            "统计日期,访客数,新访客数,老访客数占比,支付金额,支付买家数,客单价,支付转化率,店铺收藏人数\n"
            '2026-03-01,"1,204",870,27.74%,"8,410.50",96,87.61,7.97%,31\n'
            '2026-03-02,"1,310",902,31.15%,"9,020.00",101,89.31,7.71%,-'
        ),
        ("shop_days", "zh_Hant"): (
            "統計日期,訪客數,新訪客數,老訪客數佔比,支付金額,支付買家數,客單價,支付轉換率,店鋪收藏人數\n"
            '2026-03-01,"1,204",870,27.74%,"8,410.50",96,87.61,7.97%,31\n'
            '2026-03-02,"1,310",902,31.15%,"9,020.00",101,89.31,7.71%,-'
        ),
        ("referrals", "en"): (
            "Referred customer,Referrer,Referral type,Date,Reward\n"
            "C1002,C1001,friend,2026-03-02,5.00\n"
            "C1003,C1001,expert,2026-03-05,20.00"
        ),
        ("referrals", "zh"): (
            "被推荐人,推荐人,推荐类型,推荐时间,奖励\n"
            "C1002,C1001,朋友,2026-03-02,5.00\n"
            "C1003,C1001,达人,2026-03-05,20.00"
        ),
        ("referrals", "zh_Hant"): (
            "被推薦人,推薦人,推薦類型,推薦時間,獎勵\n"
            "C1002,C1001,朋友,2026-03-02,5.00\n"
            "C1003,C1001,達人,2026-03-05,20.00"
        ),
        ("points", "en"): (
            "Customer ID,Date,Points change,Reason,Order number,Note\n"
            "C1001,2026-03-01,49,order,A10001,\n"
            "C1001,2026-03-09,-40,exchange,,coupon of 4"
        ),
        ("points", "zh"): (
            "客户编号,变动时间,积分变动,变动原因,订单号,备注\n"
            "C1001,2026-03-01,49,订单,A10001,\n"
            "C1001,2026-03-09,-40,兑换,,4元优惠券"
        ),
        ("points", "zh_Hant"): (
            "客戶編號,變動時間,點數變動,變動原因,訂單號,備註\n"
            "C1001,2026-03-01,49,訂單,A10001,\n"
            "C1001,2026-03-09,-40,兌換,,4元優惠券"
        ),
        ("contacts", "en"): (
            "Customer ID,Sent at,Channel,Outcome,Campaign,Cost\n"
            "C1001,2026-03-01 10:00,SMS,delivered,Spring tea,0.045\n"
            "C1002,2026-03-01 10:00,SMS,unsubscribed,Spring tea,0.045"
        ),
        ("contacts", "zh"): (
            "客户编号,发送时间,触达渠道,发送状态,活动名称,费用\n"
            "C1001,2026-03-01 10:00,短信,已送达,春茶,0.045\n"
            "C1002,2026-03-01 10:00,短信,退订,春茶,0.045"
        ),
        ("contacts", "zh_Hant"): (
            "客戶編號,發送時間,觸及渠道,發送狀態,活動名稱,費用\n"
            "C1001,2026-03-01 10:00,簡訊,已送達,春茶,0.045\n"
            "C1002,2026-03-01 10:00,簡訊,退訂,春茶,0.045"
        ),
    }
)


def example_file(kind: Kind, language: Language) -> bytes:
    """Headings and two rows as a file that spreadsheets open rightly: CSV, UTF-8 with its mark."""
    text = _EXAMPLES[kind, language].replace("\n", "\r\n") + "\r\n"
    return b"\xef\xbb\xbf" + text.encode()
