"""The people who sign in."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, ShortText


class User(Base):
    """One person. E-mail addresses are kept in lower case and are unique."""

    __tablename__ = "users"

    id: Mapped[IntPk]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[ShortText]
    password_hash: Mapped[ShortText]
    role: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str | None] = mapped_column(String(20))
    session_epoch: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Moment]
