"""The way of an order file into the shop: upload, look, confirm, check, store.

Each step may be killed anywhere and started again. Steps that take long get the database and open
short units of work of their own; the others work in the caller's session.
"""

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.intake import repository, storing
from regulars_platform.intake.arithmetic import check_sums
from regulars_platform.intake.classify import classify, read_classified
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.columns import (
    check_mapping,
    fingerprint,
    propose,
    refuse_other_files,
    remembered_proposals,
)
from regulars_platform.intake.discarding import mark_discarded, remove_folder
from regulars_platform.intake.encodings import CHOICES
from regulars_platform.intake.errors import EncodingUnknownError, WrongStateError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.known import what_is_known
from regulars_platform.intake.limits import LIMITS, Limits
from regulars_platform.intake.models import (
    CHECKABLE,
    CONFIRMABLE,
    FilePart,
    ImportId,
    ImportState,
    Look,
    OrderField,
    OverlapChoice,
    ReadingOptions,
)
from regulars_platform.intake.prepare import Task, prepare
from regulars_platform.intake.presets import part_of, recognise
from regulars_platform.intake.recording import Listener, recording
from regulars_platform.intake.sniff import SniffedFile, first_rows, sniff
from regulars_platform.intake.staging import (
    Report,
    folder_of,
    keep_quiet,
    read_json,
    room_on_disk,
    write_json,
)
from regulars_platform.intake.survey import positions_of
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.intake.tallies import Tallies
from regulars_platform.intake.uploads import ReceivedBytes, keep, receiving, tidy_filename
from regulars_platform.intake.words import count_status_words
from regulars_platform.orders.parts import OrderParts
from regulars_platform.orders.table import ORDER_SCHEMA, OrdersTable
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
    user_id: int | None = None,
) -> ImportId:
    """Take in the bytes of a file; state `uploaded`.

    Give it a session that has not yet read anything: the bytes are written before the first
    statement, so that a slow upload holds no lock. Raises DiskFullError, nothing left behind.
    """
    with receiving(settings, stream) as received:
        return record_upload(session, settings, shop_id, filename, received, now, user_id)


def record_upload(
    session: Session,
    settings: Settings,
    shop_id: int,
    filename: str,
    received: ReceivedBytes,
    now: dt.datetime,
    user_id: int | None = None,
) -> ImportId:
    """Make an import of bytes that are on disk, and give them their place; state `uploaded`."""
    row = OrderImportRow(
        shop_id=shop_id,
        user_id=user_id,
        filename=tidy_filename(filename),
        size=received.size,
        sha256=received.sha256,
        state=ImportState.UPLOADED,
        received_at=now,
    )
    session.add(row)
    session.flush()
    import_id = ImportId(row.id)
    keep(received, folder_of(settings, import_id))
    return import_id


