"""Campaigns, which of their messages did not arrive, the reports on them, and what followed.

A launched campaign cannot be changed or deleted, not even by SQL from outside: the database
refuses it (see FREEZING, which migrations execute as well).
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import (
    IntPk,
    JsonValue,
    Moment,
    OptionalMoment,
    Sha256,
    ShortText,
)

DRAFT, LAUNCHED = "draft", "launched"


class Campaign(Base):
    """A draft, or a launched campaign with its frozen plan and its ledger.

    plan_json: the frozen document (see `launching`), canonical JSON; ledger_file: name in the
    shop's folder of ledgers. launched_by is a user's id without a foreign key: the record
    outlives the account.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'launched')", name="state"),
        CheckConstraint(
            "state = 'draft' OR (plan_json IS NOT NULL AND plan_sha256 IS NOT NULL "
            "AND salt IS NOT NULL AND orders_version IS NOT NULL AND ledger_file IS NOT NULL "
            "AND ledger_sha256 IS NOT NULL AND launched_at IS NOT NULL)",
            name="launched_is_complete",
        ),
    )

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    name: Mapped[ShortText]
    state: Mapped[str] = mapped_column(String(10), default=DRAFT)
    draft: Mapped[JsonValue]
    created_at: Mapped[Moment]
    changed_at: Mapped[Moment]
    revision: Mapped[int] = mapped_column(Integer, default=1)
    plan_json: Mapped[str | None] = mapped_column(Text)
    plan_sha256: Mapped[Sha256 | None]
    salt: Mapped[ShortText | None]
    orders_version: Mapped[int | None] = mapped_column(BigInteger)
    ledger_file: Mapped[ShortText | None]
    ledger_sha256: Mapped[Sha256 | None]
    launched_at: Mapped[OptionalMoment]
    launched_by: Mapped[int | None] = mapped_column(BigInteger)


class FailedSend(Base):
    """A message of a launched campaign that did not arrive. Its customer counts all the same."""

    __tablename__ = "failed_sends"
    __table_args__ = (UniqueConstraint("campaign_id", "customer_id"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    customer_id: Mapped[str] = mapped_column(Text)
    arm: Mapped[ShortText]
    reason: Mapped[ShortText]
    added_at: Mapped[Moment]


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


class NextRoundRow(Base):
    """Of which campaign's report a draft was made, and how. Goes with its draft.

    keepers: the choice of whom to keep; reasons: what was decided for the draft, as sentences;
    taught: what the report says of telling them (`memory.taught`).
    """

    __tablename__ = "next_rounds"
    __table_args__ = (UniqueConstraint("campaign_id"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    from_campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    keepers: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[JsonValue]
    taught: Mapped[JsonValue | None]
    created_at: Mapped[Moment]


_SQLITE = (
    """CREATE TRIGGER campaigns_frozen_update BEFORE UPDATE ON campaigns
WHEN OLD.state = 'launched'
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be changed'); END""",
    """CREATE TRIGGER campaigns_frozen_delete BEFORE DELETE ON campaigns
WHEN OLD.state = 'launched'
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be deleted'); END""",
    # INSERT OR REPLACE deletes the old row without asking the trigger above
    """CREATE TRIGGER campaigns_frozen_replace BEFORE INSERT ON campaigns
WHEN EXISTS (SELECT 1 FROM campaigns WHERE id = NEW.id AND state = 'launched')
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be replaced'); END""",
)

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION campaigns_frozen() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'a launched campaign cannot be changed or deleted'; END
$$ LANGUAGE plpgsql""",
    """CREATE TRIGGER campaigns_frozen_row BEFORE UPDATE OR DELETE ON campaigns
FOR EACH ROW WHEN (OLD.state = 'launched') EXECUTE FUNCTION campaigns_frozen()""",
    """CREATE TRIGGER campaigns_frozen_all BEFORE TRUNCATE ON campaigns
FOR EACH STATEMENT EXECUTE FUNCTION campaigns_frozen()""",
)

FREEZING: dict[str, tuple[str, ...]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""By database dialect: the statements that make launched campaigns unchangeable."""

for _dialect, _statements in FREEZING.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(Campaign.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
