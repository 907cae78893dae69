"""Figures per customer from rows that are sorted by customer: everything in one pass, no hashing.

A run is a stretch of rows with the same code. Figures are dense arrays with one place per code, so
that those of different tables stand side by side without a join.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """codes: the code of each run, ascending; starts, lengths: its rows; size: how many codes."""

    codes: Array
    starts: Ints
    lengths: Ints
    size: int

    @classmethod
    def of(cls, codes: Array, size: int) -> "Runs":
        """The runs of ascending codes from 0 to size - 1."""
        if not len(codes):
            nothing = np.empty(0, dtype=np.int64)
            return cls(codes, nothing, nothing, size)
        return cls._begun(codes, codes[1:] != codes[:-1], size)

    @classmethod
    def of_lengths(cls, lengths: Array) -> "Runs":
        """(size,): how many rows each code has; the rows stand by code."""
        codes = np.flatnonzero(lengths)
        own = lengths[codes].astype(np.int64)
        return cls(codes, np.cumsum(own) - own, own, len(lengths))

    @classmethod
    def _begun(cls, codes: Array, begins: Array, size: int) -> "Runs":
        """begins: for every row but the first, whether a run begins there."""
        starts = np.concatenate(([0], np.flatnonzero(begins) + 1))
        lengths = np.diff(np.append(starts, len(codes)))
        return cls(codes[starts], starts, lengths, size)

    def split(self, words: Array) -> tuple["Runs", "Runs"]:
        """The runs of equal words within these, and the runs of each code among those."""
        if not len(self.starts):
            return self, self
        begins = np.empty(len(words), dtype=np.bool_)
        np.not_equal(words[1:], words[:-1], out=begins[1:])
        begins[self.starts] = True
        starts = np.flatnonzero(begins)
        lengths = np.diff(np.append(starts, len(words)))
        own = np.add.reduceat(begins, self.starts, dtype=np.int64)
        parts = Runs(np.repeat(self.codes, own), starts, lengths, self.size)
        return parts, Runs(self.codes, np.cumsum(own) - own, own, self.size)

    def where(self, kept: Array) -> "Runs":
        """The runs of the rows for which it holds, where nothing else is left."""
        if not len(self.starts):
            return self
        left = np.add.reduceat(kept, self.starts, dtype=np.int64)
        some = left > 0
        lengths = left[some]
        return Runs(self.codes[some], np.cumsum(lengths) - lengths, lengths, self.size)

    def code_of_rows(self) -> Array:
        """(rows,): whose each row is."""
        return np.repeat(self.codes, self.lengths)

    def counts(self) -> Ints:
        """(size,): rows of each code."""
        return self._placed(self.lengths)

    def sums(self, values: Array) -> Ints:
        """(size,): sums of whole numbers, or of flags; 0 where there is no row."""
        if not len(self.starts):
            return np.zeros(self.size, dtype=np.int64)
        return self._placed(np.add.reduceat(values, self.starts, dtype=np.int64))

    def float_sums(self, values: Floats) -> Floats:
        """(size,): sums of numbers, 0 where there is no row."""
        found = np.zeros(self.size)
        if len(self.starts):
            found[self.codes] = np.add.reduceat(values, self.starts)
        return found

    def largest(self, values: Array) -> Array:
        """(runs,): the largest value of each run."""
        return np.maximum.reduceat(values, self.starts) if len(self.starts) else values[:0]

    def place(self, values: Array) -> Array:
        """(runs,) -> (size,): one value per run in its code's place, 0 elsewhere."""
        return self._placed(values)

    def first(self, values: Array) -> Array:
        """(size,): the value in the first row of each code, 0 where there is none."""
        return self._placed(values[self.starts])

    def last(self, values: Array) -> Array:
        """(size,): the value in the last row of each code, 0 where there is none."""
        return self._placed(values[self.starts + self.lengths - 1])

    def medians(self, value_of: Callable[[Array], Array]) -> Floats:
        """(size,): medians of rows whose values ascend within each code; NaN where there is none.

        value_of: the values of some rows; only those in the middle are asked for.
        """
        low = value_of(self.starts + (self.lengths - 1) // 2)
        high = value_of(self.starts + self.lengths // 2)
        found = np.full(self.size, np.nan)
        found[self.codes] = (low.astype(np.float64) + high) / 2
        return found

    def best(self, *ranks: Array) -> Ints:
        """(size,): the row with the largest first rank, among equals the largest second, ...;
        among equals the first row. -1 where a code has no row.
        """
        found = np.full(self.size, -1, dtype=np.int64)
        if not len(self.starts):
            return found
        ends = self.starts + self.lengths - 1
        left = np.repeat(ends, self.lengths) - np.arange(len(ranks[0]))
        keys, bits = _packed(*ranks, left)
        if keys is None:  # numbers that are too large for it
            forth = np.lexsort((left, *reversed(ranks), self.code_of_rows()))
            found[self.codes] = forth[ends]
        else:
            best = np.maximum.reduceat(keys, self.starts)
            found[self.codes] = ends - (best & ((1 << bits) - 1))
        return found

    def _placed(self, values: Array) -> Array:
        found = np.zeros(self.size, dtype=values.dtype)
        found[self.codes] = values
        return found


def in_order(runs: Runs, values: Array) -> Ints:
    """The rows by code and value, equals in the order in which they stand."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    low, many = int(values.min()), len(runs.starts)
    wide = (int(values.max()) - low).bit_length()
    last = int(runs.lengths.max() - 1).bit_length()
    if (many - 1).bit_length() + wide + last > 63:
        return np.lexsort((values, np.repeat(np.arange(many), runs.lengths)))
    # the run, the value and the place in the run in one number: all differ, and one sort of whole
    # numbers is several times as quick as a stable one of rows
    keys: Ints = np.repeat((np.arange(many) << (wide + last)) - runs.starts, runs.lengths)
    keys += np.arange(len(values))
    above = values.astype(np.int64)
    above -= low
    above <<= last
    keys += above
    del above
    keys.sort()
    keys &= (1 << last) - 1
    keys += np.repeat(runs.starts, runs.lengths)
    return keys


def _packed(*columns: Array) -> tuple[Ints | None, int]:
    """Numbers that order rows as the columns do, the first before the second; None where they would
    be too large. And how many bits of them are the last column, which has no negative numbers.
    """
    if not len(columns[0]):
        return np.empty(0, dtype=np.int64), 0
    low = [int(column.min()) for column in columns]
    low[-1] = 0
    bits = [
        (int(column.max()) - least).bit_length() for column, least in zip(columns, low, strict=True)
    ]
    if sum(bits) > 63:
        return None, 0
    keys: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    for column, least, width in zip(columns, low, bits, strict=True):
        keys <<= width
        keys |= column if least == 0 else column.astype(np.int64) - least
    return keys, bits[-1]


def gathered(names: pl.Series, words: Array | None, rows: Ints) -> pl.Series:
    """names[words[rows]] (or names[rows]) as texts; null for rows below 0."""
    there = rows >= 0
    picked = np.zeros(len(rows), dtype=np.int64)
    picked[there] = rows[there] if words is None else words[rows[there]]
    codes = pl.Series(picked, dtype=pl.UInt32)
    found = codes.to_frame("code").select(
        pl.when(pl.Series(there)).then(pl.col("code")).alias("code")
    )["code"]
    return names.gather(found).cast(pl.String)
