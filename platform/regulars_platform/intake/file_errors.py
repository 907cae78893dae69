"""What can be wrong with the bytes of a file: workbooks, archives, encodings."""

from dataclasses import dataclass
from typing import Any

from regulars_platform.intake.errors import (
    EncodingUnknownError,
    RefusedFileError,
    TooLargeError,
    TruncatedFileError,
)
from regulars_platform.words import N_, Sentence

_AS_CSV = N_("Open the workbook where it came from, save it as CSV (UTF-8), and upload that file.")
_SHORTER = N_("Export shorter periods into several files, or save the sheet as CSV (UTF-8).")


class LockedFileError(RefusedFileError):
    """Nothing can be read without a password."""

    @classmethod
    def workbook(cls) -> "LockedFileError":
        """An encrypted workbook."""
        return cls(
            Sentence(N_("Expected a workbook that opens; this one is locked with a password.")),
            Sentence(
                N_(
                    "Open it with its password, save it without one (or as CSV, UTF-8), and"
                    " upload that file."
                )
            ),
        )

    @classmethod
    def archive(cls) -> "LockedFileError":
        """An encrypted ZIP."""
        return cls(
            Sentence(N_("Expected a file that opens; this ZIP is locked with a password.")),
            Sentence(N_("Unpack it with its password and upload the file that is in it.")),
        )


class ArchiveError(RefusedFileError):
    """A ZIP that is no workbook and does not hold one file of rows alone."""

    @classmethod
    def of(cls, names: list[str]) -> "ArchiveError":
        """It holds these files."""
        shown = ", ".join(f"“{name[:60]}”" for name in names[:5]) or "–"
        return cls(
            Sentence(
                N_(
                    "Expected a ZIP with exactly one CSV file in it; this ZIP holds"
                    " %(count)s files: %(names)s."
                ),
                {"count": len(names), "names": shown},
            ),
            Sentence(N_("Unpack it and upload the files one by one.")),
        )


class DamagedWorkbookError(TruncatedFileError):
    """It begins like a workbook or an archive and cannot be read."""

    @classmethod
    def zip(cls) -> "DamagedWorkbookError":
        """The container breaks."""
        return cls(
            Sentence(
                N_(
                    "The file begins like an Excel workbook or a ZIP but is damaged or cut off."
                    " Nothing of it was stored."
                )
            ),
            Sentence(N_("Download or export the file again and upload it once more.")),
        )

    @classmethod
    def content(cls) -> "DamagedWorkbookError":
        """The container opens, the sheets do not."""
        return cls(
            Sentence(N_("The file is an Excel workbook whose sheets cannot be read.")),
            Sentence(_AS_CSV),
        )


class EmptyWorkbookError(RefusedFileError):
    """A workbook without rows."""

    @classmethod
    def of(cls, sheets: int) -> "EmptyWorkbookError":
        """None of the sheets holds a table."""
        return cls(
            Sentence(
                N_(
                    "Expected a sheet with headings and rows; the workbook is empty"
                    " (%(sheets)s sheets, no cell filled)."
                ),
                {"sheets": sheets},
            ),
            Sentence(N_("Check the period chosen for the export, then export again.")),
        )


class LargeWorkbookError(TooLargeError):
    """More than is read from a workbook, which has to be held in memory as a whole."""

    @classmethod
    def unpacked(cls, size: int, limit: int) -> "LargeWorkbookError":
        """Unpacks to `size` bytes."""
        return cls(
            Sentence(
                N_("The workbook unpacks to %(size)s MiB; workbooks are read up to %(limit)s MiB."),
                {"size": -(-size >> 20), "limit": limit >> 20},
            ),
            Sentence(_SHORTER),
        )

    @classmethod
    def cells(cls, rows: int, columns: int, limit: int) -> "LargeWorkbookError":
        """A sheet of too many cells, or too much text in them."""
        return cls(
            Sentence(
                N_(
                    "A sheet of the workbook reaches over %(rows)s rows and %(columns)s columns;"
                    " sheets are read up to %(limit)s cells."
                ),
                {"rows": rows, "columns": columns, "limit": limit},
            ),
            Sentence(_SHORTER),
        )

    @classmethod
    def full(cls, sheet: str, rows: int) -> "LargeWorkbookError":
        """The sheet ends where a sheet must end."""
        return cls(
            Sentence(
                N_(
                    "The sheet “%(sheet)s” is full (%(rows)s rows): whatever came after its last"
                    " row was cut off when it was written."
                ),
                {"sheet": sheet[:80], "rows": rows},
            ),
            Sentence(_SHORTER),
        )


class WebPageError(RefusedFileError):
    """A web page under the name of a workbook."""

    @classmethod
    def of(cls) -> "WebPageError":
        """HTML, often with the ending .xls."""
        return cls(
            Sentence(
                N_("Expected rows of cells; this file is a web page (HTML, often named .xls).")
            ),
            Sentence(
                N_(
                    "Open it in a spreadsheet program, choose “Save as”, take Excel workbook"
                    " (.xlsx) or CSV UTF-8, and upload that file."
                )
            ),
        )


@dataclass(frozen=True, slots=True)
class TextReading:
    """The beginning of a text as it reads in one encoding."""

    encoding: str
    start: str


class EncodingUndecidedError(EncodingUnknownError):
    """The text reads in several encodings, and nothing in it tells which is right."""

    @classmethod
    def among(cls, line: int, readings: list[TextReading]) -> "EncodingUndecidedError":
        """UTF-8 breaks in `line`; the text can be read in any of these encodings."""
        said: dict[str, Any] = {"line": line}
        said |= {f"reading_{reading.encoding}": reading.start for reading in readings}
        shown = "; ".join(f"{reading.encoding.upper()}: “{reading.start}”" for reading in readings)
        return cls(
            Sentence(
                N_(
                    "Expected text in UTF-8, but line %(line)s is not UTF-8, and no heading that"
                    " we know tells which encoding it is. The first lines read: %(shown)s."
                ),
                {**said, "shown": shown},
            ),
            Sentence(N_("Say which of these reads right, or save the file as “CSV UTF-8”.")),
            field="encoding",
        )
