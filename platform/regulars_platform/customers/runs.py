"""Figures per customer from rows that are sorted by customer: everything in one pass, no hashing.

A run is a stretch of rows with the same code. Figures are dense arrays with one place per code, so
that those of different tables stand side by side without a join.
"""

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
        starts = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1))
        lengths = np.diff(np.append(starts, len(codes)))
        return cls(codes[starts], starts, lengths, size)

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

    def medians(self, ascending: Array) -> Floats:
        """(size,): medians of values that ascend within each code; NaN where there is none."""
        low = ascending[self.starts + (self.lengths - 1) // 2]
        high = ascending[self.starts + self.lengths // 2]
        found = np.full(self.size, np.nan)
        found[self.codes] = (low.astype(np.float64) + high) / 2
        return found

    def best(self, *ranks: Array) -> Ints:
        """(size,): the row with the largest first rank, among equals the largest second, ...;
        among equals the first row. -1 where a code has no row.
        """
        rows = np.arange(int(self.lengths.sum()))
        runs = self
        codes = np.repeat(self.codes, self.lengths)
        for rank in ranks:
            values = rank[rows]
            kept = values == np.repeat(runs.largest(values), runs.lengths)
            rows, codes = rows[kept], codes[kept]
            runs = Runs.of(codes, self.size)
        found = np.full(self.size, -1, dtype=np.int64)
        found[runs.codes] = rows[runs.starts]
        return found

    def _placed(self, values: Array) -> Array:
        found = np.zeros(self.size, dtype=values.dtype)
        found[self.codes] = values
        return found


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
