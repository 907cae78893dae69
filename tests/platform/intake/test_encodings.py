"""Files that are not UTF-8: the headings say which encoding it is, else a person does."""

import pytest

from regulars_platform.intake import errors, file_errors, service
from regulars_platform.intake.encodings import choose_encoding
from regulars_platform.intake.headings import normalise
from regulars_platform.intake.known_headings import heading_row, known_headings
from regulars_platform.intake.models import ImportState
from tests.platform.intake.builders import ShopBench, csv

SIMPLIFIED = (
    "订单编号,买家会员名,买家应付货款,买家应付邮费,订单状态,订单创建时间\n"
    "365847123456789012,小王,88.00,6.00,交易成功,2019-05-15 16:50:00\n"
)
TRADITIONAL = (
    "訂單編號,買家會員名,買家應付貨款,買家應付郵費,訂單狀態,訂單創建時間\n"
    "365847123456789012,小王,88.00,6.00,交易成功,2019-05-15 16:50:00\n"
)
BIG5 = TRADITIONAL.encode("big5")


def test_headings_in_gbk_decode_as_big5_without_an_error() -> None:
    # why strict decoding cannot decide
    assert "订单编号".encode("gbk").decode("big5hkscs") != "订单编号"
    assert BIG5.decode("gb18030") != TRADITIONAL


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (SIMPLIFIED.encode("gbk"), "gb18030"),
        (SIMPLIFIED.encode("gb18030"), "gb18030"),
        (BIG5, "big5hkscs"),
        (SIMPLIFIED.replace(",", "\t").encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + TRADITIONAL.replace(",", "\t").encode("utf-16-be"), "utf-16-be"),
        (SIMPLIFIED.encode("utf-8-sig"), "utf-8"),
    ],
)
def test_the_same_orders_in_every_encoding(shop: ShopBench, content: bytes, encoding: str) -> None:
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.form.encoding == encoding
    shop.bring_in(content)
    row = shop.stored().row(0, named=True)
    assert (row["order_id"], row["customer_id"]) == ("365847123456789012", "小王")
    assert (row["amount"], row["status"]) == (880_000, "paid")


@pytest.mark.parametrize(
    ("headings", "encoding", "expected"),
    [
        ("统计日期,访客数,支付金额", "gbk", "gb18030"),
        ("統計日期,訪客數,支付金額", "big5", "big5hkscs"),
        ("客户手机号,客户生日,客户性别,标签", "gbk", "gb18030"),
        ("類目,成本價,商品編碼", "big5", "big5hkscs"),
    ],
)
def test_headings_of_other_kinds_of_files_decide_as_well(
    headings: str, encoding: str, expected: str
) -> None:
    assert choose_encoding(f"{headings}\n茶,茶,茶\n".encode(encoding), 1) == expected


def test_title_lines_above_the_headings_do_not_hide_them() -> None:
    text = "近七天店铺数据\n\n统计日期,访客数\n2026-01-01,12\n"
    assert choose_encoding(text.encode("gbk"), 1) == "gb18030"
    assert heading_row([["近七天"], [""], ["统计日期", "访客数"], ["2026-01-01", "12"]]) == 2


def test_english_headings_over_everyday_chinese() -> None:
    text = "order_id,customer_id,product\n" + "1,王小明,茉莉花茶和一个杯子\n" * 20
    assert choose_encoding(text.encode("gbk"), 2) == "gb18030"


UNKNOWN = "甲列,乙列,丙列\n茉莉花茶,杯子,一个\n"


def test_where_nothing_tells_the_encoding_the_first_rows_are_shown_in_each(
    shop: ShopBench,
) -> None:
    content = UNKNOWN.encode("gbk")
    import_id = shop.upload(content)
    with pytest.raises(file_errors.EncodingUndecidedError) as caught:
        service.look(shop.settings, shop.database, import_id)
    assert isinstance(caught.value, errors.EncodingUnknownError)
    said = str(shop.get(import_id).problem)
    assert "line 1 is not UTF-8" in said
    assert "GB18030: “甲列,乙列,丙列 / 茉莉花茶,杯子,一个”" in said


def test_a_person_says_the_encoding_and_the_file_is_looked_at_again(shop: ShopBench) -> None:
    text = "編碼,姓名乙,日子,數目\n1,王,2020-01-02,5.50\n"
    import_id = shop.upload(text.encode("big5"))
    with pytest.raises(file_errors.EncodingUndecidedError):
        service.look(shop.settings, shop.database, import_id)
    with shop.database.unit_of_work() as session:
        service.choose_encoding(session, shop.settings, import_id, "big5hkscs")
    assert shop.get(import_id).state is ImportState.UPLOADED
    seen = service.look(shop.settings, shop.database, import_id)
    assert seen.form.headings == ("編碼", "姓名乙", "日子", "數目")
    assert seen.first_rows[0][1] == "王"


def test_an_encoding_that_is_not_offered_is_refused(shop: ShopBench) -> None:
    import_id = shop.upload(UNKNOWN.encode("gbk"))
    with (
        pytest.raises(errors.EncodingUnknownError),
        shop.database.unit_of_work() as session,
    ):
        service.choose_encoding(session, shop.settings, import_id, "rot13")


def test_an_encoding_that_does_not_fit_is_refused_like_any_other(shop: ShopBench) -> None:
    import_id = shop.upload(b"order_id,customer_id,ordered_at,amount\n1,caf\xe9 bar,2020-01-02,5\n")
    with shop.database.unit_of_work() as session:
        service.choose_encoding(session, shop.settings, import_id, "big5hkscs")
    with pytest.raises(errors.EncodingUnknownError):
        service.look(shop.settings, shop.database, import_id)
    assert shop.get(import_id).state is ImportState.REFUSED


def test_western_text_can_be_read_when_a_person_says_so(shop: ShopBench) -> None:
    content = b"order_id,customer_id,ordered_at,amount\n1,caf\xe9 bar,2020-01-02,5\n"
    import_id = shop.upload(content)
    with shop.database.unit_of_work() as session:
        service.choose_encoding(session, shop.settings, import_id, "cp1252")
    assert service.look(shop.settings, shop.database, import_id).first_rows[0][1] == "café bar"


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("订单付款时间 ", "订单付款时间"),
        ("\u3000收货地址\t", "收货地址"),
        ("\ufeff订单编号", "订单编号"),
        ("运费（元）", "运费"),
        ("Ｏrder＿ID", "orderid"),
        ("訂單編號", "订单编号"),
        ("商品 ID", "商品id"),
    ],
)
def test_headings_are_compared_without_what_exports_add(written: str, compared: str) -> None:
    assert normalise(written) == compared


def test_headings_of_other_kinds_are_known_in_traditional_characters_too() -> None:
    headings = ["會員等級", "標籤", "生日", "性別", "積分", "類目", "統計日期", "訪客數", "瀏覽量"]
    assert known_headings(headings) == headings


def test_a_file_of_wide_headings_only_keeps_saying_what_is_missing(shop: ShopBench) -> None:
    with pytest.raises(errors.EmptyFileError):
        service.look(shop.settings, shop.database, shop.upload(csv("订单编号,买家会员名")))
