"""Whom to keep targeting, as it was worked out and as it is wanted."""

import json
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, Sha256


class TargetingRow(Base):
    """One answer to "whom to keep" for a campaign. `document` is canonical JSON.

    inputs: the versions of everything that was read; the same inputs are there once. scores_file:
    name in the shop's folder of scores; None where the campaign cannot be learnt from. Never
    changed; new orders make a new one.
    """

    __tablename__ = "targetings"
    __table_args__ = (UniqueConstraint("campaign_id", "inputs_sha256"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    created_at: Mapped[Moment]
    inputs: Mapped[JsonValue]
    inputs_sha256: Mapped[Sha256]
    document: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[Sha256]
    scores_file: Mapped[str | None] = mapped_column(String(200))
    scores_sha256: Mapped[Sha256 | None]

    def read_document(self) -> dict[str, Any]:
        """The answer, parsed."""
        found: dict[str, Any] = json.loads(self.document)
        return found


class TargetingLimitRow(Base):
    """Under which limit whom to keep is wanted for a campaign; without a row there is none.

    limit: `targeting.limits.Limit` as JSON.
    """

    __tablename__ = "targeting_limits"
    __table_args__ = (UniqueConstraint("campaign_id"),)

    id: Mapped[IntPk]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    limit: Mapped[JsonValue]
    asked_at: Mapped[Moment]
