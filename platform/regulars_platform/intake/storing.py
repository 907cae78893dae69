"""The last step of an import: compare once more if the shop moved on, commit, write it down.

Exactly once, whatever happens in between: what will be committed is written down first (the
receipt), the commit itself carries the import's number, and a second run finds both.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars_platform.intake import repository
from regulars_platform.intake.classify import (
    Classified,
    classify,
    read_classified,
)
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.commit import (
    commit,
    commit_joined,
    commit_parts,
    committed_version,
    only_writer,
)
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.joining import (
    goes_through_parts,
    join_parts,
    rows_for_parts,
    whole_changes,
)
from regulars_platform.intake.known import what_is_known
from regulars_platform.intake.models import FilePart, ImportId, ImportState, OverlapChoice
from regulars_platform.intake.presets import part_of
from regulars_platform.intake.staging import Folder, Report, folder_of, read_json, write_json
from regulars_platform.intake.tallies import Tallies
from regulars_platform.intake.waiting import count_waiting, keep_waiting
from regulars_platform.orders.parts import OrderParts
from regulars_platform.orders.table import ORDER_SCHEMA, OrdersTable
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

_STORABLE = (ImportState.CHECKED, ImportState.STORING, ImportState.FAILED)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The two tables of a shop that an order file is stored in."""

    orders: OrdersTable
    parts: OrderParts


def store(
    settings: Settings,
    database: Database,
    import_: OrderImport,
    choice: OverlapChoice | None,
    report: Report,
    now: dt.datetime,
) -> Tallies:
    """See `service.store`."""
    if import_.state is ImportState.STORED and import_.tallies is not None:
        return import_.tallies
    if import_.state not in _STORABLE or import_.tallies is None:
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    if import_.tallies.unknown_status_words:
        raise UndecidedError.status_words(import_.tallies.unknown_status_words)
    folder = folder_of(settings, import_.id)
    shop_dir = settings.shop_dir(import_.shop_id)
    tables = _Tables(OrdersTable(shop_dir), OrderParts(shop_dir))
    report("waiting", 0, None)
    with only_writer(shop_dir):
        version = committed_version(tables.orders, import_.id)
        if version is None:
            if committed_version(tables.parts, import_.id) is None:
                classified = _up_to_date(folder, tables, import_, database, report)
                _require_choice(database, import_, classified, choice)
                _write_receipt(folder, classified, choice, import_.id, database)
            version = _write(folder, tables, import_, report)
        tallies = _write_down(folder, tables, database, import_, version, now)
    folder.forget_working_files()
    report("stored", tallies.stored.lines, tallies.stored.lines)
    return tallies


def _up_to_date(
    folder: Folder,
    tables: _Tables,
    import_: OrderImport,
    database: Database,
    report: Report,
) -> Classified:
    """The comparison with the tables as they are now, and with the files that are stored now."""
    last = read_classified(folder)
    now = (tables.orders.version(), tables.parts.version())
    with database.unit_of_work() as session:
        before = repository.find_stored_before(session, import_)
        same_file = repository.find_same_file(session, import_)
    same = last is not None and (last.version, last.parts_version) == now
    if last is not None and same and last.before == (before and before.id):
        return last
    if import_.mapping is None or not folder.prepared.exists():
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    known = what_is_known(tables.orders, tables.parts, _part_of(import_))
    return classify(folder, known, import_.mapping, report, before, same_file)


def _require_choice(
    database: Database, import_: OrderImport, classified: Classified, choice: OverlapChoice | None
) -> None:
    """Lines that overlap need a choice; and "store all" was said of the overlap that was shown."""
    overlap = classified.tallies.overlap
    shown = import_.tallies.overlap if import_.tallies else None
    grown = overlap is not None and (shown is None or overlap.share != shown.share)
    if overlap is None or choice is OverlapChoice.LEAVE_OUT:
        return
    if choice is OverlapChoice.STORE_ALL and not grown:
        return
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_.id)
        row.state = ImportState.CHECKED
        row.tallies = classified.tallies.as_json()
        row.overlap_choice = None  # it was said of another overlap
    raise UndecidedError.overlap(
        overlap.share.lines, overlap.first_at.date().isoformat(), overlap.last_at.date().isoformat()
    )


def _write_receipt(
    folder: Folder,
    classified: Classified,
    choice: OverlapChoice | None,
    import_id: ImportId,
    database: Database,
) -> None:
    """What will be committed, before the commit; from here on the mapping cannot be changed."""
    tallies = classified.tallies.after_choice(choice)
    write_json(
        folder.receipt,
        {"tallies": tallies.as_json(), "choice": None if choice is None else str(choice)},
    )
    if tallies.stored.lines or tallies.left_out.lines:
        with database.unit_of_work() as session:
            repository.get_row(session, import_id).state = ImportState.STORING


def _write(folder: Folder, tables: _Tables, import_: OrderImport, report: Report) -> int | None:
    """The commit, or both where orders come in parts. Returns the version that holds the lines."""
    tallies = Tallies.from_json(read_json(folder.receipt)["tallies"])
    if not tallies.stored.lines and not tallies.left_out.lines:
        return tables.orders.version()
    report("storing", 0, tallies.stored.lines)
    lines = folder.lines().filter(pl.col("fate") != "repeated")
    if tallies.overlapping.lines:
        lines = lines.join(
            folder.overlapping(), on="source_line", how="anti", maintain_order="left"
        )
    if goes_through_parts(lines, FilePart(tallies.part), tables.parts):
        return _write_parts(folder, tables, lines, tallies, import_.id, report)
    if lines.filter("replaces").head(1).collect(engine="streaming").height:
        return commit_joined(tables.orders, whole_changes(lines, tables.orders.scan()), import_.id)
    return commit(
        tables.orders,
        lines.select(list(ORDER_SCHEMA)),
        import_.id,
        merge=tallies.corrected.lines > 0,
    )


def _write_parts(
    folder: Folder,
    tables: _Tables,
    lines: pl.LazyFrame,
    tallies: Tallies,
    import_id: ImportId,
    report: Report,
) -> int | None:
    """The parts first, then what they make of the orders they touch."""
    orders, parts = tables.orders, tables.parts
    part = FilePart(tallies.part)
    if committed_version(parts, import_id) is None:
        commit_parts(parts, rows_for_parts(lines, part, orders, parts), import_id)
    changes = join_parts(folder.joined, lines, part, orders, parts, report)
    if changes.head(1).collect(engine="streaming").is_empty():
        return orders.version()
    return commit_joined(orders, changes, import_id)


def _write_down(
    folder: Folder,
    tables: _Tables,
    database: Database,
    import_: OrderImport,
    version: int | None,
    now: dt.datetime,
) -> Tallies:
    receipt = read_json(folder.receipt)
    tallies = Tallies.from_json(receipt["tallies"])
    waiting = count_waiting(tables.parts) if tables.parts.exists() else None
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_.id)
        row.state = ImportState.STORED
        row.tallies = receipt["tallies"]
        row.overlap_choice = receipt["choice"]
        row.table_version = version
        row.stored_at = now
        row.problem = row.hint = None
        if waiting is not None:
            keep_waiting(session, import_.shop_id, waiting)
    return tallies


def _part_of(import_: OrderImport) -> FilePart:
    headings = import_.look.form.headings if import_.look else ()
    return part_of(import_.options.part, headings)
