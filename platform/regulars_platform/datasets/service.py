"""The way of another file into the shop: upload, look, confirm, check, store.

Each step may be killed anywhere and started again. Steps that take long get the database and open
short units of work of their own; the others work in the caller's session.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from regulars_platform.datasets import by_hand, repository, storing
from regulars_platform.datasets.checking import check_columns
from regulars_platform.datasets.compare import compare
from regulars_platform.datasets.errors import (
    DatasetImportNotFoundError,
    KindUnknownError,
    OrderFileError,
)
from regulars_platform.datasets.folder import folder_of
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.looking import build_look
from regulars_platform.datasets.models import (
    DatasetImport,
    DatasetImportId,
    DatasetLook,
    DatasetOptions,
    DatasetTallies,
)
from regulars_platform.datasets.prepare import PART, Task, prepare
from regulars_platform.datasets.recognise import (
    looks_like_orders,
    recognise_kind,
)
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.intake.columns import fingerprint
from regulars_platform.intake.discarding import mark_discarded, remove_folder
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.limits import LIMITS, Limits
from regulars_platform.intake.models import CHECKABLE, CONFIRMABLE, ImportState
from regulars_platform.intake.recording import Listener, recording
from regulars_platform.intake.sniff import sniff
from regulars_platform.intake.staging import Report, keep_quiet, room_on_disk
from regulars_platform.intake.uploads import ReceivedBytes, keep, receiving, tidy_filename
from regulars_platform.settings import Settings
from regulars_platform.shops.service import get_shop
from regulars_platform.storage.database import Database
from regulars_platform.words import N_


def receive_upload(
    session: Session,
    settings: Settings,
    shop_id: int,
    filename: str,
    stream: BinaryIO,
    now: dt.datetime,
    *,
    kind: Kind | None = None,
    user_id: int | None = None,
) -> DatasetImportId:
    """Take in the bytes of a file; state `uploaded`. kind: None leaves it to the headings.

    Give it a session that has not yet read anything: the bytes are written before the first
    statement, so that a slow upload holds no lock. Raises DiskFullError, nothing left behind.
    """
    with receiving(settings, stream) as received:
        return record_upload(
            session, settings, shop_id, filename, received, now, kind=kind, user_id=user_id
        )


def record_upload(
    session: Session,
    settings: Settings,
    shop_id: int,
    filename: str,
    received: ReceivedBytes,
    now: dt.datetime,
    *,
    kind: Kind | None = None,
    user_id: int | None = None,
) -> DatasetImportId:
    """Make an import of bytes that are on disk, and give them their place; state `uploaded`."""
    row = DatasetImportRow(
        shop_id=shop_id,
        user_id=user_id,
        filename=tidy_filename(filename),
        size=received.size,
        sha256=received.sha256,
        state=ImportState.UPLOADED,
        kind=kind,
        received_at=now,
    )
    session.add(row)
    session.flush()
    import_id = DatasetImportId(row.id)
    keep(received, folder_of(settings, import_id))
    return import_id


def look(
    settings: Settings,
    database: Database,
    import_id: DatasetImportId,
    report: Report = keep_quiet,
    *,
    limits: Limits = LIMITS,
) -> DatasetLook:
    """Read the form of the file, its kind and its columns; state `looked`.

    Reads all bytes once. Raises RefusedFileError (recorded: state `refused`) or DiskFullError.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
        shop = get_shop(session, import_.shop_id)
    if import_.state is ImportState.STORED and import_.look is not None:
        return import_.look
    folder = folder_of(settings, import_id)
    listener = Listener(report)
    with (
        _recording(database, import_id, listener),
        room_on_disk(N_("reading the file")),
        folder.without_leftovers(),
    ):
        encoding = import_.options.encoding
        sniffed = sniff(folder.original, folder.plain, limits, encoding, listener)
        kind = import_.kind or recognise_kind(sniffed.form.headings)
        if kind is None and looks_like_orders(sniffed.form.headings):
            raise OrderFileError.of()
    with database.unit_of_work() as session:
        seen = build_look(session, settings, import_, shop, sniffed, kind, limits)
        row = repository.get_row(session, import_id)
        row.look = seen.as_json()
        row.kind = kind
        row.mapping = row.tallies = None
        row.state = ImportState.LOOKED
        row.problem = row.hint = None
    return seen


def choose_kind(session: Session, import_id: DatasetImportId, kind: Kind | None) -> None:
    """Say which kind of file it is (None: leave it to the headings); it is to be looked at anew."""
    row = repository.get_row(session, import_id)
    state = ImportState(row.state)
    if state not in (*CONFIRMABLE, ImportState.UPLOADED):
        raise WrongStateError.of(state, ImportState.LOOKED)
    row.kind = kind
    row.look = row.mapping = row.tallies = None
    row.state = ImportState.UPLOADED
    row.problem = row.hint = None


def choose_encoding(session: Session, import_id: DatasetImportId, encoding: str) -> None:
    """Say in which encoding a text reads right; it is to be looked at anew."""
    row = repository.get_row(session, import_id)
    state = ImportState(row.state)
    if state not in (*CONFIRMABLE, ImportState.UPLOADED):
        raise WrongStateError.of(state, ImportState.LOOKED)
    row.options = DatasetOptions(encoding=encoding).as_json()
    row.look = row.mapping = row.tallies = None
    row.state = ImportState.UPLOADED
    row.problem = row.hint = None


