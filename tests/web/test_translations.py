"""The Chinese pages: every sentence is there and keeps its numbers."""

import re
import runpy
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

import regulars_web
from regulars_platform.offers.kinds import FreeShipping
from regulars_platform.programmes.kinds import KINDS
from regulars_web.words.plans import offer_told
from tests.web.conftest import Browser

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(str(regulars_web.__file__)).parent / "translations"
BOTH = ("zh_Hans", "zh_Hant")

both = pytest.mark.parametrize("locale", BOTH)


def catalogue(locale: str) -> Catalog:
    with (FOLDER / locale / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def forms(string: Iterable[str] | None) -> list[str]:
    """A translation, as the list of its plural forms (Chinese has one)."""
    return [string] if isinstance(string, str) else list(string or [""])


def pairs(locale: str) -> list[tuple[str, str]]:
    found = []
    for message in catalogue(locale):
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[-1]
            found.append((source, forms(message.string)[0]))
    return found


@both
def test_a_translated_sentence_has_the_same_numbers_in_it(locale: str) -> None:
    for source, target in pairs(locale):
        if target:
            wanted = sorted(set(re.findall(r"%\(\w+\)[a-z]", source)))
            assert sorted(set(re.findall(r"%\(\w+\)[a-z]", target))) == wanted, source


def without_placeholders(text: str) -> str:
    return re.sub(r"%\(\w+\)[a-z]|%%", "", text)


@both
def test_a_translated_sentence_of_click_has_the_same_facts_in_it(locale: str) -> None:
    """click formats with braces; of a plural the last form says which."""
    for source, target in pairs(locale):
        if re.search(r"\{\w+(?:!r)?\}", source):
            found = set(re.findall(r"\{\w+(?:!r)?\}", target))
            assert found == set(re.findall(r"\{\w+(?:!r)?\}", source)), source


@both
def test_no_translation_has_a_lone_percent_sign(locale: str) -> None:
    for source, target in pairs(locale):
        if "%" not in without_placeholders(source):
            assert "%" not in without_placeholders(target), source


@both
def test_no_sentence_is_missing(locale: str) -> None:
    assert [source for source, target in pairs(locale) if not target] == []


@pytest.fixture(scope="module")
def written() -> set[str]:
    """Every sentence of the code."""
    with (FOLDER / "babel.cfg").open() as rules:
        methods, options = parse_mapping_cfg(rules)  # type: ignore[no-untyped-call]  # Babel has no types here
    found = set()
    for _file, _line, words, _comments, _context in extract_from_dir(
        ROOT, methods, options, keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None, "N_": None}
    ):
        found.add(words if isinstance(words, str) else words[0])
    return found


@both
def test_every_sentence_of_the_code_is_in_the_catalogue(locale: str, written: set[str]) -> None:
    known = set()
    for message in catalogue(locale):
        known.add(message.id if isinstance(message.id, str) else message.id[0])

    assert written - known == set(), "run `make translations` and translate what is new"


@both
def test_what_is_served_is_what_was_written(locale: str) -> None:
    with (FOLDER / locale / "LC_MESSAGES/messages.mo").open("rb") as file:
        compiled = read_mo(file)
    for message in catalogue(locale):
        if message.id and message.string and all(message.string):
            key = message.id if isinstance(message.id, str) else message.id[0]
            context = message.context and message.context.encode()  # as read_mo keeps it
            held = compiled.get(key, context)  # type: ignore[arg-type]
            assert held is not None, key
            assert forms(held.string) == forms(message.string), key


@pytest.mark.parametrize(
    ("locale", "tag", "sentences"),
    [
        ("zh_Hans", "zh-Hans", ("上传订单", "订单文件", "店铺名称", "后台工作")),
        ("zh_Hant", "zh-Hant", ("上傳訂單", "訂單檔案", "店鋪名稱", "背景工作")),
    ],
)
def test_the_pages_are_chinese_for_who_reads_chinese(
    owner: Browser, locale: str, tag: str, sentences: tuple[str, ...]
) -> None:
    owner.post("/language", {"locale": locale})
    for path, words in zip(("/", "/data/", "/settings/", "/jobs/"), sentences, strict=True):
        text = owner.get(path).get_data(as_text=True)
        assert words in text, path
        assert f'<html lang="{tag}">' in text


