"""Files as the systems of shops write them (headings are theirs, rows are invented)."""

import datetime as dt
import io
from pathlib import Path
from typing import Literal

import pytest
import xlsxwriter

from regulars_platform.datasets.examples import example_file
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import DatasetOptions
from regulars_platform.datasets.recognise import recognise_kind
from tests.platform.datasets.builders import ShopBench, csv, open_shop

YOUZAN = (
    "客户姓名,客户昵称,客户手机号,客户生日,客户性别,标签,是否会员,成长值,免费等级,付费等级,权益卡,客户积分,客户储值余额,"
    "消费次数,消费金额,累计退款金额,累计退款订单数,笔单价,上次消费时间,分销员,导购员,企微好友,来源渠道,来源方式,"
    "成为客户时间,成为会员时间,成为会员店铺,公众号,公众号关注时间,最近浏览时间,微信地域,所属区域,"
)
SHOPIFY = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,"
    "Province Code,Country,Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,"
    "Tags,Note,Tax Exempt"
)


def youzan_row(phone: str, birthday: str, gender: str, tags: str, points: str, since: str) -> str:
    cells = [""] * 32
    cells[0], cells[1], cells[2], cells[3], cells[4], cells[5] = (
        "王梅",
        "梅子",
        phone,
        birthday,
        gender,
        tags,
    )
    cells[7], cells[8], cells[11], cells[22] = "120", "银卡会员", points, "微信小程序"
    cells[24], cells[28] = "2024-05-01 10:00:00", since
    return ",".join(cells) + ","


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_example_is_recognised_and_read_without_a_loss(
    shop: ShopBench, kind: Kind, language: Literal["en", "zh"]
) -> None:
    content = example_file(kind, language)
    tallies = shop.bring_in(content)
    assert (tallies.read, tallies.new, tallies.left_out) == (2, 2, ())
    assert shop.table(kind).scan().collect().height > 0


def test_youzan_customers(shop: ShopBench) -> None:
    content = csv(
        YOUZAN,
        youzan_row("\t13800000001", "1990-02-14", "女", '"学生，送礼；新客"', "88", "2025-01-01"),
        youzan_row("13800000002", "——", "未知", "-", "-", ""),
        youzan_row("138******03", "", "男", "", "5", ""),
    )
    seen = shop.seen(content)
    assert seen.kind == "customers"
    assert "客户姓名" in seen.proposals
    assert seen.proposals["成长值"] == "attribute"
    assert "消费金额" not in seen.proposals  # not one cell of it is filled
    assert "导购员" not in seen.proposals

    tallies = shop.bring_in(content)

    assert (tallies.new, tallies.reasons) == (2, {"masked_key": 1})
    assert tallies.left_out == ()
    first, second = shop.stored("customers").rows(named=True)
    assert first["customer_id"] == "13800000001"
    assert (first["birth_year"], first["gender"]) == (1990, "female")
    assert first["tags"] == ["学生", "送礼", "新客"]
    assert (first["points_told"], first["tier_told"]) == (88, "银卡会员")
    assert (first["acquired_through"], first["acquired_on"]) == (
        "微信小程序",
        dt.date(2024, 5, 1),
    )
    assert {"name": "成长值", "value": "120"} in first["attributes"]
    assert (first["name"], first["phone"]) == (None, None)
    assert (first["follows"], second["follows"]) == (True, False)
    assert (second["gender"], second["tags"], second["points_told"]) == (None, None, None)


def test_shopify_customers_with_consent(shop: ShopBench) -> None:
    row = "Anna,Berg,{email},{mail},,1 Hill St,,Lucca,Tuscany,TU,Italy,IT,55100,{phone},{sms},"
    row += "12.5,1,vip,,no"
    content = csv(
        SHOPIFY,
        row.format(email="Anna@Example.com", mail="yes", phone="", sms="no"),
        row.format(email="b@example.com", mail="no", phone="+39 333 1", sms="yes"),
    )
    assert shop.seen(content).kind == "customers"

    shop.bring_in(content)

    anna, other = shop.stored("customers").rows(named=True)
    assert (anna["customer_id"], anna["city"], anna["region"]) == (
        "anna@example.com",
        "Lucca",
        "Tuscany",
    )
    assert (anna["consent_email"], anna["consent_sms"]) == (True, False)
    assert (other["consent_email"], other["consent_sms"]) == (False, True)
    assert (anna["name"], anna["email"], anna["opted_out"]) == (None, None, None)
    names = {pair["name"] for pair in anna["attributes"]}
    assert names == {
        "Province Code",
        "Country",
        "Country Code",
        "Total Spent",
        "Total Orders",
        "Tax Exempt",
    }


