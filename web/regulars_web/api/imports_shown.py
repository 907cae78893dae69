"""Imports of orders as the interface shows them."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import FilePart, ImportState, OrderField, OverlapChoice
from regulars_platform.intake.presets import part_of
from regulars_platform.intake.tallies import Share, Tallies
from regulars_platform.jobs.models import Job
from regulars_web.api.files_shown import (
    FileWritten,
    Rejected,
    file_written,
    rejected,
    running,
    samples,
)
from regulars_web.api.jobs import JobShown
from regulars_web.api.models import Count, Id, Line, Model, Moment, Money, money
from regulars_web.formats import sentence
from regulars_web.words.imports import reject_reason

Heading = Annotated[str, Field(max_length=10_000)]
StatusMeaning = Literal["paid", "unpaid", "cancelled", "refunded", "not_refunded"]


class Column(Model):
    """A column of the file: what it holds, and what it is taken for."""

    heading: str
    samples: list[str]
    """Its first different values."""
    proposed: OrderField | None
    because: Literal["heading", "content", "remembered", "preset"] | None
    confirmed: OrderField | None


class Reading(Model):
    """How the file is read where its content leaves it open; null lets the content decide."""

    date_order: Literal["day_first", "month_first"] | None = None
    decimal: Literal["point", "comma"] | None = None
    status_words: Annotated[dict[Line, StatusMeaning], Field(max_length=500)] = Field(
        default_factory=dict
    )
    """What status words mean that are not known."""
    part: FilePart | None = None
    """What the rows are; null: as recognised."""
    leave_out: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    """Orders whose remark or tag contains one of these are left out."""


class ImportMapping(Reading):
    """What the columns mean."""

    columns: Annotated[dict[OrderField, Heading], Field(min_length=1)]
    """Meaning -> heading of the file."""


class Lines(Model):
    """A part of the file."""

    lines: Count
    amount: Money


class OverlapExample(Model):
    """A line that an earlier file holds under another order number."""

    order_id: str
    stored_order_id: str
    customer_id: str | None
    ordered_at: Moment
    amount: Money


class Overlap(Model):
    """Lines that an earlier file seems to hold under other order numbers: say what to do."""

    lines: Count
    amount: Money
    first_at: Moment
    last_at: Moment
    examples: list[OverlapExample]


class Account(Model):
    """What becomes (or became) of every line: read = stored + repeated + rejected + left_out."""

    read: Lines
    stored: Lines
    corrected: Lines
    """The part of the stored ones that replaces a stored line."""
    repeated: Lines
    overlapping: Lines
    rejected: Lines
    left_out: Lines
    reasons: list[Rejected]
    unreadable_amounts: Count
    unattributed: Count
    """Lines without a customer."""
    masked: Count
    orders: Count
    customers: Count
    first_at: Moment | None
    last_at: Moment | None
    unknown_status_words: dict[str, int]
    """Word -> lines; nothing can be stored while there are any."""
    overlap: Overlap | None
    waiting_orders: Count
    """Orders of items or refunds whose order file has not come."""
    waiting_lines: Count
    notes: list[str]


class ImportSummary(Model):
    """An order file on its way into the shop."""

    id: Id
    filename: str
    size: Count
    """Bytes."""
    sha256: str
    state: ImportState
    received_at: Moment
    stored_at: Moment | None
    problem: str | None
    """Why it was refused or failed."""
    hint: str | None
    job: JobShown | None
    """The last work on it."""


class Import(ImportSummary):
    """An order file with its columns and what becomes of its lines."""

    form: FileWritten | None
    """Null before the file was looked at."""
    part: FilePart | None
    preset: str | None
    """The export it was recognised as."""
    remembered: bool
    """The columns of such a file were confirmed before."""
    columns: list[Column]
    status_words: dict[str, int]
    """Words of the proposed status column in the first 1,000 records."""
    reading: Reading
    account: Account | None
    """Null before the file was checked."""
    overlap_choice: OverlapChoice | None
    table_version: Count | None
    """The version of the orders that it made."""


def import_summary(import_: OrderImport, job: Job | None) -> ImportSummary:
    """An import in a list."""
    return ImportSummary(**_summary(import_, job))


def import_shown(import_: OrderImport, job: Job | None) -> Import:
    """An import with everything that is known of it."""
    look = import_.look
    options = import_.options if import_.mapping is not None or look is None else look.options
    return Import(
        **_summary(import_, job),
        form=None if look is None else file_written(look.form),
        part=None if look is None else part_of(options.part, look.form.headings),
        preset=None if look is None else look.preset,
        remembered=look is not None and look.remembered,
        columns=_columns(import_),
        status_words={} if look is None else dict(look.status_words),
        reading=Reading.model_construct(
            date_order=options.date_order,
            decimal=options.decimal,
            status_words=dict(options.status_words),
            part=options.part,
            leave_out=list(options.leave_out),
        ),
        account=None if import_.tallies is None else account(import_.tallies),
        overlap_choice=import_.overlap_choice,
        table_version=import_.table_version,
    )


def _summary(import_: OrderImport, job: Job | None) -> dict[str, Any]:
    return {
        "id": int(import_.id),
        "filename": import_.filename,
        "size": import_.size,
        "sha256": import_.sha256,
        "state": import_.state,
        "received_at": import_.received_at,
        "stored_at": import_.stored_at,
        "problem": sentence(import_.problem) if import_.problem else None,
        "hint": sentence(import_.hint) if import_.hint else None,
        "job": running(job),
    }


def _columns(import_: OrderImport) -> list[Column]:
    look = import_.look
    if look is None:
        return []
    proposed = {proposal.heading: proposal for proposal in look.proposals}
    confirmed = {heading: field for field, heading in (import_.mapping or {}).items()}
    return [
        Column(
            heading=heading,
            samples=samples(look.first_rows, index),
            proposed=proposed[heading].field if heading in proposed else None,
            because=proposed[heading].reason if heading in proposed else None,
            confirmed=confirmed.get(heading),
        )
        for index, heading in enumerate(look.form.headings)
    ]


def account(tallies: Tallies) -> Account:
    """What becomes of every line."""
    return Account(
        read=_lines(tallies.read),
        stored=_lines(tallies.stored),
        corrected=_lines(tallies.corrected),
        repeated=_lines(tallies.repeated),
        overlapping=_lines(tallies.overlapping),
        rejected=_lines(tallies.rejected),
        left_out=_lines(tallies.left_out),
        reasons=rejected(tallies.reasons, {code: reject_reason(code) for code in tallies.reasons}),
        unreadable_amounts=tallies.unreadable_amounts,
        unattributed=tallies.unattributed,
        masked=tallies.masked,
        orders=tallies.orders,
        customers=tallies.customers,
        first_at=tallies.first_at,
        last_at=tallies.last_at,
        unknown_status_words=dict(tallies.unknown_status_words),
        overlap=_overlap(tallies),
        waiting_orders=tallies.waiting_orders,
        waiting_lines=tallies.waiting_lines,
        notes=[sentence(note) for note in tallies.notes],
    )


def _lines(share: Share) -> Lines:
    return Lines(lines=share.lines, amount=money(share.money))


def _overlap(tallies: Tallies) -> Overlap | None:
    found = tallies.overlap
    if found is None:
        return None
    return Overlap(
        lines=found.share.lines,
        amount=money(found.share.money),
        first_at=found.first_at,
        last_at=found.last_at,
        examples=[
            OverlapExample(
                order_id=example.order_id,
                stored_order_id=example.stored_order_id,
                customer_id=example.customer_id,
                ordered_at=example.ordered_at,
                amount=money(example.amount),
            )
            for example in found.examples
        ],
    )


def overlap_days(tallies: Tallies) -> tuple[int, dt.date, dt.date] | None:
    """Lines and days of what an earlier file seems to hold."""
    found = tallies.overlap
    if found is None:
        return None
    return found.share.lines, found.first_at.date(), found.last_at.date()
