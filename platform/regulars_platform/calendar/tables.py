"""Events of a shop's year, and the drafts that were made for their days."""

import datetime as dt

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, ShortText


class CalendarEvent(Base):
    """One event. first_day: of the first time (of any year where it comes back every year); days:
    how long it lasts; is_sale: its days define deal hunters; template_id: the campaign after which
    a draft is made each time, lead_days before."""

    __tablename__ = "calendar_events"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    name: Mapped[ShortText]
    kind: Mapped[str] = mapped_column(String(20))
    repeats: Mapped[str] = mapped_column(String(10))
    first_day: Mapped[dt.date] = mapped_column(Date)
    days: Mapped[int] = mapped_column(Integer)
    is_sale: Mapped[bool] = mapped_column(Boolean)
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    lead_days: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Moment]


class CalendarDraft(Base):
    """A draft that was made for one time of an event, after an earlier campaign.

    Ids without foreign keys: a draft may be thrown away, and is then not made again.
    """

    __tablename__ = "calendar_drafts"
    __table_args__ = (UniqueConstraint("event_id", "day", "copied_from"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    event_id: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[dt.date] = mapped_column(Date)
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    copied_from: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]
