"""The pages of another file: upload, kind, columns, check, review, store, result."""

from dataclasses import replace
from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.accounts.service import names_of_users
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.consents import unplaced_consents
from regulars_platform.datasets.errors import KindUnknownError, OrderFileError
from regulars_platform.datasets.examples import EXAMPLE_LANGUAGES, Language, example_file
from regulars_platform.datasets.jobs import ask_for, find_import_job
from regulars_platform.datasets.models import DatasetImport, DatasetImportId, read_kind
from regulars_platform.datasets.overview import overview as known_kinds
from regulars_platform.errors import RegularsError
from regulars_platform.incoming.models import Purpose
from regulars_platform.intake.encodings import CHOICES
from regulars_platform.intake.models import DISCARDABLE, ImportState
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.words import N_, Sentence
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.formats import sentence
from regulars_web.language import choose_locale
from regulars_web.pages.data.bringing import answer_upload, is_busy, send_rejects, sent_file
from regulars_web.pages.data.reading import describe_form, encoding_choices
from regulars_web.pages.data.taking import ask_to_look_at_dataset, look_at_dataset
from regulars_web.pages.data.tus import list_mine
from regulars_web.pages.datasets import by_hand
from regulars_web.pages.datasets.columns import (
    ColumnsInput,
    build_columns_page,
    parse_columns_input,
)
from regulars_web.signing_in import current_account
from regulars_web.words.data_files import (
    CHANNELS,
    COVERS,
    EVENT_KINDS,
    KINDS,
    OPENS,
    next_pages,
    not_kept_words,
    problem_words,
)
from regulars_web.words.imports import import_chip

blueprint = Blueprint("datasets", __name__)
blueprint.add_url_rule("/products", "products", by_hand.products, methods=["GET", "POST"])
blueprint.add_url_rule("/<int:import_id>/undo", "undo", by_hand.undo, methods=["POST"])
blueprint.add_app_template_global(by_hand.import_title, "import_title")

NO_FILE = Sentence(N_("Choose a file first."))


_EXAMPLES: dict[str, Language] = {"en": "en", "zh_Hans": "zh", "zh_Hant": "zh_Hant"}
"""Locale -> language of the example files."""


@blueprint.get("/")
def overview() -> str:
    """What is known of each kind, all files so far, and the place to bring another."""
    return _overview_page(problem=None)


def _overview_page(problem: RegularsError | None) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        imports = datasets.list_imports(work, shop.id)
        people = names_of_users(work, {i.user_id for i in imports if i.user_id is not None})
        busy = {i.id for i in imports if is_busy(find_import_job(work, i.id))}
        unfinished = list_mine(work, Purpose.DATASET)
    return render_template(
        "datasets/overview.html",
        unfinished=unfinished,
        known=known_kinds(settings(), shop.id, shop.zone, imports),
        imports=imports,
        busy=busy,
        people=people,
        chip=import_chip,
        kinds=KINDS,
        opens=OPENS,
        covers=COVERS,
        example_language=_EXAMPLES[choose_locale()],
        wanted=read_kind(request.values.get("kind")),
        problem=problem,
    )


@blueprint.get("/example/<kind>-<language>.csv")
def example(kind: str, language: str) -> Response:
    """A small file of one kind, to see what is wanted."""
    known = read_kind(kind)
    spoken = next((one for one in EXAMPLE_LANGUAGES if one == language), None)
    if known is None or spoken is None:
        raise NotFound
    content = example_file(known, spoken)
    return csv_file(content, f"example-{known}-{language}.csv")


@blueprint.post("/upload")
def upload() -> BaseResponse | tuple[str | Response, int]:
    """Take in a file; answers with JSON where a script asks (it shows how much has arrived)."""
    return answer_upload(_receive, "datasets.one", _overview_page)


def _receive() -> DatasetImportId:
    file, filename = sent_file(NO_FILE)
    word = request.form.get("kind", "")
    kind = read_kind(word)
    if word and kind is None:
        raise KindUnknownError.of(word)
    shop, account = current_shop(), current_account()
    with unit_of_work() as work:
        import_id = datasets.receive_upload(
            work,
            settings(),
            shop.id,
            filename,
            cast(BinaryIO, file.stream),
            now(),
            kind=kind,
            user_id=account.id,
        )
    _look(import_id)
    return import_id


def _look(import_id: DatasetImportId) -> None:
    """Now, or in the background where the file is large."""
    with unit_of_work() as work:
        asked = ask_to_look_at_dataset(work, import_id)
    if not asked:
        look_at_dataset(import_id)


