"""The links of a campaign's report: who made which, until when, and the buttons."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.accounts.service import names_of_users
from regulars_platform.campaigns.service import get_launched
from regulars_platform.errors import RegularsError
from regulars_platform.reports.errors import NoReportError
from regulars_platform.reports.service import find_latest_report, get_report
from regulars_platform.reports.versions import Version, list_versions
from regulars_platform.sharing.service import (
    DAYS,
    DEFAULT_DAYS,
    Share,
    list_shares,
    make_share,
    revoke_share,
)
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.ids import read_id
from regulars_web.problems import problem_text
from regulars_web.signing_in import current_account

blueprint = Blueprint("report_links", __name__)

_FRESH = "fresh_report_link"
NEWEST = "newest"


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRow:
    """One link as the page lists it. state: open, expired or revoked; version: 0 for the newest."""

    id: int
    meant_for: str
    version: int
    who: str
    made_at: dt.datetime
    expires_at: dt.datetime
    opened_at: dt.datetime | None
    times_opened: int
    state: str


@blueprint.get("/<int:campaign_id>/report/links")
def overview(campaign_id: int) -> str:
    """All links of the campaign, and the form that makes one; a new link's address, once."""
    shop_id = current_shop().id
    with unit_of_work() as work:
        campaign = get_launched(work, shop_id, campaign_id)
        versions = list_versions(work, campaign_id)
        shares = list_shares(work, shop_id, campaign_id)
        names = names_of_users(work, {share.made_by for share in shares})
    fresh = session.pop(_FRESH, None)
    return render_template(
        "sharing/links.html",
        campaign=campaign,
        versions=versions,
        wanted=request.args.get("version", type=read_id),
        links=_rows(shares, versions, names),
        days=DAYS,
        default_days=DEFAULT_DAYS,
        newest=NEWEST,
        fresh=None
        if fresh is None or fresh[0] != campaign_id
        else url_for("shared.show", token=fresh[1], _external=True),
    )


@blueprint.post("/<int:campaign_id>/report/links")
def make(campaign_id: int) -> Response:
    """Make a link; its address is shown by the page that follows, and never again."""
    shop_id = current_shop().id
    chosen = request.form.get("version", NEWEST)
    try:
        with unit_of_work() as work:
            report = (
                find_latest_report(work, shop_id, campaign_id)
                if chosen == NEWEST
                else get_report(work, shop_id, campaign_id, _report_id(chosen))
            )
            if report is None:
                raise NoReportError.unknown()
            token = make_share(
                work,
                report,
                shop_id=shop_id,
                newest=chosen == NEWEST,
                days=_days(request.form.get("days", "")),
                meant_for=request.form.get("meant_for", ""),
                user_id=current_account().id,
                now=now(),
            )
    except RegularsError as error:
        flash(problem_text(error), "bad")
    else:
        session[_FRESH] = (campaign_id, token)
    return redirect(url_for("report_links.overview", campaign_id=campaign_id))


@blueprint.post("/<int:campaign_id>/report/links/<int:share_id>/withdraw")
def withdraw(campaign_id: int, share_id: int) -> Response:
    """Close a link at once."""
    with unit_of_work() as work:
        revoke_share(
            work,
            shop_id=current_shop().id,
            campaign_id=campaign_id,
            share_id=share_id,
            user_id=current_account().id,
            now=now(),
        )
    flash(gettext("The link is withdrawn: from now on it shows nothing."), "good")
    return redirect(url_for("report_links.overview", campaign_id=campaign_id))


def _report_id(text: str) -> int:
    try:
        return read_id(text)
    except ValueError as error:
        raise NoReportError.unknown() from error


def _days(text: str) -> int:
    return next((days for days in DAYS if text == str(days)), 0)


def _rows(
    shares: Sequence[Share], versions: Sequence[Version], names: Mapping[int, str]
) -> tuple[LinkRow, ...]:
    numbers = {version.id: version.number for version in versions}
    moment = now()
    return tuple(
        LinkRow(
            id=share.id,
            meant_for=share.meant_for,
            version=numbers.get(share.report_id or 0, 0),
            who=names.get(share.made_by, ""),
            made_at=share.made_at,
            expires_at=share.expires_at,
            opened_at=share.opened_at,
            times_opened=share.times_opened,
            state=_state(share, moment),
        )
        for share in shares
    )


def _state(share: Share, moment: dt.datetime) -> str:
    if share.revoked_at is not None:
        return "revoked"
    return "open" if share.is_open(moment) else "expired"
