"""What can be wrong with an order file, one class per fact; with its columns: `column_errors`.

`RefusedFileError` and its subclasses need a person: another file, or another mapping.
"""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence

_EXPORT_AGAIN = N_(
    "Export the orders again as CSV (UTF-8), Excel workbook (.xlsx) or Parquet and upload that"
    " file."
)


class IntakeError(RegularsError):
    """Base of everything the intake has to say."""


class ImportNotFoundError(IntakeError, NotFoundError):
    """There is no such import."""

    @classmethod
    def of(cls, import_id: int) -> "ImportNotFoundError":
        """No import with this number."""
        return cls(
            Sentence(N_("There is no import number %(import_id)s."), {"import_id": import_id})
        )


class WrongStateError(IntakeError):
    """The step asked for does not fit how far the import is."""

    @classmethod
    def of(cls, state: str, expected: str) -> "WrongStateError":
        """This import is `state`; the step needs it to be `expected`."""
        return cls(
            Sentence(
                N_("This import is “%(state)s”; this step needs it to be “%(expected)s”."),
                {"state": state, "expected": expected},
            ),
            Sentence(N_("Reload the page to see how far it is.")),
        )


class DiskFullError(IntakeError):
    """The disk that holds the data folder has no room left."""

    @classmethod
    def of(cls, step: str) -> "DiskFullError":
        """No room left while doing `step`."""
        return cls(
            Sentence(
                N_("The disk is full (while: %(step)s). Nothing of this file was stored."),
                {"step": step},
            ),
            Sentence(N_("Make room on the disk that holds the data folder, then try again.")),
        )


class RefusedFileError(IntakeError):
    """The file cannot be read as it is."""


class EmptyFileError(RefusedFileError):
    """There is nothing, or nothing but headings, in the file."""

    @classmethod
    def no_bytes(cls) -> "EmptyFileError":
        """Not one byte (or nothing but blank lines)."""
        return cls(
            Sentence(N_("Expected a file of orders, but the file is empty.")),
            Sentence(_EXPORT_AGAIN),
        )

    @classmethod
    def no_lines(cls) -> "EmptyFileError":
        """Headings but no line below them."""
        return cls(
            Sentence(N_("The file has headings but not one order line below them.")),
            Sentence(N_("Check the period chosen for the export, then export again.")),
        )


class UnsupportedFileError(RefusedFileError):
    """A kind of file that we recognise and do not read."""

    @classmethod
    def of(cls, what: str) -> "UnsupportedFileError":
        """The file is a `what`."""
        return cls(
            Sentence(
                N_(
                    "Expected CSV (also in gzip or ZIP), an Excel workbook or Parquet; this file"
                    " is: %(what)s."
                ),
                {"what": what},
            ),
            Sentence(
                N_("Open it where it came from, save it as CSV (UTF-8), and upload that file.")
            ),
        )


class BinaryFileError(RefusedFileError):
    """Bytes that are not text in any encoding."""

    @classmethod
    def at(cls, position: int) -> "BinaryFileError":
        """Byte number `position` cannot be part of a text file."""
        return cls(
            Sentence(
                N_("Expected a text file, but this one holds binary data (byte %(position)s)."),
                {"position": position},
            ),
            Sentence(_EXPORT_AGAIN),
        )


class TruncatedFileError(RefusedFileError):
    """The file ends in the middle."""

    @classmethod
    def gzip(cls, lines: int) -> "TruncatedFileError":
        """A gzip stream that ends or breaks after about `lines` lines."""
        return cls(
            Sentence(
                N_(
                    "The gzip file is damaged or cut off: it breaks after about %(lines)s lines."
                    " Nothing of it was stored."
                ),
                {"lines": lines},
            ),
            Sentence(N_("Download or compress the file again and upload it once more.")),
        )

    @classmethod
    def parquet(cls) -> "TruncatedFileError":
        """A Parquet file whose footer or pages cannot be read."""
        return cls(
            Sentence(N_("The file begins like Parquet but cannot be read: damaged or cut off.")),
            Sentence(N_("Write or download the file again and upload it once more.")),
        )


