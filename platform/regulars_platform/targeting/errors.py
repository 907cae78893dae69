"""What can go wrong around whom to keep."""

import datetime as dt

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class NotReadyError(RegularsError):
    """There is nothing to learn from yet."""

    @classmethod
    def no_report(cls) -> "NotReadyError":
        """The campaign was never evaluated."""
        return cls(
            Sentence(N_("The campaign has no report yet.")),
            Sentence(N_("Evaluate it first; whom to keep is learnt from the same orders.")),
        )

    @classmethod
    def whole_groups(cls) -> "NotReadyError":
        """Groups were drawn, so nobody was told or held back as a person."""
        return cls(
            Sentence(
                N_("Whole groups were drawn: that does not say which customers are worth telling.")
            ),
            Sentence(N_("Draw each customer, by a channel that reaches persons, to learn that.")),
        )

    @classmethod
    def still_open(cls, end: dt.date) -> "NotReadyError":
        """The outcome window is not over."""
        return cls(
            Sentence(
                N_(
                    "Whom to keep can be worked out once the outcome window is over, after %(day)s."
                ),
                {"day": end.isoformat()},
            ),
            Sentence(N_("Evaluate the campaign again then.")),
        )


class LimitError(RegularsError):
    """A limit on the next round that cannot be one."""

    @classmethod
    def too_many(cls, asked: int, units: int) -> "LimitError":
        """More than the audience."""
        return cls(
            Sentence(
                N_("At most %(asked)s is no limit: the audience has %(units)s."),
                {"asked": asked, "units": units},
            ),
            Sentence(N_("Give a number below that, or choose no limit.")),
            field="limit_amount",
        )

    @classmethod
    def costs_nothing(cls) -> "LimitError":
        """There is nothing to spend."""
        return cls(
            Sentence(
                N_(
                    "Money cannot be the limit: by the plan an arm costs nothing for telling a"
                    " customer."
                )
            ),
            Sentence(N_("Limit the number of customers, or their share.")),
            field="limit",
        )

    @classmethod
    def busy(cls) -> "LimitError":
        """It is being worked out."""
        return cls(
            Sentence(N_("Whom to keep is being worked out already.")),
            Sentence(N_("Ask for another limit when that is done.")),
        )


class NoTargetingError(NotFoundError):
    """It was not worked out, or there is no list."""

    @classmethod
    def none(cls) -> "NoTargetingError":
        """Never worked out for this campaign."""
        return cls(Sentence(N_("Whom to keep has not been worked out for this campaign.")))

    @classmethod
    def no_list(cls) -> "NoTargetingError":
        """Worked out, but the data carry no list."""
        return cls(Sentence(N_("These data carry no list: the report says why.")))

    @classmethod
    def changed(cls, name: str) -> "NoTargetingError":
        """The stored scores are missing or not as they were written."""
        return cls(
            Sentence(
                N_("The stored scores %(name)s are not as they were written."), {"name": name}
            ),
            Sentence(N_("Work out whom to keep again.")),
        )


class NoKeepersError(RegularsError):
    """Nobody to plan the next round on."""

    @classmethod
    def unknown(cls, key: str) -> "NoKeepersError":
        """No such choice of whom to keep."""
        return cls(
            Sentence(N_("There is no choice %(key)s of whom to keep."), {"key": key}),
            Sentence(N_("Choose one of those that the report names.")),
            field="keepers",
        )


class ReplayError(RegularsError):
    """A plan that cannot be valued on that campaign."""

    @classmethod
    def own_origin(cls, name: str) -> "ReplayError":
        """The draft was made from that campaign's own result."""
        return cls(
            Sentence(
                N_(
                    "This draft was made from the result of %(name)s itself: there it would look"
                    " better than it is."
                ),
                {"name": name},
            ),
            Sentence(N_("Choose another past campaign; the report of that one has its value.")),
            field="on",
        )

    @classmethod
    def own_result(cls, name: str) -> "ReplayError":
        """The plan to compare with is that campaign's own keepers."""
        return cls(
            Sentence(
                N_(
                    "The keepers of %(name)s were chosen by its own result: on it they would look"
                    " better than they are."
                ),
                {"name": name},
            ),
            Sentence(N_("Compare with another plan, or replay on another campaign.")),
            field="against",
        )

    @classmethod
    def no_audience(cls) -> "ReplayError":
        """The draft does not say yet whom it is for."""
        return cls(
            Sentence(N_("The draft does not say yet whom it is for.")),
            Sentence(N_("Choose its audience first.")),
        )

    @classmethod
    def unknown(cls) -> "ReplayError":
        """No such plan to compare with."""
        return cls(Sentence(N_("There is no such plan to compare with.")), field="against")
