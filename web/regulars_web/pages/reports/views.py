"""The report of a campaign: evaluating, reading, deciding, downloading."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.accounts.service import names_of_users
from regulars_platform.campaigns.service import get_launched
from regulars_platform.errors import RegularsError
from regulars_platform.intake.service import list_imports
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.reports.document import canonical_report
from regulars_platform.reports.service import (
    find_latest_report,
    get_report,
    list_decisions,
    record_decision,
)
from regulars_platform.reports.versions import list_versions, version_of
from regulars_web.downloads import json_file
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.ids import read_id
from regulars_web.pages.reports.decisions import decision_rows
from regulars_web.pages.reports.handing_out import OwnLinks, names_of_tables
from regulars_web.pages.reports.material import gather_material
from regulars_web.pages.reports.page import build_report_page
from regulars_web.pages.reports.words import CHOICES, group_key, group_of, segment_name
from regulars_web.printing.press import can_print
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
    shop_id = current_shop().id
    with unit_of_work() as work:
        campaign = get_launched(work, shop_id, campaign_id)
        report = (
            find_latest_report(work, shop_id, campaign_id)
            if wanted is None
            else get_report(work, shop_id, campaign_id, wanted)
        )
        versions = list_versions(work, campaign_id)
        job = find_latest_job(work, ("evaluate_campaign",), campaign_id)
        decisions = list_decisions(work, campaign_id)
        names = names_of_users(work, {row.decided_by for row in decisions})
        names_of_files = {int(file.id): file.filename for file in list_imports(work, shop_id)}
        material = (
            None if report is None else gather_material(work, shop_id, campaign_id, report.id)
        )
    return render_template(
        "reports/show.html",
        medium="page",
        campaign=campaign,
        page=None if report is None else build_report_page(report, names_of_files),
        versions=versions,
        this=None if report is None else version_of(versions, report.id),
        is_frozen=wanted is not None,
        links=None if report is None else OwnLinks(campaign_id, report.id),
        table_names=() if material is None else names_of_tables(material),
        can_print=can_print(),
        job=job,
        decisions=decision_rows(decisions, names),
        choices=CHOICES,
        group_key=group_key,
        segment_name=segment_name,
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
