"""The last step of an import: compare once more if the shop moved on, commit, write it down.

Exactly once, whatever happens in between: what will be committed is written down first (the
receipt), the commit itself carries the import's number, and a second run finds both.
"""

import datetime as dt

import polars as pl

from regulars_platform.intake import repository
from regulars_platform.intake.classify import Classified, classify, read_classified
from regulars_platform.intake.commit import commit, committed_version, only_writer
from regulars_platform.intake.errors import UndecidedError, WrongStateError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import ImportState, OverlapChoice
from regulars_platform.intake.staging import Folder, Report, folder_of, read_json, write_json
from regulars_platform.intake.tallies import Tallies
from regulars_platform.orders.table import ORDER_SCHEMA, OrdersTable
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

_STORABLE = (ImportState.CHECKED, ImportState.STORING, ImportState.FAILED)


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
    orders = OrdersTable(settings.shop_dir(import_.shop_id))
    report("waiting", 0, None)
    with only_writer(settings.shop_dir(import_.shop_id)):
        version = committed_version(orders, import_.id)
        if version is None:
            classified = _up_to_date(folder, orders, import_, database, report)
            _require_choice(database, import_, classified, choice)
            version = _write(folder, orders, import_, classified, choice, database, report)
        tallies = _write_down(folder, database, import_, version, now)
    folder.forget_working_files()
    report("stored", tallies.stored.lines, tallies.stored.lines)
    return tallies


def _up_to_date(
    folder: Folder,
    orders: OrdersTable,
    import_: OrderImport,
    database: Database,
    report: Report,
) -> Classified:
    """The comparison with the table as it is now, and with the files that are stored now."""
    last = read_classified(folder)
    version = orders.version()
    with database.unit_of_work() as session:
        before = repository.find_stored_before(session, import_)
    if last is not None and (last.version, last.before) == (version, before and before.id):
        return last
    if import_.mapping is None or not folder.prepared.exists():
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    return classify(folder, orders, version, import_.mapping, report, before)


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


def _write(
    folder: Folder,
    orders: OrdersTable,
    import_: OrderImport,
    classified: Classified,
    choice: OverlapChoice | None,
    database: Database,
    report: Report,
) -> int | None:
    """Receipt first, then the commit; from here on the mapping cannot be changed.

    Returns the version that holds the lines.
    """
    tallies = classified.tallies.after_choice(choice)
    write_json(
        folder.receipt,
        {"tallies": tallies.as_json(), "choice": None if choice is None else str(choice)},
    )
    if not tallies.stored.lines:
        return orders.version()
    report("storing", 0, tallies.stored.lines)
    with database.unit_of_work() as session:
        repository.get_row(session, import_.id).state = ImportState.STORING
    lines = folder.lines().filter(pl.col("fate") != "repeated")
    if tallies.overlapping.lines:
        lines = lines.join(
            folder.overlapping(), on="source_line", how="anti", maintain_order="left"
        )
    return commit(
        orders, lines.select(list(ORDER_SCHEMA)), import_.id, merge=tallies.corrected.lines > 0
    )


def _write_down(
    folder: Folder,
    database: Database,
    import_: OrderImport,
    version: int | None,
    now: dt.datetime,
) -> Tallies:
    receipt = read_json(folder.receipt)
    tallies = Tallies.from_json(receipt["tallies"])
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_.id)
        row.state = ImportState.STORED
        row.tallies = receipt["tallies"]
        row.overlap_choice = receipt["choice"]
        row.table_version = version
        row.stored_at = now
        row.problem = row.hint = None
    return tallies
