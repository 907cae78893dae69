"""Programmes, their versions, the days they ran, who entered and with which arm, and results."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import (
    IntPk,
    JsonValue,
    Moment,
    OptionalMoment,
    Sha256,
    ShortText,
)

DRAFT, RUNNING, PAUSED, ENDED = "draft", "running", "paused", "ended"
STATES = (DRAFT, RUNNING, PAUSED, ENDED)


class ProgrammeRow(Base):
    """One programme. draft: the plan as it is being edited (see `plan`).

    version_id: the version that counts now, None before the first start; ran_until: the last day
    that was run, None before.
    """

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'running', 'paused', 'ended')", name="state"),
    )

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    name: Mapped[ShortText]
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    draft: Mapped[JsonValue]
    revision: Mapped[int] = mapped_column(Integer)
    version_id: Mapped[int | None] = mapped_column(BigInteger)
    ran_until: Mapped[dt.date | None] = mapped_column(Date)
    created_at: Mapped[Moment]
    changed_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]


class ProgrammeVersionRow(Base):
    """A plan as it ran from one start on: canonical JSON under its SHA-256. Never changed.

    planned: entries at which the running result is narrowest, fixed before the first of them.
    started_by is a user's id without a foreign key: the record outlives the account.
    """

    __tablename__ = "programme_versions"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int] = mapped_column(Integer)
    plan_json: Mapped[str] = mapped_column(Text)
    plan_sha256: Mapped[Sha256]
    salt: Mapped[ShortText]
    planned: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[Moment]
    started_by: Mapped[int | None] = mapped_column(BigInteger)


class ProgrammeRunRow(Base):
    """One day of one programme, done. counts: who was looked at and what became of them.

    standing_file: in the shop's folder, for whom the trigger held on that day; None where the
    trigger needs no such memory.
    """

    __tablename__ = "programme_runs"
    __table_args__ = (UniqueConstraint("programme_id", "day"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    day: Mapped[dt.date] = mapped_column(Date)
    orders_version: Mapped[int] = mapped_column(BigInteger)
    counts: Mapped[JsonValue]
    standing_file: Mapped[ShortText | None]
    ran_at: Mapped[Moment]


class ProgrammeEntryRow(Base):
    """One customer's entry: the arm drawn for it, held back or told.

    occasion: what it is about, so that the same occasion never lets anybody in twice; contact_on:
    the day of the message, the first day of its outcome window, in either arm; late_days: how much
    later than planned; code and threshold: of the offer, in ten-thousandths.
    """

    __tablename__ = "programme_entries"
    __table_args__ = (
        UniqueConstraint("programme_id", "customer_id", "occasion"),
        Index(
            "ix_programme_entries_shop_id_customer_id_contact_on",
            "shop_id",
            "customer_id",
            "contact_on",
        ),
        Index("ix_programme_entries_version_id_contact_on", "version_id", "contact_on"),
    )

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("programme_runs.id"))
    customer_id: Mapped[str] = mapped_column(Text)
    occasion: Mapped[ShortText]
    entered_on: Mapped[dt.date] = mapped_column(Date)
    contact_on: Mapped[dt.date] = mapped_column(Date)
    due_at: Mapped[Moment]
    late_days: Mapped[int] = mapped_column(Integer)
    held_back: Mapped[bool] = mapped_column(Boolean)
    code: Mapped[str | None] = mapped_column(String(40))
    threshold: Mapped[int | None] = mapped_column(BigInteger)


class ProgrammeResultRow(Base):
    """A result of one version as it was worked out last, with the orders version that it read."""

    __tablename__ = "programme_results"
    __table_args__ = (UniqueConstraint("version_id"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    orders_version: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Moment]
