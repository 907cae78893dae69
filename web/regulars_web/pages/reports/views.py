"""The report of a campaign: evaluating, reading, deciding, downloading."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.campaigns.service import get_launched
from regulars_platform.errors import RegularsError
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.reports.document import canonical_report
from regulars_platform.reports.service import (
    get_report,
    record_decision,
)
from regulars_platform.reports.versions import list_versions, version_of
from regulars_web.csrf import with_token
from regulars_web.downloads import json_file
from regulars_web.edge import current_shop, now, reading, settings, unit_of_work
from regulars_web.ids import read_id
from regulars_web.kept_pages import Kept, kept_pages
from regulars_web.pages.reports.depends import body_key
from regulars_web.pages.reports.whole import gather_page
from regulars_web.pages.reports.words import group_of
from regulars_web.problems import problem_text

blueprint = Blueprint("reports", __name__)


@blueprint.get("/<int:campaign_id>/report")
def show(campaign_id: int) -> str | BaseResponse:
    """The newest report; ?version= was the address of an earlier one and leads to it."""
    wanted = request.args.get("version", type=read_id)
    if wanted is not None:
        return redirect(
            url_for("reports.version", campaign_id=campaign_id, report_id=wanted), code=301
        )
    return _page(campaign_id, None)


@blueprint.get("/<int:campaign_id>/report/<int:report_id>")
def version(campaign_id: int, report_id: int) -> str:
    """One version under its permanent address: its numbers never change."""
    return _page(campaign_id, report_id)


def _page(campaign_id: int, wanted: int | None) -> str:
    """wanted: a version; None: the newest."""
    shop = current_shop()
    with reading() as work:
        versions = list_versions(work, campaign_id)
        report_id = wanted or (versions[-1].id if versions else None)
        key = (
            None
            if report_id is None
            else body_key(work, settings(), shop, campaign_id, versions, report_id)
        )
        kept = None if key is None else kept_pages().find(key)
        job = find_latest_job(work, ("evaluate_campaign",), campaign_id)
        if kept is None:
            # also finds out whether there is such a campaign, and such a version of its report
            campaign = get_launched(work, shop.id, campaign_id)
            found = None if report_id is None else gather_page(work, campaign, report_id)
    if kept is None:
        html = "" if found is None else found.render(versions)
        kept = Kept(html=html, beside=(campaign, dict(g.get("terms_told", {}))))
        if key is not None:
            kept_pages().keep(key, kept)
    campaign, g.terms_told = kept.beside[0], dict(kept.beside[1])  # the frame numbers on
    return render_template(
        "reports/show.html",
        campaign=campaign,
        body=Markup(with_token(kept.html)),  # noqa: S704 -- a template made it
        versions=versions,
        this=None if report_id is None else version_of(versions, report_id),
        is_frozen=wanted is not None,
        job=job,
    )


@blueprint.post("/<int:campaign_id>/report")
def evaluate(campaign_id: int) -> BaseResponse:
    """Evaluate in the background on the orders as they are now."""
    with unit_of_work() as work:
        campaign = get_launched(work, current_shop().id, campaign_id)
        running = find_latest_job(work, ("evaluate_campaign",), campaign.id)
        if running is None or running.is_over:
            enqueue(work, "evaluate_campaign", campaign.shop_id, campaign.id, now())
    return redirect(url_for("reports.show", campaign_id=campaign_id))


@blueprint.get("/<int:campaign_id>/report/<int:report_id>.json")
def download(campaign_id: int, report_id: int) -> Response:
    """The stored document, byte for byte."""
    with unit_of_work() as work:
        report = get_report(work, current_shop().id, campaign_id, report_id)
    name = f"report-{campaign_id}-{report_id}.json"
    return json_file(canonical_report(report.document), name)


@blueprint.post("/<int:campaign_id>/report/<int:report_id>/decide")
def decide(campaign_id: int, report_id: int) -> BaseResponse:
    """Record a decision: for which group, what, and why."""
    try:
        with unit_of_work() as work:
            report = get_report(work, current_shop().id, campaign_id, report_id)
            arm, segment = group_of(request.form.get("group", ""), report.document)
            record_decision(
                work,
                report,
                arm=arm,
                segment=segment,
                choice=request.form.get("choice", ""),
                reason=request.form.get("reason", ""),
                user_id=current_user.account.id,
                now=now(),
            )
    except RegularsError as error:
        flash(problem_text(error), "bad")
    else:
        flash(gettext("The decision is recorded."), "good")
    return redirect(
        url_for(
            "reports.version", campaign_id=campaign_id, report_id=report_id, _anchor="decisions"
        )
    )