@blueprint.get("/<int:import_id>")
def one(import_id: int) -> str | BaseResponse:
    """The file at whatever step it is."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        job = find_import_job(work, import_.id)
    if import_.options.by_hand is not None:
        return _typed(import_, job)
    if is_busy(job):
        return render_template("datasets/working.html", import_=import_, job=job)
    stopped = job if job and job.state in (JobState.FAILED, JobState.CANCELLED) else None
    if import_.state is ImportState.LOOKED and stopped is None:
        if import_.kind is None:
            return render_template("datasets/kind.html", import_=import_, **_kinds())
        return redirect(url_for("datasets.columns", import_id=import_id))
    if import_.state in (ImportState.CHECKED, ImportState.STORED) and import_.tallies is not None:
        page = "stored" if import_.state is ImportState.STORED else "review"
        headings = import_.look.form.headings if import_.look else ()
        return render_template(
            f"datasets/{page}.html",
            import_=import_,
            t=import_.tallies,
            job=stopped,
            reason=problem_words,
            kinds=KINDS,
            then=next_pages(import_.kind, (import_.mapping or {}).values()),
            not_kept=not_kept_words(import_.tallies.not_kept),
            unplaced=unplaced_consents(import_.kind, headings, import_.mapping or {}),
        )
    return render_template(
        "datasets/halted.html",
        import_=import_,
        job=job,
        readings=encoding_choices(import_.problem),
        misplaced=import_.state is ImportState.REFUSED
        and import_.problem == OrderFileError.of().problem,
    )


def _typed(import_: DatasetImport, job: Job | None) -> str:
    """What was typed in by hand has no steps of a file."""
    with unit_of_work() as work:
        names = names_of_users(work, [import_.user_id] if import_.user_id is not None else [])
    return render_template(
        "datasets/typed.html",
        import_=import_,
        job=job,
        running=is_busy(job),
        t=import_.tallies if import_.state is ImportState.STORED else None,
        by=names.get(import_.user_id or 0, ""),
        kinds=KINDS,
    )


def _kinds() -> dict[str, object]:
    return {"kinds": KINDS, "opens": OPENS}


@blueprint.post("/<int:import_id>/kind")
def choose_kind(import_id: int) -> str | BaseResponse | tuple[str, int]:
    """Say which kind of file it is."""
    kind = read_kind(request.form.get("kind"))
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if kind is not None:
            datasets.choose_kind(work, import_.id, kind)
    if kind is None:
        error = sentence(KindUnknownError.of().hint)
        page = render_template("datasets/kind.html", import_=import_, error=error, **_kinds())
        return page, 422
    _look(import_.id)
    return redirect(url_for("datasets.one", import_id=import_id))


@blueprint.post("/<int:import_id>/encoding")
def choose_encoding(import_id: int) -> BaseResponse:
    """Say in which encoding the text reads right."""
    encoding = request.form.get("encoding", "")
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if encoding in CHOICES:
            datasets.choose_encoding(work, import_.id, encoding)
    if encoding in CHOICES:
        _look(import_.id)
    return redirect(url_for("datasets.one", import_id=import_id))


@blueprint.route("/<int:import_id>/columns", methods=["GET", "POST"])
def columns(import_id: int) -> str | BaseResponse | tuple[str, int]:
    """What the columns mean: proposed, changed, confirmed."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
    over = import_.state in (ImportState.STORING, ImportState.STORED)
    if import_.look is None or import_.kind is None or over:
        return redirect(url_for("datasets.one", import_id=import_id))
    given: ColumnsInput | None = None
    error: RegularsError | None = None
    if request.method == "POST":
        given = parse_columns_input(request.form, import_.look.options.encoding)
        try:
            mapping = given.mapping(import_.look.form.headings)
            with unit_of_work() as work:
                datasets.confirm_columns(work, import_.id, mapping, given.options, now())
                ask_for(work, "check_dataset", import_.id, now())
        except RegularsError as problem:
            error = problem
        else:
            return redirect(url_for("datasets.one", import_id=import_id))
    page = render_template(
        "datasets/columns.html",
        page=build_columns_page(import_, import_.look, import_.kind, given, error),
        form_line=describe_form(import_.look.form),
        event_kinds=EVENT_KINDS,
        channels=CHANNELS,
        **_kinds(),
    )
    return (page, 422) if error else page


@blueprint.post("/<int:import_id>/again")
def again(import_id: int) -> BaseResponse:
    """Do the step once more at which a file was cancelled or failed."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        step = None
        typed = import_.options.by_hand is not None and import_.state is ImportState.FAILED
        if typed or import_.state is ImportState.STORING:
            step = "store_dataset"
        elif import_.look is None:
            step = "look_dataset"
        elif import_.mapping is not None and import_.state is not ImportState.STORED:
            step = "check_dataset"
        if step is not None:
            ask_for(work, step, import_.id, now())
    return redirect(url_for("datasets.one", import_id=import_id))


@blueprint.post("/<int:import_id>/keep-contacts")
def keep_contacts(import_id: int) -> BaseResponse:
    """Keep names, addresses and phone numbers after all, and check again."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if import_.state is ImportState.CHECKED and import_.mapping is not None:
            options = replace(import_.options, keep_contacts=True)
            datasets.confirm_columns(work, import_.id, import_.mapping, options, now())
            ask_for(work, "check_dataset", import_.id, now())
    return redirect(url_for("datasets.one", import_id=import_id))


@blueprint.post("/<int:import_id>/store")
def store(import_id: int) -> BaseResponse:
    """Store what was checked."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if import_.state is ImportState.CHECKED:
            ask_for(work, "store_dataset", import_.id, now())
    return redirect(url_for("datasets.one", import_id=import_id))


@blueprint.post("/<int:import_id>/discard")
def discard(import_id: int) -> BaseResponse:
    """Throw away a file of which nothing is stored."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        gone = import_.state in DISCARDABLE and not is_busy(find_import_job(work, import_.id))
        if gone:
            datasets.discard(work, import_.id)
    if not gone:
        return redirect(url_for("datasets.one", import_id=import_id))
    datasets.forget_bytes(settings(), import_.id)
    flash(gettext("“%(file)s” is thrown away. Nothing of it was stored.", file=import_.filename))
    return redirect(url_for("datasets.overview"))


@blueprint.get("/<int:import_id>/rejects.csv")
def rejects(import_id: int) -> Response:
    """The rejected lines as they were, each with its reason."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
    return send_rejects(
        datasets.rejects_path(settings(), import_.id), import_.filename, otherwise="file"
    )


def _get_import(work: Session, import_id: int) -> DatasetImport:
    """The file of this number, if it belongs to the shop."""
    return datasets.get_import(work, DatasetImportId(import_id), current_shop().id)
