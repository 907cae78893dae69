"""Saved segments."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, ShortText


class Segment(Base):
    """A named rule of a shop. `rule` is the canonical JSON form of the rule."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("shop_id", "name"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    name: Mapped[ShortText]
    rule: Mapped[JsonValue]
    created_at: Mapped[Moment]
    changed_at: Mapped[Moment]
