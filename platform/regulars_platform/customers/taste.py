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
    code, word = rows["code"], rows["word"]
    pairs = Runs.of_pairs(code, word, size)
    codes, words = code[pairs.starts], word[pairs.starts]
    del code, word
    amounts = _run_sums(pairs, rows["amount"])
    runs = Runs.of(codes, size)
    best = runs.best(pairs.lengths, amounts)
    found = {
        "products_bought": pl.Series(runs.counts()),
        "favourite_product": gathered(names, words, best),
    }
    favourite = np.full(size, -1, dtype=np.int64)
    if kinds:
        favourite = _favourite_kind(codes, of_word[words], pairs.lengths, amounts, size, len(kinds))
    return found | {
        "favourite_category": gathered(pl.Series(kinds, dtype=pl.String), None, favourite)
    }


def _favourite_kind(
    codes: Array, kind: Array, lines: Ints, amounts: Ints, size: int, kinds: int
) -> Ints:
    """(size,): the category on most lines, then of most money, then the first; -1 without one."""
    best = np.full(size, -1, dtype=np.int64)
    named = kind >= 0
    codes, kind, lines, amounts = codes[named], kind[named], lines[named], amounts[named]
    step = max(1, CELLS // kinds)
    # customers stand together, so that a table of some of them by category holds all they bought
    ends = np.searchsorted(codes, np.arange(0, size + step, step))
    for number, (start, end) in enumerate(pairwise(ends)):
        if start == end:
            continue
        first = number * step
        cell = (codes[start:end].astype(np.int64) - first) * kinds + kind[start:end]
        shape = (min(step, size - first), kinds)
        # sums of whole numbers below 2^53 are exact as floats
        counts = np.bincount(cell, lines[start:end], shape[0] * kinds).reshape(shape)
        money = np.bincount(cell, amounts[start:end], shape[0] * kinds).reshape(shape)
        most = counts.max(axis=1)
        money[counts < most[:, None]] = -1
        favourite = money.argmax(axis=1)
        best[first : first + shape[0]] = np.where(most > 0, favourite, -1)
    return best


def _price_ratio(rows: Before, of_word: Array, kinds: int, size: int) -> Floats:
    """(size,): what they paid / what as many pieces cost at the median price of their category."""
    kind, pieces = of_word[rows["word"]], rows["quantity"]
    counted = (kind >= 0) & (pieces > 0)
    every = bool(counted.all())
    part = slice(None) if every else counted
    kind, pieces = kind[part], pieces[part].astype(np.float64)
    amount, code = rows["amount"][part].astype(np.float64), rows["code"][part]
    usual = _medians_by(kind, amount / pieces, kinds)
    pieces *= usual[kind]
    runs = Runs.of(code, size)
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
