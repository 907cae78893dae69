"""How a file is written: kind, encoding, delimiter, headings, first rows. Nothing is guessed
about what the columns mean; that is `columns`."""

import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.intake.dates import looks_like_moment
from regulars_platform.intake.errors import (
    EmptyFileError,
    NoTableError,
    TooManyColumnsError,
    TruncatedFileError,
)
from regulars_platform.intake.headings import unique_headings
from regulars_platform.intake.known_headings import heading_row, known_headings
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.models import FileForm
from regulars_platform.intake.readers import (
    open_text,
    read_batches,
    read_records,
    scan_parquet_as_text,
)
from regulars_platform.intake.staging import Report, keep_quiet
from regulars_platform.intake.unpack import is_parquet, unpack_text
from regulars_platform.intake.workbook import (
    begins_like_workbook,
    unpack_workbook,
    workbook_kind,
)

DELIMITERS = (",", ";", "\t")
_TEXT_AT_ONCE = 64 << 20  # bytes
_WORKBOOK_AT_ONCE = 128 << 10  # a workbook unpacks to ten or twenty times its size


@dataclass(frozen=True, slots=True)
class SniffedFile:
    """A file whose form is known. path: where its records are read from; sample: its first
    records (up to `Limits.sampled_rows`), columns c0, c1, ... as text."""

    form: FileForm
    path: Path
    sample: pl.DataFrame


def is_slow_to_sniff(original: Path) -> bool:
    """Whether looking at this file takes so long that it should be done in the background."""
    most = _WORKBOOK_AT_ONCE if begins_like_workbook(original) else _TEXT_AT_ONCE
    return original.stat().st_size >= most


def sniff(
    original: Path,
    plain: Path,
    limits: Limits,
    encoding: str | None = None,
    report: Report = keep_quiet,
) -> SniffedFile:
    """Read the bytes of `original` once; what is not plain UTF-8 text is written to `plain`.

    encoding: what a person said of a text that reads in several; report: told of megabytes. Raises
    a RefusedFileError that says what was expected, what came and what to do.
    """
    if is_parquet(original):
        return _sniff_parquet(original, limits)
    kind = workbook_kind(original)
    if kind is not None:
        sheet = unpack_workbook(original, plain, kind, limits)
        form = FileForm(
            kind=kind,
            encoding="utf-8",
            delimiter=",",
            compressed=False,
            headings=unique_headings(sheet.headings),
            header_line=sheet.header_line,
            lines=sheet.lines,
            sheet=sheet.sheet,
        )
        return _with_sample(form, sheet.path, limits)
    text = unpack_text(original, plain, limits, encoding, report)
    start = _start_of(text.path, limits)
    delimiter, header_line, cells = _find_headings(start, limits)
    form = FileForm(
        kind="csv",
        encoding=text.encoding,
        delimiter=delimiter,
        compressed=text.compressed,
        headings=unique_headings(cells),
        header_line=header_line,
        lines=max(text.lines - header_line + 1, 1),
    )
    return _with_sample(form, text.path, limits)


def _with_sample(form: FileForm, path: Path, limits: Limits) -> SniffedFile:
    batch = next(read_batches(form, path, limits.sampled_rows), None)
    if batch is None:
        raise EmptyFileError.no_lines()
    return SniffedFile(form, path, batch.frame.drop("line"))


def _start_of(path: Path, limits: Limits) -> str:
    """The first lines, at most twice the longest line allowed."""
    lines: list[str] = []
    size = 0
    with open_text(path) as file:
        while len(lines) < 200 and size < 2 * limits.line_bytes:
            line = file.readline()
            if not line:
                break
            lines.append(line)
            size += len(line)
    return "".join(lines)


def _find_headings(start: str, limits: Limits) -> tuple[str, int, list[str]]:
    """Delimiter, line of the headings, and the headings as written."""
    declared = None
    first_lines = start.split("\n", 1)
    if first_lines[0].strip().lower() in {f"sep={mark}" for mark in DELIMITERS}:
        # Excel's own way of naming the delimiter; only the line itself is stripped of its end
        declared = first_lines[0].rstrip("\r\n")[4]
    best: tuple[tuple[int, int, int], str, int, list[str]] | None = None
    for mark in (declared,) if declared else DELIMITERS:
        records = [
            r
            for _, r in zip(
                range(50), read_records(io.StringIO(start, newline=""), mark), strict=False
            )
        ]
        if declared:
            records = records[1:]
        if not records:
            raise EmptyFileError.no_bytes()
        place = heading_row(record.cells for record in records) or 0
        header = records[place]
        width = len(header.cells)
        same = sum(1 for record in records[place + 1 :] if len(record.cells) == width)
        rank = (
            len(known_headings(header.cells)) if width > 1 else 0,
            same * (width > 1),
            width,
        )
        if best is None or rank > best[0]:
            best = (rank, mark, header.line, header.cells)
    assert best is not None  # noqa: S101 -- DELIMITERS is not empty
    _, delimiter, line, cells = best
    while len(cells) > 1 and not cells[-1].strip():
        cells = cells[:-1]  # a nameless last column from a delimiter at the end of each line
    if len(cells) > limits.columns:
        raise TooManyColumnsError.of(len(cells), limits.columns)
    if len(cells) == 1:
        raise NoTableError.one_column(cells[0][:80])
    if not known_headings(cells) and any(looks_like_moment(cell) for cell in cells):
        raise NoTableError.no_headings(delimiter.join(cells)[:80])
    return delimiter, line, cells


def _sniff_parquet(path: Path, limits: Limits) -> SniffedFile:
    try:
        names, text = scan_parquet_as_text(path)
        lines = int(text.select(pl.len()).collect(engine="streaming").item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TruncatedFileError.parquet() from error
    if len(names) > limits.columns:
        raise TooManyColumnsError.of(len(names), limits.columns)
    form = FileForm(
        kind="parquet",
        encoding="",
        delimiter="",
        compressed=False,
        headings=unique_headings(names),
        header_line=1,
        lines=lines,
    )
    return _with_sample(form, path, limits)


def first_rows(sniffed: SniffedFile, count: int) -> tuple[tuple[str, ...], ...]:
    """The first `count` records, to be shown."""
    return tuple(sniffed.sample.head(count).iter_rows())
