"""Why there is no report, or no decision on it."""

import datetime as dt

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class NoOutcomesError(RegularsError):
    """There are no orders yet that a report could be about."""

    @classmethod
    def no_orders(cls) -> "NoOutcomesError":
        """Nothing was ever imported."""
        return cls(
            Sentence(N_("This shop has no orders yet.")),
            Sentence(N_("Upload an order file first.")),
        )

    @classmethod
    def too_early(cls, send_date: dt.date) -> "NoOutcomesError":
        """The campaign has not begun."""
        return cls(
            Sentence(
                N_("The campaign starts on %(day)s; there is nothing to evaluate before."),
                {"day": send_date.isoformat()},
            )
        )

    @classmethod
    def none_yet(cls, start: dt.date, end: dt.date) -> "NoOutcomesError":
        """No order of the window is in the table."""
        return cls(
            Sentence(
                N_("No order from %(start)s to %(end)s has been uploaded yet."),
                {"start": start.isoformat(), "end": end.isoformat()},
            ),
            Sentence(N_("Upload the order file of these days, then evaluate.")),
        )


class NoReportError(NotFoundError):
    """There is no such report."""

    @classmethod
    def unknown(cls) -> "NoReportError":
        """Not of this campaign, or not at all."""
        return cls(Sentence(N_("There is no such report.")))


class UnknownDecisionError(RegularsError):
    """A decision that cannot be written down."""

    @classmethod
    def group(cls) -> "UnknownDecisionError":
        """Not a group of the report."""
        return cls(Sentence(N_("The report has no such group.")), field="group")

    @classmethod
    def choice(cls) -> "UnknownDecisionError":
        """None of what can be decided."""
        return cls(
            Sentence(N_("Choose keep, stop, re-test or change the threshold.")), field="choice"
        )

    @classmethod
    def reason(cls) -> "UnknownDecisionError":
        """Without a reason, or a whole book."""
        return cls(
            Sentence(N_("Write down why, in up to 2,000 characters.")),
            field="reason",
        )
