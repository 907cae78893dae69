"""What can be wrong when programmes are started, changed or run."""

import datetime as dt

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.programmes.kinds import WORK_OUT_DUE
from regulars_platform.words import N_, Sentence


class ProgrammeNotFoundError(NotFoundError):
    """No such programme in this shop."""

    @classmethod
    def build(cls) -> "ProgrammeNotFoundError":
        """The number itself says nothing to a person."""
        return cls(
            Sentence(N_("There is no such programme in this shop.")),
            Sentence(N_("Go back to the list of programmes.")),
        )


class ProgrammeStateError(RegularsError):
    """What was asked for does not go with the state that the programme is in."""

    @classmethod
    def ended(cls, name: str) -> "ProgrammeStateError":
        """An ended programme stays as it is."""
        return cls(
            Sentence(N_("“%(name)s” has ended and stays as it was."), {"name": name}),
            Sentence(N_("Begin a new programme of the same kind instead.")),
        )

    @classmethod
    def not_running(cls, name: str) -> "ProgrammeStateError":
        """Only a running programme can be paused."""
        return cls(Sentence(N_("“%(name)s” is not running."), {"name": name}))

    @classmethod
    def changed(cls, name: str) -> "ProgrammeStateError":
        """Somebody else was faster."""
        return cls(
            Sentence(N_("“%(name)s” was changed by somebody else meanwhile."), {"name": name}),
            Sentence(N_("Look at it again, then repeat what you wanted.")),
        )


class ProgrammeUnavailableError(RegularsError):
    """The shop's data have nothing that could set the programme off."""

    @classmethod
    def needs(cls, what: str, *, field: str | None = None) -> "ProgrammeUnavailableError":
        """what: message id of what is missing; field: of the plan that asks for it."""
        waits = what == WORK_OUT_DUE
        return cls(
            Sentence(
                N_("The shop's data do not have what this needs: %(what)s."),
                {"what": Sentence(what)},
            ),
            Sentence(
                N_("Work it out on the page “Due again”, then start the programme.")
                if waits
                else N_("Bring a file that has it, then start the programme.")
            ),
            field=field,
        )

    @classmethod
    def no_orders(cls) -> "ProgrammeUnavailableError":
        """Nothing was ever imported."""
        return cls(
            Sentence(N_("There are no orders yet.")),
            Sentence(N_("Bring an order file first.")),
        )


class NoWordsError(RegularsError):
    """The channel sends by itself, and there is nothing to send."""

    @classmethod
    def build(cls) -> "NoWordsError":
        """Beside the field with the words."""
        return cls(
            Sentence(N_("This channel sends by itself, so write what customers are told.")),
            field="offer.words",
        )


class DayError(RegularsError):
    """The day cannot be run."""

    @classmethod
    def not_yet(cls, day: dt.date) -> "DayError":
        """Tomorrow's orders are not known."""
        return cls(
            Sentence(N_("%(day)s has not begun in the shop's time zone."), {"day": day.isoformat()})
        )
