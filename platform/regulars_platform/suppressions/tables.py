"""Who must not be contacted."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, ShortText


class Suppression(Base):
    """A customer of a shop who must not be contacted: opted out, or never agreed."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("shop_id", "customer_id"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    customer_id: Mapped[str] = mapped_column(Text)
    reason: Mapped[ShortText]
    added_at: Mapped[Moment]
