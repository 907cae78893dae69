"""Uploads in pieces: begun, gone on with, cancelled, taken in, thrown away when nobody goes on."""

import datetime as dt
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.incoming import pieces
from regulars_platform.incoming.errors import (
    AlreadyArrivedError,
    NoRoomError,
    TooManyUploadsError,
    UploadNotFoundError,
    UploadTooLargeError,
)
from regulars_platform.incoming.models import Allowance, IncomingUpload, Purpose, UploadId
from regulars_platform.incoming.tables import IncomingUploadRow
from regulars_platform.intake.uploads import ReceivedBytes, tidy_filename
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

Take = Callable[[Session, ReceivedBytes], int]
"""Makes an import of the bytes and returns its number; `intake.uploads.keep` moves them away."""


def folder_of_pieces(settings: Settings) -> Path:
    """Where unfinished uploads lie; on the same disk as what becomes of them."""
    return settings.data_dir / "incoming" / "pieces"


def open_upload(  # noqa: PLR0913 -- everything that is said of a file before it comes
    session: Session,
    settings: Settings,
    allowance: Allowance,
    *,
    shop_id: int,
    user_id: int,
    purpose: Purpose,
    kind: str | None,
    filename: str,
    modified: int | None,
    size: int,
    now: dt.datetime,
) -> IncomingUpload:
    """Begin an upload of `size` bytes. kind: what was said of it, where its purpose has kinds.

    Raises UploadTooLargeError, TooManyUploadsError, NoRoomError.
    """
    if size > allowance.largest:
        raise UploadTooLargeError.of(size, allowance.largest)
    waiting = list_open(session, settings, allowance, shop_id, now=now)
    if len(waiting) >= allowance.at_once:
        raise TooManyUploadsError.of(len(waiting))
    to_come = sum(upload.size - upload.offset for upload in waiting)
    if shutil.disk_usage(settings.data_dir).free < size + to_come + allowance.spare:
        raise NoRoomError.before(size)
    row = IncomingUploadRow(
        id=uuid.uuid4().hex,
        shop_id=shop_id,
        user_id=user_id,
        purpose=purpose,
        kind=kind,
        filename=tidy_filename(filename),
        modified=modified,
        size=size,
        created_at=now,
    )
    session.add(row)
    session.flush()
    pieces.begin(_path(settings, row.id))
    return _build(settings, allowance, row)


def get_upload(
    session: Session,
    settings: Settings,
    allowance: Allowance,
    upload_id: str,
    *,
    shop_id: int,
    user_id: int,
) -> IncomingUpload:
    """This person's upload in this shop, with what has arrived. Raises UploadNotFoundError."""
    return _build(settings, allowance, _get_row(session, upload_id, shop_id, user_id))


def list_open(
    session: Session,
    settings: Settings,
    allowance: Allowance,
    shop_id: int,
    *,
    now: dt.datetime,
    user_id: int | None = None,
    purpose: Purpose | None = None,
) -> list[IncomingUpload]:
    """Uploads of a shop that have begun and not ended, oldest first; `offset` is what has arrived,
    which need not be safely on disk yet."""
    query = select(IncomingUploadRow).where(
        IncomingUploadRow.shop_id == shop_id, IncomingUploadRow.import_id.is_(None)
    )
    if user_id is not None:
        query = query.where(IncomingUploadRow.user_id == user_id)
    if purpose is not None:
        query = query.where(IncomingUploadRow.purpose == purpose)
    rows = session.scalars(query.order_by(IncomingUploadRow.created_at, IncomingUploadRow.id))
    found = []
    for row in rows:
        try:
            upload = _build(settings, allowance, row, pieces.seen_length)
        except UploadNotFoundError:
            continue  # its bytes are gone: the daily job forgets it
        if upload.expires_at > now:
            found.append(upload)
    return found


