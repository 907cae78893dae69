"""Working out whom to keep, its downloads, planning the next round, and replay."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    get_campaign,
    get_launched,
)
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.reports.service import get_report
from regulars_platform.targeting.errors import LimitError, NotReadyError
from regulars_platform.targeting.jobs import KIND
from regulars_platform.targeting.limits import (
    read_limit,
    require_possible,
    want_limit,
    wanted_limit,
)
from regulars_platform.targeting.next_round import GOALS, has_new_thresholds
from regulars_platform.targeting.planning import (
    Wish,
    find_origin,
    keep_next_round,
    keepers_of_report,
    levels_today,
    plan_next_round,
)
from regulars_platform.targeting.replay import Replay, Stage, replay_draft, replay_stage
from regulars_platform.targeting.service import (
    find_same,
    find_targeting,
    gather_inputs,
    get_targeting,
    keepers_csv,
)
from regulars_web.downloads import csv_file, json_file
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.formats import blank, sentence
from regulars_web.ids import read_id
from regulars_web.pages.targeting.limited import limit_form
from regulars_web.pages.targeting.replayed import replay_page
from regulars_web.pages.targeting.section import TargetingSection, worked_out
from regulars_web.pages.targeting.ways import ways_of
from regulars_web.pages.targeting.words import found_words
from regulars_web.problems import problem_text

blueprint = Blueprint("targeting", __name__)


def targeting_section(campaign: LaunchedCampaign, document: Mapping[str, Any]) -> TargetingSection:
    """What the report page shows of whom to keep, beside the report of this document.

    Looks at the database by itself.
    """
    with reading() as work:
        stored = find_targeting(work, campaign.shop_id, campaign.id)
        wanted = wanted_limit(work, campaign.id)
        job = find_latest_job(work, (KIND,), campaign.id)
        waiting = _waiting(document, campaign)
        keepers = () if waiting else keepers_of_report(work, settings(), campaign, document)
        levels = levels_today(work, settings(), campaign.shop_id)
    answer = None if stored is None else stored.document
    done = stored is not None and stored.is_worked_out
    return TargetingSection(
        job=job,
        found=worked_out(answer, levels) if answer is not None and done else None,
        problems=()
        if answer is None or done
        else tuple(found_words(problem) for problem in answer["problems"]),
        older=stored is not None and stored.orders_version != document["inputs"]["orders_version"],
        waiting=waiting,
        limit=limit_form(
            campaign.plan, wanted=wanted, shown=wanted if stored is None else stored.limit
        ),
        households=campaign.plan.unit == "household",
        ways=ways_of(keepers, campaign.plan),
        new_thresholds=has_new_thresholds(document) and not all(way.of_models for way in keepers),
    )


def _waiting(document: Mapping[str, Any], campaign: LaunchedCampaign) -> str:
    if campaign.plan.unit == "group":
        return sentence(NotReadyError.whole_groups().problem)
    if document["status"]["state"] != "open":
        return ""
    return sentence(NotReadyError.still_open(campaign.plan.outcome_end).problem)


@blueprint.app_context_processor
def shared() -> dict[str, object]:
    """The report's template asks for its section where it stands."""
    return {"targeting_section": targeting_section}


@blueprint.post("/<int:campaign_id>/targeting")
def work_out(campaign_id: int) -> BaseResponse:
    """Work it out in the background on the orders of the latest report, under the limit asked for.

    An answer that is there is shown at once.
    """
    shop_id = current_shop().id
    try:
        with unit_of_work() as work:
            campaign = get_launched(work, shop_id, campaign_id)
            limit = read_limit(request.form)
            inputs = gather_inputs(work, campaign, limit=limit)  # says what the job would fail with
            require_possible(limit, campaign.plan, campaign_ledger(settings(), campaign))
            running = find_latest_job(work, (KIND,), campaign.id)
            if running is None or running.is_over:
                want_limit(work, campaign.id, limit, now())
                if find_same(work, inputs) is None:
                    enqueue(work, KIND, shop_id, campaign.id, now())
            elif limit != wanted_limit(work, campaign.id):
                raise LimitError.busy()
    except (NotReadyError, InvalidInputError, LimitError) as error:
        flash(problem_text(error), "bad")
    return redirect(url_for("reports.show", campaign_id=campaign_id, _anchor="targeting"))


