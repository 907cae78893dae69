"""When the shop's rules of tiers, rights and points were changed, and from what to what."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, ShortText


class TierChangeRow(Base):
    """One change.

    section: "tiers", "rights" or "points" of the shop's practice; before, after: what was kept
    there (null: nothing). changed_by is a user's id without a foreign key, and changed_by_name as
    they were called: the record outlives the account.
    """

    __tablename__ = "tier_changes"
    __table_args__ = (Index("ix_tier_changes_shop_id_changed_at", "shop_id", "changed_at"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    section: Mapped[str] = mapped_column(String(20))
    before: Mapped[JsonValue | None]
    after: Mapped[JsonValue | None]
    changed_by: Mapped[int | None] = mapped_column(BigInteger)
    changed_by_name: Mapped[ShortText]
    changed_at: Mapped[Moment]
