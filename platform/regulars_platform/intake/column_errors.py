"""What can be wrong with the columns of an order file, and what is taken for what."""

from collections.abc import Mapping

from regulars_platform.intake.errors import IntakeError, RefusedFileError
from regulars_platform.words import N_, Sentence


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
