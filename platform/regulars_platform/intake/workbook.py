"""Excel workbooks: one sheet becomes plain CSV text, row for row, so that line n is row n.

From there a workbook goes the way of any other file. What only a workbook can tell is kept: a
*number* of 16 digits or more was rounded before we saw it (a cell holds a binary float) and is
marked as such; the same digits as text are not.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from regulars_platform.intake.cells import ROUNDED_MARK
from regulars_platform.intake.errors import NoTableError, TooManyColumnsError, UnsupportedFileError
from regulars_platform.intake.file_errors import (
    DamagedWorkbookError,
    EmptyWorkbookError,
    LargeWorkbookError,
    LockedFileError,
)
from regulars_platform.intake.known_headings import heading_row
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.workbook_guard import check_workbook, read_archive

if TYPE_CHECKING:
    from fastexcel import ExcelReader, ExcelSheet

OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OTHER_OLE = {"WordDocument": "Word document (.doc)", "PowerPoint": "PowerPoint (.ppt)"}
_MOST_SHEETS = 50
_ROWS_LOOKED_AT = 50
_LONG_NUMBER = r"^-?\d{16,}$"

WorkbookKind = Literal["xlsx", "xls"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetText:
    """A sheet as it was written to `path`. header_line: its row of headings (1 = first);
    lines: rows below it."""

    path: Path
    kind: WorkbookKind
    sheet: str
    headings: tuple[str, ...]
    header_line: int
    lines: int


def workbook_kind(path: Path) -> WorkbookKind | None:
    """Which kind of workbook a file is by its bytes, never by its name; None: none.

    Raises DamagedWorkbookError where a ZIP has no readable directory.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head == OLE:
        return "xls"
    if head == ZIP:
        archive = read_archive(path)
        if archive.other_office:
            raise UnsupportedFileError.of(archive.other_office)
        return "xlsx" if archive.is_workbook else None
    return None


def begins_like_workbook(path: Path) -> bool:
    """Whether a file may be a workbook or a ZIP, by its first bytes alone."""
    with path.open("rb") as file:
        return file.read(4) in (OLE, ZIP)


def unpack_workbook(path: Path, plain: Path, kind: WorkbookKind, limits: Limits) -> SheetText:
    """Write the sheet that holds the table to `plain`: the first one with headings we know, else
    the first with anything in it.

    Holds the sheet in memory as a whole, within `limits`. Raises a RefusedFileError.
    """
    if kind == "xlsx":
        check_workbook(path, limits)
    else:
        _check_ole(path, limits)
    frame, sheet, header = _find_table(_open(path), limits)
    headings = tuple(cell or "" for cell in frame.row(header))
    while len(headings) > 1 and not headings[-1].strip():
        headings = headings[:-1]
    if len(headings) > limits.columns:
        raise TooManyColumnsError.of(len(headings), limits.columns)
    if len(headings) == 1:
        raise NoTableError.one_column(headings[0][:80])
    _write(frame, plain)
    return SheetText(
        path=plain,
        kind=kind,
        sheet=sheet,
        headings=headings,
        header_line=header + 1,
        lines=frame.height - header - 1,
    )


def _check_ole(path: Path, limits: Limits) -> None:
    if path.stat().st_size > limits.workbook_bytes // 4:  # its text is not compressed, only terse
        raise LargeWorkbookError.unpacked(path.stat().st_size, limits.workbook_bytes // 4)
    content = path.read_bytes()
    if _LOCKED in content:
        raise LockedFileError.workbook()
    for stream, what in _OTHER_OLE.items():
        if stream.encode("utf-16-le") in content:
            raise UnsupportedFileError.of(what)


def _open(path: Path) -> "ExcelReader":
    import fastexcel  # loads a tenth of a second; only workbooks need it

    try:
        return fastexcel.read_excel(path.read_bytes())
    except fastexcel.FastExcelError as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise LockedFileError.workbook() from error
        raise DamagedWorkbookError.content() from error


def _load(reader: "ExcelReader", name: str) -> "ExcelSheet":
    import fastexcel

    try:
        return reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise DamagedWorkbookError.content() from error


def _find_table(reader: "ExcelReader", limits: Limits) -> tuple[pl.DataFrame, str, int]:
    """The sheet's cells as text (columns as in the sheet), its name, and its row of headings."""
    fallback: str | None = None
    frame: pl.DataFrame | None = None
    names = reader.sheet_names[:_MOST_SHEETS]
    for name in names:
        frame = _texts(reader, name, limits)
        if frame is None:
            continue
        start = [[cell or "" for cell in row] for row in frame.head(_ROWS_LOOKED_AT).iter_rows()]
        header = heading_row(start)
        if header is not None:
            return frame, name, header
        fallback = fallback or name
        if len(names) > 1:
            frame = None  # one sheet at a time is held
    if fallback is None:
        raise EmptyWorkbookError.of(len(names))
    if frame is None:
        frame = _texts(reader, fallback, limits)
    if frame is None:
        raise EmptyWorkbookError.of(len(names))
    return frame, fallback, _first_wide_row(frame)


def _first_wide_row(frame: pl.DataFrame) -> int:
    """The first of the rows with the most filled cells among the first few: titles are narrow."""
    start = frame.head(_ROWS_LOOKED_AT)
    filled = start.select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32)).alias("filled"))[
        "filled"
    ]
    return int(filled.arg_max() or 0)


def _texts(reader: "ExcelReader", name: str, limits: Limits) -> pl.DataFrame | None:
    """All cells of a sheet as text, rounded numbers marked; None where nothing is filled."""
    sheet = _load(reader, name)
    if not sheet.width or not sheet.height:
        return None
    if sheet.height * sheet.width > limits.workbook_cells:
        raise LargeWorkbookError.cells(sheet.height, sheet.width, limits.workbook_cells)
    frame = sheet.to_polars()
    del sheet
    frame = frame.with_columns(
        # one row is one line: a line break inside a cell is a blank
        pl.all().str.replace_all(r"[\r\n]+", " ").str.strip_chars(" ")
    ).with_columns(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()))
    if frame.select(pl.all_horizontal(pl.all().null_count() == frame.height)).item():
        return None
    if frame.height >= limits.workbook_rows:
        raise LargeWorkbookError.full(name, frame.height)
    return _mark_rounded(reader, name, frame)


def _mark_rounded(reader: "ExcelReader", name: str, frame: pl.DataFrame) -> pl.DataFrame:
    long = frame.select(pl.all().str.contains(_LONG_NUMBER).any()).row(0)
    columns = [column for column, is_long in zip(frame.columns, long, strict=True) if is_long]
    if not columns:
        return frame
    # asked for truth values, the reader answers for numbers and truth values, not for texts
    numbers = reader.load_sheet(
        name, header_row=None, skip_rows=0, dtypes="boolean", use_columns=columns
    ).to_polars()
    return frame.with_columns(
        pl.when(numbers[column].is_not_null() & pl.col(column).str.contains(_LONG_NUMBER))
        .then(pl.lit(ROUNDED_MARK) + pl.col(column))
        .otherwise(pl.col(column))
        .alias(column)
        for column in columns
    )


def _write(frame: pl.DataFrame, plain: Path) -> None:
    frame.write_csv(plain, include_header=False, null_value="", quote_style="necessary")
