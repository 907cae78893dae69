"""The file by itself: every record read, typed, and either kept as a line or rejected.

Works in two passes over bounded batches (evidence first, then values). The second spreads the lines
over parts of whole orders, and each part is finished by itself, so that memory does not grow with
the file and no line is read once per part. Nothing here depends on what is stored already.
"""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.intake.finish import LINE_SCHEMA, REJECT_SCHEMA, finish_orders
from regulars_platform.intake.limits import Limits
from regulars_platform.intake.models import (
    FileForm,
    FilePart,
    ImportId,
    OrderField,
    OrderForm,
    ReadingOptions,
)
from regulars_platform.intake.parse import TYPED, parse_batch
from regulars_platform.intake.readers import Batch, RaggedRecord, read_batches
from regulars_platform.intake.reasons import reason_sentence
from regulars_platform.intake.rejects import cells_of, write_rejects
from regulars_platform.intake.spreading import spread
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
        parts = _type(task, work, reading, report)
        facts = _finish(task, work, out, reading, parts, report)
        facts["read_lines"] = records
        notes = (*_notes(reading, task.mapping), *_about_no_goods(facts["no_goods"]))
        facts["notes"] = [note.as_json() for note in notes]
        write_json(out / "facts.json", facts)
        shutil.rmtree(work)


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


@dataclass(frozen=True, slots=True)
class _Part:
    """Typed lines of whole orders (parse.TYPED), on disk."""

    paths: list[Path]

    def lines(self) -> pl.LazyFrame:
        """Not read yet; a part can be empty."""
        return pl.scan_parquet(self.paths, glob=False) if self.paths else pl.LazyFrame(schema=TYPED)

    def rows(self) -> int:
        """How many."""
        return int(self.lines().select(pl.len()).collect().item())


def _type(task: Task, work: Path, reading: Reading, report: Report) -> list[_Part]:
    """Second pass: text to typed lines, whole orders together, in as many parts as memory asks
    for. Lines without an order number have nothing to be together with."""
    raws = sorted(work.glob("part-*.parquet"))
    if not raws:
        return [_Part([])]
    rows = _Part(raws).rows()

    def typed() -> Iterator[pl.DataFrame]:
        done = 0
        for raw in raws:
            frame = pl.read_parquet(raw, glob=False)
            yield parse_batch(frame, reading)
            done += frame.height
            report("understanding", done, rows)

    parts = max(1, -(-rows // task.limits.part))
    order = pl.coalesce("order_id", pl.col("line").cast(pl.String))
    found = spread(typed(), work / "typed", order, parts=parts, at_once=task.limits.part)
    return [_Part(paths) for paths in found]


def _finish(
    task: Task, work: Path, out: Path, reading: Reading, parts: Sequence[_Part], report: Report
) -> dict[str, Any]:
    once = _amount_per_order(parts, reading)
    if once:
        reading = replace(reading, form=OrderForm.WHOLE)
    if reading.part is not FilePart.ORDER:
        reading = replace(reading, form=OrderForm.LINES)
    rejects = [_ragged(work)]
    unknown: Counter[str] = Counter()
    money = done = no_goods = 0
    rows = sum(part.rows() for part in parts)
    for number, part in enumerate(parts):
        typed = part.lines().collect()
        finished = finish_orders(typed, reading, task.import_id, amount_per_order=once)
        finished.lines.write_parquet(part_path(out, number), compression="zstd")
        rejects.append(finished.rejects)
        finished.repeats.write_parquet(work / f"repeats-{number:05d}.parquet", compression="lz4")
        unknown.update(finished.unknown_words)
        money += finished.money
        no_goods += typed.filter(pl.col("no_goods") & ~pl.col("left_out")).height
        done += typed.height
        report("checking", done, rows)
    repeats = pl.scan_parquet(sorted(work.glob("repeats-*.parquet")), glob=False)
    repeats.select(list(LINE_SCHEMA)).sink_parquet(out / "own_repeats.parquet", engine="streaming")
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
        "unknown_status_words": dict(sorted(unknown.items(), key=lambda item: (-item[1], item[0]))),
    }


def _amount_per_order(parts: Sequence[_Part], reading: Reading) -> bool:
    if reading.has(OrderField.AMOUNT):
        return _stands_once(parts, "amount")
    if reading.has(OrderField.GOODS):
        return _stands_once(parts, "goods")
    if reading.part is FilePart.REFUND:
        return False
    priced = reading.has(OrderField.UNIT_PRICE) and reading.has(OrderField.QUANTITY)
    return not priced and _stands_once(parts, "total")


def _stands_once(parts: Sequence[_Part], column: str) -> bool:
    """Whether an amount stands once per order: some order has several lines, and none of those
    has the cell filled on more than one."""
    found = False
    for part in parts:
        orders, several = (
            part.lines()
            .filter(pl.col("order_id").is_not_null())
            .group_by("order_id")
            .agg(pl.len().alias("lines"), pl.col(column).count().alias("filled"))
            .filter((pl.col("lines") > 1) & (pl.col("filled") > 0))
            .select(pl.len().alias("orders"), (pl.col("filled") > 1).sum().alias("several"))
            .collect(engine="streaming")
            .row(0)
        )
        if several:
            return False
        found = found or orders > 0
    return found


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
