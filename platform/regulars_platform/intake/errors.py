"""What can be wrong with an order file, one class per fact.

`RefusedFileError` and its subclasses need a person: another file, or another mapping.
"""

from collections.abc import Mapping

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


class MappingError(IntakeError):
    """One column of the mapping does not hold. `field` is the order field."""

    @classmethod
    def missing(cls, field: str) -> "MappingError":
        """A field without which no order can be stored."""
        problem = {
            "order_id": N_("No column holds the order number."),
            "customer_id": N_("No customer column: nobody could be recognised in this file."),
            "ordered_at": N_("No column says when the order was made."),
            "amount": N_("No column holds money: amount, or unit price and quantity, or total."),
            "refund": N_("No column holds the refunded money."),
        }[field]
        hint = {
            "order_id": N_("Choose the column with the order or invoice number."),
            "customer_id": N_(
                "Choose the column that tells customers apart (customer number, e-mail, phone,"
                " member name), or export the orders with that column. If the customers are in"
                " another file of the same orders, say so under “What this file is”."
            ),
            "ordered_at": N_("Choose the column with the date or time of the order."),
            "amount": N_("Choose the column with the amount of the line or of the order."),
            "refund": N_("Choose the column with the money that was given back."),
        }[field]
        return cls(Sentence(problem), Sentence(hint), field=field)

    @classmethod
    def unknown_heading(cls, field: str, heading: str) -> "MappingError":
        """The mapping names a column that the file does not have."""
        return cls(
            Sentence(N_("The file has no column “%(heading)s”."), {"heading": heading}),
            Sentence(N_("Choose one of the columns shown.")),
            field=field,
        )

    @classmethod
    def used_twice(cls, field: str, heading: str) -> "MappingError":
        """One column was chosen for two fields."""
        return cls(
            Sentence(
                N_("The column “%(heading)s” is chosen for two meanings."), {"heading": heading}
            ),
            Sentence(N_("Choose each column once.")),
            field=field,
        )

    @classmethod
    def unknown_status(cls, word: str, status: str) -> "MappingError":
        """A status word was placed somewhere that does not exist."""
        return cls(
            Sentence(
                N_(
                    "“%(word)s” is placed as “%(status)s”; expected paid, unpaid or cancelled (of"
                    " a refund: given back or not)."
                ),
                {"word": word, "status": status},
            ),
            field="status",
        )


class ColumnUnreadableError(RefusedFileError):
    """A whole column cannot be read as what it was said to be."""

    @classmethod
    def no_dates(cls, heading: str, example: str) -> "ColumnUnreadableError":
        """Not one date in the column of dates."""
        return cls(
            Sentence(
                N_(
                    "Expected dates in the column “%(heading)s”; not one is readable:"
                    " “%(example)s”."
                ),
                {"heading": heading, "example": example},
            ),
            Sentence(N_("Choose another column for the date, or export with dates as 2026-01-31.")),
            field="ordered_at",
        )

    @classmethod
    def no_numbers(cls, field: str, heading: str, example: str) -> "ColumnUnreadableError":
        """Not one number in a column of money."""
        return cls(
            Sentence(
                N_(
                    "Expected amounts in the column “%(heading)s”; not one is a number:"
                    " “%(example)s”."
                ),
                {"heading": heading, "example": example},
            ),
            Sentence(N_("Choose another column for the amount.")),
            field=field,
        )


class AmbiguousColumnError(RefusedFileError):
    """Two readings of a column are both possible; only a person can tell."""

    @classmethod
    def dates(cls, heading: str, example: str) -> "AmbiguousColumnError":
        """No date in the whole column tells day and month apart."""
        return cls(
            Sentence(
                N_(
                    "The dates in “%(heading)s” can be read day first or month first"
                    " (“%(example)s”), and nothing in the file tells which."
                ),
                {"heading": heading, "example": example},
            ),
            Sentence(N_("Say which comes first, the day or the month, and check again.")),
            field="date_order",
        )

    @classmethod
    def mixed_dates(cls, heading: str, day: str, month: str) -> "AmbiguousColumnError":
        """Some dates can only be day first, others only month first."""
        return cls(
            Sentence(
                N_(
                    "The dates in “%(heading)s” are mixed: “%(day)s” has the day first,"
                    " “%(month)s” the month."
                ),
                {"heading": heading, "day": day, "month": month},
            ),
            Sentence(
                N_("Export with one form of date; or say which comes first: others are rejected.")
            ),
            field="date_order",
        )

    @classmethod
    def amounts(cls, heading: str, example: str) -> "AmbiguousColumnError":
        """A point before three digits: thousands or decimals?"""
        return cls(
            Sentence(
                N_(
                    "In “%(heading)s” the point in “%(example)s” may mark thousands or decimals,"
                    " and nothing in the file tells which."
                ),
                {"heading": heading, "example": example},
            ),
            Sentence(N_("Say whether point or comma marks the decimals, and check again.")),
            field="decimal",
        )


class UndecidedError(IntakeError):
    """Something has to be decided by a person before the file can be stored."""

    @classmethod
    def status_words(cls, words: Mapping[str, int]) -> "UndecidedError":
        """Status words that we do not know."""
        shown = ", ".join(f"{word or '∅'} ({count})" for word, count in list(words.items())[:10])
        return cls(
            Sentence(
                N_("The file has status words whose meaning is not known: %(words)s."),
                {"words": shown},
            ),
            Sentence(N_("Say of each whether it means paid, unpaid or cancelled; check again.")),
            field="status_words",
        )

    @classmethod
    def overlap(cls, lines: int, first: str, last: str) -> "UndecidedError":
        """Lines that an earlier file holds under other order numbers."""
        return cls(
            Sentence(
                N_(
                    "%(lines)s lines (%(first)s to %(last)s) seem to be stored already under other"
                    " order numbers: same customer, time and amount."
                ),
                {"lines": lines, "first": first, "last": last},
            ),
            Sentence(N_("Choose whether to leave them out or to store them all the same.")),
            field="overlap",
        )
