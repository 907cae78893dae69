"""Files of other kinds than orders in SQL: those that came in, and the columns a shop confirmed."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, OptionalMoment, Sha256


class DatasetImportRow(Base):
    """One uploaded file: where it is on its way from upload to stored records."""

    __tablename__ = "dataset_imports"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[Sha256]
    state: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[Moment]
    stored_at: Mapped[OptionalMoment]
    look: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    mapping: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    options: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    tallies: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    table_version: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    hint: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class DatasetMappingRow(Base):
    """The columns a shop confirmed for files of a kind with these headings: it is asked once."""

    __tablename__ = "dataset_mappings"
    __table_args__ = (UniqueConstraint("shop_id", "kind", "fingerprint"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    kind: Mapped[str] = mapped_column(String(20))
    fingerprint: Mapped[Sha256]
    mapping: Mapped[JsonValue]
    options: Mapped[JsonValue]
