"""What customers buy: products, categories, and whether they take the dear or the cheap ones."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.histories import Before, read_names
from regulars_platform.customers.runs import Array, Floats, Ints, Runs, gathered

Columns = dict[str, pl.Series]

CELLS = 4_000_000
"""How many customers times categories are counted at a time: what that takes of memory."""


def taste_columns(folder: Path, today: int, size: int, categories: dict[str, str]) -> Columns:
    """products_bought, favourite_product, favourite_category, price_ratio by customer code.

    today: days since 1970, only lines before count; categories: product -> category.
    """
    rows = Before(folder, "lines", today)
    names = read_names(folder, "lines")
    kinds = sorted(set(categories.values()))
    place = {category: number for number, category in enumerate(kinds)}
    of_word = np.array([place.get(categories.get(name, ""), -1) for name in names], dtype=np.int32)
    found = _favourites(rows, names, of_word, kinds, size)
    ratio = np.full(size, np.nan) if not kinds else _price_ratio(rows, of_word, len(kinds), size)
    return found | {"price_ratio": pl.Series(ratio).fill_nan(None)}


def _favourites(
    rows: Before, names: pl.Series, of_word: Array, kinds: list[str], size: int
) -> Columns:
    word = rows["word"]
    pairs, runs = rows.runs.split(word)
    words = word[pairs.starts]
    del word
    amounts = _run_sums(pairs, rows["amount"])
    best = runs.best(pairs.lengths, amounts)
    found = {
        "products_bought": pl.Series(runs.counts()),
        "favourite_product": gathered(names, words, best),
    }
    favourite = np.full(size, -1, dtype=np.int64)
    if kinds:
        favourite = _favourite_kind(
            pairs.codes, of_word[words], pairs.lengths, amounts, runs, len(kinds)
        )
    return found | {
        "favourite_category": gathered(pl.Series(kinds, dtype=pl.String), None, favourite)
    }


def _favourite_kind(
    codes: Array, kind: Array, lines: Ints, amounts: Ints, runs: Runs, kinds: int
) -> Ints:
    """(size,): the category on most lines, then of most money, then the first; -1 without one.

    runs: of each customer among these.
    """
    size = runs.size
    best = np.full(size, -1, dtype=np.int64)
    most = int(runs.lengths.max()) if len(runs.lengths) else 0
    named = kind >= 0
    if not named.all():
        codes, kind, lines, amounts = codes[named], kind[named], lines[named], amounts[named]
    step = max(1, CELLS // kinds)
    # customers stand together, so that a table of some of them by category holds all they bought
    ends = np.searchsorted(codes, np.arange(0, size + step, step))
    for number, (start, end) in enumerate(pairwise(ends)):
        if start == end:
            continue
        first, rows = number * step, slice(start, end)
        cell = (codes[rows] - first) * kinds + kind[rows]
        shape = (min(step, size - first), kinds)
        best[first : first + shape[0]] = _best_cells(cell, lines[rows], amounts[rows], shape, most)
    return best


def _best_cells(cell: Ints, lines: Ints, amounts: Ints, shape: tuple[int, int], most: int) -> Ints:
    """By line of a table: the cell with most lines, then most money, then the first; -1 without.

    most: how many rows there are of one customer at most.
    """
    cells = shape[0] * shape[1]
    unit = 1 << (int(amounts.max()) * most).bit_length()
    # sums of whole numbers below 2^53 are exact as floats
    if (int(lines.max()) * most + 1) * unit <= 2**53:
        both = np.bincount(cell, lines * float(unit) + amounts, cells).reshape(shape)
        best = both.argmax(axis=1)
        there = both[np.arange(shape[0]), best] > 0
    else:
        counts = np.bincount(cell, lines, cells).reshape(shape)
        money = np.bincount(cell, amounts, cells).reshape(shape)
        there = counts.max(axis=1) > 0
        money[counts < counts.max(axis=1)[:, None]] = -1
        best = money.argmax(axis=1)
    found: Ints = np.where(there, best, -1)
    return found


def _price_ratio(rows: Before, of_word: Array, kinds: int, size: int) -> Floats:
    """(size,): what they paid / what as many pieces cost at the median price of their category."""
    kind, pieces = of_word[rows["word"]], rows["quantity"]
    counted = (kind >= 0) & (pieces > 0)
    every = bool(counted.all())
    part = slice(None) if every else counted
    runs = rows.runs if every else rows.runs.where(counted)
    kind, pieces = kind[part], pieces[part].astype(np.float64)
    amount = rows["amount"][part].astype(np.float64)
    usual = _medians_by(kind, amount / pieces, kinds)
    pieces *= usual[kind]
    paid, at_usual = runs.float_sums(amount), runs.float_sums(pieces)
    found = np.full(size, np.nan)
    np.divide(paid, at_usual, out=found, where=at_usual > 0)
    return found


def _medians_by(kind: Array, values: Floats, kinds: int) -> Floats:
    """(kinds,): the median of each kind's values, NaN where it has none."""
    # short numbers are sorted by counting
    short = kind.astype(np.uint16) if kinds < 2**16 else kind
    order = np.argsort(short, kind="stable")
    groups = Runs.of(kind[order], kinds)
    values = values[order]
    found = np.full(kinds, np.nan)
    for number, start, length in zip(groups.codes, groups.starts, groups.lengths, strict=True):
        found[number] = np.median(values[start : start + length])
    return found


def _run_sums(runs: Runs, values: Array) -> Ints:
    if not len(runs.starts):
        return np.empty(0, dtype=np.int64)
    found: Ints = np.add.reduceat(values, runs.starts)
    return found
