"""The file of rejected lines of another file: number and cells as they were, and the reason."""

import csv
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from regulars_platform.datasets.reasons import reason_sentence
from regulars_platform.intake.rejects import safe_cell


def write_rejects(
    path: Path, headings: Iterable[str], raw_parts: Iterable[Path], rejects: pl.DataFrame
) -> None:
    """CSV (UTF-8 with mark): line, reason, then every cell of each rejected line.

    raw_parts: Parquet files with `line` and `cells`; rejects: columns line, reason.
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
            for line, cells, reason in found.select("line", "cells", "reason").iter_rows():
                writer.writerow([line, words[reason], *(safe_cell(cell) for cell in cells)])