class EndlessLineError(RefusedFileError):
    """A line longer than any order line."""

    @classmethod
    def at(cls, line: int, limit: int) -> "EndlessLineError":
        """Line number `line` is longer than `limit` bytes."""
        return cls(
            Sentence(
                N_(
                    "Line %(line)s is longer than %(limit)s bytes; expected one order line per"
                    " line of the file."
                ),
                {"line": line, "limit": limit},
            ),
            Sentence(_EXPORT_AGAIN),
        )


class TooLargeError(RefusedFileError):
    """More than we unpack."""

    @classmethod
    def bytes(cls, limit: int) -> "TooLargeError":
        """Unpacks to more than `limit` bytes."""
        return cls(
            Sentence(
                N_("The file unpacks to more than %(limit)s GiB of text."),
                {"limit": limit >> 30},
            ),
            Sentence(N_("Export the orders in several files of shorter periods.")),
        )


class TooManyColumnsError(RefusedFileError):
    """More columns than an order export has."""

    @classmethod
    def of(cls, columns: int, limit: int) -> "TooManyColumnsError":
        """The first line has `columns` columns."""
        return cls(
            Sentence(
                N_("The first line has %(columns)s columns; an order file has at most %(limit)s."),
                {"columns": columns, "limit": limit},
            ),
            Sentence(N_("Check that each order is a line of its own, not a column.")),
        )


class EncodingUnknownError(RefusedFileError):
    """Neither UTF-8 nor an encoding in which the headings make sense."""

    @classmethod
    def at(cls, line: int) -> "EncodingUnknownError":
        """UTF-8 breaks in `line`, and nothing else fits."""
        return cls(
            Sentence(
                N_(
                    "Expected text in UTF-8, GB18030 (GBK) or Big5, but line %(line)s is not"
                    " UTF-8 and the file makes no sense in the others either."
                ),
                {"line": line},
            ),
            Sentence(N_("Save the file as “CSV UTF-8” and upload it again.")),
        )

    @classmethod
    def not_offered(cls, encoding: str) -> "EncodingUnknownError":
        """A person (or a hand-made request) named an encoding that we do not read."""
        return cls(
            Sentence(
                N_("“%(encoding)s” is not among the encodings offered."),
                {"encoding": encoding[:40]},
            ),
            Sentence(N_("Choose one of those shown, or save the file as “CSV UTF-8”.")),
            field="encoding",
        )


class NoTableError(RefusedFileError):
    """Text, but not in columns."""

    @classmethod
    def one_column(cls, first: str) -> "NoTableError":
        """No comma, semicolon or tab parts the first line."""
        return cls(
            Sentence(
                N_(
                    "Expected columns parted by comma, semicolon or tab; the first line is one"
                    " piece: “%(first)s”."
                ),
                {"first": first},
            ),
            Sentence(_EXPORT_AGAIN),
        )

    @classmethod
    def no_headings(cls, first: str) -> "NoTableError":
        """The first line already holds data."""
        return cls(
            Sentence(
                N_("Expected headings in the first line; it holds values: “%(first)s”."),
                {"first": first},
            ),
            Sentence(N_("Export the file again with its line of headings.")),
        )


class OtherFileError(RefusedFileError):
    """A known export that is not a usable order file."""

    @classmethod
    def of(cls, what: str, instead: Sentence) -> "OtherFileError":
        """It is a `what`; `instead` says which file to use."""
        return cls(
            Sentence(N_("This looks like another kind of file: %(what)s."), {"what": what}), instead
        )


class BusyError(IntakeError):
    """A step of this file is under way."""

    @classmethod
    def of(cls) -> "BusyError":
        """It has to end before the next one."""
        return cls(
            Sentence(N_("A step of this file is still under way.")),
            Sentence(N_("Wait until its job is over, or cancel it.")),
        )
