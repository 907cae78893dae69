"""What can be wrong with tokens, and with keys of repeated writes."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class TokenNotFoundError(NotFoundError):
    """No such token in this shop."""

    @classmethod
    def of(cls, token_id: int) -> "TokenNotFoundError":
        """Names the number that was asked for."""
        return cls(
            Sentence(N_("There is no token number %(token_id)s."), {"token_id": token_id}),
        )


class TokenNameError(RegularsError):
    """A token needs a name of at most 100 characters."""

    @classmethod
    def of(cls, name: str) -> "TokenNameError":
        """Missing or too long."""
        if not name.strip():
            return cls(
                Sentence(N_("Give the token a name that says what it is for.")), field="name"
            )
        return cls(
            Sentence(
                N_("The name of the token has %(length)s characters; 100 fit."),
                {"length": len(name.strip())},
            ),
            field="name",
        )


class TokenScopesError(RegularsError):
    """A token without anything that it may do, or with something unknown."""

    @classmethod
    def none(cls) -> "TokenScopesError":
        """Nothing chosen."""
        return cls(Sentence(N_("Choose at least one thing that the token may do.")), field="scopes")

    @classmethod
    def unknown(cls, scope: str) -> "TokenScopesError":
        """Names what came."""
        return cls(
            Sentence(N_("“%(scope)s” is nothing that a token can be for."), {"scope": scope}),
            field="scopes",
        )


class TokenExpiryError(RegularsError):
    """A time until which a token holds that is no such time."""

    @classmethod
    def of(cls, most: int) -> "TokenExpiryError":
        """Names the days that can be chosen."""
        return cls(
            Sentence(
                N_("A token holds for 1 to %(most)s days, or until it is revoked."),
                {"most": most},
            ),
            field="days",
        )


class IdempotencyKeyReusedError(RegularsError):
    """One key for two different writes."""

    @classmethod
    def of(cls) -> "IdempotencyKeyReusedError":
        """The first one holds."""
        return cls(
            Sentence(N_("This Idempotency-Key was used for another request already.")),
            Sentence(N_("Repeat a request unchanged under its key, or choose a new key.")),
        )


class IdempotencyInProgressError(RegularsError):
    """The same write is under way."""

    @classmethod
    def of(cls) -> "IdempotencyInProgressError":
        """It will have an answer soon."""
        return cls(
            Sentence(N_("The request with this Idempotency-Key is still being worked on.")),
            Sentence(N_("Send it again in a few seconds to get its answer.")),
        )
