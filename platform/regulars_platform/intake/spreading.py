"""Rows of a file set apart by a key, so that what belongs together lies in one part.

Every row is written once, whatever the number of parts; only beyond `_MOST` parts the rows are
written twice: first in heaps of neighbouring parts, then each heap by itself. Memory holds
`at_once` rows, never a whole file.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

_MOST = 64
"""Files that one stretch of rows is written into; more of them would hold few rows each."""

_PART = "_part"


def spread(
    frames: Iterable[pl.DataFrame], folder: Path, key: pl.Expr, *, parts: int, at_once: int
) -> Iterator[list[Path]]:
    """Write the rows of `frames` below `folder`: all rows of one `key` (a String) into one of
    `parts` parts, which one following from the key alone. Gives the files of each part, in order;
    rows of a part keep their order. The caller removes `folder`.
    """
    numbered = (
        frame.with_columns((key.hash(seed=1) % parts).cast(pl.Int64).alias(_PART))
        for frame in frames
    )
    _write(numbered, folder, range(parts), at_once)
    return (sorted(_place(folder, number).glob("*.parquet")) for number in range(parts))


def _write(frames: Iterable[pl.DataFrame], folder: Path, parts: range, at_once: int) -> None:
    """Rows of these parts, each to its place."""
    width = -(-len(parts) // _MOST)
    heaps = [parts[first : first + width] for first in range(0, len(parts), width)]
    places = [
        _place(folder, heap[0]) if width == 1 else folder / f"heap-{heap[0]}-{heap[-1]}"
        for heap in heaps
    ]
    for place in places:
        place.mkdir(parents=True)
    for number, frame in enumerate(_gathered(frames, at_once)):
        heap_of = ((pl.col(_PART) - parts[0]) // width).alias("_heap")
        pieces = frame.with_columns(heap_of).partition_by("_heap", as_dict=True, include_key=False)
        for (heap,), piece in pieces.items():
            done = piece if width > 1 else piece.drop(_PART)
            done.write_parquet(places[heap] / f"{number:06d}.parquet", compression="lz4")
    if width > 1:
        for heap, place in zip(heaps, places, strict=True):
            again = (pl.read_parquet(path, glob=False) for path in sorted(place.glob("*.parquet")))
            _write(again, folder, heap, at_once)
            shutil.rmtree(place)


def _gathered(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of about so many: many small files are slow."""
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(kept.height for kept in waiting) >= rows:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)


def _place(folder: Path, part: int) -> Path:
    return folder / f"{part:06d}"
