"""The file of rejected lines: number and cells as they were, and the reason."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from regulars_platform.intake.reasons import reason_sentence

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
    path: Path, headings: Iterable[str], raw_parts: Iterable[Path], rejects: pl.DataFrame
) -> None:
    """CSV (UTF-8 with mark): line, reason, then every cell of each rejected line.

    raw_parts: Parquet files with `line` and `cells` (all cells of the record) in the order of the
    file; rejects: columns line, reason.
    """
    words = {code: str(reason_sentence(code)) for code in rejects["reason"].unique()}
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
