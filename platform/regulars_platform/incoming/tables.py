"""Uploads in pieces in SQL: whose they are and how long the file is. How much of it has arrived is
never written here: the piece on the disk says that."""

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from regulars_platform.storage.database import Base
from regulars_platform.storage.types import Moment, OptionalMoment


class IncomingUploadRow(Base):
    """One upload that has begun; import_id: what became of it once the file was whole."""

    __tablename__ = "incoming_uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(255))
    modified: Mapped[int | None] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]
    finished_at: Mapped[OptionalMoment]
    import_id: Mapped[int | None] = mapped_column(BigInteger)
