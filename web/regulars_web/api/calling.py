"""What a handler is given of a request: whose it is, and how to write exactly once."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from regulars_platform.accounts.service import names_of_users
from regulars_platform.api_access.answers import keep_answer
from regulars_platform.api_access.models import KeptAnswer, Token
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile
from regulars_platform.storage.database import Database
from regulars_web.api.models import Model
from regulars_web.edge import unit_of_work

M = TypeVar("M", bound=Model | None)


@dataclass(kw_only=True, slots=True)
class Call:
    """One request of a program.

    user_id: who made the token; what is done counts as done by that person. now: aware, UTC.
    """

    token: Token
    shop: ShopProfile
    settings: Settings
    database: Database
    now: dt.datetime
    status: int
    claim: str | None = None
    written: str | None = field(default=None, init=False)

    @property
    def shop_id(self) -> int:
        """The shop that the token is for; every query is of this shop."""
        return int(self.shop.id)

    @property
    def user_id(self) -> int:
        """The person that the token acts for."""
        return self.token.user_id

    def user_name(self, session: Session) -> str:
        """The name of that person, for what is kept with whoever did it."""
        return names_of_users(session, [self.user_id]).get(self.user_id, "")

    @property
    def today(self) -> dt.date:
        """Today in the shop's time zone."""
        return self.now.astimezone(self.shop.zone).date()

    @contextmanager
    def writing(self) -> Iterator["Write"]:
        """The transaction of the write, with its answer in it: for handlers that do long work
        before. It begins with the first statement, so that nothing is locked before."""
        with unit_of_work() as session:
            write = Write(session)
            yield write
            if write.body is None:
                raise RuntimeError("a write has to end in its answer")
            if self.claim is not None:
                kept = KeptAnswer(status=self.status, body=write.kept)
                keep_answer(session, self.token.id, self.claim, kept)
        self.written = write.body


class Write:
    """The open transaction of a write."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.body: str | None = None
        self.kept = ""

    def answer(self, answer: M, kept: Model | None = None) -> M:
        """Settle what is answered once the transaction is through; returns it.

        kept: what is kept for a repetition, where the answer has a secret that is told once.
        """
        self.body = render(answer)
        self.kept = self.body if kept is None else render(kept)
        return answer


def render(answer: Model | None) -> str:
    """The bytes of an answer, as text."""
    return "" if answer is None else answer.model_dump_json()
