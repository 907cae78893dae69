"""Records of a file in bounded batches: every cell as text, with the line it came from.

A batch is a frame of `line` (Int64, physical line of the file where the record starts; header = 1)
and `c0`, `c1`, ... (String, never null), one column per heading. Records that do not fit the
headings come apart from it, cell by cell: nothing is truncated or lost.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from regulars_platform.intake.errors import TruncatedFileError
from regulars_platform.intake.models import FileForm

MOST_LINES_OF_A_RECORD = 500
"""A record that spans more physical lines than this has an unclosed quotation mark."""


@dataclass(frozen=True, slots=True)
class RaggedRecord:
    """A record with more or fewer cells than headings. line: where it starts."""

    line: int
    cells: tuple[str, ...]
    unclosed_quote: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file, in order. end_line: the last physical line read for them."""

    frame: pl.DataFrame
    ragged: tuple[RaggedRecord, ...]
    end_line: int


def column_name(position: int) -> str:
    """Name of the column at `position` (0 = first) in the frames of a file."""
    return f"c{position}"


class _Lines:
    """Physical lines one by one; remembers those of the current record, to step back to them."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.of_record: list[str] = []
        self.number = 0  # of the last line handed out

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline()
        if not line:
            raise StopIteration
        self.number += 1
        self.of_record.append(line)
        if len(self.of_record) > MOST_LINES_OF_A_RECORD:
            raise csv.Error("a record of too many lines")
        return line

    def step_back(self) -> str:
        """Hand out all lines of this record again except the first, which is returned."""
        first, *rest = self.of_record
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self.of_record = []
        return first


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    unclosed_quote: bool = False


def read_records(file: IO[str], delimiter: str, width: int | None = None) -> Iterator[_Record]:
    """Records of a CSV text opened with `newline=""`; blank lines are no records.

    A record of several physical lines is a quoted line break, unless it does not fit `width`: then
    its quotation mark was never meant to run on, as one on a single line without its mate. Its
    first line is given as a record of its own (unclosed_quote), and reading goes on with the next
    line.
    """
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.number + 1
        lines.of_record = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells == []:
            continue
        unfit = cells is None or (
            width is not None
            and _ragged(cells, width)
            and (len(lines.of_record) > 1 or lines.of_record[0].count('"') % 2 == 1)
        )
        if not unfit and cells is not None:
            yield _Record(start, cells)
            continue
        first = lines.step_back()
        reader = csv.reader(lines, delimiter=delimiter)
        yield _Record(start, first.rstrip("\r\n").split(delimiter), unclosed_quote=True)


def _ragged(cells: list[str], width: int) -> bool:
    # a delimiter too many at the end of a line is common and loses nothing
    return len(cells) < width or any(cells[width:])


def read_batches(form: FileForm, path: Path, size: int) -> Iterator[Batch]:
    """The records below the headings, `size` at a time."""
    if form.kind == "parquet":
        yield from _parquet_batches(form, path, size)
    else:
        yield from _csv_batches(form, path, size)


def open_text(path: Path) -> IO[str]:
    """A plain UTF-8 text (a mark at its start is skipped), line ends as they are."""
    return path.open(encoding="utf-8-sig", newline="")


def _csv_batches(form: FileForm, path: Path, size: int) -> Iterator[Batch]:
    width = len(form.headings)
    rows: list[list[str]] = []
    numbers: list[int] = []
    ragged: list[RaggedRecord] = []
    with open_text(path) as file:
        for record in read_records(file, form.delimiter, width):
            if record.line <= form.header_line:
                continue
            cells = record.cells
            if not any(cells):
                continue  # a blank line, as spreadsheets write it
            if record.unclosed_quote or (len(cells) != width and _ragged(cells, width)):
                ragged.append(RaggedRecord(record.line, tuple(cells), record.unclosed_quote))
            else:
                rows.append(cells if len(cells) == width else cells[:width])
                numbers.append(record.line)
            if len(rows) + len(ragged) >= size:
                yield Batch(_frame(numbers, rows, width), tuple(ragged), record.line)
                rows, numbers, ragged = [], [], []
    if rows or ragged:
        last = max(numbers[-1] if numbers else 0, ragged[-1].line if ragged else 0)
        yield Batch(_frame(numbers, rows, width), tuple(ragged), last)


def _frame(numbers: list[int], rows: list[list[str]], width: int) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else iter([()] * width)
    return pl.DataFrame(
        [
            pl.Series("line", numbers, dtype=pl.Int64),
            *(
                pl.Series(column_name(position), cells, dtype=pl.String)
                for position, cells in enumerate(columns)
            ),
        ]
    )


def scan_parquet_as_text(path: Path) -> tuple[tuple[str, ...], pl.LazyFrame]:
    """Names and text of the columns of a Parquet file; nested and binary columns are left out.

    Floats lose the noise of their last binary digits (so that 0.1 + 0.2 reads 0.3).
    """
    frame = pl.scan_parquet(path, glob=False)
    schema = frame.collect_schema()
    names = [name for name, kind in schema.items() if not (kind.is_nested() or kind == pl.Binary)]
    texts = [
        _as_text(name, schema[name]).fill_null("").alias(column_name(position))
        for position, name in enumerate(names)
    ]
    return tuple(names), frame.select(texts).with_row_index("line", offset=2)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():
        calm = pl.when(column.abs() < 1e9).then(column.round(8)).otherwise(column)
        return calm.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        pattern = "%Y-%m-%dT%H:%M:%S%.6f"
        if kind.time_zone is None:
            return column.dt.to_string(pattern)
        return column.dt.convert_time_zone("UTC").dt.to_string(pattern + "Z")
    return column.cast(pl.String)


def _parquet_batches(form: FileForm, path: Path, size: int) -> Iterator[Batch]:
    _, text = scan_parquet_as_text(path)
    text = text.with_columns(pl.col("line").cast(pl.Int64))
    try:
        for frame in text.collect_batches(
            chunk_size=size, maintain_order=True, engine="streaming", lazy=True
        ):
            if frame.height:
                yield Batch(frame, (), int(frame["line"][-1]))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TruncatedFileError.parquet() from error
    del form
