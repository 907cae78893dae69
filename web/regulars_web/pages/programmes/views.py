"""The programmes' pages: all of them, one of them, and what is done with one."""

import datetime as dt
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.delivery.quiet_hours import quiet_hours
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import find_latest_job
from regulars_platform.orders.table import OrdersTable
from regulars_platform.programmes.beginning import begins_on, have_run
from regulars_platform.programmes.caps import contact_caps, keep_caps
from regulars_platform.programmes.errors import (
    NoWordsError,
    ProgrammeStateError,
    RunUnderWayError,
)
from regulars_platform.programmes.history import (
    contact_days,
    entry_counts,
    list_runs,
    message_counts,
    version_counts,
)
from regulars_platform.programmes.jobs import (
    EVALUATE,
    RUN,
    ask_for_first_run,
    ask_for_result,
    ask_for_run,
)
from regulars_platform.programmes.kinds import KINDS, WORK_OUT_DUE
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.results import find_result
from regulars_platform.programmes.sending import leaves_by_itself, programme_list
from regulars_platform.programmes.service import (
    Programme,
    create_programme,
    delete_draft,
    end_programme,
    get_programme,
    has_changes,
    list_programmes,
    list_versions,
    pause_programme,
)
from regulars_platform.programmes.starting import prepare_start, start_prepared
from regulars_platform.programmes.tables import DRAFT, ENDED, RUNNING
from regulars_web.downloads import csv_file
from regulars_web.drafts.programmes import usual_plan
from regulars_web.edge import (
    current_shop,
    now,
    read_shop_again,
    reading,
    settings,
    today,
    unit_of_work,
)
from regulars_web.formats import date, sentence
from regulars_web.pages.programmes import dry, editing, messages
from regulars_web.pages.programmes.area import blueprint
from regulars_web.pages.programmes.shown import result_page, short_result
from regulars_web.problems import problem_text
from regulars_web.salts import new_salt
from regulars_web.signing_in import current_account
from regulars_web.words.plans import offer_told
from regulars_web.words.programmes import (
    STATE_WORDS,
    STATES,
    is_usual_margin,
    kind_says,
    kind_title,
    occasion_text,
    plan_words,
    told_example,
)

__all__ = ["blueprint", "dry", "editing", "messages"]

NEEDS_MORE = ("holiday", "segment")
"""Kinds that cannot start before somebody has said which day, or which segment."""


@blueprint.get("/")
def overview() -> str:
    """All programmes, those that can be started, and the limits on all of them."""
    return _overview()


def _overview(problem: RegularsError | None = None) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        found = list_programmes(work, shop.id)
        counts = entry_counts(work, shop.id)
        results = {
            one.id: short_result(find_result(work, one.version.id))
            for one in found
            if one.version is not None
        }
        job = _latest(work, RUN, today().toordinal())
        have_days = have_run(work, shop.id)
    folder = settings().shop_dir(shop.id)
    has_orders = OrdersTable(folder).exists()
    taken = {one.kind for one in found if one.state != ENDED}
    return render_template(
        "programmes/overview.html",
        programmes=found,
        counts=counts,
        results=results,
        states=STATES,
        have_days=have_days,
        job=job,
        today=today(),
        has_orders=has_orders,
        running=sum(one.state == RUNNING for one in found),
        kinds=[
            {
                "name": kind,
                "title": kind_title(kind),
                "says": kind_says(kind),
                "missing": missing_need(shop, folder, kind) if has_orders else None,
                "taken": kind in taken,
                "needs_more": kind in NEEDS_MORE,
            }
            for kind in KINDS
        ],
        work_out_due=WORK_OUT_DUE,
        caps=contact_caps(shop),
        quiet=quiet_hours(shop),
        problem="" if problem is None else sentence(problem.problem),
    )


@blueprint.post("/caps")
def caps() -> str | BaseResponse | tuple[str, int]:
    """Keep how often a customer may be contacted."""
    try:
        with unit_of_work() as work:
            keep_caps(work, current_shop().id, request.form)
    except InvalidInputError as error:
        return _overview(error), 422
    read_shop_again()
    flash(gettext("Kept. It holds from the next run on."), "good")
    return redirect(url_for("programmes.overview"))


