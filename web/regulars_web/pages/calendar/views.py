"""The calendar: events by year, month and list; each event's page; drafts for its next time."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.calendar.drafts import (
    campaigns_of_last_time,
    copy_for,
    drafts_of,
    origin_of,
)
from regulars_platform.calendar.events import (
    KINDS,
    Occurrence,
    last_occurrence,
    next_occurrence,
    read_event,
)
from regulars_platform.calendar.service import (
    get_event,
    keep_event,
    list_events,
    occurrences_of,
    remove_event,
    set_template,
)
from regulars_platform.campaigns.errors import CampaignNotFoundError
from regulars_platform.campaigns.service import (
    get_campaign,
    list_campaigns,
)
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.fields import FieldReader
from regulars_platform.orders.table import PAID
from regulars_platform.programmes.service import create_programme, usual_draft
from regulars_platform.reports.service import find_latest_report
from regulars_platform.segments.service import list_segments
from regulars_web.drafts.discounts import Discount, check_discount, draft_discount
from regulars_web.drafts.plans import find_shop_facts
from regulars_web.edge import (
    current_shop,
    now,
    read_shop_again,
    reading,
    settings,
    today,
    unit_of_work,
)
from regulars_web.formats import sentence
from regulars_web.ids import read_id
from regulars_web.pages.calendar.shown import (
    MAX_YEAR,
    MIN_YEAR,
    REPEAT_LABELS,
    build_month,
    build_year,
    last_result,
)
from regulars_web.pages.campaigns.form import read_form
from regulars_web.problems import by_field

blueprint = Blueprint("calendar", __name__)
FIELDS = ("name", "kind", "repeats", "first_day", "days", "is_sale", "lead_days")
AHEAD = dt.timedelta(days=365)


@blueprint.get("/")
def overview() -> str:
    """The events as a year, a month, or the list of what is ahead."""
    day = today()
    year = request.args.get("year", type=int) or day.year
    year = min(max(year, MIN_YEAR), MAX_YEAR)
    month = request.args.get("month", type=int)
    month = month if month in range(1, 13) else None
    view = request.args.get("view", "list")
    with unit_of_work() as work:
        events = list_events(work, current_shop().id)
    return render_template(
        "calendar/overview.html",
        events=events,
        view=view if view in ("year", "month", "list") else "list",
        ahead=occurrences_of(events, day, day + AHEAD),
        year=build_year(events, year),
        month=build_month(events, year, day.month if month is None else month, day),
        kinds=KINDS,
        repeats=REPEAT_LABELS,
        today=day,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    """A new event; ?kind= starts from what is usual of it, ?day= on that day."""
    if request.method == "POST":
        return _posted(None)
    kind = KINDS.get(request.args.get("kind", ""), KINDS["other"])
    first = request.args.get("day", "")
    if kind.day is not None and not first:
        month, number = kind.day
        first = dt.date(today().year, month, number).isoformat()
    values = {
        "name": "" if kind.name == "other" else gettext(kind.label),
        "kind": kind.name,
        "repeats": kind.repeats,
        "first_day": first,
        "days": str(kind.days),
        "is_sale": "1" if kind.is_sale else "",
        "lead_days": "7",
    }
    return _form(None, values, {})


@blueprint.route("/<int:event_id>/edit", methods=["GET", "POST"])
def edit(event_id: int) -> str | Response | tuple[str, int]:
    """Change an event."""
    with unit_of_work() as work:
        event = get_event(work, current_shop().id, event_id)
    if request.method == "POST":
        return _posted(event_id)
    values = {
        "name": event.name,
        "kind": event.kind,
        "repeats": event.repeats,
        "first_day": event.first_day.isoformat(),
        "days": str(event.days),
        "is_sale": "1" if event.is_sale else "",
        "lead_days": str(event.lead_days),
    }
    return _form(event_id, values, {})


def _posted(event_id: int | None) -> Response | tuple[str, int]:
    raw = {name: request.form.get(name, "") for name in FIELDS}
    try:
        event = read_event(raw)
        with unit_of_work() as work:
            kept = keep_event(
                work,
                shop_id=current_shop().id,
                event=event,
                event_id=event_id,
                now=now(),
            )
    except InvalidInputError as error:
        return _form(event_id, raw, by_field(error.problems)), 422
    read_shop_again()
    flash(gettext("Kept."), "good")
    return redirect(url_for("calendar.show", event_id=kept.id))


def _form(event_id: int | None, values: Mapping[str, str], problems: Mapping[str, str]) -> str:
    return render_template(
        "calendar/edit.html",
        event_id=event_id,
        values=values,
        problems=problems,
        kinds=KINDS,
        repeats=REPEAT_LABELS,
    )


@blueprint.get("/<int:event_id>")
def show(event_id: int) -> str:
    """One event: its next time, last year's result, drafts, and who of the pool fits."""
    return _show(event_id, {})


