"""What staff know better than the purchases do."""

import datetime as dt

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, ShortText


class DueCorrectionRow(Base):
    """One correction of when a customer is due for a product; all are kept, the latest counts.

    bought_on: the last purchase known when it was made; the next purchase ends it. due_on: None for
    "not any more". withdrawn: the day that is worked out holds again from here on. made_by is a
    user's id without a foreign key, made_by_name as they were called: the record outlives the
    account.
    """

    __tablename__ = "due_corrections"
    __table_args__ = (Index("ix_due_corrections_shop_id_customer_id", "shop_id", "customer_id"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    customer_id: Mapped[str] = mapped_column(Text)
    product: Mapped[str] = mapped_column(Text)
    bought_on: Mapped[dt.date] = mapped_column(Date)
    due_on: Mapped[dt.date | None] = mapped_column(Date)
    withdrawn: Mapped[bool]
    reason: Mapped[ShortText]
    made_by: Mapped[int | None] = mapped_column(BigInteger)
    made_by_name: Mapped[ShortText]
    made_at: Mapped[Moment]
