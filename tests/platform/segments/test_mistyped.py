"""What a rule asks for that nobody has, and what may have been meant."""

import pytest

from regulars_platform.segments.mistyped import PROPOSED, nearest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Gren tea", ["T1"]),  # a letter is missing in the title
        ("green t", ["T1"]),  # only the beginning
        ("t-2", ["T2"]),  # another way to write the number
        ("茉莉", ["J"]),
        ("茉莉花杯", ["J"]),
        ("jasmin gren", ["T3"]),  # two words of many, both misspelt
        ("sofa", []),
        ("", []),
    ],
)
def test_the_nearest_names_are_proposed_by_name_or_title(typed: str, meant: list[str]) -> None:
    known = [("T1", "Green tea"), ("T2", "Cup"), ("J", "茉莉花茶"), ("zzz", "zzz")]
    known += [("T3", "Jasmine green blossoms, a tin of 250 g")]
    assert nearest(typed, known) == meant


def test_of_many_that_are_as_like_those_of_most_customers_come_first() -> None:
    known = [(f"tea {n}", f"tea {n}") for n in range(9)]
    assert nearest("tea", known) == ["tea 0", "tea 1", "tea 2"]
    assert len(nearest("tea", known)) == PROPOSED
