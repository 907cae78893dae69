"""Texts as numbers without a table of texts to look up in.

Looking a text up among a million takes longer than all else that is done with a row. Sorting whole
numbers is quick: rows are sorted by the hash of their text, and those of one text stand together.
What stands beside each other is then compared as text, so that hashes that agree by chance do no
harm.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars_platform.customers.runs import Array, Ints

Hashes = NDArray[np.uint64]

FEW = 5_000
"""Among so many names a text is looked up quickly: they stay near the processor."""


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Groups of rows of one text each.

    rows: those of each group together, in the order in which they stood; starts, lengths: of each
    group among them; names: its text. The groups are in no order that means anything.
    """

    rows: Array
    starts: Ints
    lengths: Ints
    names: pl.Series

    def in_order(self, groups: Ints) -> Ints:
        """The rows of these groups, one group after the other."""
        lengths = self.lengths[groups]
        begins = np.cumsum(lengths) - lengths
        places = np.repeat(self.starts[groups] - begins, lengths)
        places += np.arange(len(places))
        found: Ints = self.rows[places].astype(np.int64)
        return found


def alike(texts: pl.Series) -> Alike:
    """texts: none of them null."""
    texts = texts.rechunk()  # looking for the piece of each row would take longest
    n = len(texts)
    low = np.uint64((1 << n.bit_length()) - 1)
    # the first bits of the hash, and the row in the others: all differ, and need no stable sort
    keys = (_hashes(texts) & ~low) | np.arange(n, dtype=np.uint64)
    keys.sort()
    rows: Array = (keys & low).astype(np.uint32)
    together = texts.gather(pl.Series(rows))
    begins = together.ne_missing(together.shift(1)).to_numpy(writable=True)
    begins[:1] = True
    keys &= ~low
    _tell_apart(rows, begins, keys, together)
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, n))
    return Alike(rows, starts, lengths, texts.gather(pl.Series(rows[starts])))


def _tell_apart(rows: Array, begins: Array, keys: Hashes, together: pl.Series) -> None:
    """Sort those of one hash and several texts, of whom there are few, by text. In place."""
    several = np.unique(keys[1:][begins[1:] & (keys[1:] == keys[:-1])])
    firsts, ends = (np.searchsorted(keys, several, side) for side in ("left", "right"))
    for first, end in zip(firsts, ends, strict=True):
        mixed = pl.DataFrame({"text": together[first:end], "row": rows[first:end]})
        mixed = mixed.sort("text", "row")
        rows[first:end] = mixed["row"].to_numpy()
        begins[first:end] = mixed["text"].ne_missing(mixed["text"].shift(1)).to_numpy()


def places_among(texts: pl.Series, names: pl.Series) -> Ints:
    """The place of each text among names that all differ; -1 for what is not among them."""
    places = np.full(len(texts), -1, dtype=np.int64)
    if names.is_empty() or texts.is_empty():
        return places
    hashes = _hashes(names)
    order = np.argsort(hashes)
    likely = np.searchsorted(hashes[order], _hashes(texts)).clip(max=len(names) - 1)
    found = order[likely]
    same = names.gather(pl.Series(found.astype(np.uint32))).eq_missing(texts).to_numpy()
    places[same] = found[same]
    # not there; or two texts with the same hash, of which the other was looked at
    if not same.all():
        others = pl.DataFrame({"text": texts.filter(pl.Series(~same))})
        among = pl.DataFrame({"text": names}).with_row_index("place")
        there = others.join(among, on="text", how="left", maintain_order="left")
        places[~same] = there["place"].cast(pl.Int64).fill_null(-1).to_numpy()
    return places


def numbered(texts: pl.Series, names: pl.Series) -> pl.Series:
    """The place of each text among sorted names that all differ; null for what is not there."""
    if names.is_empty():
        return pl.Series(texts.name, [None], dtype=pl.UInt32).new_from_index(0, len(texts))
    if len(names) <= FEW:
        return texts.cast(pl.Enum(names), strict=False).to_physical().cast(pl.UInt32)
    named = np.flatnonzero(texts.is_not_null().to_numpy())
    groups = alike(texts.gather(pl.Series(named.astype(np.uint32))))
    places = np.full(len(texts), -1, dtype=np.int64)
    places[named[groups.rows]] = np.repeat(places_among(groups.names, names), groups.lengths)
    found = pl.DataFrame({"place": places}).select(
        pl.when(pl.col("place") >= 0).then(pl.col("place").cast(pl.UInt32, strict=False))
    )
    return found.to_series().alias(texts.name)


def _hashes(texts: pl.Series) -> Hashes:
    found: Hashes = texts.hash(seed=0).to_numpy()
    return found