def test_a_province_goes_by_one_name_however_it_is_spelt(shop: ShopBench) -> None:
    told = [
        "浙江省",
        "浙江",
        "浙江 杭州",
        "廣東省",
        "上海市",
        "内蒙古自治区",
        "华东 一区",
        "Tuscany",
    ]
    rows = [f"c{n},女,{where}" for n, where in enumerate(told)]
    shop.bring_in(csv("客户ID,性别,省份", *rows))
    regions = shop.stored("customers").sort("customer_id")["region"].to_list()
    plain = ["浙江", "浙江", "浙江", "广东", "上海", "内蒙古", "华东 一区", "Tuscany"]
    assert regions == plain


def test_names_and_addresses_are_kept_where_people_are_to_be_contacted(shop: ShopBench) -> None:
    content = csv(
        "First Name,Last Name,Email,Phone,Tags", "Anna,Berg,Anna@Example.com,13800000001,vip"
    )
    seen = shop.seen(content)
    shop.bring_in(content, mapping=seen.proposals, options=DatasetOptions(keep_contacts=True))
    anna = shop.stored("customers").row(0, named=True)
    assert (anna["name"], anna["email"], anna["phone"]) == (
        "Anna Berg",
        "anna@example.com",
        "13800000001",
    )


def test_the_column_that_the_orders_know_is_the_key(shop: ShopBench) -> None:
    shop.take_orders(["13800000001", "13800000002"], ["TEA-250", "POT-1"])
    seen = shop.seen(csv("会员号,手机号,性别", "m1,13800000001,女", "m2,13800000002,男"))
    assert seen.proposals["手机号"] == "customer_id"
    assert seen.matches == {"会员号": 0.0, "手机号": 1.0}

    seen = shop.seen(csv("title,SKU,cost", "Green tea,TEA-250,3", "Pot,POT-1,4"))
    assert seen.proposals == {"SKU": "product", "title": "title", "cost": "cost"}


DAYS = [
    ["店铺经营数据", "", "", "", ""],
    ["统计周期：2026-10-01 ~ 2026-10-03", "", "", "", ""],
    ["统计日期", "访客数", "老访客占比", "支付金额", "支付转化率"],
    ["2026-10-01", "1,204", "27.74%", "8,410.50", "7.97%"],
    ["2026-10-02", "1,310", "-", "9,020", "7.71%"],
]


