"""Likely duplicates are pointed out with their reason; masked values are nobody's hint."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.identity.duplicates import PEOPLE_SCHEMA, Duplicates, find_duplicates
from regulars_platform.identity.values import plain_phone

Person = dict[str, object]


def person(customer_id: str, **told: object) -> Person:
    return {"customer_id": customer_id, **told}


def found(tmp_path: Path, *people: Person, most: int = 100) -> Duplicates:
    frame = pl.DataFrame(
        {name: [row.get(name) for row in people] for name in PEOPLE_SCHEMA}, schema=PEOPLE_SCHEMA
    )
    return find_duplicates(frame.lazy(), tmp_path, most=most)


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 1, number, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (person("Anna"), person("anna"), "spelling"),
        (person("小 王"), person("小王"), "spelling"),
        (person("ＡＢ１"), person("ab1"), "spelling"),
        (person("13800000001"), person("+86 138 0000 0001"), "country_code"),
        (person("13800000001"), person("008613800000001"), "country_code"),
        (person("00123"), person("123"), "leading_zeros"),
        (person("a", email="ann@example.com"), person("b", email="Ann@Example.com "), "same_email"),
        (person("ann@example.com"), person("b", email="ann@example.com"), "same_email"),
        (person("a", phone="13800000001"), person("b", phone="138 0000 0001"), "same_phone"),
        (person("13800000001"), person("b", phone="13800000001"), "same_phone"),
    ],
)
def test_a_pair_and_its_reason(tmp_path: Path, one: Person, other: Person, reason: str) -> None:
    pairs = found(tmp_path, one, other, person("somebody else", phone="13900000009")).pairs
    assert pairs["reason"].to_list() == [reason]
    ids = sorted([str(one["customer_id"]), str(other["customer_id"])])
    assert [pairs["first"][0], pairs["second"][0]] == ids


def test_a_nick_that_ends_where_another_begins_with_the_same_phone_was_perhaps_renamed(
    tmp_path: Path,
) -> None:
    phone = "13800000001"
    before = person("小王", phone=phone, first_at=day(1), last_at=day(3))
    after = person("tea_lover", phone=phone, first_at=day(5), last_at=day(9))
    beside = person("tea_lover", phone=phone, first_at=day(2), last_at=day(9))
    assert found(tmp_path, before, after).counts == {"renamed": 1}
    assert found(tmp_path, before, beside).counts == {"same_phone": 1}


def test_masked_values_are_never_a_hint(tmp_path: Path) -> None:
    masked = [person(f"c{n}x", phone="186******05", email="a***@qq.com") for n in range(4)]
    stars = [person("张**", first_at=day(1)), person("張**")]
    result = found(tmp_path, *masked, *stars)
    assert result.total == 0
    assert result.hidden == 10


@pytest.mark.parametrize(
    "phone", ["00000000000", "11111111111", "18877771111-1234", "-", "", "unknown", "12345"]
)
def test_placeholders_and_lent_numbers_are_never_a_hint(tmp_path: Path, phone: str) -> None:
    assert found(tmp_path, person("ann", phone=phone), person("bob", phone=phone)).total == 0


def test_a_phone_that_many_share_is_no_person(tmp_path: Path) -> None:
    people = [person(f"buyer {letter}", phone="13800000001") for letter in "abcdef"]
    result = found(tmp_path, *people)
    assert (result.total, result.crowded) == (0, 1)
    assert found(tmp_path, *people[:5]).total == 10  # five ids: every two of them


def test_a_pair_with_several_reasons_counts_once_with_the_most_telling(tmp_path: Path) -> None:
    one = person("Anna", phone="13800000001", email="ann@example.com")
    other = person("anna", phone="13800000001", email="ann@example.com")
    assert found(tmp_path, one, other).counts == {"spelling": 1}


def test_all_pairs_are_counted_where_only_some_are_kept(tmp_path: Path) -> None:
    people = [person(name) for n in range(50) for name in (f"Name{n}", f"name{n}")]
    result = found(tmp_path, *people, most=7)
    assert (result.pairs.height, result.total) == (7, 50)


def test_the_answer_is_the_same_in_one_bucket_and_in_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [
        person(f"{prefix}{n}", phone=f"139{n % 60:08d}", email=f"{n % 75}@example.com")
        for n in range(150)
        for prefix in ("C", "c")
    ]
    whole = found(tmp_path, *people, most=10_000)
    monkeypatch.setattr("regulars_platform.identity.duplicates._BUCKET", 50)
    parts = found(tmp_path, *people, most=10_000)
    key = ["first", "second"]
    assert whole.total > 300
    assert whole.pairs.sort(key).equals(parts.pairs.sort(key))


def test_nobody_is_nobodys_duplicate(tmp_path: Path) -> None:
    assert found(tmp_path).total == 0


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("13800000001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("0086 13800000001", "13800000001"),
        ("１３８００００００１２", "13800000012"),
        ("(0571) 8888 9999", "57188889999"),
        ("+44 20 7946 0018", "442079460018"),
        ("order 13800000001", None),
        ("186******05", None),
    ],
)
def test_phones_in_one_spelling(written: str, plain: str | None) -> None:
    assert pl.select(plain_phone(pl.lit(written))).item() == plain
