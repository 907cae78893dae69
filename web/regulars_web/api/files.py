"""Files beside the orders: customers, products, events, days of the shop, referrals, points."""

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
from regulars_web.api.calling import Call
from regulars_web.api.data_files_shown import (
    DataFile,
    FileReading,
    FileSummary,
    file_shown,
    file_summary,
)
from regulars_web.api.declaring import Area, CsvFile, Upload
from regulars_web.api.files_shown import (
    refuse_busy,
)
from regulars_web.api.imports_shown import Heading
from regulars_web.api.models import Answer, Id, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged

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
        return write.answer(file_answer(call, write.session, import_id))


@area.get("/files", scope=Scope.READ_DATA)
def list_files(call: Call, work: Session, query: PageQuery) -> Page[FileSummary]:
    """The files beside the orders, the newest first."""
    return paged(
        datasets.list_imports(work, call.shop_id),
        query,
        lambda file: FileSummary.model_validate(file_summary(file, find_import_job(work, file.id))),
        lambda file: (int(file.id),),
        descending=True,
    )


@area.get("/files/{file_id}", scope=Scope.READ_DATA)
def get_file(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """One file: its columns as proposed and confirmed, and what becomes of each line."""
    return file_answer(call, work, file_id)


@area.post(
    "/files/{file_id}/kind", scope=Scope.WRITE_DATA, status=202, example={"kind": "customers"}
)
def choose_file_kind(call: Call, work: Session, file_id: Id, body: KindChoice) -> Answer[DataFile]:
    """Say which kind of file it is, and have it looked at again."""
    file = _idle(call, work, file_id)
    datasets.choose_kind(work, file.id, body.kind)
    ask_for(work, "look_dataset", file.id, call.now)
    return file_answer(call, work, file_id)


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
    return file_answer(call, work, file_id)


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
    return file_answer(call, work, file_id)


@area.post("/files/{file_id}/store", scope=Scope.WRITE_DATA, status=202)
def store_file(call: Call, work: Session, file_id: Id) -> Answer[DataFile]:
    """Store the records that were checked."""
    file = _idle(call, work, file_id)
    if file.state is not ImportState.CHECKED:
        raise WrongStateError.of(file.state, ImportState.CHECKED)
    ask_for(work, "store_dataset", file.id, call.now)
    return file_answer(call, work, file_id)


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
    return file_answer(call, work, file_id)


@area.delete("/files/{file_id}", scope=Scope.WRITE_DATA)
def discard_file(call: Call, file_id: Id) -> None:
    """Throw away a file of which nothing is stored."""
    with call.writing() as write:
        file = _idle(call, write.session, file_id)
        datasets.discard(write.session, file.id)
        write.answer(None)
    datasets.forget_bytes(call.settings, file.id)


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


def file_answer(call: Call, work: Session, file_id: int) -> Answer[DataFile]:
    """A file as it stands in this transaction."""
    work.flush()
    file = datasets.get_import(work, DatasetImportId(file_id), call.shop_id)
    return Answer[DataFile](data=file_shown(file, find_import_job(work, file.id)))