def look(
    settings: Settings,
    database: Database,
    import_id: ImportId,
    report: Report = keep_quiet,
    *,
    limits: Limits = LIMITS,
) -> Look:
    """Read the form of the file and propose its columns; state `looked`.

    Reads all bytes once. Raises RefusedFileError (recorded: state `refused`) or DiskFullError.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
    if import_.state is ImportState.STORED and import_.look is not None:
        return import_.look
    folder = folder_of(settings, import_id)
    listener = Listener(report)
    with (
        _recording(database, import_id, listener),
        room_on_disk(N_("reading the file")),
        folder.without_leftovers(),
    ):
        told = read_json(folder.encoding)
        sniffed = sniff(folder.original, folder.plain, limits, told, listener)
        refuse_other_files(sniffed.form.headings)
    with database.unit_of_work() as session:
        seen = _build_look(session, import_.shop_id, sniffed, limits)
        row = repository.get_row(session, import_id)
        row.look = seen.as_json()
        row.state = ImportState.LOOKED
        row.problem = row.hint = None
    return seen


def _build_look(session: Session, shop_id: int, sniffed: SniffedFile, limits: Limits) -> Look:
    form = sniffed.form
    known = repository.find_mapping(session, shop_id, fingerprint(form.headings))
    proposals = propose(form, sniffed.sample)
    options = ReadingOptions()
    if known is not None:
        proposals = remembered_proposals(form, known.mapping, sniffed.sample)
        options = ReadingOptions.from_json(known.options)
    mapping = {proposal.field: proposal.heading for proposal in proposals}
    positions = positions_of(form, mapping)
    preset = recognise(form.headings)
    return Look(
        form=form,
        first_rows=first_rows(sniffed, limits.shown_rows),
        proposals=proposals,
        remembered=known is not None,
        options=options,
        status_words=count_status_words(sniffed.sample, positions),
        preset=None if preset is None else preset.code,
        arithmetic=check_sums(sniffed.sample, mapping, positions),
    )


def choose_encoding(
    session: Session, settings: Settings, import_id: ImportId, encoding: str
) -> None:
    """Say how a text is encoded that reads in several ways; state `uploaded`: look again.

    Raises EncodingUnknownError for what is not offered (encodings.CHOICES).
    """
    row = repository.get_row(session, import_id)
    if encoding not in CHOICES:
        raise EncodingUnknownError.not_offered(encoding)
    if row.state in (ImportState.STORING, ImportState.STORED):
        raise WrongStateError.of(row.state, ImportState.UPLOADED)
    write_json(folder_of(settings, import_id).encoding, encoding)
    row.state = ImportState.UPLOADED
    row.look = row.mapping = row.tallies = row.problem = row.hint = None


def confirm_mapping(
    session: Session,
    import_id: ImportId,
    mapping: Mapping[OrderField, str],
    options: ReadingOptions,
) -> None:
    """Settle what the columns mean, and remember it for this shop; state `confirmed`.

    Raises InvalidInputError with one problem per field that does not hold.
    """
    row = repository.get_row(session, import_id)
    import_ = repository.build_import(row)
    if import_.look is None or import_.state not in CONFIRMABLE:
        raise WrongStateError.of(import_.state, ImportState.LOOKED)
    form = import_.look.form
    if options.part is part_of(None, form.headings):
        options = replace(options, part=None)  # as recognised: nothing was decided
    check_mapping(form, mapping, options)
    repository.remember_mapping(session, row.shop_id, fingerprint(form.headings), mapping, options)
    row.mapping = {str(field): heading for field, heading in mapping.items()}
    row.options = options.as_json()
    row.state = ImportState.CONFIRMED
    row.tallies = row.overlap_choice = row.problem = row.hint = None


def check(
    settings: Settings,
    database: Database,
    import_id: ImportId,
    report: Report = keep_quiet,
    *,
    limits: Limits = LIMITS,
) -> Tallies:
    """Read every line, compare with what is stored, and count; state `checked`. Stores nothing.

    Raises RefusedFileError where a person has to decide first (state `refused`; confirm the
    mapping again with the options that answer it), or DiskFullError.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
        shop = get_shop(session, import_.shop_id)
    if import_.state is ImportState.STORED and import_.tallies is not None:
        return import_.tallies
    if import_.look is None or import_.mapping is None or import_.state not in CHECKABLE:
        raise WrongStateError.of(import_.state, ImportState.CONFIRMED)
    folder = folder_of(settings, import_id)
    task = Task(
        import_id=import_id,
        folder=folder,
        form=import_.look.form,
        mapping=import_.mapping,
        options=import_.options,
        timezone=shop.zone,
        limits=limits,
    )
    shop_dir = settings.shop_dir(import_.shop_id)
    part = part_of(import_.options.part, import_.look.form.headings)
    listener = Listener(report)
    with _recording(database, import_id, listener), room_on_disk(N_("checking the file")):
        prepare(task, listener)
        known = what_is_known(OrdersTable(shop_dir), OrderParts(shop_dir), part)
        with database.unit_of_work() as session:
            before = repository.find_stored_before(session, import_)
            same = repository.find_same_file(session, import_)
        result = classify(folder, known, import_.mapping, listener, before, same)
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_id)
        row.tallies = result.tallies.as_json()
        row.state = ImportState.CHECKED
        row.problem = row.hint = None
    return result.tallies


