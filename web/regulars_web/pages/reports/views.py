"""The report of a campaign: evaluating, reading, deciding, downloading."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.campaigns.service import LaunchedCampaign, get_launched
from regulars_platform.errors import RegularsError
from regulars_platform.jobs.models import Job
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.reports.document import canonical_report
from regulars_platform.reports.service import (
    get_report,
    record_decision,
)
from regulars_platform.reports.versions import Version, list_versions, version_of
from regulars_platform.targeting.jobs import KIND
from regulars_web.csrf import place_for_token, with_token
from regulars_web.downloads import json_file
from regulars_web.edge import current_shop, now, reading, settings, unit_of_work
from regulars_web.ids import read_id
from regulars_web.kept_pages import Kept, KeptPage, is_plain_request, kept_pages
from regulars_web.pages.guide.leading import next_step
from regulars_web.pages.reports.depends import Key, look_at
from regulars_web.pages.reports.whole import gather_page
from regulars_web.pages.targeting.section import PROGRESS_PLACE
from regulars_web.problems import problem_text
from regulars_web.signing_in import current_account
from regulars_web.words.reports import group_of

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
def version(campaign_id: int, report_id: int) -> str | BaseResponse:
    """One version under its permanent address: its numbers never change."""
    return _page(campaign_id, report_id)


def _page(campaign_id: int, wanted: int | None) -> str | BaseResponse:
    """wanted: a version; None: the newest."""
    shop = current_shop()
    with reading() as work:
        look = look_at(work, shop.id, campaign_id)
    report_id = wanted or look.newest
    if report_id is None:
        return _rendered(campaign_id, None, wanted, None)
    key = look.key(shop, settings().shop_dir(shop.id), campaign_id, report_id)
    whole = (key, wanted is None, current_account())
    if not look.is_still or not stands_alone():
        return _rendered(campaign_id, report_id, wanted, key)
    page = kept_pages().find_page(whole)
    if page is None:
        with place_for_token():
            page = KeptPage(_rendered(campaign_id, report_id, wanted, key))
        kept_pages().keep(whole, page)
    return page.answer()


def stands_alone() -> bool:
    """Whether the page shows nothing but what its key says: no message that waits for its reader,
    no step of a guided campaign, no words of the address."""
    return is_plain_request() and "_flashes" not in session and next_step() is None


def _rendered(campaign_id: int, report_id: int | None, wanted: int | None, key: Key | None) -> str:
    """The page around its body, which is kept under the key where there is one."""
    shop = current_shop()
    with reading() as work:
        campaign = get_launched(work, shop.id, campaign_id)
        versions = list_versions(work, campaign_id)
        job = find_latest_job(work, ("evaluate_campaign",), campaign_id)
        keeping = find_latest_job(work, (KIND,), campaign_id)
    body = ""
    if report_id is not None and key is not None:
        kept = _body(campaign, report_id, versions, key)
        g.terms_told = dict(kept.beside)  # the frame numbers its explanations on
        body = _with_progress(with_token(kept.html), keeping)
    return render_template(
        "reports/show.html",
        campaign=campaign,
        body=Markup(body),  # noqa: S704 -- a template made it
        versions=versions,
        this=None if report_id is None else version_of(versions, report_id),
        is_frozen=wanted is not None,
        job=job,
    )


def _body(
    campaign: LaunchedCampaign, report_id: int, versions: Sequence[Version], key: Key
) -> Kept:
    """Raises NotFoundError where the campaign has no such version."""
    pages = kept_pages()
    found = pages.find(key)
    if found is not None:
        return found
    with pages.turn(key):
        found = pages.find(key)
        if found is None:
            with reading() as work:
                gathered = gather_page(work, campaign, report_id)
            html = gathered.render(versions)
            found = Kept(html=html, beside=dict(g.get("terms_told", {})))
            pages.keep(key, found)
    return found


def _with_progress(body: str, job: Job | None) -> str:
    """How far it is with whom to keep: another figure each second, in a body that stays."""
    if job is None or PROGRESS_PLACE not in body:
        return body
    told = render_template("jobs/progress.html", job=job, then="reload")
    return body.replace(PROGRESS_PLACE, told)


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
                user_id=current_account().id,
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
