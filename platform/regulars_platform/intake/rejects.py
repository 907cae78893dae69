"""The file of rejected lines: number and cells as they were, and the reason."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl

from regulars_platform.intake.models import FileForm
from regulars_platform.intake.readers import column_name
from regulars_platform.words import Sentence

_RISKY = re.compile(r"^[=+\-@\t\r＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"^[+-]?[\d.,]+$")


def safe_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (our own reader drops the apostrophe again).

    >>> safe_cell("=1+1"), safe_cell("-12.50"), safe_cell("tea")
    ("'=1+1", '-12.50', 'tea')
    """
    if _RISKY.match(cell) and not _PLAIN_NUMBER.match(cell):
        return "'" + cell
    return cell


def write_rejects(
    path: Path,
    headings: Iterable[str],
    raw_parts: Iterable[Path],
    rejects: pl.DataFrame,
    sentence_of: Callable[[str], Sentence],
) -> None:
    """CSV (UTF-8 with mark): line, reason, then every cell of each rejected line.

    raw_parts: Parquet files with `line` and `cells` (all cells of the record) in the order of the
    file; rejects: columns line, reason; sentence_of: a reason by its code.
    """
    words = {code: str(sentence_of(code)) for code in rejects["reason"].unique()}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *(safe_cell(heading) for heading in headings)])
        if rejects.is_empty():
            return
        for part in raw_parts:
            found = (
                pl.scan_parquet(part, glob=False)
                .join(rejects.lazy().select("line", "reason"), on="line", how="inner")
                .sort("line")
                .collect()
            )
            for row in found.iter_rows(named=True):
                cells = [safe_cell(cell) for cell in row["cells"]]
                writer.writerow([row["line"], words[row["reason"]], *cells])


def cells_of(work: Path, form: FileForm) -> Iterator[Path]:
    """Raw parts and ragged records, brought together as `line` and `cells`, one file at a time."""
    names = [column_name(position) for position in range(len(form.headings))]
    for raw in sorted(work.glob("part-*.parquet")):
        both = work / "cells.parquet"
        frames = [
            pl.scan_parquet(raw, glob=False).select("line", pl.concat_list(names).alias("cells"))
        ]
        ragged = raw.with_name(f"ragged-{raw.stem[5:]}.parquet")
        if ragged.exists():
            frames.append(pl.scan_parquet(ragged, glob=False).select("line", "cells"))
        pl.concat(frames).collect().write_parquet(both, compression="lz4")
        yield both
