"""Messages and where each of them stands; their templates; short links; what a provider told us."""

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, OptionalMoment, ShortText


class TemplateRow(Base):
    """Words to send, with variables. fallbacks: variable -> what stands in for a missing value."""

    __tablename__ = "message_templates"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    name: Mapped[ShortText]
    channel: Mapped[str] = mapped_column(String(20))
    subject: Mapped[ShortText]
    body: Mapped[str] = mapped_column(Text)
    fallbacks: Mapped[JsonValue]
    created_at: Mapped[Moment]
    changed_at: Mapped[Moment]


class BatchRow(Base):
    """Messages queued together. The words are frozen here: a later edit of the template changes
    nothing of what was queued.

    via: smtp, webhook or calls; state: running or stopped; next_at: not before then (send time, or
    after the other side was down); problem: why it waits, as Sentence JSON; failures: how often in
    a row the other side was down.
    """

    __tablename__ = "message_batches"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int] = mapped_column(BigInteger)
    arm: Mapped[ShortText]
    channel: Mapped[str] = mapped_column(String(20))
    via: Mapped[str] = mapped_column(String(10))
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[ShortText]
    body: Mapped[str] = mapped_column(Text)
    fallbacks: Mapped[JsonValue]
    state: Mapped[str] = mapped_column(String(10))
    send_at: Mapped[Moment]
    next_at: Mapped[Moment]
    problem: Mapped[dict[str, object] | None] = mapped_column(JSON)
    failures: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Moment]


class MessageRow(Base):
    """One message to one customer. key: the idempotency key; unique, so nobody is queued twice.

    state: queued, claimed, sent, delivered, failed, unsubscribed, complained, barred or unsure.
    attempt_id: of whoever claimed it; result: of a call; problem: why, as Sentence JSON.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_messages_batch_id_state_next_attempt_at", "batch_id", "state", "next_attempt_at"),
        Index("ix_messages_shop_id_channel_claimed_at", "shop_id", "channel", "claimed_at"),
        Index("ix_messages_shop_id_customer_id", "shop_id", "customer_id"),
    )

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("message_batches.id"))
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int] = mapped_column(BigInteger)
    arm: Mapped[ShortText]
    customer_id: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(64))
    variables: Mapped[JsonValue]
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(Integer)
    attempt_id: Mapped[str | None] = mapped_column(String(36))
    claimed_at: Mapped[OptionalMoment]
    next_attempt_at: Mapped[Moment]
    provider_id: Mapped[str | None] = mapped_column(String(200))
    problem: Mapped[dict[str, object] | None] = mapped_column(JSON)
    result: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[ShortText | None]
    queued_at: Mapped[Moment]
    sent_at: Mapped[OptionalMoment]
    changed_at: Mapped[Moment]


class DeliveryEventRow(Base):
    """One thing a provider told us; told again it changes nothing."""

    __tablename__ = "delivery_events"
    __table_args__ = (UniqueConstraint("shop_id", "event_id"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    event_id: Mapped[ShortText]
    kind: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[Moment]


class ShortLinkRow(Base):
    """A short link of one arm; clicks are counted for the arm, never for a person."""

    __tablename__ = "short_links"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int] = mapped_column(BigInteger)
    arm: Mapped[ShortText]
    target: Mapped[str] = mapped_column(Text)
    clicks: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]