@blueprint.post("/start/<kind>")
def start_usual(kind: str) -> BaseResponse:
    """Start the usual programme of a kind in one step, unless there is one already."""
    shop = current_shop()
    if kind not in KINDS or kind in NEEDS_MORE:
        return redirect(url_for("programmes.new", kind=kind))
    with unit_of_work() as work:
        known = [one for one in list_programmes(work, shop.id) if one.kind == kind]
        programme = next((one for one in known if one.state != ENDED), None)
        if programme is None:
            draft = usual_plan(shop, kind)
            programme = create_programme(work, shop_id=shop.id, draft=draft, now=now())
    if programme.state != DRAFT:
        return redirect(url_for("programmes.show", programme_id=programme.id))
    return _start(programme)


@blueprint.get("/<int:programme_id>")
def show(programme_id: int) -> str:
    """One programme: what it does, what it has brought, its days and versions."""
    shop = current_shop()
    with unit_of_work() as work:
        programme = get_programme(work, shop.id, programme_id)
        versions = list_versions(work, shop.id, programme_id)
        chosen = request.args.get("version", type=int)
        version = next((one for one in versions if one.number == chosen), programme.version)
        result = None if version is None else find_result(work, version.id)
        job = None if version is None else _latest(work, EVALUATE, version.id)
        runs = list_runs(work, programme_id)
        counts = entry_counts(work, shop.id).get(programme_id, (0, 0))
        entered = (0, 0) if version is None else version_counts(work, shop.id, version.id)
        by_itself = leaves_by_itself(work, programme)
        days = [] if by_itself else contact_days(work, programme_id)
        counted = message_counts(work, shop.id, programme_id)
        changed = has_changes(work, programme)
        begins = begins_on(work, programme)
        told = None if version is None else told_example(work, shop.id, version.plan)
    orders_version = OrdersTable(settings().shop_dir(shop.id)).version()
    return render_template(
        "programmes/show.html",
        programme=programme,
        title=kind_title(programme.kind),
        state=STATES[programme.state],
        version=version,
        versions=versions,
        words=None if version is None else plan_words(version.plan),
        page=None if version is None or result is None else result_page(result, version, entered),
        stale=result is not None and result.orders_version != orders_version,
        job=job,
        runs=runs,
        counts=counts,
        days=days,
        today=today(),
        missing=missing_need(shop, settings().shop_dir(shop.id), programme.kind),
        begins=begins,
        told=told,
        guessed=version is not None and is_usual_margin(version.plan),
        work_out_due=WORK_OUT_DUE,
        changed=changed,
        messages=[(STATE_WORDS[name], number) for name, number in counted.items()],
    )


@blueprint.post("/<int:programme_id>/start")
def start(programme_id: int) -> BaseResponse:
    """Let the draft run, or run on."""
    with unit_of_work() as work:
        programme = get_programme(work, current_shop().id, programme_id)
    return _start(programme)


def _start(programme: Programme) -> BaseResponse:
    """Start it; what keeps it from starting is shown beside the form's fields."""
    back = redirect(url_for("programmes.edit", programme_id=programme.id, check=1))
    try:
        with reading() as session:
            prepared = prepare_start(
                session, settings(), programme, today=today(), titled=offer_told
            )
        with unit_of_work() as work:
            started = start_prepared(
                work,
                prepared,
                shop_id=programme.shop_id,
                now=now(),
                user_id=current_account().id,
                salt=new_salt(),
            )
    except (InvalidInputError, NoWordsError):
        return back
    except RegularsError as error:
        flash(problem_text(error), "bad")
        return redirect(url_for("programmes.show", programme_id=programme.id))
    flash(_begun(started, first=programme.state == DRAFT), "good")
    return redirect(url_for("programmes.show", programme_id=programme.id))


