"""The list of campaigns, and the form in which one is planned."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from regulars_platform.campaigns.blended import year_coverage
from regulars_platform.campaigns.errors import (
    EmptyAudienceError,
    NoOrdersError,
    PlanDamagedError,
)
from regulars_platform.campaigns.plan import (
    AUDIENCE_CHANNELS,
    MAX_ARMS,
    METRICS,
    SECONDARY_METRICS,
    UNITS,
)
from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.campaigns.service import (
    create_draft,
    delete_draft,
    get_campaign,
    get_shop_of,
    launched_of,
    list_campaigns,
    update_draft,
)
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.customers.attributes import attribute_catalogue
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import RegularsError
from regulars_platform.launching.preview import Preview, preview_draft, programmes_of
from regulars_platform.offers.goods_costs import CostCoverage
from regulars_platform.offers.kinds import REACHES
from regulars_platform.orders.table import OrdersTable, start_of_day
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import get_segment, list_segments
from regulars_platform.segments.tables import Segment
from regulars_web.drafts.plans import ShopFacts, find_shop_facts, new_draft, next_round
from regulars_web.drafts.report_segments import PRESETS
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.ids import read_id
from regulars_web.latest_results import LatestResult, latest_results
from regulars_web.pages.campaigns.area import blueprint
from regulars_web.pages.campaigns.changes import change_form
from regulars_web.pages.campaigns.form import (
    OFFER_FIELDS,
    PlanForm,
    completed,
    form_of_draft,
    read_form,
)
from regulars_web.pages.campaigns.prices import priced_for, with_prices
from regulars_web.pages.campaigns.problems import full_draft, with_error, with_plan_problems
from regulars_web.pages.campaigns.side import Side, build_side
from regulars_web.words.plans import (
    CHANNEL_LABELS,
    GUARDRAIL_LABELS,
    KIND_LABELS,
    METRIC_LABELS,
    PRICE_POINT_LABELS,
    UNIT_LABELS,
    arm_title,
)
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignLine:
    """One campaign of the list. dates: first and last day of its outcome window; arms: names of
    the treated ones; drawn: customers, once launched; result: of its newest report."""

    row: Campaign
    is_launched: bool
    dates: tuple[dt.date | None, dt.date | None]
    arms: list[str]
    drawn: int | None
    result: LatestResult | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanPage:
    """The context of campaigns/plan.html. campaign_id: None before the plan was first kept;
    last_day: of the last order, None while there is none."""

    campaign_id: int | None
    form: PlanForm
    side: Side
    saved: list[Segment]
    last_day: dt.date | None


@blueprint.get("/")
def overview() -> str:
    """All campaigns of the shop, the latest first."""
    with unit_of_work() as work:
        campaigns = list_campaigns(work, current_shop().id)
        launched = [campaign.id for campaign in campaigns if campaign.state == LAUNCHED]
        results = latest_results(work, current_shop().id, launched)
        lines = [
            replace(_line(campaign), result=results.get(campaign.id)) for campaign in campaigns
        ]
    return render_template("campaigns/overview.html", campaigns=lines, has_orders=_has_orders())


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    """A new plan; ?segment=<id> starts from the customers of a saved segment."""
    if request.method == "POST":
        return _posted(None)
    shop, facts = current_shop(), _facts()
    if facts.last_day is None:
        return render_template("campaigns/empty.html")
    with unit_of_work() as work:
        saved = list_segments(work, shop.id)
        latest = next(iter(list_campaigns(work, shop.id)), None)
        draft = new_draft(
            facts,
            today=today(),
            last_plan=None if latest is None else latest.draft,
            shop=shop,
        )
        wanted = request.args.get("segment", type=read_id)
        if wanted is not None:
            draft["audience"] = dict(get_segment(work, shop.id, wanted).rule)
        form = completed(form_of_draft(draft, saved), saved, title_of=_title)
    return _show(None, form, saved)


@blueprint.route("/<int:campaign_id>/plan", methods=["GET", "POST"])
def edit(campaign_id: int) -> str | Response | tuple[str, int]:
    """A draft; a launched campaign has its own page."""
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_campaign(work, shop.id, campaign_id)
        saved = list_segments(work, shop.id)
    if campaign.state == LAUNCHED:
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    if request.method == "POST":
        return _posted(campaign_id)
    form = form_of_draft(campaign.draft, saved)
    return _show(campaign_id, with_plan_problems(form, shop), saved)


@blueprint.post("/preview")
def preview() -> str:
    """The live side of the form, for what stands in it now. Nothing is kept.

    ?campaign=<id>: whose form it stands beside, so that its buttons lead back there.
    """
    with reading() as work:
        form = _read(list_segments(work, current_shop().id))
        side = _side(work, form)
    return render_template("campaigns/preview.html", side=side, here=_here())


@blueprint.post("/at-once")
def at_once() -> str:
    """What else is on in the days of the form as it stands: asked for by the side where whom
    programmes reach has to be worked out first."""
    with reading() as work:
        form = _read(list_segments(work, current_shop().id))
        side = _side(work, form, wait=True)
    return render_template("campaigns/at_once.html", side=side, here=_here())


@blueprint.post("/<int:campaign_id>/delete")
def delete(campaign_id: int) -> Response:
    """Throw a draft away."""
    with unit_of_work() as work:
        delete_draft(work, shop_id=current_shop().id, campaign_id=campaign_id)
    flash(gettext("The draft is gone."), "good")
    return redirect(url_for("campaigns.overview"))


@blueprint.post("/<int:campaign_id>/again")
def again(campaign_id: int) -> Response:
    """A new draft like this campaign, for today's customers: the next round."""
    shop = current_shop()
    with unit_of_work() as work:
        campaign = get_campaign(work, shop.id, campaign_id)
        draft = next_round(
            campaign.draft,
            _facts(),
            today=today(),
            name=gettext("%(name)s, next round", name=campaign.name)[:200],
        )
        created = create_draft(work, shop_id=shop.id, raw=draft, now=now())
    return redirect(url_for("campaigns.edit", campaign_id=created.id))


