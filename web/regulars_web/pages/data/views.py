"""The pages of an order file: upload, columns, check, review, store, result."""

from dataclasses import replace
from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import RegularsError
from regulars_platform.incoming.models import Purpose
from regulars_platform.intake import service as intake
from regulars_platform.intake.errors import EncodingUnknownError, ImportNotFoundError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.jobs import ask_for, ask_to_store, find_import_job
from regulars_platform.intake.models import DISCARDABLE, ImportId, ImportState, OverlapChoice
from regulars_platform.intake.waiting import waiting_of
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.pages.data.bringing import answer_upload, is_busy, send_rejects, sent_file
from regulars_web.pages.data.mapping import (
    MappingInput,
    build_mapping_page,
    parse_mapping_input,
    parse_placed_words,
)
from regulars_web.pages.data.reading import describe_form, encoding_choices
from regulars_web.pages.data.review import build_review
from regulars_web.pages.data.taking import ask_to_look_at_orders, look_at_orders
from regulars_web.pages.data.tus import list_mine
from regulars_web.signing_in import current_account
from regulars_web.words.imports import import_chip, reject_reason

blueprint = Blueprint("data", __name__)

NO_FILE = Sentence(N_("Choose an order file first."))


@blueprint.get("/")
def overview() -> str:
    """All files, newest first, and the place to bring another."""
    return _overview_page(problem=None)


def _overview_page(problem: RegularsError | None) -> str:
    with unit_of_work() as work:
        imports = intake.list_imports(work, current_shop().id)
        busy = {i.id for i in imports if is_busy(find_import_job(work, i.id))}
        waiting = waiting_of(work, current_shop().id)
        unfinished = list_mine(work, Purpose.ORDERS)
    return render_template(
        "data/overview.html",
        unfinished=unfinished,
        imports=imports,
        busy=busy,
        waiting=waiting,
        chip=import_chip,
        problem=problem,
    )


@blueprint.post("/upload")
def upload() -> BaseResponse | tuple[str | Response, int]:
    """Take in a file; answers with JSON where a script asks (it shows how much has arrived)."""
    return answer_upload(_receive, "data.one", _overview_page)


def _receive() -> ImportId:
    file, filename = sent_file(NO_FILE)
    shop, account = current_shop(), current_account()
    with unit_of_work() as work:
        import_id = intake.receive_upload(
            work, settings(), shop.id, filename, cast(BinaryIO, file.stream), now(), account.id
        )
        asked = ask_to_look_at_orders(work, import_id)
    if not asked:
        look_at_orders(import_id)
    return import_id


@blueprint.get("/<int:import_id>")
def one(import_id: int) -> str | BaseResponse:
    """The import at whatever step it is."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        job = find_import_job(work, import_.id)
        waiting = waiting_of(work, import_.shop_id).get(import_.id)
    if is_busy(job):
        return render_template("data/working.html", import_=import_, job=job)
    if import_.state is ImportState.LOOKED and (job is None or not job.problem):
        return redirect(url_for("data.columns", import_id=import_id))
    if import_.state in (ImportState.CHECKED, ImportState.STORED) and import_.tallies is not None:
        review = build_review(import_, job, waiting=waiting)
        page = "data/stored.html" if import_.state is ImportState.STORED else "data/review.html"
        return render_template(page, review=review, reason=reject_reason)
    return render_template(
        "data/halted.html", import_=import_, job=job, readings=encoding_choices(import_.problem)
    )


@blueprint.route("/<int:import_id>/columns", methods=["GET", "POST"])
def columns(import_id: int) -> str | BaseResponse | tuple[str, int]:
    """What the columns mean: proposed, changed, confirmed."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
    if import_.look is None or import_.state in (ImportState.STORING, ImportState.STORED):
        return redirect(url_for("data.one", import_id=import_id))
    given: MappingInput | None = None
    error: RegularsError | None = None
    if request.method == "POST":
        given = parse_mapping_input(request.form)
        try:
            mapping = given.build_mapping(import_.look.form.headings)
            with unit_of_work() as work:
                intake.confirm_mapping(work, import_.id, mapping, given.options)
                ask_for(work, "check_import", import_.id, now())
        except RegularsError as problem:
            error = problem
        else:
            return redirect(url_for("data.one", import_id=import_id))
    page = render_template(
        "data/columns.html",
        page=build_mapping_page(import_, import_.look, given, error),
        form_line=describe_form(import_.look.form),
    )
    return (page, 422) if error else page


