"""The records of a file against what is stored: new, changed or repeated.

A value that the file does not say changes nothing, nor does an outcome of a message that says less
than the one that is stored. Attributes are compared by name: a file with
other ones adds to them. Nor does a file change anything that was stored before, byte for byte:
what differs from it by now came later.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import (
    DatasetImport,
    DatasetImportId,
    DatasetTallies,
    LeftOut,
)
from regulars_platform.datasets.silence import NOBODY, asking_for_silence, weight_of
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.intake.staging import (
    Folder,
    Report,
    part_path,
    read_json,
    replacing,
    write_json,
)
from regulars_platform.words import N_, Sentence

NEW, CHANGED, REPEATED = "new", "changed", "repeated"
_OLD = "old "
_DAYS: Mapping[Kind, str] = {
    "events": "happened_at",
    "shop_days": "day",
    "referrals": "happened_on",
    "points": "happened_at",
    "contacts": "happened_at",
    "customers": "acquired_on",
}
"""The column that places a record in time."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The tallies of a file against one version of its table (None: no table yet).

    before: the import that stored this very file earlier, if any.
    """

    tallies: DatasetTallies
    version: int | None
    before: DatasetImportId | None


def compare(
    folder: Folder,
    table: DatasetTable,
    timezone: dt.tzinfo,
    report: Report,
    before: DatasetImport | None,
) -> Compared:
    """Compare the prepared records with what `table` holds now; result in `folder.classified`:
    parts with the whole new records (`fate` new or changed), opted_out.parquet, facts.json."""
    facts = read_json(folder.prepared / "facts.json")
    version = table.version()
    parts = sorted(folder.prepared.glob("part-*.parquet"))
    totals: dict[str, int] = {}
    span: list[dt.date] = []
    with replacing(folder.classified) as out:
        for number, path in enumerate(parts):
            report("comparing", number, len(parts))
            records = _with_fate(pl.read_parquet(path, glob=False), table, version)
            if before is not None:
                fate = pl.when(pl.col("fate") == CHANGED).then(pl.lit(REPEATED)).otherwise("fate")
                records = records.with_columns(fate.alias("fate"))
            _count(totals, records)
            span.extend(_span(records, table.kind.name, timezone))
            records.filter(pl.col("fate") != REPEATED).select(
                *table.kind.schema, "fate"
            ).write_parquet(part_path(out, number), compression="zstd")
        report("comparing", len(parts), len(parts))
        names = _opted_out(folder, parts, table.kind.name)
        names.write_parquet(out / "opted_out.parquet")
        tallies = _tally(facts, totals, span, names.height, before)
        result = Compared(tallies, version, None if before is None else before.id)
        write_json(
            out / "facts.json",
            {"version": version, "before": result.before, "tallies": tallies.as_json()},
        )
    return result


def read_compared(folder: Folder) -> Compared | None:
    """The last result of `compare`, if there is one."""
    facts = read_json(folder.classified / "facts.json")
    if facts is None:
        return None
    return Compared(DatasetTallies.from_json(facts["tallies"]), facts["version"], facts["before"])


def _with_fate(records: pl.DataFrame, table: DatasetTable, version: int | None) -> pl.DataFrame:
    """Whole records as they will be stored, and their fate."""
    if version is None or records.is_empty():
        return records.with_columns(pl.lit(NEW).alias("fate"))
    key, schema = list(table.kind.key), table.kind.schema
    told = [name for name in schema if name not in key]
    stored = (
        table.scan(version)
        # a semi-join would hold the whole table: 530 MB against 110 for 2 million records
        .filter(pl.col(key[0]).is_in(records[key[0]].unique().implode()))
        .select(*key, *(pl.col(name).alias(_OLD + name) for name in told))
        .with_columns(pl.lit(value=True).alias("found"))
        .collect(engine="streaming")
    )
    frame = records.join(stored, on=key, how="left", maintain_order="left").with_columns(
        pl.col("found").fill_null(value=False)
    )
    if "attributes" in schema:
        frame = _with_all_attributes(frame)
    if table.kind.name == "contacts":
        less = weight_of(pl.col("outcome")) < weight_of(pl.col(_OLD + "outcome"))
        kept = pl.when(less).then(_OLD + "outcome").otherwise("outcome")
        frame = frame.with_columns(kept.alias("outcome"))
    differs = [
        pl.col(name).is_not_null()
        & ~comparable(name, kind).eq_missing(comparable(_OLD + name, kind))
        for name, kind in schema.items()
        if name in told
    ]
    fate = (
        pl.when(~pl.col("found"))
        .then(pl.lit(NEW))
        .when(pl.any_horizontal(differs))
        .then(pl.lit(CHANGED))
        .otherwise(pl.lit(REPEATED))
    )
    return frame.with_columns(fate.alias("fate")).select(
        *(pl.coalesce(name, _OLD + name).alias(name) if name in told else name for name in schema),
        "line",
        "lines",
        "fate",
    )


def comparable(name: str, kind: pl.DataType) -> pl.Expr:
    """A value as text where it is a list; lists are not compared as such."""
    if kind == pl.List(pl.String):
        return pl.col(name).list.join("\x1f")
    if kind.is_nested():
        pairs = pl.element().struct.field("name") + "\x1e" + pl.element().struct.field("value")
        return pl.col(name).list.eval(pairs).list.join("\x1f")
    return pl.col(name)


def _with_all_attributes(frame: pl.DataFrame) -> pl.DataFrame:
    """`attributes`: those of the file, and those stored under other names, by name."""
    kind = KINDS["customers"].schema["attributes"]
    frame = frame.with_row_index("row")
    both = frame.filter(
        pl.col("attributes").is_not_null() & pl.col(_OLD + "attributes").is_not_null()
    )
    if both.is_empty():
        return frame.drop("row")
    sides = [
        both.select("row", pl.col(name).alias("pair"), pl.lit(rank).alias("rank"))
        .explode("pair")
        .drop_nulls("pair")
        for rank, name in enumerate(("attributes", _OLD + "attributes"))
    ]
    merged = (
        pl.concat(sides)
        .with_columns(pl.col("pair").struct.field("name").alias("name"))
        .sort("row", "name", "rank")
        .unique(["row", "name"], keep="first", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(pl.col("pair").alias("merged"))
    )
    return (
        frame.join(merged, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("merged", "attributes").cast(kind).alias("attributes"))
        .drop("row", "merged")
    )


def _count(totals: dict[str, int], records: pl.DataFrame) -> None:
    """Lines by what becomes of them: a line of several records is changed if any of them is."""
    rank = pl.col("fate").replace_strict({REPEATED: 0, NEW: 1, CHANGED: 2}, return_dtype=pl.Int8)
    lines = (
        records.select("line", "lines", rank.alias("rank"))
        .group_by("line")
        .agg(pl.col("lines").first(), pl.col("rank").max(), pl.col("rank").min().alias("least"))
        .with_columns(
            # some figures of a day are new and others were there: the day was changed
            pl.when((pl.col("rank") == 1) & (pl.col("least") == 0))
            .then(2)
            .otherwise("rank")
            .alias("rank")
        )
        .group_by("rank")
        .agg(pl.col("lines").sum())
    )
    for rank_found, count in lines.iter_rows():
        name = (REPEATED, NEW, CHANGED)[rank_found]
        totals[name] = totals.get(name, 0) + count
    changed = records.filter(pl.col("fate") == CHANGED).height
    totals["changed records"] = totals.get("changed records", 0) + changed


def _span(records: pl.DataFrame, kind: Kind, timezone: dt.tzinfo) -> list[dt.date]:
    column = _DAYS.get(kind)
    if column is None or records.is_empty():
        return []
    days = records[column]
    if days.dtype == pl.Datetime:
        zone = "UTC" if timezone is dt.UTC else str(timezone)
        days = days.dt.convert_time_zone(zone).dt.date()
    found = [days.min(), days.max()]
    return [day for day in found if isinstance(day, dt.date)]


def _opted_out(folder: Folder, parts: list[Path], kind: Kind) -> pl.DataFrame:
    """Customers who want no contact, by this file, and why."""
    told = folder.prepared / "opted_out.parquet"
    if told.exists():
        return pl.read_parquet(told, glob=False)
    if not parts:
        return NOBODY
    # a file that was checked before lines were asked
    return asking_for_silence(pl.scan_parquet(parts, glob=False), kind).collect()


def _tally(
    facts: Mapping[str, Any],
    totals: Mapping[str, int],
    span: list[dt.date],
    opted_out: int,
    before: DatasetImport | None,
) -> DatasetTallies:
    tallies = DatasetTallies(
        read=facts["read"],
        new=totals.get(NEW, 0),
        changed=totals.get(CHANGED, 0),
        repeated=totals.get(REPEATED, 0) + facts["again"],
        again=facts["again"],
        rejected=facts["rejected"],
        records=facts["records"],
        opted_out=opted_out,
        first_day=min(span, default=None),
        last_day=max(span, default=None),
        reasons=facts["reasons"],
        left_out=tuple(LeftOut(**item) for item in facts["left_out"]),
        not_kept=facts.get("not_kept", {}),  # none in a file that was checked before they counted
        notes=(*(Sentence.from_json(note) for note in facts["notes"]), *_stored_before(before)),
    )
    if not tallies.adds_up:
        raise AssertionError(f"lines went astray: {tallies}")
    return tallies


def _stored_before(before: DatasetImport | None) -> tuple[Sentence, ...]:
    if before is None:
        return ()
    moment = before.stored_at or before.received_at
    return (
        Sentence(
            N_(
                "This very file was stored before (“%(filename)s”, %(stored_at)s). Nothing of it"
                " that is stored is changed: what came later stands."
            ),
            {
                "filename": before.filename,
                "stored_at": f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC",
            },
        ),
    )
