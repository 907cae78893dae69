"""What campaigns taught, and what was expected of them when they were launched.

A forecast is written in the transaction of the launch and can never be changed or deleted, not even
by SQL from outside (see FREEZING, which migrations execute as well): what was promised stays.
"""

import datetime as dt

from sqlalchemy import (
    DDL,
    BigInteger,
    Date,
    Float,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, Sha256


class LearningRow(Base):
    """What one report says of one arm in one segment; see `models.Learning`.

    segment: its name in that plan, None for everybody; segment_key: of whom the rule describes, so
    that the same people are found again under another name. net and error are None where there is
    no estimate.
    """

    __tablename__ = "learnings"
    __table_args__ = (UniqueConstraint("report_id", "arm", "segment_key"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    campaign: Mapped[str] = mapped_column(String(200))
    arm: Mapped[str] = mapped_column(String(200))
    segment: Mapped[str | None] = mapped_column(String(200))
    segment_key: Mapped[Sha256]
    people: Mapped[JsonValue]
    family: Mapped[str] = mapped_column(String(200))
    offer: Mapped[JsonValue]
    starts_on: Mapped[dt.date] = mapped_column(Date)
    ends_on: Mapped[dt.date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(20))
    n: Mapped[int] = mapped_column(BigInteger)
    n_control: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[float | None] = mapped_column(Float)
    net: Mapped[float | None] = mapped_column(Float)
    error: Mapped[float | None] = mapped_column(Float)
    low: Mapped[float | None] = mapped_column(Float)
    high: Mapped[float | None] = mapped_column(Float)


class ForecastRow(Base):
    """What was expected of a campaign when it was launched. document: canonical JSON."""

    __tablename__ = "forecasts"
    __table_args__ = (UniqueConstraint("campaign_id"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    made_at: Mapped[Moment]
    document: Mapped[str] = mapped_column(Text)


_SQLITE = (
    """CREATE TRIGGER forecasts_frozen_update BEFORE UPDATE ON forecasts
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be changed'); END""",
    """CREATE TRIGGER forecasts_frozen_delete BEFORE DELETE ON forecasts
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be deleted'); END""",
    # INSERT OR REPLACE deletes the old row without asking the trigger above
    """CREATE TRIGGER forecasts_frozen_replace BEFORE INSERT ON forecasts
WHEN EXISTS (SELECT 1 FROM forecasts WHERE id = NEW.id OR campaign_id = NEW.campaign_id)
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be replaced'); END""",
)

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION forecasts_frozen() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'the forecast of a launched campaign cannot be changed or deleted'; END
$$ LANGUAGE plpgsql""",
    """CREATE TRIGGER forecasts_frozen_row BEFORE UPDATE OR DELETE ON forecasts
FOR EACH ROW EXECUTE FUNCTION forecasts_frozen()""",
    """CREATE TRIGGER forecasts_frozen_all BEFORE TRUNCATE ON forecasts
FOR EACH STATEMENT EXECUTE FUNCTION forecasts_frozen()""",
)

FREEZING: dict[str, tuple[str, ...]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""By database dialect: the statements that make forecasts unchangeable."""

for _dialect, _statements in FREEZING.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(ForecastRow.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
