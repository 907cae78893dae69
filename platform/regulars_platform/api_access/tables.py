"""Tokens, and answers kept for repeated writes."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
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


class ApiTokenRow(Base):
    """One token; of its secret only the digest is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[ShortText]
    start: Mapped[str] = mapped_column(String(20))
    secret_sha256: Mapped[Sha256] = mapped_column(String(64), unique=True)
    scopes: Mapped[JsonValue]
    created_at: Mapped[Moment]
    expires_at: Mapped[OptionalMoment]
    last_used_at: Mapped[OptionalMoment]
    revoked_at: Mapped[OptionalMoment]


class KeptAnswerRow(Base):
    """One write under its key: under way (no status yet), or done, with its answer."""

    __tablename__ = "api_answers"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[IntPk]
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"))
    key: Mapped[ShortText]
    request_sha256: Mapped[Sha256]
    claim: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[Moment] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