def _here() -> str:
    """The page that the side stands on (?campaign=<id>)."""
    known = request.args.get("campaign", type=read_id)
    return url_for(".new") if known is None else url_for(".edit", campaign_id=known)


def _title(arm: Mapping[str, Any]) -> str:
    return arm_title(arm, current_shop().currency)


def _read(saved: list[Segment]) -> PlanForm:
    return read_form(request.form, saved, title_of=_title)


def _posted(campaign_id: int | None) -> str | Response | tuple[str, int]:
    """What to do with a posted form: keep it, go on to the launch, or change its rows."""
    shop, do = current_shop(), request.form.get("do", "show")
    with unit_of_work() as work:
        saved = list_segments(work, shop.id)
    form = with_prices(_read(saved), request.form, shop)
    if do not in ("save", "review"):
        changed = change_form(form, do, add=request.form.get("segment_add", ""), saved=saved)
        changed = completed(changed, saved, title_of=_title)
        known = campaign_id is not None
        return _show(campaign_id, with_plan_problems(changed, shop) if known else changed, saved)
    judged = _judged(form) if do == "review" else form
    if judged.problems and campaign_id is None:
        # not kept yet, so that loading this answer again keeps no second draft
        return _show(None, judged, saved), 422
    try:
        kept_id = _keep(campaign_id, form)
    except RegularsError as error:
        return _show(campaign_id, with_error(form, error, shop), saved), 422
    if do == "save":
        flash(gettext("The draft is kept."), "good")
        return redirect(url_for("campaigns.edit", campaign_id=kept_id))
    if judged.problems:
        return _show(kept_id, judged, saved), 422
    return redirect(url_for("campaigns.launch", campaign_id=kept_id))


def _keep(campaign_id: int | None, form: PlanForm) -> int:
    shop = current_shop()
    with unit_of_work() as work:
        if campaign_id is None:
            return create_draft(work, shop_id=shop.id, raw=form.draft, now=now()).id
        update_draft(work, shop_id=shop.id, campaign_id=campaign_id, raw=form.draft, now=now())
        return campaign_id


def _judged(form: PlanForm) -> PlanForm:
    """The form with all that keeps it from being launched, an empty audience included."""
    judged = with_plan_problems(form, current_shop())
    if judged.problems:
        return judged
    try:
        with reading() as work:
            refuse_empty(_preview(work, form))
    except RegularsError as error:
        return with_error(form, error, current_shop())
    return judged


def refuse_empty(preview: Preview) -> None:
    """Raise EmptyAudienceError or NoOrdersError where there is nobody to draw from."""
    count = preview.head_count
    if count is None:
        raise NoOrdersError.build()
    if count.drawn == 0:
        raise EmptyAudienceError.of(
            count.audience,
            count.excluded,
            count.suppressed + count.no_consent,
            count.held_out,
            count.capped,
            count.ungrouped,
        )


