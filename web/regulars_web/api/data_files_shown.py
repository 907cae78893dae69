"""Files beside the orders as the interface shows them."""

import datetime as dt
from typing import Literal

from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetImport
from regulars_platform.jobs.models import Job
from regulars_web.api.files_shown import (
    FileWritten,
    Rejected,
    file_written,
    rejected,
    running,
    samples,
)
from regulars_web.api.imports_shown import ImportSummary
from regulars_web.api.models import Count, Day, Model
from regulars_web.formats import sentence
from regulars_web.words.data_files import problem_words


class FileReading(Model):
    """What is said of a file beyond its columns; what is left out, the content decides."""

    date_order: Literal["day_first", "month_first"] | None = None
    decimal: Literal["point", "comma"] | None = None
    as_of: Day | None = None
    """The day on which ages held."""
    keep_contacts: bool = False
    """Names, e-mail addresses and phone numbers are kept, to reach people by."""
    scope: Literal["shop", "industry"] = "shop"
    """Whose daily figures these are."""
    event_kind: (
        Literal["follow", "unfollow", "favourite", "cart", "view", "complaint", "other"] | None
    ) = None
    """What happened in all rows, where no column says it."""
    channel: Literal["sms", "email", "phone", "chat", "message_box", "other"] | None = None
    """Of all rows, where no column says it."""


class FileColumn(Model):
    """A column: what it holds, and what it is taken for."""

    heading: str
    samples: list[str]
    proposed: str | None
    confirmed: str | None
    known: float | None
    """Of a column that may tell customers (products) apart: the share of its first values that the
    shop's orders know."""


class LeftOutCells(Model):
    """Cells of a column that were not taken over, while their rows were."""

    heading: str
    code: str
    message: str
    cells: Count
    example: str


class FileAccount(Model):
    """What becomes (or became) of every line: read = new + changed + repeated + rejected."""

    read: Count
    new: Count
    changed: Count
    repeated: Count
    again: Count
    """Those of the repeated whose key comes again further down, which then counts."""
    rejected: Count
    reasons: list[Rejected]
    records: Count
    opted_out: Count
    """Customers who want no contact, by this file."""
    suppressed: Count
    """Those of them who were put on the list only now."""
    first_day: dt.date | None
    last_day: dt.date | None
    left_out: list[LeftOutCells]
    not_kept: dict[str, int]
    """name, email, phone -> lines that have one, where nobody asked to keep them."""
    notes: list[str]


class FileSummary(ImportSummary):
    """A file beside the orders on its way into the shop."""

    kind: Kind | None
    by_hand: bool
    """Typed in without a file."""


class DataFile(FileSummary):
    """A file with its columns and what becomes of its lines."""

    form: FileWritten | None
    remembered: bool
    columns: list[FileColumn]
    reading: FileReading
    account: FileAccount | None
    """Null before the file was checked."""
    table_version: Count | None


def file_summary(file: DatasetImport, job: Job | None) -> dict[str, object]:
    """What lists show of a file."""
    return {
        "id": int(file.id),
        "filename": file.filename,
        "size": file.size,
        "sha256": file.sha256,
        "state": file.state,
        "received_at": file.received_at,
        "stored_at": file.stored_at,
        "problem": sentence(file.problem) if file.problem else None,
        "hint": sentence(file.hint) if file.hint else None,
        "job": running(job),
        "kind": file.kind,
        "by_hand": file.options.by_hand is not None,
    }


def file_shown(file: DatasetImport, job: Job | None) -> DataFile:
    """A file with everything that is known of it."""
    look = file.look
    options = file.options if file.mapping is not None or look is None else look.options
    return DataFile.model_validate(
        {
            **file_summary(file, job),
            "form": None if look is None else file_written(look.form),
            "remembered": look is not None and look.remembered,
            "columns": _columns(file),
            "reading": FileReading.model_construct(
                **{name: getattr(options, name) for name in FileReading.model_fields}
            ),
            "account": _account(file),
            "table_version": file.table_version,
        }
    )


def _columns(file: DatasetImport) -> list[FileColumn]:
    look = file.look
    if look is None:
        return []
    return [
        FileColumn(
            heading=heading,
            samples=samples(look.first_rows, index),
            proposed=look.proposals.get(heading),
            confirmed=(file.mapping or {}).get(heading),
            known=look.matches.get(heading),
        )
        for index, heading in enumerate(look.form.headings)
    ]


def _account(file: DatasetImport) -> FileAccount | None:
    tallies = file.tallies
    if tallies is None:
        return None
    return FileAccount(
        read=tallies.read,
        new=tallies.new,
        changed=tallies.changed,
        repeated=tallies.repeated,
        again=tallies.again,
        rejected=tallies.rejected,
        reasons=rejected(tallies.reasons, {code: problem_words(code) for code in tallies.reasons}),
        records=tallies.records,
        opted_out=tallies.opted_out,
        suppressed=tallies.suppressed,
        first_day=tallies.first_day,
        last_day=tallies.last_day,
        left_out=[
            LeftOutCells(
                heading=left.heading,
                code=left.problem,
                message=problem_words(left.problem),
                cells=left.count,
                example=left.example,
            )
            for left in tallies.left_out
        ],
        not_kept=dict(tallies.not_kept),
        notes=[sentence(note) for note in tallies.notes],
    )
