"""A report under a link: the page for whoever has the link, and nothing else of the shop."""

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, g, render_template, request
from flask_babel import gettext, refresh
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.sharing.errors import ClosedShareError, NoShareError
from regulars_platform.sharing.service import Share, find_share, note_opening
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import get_shop
from regulars_web.edge import now, reading, settings, unit_of_work
from regulars_web.formats import sentence
from regulars_web.kept_pages import KeptPage, kept_pages
from regulars_web.language import LANGUAGES
from regulars_web.pages.reports.depends import Look, look_at
from regulars_web.pages.reports.handing_out import (
    SharedLinks,
    file_name,
    names_of_tables,
    paper_html,
    pdf_answer,
    table_answer,
)
from regulars_web.pages.reports.material import Material, gather_material
from regulars_web.pages.reports.shared import shared_page
from regulars_web.printing.press import can_print

blueprint = Blueprint("shared", __name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A link that leads somewhere: to which version of which report. shop: the request's from now
    on. look: what the page depends on besides."""

    share: Share
    shop: ShopProfile
    report_id: int
    look: Look

    def material(self) -> Material:
        """What the page and its files are made of."""
        share = self.share
        with reading() as work:
            return gather_material(
                work, share.shop_id, share.campaign_id, self.report_id, shared=True
            )


@blueprint.get("/<token>")
def show(token: str) -> Response:
    """The report of this link."""
    found = _opened(token, noted=True)
    share, shop_dir = found.share, settings().shop_dir(found.shop.id)
    key = (
        *("shared", share.id, _asked_language()),
        *found.look.key(found.shop, shop_dir, share.campaign_id, found.report_id),
    )
    page = kept_pages().find_page(key)
    if page is None:
        page = KeptPage(_rendered(found, token))
        kept_pages().keep(key, page)
    return page.answer()


def _rendered(found: Opened, token: str) -> str:
    material = found.material()
    return render_template(
        "sharing/report.html",
        medium="shared",
        token=token,
        language=_asked_language(),
        campaign=material.campaign,
        page=shared_page(material.report),
        this=material.version,
        links=SharedLinks(token, _asked_language()),
        table_names=names_of_tables(material, shared=True),
        can_print=can_print(),
        always_newest=found.share.report_id is None,
        expires_at=found.share.expires_at,
    )


@blueprint.get("/<token>/tables/<name>.csv")
def table(token: str, name: str) -> Response:
    """A table of this link's report, without what strangers may not read."""
    return table_answer(_opened(token).material(), name, "csv", shared=True)


@blueprint.get("/<token>/report.pdf")
def pdf(token: str) -> BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """This link's report on paper."""
    found = _opened(token)
    material = found.material()
    page = shared_page(material.report)
    html = paper_html(material, page, found.shop.name, request.args.get("paper", ""))
    say = partial(render_template, "sharing/printing.html", language=_asked_language())
    return pdf_answer(html, file_name(material, "pdf"), say, request.full_path.rstrip("?"))


def _opened(token: str, *, noted: bool = False) -> Opened:
    """Where a token leads; noted: as an opening of the link. Raises NoShareError,
    ClosedShareError."""
    language = _asked_language()
    if language:
        g.locale = language
    moment = now()
    with reading() as work:
        share = find_share(work, token, moment)
        shop = get_shop(work, share.shop_id)
        look = look_at(work, share.shop_id, share.campaign_id)
    report_id = share.report_id or look.newest
    if report_id is None:
        raise NoShareError.unknown()
    if noted and request.method == "GET":
        with unit_of_work() as work:
            note_opening(work, share, moment)
    g.shop = shop
    refresh()  # days and words are this shop's and this reader's from here on
    return Opened(share=share, shop=shop, report_id=report_id, look=look)


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
