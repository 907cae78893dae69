"""Lines into the orders table of a shop: in one transaction, and exactly once.

The commit carries the number of its import as a Delta application transaction, which the table
remembers. A job that was killed after the commit and starts again finds it there.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake

from regulars_platform.intake.models import ImportId
from regulars_platform.orders.table import KEY, ORDER_SCHEMA, OrdersTable

_WRITING = WriterProperties(compression="ZSTD", compression_level=3)
_BATCH = 50_000


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
    corrected go in by one merge on the key. Otherwise they are appended. Memory stays flat: the
    lines are streamed.
    """
    properties = CommitProperties(
        custom_metadata={"import_id": str(import_id)},
        app_transactions=[Transaction(_transaction(import_id), 1)],
    )
    batches = lines.select(list(ORDER_SCHEMA)).collect_batches(
        chunk_size=_BATCH, maintain_order=True, lazy=True, engine="streaming"
    )
    if merge:
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
    else:
        orders.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_deltalake(
            str(orders.path),
            batches,
            mode="append",
            writer_properties=_WRITING,
            commit_properties=properties,
        )
    return DeltaTable(str(orders.path)).version()


def _transaction(import_id: ImportId) -> str:
    return f"import-{import_id}"
