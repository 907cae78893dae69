"""Programmes that always run: their plans, starting and ending them, days, results and lists."""

from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.errors import NotFoundError
from regulars_platform.programme_effect.beside import beside_programme
from regulars_platform.programmes.drafts import refuse_shapeless
from regulars_platform.programmes.errors import ProgrammeStateError, ProgrammeUnavailableError
from regulars_platform.programmes.history import entry_counts
from regulars_platform.programmes.jobs import ask_for_first_run
from regulars_platform.programmes.kinds import KINDS
from regulars_platform.programmes.plan import read_programme
from regulars_platform.programmes.service import (
    create_programme,
    delete_draft,
    end_programme,
    get_programme,
    list_programmes,
    list_versions,
    pause_programme,
    save_draft,
)
from regulars_platform.programmes.starting import prepare_start, start_prepared
from regulars_platform.programmes.usual import usual_plan
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, Key
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Count, Id, Json, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.problems import Detail, input_problem
from regulars_web.api.programmes_shown import (
    BesidePlanShown,
    KindShown,
    KindWithPlan,
    ProgrammeShown,
    ProgrammeSummary,
    VersionShown,
    beside_plan_shown,
    missing_words,
    programme_shown,
    summary_shown,
    version_shown,
)
from regulars_web.edge import reading
from regulars_web.salts import new_salt
from regulars_web.words.plans import offer_told
from regulars_web.words.programmes import MESSAGES, kind_says, kind_title

area = Area(
    "programmes",
    "Programmes that write by themselves, day after day (docs/programmes.md), and what they bring.",
)

EXAMPLE = {
    "plan": {
        "kind": "honeymoon",
        "name": "Ten days after the first order",
        "audience": {"all": []},
        "offer": {"kind": "message", "reach": "open", "words": "We would be glad to see you."},
        "channel": "sms",
        "contact_cost": "0.05",
        "holdout_percent": "20",
        "consent": "not_refused",
        "send_time": "10:00",
        "grace_days": 7,
        "window_days": 30,
        "reentry_days": 365,
        "margin_low_percent": "30",
        "margin_high_percent": "50",
        "confidence_percent": "95",
        "wait_hours": 240,
    }
}


class ProgrammeBody(Model):
    """A plan, complete or not; its kind and a name are needed to keep it."""

    plan: Json


class ProgrammeChange(ProgrammeBody):
    """A plan in the place of another."""

    revision: Count | None = None
    """Of the draft it replaces; where somebody has changed that since, nothing is replaced."""


class StartBody(Model):
    """Which draft is meant."""

    revision: Count
    """As it was looked at."""


class BesideBody(ProgrammeBody):
    """A plan, and the programme that it is of."""

    programme_id: Id | None = None
    """Its own entries are no others'."""


@area.get("/programmes", scope=Scope.READ_PROGRAMMES)
def list_all_programmes(call: Call, work: Session, query: PageQuery) -> Page[ProgrammeSummary]:
    """The shop's programmes, in the order in which they run."""
    counts = entry_counts(work, call.shop_id)
    return paged(
        list_programmes(work, call.shop_id),
        query,
        lambda one: summary_shown(one, counts),
        lambda one: (one.id,),
    )


@area.get("/programmes/kinds", scope=Scope.READ_PROGRAMMES)
def list_programme_kinds(call: Call) -> Answer[list[KindShown]]:
    """The kinds of programmes, and which of them the shop's data can set off."""
    return Answer[list[KindShown]](data=[KindShown(**_kind(call, kind)) for kind in KINDS])


@area.get("/programmes/kinds/{kind}", scope=Scope.READ_PROGRAMMES)
def get_programme_kind(call: Call, kind: Key) -> Answer[KindWithPlan]:
    """One kind with its usual plan, by what the shop knows of its costs and channels."""
    if kind not in KINDS:
        raise NotFoundError(Sentence(N_("There is no such kind of programme.")))
    plan = usual_plan(
        call.settings, call.shop, kind, name=kind_title(kind), words=str(MESSAGES[kind])
    )
    return Answer[KindWithPlan](data=KindWithPlan(**_kind(call, kind), plan=plan))


@area.post("/programmes", scope=Scope.WRITE_PROGRAMMES, status=201, example=EXAMPLE)
def create_one_programme(call: Call, work: Session, body: ProgrammeBody) -> Answer[ProgrammeShown]:
    """Keep a plan as a draft

    What keeps it from starting is among its `problems`.
    """
    _refuse(call, body.plan)
    made = create_programme(work, shop_id=call.shop_id, draft=body.plan, now=call.now)
    return _answer(call, work, made.id)


@area.post("/programmes/beside", scope=Scope.READ_PROGRAMMES, reads=True, example=EXAMPLE)
def preview_beside_programme(
    call: Call, work: Session, body: BesideBody
) -> Answer[BesidePlanShown]:
    """What else reaches the customers of a complete plan in the days ahead."""
    own = {"currency": call.shop.currency, "timezone": call.shop.timezone}
    _refuse(call, body.plan)
    if body.programme_id is not None:
        get_programme(work, call.shop_id, body.programme_id)
    found = beside_programme(
        work,
        call.settings,
        get_shop_of(work, call.shop_id),
        read_programme({**body.plan, **own}),
        programme_id=body.programme_id,
        today=call.today,
    )
    if found is None:
        raise ProgrammeUnavailableError.no_orders()
    return Answer[BesidePlanShown](data=beside_plan_shown(found))


