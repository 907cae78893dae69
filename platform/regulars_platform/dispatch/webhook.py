"""Messages to a receiver of the shop's own, signed, in batches, each with its idempotency key.

docs/delivery.md says what a receiver gets and answers.
"""

import datetime as dt
import email.utils
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.dispatch.http_out import (
    AddressError,
    Answer,
    NoAnswerError,
    Resolve,
    look_up,
    post,
    split_address,
)
from regulars_platform.dispatch.signing import MOMENT_HEADER, SIGNATURE_HEADER, sign
from regulars_platform.dispatch.transports import DownError, Fate, Outcome, Outgoing
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.fields import FieldReader
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_, Sentence

SECTION = "webhook"
DEADLINE = 30.0
LONGEST_WAIT = 86_400
_FATES: dict[str, Fate] = {
    "accepted": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "failed": "refused",
    "unsubscribed": "unsubscribed",
    "retry": "retry",
}
_TOO_MANY = 429
_SPLIT = (400, 413, 422)
"""Statuses that may be the fault of one message among several."""

NO_ANSWER = Sentence(N_("The receiver did not answer in time."))


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookSettings:
    """Where messages go. allowed: hosts that may be private or go without https; at_once: most
    messages in one call."""

    url: str
    allowed: tuple[str, ...] = ()
    at_once: int = 50


def webhook_settings(shop: HasPractice) -> WebhookSettings | None:
    """As the shop keeps them; None where it never named a receiver."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping) or not kept.get("url"):
        return None
    return WebhookSettings(
        url=str(kept["url"]),
        allowed=tuple(str(name) for name in kept.get("allowed") or ()),
        at_once=int(kept.get("at_once") or 50),
    )


def keep_webhook_settings(
    session: Session, shop_id: int, raw: Mapping[str, Any]
) -> WebhookSettings | None:
    """Keep a form: url, allowed (hosts, parted by blanks), at_once. An empty url forgets it.

    Raises InvalidInputError.
    """
    reader = FieldReader(raw)
    url = reader.text("url", limit=2_000, optional=True)
    given = reader.text("allowed", limit=2_000, optional=True)
    at_once = reader.whole("at_once", low=1, high=1_000, default=50)
    allowed = tuple((given or "").lower().replace(",", " ").split())
    if url:
        try:
            split_address(url, allowed=allowed)
        except RegularsError as error:
            reader.problems.append(error)
    if reader.problems or at_once is None:
        raise InvalidInputError(reader.problems)
    if not url:
        keep_section(session, shop_id, SECTION, None)
        return None
    found = WebhookSettings(url=url, allowed=allowed, at_once=at_once)
    kept = {"url": url, "allowed": list(allowed), "at_once": at_once}
    keep_section(session, shop_id, SECTION, kept)
    return found


@dataclass(kw_only=True)
class Webhook:
    """The transport (see `Transport`). key: signs every call."""

    settings: WebhookSettings
    key: str
    clock: Callable[[], dt.datetime]
    deadline: float = DEADLINE
    resolve: Resolve = look_up
    idempotent: bool = True
    at_once: int = field(init=False)

    def __post_init__(self) -> None:
        self.at_once = self.settings.at_once

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One call; in halves where the receiver refuses it for what may be one message's fault."""
        body = json.dumps({"messages": [_told(one) for one in messages]}, ensure_ascii=False)
        try:
            answer = self._post(body.encode("utf-8", "replace"), messages)
        except NoAnswerError as error:
            if not error.arrived:
                raise DownError(NO_ANSWER) from None
            return [
                Outcome(id=one.id, fate="retry", problem=NO_ANSWER, arrived=True)
                for one in messages
            ]
        except AddressError as error:
            raise DownError(error.problem) from None
        if answer.status in _SPLIT and len(messages) > 1:
            half = len(messages) // 2
            return self.send(messages[:half]) + self.send(messages[half:])
        return self._outcomes(answer, messages)

    def close(self) -> None:
        """Every call has a connection of its own."""

    def _post(self, body: bytes, messages: Sequence[Outgoing]) -> Answer:
        moment = str(int(self.clock().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Regulars",
            MOMENT_HEADER: moment,
            SIGNATURE_HEADER: sign(self.key, moment, body),
        }
        if len(messages) == 1:
            headers["Idempotency-Key"] = messages[0].key
        return post(
            self.settings.url,
            body,
            headers,
            allowed=self.settings.allowed,
            deadline=self.deadline,
            resolve=self.resolve,
        )

    def _outcomes(self, answer: Answer, messages: Sequence[Outgoing]) -> list[Outcome]:
        said = Sentence(N_("The receiver answered %(status)s."), {"status": answer.status})
        if 200 <= answer.status < 300:
            results = _results(answer.body)
            return [_outcome(one, results.get(one.key)) for one in messages]
        wait = _retry_after(answer.headers.get("retry-after"), self.clock())
        if answer.status == _TOO_MANY or answer.status in (408, 425):
            raise DownError(said, wait)
        if answer.status >= 500:
            # it may have passed some of them on before it failed
            return [
                Outcome(id=one.id, fate="retry", problem=said, wait=wait, arrived=True)
                for one in messages
            ]
        if answer.status in _SPLIT:
            return [Outcome(id=one.id, fate="refused", problem=said) for one in messages]
        # redirects and refusals of the call itself: nobody's message is at fault
        raise DownError(said, wait)


def _told(message: Outgoing) -> dict[str, object]:
    return {
        "key": message.key,
        "customer_id": message.customer_id,
        "channel": message.channel,
        "address": message.address,
        "subject": message.subject,
        "text": message.text,
        "source": message.source,
        "source_id": message.source_id,
        "arm": message.arm,
    }


def _results(body: bytes) -> dict[str, Mapping[str, Any]]:
    """Key -> what the receiver said of it; nothing where it said nothing that can be read."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list):
        return {}
    return {
        one["key"]: one
        for one in results
        if isinstance(one, dict) and isinstance(one.get("key"), str)
    }


def _outcome(message: Outgoing, said: Mapping[str, Any] | None) -> Outcome:
    """A call that was taken takes every message that it says nothing else of."""
    if said is None:
        return Outcome(id=message.id, fate="accepted")
    fate = _FATES.get(str(said.get("status")), "accepted")
    reason = str(said.get("reason") or "")[:150]
    problem = Sentence(N_("The receiver says: %(reason)s"), {"reason": reason or "–"})
    provider = said.get("id")
    return Outcome(
        id=message.id,
        fate=fate,
        provider_id=None if provider is None else str(provider)[:200],
        problem=None if fate in ("accepted", "delivered") else problem,
    )


def _retry_after(value: str | None, now: dt.datetime) -> int | None:
    """Seconds, or a date, as HTTP has it; at most a day."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return max(1, min(int(text), LONGEST_WAIT))
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return max(1, min(int((moment - now).total_seconds()), LONGEST_WAIT))
    except (TypeError, ValueError):
        return None
