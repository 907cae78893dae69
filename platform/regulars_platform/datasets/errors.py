"""What can be wrong with a file of another kind than orders, one class per fact."""

from regulars_platform.datasets.kinds import KINDS
from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.intake.errors import IntakeError, RefusedFileError
from regulars_platform.words import N_, Sentence


class DatasetImportNotFoundError(IntakeError, NotFoundError):
    """There is no such import in this shop."""

    @classmethod
    def of(cls, import_id: int) -> "DatasetImportNotFoundError":
        """No import with this number."""
        return cls(
            Sentence(N_("There is no other file number %(import_id)s."), {"import_id": import_id})
        )


class OrderFileError(RefusedFileError):
    """Orders where something else was expected."""

    @classmethod
    def of(cls) -> "OrderFileError":
        """The headings are those of an order file."""
        return cls(
            Sentence(N_("This looks like a file of orders, not of customers or products.")),
            Sentence(N_("Bring it on the page Data, Orders.")),
            field="orders",
        )


class KindUnknownError(RegularsError):
    """Nobody said which kind of file it is, and its headings do not tell."""

    @classmethod
    def of(cls, word: object = None) -> "KindUnknownError":
        """The headings tell no kind, or `word` is none."""
        if word:
            return cls(
                Sentence(
                    N_("There is no kind of file called “%(word)s”; choose one of: %(kinds)s."),
                    {"word": str(word)[:80], "kinds": ", ".join(KINDS)},
                ),
                field="kind",
            )
        return cls(
            Sentence(N_("The headings do not tell what this file holds.")),
            Sentence(N_("Say which kind of file it is.")),
            field="kind",
        )


class ColumnError(IntakeError):
    """One column is taken for something that does not hold; `field` is that meaning."""

    @classmethod
    def missing(cls, target: str) -> "ColumnError":
        """A meaning without which nothing can be stored."""
        problem = {
            "customer_id": N_("No column says which customer it is."),
            "product": N_("No column says which product it is."),
            "referrer_id": N_("No column says who brought the customer."),
            "points": N_("No column holds the number of points."),
            "day": N_("No column holds the day."),
            "happened_at": N_("No column says when it happened."),
            "figure": N_("No column holds a figure of the day."),
            "kind": N_("No column says what happened; say it for all rows below."),
            "anything": N_("No column says anything about them beside the key."),
        }[target]
        return cls(
            Sentence(problem), Sentence(N_("Choose the column that holds it.")), field=target
        )

    @classmethod
    def taken_twice(cls, target: str, first: str, second: str) -> "ColumnError":
        """Two columns are taken for the same."""
        return cls(
            Sentence(
                N_("Both “%(first)s” and “%(second)s” are taken for the same. Choose one."),
                {"first": first[:80], "second": second[:80]},
            ),
            field=target,
        )

    @classmethod
    def unknown_heading(cls, target: str, heading: str) -> "ColumnError":
        """The file has no such column."""
        return cls(
            Sentence(N_("The file has no column “%(heading)s”."), {"heading": heading[:80]}),
            Sentence(N_("Choose one of the columns shown.")),
            field=target,
        )

    @classmethod
    def unknown_target(cls, heading: str, target: str) -> "ColumnError":
        """A column is taken for something that this kind of file does not have."""
        return cls(
            Sentence(
                N_("“%(heading)s” cannot be taken for “%(target)s” in this kind of file."),
                {"heading": heading[:80], "target": target[:80]},
            ),
            field=target,
        )

    @classmethod
    def too_many_attributes(cls, found: int, limit: int) -> "ColumnError":
        """More columns are taken for attributes than a customer has."""
        return cls(
            Sentence(
                N_("%(found)s columns are taken for attributes; %(limit)s are possible."),
                {"found": found, "limit": limit},
            ),
            Sentence(N_("Set those that nobody needs to “not used”.")),
        )

    @classmethod
    def bad_as_of(cls) -> "ColumnError":
        """The day on which ages held lies outside what can be."""
        return cls(
            Sentence(N_("Ages need a day on which they held, not in the future.")),
            Sentence(N_("Give the day on which the file was made, as in 2026-01-31.")),
            field="as_of",
        )


class NothingToUndoError(RegularsError):
    """Nothing of what was typed stands any more."""

    @classmethod
    def of(cls) -> "NothingToUndoError":
        """It was taken back before, or everything was changed since."""
        return cls(
            Sentence(N_("There is nothing to take back: none of it stands any more.")),
            Sentence(N_("Type in what should hold now.")),
        )
