"""What can go wrong around jobs."""

from regulars_platform.errors import NotFoundError
from regulars_platform.words import N_, Sentence


class JobCancelled(Exception):  # noqa: N818 -- not an error: somebody asked for it
    """Raised inside a handler, from `report`, when a person asked for the job to stop."""


class JobNotFoundError(NotFoundError):
    """No such job in this shop."""

    @classmethod
    def of(cls) -> "JobNotFoundError":
        """The number itself says nothing to a person."""
        return cls(Sentence(N_("There is no such piece of work in this shop.")))


UNEXPECTED = Sentence(
    N_("Something went wrong inside Regulars itself; nothing half-done was kept.")
)
UNEXPECTED_HINT = Sentence(
    N_("Try once more. If it happens again, the log of the server says why.")
)
DISK_FULL = Sentence(N_("The disk of the server is full; nothing half-done was kept."))
DISK_FULL_HINT = Sentence(N_("Make room on it, then start this again."))
GAVE_UP = Sentence(
    N_("The server stopped %(times)s times while doing this, so it was not tried again.")
)
GAVE_UP_HINT = Sentence(
    N_("Often the machine ran out of memory. Check its log, then start this again.")
)