# --- Traditional Chinese is drafted from Simplified ------------------------------------------


@pytest.fixture(scope="module")
def drafting() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "draft_traditional.py"))


@pytest.fixture(scope="module")
def convert(drafting: dict[str, Any]) -> Callable[[str], str]:
    converter: Callable[[str], str] = drafting["build_converter"]()
    return converter


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("老客户", "老客戶"),
        ("对照组（随机留出）", "對照組（隨機留出）"),
        ("增量", "增量"),
        ("客单价", "客單價"),
        ("复购率", "複購率"),
        ("满80包邮", "滿80包郵"),
        ("满减", "滿減"),
        ("人群", "人群"),
        ("客户分群", "客戶分群"),
        ("标签", "標籤"),
        ("会员等级", "會員等級"),
        ("普通会员", "普通會員"),
        ("高级会员", "高級會員"),
        ("VIP会员", "VIP會員"),
        ("至尊VIP会员", "至尊VIP會員"),
        ("休眠", "休眠"),
        ("流失", "流失"),
        ("订单催付", "訂單催付"),
        ("蜜月期", "蜜月期"),
        ("优惠券关怀", "優惠券關懷"),
        ("会员日", "會員日"),
        ("复购周期", "複購週期"),
    ],
)
def test_the_sellers_words_are_written_as_given(
    convert: Callable[[str], str], simplified: str, traditional: str
) -> None:
    assert convert(simplified) == traditional


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("从文件导入数据", "從檔案匯入資料"),
        ("每行都有同一列", "每列都有同一欄"),
        ("行业列表进行到一半", "行業列表進行到一半"),
        ("“%(name)s”已保存", "「%(name)s」已儲存"),
        ("发给%(people)s位客户", "發給%(people)s位客戶"),
        ("复制、恢复、回复", "複製、恢復、回覆"),
        ("30天后过期", "30天後過期"),
    ],
)
def test_words_are_those_of_taiwan_and_hong_kong(
    convert: Callable[[str], str], simplified: str, traditional: str
) -> None:
    assert convert(simplified) == traditional


def test_no_simplified_letter_is_left_in_traditional_sentences() -> None:
    """Big5, the encoding of Taiwan and Hong Kong, has no simplified letters."""
    foreign = {"\N{MINUS SIGN}"}
    for source, target in pairs("zh_Hant"):
        for letter in set(target) - foreign:
            assert letter.encode("big5hkscs", "ignore"), f"{letter} in {target} ({source})"


def chinese(sentences: dict[str, str], comments: tuple[str, ...] = ()) -> Catalog:
    made = Catalog(locale="zh_Hant")
    for source, target in sentences.items():
        made.add(source, target, user_comments=comments)
    return made


def upside_down(text: str) -> str:
    """A conversion that is easy to see."""
    return text[::-1]


def run(drafting: dict[str, Any], simplified: Catalog, traditional: Catalog) -> list[str]:
    outdated: Iterator[str] = drafting["draft"](simplified, traditional, upside_down)
    return list(outdated)


def test_a_sentence_is_drafted_anew_when_the_simplified_one_changes(
    drafting: dict[str, Any],
) -> None:
    traditional = chinese({"Save": "甲乙", "Open": ""})

    assert run(drafting, chinese({"Save": "丙丁", "Open": "戊己"}), traditional) == []
    assert traditional["Save"].string == "丁丙"
    assert traditional["Open"].string == "己戊"


