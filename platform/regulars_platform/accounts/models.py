"""A person who signs in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", int)


class Role(StrEnum):
    """What a person may do. The owner may do everything."""

    OWNER = "owner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A person as the pages see them; never carries the password.

    locale: the language they chose, or None to follow their browser.
    session_epoch: sessions begun under another epoch have ended.
    """

    id: UserId
    email: str
    name: str
    role: Role
    locale: str | None
    session_epoch: int
