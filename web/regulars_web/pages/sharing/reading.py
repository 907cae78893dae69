"""A report under a link: the page for whoever has the link, and nothing else of the shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request
from flask_babel import gettext, refresh
from werkzeug.exceptions import HTTPException

from regulars_platform.campaigns.service import LaunchedCampaign, get_launched
from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.reports.service import Report
from regulars_platform.reports.versions import Version, list_versions, version_of
from regulars_platform.sharing.errors import ClosedShareError
from regulars_platform.sharing.service import Share, find_share, note_opening, shared_report
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import get_shop
from regulars_web.edge import now, unit_of_work
from regulars_web.formats import sentence
from regulars_web.language import LANGUAGES
from regulars_web.pages.reports.shared import shared_page

blueprint = Blueprint("shared", __name__)

ENDPOINTS = ("shared.show",)
"""Open to strangers, and limited in how often they may be asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a link leads to."""

    share: Share
    shop: ShopProfile
    campaign: LaunchedCampaign
    report: Report
    versions: tuple[Version, ...]

    @property
    def version(self) -> Version:
        """The version that is read."""
        return version_of(self.versions, self.report.id)


@blueprint.get("/<token>")
def show(token: str) -> str:
    """The report of this link."""
    with _opened(token, noted=True) as found:
        return render_template(
            "sharing/report.html",
            medium="shared",
            token=token,
            language=_asked_language(),
            campaign=found.campaign,
            page=shared_page(found.report),
            this=found.version,
            always_newest=found.share.report_id is None,
            expires_at=found.share.expires_at,
        )


@contextmanager
def _opened(token: str, *, noted: bool = False) -> Iterator[Opened]:
    """The report of a token, with its shop as the shop of this request. Raises NoShareError,
    ClosedShareError. noted: as an opening of the link."""
    language = _asked_language()
    if language:
        g.locale = language
    moment = now()
    with unit_of_work() as work:
        share = find_share(work, token, moment)
        found = Opened(
            share=share,
            shop=get_shop(work, share.shop_id),
            campaign=get_launched(work, share.shop_id, share.campaign_id),
            report=shared_report(work, share),
            versions=list_versions(work, share.campaign_id),
        )
        if noted and request.method == "GET":
            note_opening(work, share, moment)
    g.shop = found.shop
    refresh()  # days and words are this shop's and this reader's from here on
    yield found


def _asked_language() -> str:
    """?lang= as chosen on the page itself: a stranger's choice is kept in no session."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else ""


@blueprint.after_request
def keep_to_the_bearer(response: Response) -> Response:
    """No search engine lists it, no other site learns its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.errorhandler(RegularsError)
def show_why_not(error: RegularsError) -> tuple[str, int]:
    """Unknown, expired or withdrawn, in the reader's language."""
    status = 404 if isinstance(error, NotFoundError) else 400
    if isinstance(error, ClosedShareError):
        status = 410
    return _closed(sentence(error.problem), sentence(error.hint)), status


@blueprint.errorhandler(HTTPException)
def show_trouble(error: HTTPException) -> tuple[str, int]:
    """Asked for too often, or for something else than the report."""
    if error.code == 429:
        return _closed(
            gettext("This link is asked for very often."),
            gettext("Wait a minute, then open it again."),
        ), 429
    return _closed(
        gettext("There is no report at this address."),
        gettext("The link may have been cut off on its way: use the whole of it."),
    ), error.code or 500


def _closed(title: str, text: str) -> str:
    language = _asked_language()
    if language:
        g.locale = language
        refresh()
    return render_template("sharing/closed.html", title=title, text=text, language=language)
