"""Features of a file: numbers and dates that were written as text, and gaps however spelt."""

from datetime import date, datetime

import polars as pl
import pytest

from regulars_experiments.uplift.checks import Code
from regulars_platform.randomised.feature_columns import typed_features


def typed(*cells: str | None) -> list[object]:
    frame = pl.DataFrame({"column": pl.Series(cells, dtype=pl.String)})
    return typed_features(frame)[0]["column"].to_list()


@pytest.mark.parametrize("gap", ["", "NA", "null", "NULL", "None", "nan", "  ", None])
def test_a_gap_is_a_gap_however_it_is_spelt(gap: str | None) -> None:
    assert typed("1.5", gap, " 2 ") == [1.5, None, 2.0]
    assert typed("a", gap, " b ") == ["a", None, "b"]


def test_yes_and_no_are_one_and_nought() -> None:
    assert typed("true", "False", None) == [1, 0, None]


def test_iso_dates_are_dates() -> None:
    assert typed("2024-01-02", "NA", "1999-12-31") == [date(2024, 1, 2), None, date(1999, 12, 31)]
    assert typed("2024-01-02T06:00:00", "2024-01-03 00:00:00.5", "2024-01-04") == [
        datetime(2024, 1, 2, 6),  # noqa: DTZ001
        datetime(2024, 1, 3, 0, 0, 0, 500_000),  # noqa: DTZ001
        datetime(2024, 1, 4),  # noqa: DTZ001
    ]
    assert typed("2024-01-02", "soon") == ["2024-01-02", "soon"]


def test_nothing_but_gaps_stays_nothing() -> None:
    assert typed("", None) == [None, None]


def test_numbers_with_a_few_words_are_named_with_the_words() -> None:
    cells = [*map(str, range(90)), *["unknown"] * 6, "n/a", "?", "-", "x"]
    _, found = typed_features(pl.DataFrame({"age": cells}))
    assert [(one.code, one.subject) for one in found] == [(Code.ALMOST_NUMBERS, "age")]
    assert "10 of 100 are not: 'unknown', '-', '?' and others" in found[0].words
    assert not found[0].fatal
    assert typed_features(pl.DataFrame({"age": [*cells, "y"]}))[1] == ()
