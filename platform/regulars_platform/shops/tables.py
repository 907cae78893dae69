"""A shop: whose orders and campaigns these are."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, ShortText


class Shop(Base):
    """One shop. Its currency and time zone hold for all its files, pages and reports.

    practice: how the shop works, by section (see `shops.practice`); null: all as is usual.
    """

    __tablename__ = "shops"

    id: Mapped[IntPk]
    name: Mapped[ShortText]
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Moment]
    practice: Mapped[JsonValue | None]
