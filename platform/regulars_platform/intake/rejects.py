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
    parts: Iterable[pl.DataFrame],
    rejects: pl.DataFrame,
    sentence_of: Callable[[str], Sentence],
) -> None:
    """CSV (UTF-8 with mark): line, reason, then every cell of each rejected line.

    parts: `line` and `cells` (all cells of the record) of the rejected records in the order of the
    file; rejects: columns line, reason; sentence_of: a reason by its code.
    """
    words = {code: str(sentence_of(code)) for code in rejects["reason"].unique()}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *(safe_cell(heading) for heading in headings)])
        if rejects.is_empty():
            return
        for part in parts:
            near = _within(rejects.select("line", "reason"), part["line"])
            found = part.join(near, on="line").sort("line")
            for row in found.iter_rows(named=True):
                cells = [safe_cell(cell) for cell in row["cells"]]
                writer.writerow([row["line"], words[row["reason"]], *cells])


def cells_of(work: Path, form: FileForm, rejects: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`line` and `cells` of the rejected records (ragged ones too), part by part of the file."""
    cells = pl.concat_list(column_name(position) for position in range(len(form.headings)))
    for raw in sorted(work.glob("part-*.parquet")):
        records = pl.scan_parquet(raw, glob=False)
        near = _within(rejects.select("line"), records.select("line").collect()["line"])
        frames = [records.join(near.lazy(), on="line", how="semi").select("line", cells=cells)]
        ragged = raw.with_name(f"ragged-{raw.stem[5:]}.parquet")
        if ragged.exists():
            frames.append(pl.scan_parquet(ragged, glob=False).select("line", "cells"))
        yield pl.concat(frames).collect()


def _within(rejects: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Of all rejects those between the first and the last of these lines."""
    return rejects.filter(pl.col("line").is_between(lines.min(), lines.max()))
