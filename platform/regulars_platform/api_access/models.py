"""A token as others see it, and an answer that is kept."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from regulars_platform.api_access.scopes import Scope

TokenId = NewType("TokenId", int)


class TokenState(StrEnum):
    """Whether a token opens anything."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """One token. Its secret is known to whoever made it, and to nobody here.

    start: the first characters of the secret, to tell tokens apart. user_id: who made it; what is
    done with it counts as done by that person. last_used_at: to the hour.
    """

    id: TokenId
    shop_id: int
    user_id: int
    name: str
    start: str
    scopes: frozenset[Scope]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def state_at(self, now: dt.datetime) -> TokenState:
        """Whether it opens anything at this time."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return TokenState.EXPIRED
        return TokenState.VALID


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """What a write answered: it is given again when the same write comes again."""

    status: int
    body: str
