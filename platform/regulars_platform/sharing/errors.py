"""Why a link cannot be made, or opened."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class ShareError(RegularsError):
    """A link that cannot be made as asked for."""

    @classmethod
    def days(cls, choices: tuple[int, ...]) -> "ShareError":
        """Some other time than those offered."""
        return cls(
            Sentence(
                N_("A link lasts one of these numbers of days: %(days)s."),
                {"days": ", ".join(map(str, choices))},
            ),
            field="days",
        )

    @classmethod
    def meant_for(cls) -> "ShareError":
        """A whole letter."""
        return cls(
            Sentence(N_("Write down whom the link is for in up to 200 characters.")),
            field="meant_for",
        )

    @classmethod
    def too_many(cls, most: int) -> "ShareError":
        """More open links than anybody can keep an eye on."""
        return cls(
            Sentence(N_("This campaign has %(most)s open links already."), {"most": most}),
            Sentence(N_("Withdraw those that are not needed any more.")),
        )


class NoShareError(NotFoundError):
    """No link, or not of this campaign."""

    @classmethod
    def unknown(cls) -> "NoShareError":
        """Never made, or mistyped."""
        return cls(
            Sentence(N_("There is no report at this address.")),
            Sentence(N_("The link may have been cut off on its way: use the whole of it.")),
        )


class ClosedShareError(RegularsError):
    """A link that was good once."""

    @classmethod
    def expired(cls) -> "ClosedShareError":
        """Its time is over."""
        return cls(
            Sentence(N_("This link has expired.")),
            Sentence(N_("Ask whoever sent it to you for a new one.")),
        )

    @classmethod
    def revoked(cls) -> "ClosedShareError":
        """Somebody of the shop withdrew it."""
        return cls(
            Sentence(N_("This link was withdrawn.")),
            Sentence(N_("Ask whoever sent it to you for a new one.")),
        )
