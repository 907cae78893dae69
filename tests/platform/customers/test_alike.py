"""Texts as numbers: the same ones that a dictionary gives, whatever their hashes are."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from regulars_platform.customers import alike as module
from regulars_platform.customers.alike import alike, numbered, places_among

HASHES: dict[str, Callable[[pl.Series], np.ndarray]] = {
    "usual": lambda texts: texts.hash(seed=0).to_numpy(),
    # two or three texts have the same first bits, or the very same hash
    "first bits": lambda texts: texts.hash(seed=0).to_numpy() & np.uint64(0xC0000000000000FF),
    "all the same": lambda texts: np.full(len(texts), 77, dtype=np.uint64),
}


@pytest.fixture(params=HASHES)
def texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pl.Series:
    monkeypatch.setattr(module, "_hashes", HASHES[request.param])
    source = np.random.default_rng(5)
    return pl.Series([f"customer number {n}" for n in source.integers(0, 40, 300)])


def test_rows_of_one_text_are_together_in_the_order_in_which_they_stood(texts: pl.Series) -> None:
    groups = alike(texts)
    assert sorted(groups.names) == sorted(set(texts))
    for name, start, length in zip(groups.names, groups.starts, groups.lengths, strict=True):
        expected = [row for row, text in enumerate(texts) if text == name]
        assert list(groups.rows[start : start + length]) == expected


def test_groups_are_read_in_the_order_asked_for(texts: pl.Series) -> None:
    groups = alike(texts)
    by_name = groups.names.arg_sort().to_numpy()
    expected = sorted(range(len(texts)), key=lambda row: (texts[row], row))
    assert list(groups.in_order(by_name)) == expected


def test_the_place_of_a_text_is_that_among_the_names(texts: pl.Series) -> None:
    names = pl.Series(sorted(set(texts))[5:])
    known = {name: place for place, name in enumerate(names)}
    assert list(places_among(texts, names)) == [known.get(text, -1) for text in texts]
    assert list(places_among(texts, names[:0])) == [-1] * len(texts)


@pytest.mark.parametrize("few", [1, 5_000])
def test_few_and_many_names_give_the_same_numbers(
    texts: pl.Series, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW", few)
    told = pl.concat([texts, pl.Series([None, "nobody"], dtype=pl.String)])
    names = texts.unique().sort()
    known = {name: place for place, name in enumerate(names)}
    found = numbered(told, names)
    assert found.dtype == pl.UInt32
    assert found.to_list() == [known.get(text) for text in told]


def test_nothing_is_in_no_group() -> None:
    groups = alike(pl.Series([], dtype=pl.String))
    assert groups.names.is_empty()
    assert numbered(pl.Series([None], dtype=pl.String), groups.names).to_list() == [None]
