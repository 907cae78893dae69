"""Links under which a report may be read."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, Moment, OptionalMoment, Sha256


class ReportShareRow(Base):
    """One link. Of its token only the SHA-256 is kept, so nobody can read links out of here.

    report_id: the version it shows; null: always the newest. made_by and revoked_by are users' ids
    without a foreign key: the record outlives the account.
    """

    __tablename__ = "report_shares"

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"))
    token_sha256: Mapped[Sha256] = mapped_column(unique=True)
    meant_for: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[OptionalMoment]
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[OptionalMoment]
    times_opened: Mapped[int] = mapped_column(Integer, default=0)