def _show(event_id: int, problems: Mapping[str, str]) -> str:
    shop, day = current_shop(), today()
    with unit_of_work() as work:
        event = get_event(work, shop.id, event_id)
        then, earlier = campaigns_of_last_time(work, shop.id, event, day)
        made = drafts_of(work, shop.id, event_id)
        results = {row.id: _result(work, row.id) for row, _ in earlier}
        campaigns = list_campaigns(work, shop.id)
    names = {row.id: row.name for row in campaigns}
    template = next((row for row in campaigns if row.id == event.template_id), None)
    return render_template(
        "calendar/show.html",
        event=event,
        kind=event.about,
        repeats=REPEAT_LABELS[event.repeats],
        ahead=next_occurrence(event, day),
        then=then,
        earlier=earlier,
        results=results,
        made=made,
        names=names,
        template=template,
        campaigns=campaigns[:200],
        pool=_pool(last_occurrence(event, day)),
        problems=problems,
    )


@blueprint.post("/<int:event_id>/delete")
def delete(event_id: int) -> Response:
    """Forget an event."""
    with unit_of_work() as work:
        remove_event(work, shop_id=current_shop().id, event_id=event_id, today=today())
    read_shop_again()
    flash(gettext("The event is gone; its campaigns stay."), "good")
    return redirect(url_for("calendar.overview"))


@blueprint.post("/<int:event_id>/template")
def template(event_id: int) -> Response:
    """Name the campaign after which a draft is made each time."""
    chosen = request.form.get("campaign", type=read_id)
    with unit_of_work() as work:
        set_template(work, shop_id=current_shop().id, event_id=event_id, campaign_id=chosen)
    flash(gettext("Kept."), "good")
    return redirect(url_for("calendar.show", event_id=event_id))


@blueprint.post("/<int:event_id>/copy")
def copy(event_id: int) -> Response:
    """A draft for the event's next time after an earlier campaign."""
    chosen = request.form.get("campaign", type=read_id)
    if chosen is None:
        flash(gettext("Choose a campaign to copy."), "bad")
        return redirect(url_for("calendar.show", event_id=event_id))
    try:
        with unit_of_work() as work:
            made = copy_for(
                work,
                shop_id=current_shop().id,
                event_id=event_id,
                campaign_id=chosen,
                today=today(),
                now=now(),
            )
            launched = made.state == LAUNCHED
    except CampaignNotFoundError:
        raise
    except RegularsError as error:
        flash(sentence(error.problem), "bad")
        return redirect(url_for("calendar.show", event_id=event_id))
    where = "campaigns.show" if launched else "campaigns.edit"
    return redirect(url_for(where, campaign_id=made.id))