def append(
    settings: Settings,
    upload: IncomingUpload,
    stream: pieces.Readable,
    *,
    offset: int,
    checksum: pieces.Checksum | None = None,
) -> int:
    """Write a piece; the number of bytes that are safely here then. No session is needed."""
    return pieces.append(
        _path(settings, upload.id), stream, offset=offset, size=upload.size, checksum=checksum
    )


def take_in(
    settings: Settings,
    database: Database,
    upload: IncomingUpload,
    take: Take,
    now: dt.datetime,
) -> int:
    """Make an import of a file that has arrived whole; the import's number.

    Exactly once, however often it is asked and wherever it is killed: the bytes keep their first
    name until the import is committed.
    """
    path = _path(settings, upload.id)
    if upload.import_id is not None:
        return upload.import_id
    with pieces.made_whole(path) as received:
        with database.unit_of_work() as session:
            row = _get_row(session, upload.id, upload.shop_id, upload.user_id)
            if row.import_id is None:
                row.import_id = take(session, received)
                row.finished_at = now
            import_id = row.import_id
        pieces.forget(path)
    return import_id


def cancel(
    session: Session, settings: Settings, upload_id: str, *, shop_id: int, user_id: int
) -> None:
    """Throw an unfinished upload away. Raises UploadNotFoundError, AlreadyArrivedError."""
    row = _get_row(session, upload_id, shop_id, user_id)
    if row.import_id is not None:
        raise AlreadyArrivedError.of()
    session.delete(row)
    session.flush()
    pieces.forget(_path(settings, row.id))


def forget_expired(
    session: Session, settings: Settings, allowance: Allowance, shop_id: int, now: dt.datetime
) -> int:
    """Throw away what nobody went on with, and forget what arrived long ago; how many."""
    rows = session.scalars(select(IncomingUploadRow).where(IncomingUploadRow.shop_id == shop_id))
    gone = [row for row in rows if _expires(settings, allowance, row) <= now]
    for row in gone:
        session.delete(row)
        pieces.forget(_path(settings, row.id))
    return len(gone)


def forget_strays(
    session: Session, settings: Settings, allowance: Allowance, now: dt.datetime
) -> int:
    """Remove bytes that belong to no upload (a process was killed in between); how many files."""
    known = set(session.scalars(select(IncomingUploadRow.id)))
    strays = [
        path
        for path in folder_of_pieces(settings).glob("*")
        if path.stem not in known
        and dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) + allowance.patience <= now
    ]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _path(settings: Settings, upload_id: str) -> Path:
    return folder_of_pieces(settings) / f"{upload_id}.piece"


def _get_row(session: Session, upload_id: str, shop_id: int, user_id: int) -> IncomingUploadRow:
    row = session.get(IncomingUploadRow, upload_id)
    if row is None or row.shop_id != shop_id or row.user_id != user_id:
        raise UploadNotFoundError.of()
    return row


def _expires(settings: Settings, allowance: Allowance, row: IncomingUploadRow) -> dt.datetime:
    """The last piece tells by when the next is expected."""
    last = row.finished_at or row.created_at
    path = _path(settings, row.id)
    if row.import_id is None and path.exists():
        last = max(last, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC))
    return last + allowance.patience


def _build(
    settings: Settings,
    allowance: Allowance,
    row: IncomingUploadRow,
    length: Callable[[Path], int] = pieces.length,
) -> IncomingUpload:
    """Raises UploadNotFoundError where the bytes of an unfinished upload are gone."""
    arrived = row.import_id is not None
    return IncomingUpload(
        id=UploadId(row.id),
        shop_id=row.shop_id,
        user_id=row.user_id,
        purpose=Purpose(row.purpose),
        kind=row.kind,
        filename=row.filename,
        modified=row.modified,
        size=row.size,
        offset=row.size if arrived else length(_path(settings, row.id)),
        created_at=row.created_at,
        expires_at=_expires(settings, allowance, row),
        import_id=row.import_id,
    )
