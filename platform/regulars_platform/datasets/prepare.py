"""The file by itself: every line read, typed, and either part of a record or rejected.

Two passes over bounded batches (evidence first, then values), then key by key in parts, so that
memory does not grow with the file. Nothing here depends on what is stored already.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.datasets.figures import is_per_item
from regulars_platform.datasets.finish import finish
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetOptions, LeftOut
from regulars_platform.datasets.parse import parse_batch
from regulars_platform.datasets.reasons import reason_sentence
from regulars_platform.datasets.silence import asking_for_silence
from regulars_platform.datasets.survey import (
    Column,
    ColumnEvidence,
    Reading,
    columns_of,
    decide,
    not_kept_columns,
    survey_batch,
)
from regulars_platform.intake.cells import clean, is_masked
from regulars_platform.intake.models import FileForm
from regulars_platform.intake.readers import Batch, column_name, read_batches
from regulars_platform.intake.rejects import cells_of, write_rejects
from regulars_platform.intake.staging import Folder, Report, part_path, replacing, write_json
from regulars_platform.words import N_, Sentence

BATCH = 50_000
"""Records read at a time."""

PART = 200_000
"""Records compared at a time; with BATCH this bounds the memory."""

_REJECTS = {"line": pl.Int64(), "reason": pl.String()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is to be read, and how. as_of: the day on which ages held; part: see PART."""

    folder: Folder
    kind: Kind
    form: FileForm
    mapping: Mapping[str, str]
    options: DatasetOptions
    as_of: dt.date
    timezone: dt.tzinfo
    batch: int = BATCH
    part: int = PART


def prepare(task: Task, report: Report) -> None:
    """Read the file of `task` into its folder `prepared`: parts of records, rejects.csv,
    opted_out.parquet and facts.json. Run again, it starts over."""
    columns = columns_of(task.kind, task.form, task.mapping, task.options)
    with replacing(task.folder.prepared) as out:
        work = out / "work"
        work.mkdir()
        evidence, records = _read(task, columns, work, report)
        reading = decide(
            task.kind,
            columns,
            evidence,
            task.options,
            as_of=task.as_of,
            timezone=task.timezone,
            per_item=task.kind == "shop_days" and is_per_item(task.form.headings),
        )
        left_out = _type(work, reading, records, report)
        facts = _finish(task, work, out, reading, report)
        facts["read"] = records
        facts["left_out"] = [item.as_json() for item in left_out]
        facts["not_kept"] = _not_kept(task, work)
        facts["notes"] = [note.as_json() for note in _notes(reading, task)]
        write_json(out / "facts.json", facts)
        for path in sorted(work.iterdir()):
            path.unlink()
        work.rmdir()


def _read(
    task: Task, columns: tuple[Column, ...], work: Path, report: Report
) -> tuple[dict[str, ColumnEvidence], int]:
    """First pass: records to disk as text, evidence collected. Returns it and the record count."""
    evidence = {column.heading: ColumnEvidence() for column in columns}
    records = 0
    for number, batch in enumerate(read_batches(task.form, task.folder.text(), task.batch)):
        for heading, found in survey_batch(batch.frame, columns).items():
            evidence[heading] = evidence[heading] + found
        records += batch.frame.height + len(batch.ragged)
        _write_raw(batch, part_path(work, number))
        report("reading", min(batch.end_line, task.form.lines), task.form.lines)
    return evidence, records


def _write_raw(batch: Batch, path: Path) -> None:
    batch.frame.write_parquet(path, compression="lz4")
    if not batch.ragged:
        return
    pl.DataFrame(
        {
            "line": [record.line for record in batch.ragged],
            "cells": [list(record.cells) for record in batch.ragged],
            "reason": [
                "unclosed_quote" if record.unclosed_quote else "ragged" for record in batch.ragged
            ],
        },
        schema={"line": pl.Int64, "cells": pl.List(pl.String), "reason": pl.String},
    ).write_parquet(path.with_name(f"ragged-{path.stem[5:]}.parquet"))


