"""Who is held back from everything, who wants no contact, and how often customers are told."""

import datetime as dt
from typing import Annotated, Any

from flask_babel import gettext
from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.order_days import OrderDays, find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import NotFoundError
from regulars_platform.fields import FieldReader
from regulars_platform.jobs.service import find_latest_job
from regulars_platform.programme_effect.jobs import WORK_OUT, enqueue_quarter
from regulars_platform.programme_effect.quarters import Quarter, quarters_to_show
from regulars_platform.programme_effect.service import (
    find_quarter,
    keep_programme_margin,
    programme_margin,
)
from regulars_platform.programmes.caps import Caps, contact_caps, keep_caps
from regulars_platform.reach.holdout import (
    GlobalHoldout,
    HoldoutError,
    draw_holdout,
    end_holdout,
    list_holdouts,
)
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Count, Day, Document, Id, Model, Moment, Page, Rate
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.problems import Detail, input_problem
from regulars_web.api.rates import percent_text, rate
from regulars_web.salts import new_salt

area = Area(
    "reach",
    "Customers held back from everything and what everything brings (docs/global-holdout.md), and"
    " the limit on contacts.",
)

MOST_AHEAD = dt.timedelta(days=366)


class HoldoutShown(Model):
    """A draw of the customers whom nothing reaches."""

    id: Id
    share: Rate
    """Of all customers, 0 to 1."""
    salt: str
    """docs/assignment.md says how a customer's place follows from it."""
    starts_on: dt.date
    ends_on: dt.date | None
    """The first day on which it no longer holds; null: it lasts."""
    drawn_at: Moment


class HoldoutAsked(Model):
    """A draw to make."""

    share: Rate
    """Of all customers, more than 0 and at most 0.5."""
    starts_on: Day
    """Today or within a year, after the draw before it began."""


class HoldoutEnd(Model):
    """Whether a draw lasted and was ended."""

    ended: bool


class QuarterShown(Model):
    """A quarter that can be measured."""

    code: Id
    """Year and number, as 20263."""
    first: dt.date
    last: dt.date
    worked_out_on: Count | None
    """The version of the orders that its document was worked out on; null: never."""


class QuarterEffectShown(QuarterShown):
    """A quarter with what everything brought in it."""

    document: Document | None
    """docs/global-holdout.md tells its parts; null: never worked out."""


class Margins(Model):
    """The margin at which a quarter is reckoned, from the lowest to the highest."""

    low: Rate
    high: Rate


class CapsShown(Model):
    """At most `contacts` in any `days` days on end, two of them at least `apart` days apart."""

    contacts: Annotated[int, Field(ge=1, le=100)]
    days: Annotated[int, Field(ge=1, le=365)]
    apart: Annotated[int, Field(ge=0, le=90)]


@area.get("/holdouts", scope=Scope.READ_REACH)
def list_global_holdouts(call: Call, work: Session, query: PageQuery) -> Page[HoldoutShown]:
    """Every draw of customers held back from everything, the latest first."""
    found = list_holdouts(work, call.shop_id)
    return paged(found, query, _holdout, lambda one: (one.id,), descending=True)


@area.post(
    "/holdouts",
    scope=Scope.WRITE_REACH,
    status=201,
    example={"share": "0.05", "starts_on": "2030-01-01"},
)
def draw_global_holdout(call: Call, work: Session, body: HoldoutAsked) -> Answer[HoldoutShown]:
    """Draw the first holdout, or another one from a day on.

    The draw before it ends on that day. Nothing reaches the drawn customers from then on.
    """
    if not call.today <= body.starts_on <= call.today + MOST_AHEAD:
        raise HoldoutError(
            Sentence(N_("A holdout begins today or within a year.")),
            Sentence(N_("Who was told something in the past cannot be held back from it.")),
            field="starts_on",
        )
    drawn = draw_holdout(
        work,
        shop_id=call.shop_id,
        share=_basis_points(body.share, "share"),
        starts_on=body.starts_on,
        salt=new_salt(),
        user_id=call.user_id,
        now=call.now,
    )
    return Answer[HoldoutShown](data=_holdout(drawn))


@area.post("/holdouts/end", scope=Scope.WRITE_REACH)
def end_global_holdout(call: Call, work: Session) -> Answer[HoldoutEnd]:
    """Let the lasting holdout end today: its customers can be told things from today on."""
    ended = end_holdout(work, shop_id=call.shop_id, ends_on=call.today)
    return Answer[HoldoutEnd](data=HoldoutEnd(ended=ended))


