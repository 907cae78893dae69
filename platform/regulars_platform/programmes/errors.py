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
    def not_started(cls, name: str) -> "ProgrammeStateError":
        """Nothing has happened that could be looked at."""
        return cls(
            Sentence(N_("“%(name)s” was never started."), {"name": name}),
            Sentence(N_("Start it first.")),
        )

    @classmethod
    def sends(cls, name: str) -> "ProgrammeStateError":
        """Whoever took a list besides would be reached twice."""
        return cls(
            Sentence(
                N_("The channel of “%(name)s” sends by itself: a list would reach people twice."),
                {"name": name},
            )
        )

    @classmethod
    def started(cls, name: str) -> "ProgrammeStateError":
        """What has run is not forgotten."""
        return cls(
            Sentence(N_("“%(name)s” has run, so it stays."), {"name": name}),
            Sentence(N_("End it instead.")),
        )

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


class RunUnderWayError(RegularsError):
    """A day's run has begun, and would not see what is changed now."""

    @classmethod
    def build(cls) -> "RunUnderWayError":
        """It is over in a moment."""
        return cls(Sentence(N_("Today's run is under way. Press again when it is over.")))


class DayError(RegularsError):
    """The day cannot be run."""

    @classmethod
    def not_yet(cls, day: dt.date) -> "DayError":
        """Tomorrow's orders are not known."""
        return cls(
            Sentence(N_("%(day)s has not begun in the shop's time zone."), {"day": day.isoformat()})
        )
