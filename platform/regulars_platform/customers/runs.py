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
        return cls._begun(codes, codes[1:] != codes[:-1], size)

    @classmethod
    def of_pairs(cls, codes: Array, words: Array, size: int) -> "Runs":
        """The runs of equal pairs of rows that are sorted by both; codes are those of `codes`."""
        if not len(codes):
            return cls.of(codes, size)
        return cls._begun(codes, (codes[1:] != codes[:-1]) | (words[1:] != words[:-1]), size)

    @classmethod
    def _begun(cls, codes: Array, begins: Array, size: int) -> "Runs":
        """begins: for every row but the first, whether a run begins there."""
        starts = np.concatenate(([0], np.flatnonzero(begins) + 1))
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
        rows: Ints | None = None  # all of them
        runs = self
        for rank in ranks:
            values = rank if rows is None else rank[rows]
            kept = np.flatnonzero(values == np.repeat(runs.largest(values), runs.lengths))
            # who is kept begins where the run began: at least one row of each is
            counts = np.diff(np.searchsorted(kept, np.append(runs.starts, len(values))))
            rows = kept if rows is None else rows[kept]
            runs = Runs(runs.codes, np.cumsum(counts) - counts, counts, self.size)
        if rows is None:
            raise ValueError("best needs a rank")
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
