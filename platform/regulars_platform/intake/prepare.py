"""The file by itself: every record read, typed, and either kept as a line or rejected.

Works in two passes over bounded batches (evidence first, then values) and then order by order in
parts, so that memory does not grow with the file. Nothing here depends on what is stored already.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.intake.finish import REJECT_SCHEMA, finish_orders, per_order
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.models import (
    FileForm,
    FilePart,
    ImportId,
    OrderField,
    OrderForm,
    ReadingOptions,
)
from regulars_platform.intake.parse import parse_batch
from regulars_platform.intake.readers import Batch, RaggedRecord, read_batches
from regulars_platform.intake.reasons import reason_sentence
from regulars_platform.intake.rejects import cells_of, write_rejects
from regulars_platform.intake.staging import Folder, Report, part_path, replacing, write_json
from regulars_platform.intake.survey import Reading, Survey, decide, positions_of, survey_batch
from regulars_platform.words import N_, Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is to be read, and how."""

    import_id: ImportId
    folder: Folder
    form: FileForm
    mapping: Mapping[OrderField, str]
    options: ReadingOptions
    timezone: dt.tzinfo
    limits: Limits


def prepare(task: Task, report: Report) -> None:
    """Read the file of `task` into its folder `prepared`: parts of lines (finish.LINE_SCHEMA),
    own_repeats.parquet, rejects.csv and facts.json. Run again, it starts over."""
    with replacing(task.folder.prepared) as out:
        work = out / "work"
        work.mkdir()
        survey, records = _read(task, work, report)
        reading = decide(survey, task.form, task.mapping, task.options, task.timezone)
        _type(work, reading, records, report)
        facts = _finish(task, work, out, reading, report)
        facts["read_lines"] = records
        notes = (*_notes(reading, task.mapping), *_about_no_goods(facts["no_goods"]))
        facts["notes"] = [note.as_json() for note in notes]
        write_json(out / "facts.json", facts)
        for path in sorted(work.iterdir()):
            path.unlink()
        work.rmdir()


def _read(task: Task, work: Path, report: Report) -> tuple[Survey, int]:
    """First pass: records to disk as text, evidence collected. Returns it and the record count."""
    positions = positions_of(task.form, task.mapping)
    survey = Survey()
    records = 0
    source = task.folder.text()
    for number, batch in enumerate(read_batches(task.form, source, task.limits.batch)):
        survey = survey + survey_batch(batch.frame, positions)
        records += batch.frame.height + len(batch.ragged)
        _write_raw(batch, part_path(work, number))
        report("reading", min(batch.end_line, task.form.lines), task.form.lines)
    return survey, records


def _write_raw(batch: Batch, path: Path) -> None:
    batch.frame.write_parquet(path, compression="lz4")
    ragged = pl.DataFrame(
        {
            "line": [record.line for record in batch.ragged],
            "cells": [list(record.cells) for record in batch.ragged],
            "reason": [_ragged_reason(record) for record in batch.ragged],
        },
        schema={"line": pl.Int64, "cells": pl.List(pl.String), "reason": pl.String},
    )
    if ragged.height:
        ragged.write_parquet(path.with_name(f"ragged-{path.stem[5:]}.parquet"))


def _ragged_reason(record: RaggedRecord) -> str:
    return "unclosed_quote" if record.unclosed_quote else "ragged"


def _type(work: Path, reading: Reading, records: int, report: Report) -> None:
    """Second pass: text to typed lines."""
    done = 0
    for raw in sorted(work.glob("part-*.parquet")):
        frame = pl.read_parquet(raw)
        typed = parse_batch(frame, reading)
        typed.write_parquet(work / f"typed-{raw.stem[5:]}.parquet", compression="lz4")
        done += frame.height
        report("understanding", done, records)


def _typed(work: Path) -> pl.LazyFrame:
    return pl.scan_parquet(sorted(work.glob("typed-*.parquet")), glob=False)


