"""Files beside the orders: customers, products, events, days of the shop, referrals, points."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from regulars_platform.api_access.scopes import Scope
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.checking import targets_of
from regulars_platform.datasets.errors import KindUnknownError
from regulars_platform.datasets.examples import example_file
from regulars_platform.datasets.jobs import ask_for, find_import_job
from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.datasets.models import DatasetImport, DatasetImportId, DatasetOptions
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import ImportState
from regulars_platform.jobs.models import Job
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, Upload
from regulars_web.api.files_shown import (
    FileWritten,
    Rejected,
    file_written,
    refuse_busy,
    rejected,
    running,
    samples,
)
from regulars_web.api.imports_shown import Heading, ImportSummary
from regulars_web.api.models import Answer, Count, Day, Id, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.formats import sentence
from regulars_web.pages.datasets.words import problem_words

area = Area(
    "files",
    "Files beside the orders: the same steps as of order files. docs/data-files.md says what each"
    " kind holds.",
)


class FileUploadQuery(Model):
    """How the file is called, and what it holds."""

    filename: Line
    kind: Kind | None = None
    """Left out: told by the headings."""


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


class FileMapping(FileReading):
    """What the columns mean."""

    columns: Annotated[dict[Heading, Line], Field(min_length=1, max_length=2000)]
    """Heading of the file -> meaning (`/file-kinds` lists them; of daily figures `figure:NAME`)."""


class KindChoice(Model):
    """Which kind of file it is."""

    kind: Kind


class FileEncoding(Model):
    """In which encoding the text reads right."""

    encoding: Literal["gb18030", "big5hkscs", "cp1252"]


class FileKind(Model):
    """A kind of file: what its columns can mean, and an example."""

    kind: Kind
    meanings: list[str]
    example: str
    """A small file as CSV."""


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


@area.get("/file-kinds", scope=Scope.READ_DATA)
def list_file_kinds(call: Call, query: PageQuery) -> Page[FileKind]:
    """The kinds of files, and what their columns can mean."""
    del call
    return paged(
        KINDS,
        query,
        lambda kind: FileKind(
            kind=kind,
            meanings=list(targets_of(kind)),
            example=example_file(kind, "en").decode("utf-8-sig"),
        ),
        lambda kind: (str(kind),),
        kinds=(str,),
    )


@area.post("/files", scope=Scope.WRITE_DATA, status=202)
def bring_file(call: Call, query: FileUploadQuery, upload: Upload) -> Answer[DataFile]:
    """Bring a file beside the orders (CSV, plain or gzip, Excel or Parquet)

    The body is the file itself. A job looks at it; then its kind and columns are proposed.
    """
    with call.writing() as write:
        import_id = datasets.receive_upload(
            write.session,
            call.settings,
            call.shop_id,
            query.filename,
            upload.stream,
            call.now,
            kind=query.kind,
            user_id=call.user_id,
        )
        ask_for(write.session, "look_dataset", import_id, call.now)
        return write.answer(_answer(call, write.session, import_id))


@area.get("/files", scope=Scope.READ_DATA)
def list_files(call: Call, work: Session, query: PageQuery) -> Page[FileSummary]:
    """The files beside the orders, the newest first."""
    return paged(
        datasets.list_imports(work, call.shop_id),
        query,
        lambda file: FileSummary.model_validate(_summary(file, find_import_job(work, file.id))),
        lambda file: (int(file.id),),
        descending=True,
    )


@area.get("/files/{file_id}", scope=Scope.READ_DATA)
def get_file(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """One file: its columns as proposed and confirmed, and what becomes of each line."""
    return _answer(call, work, file_id)


@area.post(
    "/files/{file_id}/kind", scope=Scope.WRITE_DATA, status=202, example={"kind": "customers"}
)
def choose_file_kind(call: Call, work: Session, file_id: Id, body: KindChoice) -> Answer[DataFile]:
    """Say which kind of file it is, and have it looked at again."""
    file = _idle(call, work, file_id)
    datasets.choose_kind(work, file.id, body.kind)
    ask_for(work, "look_dataset", file.id, call.now)
    return _answer(call, work, file_id)


@area.post(
    "/files/{file_id}/encoding",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"encoding": "gb18030"},
)
def choose_file_encoding(
    call: Call, work: Session, file_id: Id, body: FileEncoding
) -> Answer[DataFile]:
    """Say in which encoding the text reads right, and have it looked at again."""
    file = _idle(call, work, file_id)
    datasets.choose_encoding(work, file.id, body.encoding)
    ask_for(work, "look_dataset", file.id, call.now)
    return _answer(call, work, file_id)


@area.put(
    "/files/{file_id}/mapping",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"columns": {"Customer ID": "customer_id", "Gender": "gender"}},
)
def confirm_file_columns(
    call: Call, work: Session, file_id: Id, body: FileMapping
) -> Answer[DataFile]:
    """Say what the columns mean, and have every line checked; nothing is stored by this."""
    file = _idle(call, work, file_id)
    if file.look is None:
        raise WrongStateError.of(file.state, ImportState.LOOKED)
    if file.kind is None:
        raise KindUnknownError.of()
    options = DatasetOptions(
        date_order=body.date_order,
        decimal=body.decimal,
        as_of=body.as_of,
        keep_contacts=body.keep_contacts,
        scope=body.scope,
        event_kind=body.event_kind,
        channel=body.channel,
        encoding=file.look.options.encoding,
    )
    datasets.confirm_columns(work, file.id, body.columns, options, call.now)
    ask_for(work, "check_dataset", file.id, call.now)
    return _answer(call, work, file_id)


@area.post("/files/{file_id}/store", scope=Scope.WRITE_DATA, status=202)
def store_file(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """Store the records that were checked."""
    file = _idle(call, work, file_id)
    if file.state is not ImportState.CHECKED:
        raise WrongStateError.of(file.state, ImportState.CHECKED)
    ask_for(work, "store_dataset", file.id, call.now)
    return _answer(call, work, file_id)


@area.post("/files/{file_id}/again", scope=Scope.WRITE_DATA, status=202)
def repeat_file_step(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """Do the step once more at which a file was cancelled or failed."""
    file = _idle(call, work, file_id)
    typed = file.options.by_hand is not None and file.state is ImportState.FAILED
    if typed or file.state is ImportState.STORING:
        ask_for(work, "store_dataset", file.id, call.now)
    elif file.options.by_hand is None and file.look is None:
        ask_for(work, "look_dataset", file.id, call.now)
    elif file.mapping is not None and file.state is not ImportState.STORED:
        ask_for(work, "check_dataset", file.id, call.now)
    else:
        raise WrongStateError.of(file.state, ImportState.FAILED)
    return _answer(call, work, file_id)


@area.get("/files/{file_id}/rejects", scope=Scope.READ_DATA)
def download_file_rejects(call: Call, work: Session, file_id: Id) -> CsvFile:
    """The rejected lines as they were, each with its reason; 404 before the check."""
    file = datasets.get_import(work, DatasetImportId(file_id), call.shop_id)
    path = datasets.rejects_path(call.settings, file.id)
    if path is None:
        raise NotFound
    return CsvFile(path, f"file-{file_id}-rejected.csv")


def _idle(call: Call, work: Session, file_id: int) -> DatasetImport:
    file = datasets.get_import(work, DatasetImportId(file_id), call.shop_id)
    refuse_busy(find_import_job(work, file.id))
    return file


def _answer(call: Call, work: Session, file_id: int) -> Answer[DataFile]:
    work.flush()
    file = datasets.get_import(work, DatasetImportId(file_id), call.shop_id)
    return Answer[DataFile](data=_shown(file, find_import_job(work, file.id)))


def _summary(file: DatasetImport, job: Job | None) -> dict[str, object]:
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


def _shown(file: DatasetImport, job: Job | None) -> DataFile:
    look = file.look
    options = file.options if file.mapping is not None or look is None else look.options
    return DataFile.model_validate(
        {
            **_summary(file, job),
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