@area.get("/holdouts/margin", scope=Scope.READ_REACH)
def get_holdout_margin(call: Call) -> Answer[Margins]:
    """The margin at which quarters are reckoned."""
    low, high = programme_margin(call.shop)
    return Answer[Margins](data=Margins(low=rate(low), high=rate(high)))


@area.put("/holdouts/margin", scope=Scope.WRITE_REACH, example={"low": "0.3", "high": "0.45"})
def set_holdout_margin(call: Call, work: Session, body: Margins) -> Answer[Margins]:
    """Keep the margin at which quarters are reckoned; those worked out before stay as they are."""
    percent = {"low": percent_text(body.low), "high": percent_text(body.high)}
    keep_programme_margin(work, call.shop_id, percent)
    return Answer[Margins](data=body)


@area.get("/quarters", scope=Scope.READ_REACH)
def list_quarters(call: Call, work: Session, query: PageQuery) -> Page[QuarterShown]:
    """The quarters that a holdout was there for, the latest first."""
    days = _order_days(call)
    shown = [] if days is None else quarters_to_show(list_holdouts(work, call.shop_id), days.last)
    return paged(
        shown,
        query,
        lambda one: _quarter(work, call, one),
        lambda one: (one.code,),
        descending=True,
    )


@area.get("/quarters/{code}", scope=Scope.READ_REACH)
def get_quarter(call: Call, work: Session, code: Id) -> Answer[QuarterEffectShown]:
    """What everything together brought in a quarter, beside its parts."""
    asked = _coded(code)
    kept = find_quarter(work, call.shop_id, asked)
    shown = QuarterEffectShown(
        code=asked.code,
        first=asked.first,
        last=asked.last,
        worked_out_on=None if kept is None else kept.orders_version,
        document=None if kept is None else dict(kept.document),
    )
    return Answer[QuarterEffectShown](data=shown)


@area.post("/quarters/{code}/work-out", scope=Scope.WRITE_REACH, status=202)
def work_out_quarter(call: Call, work: Session, code: Id) -> Answer[JobShown]:
    """Work a quarter out on the orders as they are, in the background."""
    asked = _coded(code)
    latest = find_latest_job(work, (WORK_OUT,), asked.code, shop_id=call.shop_id)
    if latest is None or latest.is_over:
        enqueue_quarter(work, shop_id=call.shop_id, quarter=asked, now=call.now)
        latest = find_latest_job(work, (WORK_OUT,), asked.code, shop_id=call.shop_id)
    if latest is None:
        raise LookupError("a job that was just asked for is not there")
    return Answer[JobShown](data=job_shown(latest))


@area.get("/contact-limit", scope=Scope.READ_REACH)
def get_contact_limit(call: Call) -> Answer[CapsShown]:
    """How often a customer is told something at most, over everything."""
    return Answer[CapsShown](data=_caps(contact_caps(call.shop)))


@area.put(
    "/contact-limit",
    scope=Scope.WRITE_REACH,
    example={"contacts": 3, "days": 30, "apart": 2},
)
def set_contact_limit(call: Call, work: Session, body: CapsShown) -> Answer[CapsShown]:
    """Keep the limit on contacts; it holds for the next draw and the next day's run."""
    raw: dict[str, Any] = {name: str(value) for name, value in body.model_dump().items()}
    return Answer[CapsShown](data=_caps(keep_caps(work, call.shop_id, raw)))


def _holdout(one: GlobalHoldout) -> HoldoutShown:
    return HoldoutShown(
        id=one.id,
        share=rate(one.share),
        salt=one.salt,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        drawn_at=one.drawn_at,
    )


def _quarter(work: Session, call: Call, one: Quarter) -> QuarterShown:
    kept = find_quarter(work, call.shop_id, one)
    return QuarterShown(
        code=one.code,
        first=one.first,
        last=one.last,
        worked_out_on=None if kept is None else kept.orders_version,
    )


def _caps(caps: Caps) -> CapsShown:
    return CapsShown(contacts=caps.contacts, days=caps.days, apart=caps.apart)


def _coded(code: int) -> Quarter:
    try:
        return Quarter.coded(code)
    except ValueError:
        raise NotFoundError(Sentence(N_("There is no such quarter."))) from None


def _order_days(call: Call) -> OrderDays | None:
    store = build_feature_store(call.settings, call.shop)
    version = store.table.version()
    return None if version is None else find_order_days(store, version)


def _basis_points(asked: str, field: str) -> int:
    """The share in basis points. Raises ApiError (422) for one that is none."""
    reader = FieldReader({field: percent_text(asked)})
    found = reader.percent(field)
    if found is None:
        message = gettext("A share from 0 to 1 with at most 4 decimals is expected.")
        raise input_problem([Detail(code="out_of_range", message=message, field=field)])
    return found