@blueprint.post("/<int:event_id>/discount")
def discount(event_id: int) -> Response | tuple[str, int]:
    """A draft with an automatic discount from a threshold for the event's next time: open to the
    whole shop, only its telling is drawn."""
    reader = FieldReader(request.form)
    threshold, off = reader.money("threshold", least=1), reader.money("amount", least=1)
    check_discount(reader, threshold, off)
    if reader.problems or threshold is None or off is None:
        return _show(event_id, by_field(reader.problems)), 422
    facts = find_shop_facts(build_feature_store(settings(), current_shop()))
    with unit_of_work() as work:
        made = draft_discount(
            work,
            current_shop(),
            facts,
            event_id=event_id,
            discount=Discount(threshold=threshold, amount=off),
            today=today(),
            now=now(),
        )
    return redirect(url_for("campaigns.edit", campaign_id=made.id))


@blueprint.post("/always-on")
def always_on() -> Response:
    """A programme that does what stands in a campaign's form, on and on: its result pools every
    day, where one campaign of this size could not tell."""
    shop = current_shop()
    with unit_of_work() as work:
        saved = list_segments(work, shop.id)
    posted = read_form(request.form, saved, title_of=lambda _: "").draft
    arm: dict[str, Any] = next(iter(posted.get("arms") or ()), {})
    name = str(posted.get("name") or gettext("Always on"))[:200]
    rule = posted.get("audience") or {"all": []}
    draft = usual_draft("segment", name=name, words=str(arm.get("offer", {}).get("words", "")))
    taken: dict[str, Any] = {
        "segment": {"name": name, "rule": rule},
        "offer": arm.get("offer") or draft["offer"],
        "channel": arm.get("channel") or draft["channel"],
        "channel_label": arm.get("channel_label") or "",
        "contact_cost": arm.get("contact_cost") or draft["contact_cost"],
    }
    for field in ("holdout_percent", "margin_low_percent", "margin_high_percent"):
        taken[field] = posted.get(field) or draft[field]
    with unit_of_work() as work:
        made = create_programme(work, shop_id=shop.id, draft=draft | taken, now=now())
    flash(gettext("A programme, still a draft. Look at it, then let it run."), "good")
    return redirect(url_for("programmes.edit", programme_id=made.id))


def copied_result(campaign_id: int | None) -> dict[str, Any] | None:
    """For a draft's page: what the campaign it was copied from brought; None for others."""
    if campaign_id is None:
        return None
    shop = current_shop()
    with reading() as work:
        origin = origin_of(work, shop.id, campaign_id)
        if origin is None:
            return None
        try:
            earlier = get_campaign(work, shop.id, origin)
        except CampaignNotFoundError:
            return None
        launched = earlier.state == LAUNCHED
        return {
            "id": earlier.id,
            "name": earlier.name,
            "launched": launched,
            "result": _result(work, earlier.id) if launched else None,
        }


blueprint.add_app_template_global(copied_result, "copied_result")


def _result(work: Session, campaign_id: int) -> list[dict[str, str]] | None:
    report = find_latest_report(work, current_shop().id, campaign_id)
    return None if report is None else last_result(report.document)


def _pool(then: Occurrence | None) -> dict[str, int] | None:
    """Of all customers: mostly event buyers, and whoever bought at the event's last time."""
    shop = current_shop()
    store = build_feature_store(settings(), shop)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        return None
    features = store.features(days.day_after, version)
    hunters = (pl.col("event_share") >= 0.5).fill_null(value=False)
    counted = features.select(pl.len().alias("all"), hunters.sum().alias("hunters"))
    found = dict(zip(("all", "hunters"), counted.collect().row(0), strict=True))
    if then is not None:
        moment = pl.col("ordered_at")
        within = (moment >= store.moment(then.first)) & (
            moment < store.moment(then.last + dt.timedelta(days=1))
        )
        bought = store.orders(version).filter(within & (pl.col("status") == PAID))
        found["then"] = bought.select(pl.col("customer_id").n_unique()).collect().item()
    return {name: int(number) for name, number in found.items()}
