"""The first pass over an upload: its bytes, with limits, become plain UTF-8 text on disk.

Reads in chunks, so a hostile file costs time in proportion to its size and no memory. Finds:
empty, binary, known but unsupported kinds, damaged gzip, endless lines, unknown encodings.
"""

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from regulars_platform.intake.encodings import choose_encoding
from regulars_platform.intake.errors import (
    BinaryFileError,
    EmptyFileError,
    EncodingUnknownError,
    EndlessLineError,
    TooLargeError,
    TruncatedFileError,
    UnsupportedFileError,
)
from regulars_platform.intake.file_errors import (
    ArchiveError,
    DamagedWorkbookError,
    LockedFileError,
    WebPageError,
)
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.staging import Report, keep_quiet
from regulars_platform.intake.workbook import OLE, ZIP
from regulars_platform.intake.workbook_guard import read_archive

CHUNK = 1 << 18
MEGABYTE = 1_000_000
_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_KINDS = (
    (OLE, "Excel workbook (.xls) within another file"),
    (b"%PDF", "PDF"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf", "7z"),
    (b"\xfd7zXZ", "xz"),
    (b"Rar!", "RAR"),
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"SQLite format 3", "SQLite database"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainText:
    """A file as UTF-8 text. path: the text (the upload itself where nothing had to be changed);
    skip: bytes of a mark at its start; lines: line ends in it."""

    path: Path
    encoding: str
    compressed: bool
    skip: int
    lines: int


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def unpack_text(
    original: Path,
    plain: Path,
    limits: Limits,
    encoding: str | None = None,
    report: Report = keep_quiet,
) -> PlainText:
    """Check the bytes of `original`, and write them as UTF-8 to `plain` where they are not yet.

    encoding: what a person said of a text that reads in several; report: told of megabytes. Raises
    the RefusedFileError that names what is wrong.
    """
    with original.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise EmptyFileError.no_bytes()
    compressed = head.startswith((_GZIP, ZIP))
    if not compressed:
        _refuse_known_kinds(head)
    path = original
    if compressed:
        path = plain.with_suffix(".unpacked")
        (_gunzip if head.startswith(_GZIP) else _unzip_one)(original, path, limits, report)
        with path.open("rb") as file:
            head = file.read(4096)
        if not head:
            raise EmptyFileError.no_bytes()
        _refuse_known_kinds(head)
    mark, marked = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", ""))
    if marked.startswith("utf-16"):
        return _recode(path, plain, marked, len(mark), limits, compressed, report)
    scan = _scan(path, limits, report)
    if scan.broken_line is None:
        return PlainText(
            path=path,
            encoding="utf-8",
            compressed=compressed,
            skip=len(mark),
            lines=scan.lines,
        )
    if mark:
        raise EncodingUnknownError.at(scan.broken_line)
    chosen = encoding or choose_encoding(_sample(path), scan.broken_line)
    return _recode(path, plain, chosen, 0, limits, compressed, report)


def _refuse_known_kinds(head: bytes) -> None:
    if head.startswith(ZIP):
        raise UnsupportedFileError.of("ZIP within another file")
    for magic, what in (*_KINDS, (_GZIP, "gzip within gzip"), (b"PAR1", "Parquet within gzip")):
        if head.startswith(magic):
            raise UnsupportedFileError.of(what)
    start = head.lstrip(codecs.BOM_UTF8).lstrip()[:200].lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<style", b"<meta", b"<head")):
        raise WebPageError.of()
    if start.startswith(b"<?xml"):
        raise WebPageError.of() if b"<html" in head.lower() else UnsupportedFileError.of("XML")
    if start.startswith((b'{"', b'[{"', b"{\n", b"[\n")):
        raise UnsupportedFileError.of("JSON")


def _gunzip(source: Path, target: Path, limits: Limits, report: Report) -> None:
    """Unpack, guarding against bombs (endless lines, total size) and damage."""
    guard = _LineGuard(limits)
    try:
        with (
            source.open("rb") as file,
            gzip.open(file, "rb") as packed,
            target.open("wb") as out,
        ):
            while chunk := packed.read(CHUNK):
                _told(report, "unpacking", file.tell(), source)
                guard.feed(chunk)
                out.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TruncatedFileError.gzip(guard.lines) from error


def _unzip_one(source: Path, target: Path, limits: Limits, report: Report) -> None:
    """Unpack the one file of a ZIP that holds nothing else."""
    archive = read_archive(source)
    if archive.locked:
        raise LockedFileError.archive()
    if len(archive.names) != 1:
        raise ArchiveError.of(archive.names)
    if archive.size > limits.plain_bytes:
        raise TooLargeError.bytes(limits.plain_bytes)
    guard = _LineGuard(limits)
    try:
        with (
            zipfile.ZipFile(source) as opened,
            opened.open(archive.names[0]) as packed,
            target.open("wb") as out,
        ):
            while chunk := packed.read(CHUNK):
                report("unpacking", guard.total // MEGABYTE, archive.size // MEGABYTE)
                guard.feed(chunk)
                out.write(chunk)
    except (EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DamagedWorkbookError.zip() from error


class _LineGuard:
    """Counts lines chunk by chunk and stops at one that does not end, or at too many bytes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.lines = 0
        self.total = 0
        self._open = 0  # bytes since the last line end

    def feed(self, chunk: bytes) -> None:
        self.total += len(chunk)
        if self.total > self.limits.plain_bytes:
            raise TooLargeError.bytes(self.limits.plain_bytes)
        # a lone CR ends a line on old machines; CR LF must count once, also across chunks
        feeds, returns = chunk.count(b"\n"), chunk.count(b"\r")
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        first = _LINE_END.search(chunk)
        if first is not None:
            self._check(self._open + first.start())
            self._open = len(chunk) - last - 1
        else:
            self._open += len(chunk)
        self.lines += feeds or returns
        self._check(self._open)

    def _check(self, length: int) -> None:
        if length > self.limits.line_bytes:
            raise EndlessLineError.at(self.lines + 1, self.limits.line_bytes)


@dataclass(frozen=True, slots=True)
class _Scan:
    lines: int
    broken_line: int | None  # the line in which UTF-8 breaks


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _scan(path: Path, limits: Limits, report: Report) -> _Scan:
    guard = _LineGuard(limits)
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    broken: int | None = None
    position = 0
    controls = 0
    for chunk in _chunks(path):
        _told(report, "looking", position, path)
        if (nul := chunk.find(b"\x00")) >= 0:
            raise BinaryFileError.at(position + nul)
        if position < (1 << 20):
            found = [match.start() for match in _CONTROL.finditer(chunk)]
            controls += len(found)
            if found and controls > max(8, (position + len(chunk)) // 100):
                raise BinaryFileError.at(position + found[0])
        position += len(chunk)
        before = guard.lines
        guard.feed(chunk)
        if broken is None:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                broken = before + 1 + len(_LINE_END.findall(error.object[: error.start]))
    if broken is None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            broken = guard.lines + 1
    return _Scan(guard.lines, broken)


def _told(report: Report, step: str, position: int, path: Path) -> None:
    report(step, position // MEGABYTE, path.stat().st_size // MEGABYTE)


def _sample(path: Path) -> bytes:
    with path.open("rb") as file:
        sample = file.read(CHUNK)
    if len(sample) == CHUNK:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    return sample


def _recode(
    source: Path,
    target: Path,
    encoding: str,
    skip: int,
    limits: Limits,
    compressed: bool,
    report: Report,
) -> PlainText:
    guard = _LineGuard(limits)
    decoder = codecs.getincrementaldecoder(encoding)("strict")

    def pass_on(out: IO[bytes], chunk: bytes, *, final: bool) -> None:
        try:
            plain = decoder.decode(chunk, final=final).encode()
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            raise EncodingUnknownError.at(guard.lines + 1) from error
        if (nul := plain.find(b"\x00")) >= 0:
            raise BinaryFileError.at(guard.total + nul)
        if plain:
            guard.feed(plain)
            out.write(plain)

    with source.open("rb") as file, target.open("wb") as out:
        file.seek(skip)
        while chunk := file.read(CHUNK):
            _told(report, "recoding", file.tell(), source)
            pass_on(out, chunk, final=False)
        pass_on(out, b"", final=True)
    if guard.total == 0:
        raise EmptyFileError.no_bytes()
    return PlainText(
        path=target, encoding=encoding, compressed=compressed, skip=0, lines=guard.lines
    )