@area.get("/programmes/{programme_id}", scope=Scope.READ_PROGRAMMES)
def get_one_programme(call: Call, work: Session, programme_id: Id) -> Answer[ProgrammeShown]:
    """One programme: its draft, what runs, and how many it has told."""
    return _answer(call, work, programme_id)


@area.put(
    "/programmes/{programme_id}/plan",
    scope=Scope.WRITE_PROGRAMMES,
    example={**EXAMPLE, "revision": 1},
)
def replace_programme_plan(
    call: Call, work: Session, programme_id: Id, body: ProgrammeChange
) -> Answer[ProgrammeShown]:
    """Put another plan in the place of the draft; what runs goes on as it was started."""
    programme = get_programme(work, call.shop_id, programme_id)
    _refuse(call, body.plan, kind=programme.kind)
    if body.revision not in (None, programme.revision):
        raise ProgrammeStateError.changed(programme.name)
    save_draft(work, shop_id=call.shop_id, programme_id=programme_id, draft=body.plan, now=call.now)
    return _answer(call, work, programme_id)


@area.delete("/programmes/{programme_id}", scope=Scope.WRITE_PROGRAMMES)
def delete_programme(call: Call, work: Session, programme_id: Id) -> None:
    """Forget a draft that never ran."""
    delete_draft(work, shop_id=call.shop_id, programme_id=programme_id)


@area.get("/programmes/{programme_id}/versions", scope=Scope.READ_PROGRAMMES)
def list_programme_versions(
    call: Call, work: Session, programme_id: Id, query: PageQuery
) -> Page[VersionShown]:
    """The plans that its starts froze, the latest first."""
    get_programme(work, call.shop_id, programme_id)
    return paged(
        list_versions(work, call.shop_id, programme_id),
        query,
        version_shown,
        lambda one: (one.number,),
        descending=True,
    )


@area.post("/programmes/{programme_id}/start", scope=Scope.LAUNCH, example={"revision": 1})
def start_one_programme(call: Call, programme_id: Id, body: StartBody) -> Answer[ProgrammeShown]:
    """Let the draft run from tomorrow on, or run on after a pause

    Its plan is frozen as a version of its own where anything but the name has changed.
    """
    with reading() as work:  # who would enter takes a while to count: it only reads
        programme = get_programme(work, call.shop_id, programme_id)
        if body.revision != programme.revision:
            raise ProgrammeStateError.changed(programme.name)
        prepared = prepare_start(
            work, call.settings, programme, today=call.today, titled=offer_told
        )
    with call.writing() as write:
        start_prepared(
            write.session,
            prepared,
            shop_id=call.shop_id,
            now=call.now,
            user_id=call.user_id,
            salt=new_salt(),
        )
        return write.answer(_answer(call, write.session, programme_id))


@area.post("/programmes/{programme_id}/begin", scope=Scope.LAUNCH, status=202)
def begin_programme_today(call: Call, work: Session, programme_id: Id) -> Answer[JobShown]:
    """Run today's day of a programme that was to begin tomorrow, in the background."""
    job = ask_for_first_run(
        work, shop_id=call.shop_id, programme_id=programme_id, day=call.today, now=call.now
    )
    return Answer[JobShown](data=job_shown(job))


@area.post("/programmes/{programme_id}/pause", scope=Scope.WRITE_PROGRAMMES)
def pause_one_programme(call: Call, work: Session, programme_id: Id) -> Answer[ProgrammeShown]:
    """Let nobody in until it is started again."""
    pause_programme(work, shop_id=call.shop_id, programme_id=programme_id, now=call.now)
    return _answer(call, work, programme_id)


@area.post("/programmes/{programme_id}/end", scope=Scope.WRITE_PROGRAMMES)
def end_one_programme(call: Call, work: Session, programme_id: Id) -> Answer[ProgrammeShown]:
    """Let nobody in any more, for good; its results stay."""
    end_programme(work, shop_id=call.shop_id, programme_id=programme_id, now=call.now)
    return _answer(call, work, programme_id)


def _answer(call: Call, work: Session, programme_id: int) -> Answer[ProgrammeShown]:
    programme = get_programme(work, call.shop_id, programme_id)
    return Answer[ProgrammeShown](data=programme_shown(work, call.shop, programme))


def _kind(call: Call, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": kind_title(kind),
        "says": kind_says(kind),
        "settings": list(KINDS[kind].settings),
        "missing": missing_words(call.shop, kind),
    }


def _refuse(call: Call, plan: dict[str, Any], *, kind: str | None = None) -> None:
    """What cannot be kept: no plan of a programme, of another shop, or of another kind."""
    own = {"currency": call.shop.currency, "timezone": call.shop.timezone}
    for field, value in own.items():
        if plan.get(field, value) != value:
            message = gettext("This plan was made for a shop with another currency or time zone.")
            raise input_problem([Detail(code="other_shop", message=message, field=f"plan.{field}")])
    if kind is not None and plan.get("kind", kind) != kind:
        message = gettext("A programme keeps its kind; make a new one of the other kind.")
        raise input_problem([Detail(code="other_kind", message=message, field="plan.kind")])
    refuse_shapeless(plan if kind is None else {**plan, "kind": kind})