def show_form(campaign_id: int, error: RegularsError) -> tuple[str, int]:
    """The form of a draft with what kept it from being launched."""
    with unit_of_work() as work:
        campaign = get_campaign(work, current_shop().id, campaign_id)
        saved = list_segments(work, current_shop().id)
    form = with_error(form_of_draft(campaign.draft, saved), error, current_shop())
    return _show(campaign_id, form, saved), 422


def _show(campaign_id: int | None, form: PlanForm, saved: list[Segment]) -> str:
    # without scripts nobody would ask again for what is not at hand yet
    pressed = request.method == "POST" and "HX-Request" not in request.headers
    with reading() as work:
        side = _side(work, form, wait=pressed)
    page = PlanPage(
        campaign_id=campaign_id, form=form, side=side, saved=saved, last_day=_facts().last_day
    )
    return render_template("campaigns/plan.html", page=page, **_choices())


def _choices() -> dict[str, object]:
    """What the lists of the form offer."""
    currency = current_shop().currency

    def shown_rule(rule: object) -> str:
        try:
            return rule_text(parse_rule(rule), currency)
        except RegularsError:
            return ""

    return {
        "kinds": KIND_LABELS,
        "offer_fields": OFFER_FIELDS,
        "reaches": REACHES,
        "channels": CHANNEL_LABELS,
        "metrics": {name: METRIC_LABELS[name] for name in METRICS},
        "also": {name: METRIC_LABELS[name] for name in SECONDARY_METRICS},
        "guardrails": GUARDRAIL_LABELS,
        "units": {name: UNIT_LABELS[name] for name in UNITS},
        "headings": _headings(),
        "posting": AUDIENCE_CHANNELS,
        "presets": {name: title() for name, (title, _) in PRESETS.items()},
        "max_arms": MAX_ARMS,
        "price_points": PRICE_POINT_LABELS,
        "costs": _costs_known(),
        "title_of": _title,
        "rule_of": shown_rule,
        "as_json": json.dumps,
        "priced_for": partial(priced_for, current_shop()),
    }


def _headings() -> dict[str, str]:
    """The columns of the customers' file that may name a group, the fullest first."""
    known = attribute_catalogue(settings().shop_dir(current_shop().id))
    return {one.name: one.name for one in known}


def _costs_known() -> CostCoverage | None:
    """How far costs per product reach over the last year's sales; None: there are none."""
    last = _facts().last_day
    if last is None:
        return None
    shop = current_shop()
    until = start_of_day(last + dt.timedelta(days=1), shop.zone)
    return year_coverage(settings().shop_dir(shop.id), until)


def _preview(work: Session, form: PlanForm) -> Preview:
    return preview_draft(work, settings(), get_shop_of(work, current_shop().id), form.draft)


def _side(work: Session, form: PlanForm, *, wait: bool = False) -> Side:
    """wait: for programmes beside it, which take longer than all else where nobody asked yet."""
    preview = _preview(work, form)
    return build_side(preview, form, current_shop(), programmes_of(preview, wait=wait))


def _line(campaign: Campaign) -> CampaignLine:
    if campaign.state == LAUNCHED:
        try:
            launched = launched_of(campaign)
        except PlanDamagedError:
            # its own page says so; the list has to stay usable
            return CampaignLine(
                row=campaign, is_launched=True, dates=(None, None), arms=[], drawn=None
            )
        return CampaignLine(
            row=campaign,
            is_launched=True,
            dates=(launched.plan.send_date, launched.plan.outcome_end),
            arms=[arm.name for arm in launched.plan.arms],
            drawn=launched.drawn,
        )
    draft = read_draft(full_draft(campaign.draft, current_shop()))
    return CampaignLine(
        row=campaign,
        is_launched=False,
        dates=(draft.send_date, draft.outcome_end),
        arms=[arm.name for arm in draft.arms or ()],
        drawn=None,
    )


def _facts() -> ShopFacts:
    # a page asks for them several times
    if "shop_facts" not in g:
        g.shop_facts = find_shop_facts(build_feature_store(settings(), current_shop()))
    found: ShopFacts = g.shop_facts
    return found


def _has_orders() -> bool:
    return OrdersTable(settings().shop_dir(current_shop().id)).exists()
