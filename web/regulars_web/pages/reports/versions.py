"""Two versions of a report beside each other."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from regulars_platform.campaigns.service import get_launched
from regulars_platform.intake.service import list_imports
from regulars_platform.reports.errors import NoReportError
from regulars_platform.reports.service import get_report
from regulars_platform.reports.versions import list_versions, version_before, version_of
from regulars_web.edge import current_shop, unit_of_work
from regulars_web.ids import read_id
from regulars_web.pages.reports.compared import compared_page

blueprint = Blueprint("report_versions", __name__)


@blueprint.get("/<int:campaign_id>/report/<int:report_id>/changes")
def compare(campaign_id: int, report_id: int) -> str | Response:
    """What changed up to this version: since the one before it, or since ?since=.

    Whichever of the two is older stands first, whatever the order they were asked for in.
    """
    shop_id = current_shop().id
    with unit_of_work() as work:
        campaign = get_launched(work, shop_id, campaign_id)
        versions = list_versions(work, campaign_id)
        before = version_before(versions, report_id)
        wanted = request.args.get("since", type=read_id) or (before.id if before else None)
        first, last = sorted((wanted or report_id, report_id))
        reports = tuple(get_report(work, shop_id, campaign_id, one) for one in (first, last))
        files = {int(file.id): file.filename for file in list_imports(work, shop_id)}
    try:
        pair = (version_of(versions, first), version_of(versions, last))
    except KeyError as error:
        raise NoReportError.unknown() from error
    return render_template(
        "reports/compare.html",
        campaign=campaign,
        versions=versions,
        this=version_of(versions, report_id),
        found=None if first == last else compared_page(pair, (reports[0], reports[1]), files),
    )
