"""What everything together brought in a quarter, as it was last worked out."""

from sqlalchemy import BigInteger, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment


class ProgrammeEffectRow(Base):
    """One quarter of a shop. quarter: year and quarter as one number, 20261 to 20264; document:
    canonical JSON, worked out from the orders at orders_version."""

    __tablename__ = "programme_effects"
    __table_args__ = (UniqueConstraint("shop_id", "quarter"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    quarter: Mapped[int] = mapped_column(Integer)
    orders_version: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Moment]