def confirm_columns(
    session: Session,
    import_id: DatasetImportId,
    mapping: Mapping[str, str],
    options: DatasetOptions,
    now: dt.datetime,
) -> None:
    """Settle what the columns mean (heading -> meaning), and remember it; state `confirmed`.

    Raises InvalidInputError with one problem per field that does not hold.
    """
    row = repository.get_row(session, import_id)
    import_ = repository.build_import(row)
    if import_.look is None or import_.state not in CONFIRMABLE:
        raise WrongStateError.of(import_.state, ImportState.LOOKED)
    if import_.kind is None:
        raise KindUnknownError.of()
    form = import_.look.form
    today = now.astimezone(get_shop(session, row.shop_id).zone).date()
    check_columns(import_.kind, form, mapping, options, today)
    repository.remember_mapping(
        session, row.shop_id, import_.kind, fingerprint(form.headings), mapping, options
    )
    row.mapping = dict(mapping)
    row.options = options.as_json()
    row.state = ImportState.CONFIRMED
    row.tallies = row.problem = row.hint = None


def check(
    settings: Settings,
    database: Database,
    import_id: DatasetImportId,
    report: Report = keep_quiet,
    *,
    part: int = PART,
) -> DatasetTallies:
    """Read every line, compare with what is stored, and count; state `checked`. Stores nothing.

    Raises RefusedFileError where a person has to decide first (state `refused`; confirm the
    columns again with the options that answer it), or DiskFullError.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
        shop = get_shop(session, import_.shop_id)
    if import_.state is ImportState.STORED and import_.tallies is not None:
        return import_.tallies
    if (
        import_.look is None
        or import_.mapping is None
        or import_.kind is None
        or import_.state not in CHECKABLE
    ):
        raise WrongStateError.of(import_.state, ImportState.CONFIRMED)
    folder = folder_of(settings, import_id)
    task = Task(
        folder=folder,
        kind=import_.kind,
        form=import_.look.form,
        mapping=import_.mapping,
        options=import_.options,
        as_of=import_.options.as_of or import_.received_at.astimezone(shop.zone).date(),
        timezone=shop.zone,
        part=part,
    )
    table = DatasetTable(settings.shop_dir(import_.shop_id), import_.kind)
    listener = Listener(report)
    with _recording(database, import_id, listener), room_on_disk(N_("checking the file")):
        prepare(task, listener)
        with database.unit_of_work() as session:
            before = repository.find_stored_before(session, import_)
        result = compare(folder, table, shop.zone, listener, before)
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_id)
        row.tallies = result.tallies.as_json()
        row.state = ImportState.CHECKED
        row.problem = row.hint = None
    return result.tallies


def store(
    settings: Settings,
    database: Database,
    import_id: DatasetImportId,
    report: Report = keep_quiet,
    *,
    now: dt.datetime,
    part: int = PART,
) -> DatasetTallies:
    """Bring the checked records, or what was typed, into their table, exactly once; state `stored`.

    Customers who want no contact by this file are put on the list of those whom nothing may reach.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
        shop = get_shop(session, import_.shop_id)
    listener = Listener(report)
    stored = storing.store if import_.options.by_hand is None else by_hand.store
    with _recording(database, import_id, listener), room_on_disk(N_("storing the lines")):
        return stored(settings, database, import_, shop.zone, listener, now, part=part)


def import_file(  # noqa: PLR0913 -- everything that the single steps ask for
    settings: Settings,
    database: Database,
    shop_id: int,
    path: Path,
    *,
    kind: Kind | None,
    mapping: Mapping[str, str] | None = None,
    choose: Callable[[DatasetLook], DatasetOptions] | None = None,
    encoding: str | None = None,
    now: dt.datetime,
) -> DatasetImport:
    """All steps at once, for the command line. kind, mapping: None takes what is recognised and
    proposed; choose: the options, once the file was looked at; encoding: None leaves it to the
    file. Raises what the steps raise where a person has to decide something.
    """
    with path.open("rb") as stream, database.unit_of_work() as session:
        import_id = receive_upload(session, settings, shop_id, path.name, stream, now, kind=kind)
        if encoding is not None:
            choose_encoding(session, import_id, encoding)
    seen = look(settings, database, import_id)
    if seen.kind is None:
        raise KindUnknownError.of()
    with database.unit_of_work() as session:
        confirm_columns(
            session,
            import_id,
            seen.proposals if mapping is None else mapping,
            seen.options if choose is None else choose(seen),
            now,
        )
    check(settings, database, import_id)
    store(settings, database, import_id, now=now)
    with database.unit_of_work() as session:
        return get_import(session, import_id)


def discard(session: Session, import_id: DatasetImportId) -> None:
    """Throw a file away of which nothing is stored; state `discarded`. Its bytes go by
    `forget_bytes` once this is committed. Raises WrongStateError."""
    mark_discarded(repository.get_row(session, import_id))


def forget_bytes(settings: Settings, import_id: DatasetImportId) -> None:
    """Remove the folder of a file that was thrown away."""
    remove_folder(folder_of(settings, import_id).root)


def list_imports(session: Session, shop_id: int) -> list[DatasetImport]:
    """The files of a shop, newest first."""
    return [repository.build_import(row) for row in repository.list_rows(session, shop_id)]


def get_import(
    session: Session, import_id: DatasetImportId, shop_id: int | None = None
) -> DatasetImport:
    """One import; of this shop, where one is named. Raises DatasetImportNotFoundError."""
    row = repository.get_row(session, import_id)
    if shop_id is not None and row.shop_id != shop_id:
        raise DatasetImportNotFoundError.of(import_id)
    return repository.build_import(row)


def rejects_path(settings: Settings, import_id: DatasetImportId) -> Path | None:
    """The file of rejected lines with their reasons; None before the check."""
    path = folder_of(settings, import_id).rejects
    return path if path.exists() else None


def _recording(
    database: Database, import_id: DatasetImportId, listener: Listener | None = None
) -> AbstractContextManager[None]:
    return recording(database, lambda session: repository.get_row(session, import_id), listener)
