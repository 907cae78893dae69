"""Reading form fields: exact numbers, and a sentence beside every field that does not hold."""

import pytest

from regulars_platform.fields import FieldReader


def read(method: str, value: object, **options: object) -> tuple[object, list[str]]:
    reader = FieldReader({"x": value})
    got = getattr(reader, method)("x", **options)
    return got, [str(problem) for problem in reader.problems]


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        ("money", "79.99", 799_900),
        ("money", 80, 800_000),
        ("money", 0.1, 1_000),
        ("money", " 0.0001 ", 1),
        ("percent", "20", 2_000),
        ("percent", "12.25", 1_225),
        ("percent", 100, 10_000),
        ("text", "  tea ", "tea"),
    ],
)
def test_a_good_value_is_exact(method: str, value: object, expected: object) -> None:
    assert read(method, value) == (expected, [])


@pytest.mark.parametrize(
    ("method", "value", "words"),
    [
        ("money", "1,000", "without thousands signs"),
        ("money", "€5", "A number such as"),
        ("money", "-1", "negative"),
        ("money", "1.23456", "more decimals"),
        ("money", "", "Please give a number"),
        ("money", None, "Please give a number"),
        ("money", True, "A number such as"),
        ("money", "inf", "A number such as"),
        ("percent", "100.01", "At most 100"),
        ("percent", "1.234", "more decimals"),
        ("text", "  ", "fill this in"),
        ("text", 5, "Text is expected"),
        ("text", "x" * 201, "201 came"),
        ("date", "31.1.2026", "as in 2026-01-31"),
        ("date", "", "Please give a day"),
        ("date", "0001-01-01", "from 1900 to 2999"),
        ("items", "abc", "A list"),
    ],
)
def test_a_bad_value_is_refused_in_words(method: str, value: object, words: str) -> None:
    _, problems = read(method, value)
    assert len(problems) == 1
    assert words in problems[0]


def test_whole_numbers_stay_within_their_bounds() -> None:
    assert read("whole", "4", low=1, high=50) == (4, [])
    for value in ("0", "51", "1.5"):
        got, problems = read("whole", value, low=1, high=50)
        assert got is None
        assert "from 1 to 50" in problems[0]


def test_a_default_stands_in_for_an_empty_field_only() -> None:
    assert read("money", "", default=7) == (7, [])
    got, problems = read("money", "x", default=7)
    assert got is None
    assert len(problems) == 1


def test_problems_inside_are_named_by_their_path() -> None:
    outer = FieldReader({"arms": [{"share": "x"}]})
    inner = outer.inner("arms.0", {"share": "x"})
    inner.percent("share")
    inner.refuse_unknown(())
    assert [problem.field for problem in outer.problems] == ["arms.0.share", "arms.0.share"]


def test_what_is_no_object_at_all_is_said() -> None:
    outer = FieldReader({})
    outer.inner("margin", "35")
    assert [problem.field for problem in outer.problems] == ["margin"]
