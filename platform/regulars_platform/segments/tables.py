"""Saved segments, and how large each was."""

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, Sha256, ShortText


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


class SegmentSize(Base):
    """How many customers a rule held for as of a day: a fact, kept when the segment is gone.

    way: "seen", counted when that day was the present, or "recomputed" later from the orders.
    """

    __tablename__ = "segment_sizes"
    __table_args__ = (UniqueConstraint("segment_id", "rule_sha256", "as_of", "way"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    segment_id: Mapped[int] = mapped_column(BigInteger)
    rule_sha256: Mapped[Sha256]
    as_of: Mapped[dt.date]
    way: Mapped[str] = mapped_column(String(20))
    customers: Mapped[int]
    total: Mapped[int]
    orders_version: Mapped[int]
    recorded_at: Mapped[Moment]
