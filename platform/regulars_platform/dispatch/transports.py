"""What every way of sending takes and gives back, whatever is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from regulars_platform.words import Sentence

Fate = Literal["accepted", "delivered", "refused", "unsubscribed", "retry", "unsure"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """One message, ready to leave. key: says to a receiver whether it had it before."""

    id: int
    key: str
    customer_id: str
    channel: str
    address: str
    subject: str
    text: str
    source: str
    source_id: int
    arm: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one message.

    retry: it may be tried again (after `wait` seconds, where the other side said so); arrived: it
    may have got there in spite of that. unsure: nobody can tell, and trying again could be twice.
    """

    id: int
    fate: Fate
    provider_id: str | None = None
    problem: Sentence | None = None
    wait: int | None = None
    arrived: bool = False


class DownError(Exception):
    """The other side takes nothing now, whoever it is for; nothing of what was handed over left."""

    def __init__(self, problem: Sentence, wait: int | None = None) -> None:
        self.problem = problem
        self.wait = wait
        super().__init__(str(problem))


class Transport(Protocol):
    """A way to send. at_once: how many messages it takes in one go; idempotent: whether the other
    side drops a message that it had before."""

    at_once: int
    idempotent: bool

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Send them; one outcome for each. Raises DownError."""

    def close(self) -> None:
        """Let go of the connection."""
