"""Birthdays in every spelling, and days that there never were."""

import datetime as dt

import polars as pl
import pytest

from regulars_platform.datasets.birthdays import Birthday, read_birthday
from regulars_platform.datasets.cells import read_tags, read_words

TODAY = dt.date(2026, 6, 15)


@pytest.mark.parametrize(
    "text",
    [
        "1990-02-14",
        "1990/2/14",
        "1990.02.14",
        "19900214",
        "1990年2月14日",
        "1990-02-14 00:00:00",
        "1990-02-14T08:00:00Z",
        "14 Feb 1990",
        "14-Feb-1990",
        "Feb 14, 1990",
        "February 14th 1990",
        "14.02.1990",
        "14/2/1990",
        " １９９０－０２－１４ ",
    ],
)
def test_one_birthday_in_many_spellings(text: str) -> None:
    assert read_birthday(text, "day_first", TODAY) == Birthday(1990, 2, 14)


@pytest.mark.parametrize(
    "text", ["02-29", "2-29", "2月29日", "--02-29", "Feb 29", "29 Feb", "29.2."]
)
def test_the_29th_of_february_is_a_birthday(text: str) -> None:
    assert read_birthday(text, "day_first", TODAY) == Birthday(None, 2, 29)


def test_a_leap_day_of_a_leap_year_is_one_and_of_another_year_is_none() -> None:
    assert read_birthday("1992-02-29", None, TODAY) == Birthday(1992, 2, 29)
    assert read_birthday("1990年2月29日", None, TODAY) == "no_such_day"
    assert read_birthday("1900-02-29", None, TODAY) == "no_such_day"
    assert read_birthday("2000-02-29", None, TODAY) == Birthday(2000, 2, 29)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1990", Birthday(1990)),
        ("1990年", Birthday(1990)),
        ("1990年2月", Birthday(1990, 2)),
        ("0000-00-00", None),
        ("-", None),
        ("90后", "not_a_birthday"),
        ("农历二月初三", "not_a_birthday"),
        ("1990-13-01", "no_such_day"),
        ("1990-04-31", "no_such_day"),
        ("04-31", "no_such_day"),
        ("1890-01-01", "year_out_of_range"),
        ("2026-06-16", "year_out_of_range"),
        ("2026-06-15", Birthday(2026, 6, 15)),
        ("3 Feb 14", "not_a_birthday"),
        ("x" * 10_000, "not_a_birthday"),
    ],
)
def test_what_is_told_in_part_or_not_at_all(text: str, told: Birthday | str | None) -> None:
    assert read_birthday(text, None, TODAY) == told


@pytest.mark.parametrize("mark", [",", ";", "|", "、", "，", "；", " , "])
def test_tags_are_parted_by_any_mark(mark: str) -> None:
    tags, problem = read_tags(pl.Series([f"tea{mark}gift{mark}tea{mark}", "", "-"]))
    assert tags.to_list() == [["tea", "gift"], None, None]
    assert problem.null_count() == 3


def test_yes_and_no_in_many_words() -> None:
    words, problem = read_words(
        pl.Series(
            ["是", "否", "YES", "no", "1", "0", "已關注", "未关注", "无", "", "perhaps", "10"]
        ),
        "yes",
    )
    yes, no = "yes", "no"
    assert words.to_list() == [yes, no, yes, no, yes, no, yes, no, no, None, None, None]
    assert problem.to_list()[-3:] == [None, "unknown_word", "unknown_word"]
    genders, _ = read_words(pl.Series(["男", "女", "M", "F", "保密", "1", "2", "x"]), "gender")
    assert genders.to_list() == [
        "male",
        "female",
        "male",
        "female",
        None,
        "male",
        "female",
        "other",
    ]
