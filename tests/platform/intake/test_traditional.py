"""Files in Traditional Chinese: their headings and words mean what the Simplified ones mean."""

import re
from io import BytesIO

import opencc
import polars as pl
import pytest

from regulars_platform.datasets.examples import EXAMPLE_LANGUAGES, example_file
from regulars_platform.datasets.fields import FIELDS
from regulars_platform.datasets.recognise import recognise_kind
from regulars_platform.datasets.vocabulary import VOCABULARY, fold
from regulars_platform.intake import headings
from regulars_platform.intake.headings import PREFERENCES, normalise
from regulars_platform.intake.known_headings import _KNOWN
from regulars_platform.intake.models import OrderField
from regulars_platform.intake.status import KNOWN, KNOWN_OF_REFUNDS, plain_word

SPELLINGS = tuple(opencc.OpenCC(name) for name in ("s2t", "s2tw", "s2hk"))
"""Letters as in dictionaries, in Taiwan, in Hong Kong."""


def chinese(words: object) -> list[str]:
    return sorted(word for word in map(str, words) if re.search("[\u4e00-\u9fff]", word))  # type: ignore[call-overload]  # any collection


def spelled(words: object) -> list[tuple[str, str]]:
    pairs = {(word, one.convert(word)) for word in chinese(words) for one in SPELLINGS}
    return sorted(pairs)


ORDER_WORDS = [word for known in PREFERENCES.values() for word in known]


@pytest.mark.parametrize(("simplified", "traditional"), spelled([*ORDER_WORDS, *_KNOWN]))
def test_a_heading_is_known_in_traditional_letters(simplified: str, traditional: str) -> None:
    assert normalise(traditional) == simplified


@pytest.mark.parametrize("known", [KNOWN, KNOWN_OF_REFUNDS], ids=["orders", "refunds"])
def test_a_status_is_known_in_traditional_letters(known: dict[str, str]) -> None:
    simplified = [word for word in chinese(known) if opencc.OpenCC("t2s").convert(word) == word]
    for one in SPELLINGS:
        for word in simplified:
            cell = pl.select(plain_word(pl.lit(one.convert(word)))).item()
            assert known.get(cell) == known[word], one.convert(word)


@pytest.mark.parametrize("field", sorted(VOCABULARY))
def test_a_word_in_a_cell_is_known_in_traditional_letters(field: str) -> None:
    for word, traditional in spelled(VOCABULARY[field]):
        assert fold(traditional) == word, traditional


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("訂單編號", OrderField.ORDER_ID),
        ("訂單號碼", None),
        ("顧客編號", OrderField.CUSTOMER_ID),
        ("會員編號", OrderField.CUSTOMER_ID),
        ("電子郵件", OrderField.CUSTOMER_ID),
        ("訂購日期", OrderField.ORDERED_AT),
        ("訂單成立時間", OrderField.ORDERED_AT),
        ("付款狀態", OrderField.STATUS),
        ("商品名稱", OrderField.PRODUCT),
        ("數量", OrderField.QUANTITY),
        ("訂單總金額", OrderField.TOTAL),
        ("實付金額", OrderField.TOTAL),
        ("運費", OrderField.SHIPPING),
        ("退款金額", OrderField.REFUND),
        ("優惠券", OrderField.COUPON),
        ("出貨時間", OrderField.SHIPPED_AT),
    ],
)
def test_headings_of_taiwanese_shops_are_known(heading: str, field: OrderField | None) -> None:
    found = [one for one, words in PREFERENCES.items() if normalise(heading) in words]
    assert found == ([] if field is None else [field])


@pytest.mark.parametrize(
    ("word", "status"),
    [("已付款", "paid"), ("待出貨", "paid"), ("未付款", "unpaid"), ("取消訂單", "cancelled")],
)
def test_statuses_of_taiwanese_shops_are_known(word: str, status: str) -> None:
    assert KNOWN[pl.select(plain_word(pl.lit(word))).item()] == status


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_example_files_are_recognised_in_every_language(kind: str) -> None:
    for language in EXAMPLE_LANGUAGES:
        frame = pl.read_csv(BytesIO(example_file(kind, language)))  # type: ignore[arg-type]
        assert recognise_kind(frame.columns) == kind, language
    simplified, traditional = (
        pl.read_csv(BytesIO(example_file(kind, one))).columns  # type: ignore[arg-type]
        for one in ("zh", "zh_Hant")
    )
    assert [normalise(one) for one in traditional] == [normalise(one) for one in simplified]


def test_the_module_of_headings_folds_before_it_compares() -> None:
    assert headings.normalise("紅利點數") == headings.normalise("红利积分")
