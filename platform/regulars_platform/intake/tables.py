"""The intake in SQL: the files that came in, and the column mappings a shop confirmed."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, OptionalMoment, Sha256


class OrderImportRow(Base):
    """One uploaded order file: where it is on its way from upload to stored lines."""

    __tablename__ = "order_imports"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[Sha256]
    state: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[Moment]
    stored_at: Mapped[OptionalMoment]
    look: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    mapping: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    options: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    tallies: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    overlap_choice: Mapped[str | None] = mapped_column(String(20))
    table_version: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    hint: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class ColumnMappingRow(Base):
    """The columns a shop confirmed for files with these headings, so that it is asked once."""

    __tablename__ = "column_mappings"
    __table_args__ = (UniqueConstraint("shop_id", "fingerprint"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    fingerprint: Mapped[Sha256]
    mapping: Mapped[JsonValue]
    options: Mapped[JsonValue]


class WaitingPartsRow(Base):
    """How much of one import waits for its order file."""

    __tablename__ = "waiting_parts"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    import_id: Mapped[int] = mapped_column(BigInteger)
    part: Mapped[str] = mapped_column(String(20))
    orders: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[int] = mapped_column(BigInteger)