def _orders_in_parts(work: Path, rows: int, limits: Limits) -> Iterator[pl.DataFrame]:
    """All typed lines, whole orders together, in as many parts as memory asks for."""
    parts = max(1, -(-rows // limits.part))
    if parts == 1:
        yield _typed(work).collect(engine="streaming")
        return
    bucket = pl.col("order_id").fill_null("").hash(seed=1) % parts
    for number in range(parts):
        yield _typed(work).filter(bucket == number).collect(engine="streaming")


def _finish(task: Task, work: Path, out: Path, reading: Reading, report: Report) -> dict[str, Any]:
    typed = _typed(work)
    rows = int(typed.select(pl.len()).collect().item())
    once = _amount_per_order(typed, reading)
    if once:
        reading = replace(reading, form=OrderForm.WHOLE)
    if reading.part is not FilePart.ORDER:
        reading = replace(reading, form=OrderForm.LINES)
    rejects = [_ragged(work)]
    repeats: list[pl.DataFrame] = []
    unknown: Counter[str] = Counter()
    money = done = no_goods = 0
    for number, part in enumerate(_orders_in_parts(work, rows, task.limits)):
        finished = finish_orders(part, reading, task.import_id, amount_per_order=once)
        finished.lines.write_parquet(part_path(out, number), compression="zstd")
        rejects.append(finished.rejects)
        repeats.append(finished.repeats)
        unknown.update(finished.unknown_words)
        money += finished.money
        done += part.height
        no_goods += part.filter(pl.col("no_goods") & ~pl.col("left_out")).height
        report("checking", done, rows)
    pl.concat(repeats).write_parquet(out / "own_repeats.parquet")
    rejected = pl.concat(rejects).sort("line")
    write_rejects(
        out / "rejects.csv",
        task.form.headings,
        cells_of(work, task.form, rejected),
        rejected,
        reason_sentence,
    )
    readable = rejected["amount"].drop_nulls()
    return {
        "order_form": reading.form,
        "no_goods": no_goods,
        "read_money": money,
        "rejected": {"lines": rejected.height, "money": int(readable.cast(pl.Int128).sum())},
        "unreadable_amounts": rejected.height - readable.len(),
        "reasons": dict(
            rejected.group_by("reason").len().sort("len", "reason", descending=True).iter_rows()
        ),
        "unknown_status_words": dict(unknown.most_common()),
    }


def _amount_per_order(typed: pl.LazyFrame, reading: Reading) -> bool:
    if reading.has(OrderField.AMOUNT):
        return per_order(typed, "amount")
    if reading.has(OrderField.GOODS):
        return per_order(typed, "goods")
    if reading.part is FilePart.REFUND:
        return False
    priced = reading.has(OrderField.UNIT_PRICE) and reading.has(OrderField.QUANTITY)
    return not priced and per_order(typed, "total")


def _ragged(work: Path) -> pl.DataFrame:
    paths = sorted(work.glob("ragged-*.parquet"))
    if not paths:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    found = pl.read_parquet(paths, glob=False)
    return found.select("line", "reason", pl.lit(None, dtype=pl.Int64).alias("amount"))


def _notes(reading: Reading, mapping: Mapping[OrderField, str]) -> Iterator[Sentence]:
    for name in sorted(reading.bare_floats):
        yield Sentence(
            N_("Every value of “%(heading)s” ends in “.0”; the ending was left off."),
            {"heading": mapping[name]},
        )
    for name, count in sorted(reading.doubtful.items()):
        yield Sentence(
            N_(
                "%(count)s long numbers in “%(heading)s” end in zeros: a spreadsheet may have"
                " rounded them, and different ones would have become one. Compare them with the"
                " shop system."
            ),
            {"heading": mapping[name], "count": count},
        )
    for name, example in sorted(reading.undated.items()):
        yield Sentence(
            N_(
                "Not every cell of “%(heading)s” is a date (“%(example)s”, for one): such cells are"
                " taken as not known."
            ),
            {"heading": mapping[name], "example": example[:40]},
        )
    if reading.date_order == "day_first":
        yield Sentence(N_("Dates were read with the day first."))
    if reading.date_order == "month_first":
        yield Sentence(N_("Dates were read with the month first."))
    if reading.decimal == "comma":
        yield Sentence(N_("Amounts were read with a comma before the decimals."))


def _about_no_goods(lines: int) -> Iterator[Sentence]:
    if lines:
        yield Sentence(
            N_(
                "%(lines)s lines are money put on account or gift cards by the type of their order"
                " (储值, 礼品卡). These are no sales of goods. To leave them out, confirm the"
                " columns again with these words among those that leave orders out."
            ),
            {"lines": lines},
        )