@blueprint.post("/<int:import_id>/again")
def again(import_id: int) -> BaseResponse:
    """Do the step once more at which an import was cancelled or failed."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if import_.state is ImportState.STORING:
            ask_to_store(work, import_.id, import_.overlap_choice, now())
        elif import_.look is None:
            ask_for(work, "look_import", import_.id, now())
        elif import_.mapping is not None and import_.state is not ImportState.STORED:
            ask_for(work, "check_import", import_.id, now())
    return redirect(url_for("data.one", import_id=import_id))


@blueprint.post("/<int:import_id>/encoding")
def choose_encoding(import_id: int) -> BaseResponse:
    """Say which reading of a text is right, and look at it again."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        try:
            intake.choose_encoding(work, settings(), import_.id, request.form.get("encoding", ""))
        except EncodingUnknownError:
            return redirect(url_for("data.one", import_id=import_id))
        ask_for(work, "look_import", import_.id, now())
    return redirect(url_for("data.one", import_id=import_id))


@blueprint.post("/<int:import_id>/status-words")
def place_status_words(import_id: int) -> BaseResponse:
    """Say what unknown status words mean, and check again."""
    placed = parse_placed_words(request.form)
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        if import_.mapping is not None and placed:
            options = replace(
                import_.options, status_words={**import_.options.status_words, **placed}
            )
            intake.confirm_mapping(work, import_.id, import_.mapping, options)
            ask_for(work, "check_import", import_.id, now())
    return redirect(url_for("data.one", import_id=import_id))


@blueprint.post("/<int:import_id>/store")
def store(import_id: int) -> str | BaseResponse | tuple[str, int]:
    """Store what was checked, with what was chosen about overlapping lines."""
    chosen = request.form.get("overlap")
    choice = OverlapChoice(chosen) if chosen in list(OverlapChoice) else None
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        tallies = import_.tallies
        ready = import_.state is ImportState.CHECKED and tallies is not None
        undecided = tallies is not None and tallies.overlap is not None and choice is None
        if ready and not undecided:
            ask_to_store(work, import_.id, choice, now())
    if ready and undecided:
        review = build_review(
            import_, None, error=gettext("Choose what to do with these lines first.")
        )
        page = render_template("data/review.html", review=review, reason=reject_reason)
        return page, 422
    return redirect(url_for("data.one", import_id=import_id))


@blueprint.post("/<int:import_id>/discard")
def discard(import_id: int) -> BaseResponse:
    """Throw away a file of which nothing is stored."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
        gone = import_.state in DISCARDABLE and not is_busy(find_import_job(work, import_.id))
        if gone:
            intake.discard(work, import_.id)
    if not gone:
        return redirect(url_for("data.one", import_id=import_id))
    intake.forget_bytes(settings(), import_.id)
    flash(gettext("“%(file)s” is thrown away. Nothing of it was stored.", file=import_.filename))
    return redirect(url_for("data.overview"))


@blueprint.get("/<int:import_id>/rejects.csv")
def rejects(import_id: int) -> Response:
    """The rejected lines as they were, each with its reason."""
    with unit_of_work() as work:
        import_ = _get_import(work, import_id)
    return send_rejects(
        intake.rejects_path(settings(), import_.id), import_.filename, otherwise="orders"
    )


def _get_import(work: Session, import_id: int) -> OrderImport:
    """The import of this number, if it belongs to the shop."""
    import_ = intake.get_import(work, ImportId(import_id))
    if import_.shop_id != current_shop().id:
        raise ImportNotFoundError.of(import_id)
    return import_