def store(
    settings: Settings,
    database: Database,
    import_id: ImportId,
    overlap_choice: OverlapChoice | None,
    report: Report = keep_quiet,
    *,
    now: dt.datetime,
) -> Tallies:
    """Bring the checked lines into the orders table, exactly once; state `stored`.

    Raises UndecidedError where status words are not placed, or where lines overlap an earlier
    file and nobody chose; the import stays `checked`.
    """
    with database.unit_of_work() as session:
        import_ = get_import(session, import_id)
    listener = Listener(report)
    with _recording(database, import_id, listener), room_on_disk(N_("storing the lines")):
        return storing.store(settings, database, import_, overlap_choice, listener, now)


def import_file(  # noqa: PLR0913 -- everything that the single steps ask for
    settings: Settings,
    database: Database,
    shop_id: int,
    path: Path,
    *,
    mapping: Mapping[OrderField, str] | None = None,
    options: ReadingOptions | None = None,
    overlap: OverlapChoice | None = None,
    encoding: str | None = None,
    now: dt.datetime,
    report: Report = keep_quiet,
) -> OrderImport:
    """All steps at once, for the command line. mapping, options: None takes what is proposed;
    encoding: None leaves it to the file.

    Raises what the steps raise where a person has to decide something.
    """
    with path.open("rb") as stream, database.unit_of_work() as session:
        import_id = receive_upload(session, settings, shop_id, path.name, stream, now)
        if encoding is not None:
            choose_encoding(session, settings, import_id, encoding)
    seen = look(settings, database, import_id)
    with database.unit_of_work() as session:
        confirm_mapping(
            session,
            import_id,
            seen.mapping() if mapping is None else mapping,
            seen.options if options is None else options,
        )
    tallies = check(settings, database, import_id, report)
    if tallies.unknown_status_words:
        raise UndecidedError.status_words(tallies.unknown_status_words)
    store(settings, database, import_id, overlap, report, now=now)
    with database.unit_of_work() as session:
        return get_import(session, import_id)


def discard(session: Session, import_id: ImportId) -> None:
    """Throw a file away of which nothing is stored; state `discarded`. Its bytes go by
    `forget_bytes` once this is committed. Raises WrongStateError."""
    mark_discarded(repository.get_row(session, import_id))


def forget_bytes(settings: Settings, import_id: ImportId) -> None:
    """Remove the folder of a file that was thrown away."""
    remove_folder(folder_of(settings, import_id).root)


def list_imports(session: Session, shop_id: int) -> list[OrderImport]:
    """The imports of a shop, newest first."""
    return [repository.build_import(row) for row in repository.list_rows(session, shop_id)]


def get_import(session: Session, import_id: ImportId) -> OrderImport:
    """One import. Raises ImportNotFoundError."""
    return repository.build_import(repository.get_row(session, import_id))


def rejects_path(settings: Settings, import_id: ImportId) -> Path | None:
    """The file of rejected lines with their reasons; None before the check."""
    path = folder_of(settings, import_id).rejects
    return path if path.exists() else None


def staged_lines(settings: Settings, import_id: ImportId) -> pl.LazyFrame:
    """The lines of this file (ORDER_SCHEMA): stored, repeated and overlapping ones, not the
    rejected nor those left out; no fixed order. Empty before the check, and of a file of items or
    refunds, which names no customer."""
    folder = folder_of(settings, import_id)
    classified = read_classified(folder)
    if classified is None or classified.tallies.part != FilePart.ORDER:
        return pl.LazyFrame(schema=ORDER_SCHEMA)
    return folder.lines().filter(pl.col("fate") != "left_out").select(list(ORDER_SCHEMA))


def _recording(
    database: Database, import_id: ImportId, listener: Listener | None = None
) -> AbstractContextManager[None]:
    return recording(database, lambda session: repository.get_row(session, import_id), listener)
