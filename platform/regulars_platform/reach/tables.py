"""The global holdouts of a shop, one after the other."""

import datetime as dt

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, ShortText


class GlobalHoldoutRow(Base):
    """Customers who stay outside everything from `starts_on` until before `ends_on`.

    share: basis points; who is in follows from the salt alone. drawn_by is a user's id without a
    foreign key: the record outlives the account.
    """

    __tablename__ = "global_holdouts"
    __table_args__ = (UniqueConstraint("shop_id", "starts_on"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    salt: Mapped[ShortText]
    share: Mapped[int] = mapped_column(Integer)
    starts_on: Mapped[dt.date] = mapped_column(Date)
    ends_on: Mapped[dt.date | None] = mapped_column(Date)
    drawn_at: Mapped[Moment]
    drawn_by: Mapped[int | None] = mapped_column(BigInteger)