@blueprint.get("/<int:campaign_id>/keepers.csv")
def keepers(campaign_id: int) -> Response:
    """Whom to contact next, the highest score first."""
    with unit_of_work() as work:
        pieces = keepers_csv(
            work,
            settings(),
            shop_id=current_shop().id,
            campaign_id=campaign_id,
            day=today(),
        )
    return csv_file(pieces, f"campaign-{campaign_id}-keepers.csv")


@blueprint.get("/<int:campaign_id>/targeting.json")
def download(campaign_id: int) -> Response:
    """The stored answer, byte for byte."""
    with unit_of_work() as work:
        found = get_targeting(work, current_shop().id, campaign_id)
    return json_file(found.text, f"campaign-{campaign_id}-targeting.json")


@blueprint.post("/<int:campaign_id>/report/<int:report_id>/next")
def plan_next(campaign_id: int, report_id: int) -> BaseResponse:
    """A draft of the next round on the keepers; it opens in the ordinary form."""
    shop_id, goal = current_shop().id, request.form.get("goal", GOALS[0])
    try:
        with reading() as work:
            campaign = get_launched(work, shop_id, campaign_id)
            name = gettext("%(name)s, next round", name=campaign.plan.name)[:200]
            planned = plan_next_round(
                work,
                settings(),
                shop_id=shop_id,
                report=get_report(work, shop_id, campaign_id, report_id),
                wish=Wish(
                    keepers=request.form.get("keepers", ""),
                    goal="learn_most" if goal == "learn_most" else "earn_most",
                    new_thresholds="thresholds" in request.form,
                    name=str(name),
                ),
                now=now(),
            )
        with unit_of_work() as work:
            draft = keep_next_round(work, planned, now=now())
    except RegularsError as error:
        flash(problem_text(error), "bad")
        return redirect(
            url_for("reports.show", campaign_id=campaign_id, version=report_id, _anchor="next")
        )
    flash(blank().join(sentence(reason) for reason in planned.made.reasons), "good")
    return redirect(url_for("campaigns.edit", campaign_id=draft.id))


@blueprint.get("/<int:campaign_id>/replay")
def replay(campaign_id: int) -> str | BaseResponse | tuple[str, int]:
    """A draft valued on a past campaign: ?on=<campaign>&against=<draft:id or keepers:id>."""
    shop_id = current_shop().id
    against = request.args.get("against", "")
    problem: RegularsError | None = None
    found: Replay | None = None
    with reading() as work:
        draft = get_campaign(work, shop_id, campaign_id)
        if draft.state == LAUNCHED:
            return redirect(url_for("campaigns.show", campaign_id=campaign_id))
        name = draft.name
        stage = replay_stage(work, shop_id=shop_id, campaign_id=campaign_id)
        origin = find_origin(work, campaign_id)
        on = _on(stage)
        if on is not None:
            try:
                found = replay_draft(
                    work,
                    settings(),
                    shop_id=shop_id,
                    campaign_id=campaign_id,
                    on=on,
                    against=against,
                )
            except RegularsError as error:
                problem = error
    page = render_template(
        "targeting/replay.html",
        campaign_id=campaign_id,
        name=name,
        stage=stage,
        on=on,
        against=against,
        origin=origin,
        problem=problem,
        page=None if found is None else replay_page(found),
    )
    return page if problem is None else (page, 422)


def _on(stage: Stage) -> int | None:
    """The campaign asked for, else the latest there is."""
    wanted = request.args.get("on", type=read_id)
    if wanted is not None:
        return wanted
    return stage.past[0][0] if stage.past else None
