"""Workbooks written cell by cell, also of the old binary kind, and spoilt ones."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter

Cell = str | int | float | dt.datetime | dt.date | bool | None


def workbook(*rows: Sequence[Cell], **sheets: Sequence[Sequence[Cell]]) -> bytes:
    """An .xlsx of these rows (or of several named sheets); texts stay texts."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, content in (sheets or {"Sheet1": rows}).items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(content):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif isinstance(cell, dt.datetime | dt.date):
                    sheet.write_datetime(row, column, cell, moment)
                elif cell is not None:
                    sheet.write(row, column, cell)
    book.close()
    return out.getvalue()


def rewritten(content: bytes, change: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The same ZIP with some of its parts changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change[name](part) if name in change else part)
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    """A ZIP of these files; two underscores stand for the point."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def old_workbook(*rows: Sequence[str | float], stream: str = "Workbook") -> bytes:
    """An .xls (BIFF8 in an OLE container) of one sheet; texts in the Latin script only."""
    return _ole(stream, _biff(rows))


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff(rows: Sequence[Sequence[str | float]]) -> bytes:
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    name = b"Sheet1"
    head = _record(0x0809, begin)
    bound_size = 4 + 4 + 2 + 2 + len(name)
    offset = len(head) + bound_size + 4
    bound = _record(0x0085, struct.pack("<IHBB", offset, 0, len(name), 0) + name)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 0) + cell.encode("latin-1")
                sheet += _record(0x0204, place + text)
            else:
                sheet += _record(0x0203, place + struct.pack("<d", cell))
    return head + bound + _record(0x000A) + sheet + _record(0x000A)


def _ole(stream: str, content: bytes) -> bytes:
    """A compound file with one stream, in sectors of 512 bytes: FAT, directory, stream."""
    size = max(len(content), 4096)  # smaller ones would live in the short-sector stream
    content = content.ljust(-(-size // 512) * 512, b"\0")
    sectors = len(content) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x003E, 0x0003, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
        + struct.pack("<I", 0)
        + b"\xff\xff\xff\xff" * 108
    )
    directory = (
        _entry("Root Entry", 5, child=1, start=0xFFFFFFFE, size=0)
        + _entry(stream, 2, child=0xFFFFFFFF, start=2, size=size)
        + bytes(256)
    )
    return header + struct.pack("<128I", *fat) + directory + content


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB", len(encoded), kind, 1)
        + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
