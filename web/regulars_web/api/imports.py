"""Order files: bring one, confirm its columns, see what becomes of each line, store it."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from regulars_platform.api_access.scopes import Scope
from regulars_platform.intake import service as intake
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.errors import ImportNotFoundError, WrongStateError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.jobs import ask_for, ask_to_store, find_import_job
from regulars_platform.intake.models import ImportId, ImportState, OverlapChoice, ReadingOptions
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, Upload
from regulars_web.api.files_shown import refuse_busy
from regulars_web.api.imports_shown import (
    Import,
    ImportMapping,
    ImportSummary,
    Reading,
    StatusMeaning,
    import_shown,
    import_summary,
    overlap_days,
)
from regulars_web.api.models import Answer, Id, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged

area = Area(
    "imports",
    "Order files: upload, confirm the columns, check, store. Each slow step is a job.",
)


class UploadQuery(Model):
    """How the file is called."""

    filename: Line


class EncodingChoice(Model):
    """Which reading of a text is right."""

    encoding: Literal["gb18030", "big5hkscs", "cp1252"]


class PlacedWords(Model):
    """What unknown status words mean."""

    words: Annotated[dict[Line, StatusMeaning], Field(min_length=1, max_length=500)]


class StoreChoice(Model):
    """What to do with lines that an earlier file seems to hold; only needed where there are any."""

    overlap: OverlapChoice | None = None


@area.post("/imports", scope=Scope.WRITE_DATA, status=202)
def bring_orders(call: Call, query: UploadQuery, upload: Upload) -> Answer[Import]:
    """Bring an order file (CSV, plain or gzip, Excel or Parquet)

    The body is the file itself. A job looks at it; then its columns are proposed.
    """
    with call.writing() as write:
        import_id = intake.receive_upload(
            write.session,
            call.settings,
            call.shop_id,
            query.filename,
            upload.stream,
            call.now,
            call.user_id,
        )
        ask_for(write.session, "look_import", import_id, call.now)
        return write.answer(_answer(call, write.session, import_id))


@area.get("/imports", scope=Scope.READ_DATA)
def list_imports(call: Call, work: Session, query: PageQuery) -> Page[ImportSummary]:
    """The order files that were brought, the newest first."""
    return paged(
        intake.list_imports(work, call.shop_id),
        query,
        lambda import_: import_summary(import_, find_import_job(work, import_.id)),
        lambda import_: (int(import_.id),),
        descending=True,
    )


@area.get("/imports/{import_id}", scope=Scope.READ_DATA)
def get_import(call: Call, work: Session, import_id: Id) -> Answer[Import]:
    """One order file: its columns as proposed and confirmed, and what becomes of each line."""
    return _answer(call, work, import_id)


@area.post(
    "/imports/{import_id}/encoding",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"encoding": "gb18030"},
)
def choose_encoding(
    call: Call, work: Session, import_id: Id, body: EncodingChoice
) -> Answer[Import]:
    """Say in which encoding the file is right, and have it looked at again."""
    import_ = _idle(call, work, import_id)
    intake.choose_encoding(work, call.settings, import_.id, body.encoding)
    ask_for(work, "look_import", import_.id, call.now)
    return _answer(call, work, import_id)


@area.put(
    "/imports/{import_id}/mapping",
    scope=Scope.WRITE_DATA,
    status=202,
    example={
        "columns": {"order_id": "Order", "customer_id": "Buyer", "ordered_at": "Placed",
                    "amount": "Paid"},
        "date_order": "day_first",
    },
)  # fmt: skip
def confirm_columns(
    call: Call, work: Session, import_id: Id, body: ImportMapping
) -> Answer[Import]:
    """Say what the columns mean, and have every line checked

    Nothing is stored by this. What is not given of the reading is left to the file's content.
    """
    import_ = _idle(call, work, import_id)
    intake.confirm_mapping(work, import_.id, body.columns, _options(body))
    ask_for(work, "check_import", import_.id, call.now)
    return _answer(call, work, import_id)


@area.post(
    "/imports/{import_id}/status-words",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"words": {"shipped": "paid"}},
)
def place_status_words(
    call: Call, work: Session, import_id: Id, body: PlacedWords
) -> Answer[Import]:
    """Say what unknown status words mean, and have every line checked again."""
    import_ = _idle(call, work, import_id)
    if import_.mapping is None:
        raise WrongStateError.of(import_.state, ImportState.CONFIRMED)
    words = {**import_.options.status_words, **body.words}
    options = replace(import_.options, status_words=words)
    intake.confirm_mapping(work, import_.id, import_.mapping, options)
    ask_for(work, "check_import", import_.id, call.now)
    return _answer(call, work, import_id)


@area.post(
    "/imports/{import_id}/store",
    scope=Scope.WRITE_DATA,
    status=202,
    example={"overlap": "leave_out"},
)
def store_import(call: Call, work: Session, import_id: Id, body: StoreChoice) -> Answer[Import]:
    """Store the lines that were checked."""
    import_ = _idle(call, work, import_id)
    tallies = import_.tallies
    if import_.state is not ImportState.CHECKED or tallies is None:
        raise WrongStateError.of(import_.state, ImportState.CHECKED)
    if tallies.unknown_status_words:
        raise UndecidedError.status_words(tallies.unknown_status_words)
    if body.overlap is None and (found := overlap_days(tallies)):
        lines, first, last = found
        raise UndecidedError.overlap(lines, first.isoformat(), last.isoformat())
    ask_to_store(work, import_.id, body.overlap, call.now)
    return _answer(call, work, import_id)


@area.post("/imports/{import_id}/again", scope=Scope.WRITE_DATA, status=202)
def repeat_import_step(call: Call, work: Session, import_id: Id) -> Answer[Import]:
    """Do the step once more at which an import was cancelled or failed."""
    import_ = _idle(call, work, import_id)
    if import_.state is ImportState.STORING:
        ask_to_store(work, import_.id, import_.overlap_choice, call.now)
    elif import_.look is None:
        ask_for(work, "look_import", import_.id, call.now)
    elif import_.mapping is not None and import_.state is not ImportState.STORED:
        ask_for(work, "check_import", import_.id, call.now)
    else:
        raise WrongStateError.of(import_.state, ImportState.FAILED)
    return _answer(call, work, import_id)


@area.delete("/imports/{import_id}", scope=Scope.WRITE_DATA)
def discard_import(call: Call, import_id: Id) -> None:
    """Throw away a file of which nothing is stored."""
    with call.writing() as write:
        import_ = _idle(call, write.session, import_id)
        intake.discard(write.session, import_.id)
        write.answer(None)
    intake.forget_bytes(call.settings, import_.id)


@area.get("/imports/{import_id}/rejects", scope=Scope.READ_DATA)
def download_rejects(call: Call, work: Session, import_id: Id) -> CsvFile:
    """The rejected lines as they were, each with its reason; 404 before the check."""
    import_ = _get(call, work, import_id)
    path = intake.rejects_path(call.settings, import_.id)
    if path is None:
        raise NotFound
    return CsvFile(path, f"import-{import_id}-rejected.csv")


def _get(call: Call, work: Session, import_id: int) -> OrderImport:
    import_ = intake.get_import(work, ImportId(import_id))
    if import_.shop_id != call.shop_id:
        raise ImportNotFoundError.of(import_id)
    return import_


def _idle(call: Call, work: Session, import_id: int) -> OrderImport:
    import_ = _get(call, work, import_id)
    refuse_busy(find_import_job(work, import_.id))
    return import_


def _answer(call: Call, work: Session, import_id: int) -> Answer[Import]:
    work.flush()
    import_ = _get(call, work, import_id)
    return Answer[Import](data=import_shown(import_, find_import_job(work, import_.id)))


def _options(reading: Reading) -> ReadingOptions:
    return ReadingOptions(
        date_order=reading.date_order,
        decimal=reading.decimal,
        status_words=reading.status_words,
        part=reading.part,
        leave_out=tuple(reading.leave_out),
    )
