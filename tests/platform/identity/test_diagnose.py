"""Which kind of key a column holds (headings real, values invented)."""

import polars as pl
import pytest

from regulars_platform.identity.diagnose import diagnose
from regulars_platform.identity.kinds import FACTS, KeyKind, Trust

PHONES = [f"138{number:08d}" for number in range(40)]
TOKENS = [f"AAGM90gYAAjcqSr{number:04d}Ksj" for number in range(40)]


@pytest.mark.parametrize(
    ("heading", "values", "kind"),
    [
        ("OAID", TOKENS, KeyKind.OAID),
        ("收件人ID", TOKENS, KeyKind.OAID),
        ("ouid", TOKENS, KeyKind.OUID),
        ("buyer_open_uid", TOKENS, KeyKind.OPEN_ID),
        ("买家ID", TOKENS, KeyKind.OPAQUE),
        ("买家会员名", ["小王", "tea_lover", "李 四"], KeyKind.NICK),
        ("买家昵称", ["小王", "阿梅"], KeyKind.NICK),
        ("买家会员名", PHONES, KeyKind.PHONE),
        ("买家手机号", PHONES, KeyKind.PHONE),
        ("联系手机", PHONES, KeyKind.RECEIVER_PHONE),
        ("收货人手机号/提货人手机号", PHONES, KeyKind.RECEIVER_PHONE),
        ("Shipping Phone", ["+44 20 7946 0018", "+44 20 7946 0019"], KeyKind.RECEIVER_PHONE),
        ("Email", ["ann@example.com", "Bob@Example.com"], KeyKind.EMAIL),
        ("customer_id", ["17850", "13047", "C-12583"], KeyKind.SHOP_ID),
        ("收货人姓名", ["王芳", "李娜"], KeyKind.NAME),
        ("Billing Name", ["Ann Lee", "Bob Ray"], KeyKind.NAME),
        ("联系手机", ["186******05", "139******11"], KeyKind.MASKED),
        ("买家会员名", ["张**", "李**"], KeyKind.MASKED),
        ("联系手机", ["18877771111-1234", "18877772222-0123"], KeyKind.RELAY_PHONE),
        ("买家手机号", ["'13800000001", '="13800000002"', "\t13800000003"], KeyKind.PHONE),
        ("anything", ["one of these", "and another!"], KeyKind.UNKNOWN),
        ("oaid", [], KeyKind.OAID),
        ("anything", ["", " ", "-"], KeyKind.UNKNOWN),
    ],
)
def test_the_kind_of_key(heading: str, values: list[str], kind: KeyKind) -> None:
    assert diagnose(heading, pl.Series(values, dtype=pl.String)).kind is kind


def test_a_masked_a_weekly_a_lent_value_and_a_name_are_never_a_key() -> None:
    never = {kind for kind, facts in FACTS.items() if facts.trust is Trust.NEVER}
    assert never == {KeyKind.MASKED, KeyKind.OAID, KeyKind.RELAY_PHONE, KeyKind.NAME}
    assert not diagnose("联系手机", pl.Series(["186******05"])).can_be_key


def test_an_oaid_is_said_to_change_by_week_shop_and_app() -> None:
    said = str(FACTS[KeyKind.OAID].stability)
    assert all(word in said for word in ("week", "shop", "app"))
    assert "One per person in this shop" in str(FACTS[KeyKind.OUID].stability)


def warnings(heading: str, values: list[str]) -> str:
    return " ".join(map(str, diagnose(heading, pl.Series(values)).warnings))


def test_masked_phones_are_not_one_person() -> None:
    said = warnings("联系手机", ["186******05"] * 30)
    assert "30 masked values are not one person" in said
    assert "placeholder" not in said  # it is the mask that repeats itself, nobody's number


def test_a_placeholder_is_pointed_out() -> None:
    said = warnings("customer", ["guest"] * 12 + [f"C{number}" for number in range(20)])
    assert "“guest” stands in 12 of 32 rows" in said
    assert warnings("customer", [f"C{number % 20}" for number in range(60)]) == ""


def test_numbers_that_a_spreadsheet_spoilt_are_counted() -> None:
    said = warnings("会员号", ["1.23457E+18", "≈1234567890123457024", "123"])
    assert "2 values lost their last digits" in said


def test_phones_written_in_several_ways_are_pointed_out() -> None:
    said = warnings("买家手机号", ["+86 138 0000 0001", "138-0000-0001", "13800000001"])
    assert "2 phone numbers are written with +86, blanks or marks" in said


def test_a_mixed_column_is_pointed_out() -> None:
    said = warnings("买家手机号", [*PHONES[:9], "not a phone"])
    assert "1 of 10 values look like something else" in said


def test_a_value_of_ten_thousand_characters_is_only_a_value() -> None:
    found = diagnose("买家昵称", pl.Series(["<b>" * 4000] * 50))
    assert found.kind is KeyKind.NICK
    assert all(len(str(warning)) < 200 for warning in found.warnings)