def _type(work: Path, reading: Reading, records: int, report: Report) -> list[LeftOut]:
    """Second pass: text to typed lines; what was not taken over of them, most frequent first."""
    done = 0
    counts: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], str] = {}
    for raw in sorted(work.glob("part-*.parquet")):
        parsed = parse_batch(pl.read_parquet(raw, glob=False), reading)
        parsed.records.write_parquet(work / f"typed-{raw.stem[5:]}.parquet", compression="lz4")
        for where, (count, example) in parsed.left_out.items():
            counts[where] = counts.get(where, 0) + count
            examples.setdefault(where, example)
        done += parsed.records.height
        report("understanding", done, records)
    return [
        LeftOut(heading=heading, problem=code, count=count, example=examples[heading, code])
        for (heading, code), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _not_kept(task: Task, work: Path) -> dict[str, int]:
    """name, email, phone -> lines that have one, where nobody asked to keep them."""
    columns = not_kept_columns(task.kind, task.form, task.mapping, task.options)
    parts = sorted(work.glob("part-*.parquet"))
    if not columns or not parts:
        return {}
    filled = (
        pl.any_horizontal(_readable(column_name(place)) for place in places).sum().alias(name)
        for name, places in columns.items()
    )
    found = pl.scan_parquet(parts, glob=False).select(filled).collect(engine="streaming")
    return {name: count for name, count in found.row(0, named=True).items() if count}


def _readable(column: str) -> pl.Expr:
    """Whether a cell is filled, and not hidden behind stars (which is never kept)."""
    cell = clean(pl.col(column))
    return cell.is_not_null() & ~is_masked(cell).fill_null(value=False)


def _typed(work: Path) -> pl.LazyFrame | None:
    paths = sorted(work.glob("typed-*.parquet"))
    return pl.scan_parquet(paths, glob=False) if paths else None


def _in_parts(typed: pl.LazyFrame, rows: int, size: int) -> Iterator[pl.DataFrame]:
    """Lines that were not rejected, all of one key together."""
    good = typed.filter(pl.col("wrong").is_null())
    parts = max(1, -(-rows // size))
    if parts == 1:
        yield good.collect(engine="streaming")
        return
    bucket = pl.col("base").hash(seed=1) % parts
    for number in range(parts):
        yield good.filter(bucket == number).collect(engine="streaming")


def _finish(task: Task, work: Path, out: Path, reading: Reading, report: Report) -> dict[str, Any]:
    typed = _typed(work)
    rejects = [_ragged(work)]
    again = records = done = 0
    if typed is not None:
        rows = int(typed.select(pl.len()).collect().item())
        # of all lines: what else is wrong with one takes nobody's word back
        silent = asking_for_silence(typed, task.kind).collect(engine="streaming")
        silent.write_parquet(out / "opted_out.parquet")
        rejects.append(
            typed.filter(pl.col("wrong").is_not_null())
            .select("line", pl.col("wrong").alias("reason"))
            .collect(engine="streaming")
        )
        for number, part in enumerate(_in_parts(typed, rows, task.part)):
            finished = finish(part, reading)
            finished.records.write_parquet(part_path(out, number), compression="zstd")
            again += finished.again
            records += finished.records.height
            done += part.height
            report("checking", done, rows)
    rejected = pl.concat(rejects).sort("line")
    write_rejects(
        out / "rejects.csv",
        task.form.headings,
        cells_of(work, task.form, rejected),
        rejected,
        reason_sentence,
    )
    counts = rejected.group_by("reason").len().sort("len", "reason", descending=True)
    return {
        "records": records,
        "again": again,
        "rejected": rejected.height,
        "reasons": dict(counts.iter_rows()),
    }


def _ragged(work: Path) -> pl.DataFrame:
    paths = sorted(work.glob("ragged-*.parquet"))
    if not paths:
        return pl.DataFrame(schema=_REJECTS)
    return pl.read_parquet(paths, glob=False).select("line", "reason")


def _notes(reading: Reading, task: Task) -> Iterator[Sentence]:
    for heading in sorted(reading.strip_floats):
        yield Sentence(
            N_("Every value of “%(heading)s” ends in “.0”; the ending was left off."),
            {"heading": heading},
        )
    for heading, order in sorted(reading.date_orders.items()):
        if order is not None:
            said = {
                "day_first": N_("The dates in “%(heading)s” were read with the day first."),
                "month_first": N_("The dates in “%(heading)s” were read with the month first."),
            }[order]
            yield Sentence(said, {"heading": heading})
    if reading.decimal == "comma":
        yield Sentence(N_("Amounts were read with a comma before the decimals."))
    if any(column.target == "age" for column in reading.columns):
        yield Sentence(
            N_(
                "Ages were kept as years of birth, reckoned from %(day)s; they are right to within"
                " a year."
            ),
            {"day": reading.as_of.isoformat()},
        )
    if reading.per_item:
        yield Sentence(
            N_(
                "The rows are single products. Pieces and money were added up over each day;"
                " people were left out, as one person may be counted for several products."
            )
        )
    for heading in sorted(reading.percents):
        yield Sentence(
            N_("“%(heading)s” was read as percent: some of its values are above 1."),
            {"heading": heading},
        )
    if task.kind == "shop_days" and any(c.target.startswith("industry:") for c in reading.columns):
        yield Sentence(N_("Columns that name the industry were kept apart from those of the shop."))
