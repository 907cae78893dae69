"""The last step of another file: compare once more if the shop moved on, commit, write it down.

Exactly once, whatever happens in between: what will be committed is written down first (the
receipt), the commit itself carries the import's number, and a second run finds both.
"""

import datetime as dt

import polars as pl

from regulars_platform.datasets import repository
from regulars_platform.datasets.commit import commit, committed_version
from regulars_platform.datasets.compare import Compared, compare, read_compared
from regulars_platform.datasets.folder import folder_of
from regulars_platform.datasets.models import DatasetImport, DatasetTallies
from regulars_platform.datasets.opting_out import suppress
from regulars_platform.datasets.prepare import PART
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.staging import Folder, Report, read_json, scan_parts, write_json
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

_STORABLE = (ImportState.CHECKED, ImportState.STORING, ImportState.FAILED)


def store(
    settings: Settings,
    database: Database,
    import_: DatasetImport,
    timezone: dt.tzinfo,
    report: Report,
    now: dt.datetime,
    *,
    part: int = PART,
) -> DatasetTallies:
    """See `service.store`."""
    if import_.state is ImportState.STORED and import_.tallies is not None:
        return import_.tallies
    if import_.state not in _STORABLE or import_.tallies is None or import_.kind is None:
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    folder = folder_of(settings, import_.id)
    table = DatasetTable(settings.shop_dir(import_.shop_id), import_.kind)
    report("waiting", 0, None)
    with table.writing():
        version = committed_version(table, import_.id)
        if version is None:
            compared = _up_to_date(folder, table, import_, timezone, database, report)
            version = _write(folder, table, import_, compared, database, report, part)
        suppressed = 0
        if read_json(folder.receipt)["before"] is None:
            # a file that was stored before has put them on the list then
            suppressed = suppress(
                database, import_.shop_id, folder.classified / "opted_out.parquet", now
            )
        tallies = _write_down(folder, database, import_, version, suppressed, now)
    folder.forget_working_files()
    report("stored", tallies.stored, tallies.stored)
    return tallies


def _up_to_date(
    folder: Folder,
    table: DatasetTable,
    import_: DatasetImport,
    timezone: dt.tzinfo,
    database: Database,
    report: Report,
) -> Compared:
    """The comparison with the table as it is now, and with the files that are stored now."""
    last = read_compared(folder)
    with database.unit_of_work() as session:
        before = repository.find_stored_before(session, import_)
    now_known = (table.version(), None if before is None else before.id)
    if last is not None and (last.version, last.before) == now_known:
        return last
    if not folder.prepared.exists():
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    return compare(folder, table, timezone, report, before)


def _write(
    folder: Folder,
    table: DatasetTable,
    import_: DatasetImport,
    compared: Compared,
    database: Database,
    report: Report,
    part: int,
) -> int | None:
    """Receipt first, then the commit; from here on the columns cannot be changed.

    Returns the version that holds the records.
    """
    tallies = compared.tallies
    write_json(folder.receipt, {"tallies": tallies.as_json(), "before": compared.before})
    if not tallies.stored:
        return table.version()
    report("storing", 0, tallies.stored)
    with database.unit_of_work() as session:
        repository.get_row(session, import_.id).state = ImportState.STORING
    schema = {**table.kind.schema, "fate": pl.String()}
    records = scan_parts(folder.classified, schema)
    changed = records.filter(pl.col("fate") == "changed").select(pl.len()).collect().item()
    return commit(
        table, records.select(list(table.kind.schema)), import_.id, changed=changed, part=part
    )


def _write_down(
    folder: Folder,
    database: Database,
    import_: DatasetImport,
    version: int | None,
    suppressed: int,
    now: dt.datetime,
) -> DatasetTallies:
    receipt = read_json(folder.receipt)
    tallies = DatasetTallies.from_json(receipt["tallies"]).with_suppressed(suppressed)
    with database.unit_of_work() as session:
        row = repository.get_row(session, import_.id)
        row.state = ImportState.STORED
        row.tallies = tallies.as_json()
        row.table_version = version
        row.stored_at = now
        row.problem = row.hint = None
    return tallies
