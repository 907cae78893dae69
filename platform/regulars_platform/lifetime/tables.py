"""What customers are expected to buy, as it was worked out."""

import json
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import IntPk, JsonValue, Moment, Sha256


class LifetimeRow(Base):
    """One answer for a shop. `document` is canonical JSON (docs/lifetime.md).

    inputs: the versions of everything that was read; the same inputs are there once.
    customers_file: name in the shop's folder `lifetime`; only those of the latest answers are kept.
    """

    __tablename__ = "lifetimes"
    __table_args__ = (UniqueConstraint("shop_id", "inputs_sha256"),)

    id: Mapped[IntPk]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    created_at: Mapped[Moment]
    inputs: Mapped[JsonValue]
    inputs_sha256: Mapped[Sha256]
    document: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[Sha256]
    customers_file: Mapped[str] = mapped_column(String(200))
    customers_sha256: Mapped[Sha256]

    def read_document(self) -> dict[str, Any]:
        """The document as Python values."""
        found: dict[str, Any] = json.loads(self.document)
        return found
