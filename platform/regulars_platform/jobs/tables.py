"""Background work: a row is written in the caller's transaction, so a job exists exactly if the
change that asked for it does."""

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import Moment, OptionalMoment, ShortText


class JobRow(Base):
    """One job with its stored progress."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    kind: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), index=True)
    step: Mapped[ShortText]
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[dict[str, object] | None] = mapped_column(JSON)
    hint: Mapped[dict[str, object] | None] = mapped_column(JSON)
    cancel_requested: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[Moment]
    started_at: Mapped[OptionalMoment]
    finished_at: Mapped[OptionalMoment]
