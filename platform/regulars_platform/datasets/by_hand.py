"""What a person types in without a file: cells of records, and tags of customers.

It goes the way of a file: an import that says who brought it when and what became of every line,
one commit to the table of its kind, exactly once. An empty cell clears what is stored, which a file
never does. Taking it back is another import, which puts back what the version before it held.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets import repository
from regulars_platform.datasets.commit import commit, committed_version
from regulars_platform.datasets.compare import CHANGED, NEW, REPEATED, comparable
from regulars_platform.datasets.errors import NothingToUndoError
from regulars_platform.datasets.folder import folder_of
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import (
    ByHand,
    DatasetImport,
    DatasetImportId,
    DatasetOptions,
    DatasetTallies,
)
from regulars_platform.datasets.prepare import PART
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.staging import (
    Folder,
    Report,
    part_path,
    read_json,
    replacing,
    scan_parts,
    write_json,
)
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database

SET = " set"
"""After the name of a column: whether a cell of it was typed."""

LONGEST_TAG = 60
TAG_MARKS = frozenset(",;|、，；｜")
"""What separates tags in files, so that no tag has it."""

_OLD = "old "
_STORABLE = (ImportState.STORING, ImportState.FAILED)


def type_in(
    session: Session,
    settings: Settings,
    shop_id: int,
    kind: Kind,
    edits: pl.DataFrame,
    by_hand: ByHand,
    *,
    user_id: int | None,
    now: dt.datetime,
) -> DatasetImportId:
    """Take in what was typed; state `storing` (see `service.store`).

    edits: one row per record, the key of the kind first. Of cells: typed columns beside it, each
    with a flag (`SET`) which of them say something, null for nothing any more. Of tags: customers.
    """
    row = DatasetImportRow(
        shop_id=shop_id,
        user_id=user_id,
        filename="",
        size=0,
        sha256=hashlib.sha256().hexdigest(),
        state=ImportState.STORING,
        kind=kind,
        received_at=now,
        options=DatasetOptions(by_hand=by_hand).as_json(),
    )
    session.add(row)
    session.flush()
    path = _edits_path(folder_of(settings, DatasetImportId(row.id)))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    edits.write_parquet(path)
    row.size = path.stat().st_size
    row.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return DatasetImportId(row.id)


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
    """Bring what was typed into its table, exactly once, however often it is called."""
    if import_.state is ImportState.STORED and import_.tallies is not None:
        return import_.tallies
    if import_.state not in _STORABLE or import_.kind is None:
        raise WrongStateError.of(import_.state, ImportState.STORING)
    folder = folder_of(settings, import_.id)
    table = DatasetTable(settings.shop_dir(import_.shop_id), import_.kind)
    report("waiting", 0, None)
    with table.writing():
        version = committed_version(table, import_.id)
        if version is None:
            version = _commit(folder, table, import_, timezone, now, part, report)
        tallies = DatasetTallies.from_json(read_json(folder.receipt)["tallies"])
        with database.unit_of_work() as session:
            row = repository.get_row(session, import_.id)
            row.state = ImportState.STORED
            row.tallies = tallies.as_json()
            row.table_version = version
            row.stored_at = now
            row.problem = row.hint = None
    report("stored", tallies.stored, tallies.stored)
    return tallies


def undo(
    session: Session,
    settings: Settings,
    import_: DatasetImport,
    *,
    user_id: int | None,
    now: dt.datetime,
) -> DatasetImportId:
    """Take back what one typing changed, as another typing; what was changed since then stays.

    Raises NothingToUndoError where none of it stands any more, or where it is a file.
    """
    done = import_.options.by_hand
    if done is None or import_.kind is None or import_.state is not ImportState.STORED:
        raise NothingToUndoError.of()
    folder = folder_of(settings, import_.id)
    table = DatasetTable(settings.shop_dir(import_.shop_id), import_.kind)
    written = scan_parts(folder.classified, _written_schema(import_.kind)).collect()
    if done.what == "cells":
        edits = _put_back(table, written, read_json(folder.receipt)["version"])
        what = ByHand(what="cells", undoes=import_.id)
    else:
        edits = written.select("customer_id")
        back = ByHand(what="untag" if done.what == "tag" else "tag", tag=done.tag)
        what = ByHand(what=back.what, tag=back.tag, undoes=import_.id)
    if edits.is_empty():
        raise NothingToUndoError.of()
    return type_in(
        session,
        settings,
        import_.shop_id,
        import_.kind,
        edits,
        what,
        user_id=user_id,
        now=now,
    )


def _commit(
    folder: Folder,
    table: DatasetTable,
    import_: DatasetImport,
    timezone: dt.tzinfo,
    now: dt.datetime,
    part: int,
    report: Report,
) -> int | None:
    """Records, then the receipt, then the commit; returns the version that holds them."""
    before = table.version()
    counts = dict.fromkeys((NEW, CHANGED, REPEATED), 0)
    day = now.astimezone(timezone).date()
    with replacing(folder.classified) as out:
        for number, edits in enumerate(_slices(_edits_path(folder), part)):
            records = _with_fate(table, edits, import_.options.by_hand, day)
            for fate, many in records.group_by("fate").len().iter_rows():
                counts[fate] += many
            records.filter(pl.col("fate") != REPEATED).write_parquet(part_path(out, number))
    tallies = DatasetTallies(
        read=sum(counts.values()),
        new=counts[NEW],
        changed=counts[CHANGED],
        repeated=counts[REPEATED],
        records=sum(counts.values()),
    )
    write_json(folder.receipt, {"tallies": tallies.as_json(), "version": before})
    if not tallies.stored:
        return before
    report("storing", 0, tallies.stored)
    records_of = scan_parts(folder.classified, _written_schema(table.kind.name))
    return commit(
        table,
        records_of.select(list(table.kind.schema)),
        import_.id,
        changed=tallies.changed,
        part=part,
    )


def _with_fate(
    table: DatasetTable, edits: pl.DataFrame, by_hand: ByHand | None, day: dt.date
) -> pl.DataFrame:
    """Whole records as they will be stored, and their fate."""
    key, schema = table.kind.key[0], table.kind.schema
    if key == "product":
        edits = _as_listed(table, edits)
    told = [name for name in schema if name != key]
    stored = _stored(table, edits[key], table.version()).with_columns(found=True)
    frame = edits.join(
        stored.rename({name: _OLD + name for name in told}), on=key, how="left"
    ).with_columns(pl.col("found").fill_null(value=False))
    if by_hand is not None and by_hand.tag is not None:
        frame = _tagged(frame, by_hand, day)
    frame = frame.with_columns(
        (
            pl.when(name + SET).then(name).otherwise(_OLD + name)
            if name + SET in frame.columns
            else pl.col(_OLD + name)
        )
        .cast(kind)
        .alias(name)
        for name, kind in schema.items()
        if name != key
    )
    differs = pl.any_horizontal(
        ~comparable(name, schema[name]).eq_missing(comparable(_OLD + name, schema[name]))
        for name in told
    )
    fate = (
        pl.when(~differs)
        .then(pl.lit(REPEATED))
        .when("found")
        .then(pl.lit(CHANGED))
        .otherwise(pl.lit(NEW))
    )
    return frame.with_columns(fate.alias("fate")).select(*schema, "fate")


def _tagged(frame: pl.DataFrame, by_hand: ByHand, day: dt.date) -> pl.DataFrame:
    """`tags` with the tag or without it; a customer without it has nothing taken away.

    Who had no record before has one from that day on: a tag makes nobody known earlier.
    """
    tag, old = pl.lit(by_hand.tag), pl.col(_OLD + "tags")
    has = old.list.contains(tag).fill_null(value=False)
    if by_hand.what == "tag":
        given = pl.concat_list(old.fill_null(pl.lit([], dtype=pl.List(pl.String))), tag)
        return frame.with_columns(
            pl.when(has).then(old).otherwise(given).alias("tags"),
            pl.lit(value=True).alias("tags" + SET),
            pl.lit(day).alias("acquired_on"),
            (~pl.col("found")).alias("acquired_on" + SET),
        )
    rest = old.list.filter(pl.element() != tag)
    return frame.with_columns(
        pl.when(rest.list.len() > 0).then(rest).alias("tags"), has.alias("tags" + SET)
    )


def _put_back(table: DatasetTable, written: pl.DataFrame, version: int | None) -> pl.DataFrame:
    """Edits that give every cell that was changed, and still stands so, what it was before."""
    key, schema = table.kind.key[0], table.kind.schema
    told = [name for name in schema if name != key]
    before = _stored(table, written[key], version)
    now = _stored(table, written[key], table.version())
    frame = written.join(
        before.rename({name: _OLD + name for name in told}), on=key, how="left"
    ).join(now.rename({name: "now " + name for name in told}), on=key, how="left")
    stands = {
        name: comparable(name, schema[name]).eq_missing(comparable("now " + name, schema[name]))
        & ~comparable(name, schema[name]).eq_missing(comparable(_OLD + name, schema[name]))
        for name in told
    }
    edits = frame.select(
        key,
        *(pl.col(_OLD + name).alias(name) for name in told),
        *(stands[name].alias(name + SET) for name in told),
    )
    return edits.filter(pl.any_horizontal(name + SET for name in told))


def _as_listed(table: DatasetTable, edits: pl.DataFrame) -> pl.DataFrame:
    """A product that is listed under its other name is meant under the one it is listed by."""
    known = table.scan().select("product", "also").collect()
    listed = {also: product for product, also in known.iter_rows() if also is not None}
    own = set(known["product"])
    names = [name if name in own else listed.get(name, name) for name in edits["product"].to_list()]
    return edits.with_columns(pl.Series("product", names, dtype=pl.String)).unique(
        "product", keep="last", maintain_order=True
    )


def _stored(table: DatasetTable, keys: pl.Series, version: int | None) -> pl.DataFrame:
    """The records of these keys at a version; none at none."""
    if version is None:
        return pl.DataFrame(schema=table.kind.schema)
    among = pl.col(table.kind.key[0]).is_in(keys.implode())
    return table.scan(version).filter(among).collect(engine="streaming")


def _slices(path: Path, part: int) -> Iterator[pl.DataFrame]:
    frame = pl.read_parquet(path, glob=False)
    yield from frame.iter_slices(part)


def _written_schema(kind: Kind) -> dict[str, pl.DataType]:
    return {**KINDS[kind].schema, "fate": pl.String()}


def _edits_path(folder: Folder) -> Path:
    return folder.root / "edits.parquet"
