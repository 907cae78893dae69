"""Words with variables: checked when they are kept, filled in for each customer."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.delivery.tables import BatchRow, TemplateRow
from regulars_platform.errors import InvalidInputError, NotFoundError, RegularsError
from regulars_platform.fields import FieldReader
from regulars_platform.shops.channels import CHANNELS
from regulars_platform.words import N_, Sentence

VARIABLES = {
    "name": N_("the customer's name"),
    "shop": N_("the name of the shop"),
    "offer": N_("the offer in words"),
    "threshold": N_("from which amount on it holds"),
    "code": N_("the personal code"),
    "link": N_("the short link of the arm"),
    "product": N_("the product it is about"),
    "bought_on": N_("the day on which it was bought last"),
    "pieces": N_("how many pieces were bought then"),
    "order": N_("the order it is about"),
    "days": N_("a number of days"),
    "points": N_("the balance of points"),
    "tier": N_("the customer's tier"),
    "amount": N_("an amount of money"),
}
"""What can stand in braces, and what it means."""

MAX_BODY = 5_000
_MARK = re.compile(r"\{([^{}]*)\}")


class MissingValueError(RegularsError):
    """A customer has no value for a variable, and nothing stands in for it."""

    @classmethod
    def of(cls, name: str) -> "MissingValueError":
        """For that variable."""
        return cls(
            Sentence(N_("There is no value for {%(name)s}."), {"name": name}),
            Sentence(N_("Say in the template what stands there instead.")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageTemplate:
    """Words to send. fallbacks: variable -> what stands in where a customer has no value."""

    id: int
    name: str
    channel: str
    subject: str
    body: str
    fallbacks: Mapping[str, str]

    def render(self, values: Mapping[str, str | None]) -> tuple[str, str]:
        """Subject and body for one customer. Raises MissingValueError."""
        return (
            " ".join(fill(self.subject, values, self.fallbacks).split()),
            fill(self.body, values, self.fallbacks),
        )


def fill(text: str, values: Mapping[str, str | None], fallbacks: Mapping[str, str]) -> str:
    """The text with its variables filled in; what is filled in is never looked through again.

    >>> fill("Dear {name}, {code}", {"name": None, "code": "{name}"}, {"name": "customer"})
    'Dear customer, {name}'
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        given = values.get(name)
        if given:
            return given
        if name in fallbacks:
            return fallbacks[name]
        raise MissingValueError.of(name)

    return _MARK.sub(value, text)


def variables_of(text: str) -> list[str]:
    """The names in braces, each once, in the order in which they come."""
    return list(dict.fromkeys(_MARK.findall(text)))


def keep_template(
    session: Session,
    *,
    shop_id: int,
    raw: Mapping[str, Any],
    now: dt.datetime,
    template_id: int | None = None,
) -> MessageTemplate:
    """Keep a new template, or a changed one. Messages that are queued keep their words.

    raw: name, channel, subject (e-mail), body, fallbacks {variable: text}. Raises
    InvalidInputError, NotFoundError.
    """
    reader = FieldReader(raw)
    name = reader.text("name")
    channel = reader.choice("channel", tuple(CHANNELS))
    subject = reader.text("subject", optional=channel != "email")
    body = reader.text("body", limit=MAX_BODY)
    given = reader.raw.get("fallbacks")
    fallbacks = {
        str(key): str(value).strip()[:200]
        for key, value in (given if isinstance(given, Mapping) else {}).items()
        if str(value).strip()
    }
    _refuse_strangers(reader, {"subject": subject or "", "body": body or ""}, fallbacks)
    if reader.problems or name is None or channel is None or body is None:
        raise InvalidInputError(reader.problems)
    values = {
        "name": name,
        "channel": channel,
        "subject": " ".join((subject or "").split()),
        "body": body.replace("\r\n", "\n"),
        "fallbacks": fallbacks,
        "changed_at": now,
    }
    if template_id is None:
        row = TemplateRow(shop_id=shop_id, created_at=now, **values)
        session.add(row)
    else:
        row = _row(session, shop_id, template_id)
        for key, value in values.items():
            setattr(row, key, value)
    session.flush()
    return build_template(row)


def _refuse_strangers(
    reader: FieldReader, texts: Mapping[str, str], fallbacks: Mapping[str, str]
) -> None:
    known = ", ".join(f"{{{name}}}" for name in VARIABLES)
    for field, text in texts.items():
        for name in variables_of(text):
            if name not in VARIABLES:
                reader.refuse(
                    field,
                    N_("Nothing is called {%(name)s} here."),
                    Sentence(N_("Known are %(known)s."), {"known": known}),
                    name=name[:40],
                )
        if re.search(r"[{}]", _MARK.sub("", text)):
            reader.refuse(field, N_("A brace is open or closed without its counterpart."))
    for name in fallbacks:
        if name not in VARIABLES:
            reader.refuse("fallbacks", N_("Nothing is called {%(name)s} here."), name=name[:40])


def get_template(session: Session, shop_id: int, template_id: int) -> MessageTemplate:
    """One template of the shop. Raises NotFoundError."""
    return build_template(_row(session, shop_id, template_id))


def list_templates(
    session: Session, shop_id: int, channel: str | None = None
) -> list[MessageTemplate]:
    """The shop's templates by name, of one channel or of all."""
    query = select(TemplateRow).where(TemplateRow.shop_id == shop_id)
    if channel is not None:
        query = query.where(TemplateRow.channel == channel)
    return [build_template(row) for row in session.scalars(query.order_by(TemplateRow.name))]


def delete_template(session: Session, shop_id: int, template_id: int) -> None:
    """Forget a template; messages that are queued keep their words."""
    session.delete(_row(session, shop_id, template_id))
    session.flush()


def build_template(row: TemplateRow) -> MessageTemplate:
    """The value of a stored row."""
    return MessageTemplate(
        id=row.id,
        name=row.name,
        channel=row.channel,
        subject=row.subject,
        body=row.body,
        fallbacks=dict(row.fallbacks or {}),
    )


def build_words(batch: BatchRow) -> MessageTemplate:
    """The words that a batch was queued with."""
    return MessageTemplate(
        id=batch.template_id or 0,
        name="",
        channel=batch.channel,
        subject=batch.subject,
        body=batch.body,
        fallbacks=dict(batch.fallbacks or {}),
    )


def _row(session: Session, shop_id: int, template_id: int) -> TemplateRow:
    row = session.get(TemplateRow, template_id)
    if row is None or row.shop_id != shop_id:
        raise NotFoundError(Sentence(N_("There is no such template in this shop.")))
    return row
