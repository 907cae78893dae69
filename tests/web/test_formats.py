"""Numbers, money and sentences as the reader writes them."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from regulars_platform.words import Sentence
from regulars_web import formats

MINUS = "\u2212"


@pytest.fixture(autouse=True)
def english(app: Flask, shop_with_owner: None) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}), force_locale("en"):
        yield


@pytest.mark.parametrize(
    ("amount", "options", "shown"),
    [
        (1_234_567, {}, "£123.46"),
        (-1_234_567, {}, f"{MINUS}£123.46"),
        (1_234_567, {"whole": True}, "£123"),
        (12_345_670_000, {"whole": True, "signed": True}, "+£1,234,567"),
        (-12_345_670_000, {"whole": True, "signed": True}, f"{MINUS}£1,234,567"),
        (-4_000, {"whole": True}, "£0"),  # less than half a pound: no minus before a zero
        (0, {"signed": True}, "£0.00"),
        (95_394_846_340, {"exact": True}, "£9,539,484.634"),
        (10_000, {"exact": True}, "£1.00"),
    ],
)
def test_money_is_written_in_the_shops_currency(
    amount: int, options: dict[str, bool], shown: str
) -> None:
    assert formats.money(amount, "GBP", **options) == shown


def test_a_currency_without_coins_shows_none() -> None:
    assert formats.money(12_340_000, "JPY") == "¥1,234"


def test_chinese_readers_get_their_own_sign() -> None:
    with force_locale("zh_Hans"):
        assert formats.money(880_000, "CNY") == "¥88.00"
        assert formats.date(dt.date(2026, 1, 31)) == "2026年1月31日"


def test_in_chinese_no_line_ends_between_a_sign_and_its_amount() -> None:
    with force_locale("zh_Hant"):
        gain, loss = (formats.money(x, "CNY", whole=True, signed=True) for x in (880_000, -880_000))
    assert (gain[0], gain[1], gain[2:]) == ("+", "\u2060", loss[2:])
    assert loss[:2] == MINUS + "\u2060"


def test_a_moment_in_a_sentence_is_told_by_the_shops_clock() -> None:
    said = Sentence("Stored %(stored_at)s.", {"stored_at": "2026-03-01 20:30 UTC"})
    assert formats.sentence(said) == "Stored Mar 2, 2026, 04:30."  # the shop is in Shanghai


def test_an_interval_names_both_ends() -> None:
    assert formats.money_interval(-41_000_000, 325_000_000, "GBP") == f"{MINUS}£4,100 to £32,500"


def test_numbers_and_shares_are_rounded_as_asked() -> None:
    assert formats.number(1234.567) == "1,234.567"
    assert formats.number(1234.567, 1) == "1,234.6"
    assert formats.number(-5) == f"{MINUS}5"
    assert formats.percent(0.07657) == "7.7%"
    assert formats.percent(0.2, 0) == "20%"


def test_a_moment_is_shown_in_the_time_zone_of_the_shop() -> None:
    evening = dt.datetime(2026, 1, 1, 17, 30, tzinfo=dt.UTC)  # the shop is in Shanghai
    assert formats.date_time(evening) == "Jan 2, 2026, 01:30"
    assert formats.date(evening) == "Jan 2, 2026"
    assert formats.iso(evening) == "2026-01-02T01:30:00+08:00"


def test_a_sentence_of_the_platform_is_translated_and_its_numbers_written_out() -> None:
    said = Sentence("“%(field)s” is not a number.", {"field": "Price"})
    assert formats.sentence(said) == "“Price” is not a number."
    with force_locale("zh_Hans"):
        assert formats.sentence(said) == "“Price”不是数字。"
    counted = Sentence("%(lines)s lines and %(more)d more", {"lines": 12345, "more": 2})
    assert formats.sentence(counted) == "12,345 lines and 2 more"
    assert formats.sentence(None) == ""


def test_file_sizes_and_names_fit_a_table() -> None:
    assert formats.file_size(999) == "999 B"
    assert formats.file_size(7_400_000) == "7.4 MB"
    assert formats.file_size(2_500_000_000_000) == "2,500 GB"
    assert formats.breakable("a_<b>.csv") == "a_<wbr>&lt;b&gt;.<wbr>csv"