def _begun(programme: Programme, *, first: bool) -> str:
    if not first:
        return str(gettext("It runs."))
    if programme.ran_until is None:
        return str(gettext("It runs. Today it only looks, and tells whoever comes in later."))
    begins = date(programme.ran_until + dt.timedelta(days=1))
    return str(gettext("It runs. Nobody is written to before %(day)s.", day=begins))


@blueprint.post("/<int:programme_id>/begin")
def begin(programme_id: int) -> BaseResponse:
    """Run today's day of a programme that was to begin tomorrow."""
    shop = current_shop()
    try:
        with unit_of_work() as work:
            ask_for_first_run(
                work, shop_id=shop.id, programme_id=programme_id, day=today(), now=now()
            )
        flash(gettext("It begins today."), "good")
    except RunUnderWayError as error:
        flash(sentence(error.problem), "caution")
    except ProgrammeStateError as error:
        flash(sentence(error.problem), "bad")
    return redirect(url_for("programmes.show", programme_id=programme_id))


@blueprint.post("/<int:programme_id>/pause")
def pause(programme_id: int) -> BaseResponse:
    """Let nobody in until it is started again."""
    return _change(programme_id, pause_programme, gettext("Paused. Nobody enters."))


@blueprint.post("/<int:programme_id>/end")
def end(programme_id: int) -> BaseResponse:
    """Let nobody in any more."""
    return _change(programme_id, end_programme, gettext("Ended. Its results stay."))


def _change(programme_id: int, change: Callable[..., Programme], done: str) -> BaseResponse:
    try:
        with unit_of_work() as work:
            change(work, shop_id=current_shop().id, programme_id=programme_id, now=now())
        flash(done, "good")
    except RegularsError as error:
        flash(sentence(error.problem), "bad")
    return redirect(url_for("programmes.show", programme_id=programme_id))


@blueprint.post("/<int:programme_id>/delete")
def delete(programme_id: int) -> BaseResponse:
    """Forget a draft that never ran."""
    with unit_of_work() as work:
        delete_draft(work, shop_id=current_shop().id, programme_id=programme_id)
    flash(gettext("The draft is gone."), "good")
    return redirect(url_for("programmes.overview"))


@blueprint.post("/run")
def run_now() -> BaseResponse:
    """Run today's day now, in the background; programmes that were run today stay as they are."""
    shop = current_shop()
    with unit_of_work() as work:
        ask_for_run(work, shop_id=shop.id, day=today(), now=now())
    return redirect(url_for("programmes.overview"))


@blueprint.post("/<int:programme_id>/result")
def evaluate(programme_id: int) -> BaseResponse:
    """Work the result out on the orders as they are, in the background."""
    shop = current_shop()
    with unit_of_work() as work:
        programme = get_programme(work, shop.id, programme_id)
        versions = list_versions(work, shop.id, programme_id)
        asked = request.form.get("version", type=int)
        version = next((one for one in versions if one.number == asked), programme.version)
        if version is not None:
            ask_for_result(work, shop_id=shop.id, version_id=version.id, now=now())
    number = None if version is None else version.number
    return redirect(url_for("programmes.show", programme_id=programme_id, version=number))


@blueprint.get("/<int:programme_id>/contacts/<day>.csv")
def contacts(programme_id: int, day: str) -> BaseResponse:
    """The contact list of one day: those told, as the gate lets them through now."""
    try:
        wanted = dt.date.fromisoformat(day)
    except ValueError:
        flash(gettext("There is no such day."), "bad")
        return redirect(url_for("programmes.show", programme_id=programme_id))
    try:
        with unit_of_work() as work:
            pieces = programme_list(
                work,
                settings(),
                programme=get_programme(work, current_shop().id, programme_id),
                day=wanted,
                today=today(),
                about=occasion_text,
            )
    except ProgrammeStateError as error:
        flash(sentence(error.problem), "bad")
        return redirect(url_for("programmes.show", programme_id=programme_id))
    name = f"programme-{programme_id}-{wanted.isoformat()}-contacts.csv"
    return csv_file(pieces, name)


def _latest(work: Session, kind: str, subject_id: int) -> Job | None:
    return find_latest_job(work, (kind,), subject_id, shop_id=current_shop().id)
