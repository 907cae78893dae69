"""Lines into the orders table of a shop: in one transaction, and exactly once.

The commit carries the number of its import as a Delta application transaction, which the table
remembers. A job that was killed after the commit and starts again finds it there.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction, WriterProperties
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, create_table_with_add_actions

from regulars_platform.intake.models import ImportId
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, OrdersTable

_WRITING = WriterProperties(compression="ZSTD", compression_level=3)
_BATCH = 50_000
_ROW_GROUP = 250_000
_DELTA_TYPES = {pl.String(): "string", pl.Int64(): "long", pl.Datetime("us", "UTC"): "timestamp"}
_SCHEMA = Schema(
    [Field(name, PrimitiveType(_DELTA_TYPES[kind])) for name, kind in ORDER_SCHEMA.items()]
)


@contextmanager
def only_writer(shop_dir: Path) -> Iterator[None]:
    """Imports of one shop compare and commit one after the other.

    The lock belongs to the process and is gone with it, however it ends.
    """
    shop_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (shop_dir / "orders.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def committed_version(orders: OrdersTable, import_id: ImportId) -> int | None:
    """The table version that this import wrote; None if it has not written."""
    if not orders.exists():
        return None
    table = DeltaTable(str(orders.path))
    if table.transaction_version(_transaction(import_id)) is None:
        return None
    for entry in table.history():
        if entry.get("import_id") == str(import_id):
            return int(entry["version"])
    return table.version()  # so long ago that the log of that commit was cleaned away


def commit(orders: OrdersTable, lines: pl.LazyFrame, import_id: ImportId, *, merge: bool) -> int:
    """Write `lines` (ORDER_SCHEMA) and return the version that holds them.

    merge: some of the lines are stored already and are to be replaced; then lines new and
    corrected go in by one merge on the key. Otherwise they are appended as one file.
    """
    properties = CommitProperties(
        custom_metadata={"import_id": str(import_id)},
        app_transactions=[Transaction(_transaction(import_id), 1)],
    )
    if merge:
        _merge(orders, lines, properties)
    else:
        _append(orders, lines, import_id, properties)
    return DeltaTable(str(orders.path)).version()


def _merge(orders: OrdersTable, lines: pl.LazyFrame, properties: CommitProperties) -> None:
    batches = lines.select(list(ORDER_SCHEMA)).collect_batches(
        chunk_size=_BATCH, maintain_order=True, lazy=True, engine="streaming"
    )
    (
        DeltaTable(str(orders.path))
        .merge(
            source=batches,
            predicate=" AND ".join(f"new.{name} = old.{name}" for name in KEY),
            source_alias="new",
            target_alias="old",
            writer_properties=_WRITING,
            commit_properties=properties,
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )


def _append(
    orders: OrdersTable, lines: pl.LazyFrame, import_id: ImportId, properties: CommitProperties
) -> None:
    """One data file, then the commit that names it.

    Polars writes the file because its sink waits for the disk; handing the lines to delta-rs as
    a stream let them pile up in memory (769 MB against 359 MB for 5 million lines). Until the
    commit the file is not part of the table, so a run that died leaves nothing that counts, and
    the next one writes over it.
    """
    orders.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = orders.path / f"part-import-{import_id}.parquet"
    fresh = data.with_name("." + data.name)
    lines.select(pl.col(name).cast(kind) for name, kind in ORDER_SCHEMA.items()).sink_parquet(
        fresh,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        maintain_order=True,
        sync_on_close="all",
        engine="streaming",
    )
    fresh.replace(data)
    status = data.stat()
    rows = int(pl.scan_parquet(data, glob=False).select(pl.len()).collect().item())
    action = AddAction(
        path=data.name,
        size=status.st_size,
        partition_values={},
        modification_time=int(status.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": rows}),
    )
    if orders.exists():
        table = DeltaTable(str(orders.path))
        table.create_write_transaction(
            [action], mode="append", schema=table.schema(), commit_properties=properties
        )
    else:
        create_table_with_add_actions(
            str(orders.path), _SCHEMA, [action], commit_properties=properties
        )


def _transaction(import_id: ImportId) -> str:
    return f"import-{import_id}"
