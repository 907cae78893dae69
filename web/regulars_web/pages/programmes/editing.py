"""Writing a programme's plan down."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.delivery.templates import list_templates
from regulars_platform.errors import RegularsError
from regulars_platform.programme_effect.beside import OfProgramme, beside_programme
from regulars_platform.programmes.kinds import KINDS
from regulars_platform.programmes.plan import read_programme
from regulars_platform.programmes.service import (
    Programme,
    create_programme,
    get_programme,
    save_draft,
)
from regulars_platform.programmes.starting import read_complete
from regulars_platform.programmes.tables import RUNNING
from regulars_platform.segments.service import list_segments
from regulars_web.drafts.programmes import costs_known, usual_plan
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.formats import sentence
from regulars_web.pages.campaigns.prices import price_now, priced_for
from regulars_web.pages.programmes.area import blueprint
from regulars_web.pages.programmes.form import (
    LONGEST,
    OFFER_KINDS,
    ProgrammeForm,
    audience_choices,
    form_of,
    form_typed,
    segment_choices,
    with_problems,
)
from regulars_web.words.plans import KIND_LABELS
from regulars_web.words.programmes import (
    CONSENTS,
    channel_labels,
    kind_says,
    kind_title,
)


@blueprint.get("/new")
def new() -> str | BaseResponse:
    """The form of a new programme of a kind, filled in as is usual."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        return redirect(url_for("programmes.overview"))
    draft = usual_plan(current_shop(), kind)
    with unit_of_work() as work:
        segments = list_segments(work, current_shop().id)
    return _page(form_of(draft, segments), None)


@blueprint.post("/new")
def create() -> str | BaseResponse:
    """Keep a new programme as a draft, or draw the form anew for another kind of offer."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        return redirect(url_for("programmes.overview"))
    with unit_of_work() as work:
        segments = list_segments(work, current_shop().id)
    form = _with_price(form_typed(request.form, {"kind": kind}, segments))
    if request.form.get("do") != "keep":
        return _page(form, None)
    with unit_of_work() as work:
        made = create_programme(work, shop_id=current_shop().id, draft=form.draft, now=now())
    return _kept(made, form)


@blueprint.get("/<int:programme_id>/edit")
def edit(programme_id: int) -> str:
    """The form of a programme as its draft stands; with ?check what keeps it from starting."""
    with unit_of_work() as work:
        programme = get_programme(work, current_shop().id, programme_id)
        segments = list_segments(work, current_shop().id)
    form = form_of(programme.draft, segments)
    if request.args.get("check"):
        form = _judged(form)
    return _page(form, programme)


@blueprint.post("/<int:programme_id>/edit")
def change(programme_id: int) -> str | BaseResponse:
    """Keep the draft, or draw the form anew for another kind of offer."""
    shop = current_shop()
    with unit_of_work() as work:
        programme = get_programme(work, shop.id, programme_id)
        segments = list_segments(work, shop.id)
    form = _with_price(form_typed(request.form, programme.draft, segments))
    if request.form.get("do") != "keep":
        return _page(form, programme)
    try:
        with unit_of_work() as work:
            kept = save_draft(
                work, shop_id=shop.id, programme_id=programme_id, draft=form.draft, now=now()
            )
    except RegularsError as error:
        flash(sentence(error.problem), "bad")
        return redirect(url_for("programmes.show", programme_id=programme_id))
    return _kept(kept, form)


def _kept(programme: Programme, form: ProgrammeForm) -> str | BaseResponse:
    judged = _judged(form)
    if judged.problems:
        return redirect(url_for("programmes.edit", programme_id=programme.id, check=1))
    if programme.state == RUNNING:
        flash(gettext("Kept. It runs as before until you start it anew with the changes."), "good")
    else:
        flash(gettext("Kept."), "good")
    return redirect(url_for("programmes.show", programme_id=programme.id))


def _with_price(form: ProgrammeForm) -> ProgrammeForm:
    """With the price of another channel, where nobody typed one of their own."""
    cost = price_now(
        current_shop(),
        form.value("channel"),
        form.value("contact_cost"),
        request.form.get("priced", "")[:LONGEST],
    )
    return replace(
        form,
        draft={**form.draft, "contact_cost": cost},
        shown={**form.shown, "contact_cost": cost},
    )


def _judged(form: ProgrammeForm) -> ProgrammeForm:
    """The form with everything that keeps it from starting."""
    try:
        with reading() as work:
            read_complete(work, settings(), current_shop(), form.draft)
    except RegularsError as error:
        return with_problems(form, error)
    return form


def _page(form: ProgrammeForm, programme: Programme | None) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        segments = list_segments(work, shop.id)
        templates = list_templates(work, shop.id)
    here = (
        url_for("programmes.create", kind=form.kind)
        if programme is None
        else url_for("programmes.change", programme_id=programme.id)
    )
    fitting = [one for one in templates if one.channel == form.value("channel")]
    return render_template(
        "programmes/edit.html",
        form=form,
        programme=programme,
        here=here,
        title=kind_title(form.kind),
        says=kind_says(form.kind),
        audiences=audience_choices(form, segments),
        segments=segment_choices(form, segments),
        offer_kinds={kind: KIND_LABELS[kind] for kind in OFFER_KINDS},
        channels=channel_labels(),
        consents=CONSENTS,
        templates={"": gettext("The words above"), **{str(one.id): one.name for one in fitting}},
        costs=costs_known(shop),
        priced=priced_for(shop, form.value("channel"), form.value("contact_cost")),
        units={"hours": gettext("hours"), "days": gettext("days")},
        found=_beside(form, programme),
    )


def _beside(form: ProgrammeForm, programme: Programme | None) -> OfProgramme | None:
    """What runs beside the plan as it stands in the form; None while it does not hold."""
    shop = current_shop()
    own = {"currency": shop.currency, "timezone": shop.timezone}
    try:
        plan = read_programme({**form.draft, **own})
    except RegularsError:
        return None
    known = None if programme is None or programme.version is None else programme.id
    with reading() as work:
        return beside_programme(
            work,
            settings(),
            get_shop_of(work, shop.id),
            plan,
            programme_id=known,
            today=today(),
        )
