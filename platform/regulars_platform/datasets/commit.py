"""Records into the table of their kind: in one transaction, and exactly once.

The commit carries the number of its import as a Delta application transaction, which the table
remembers. A job that was killed after the commit and starts again finds it there. New records are
appended; where some change, the table is written anew, part by part, so that memory stays flat.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction

from regulars_platform.datasets.models import DatasetImportId
from regulars_platform.datasets.table import DatasetTable

_ROW_GROUP = 250_000


def committed_version(table: DatasetTable, import_id: DatasetImportId) -> int | None:
    """The version that this import wrote; None if it has not written."""
    if not table.exists():
        return None
    delta = DeltaTable(str(table.path))
    if delta.transaction_version(_transaction(import_id)) is None:
        return None
    for entry in delta.history():
        if entry.get("import_id") == str(import_id):
            return int(entry["version"])
    return delta.version()  # so long ago that the log of that commit was cleaned away


def commit(
    table: DatasetTable,
    records: pl.LazyFrame,
    import_id: DatasetImportId,
    *,
    changed: int,
    part: int,
) -> int:
    """Write `records` (columns of the kind, keys unique, all of them new or changed), and return
    the version that holds them.

    changed: how many of them replace a stored one; part: records held in memory at a time.
    """
    table.make()
    delta = DeltaTable(str(table.path))
    before = delta.version()
    if changed:
        files = list(_anew(table, records, import_id, parts=max(1, -(-changed // part))))
    else:
        files = [_write(table, records, table.path / f"part-import-{import_id}.parquet")]
    delta.create_write_transaction(
        [_action(file, rows) for file, rows in files if rows],
        mode="overwrite" if changed else "append",
        schema=delta.schema(),
        commit_properties=CommitProperties(
            custom_metadata={"import_id": str(import_id)},
            app_transactions=[Transaction(_transaction(import_id), 1)],
        ),
    )
    after = DeltaTable(str(table.path)).version()
    if after <= before:
        raise AssertionError("the commit left no version behind")
    return after


def _anew(
    table: DatasetTable, records: pl.LazyFrame, import_id: DatasetImportId, *, parts: int
) -> Iterator[tuple[Path, int]]:
    """All stored records but those that are replaced, and the records of the file."""
    key = list(table.kind.key)
    stored, bucket = table.scan(), pl.struct(key).hash(seed=2) % parts
    for number in range(parts):
        mine = records if parts == 1 else records.filter(bucket == number)
        theirs = stored if parts == 1 else stored.filter(bucket == number)
        replaced = mine.select(key).collect(engine="streaming")
        if len(key) == 1:  # see `compare`: a join would hold the whole table
            kept = theirs.filter(~pl.col(key[0]).is_in(replaced[key[0]].implode()))
        else:
            kept = theirs.join(replaced.lazy(), on=key, how="anti")
        path = table.path / f"part-import-{import_id}-{number:05d}.parquet"
        yield _write(table, pl.concat([kept, mine]), path)


def _write(table: DatasetTable, frame: pl.LazyFrame, path: Path) -> tuple[Path, int]:
    """One data file. Until the commit it is not part of the table, so a run that died leaves
    nothing that counts, and the next one writes over it."""
    fresh = path.with_name("." + path.name)
    frame.select(pl.col(name).cast(kind) for name, kind in table.kind.schema.items()).sink_parquet(
        fresh,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        sync_on_close="all",
        engine="streaming",
    )
    fresh.replace(path)
    return path, int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _action(path: Path, rows: int) -> AddAction:
    status = path.stat()
    return AddAction(
        path=path.name,
        size=status.st_size,
        partition_values={},
        modification_time=int(status.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": rows}),
    )


def _transaction(import_id: DatasetImportId) -> str:
    return f"dataset-import-{import_id}"
