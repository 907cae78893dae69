"""Keys lose their wrappers and nothing else; spoilt ones are recognised."""

import polars as pl
import pytest

from regulars_platform.intake import cells


def apply(work: object, cell: str) -> object:
    assert callable(work)
    return pl.DataFrame({"cell": [cell]}).select(work(pl.col("cell"))).item()


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ('="1234567890123456789"', "1234567890123456789"),
        ("'13800000000", "13800000000"),
        ("\t13800000000\t", "13800000000"),
        ("\u00a0A1\u3000", "A1"),
        ("\ufeffA1", "A1"),
        ("007", "007"),
        ("  ", None),
        ("——", None),
        ("NULL", None),
        ("Anna@Example.ORG", "anna@example.org"),
        ("Anna", "Anna"),
        ("a b", "a b"),
        ('"', '"'),
    ],
)
def test_a_key_is_cleaned(cell: str, key: str | None) -> None:
    assert apply(cells.clean_key, cell) == key


@pytest.mark.parametrize("cell", ["1.23457E+18", "1E+18", "1,23457E+18", "1.5e18", "1.5e+18"])
def test_scientific_notation_is_seen(cell: str) -> None:
    assert apply(cells.is_scientific, cell) is True


@pytest.mark.parametrize("cell", ["4E10", "12E5", "E2026061910", "1E5", "489434", "C489449"])
def test_a_code_with_an_e_in_it_is_a_code(cell: str) -> None:
    assert apply(cells.is_scientific, cell) is False


def test_doing_it_once_per_value_gives_the_same_as_doing_it_everywhere() -> None:
    series = pl.Series(["b", None, "a", "b", None])
    answer = cells.by_unique(series, lambda unique: (unique + "!").to_frame("out"))
    assert answer["out"].to_list() == ["b!", None, "a!", "b!", None]
