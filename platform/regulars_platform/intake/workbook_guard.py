"""Whether a workbook may be opened: its container is whole, and what it unpacks to is bounded.

A workbook is a ZIP of XML. Its directory says how large the parts are; here they are unpacked
once, in chunks and to nowhere, because a directory may lie, and because a few bytes of XML can
name a cell at the far corner of a sheet, or one long text in a million cells.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regulars_platform.intake.errors import UnsupportedFileError
from regulars_platform.intake.file_errors import (
    DamagedWorkbookError,
    LargeWorkbookError,
    LockedFileError,
)
from regulars_platform.intake.limits import Limits

_CHUNK = 1 << 20
_SHEET = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_STRINGS = "xl/sharedstrings.xml"
# a cell that is not closed at once: its address and, where it is a whole number, its value
_CELL = re.compile(
    rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,9})["'][^>]*(?<!/)>(?:\s*<v>([0-9]{1,9})</v>)?"""
)
_NO_ADDRESS = re.compile(rb"""<(?:\w+:)?c(?:\s(?![^>]*\br\s*=)[^>]*)?(?<!/)>""")
_TEXT_ENDS = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_LONGEST_END = 32
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Archive:
    """What the directory of a ZIP says. names: its files, without folders and Apple's shadows."""

    names: list[str]
    size: int
    locked: bool

    @property
    def is_workbook(self) -> bool:
        """Whether it is a workbook of Excel's XML kind."""
        return any(name.lower() == "xl/workbook.xml" for name in self.names)

    @property
    def other_office(self) -> str | None:
        """The name of an office file that is no such workbook."""
        low = {name.lower() for name in self.names}
        if "xl/workbook.bin" in low:
            return "Excel binary workbook (.xlsb)"
        if "word/document.xml" in low:
            return "Word document (.docx)"
        if "content.xml" in low and "mimetype" in low:
            return "OpenDocument (.ods)"
        return None


def read_archive(path: Path) -> Archive:
    """The directory of a ZIP. Raises DamagedWorkbookError."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [
                info
                for info in archive.infolist()
                if not info.is_dir() and not info.filename.startswith("__MACOSX/")
            ]
    except (*_DAMAGE, ValueError, KeyError, UnicodeDecodeError) as error:
        raise DamagedWorkbookError.zip() from error
    return Archive(
        names=[info.filename for info in files],
        size=sum(info.file_size for info in files if _counts(info.filename)),
        locked=any(info.flag_bits & 1 for info in files),
    )


def _counts(name: str) -> bool:
    return not name.lower().startswith("xl/media/")


def check_workbook(path: Path, limits: Limits) -> None:
    """Raise what forbids to open a workbook: locked, damaged, too large in any sense."""
    archive = read_archive(path)
    if archive.locked:
        raise LockedFileError.workbook()
    if archive.other_office:
        raise UnsupportedFileError.of(archive.other_office)
    if archive.size > limits.workbook_bytes:
        raise LargeWorkbookError.unpacked(archive.size, limits.workbook_bytes)
    try:
        with zipfile.ZipFile(path) as opened:
            lengths = _text_lengths(opened, archive.names)
            for name in archive.names:
                if _SHEET.match(name):
                    _check_sheet(opened, name, lengths, limits)
                elif _counts(name) and name.lower() != _STRINGS:
                    _unpack_to_nowhere(opened, name)
    except _DAMAGE as error:
        raise DamagedWorkbookError.zip() from error


def _unpack_to_nowhere(opened: zipfile.ZipFile, name: str) -> None:
    with opened.open(name) as part:
        while part.read(_CHUNK):
            pass  # the end compares size and checksum with the directory


def _text_lengths(opened: zipfile.ZipFile, names: list[str]) -> npt.NDArray[np.int64]:
    """Bytes of each shared text (its XML, a bit more than the text)."""
    found = next((name for name in names if name.lower() == _STRINGS), None)
    if found is None:
        return np.zeros(1, dtype=np.int64)
    ends = [0]
    base = 0  # where `rest` begins
    rest = b""
    with opened.open(found) as part:
        while chunk := part.read(_CHUNK):
            text = rest + chunk
            seen = 0
            for match in _TEXT_ENDS.finditer(text):
                seen = match.end()
                ends.append(base + seen)
            seen = max(seen, len(text) - _LONGEST_END)
            rest = text[seen:]
            base += seen
    places = np.asarray(ends, dtype=np.int64)
    return places[1:] - places[:-1] if places.size > 1 else np.zeros(1, dtype=np.int64)


def _check_sheet(
    opened: zipfile.ZipFile, name: str, lengths: npt.NDArray[np.int64], limits: Limits
) -> None:
    rows = columns = text = 0
    rest = b""
    with opened.open(name) as part:
        while chunk := part.read(_CHUNK):
            piece = rest + chunk
            cut = piece.rfind(b"<c")
            # a cell is looked at when the beginning of the next one is there, or a lot of bytes
            cut = cut if cut > 0 and len(piece) - cut < _CHUNK else len(piece)
            reach = _measure(piece[:cut], lengths)
            rest = piece[cut:]
            rows, columns = max(rows, reach[0]), max(columns, reach[1])
            text += reach[2]
            _refuse_reach(rows, columns, text, limits)
    reach = _measure(rest, lengths)
    _refuse_reach(max(rows, reach[0]), max(columns, reach[1]), text + reach[2], limits)


def _measure(xml: bytes, lengths: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    """Last row, last column, and bytes of shared text of the filled cells in a piece of XML."""
    usual = xml.count(b'<c r="') == xml.count(b"<c ") and b"<c>" not in xml and b":c" not in xml
    if not usual and _NO_ADDRESS.search(xml):
        raise DamagedWorkbookError.content()  # how far such a sheet reaches cannot be told
    found = _CELL.findall(xml)
    if not found:
        return 0, 0, 0
    letters, numbers, values = zip(*found, strict=True)
    rows = int(np.asarray(numbers, dtype="S9").astype(np.int64).max())
    columns = max(_column_number(letter) for letter in set(letters))
    # a plain number is counted as if it named a text: an upper bound
    named = np.asarray([value for value in values if value], dtype="S9").astype(np.int64)
    return rows, columns, int(lengths[named[named < lengths.size]].sum())


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _refuse_reach(rows: int, columns: int, text: int, limits: Limits) -> None:
    if rows * columns > limits.workbook_cells:
        raise LargeWorkbookError.cells(rows, columns, limits.workbook_cells)
    if text > limits.workbook_text:
        raise LargeWorkbookError.unpacked(text, limits.workbook_text)
