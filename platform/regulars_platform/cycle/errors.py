"""What can go wrong around due dates."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class NoOrdersError(RegularsError):
    """There is nothing to work it out from."""

    @classmethod
    def build(cls) -> "NoOrdersError":
        """No order lines of a known customer."""
        return cls(
            Sentence(N_("No paid order of a known customer is here yet.")),
            Sentence(N_("Bring orders first; when goods run out is worked out from them.")),
        )


class NotDueError(NotFoundError):
    """A customer was never due for that."""

    @classmethod
    def build(cls) -> "NotDueError":
        """No such customer and product on the list."""
        return cls(
            Sentence(N_("This customer is not on the list with that product.")),
            Sentence(N_("Look for both on the list of who is due.")),
        )


class NotWorkedOutError(NotFoundError):
    """Nobody has asked for the dates yet."""

    @classmethod
    def build(cls) -> "NotWorkedOutError":
        """What to do about it."""
        return cls(
            Sentence(N_("Who is due has not been worked out yet.")),
            Sentence(N_("Have it worked out first; it takes a moment.")),
        )