def test_a_sentence_by_hand_stays_and_asks_for_a_look_when_the_simplified_one_changes(
    drafting: dict[str, Any],
) -> None:
    traditional = chinese({"Save": "手寫"}, ("by hand",))

    assert run(drafting, chinese({"Save": "甲乙"}), traditional) == []
    assert run(drafting, chinese({"Save": "甲乙"}), traditional) == []
    assert run(drafting, chinese({"Save": "丙丁"}), traditional) == ["Save"]
    assert traditional["Save"].string == "手寫"


def test_the_catalogue_is_what_is_drafted_today(drafting: dict[str, Any]) -> None:
    """Running `make translations` again changes nothing."""
    simplified, traditional = catalogue("zh_Hans"), catalogue("zh_Hant")
    kept = {message.id: message.string for message in traditional}

    assert list(drafting["draft"](simplified, traditional, drafting["build_converter"]())) == []
    assert {message.id: message.string for message in traditional} == kept


# --- the seller's own words, on the pages where they belong -------------------------------------

SELLERS_WORDS = {
    # English, Simplified, Traditional: on this page of a new shop
    ("returning customer", "老客户", "老客戶"): "/help/terms",
    ("holdout", "对照组（随机留出）", "對照組（隨機留出）"): "/help/terms",
    ("incremental, uplift", "增量", "增量"): "/help/terms",
    ("average order value", "客单价", "客單價"): "/help/terms",
    ("repurchase rate", "复购率", "複購率"): "/help/terms",
    ("segment (customer grouping)", "人群（客户分群）", "人群（客戶分群）"): "/help/terms",
    ("tag", "标签", "標籤"): "/help/terms",
    ("member tier", "会员等级", "會員等級"): "/help/terms",
    (
        "ordinary, senior, VIP and supreme VIP member",
        "普通会员、高级会员、VIP会员、至尊VIP会员",
        "普通會員、高級會員、VIP會員、至尊VIP會員",
    ): "/help/terms",
    ("repurchase cycle", "复购周期", "複購週期"): "/help/terms",
    ("Dormant", "休眠", "休眠"): "/segments/",
    ("Lost", "流失", "流失"): "/segments/",
    ("coupon care", "优惠券关怀", "優惠券關懷"): "/programmes/",
    ("Member day", "会员日", "會員日"): "/campaigns/calendar/new",
}


NAMES = {
    "Amount off at a threshold": ("满减", "滿減"),
    "Unpaid-order reminder": ("订单催付", "訂單催付"),
    "Honeymoon (after the first order)": ("蜜月期（首单之后）", "蜜月期（首單之後）"),
}
"""Of offers and programmes, which a new shop does not show yet."""


def test_the_sellers_words_stand_on_the_pages_where_they_belong(owner: Browser) -> None:
    for place, locale in enumerate(("en", *BOTH)):
        owner.post("/language", {"locale": locale})
        shown = {}
        for path in set(SELLERS_WORDS.values()):
            page = owner.get(path, follow_redirects=True).get_data(as_text=True)
            shown[path] = re.sub(r"<[^>]+>", "", page)
        for words, path in SELLERS_WORDS.items():
            plain = re.sub(r"\s+(?=[（(])", "", shown[path])
            assert words[place] in shown[path] or words[place] in plain, (locale, words[place])


def test_offers_and_programmes_have_the_sellers_names() -> None:
    titles = {kind.title for kind in KINDS.values()}
    assert {"Unpaid-order reminder", "Honeymoon (after the first order)"} <= titles
    for place, locale in enumerate(BOTH):
        said = dict(pairs(locale))
        assert {name: said[name] for name in NAMES} == {
            name: words[place] for name, words in NAMES.items()
        }


def test_free_shipping_from_80_is_said_as_sellers_say_it(app: Flask) -> None:
    offer = FreeShipping(threshold=80 * 10_000, shipping_cost=0)
    told = {}
    for locale in ("en", *BOTH):
        with app.test_request_context(), force_locale(locale):
            told[locale] = offer_told(offer, "CNY")
    assert told == {
        "en": "Free shipping from CN¥80",
        "zh_Hans": "满¥80包邮",
        "zh_Hant": "滿CN¥80包郵",
    }