def as_csv(rows: list[list[str]], encoding: str) -> bytes:
    out = io.StringIO()
    for row in rows:
        out.write(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\r\n")
    return out.getvalue().encode(encoding)


def as_workbook(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("店铺")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize("form", ["gb18030", "utf-8", "workbook"])
def test_daily_figures_under_title_lines(shop: ShopBench, form: str) -> None:
    content = as_workbook(DAYS) if form == "workbook" else as_csv(DAYS, form)
    tallies = shop.bring_in(content)

    assert (tallies.read, tallies.new) == (2, 2)
    rows = shop.stored("shop_days").select("day", "scope", "figure", "value").rows()
    first, second = dt.date(2026, 10, 1), dt.date(2026, 10, 2)
    assert rows == [
        (first, "shop", "conversion", 797),
        (first, "shop", "paid_amount", 84_105_000),
        (first, "shop", "returning_visitor_share", 2_774),
        (first, "shop", "visitors", 12_040_000),
        (second, "shop", "conversion", 771),
        (second, "shop", "paid_amount", 90_200_000),
        (second, "shop", "visitors", 13_100_000),
    ]
    assert (tallies.first_day, tallies.last_day) == (first, second)


def test_a_day_with_one_more_figure_is_changed_and_keeps_the_others(shop: ShopBench) -> None:
    shop.bring_in(csv("统计日期,访客数", "2026-10-01,10", "2026-10-02,20"))
    tallies = shop.bring_in(csv("统计日期,访客数,支付金额", "2026-10-01,10,5", "2026-10-02,20,-"))
    assert (tallies.new, tallies.changed, tallies.repeated) == (0, 1, 1)
    assert shop.stored("shop_days").height == 3


def test_figures_of_the_industry_are_kept_apart(shop: ShopBench) -> None:
    shop.bring_in(csv("统计日期,访客数,行业平均访客数,同行同层支付金额", "2026-10-01,10,200,3000"))
    content = csv("统计日期,访客数", "2026-10-02,300")
    seen = shop.seen(content, "行业大盘.csv")
    assert seen.options.scope == "industry"
    shop.bring_in(content, filename="行业大盘.csv")
    assert shop.stored("shop_days").select("day", "scope", "figure", "value").rows() == [
        (dt.date(2026, 10, 1), "industry", "paid_amount", 30_000_000),
        (dt.date(2026, 10, 1), "industry", "visitors", 2_000_000),
        (dt.date(2026, 10, 1), "shop", "visitors", 100_000),
        (dt.date(2026, 10, 2), "industry", "visitors", 3_000_000),
    ]


def test_figures_of_single_products_are_added_up_where_that_says_something(
    shop: ShopBench,
) -> None:
    content = csv(
        "统计日期,商品ID,商品加购人数,商品加购件数,老买家支付金额,支付金额",
        "2026-10-01,11,5,7,100.5,300",
        "2026-10-01,12,6,8,50,20",
        "2026-10-02,11,1,1,-,10",
    )
    tallies = shop.bring_in(content)

    assert (tallies.read, tallies.new) == (3, 3)
    assert shop.stored("shop_days").select("day", "figure", "value").rows() == [
        (dt.date(2026, 10, 1), "cart_pieces", 150_000),
        (dt.date(2026, 10, 1), "returning_buyer_amount", 1_505_000),
        (dt.date(2026, 10, 2), "cart_pieces", 10_000),
    ]
    assert any("people were left out" in str(note) for note in tallies.notes)
    again = shop.bring_in(content + b"\r\n")
    assert (again.stored, again.repeated) == (0, 3)


def test_a_share_without_its_sign_is_percent_where_one_is_above_one(shop: ShopBench) -> None:
    shop.bring_in(csv("统计日期,支付转化率", "2026-10-01,7.97", "2026-10-02,0.5"))
    shop.bring_in(csv("统计日期,支付转化率", "2026-10-03,0.0797", "2026-10-04,0.5"))
    assert shop.stored("shop_days")["value"].to_list() == [797, 50, 797, 5_000]


def test_a_period_is_no_day(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv("统计日期,访客数", "2026-10-01 ~ 2026-10-07,10", "2026-10-08,3", "2026-10-09,")
    )
    assert (tallies.new, tallies.reasons) == (1, {"bad_date": 1, "no_figure": 1})


def test_days_begin_where_the_shop_is(tmp_path: Path) -> None:
    bench = open_shop(tmp_path / "data", timezone="Asia/Shanghai")
    tallies = bench.bring_in(csv("customer_id,event,event time", "anna,follow,2026-01-05 00:30"))
    stored = bench.stored("events").row(0, named=True)
    assert stored["happened_at"] == dt.datetime(2026, 1, 4, 16, 30, tzinfo=dt.UTC)
    assert tallies.first_day == dt.date(2026, 1, 5)
    bench.database.dispose()


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        ("订单编号,买家会员名,买家应付货款,订单状态", None),
        ("Name,Email,Financial Status,Lineitem quantity", None),
        ("order_id,customer_id,ordered_at,product,quantity,amount", None),
        ("a,b,c", None),
        ("會員名,性別,生日", "customers"),
        ("会员名,积分变动,变动时间,变动原因,订单号", "points"),
        ("手机号,发送时间,触达渠道,发送状态", "contacts"),
        ("被推荐人,推荐人,推荐时间,佣金", "referrals"),
        ("会员名,行为类型,行为时间,商品id", "events"),
        ("商品编码,商品名称,类目,成本价,使用天数", "products"),
        ("Date,Sessions,Total sales,Orders", "shop_days"),
    ],
)
def test_kinds_are_told_by_their_headings(headings: str, kind: Kind | None) -> None:
    assert recognise_kind(headings.split(",")) == kind
