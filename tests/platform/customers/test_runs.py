"""Figures per customer from sorted rows, beside a plain loop."""

import numpy as np
import pytest

from regulars_platform.customers.histories import by_code
from regulars_platform.customers.runs import Runs, gathered

SIZE = 12


@pytest.fixture(params=range(6))
def rows(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(request.param)
    n = int(rng.integers(0, 60))
    codes = np.sort(rng.integers(0, SIZE, n)).astype(np.uint32)
    return codes, rng.integers(-4, 5, n)


def of(rows: tuple[np.ndarray, np.ndarray], code: int) -> list[int]:
    return [int(value) for at, value in zip(*rows, strict=True) if at == code]


def test_counts_and_sums_are_those_of_a_loop(rows: tuple[np.ndarray, np.ndarray]) -> None:
    runs = Runs.of(rows[0], SIZE)
    assert list(runs.counts()) == [len(of(rows, code)) for code in range(SIZE)]
    assert list(runs.sums(rows[1])) == [sum(of(rows, code)) for code in range(SIZE)]
    assert list(runs.float_sums(rows[1] / 2)) == [sum(of(rows, c)) / 2 for c in range(SIZE)]


def test_first_last_and_largest_are_those_of_a_loop(rows: tuple[np.ndarray, np.ndarray]) -> None:
    runs = Runs.of(rows[0], SIZE)
    lists = [of(rows, code) for code in range(SIZE)]
    assert list(runs.first(rows[1])) == [one[0] if one else 0 for one in lists]
    assert list(runs.last(rows[1])) == [one[-1] if one else 0 for one in lists]
    assert list(runs.largest(rows[1])) == [max(one) for one in lists if one]


def test_medians_are_those_of_numpy(rows: tuple[np.ndarray, np.ndarray]) -> None:
    order = np.lexsort((rows[1], rows[0]))
    found = Runs.of(rows[0], SIZE).medians(rows[1][order])
    expected = [np.median(of(rows, c)) if of(rows, c) else np.nan for c in range(SIZE)]
    np.testing.assert_array_equal(found, expected)


def test_the_best_row_is_by_the_first_rank_then_the_second_then_the_first_row(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    codes, first = rows
    second = (first * 7 + np.arange(len(first))) % 3
    found = Runs.of(codes, SIZE).best(first, second)
    for code in range(SIZE):
        mine = [row for row in range(len(codes)) if codes[row] == code]
        best = max(mine, key=lambda row: (first[row], second[row], -row)) if mine else -1
        assert found[code] == best


def test_rows_are_brought_together_by_code_in_the_order_in_which_they_stood() -> None:
    codes = np.array([2, 0, 2, 1, 0], dtype=np.uint32)
    assert list(by_code(codes)) == [1, 4, 3, 0, 2]
    assert list(by_code(codes[:0])) == []


def test_names_are_looked_up_and_nothing_stays_nothing() -> None:
    import polars as pl

    names = pl.Series(["a", "b"])
    found = gathered(names, np.array([1, 0, 1]), np.array([0, -1, 1]))
    assert found.to_list() == ["b", None, "a"]
    assert gathered(pl.Series([], dtype=pl.String), None, np.array([-1])).to_list() == [None]
