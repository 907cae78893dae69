"""Reports as they were computed, and what was decided on them."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, Sha256


class ReportRow(Base):
    """One evaluation of a campaign. `document` is canonical JSON; the same inputs give its bytes.

    inputs: the versions of everything that was read. A report is never changed; new orders make a
    new one.
    """

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("campaign_id", "inputs_sha256"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    created_at: Mapped[Moment]
    inputs: Mapped[JsonValue]
    inputs_sha256: Mapped[Sha256]
    document: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[Sha256]


class DecisionRow(Base):
    """Who decided what, for which arm and segment, on which report, and why."""

    __tablename__ = "decisions"

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    arm: Mapped[str] = mapped_column(String(200))
    segment: Mapped[str | None] = mapped_column(String(200))
    choice: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[Moment]
