"""Figures per customer from sorted rows, beside a plain loop."""

import numpy as np
import pytest

from regulars_platform.customers.runs import Runs, gathered, in_order

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
    ascending = rows[1][order]
    found = Runs.of(rows[0], SIZE).medians(lambda middle: ascending[middle])
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


def test_ranks_too_large_for_one_number_are_compared_all_the_same() -> None:
    runs = Runs.of(np.array([0, 0, 0, 1], dtype=np.uint32), 2)
    huge = np.array([-(2**62), 2**62, 2**62, 5])
    assert list(runs.best(huge, np.array([9, 1, 2**60, 0]))) == [2, 3]


def test_runs_from_how_many_rows_each_has_are_those_of_their_codes(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    told = Runs.of_lengths(np.bincount(rows[0], minlength=SIZE))
    assert list(told.code_of_rows()) == list(rows[0])
    assert list(told.sums(rows[1])) == [sum(of(rows, code)) for code in range(SIZE)]


def test_rows_that_are_left_are_still_each_ones(rows: tuple[np.ndarray, np.ndarray]) -> None:
    codes, values = rows
    kept = values > 0
    found = Runs.of(codes, SIZE).where(kept)
    assert list(found.code_of_rows()) == list(codes[kept])
    assert list(found.sums(values[kept])) == [
        sum(value for value in of(rows, code) if value > 0) for code in range(SIZE)
    ]


def test_stretches_of_equal_words_end_where_the_word_or_the_customer_does(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    codes, words = rows[0], np.sort(rows[1] % 2)  # few words: they go on over customers
    stretches, of_code = Runs.of(codes, SIZE).split(words)
    pairs = list(zip(codes, words, strict=True))
    begins = [at for at in range(len(pairs)) if at == 0 or pairs[at] != pairs[at - 1]]
    assert list(stretches.starts) == begins
    assert list(stretches.codes) == [codes[at] for at in begins]
    assert list(of_code.counts()) == [
        sum(codes[at] == code for at in begins) for code in range(SIZE)
    ]


def test_rows_are_brought_in_order_of_values_and_equals_stay_as_they_stood(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    expected = list(np.lexsort((rows[1], rows[0])))
    runs = Runs.of(rows[0], SIZE)
    assert list(in_order(runs, rows[1])) == expected
    # too far apart for one number of 64 bits
    assert list(in_order(runs, rows[1] * 2**60)) == expected


def test_names_are_looked_up_and_nothing_stays_nothing() -> None:
    import polars as pl

    names = pl.Series(["a", "b"])
    found = gathered(names, np.array([1, 0, 1]), np.array([0, -1, 1]))
    assert found.to_list() == ["b", None, "a"]
    assert gathered(pl.Series([], dtype=pl.String), None, np.array([-1])).to_list() == [None]


@pytest.mark.parametrize("dear", [1, 10**12])
def test_the_cell_of_most_lines_then_most_money_then_the_first_is_found(dear: int) -> None:
    from regulars_platform.customers.taste import _best_cells

    # customer: category, lines, money
    rows = [
        (0, 2, 1, 5 * dear),
        (0, 1, 2, 1 * dear),  # more lines
        (1, 0, 1, 3 * dear),
        (1, 2, 1, 4 * dear),  # more money
        (2, 1, 1, 2 * dear),  # the first
        (2, 2, 1, 2 * dear),
    ]
    who, kind, lines, money = (np.array(column) for column in zip(*rows, strict=True))
    found = _best_cells(who * 3 + kind, lines, money * 2000, (4, 3), 2)
    assert list(found) == [1, 2, 1, -1]
