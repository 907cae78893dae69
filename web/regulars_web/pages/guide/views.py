"""The guide: where the shop stands, the sample shop beside it, and what was true there."""

import io

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.errors import RegularsError
from regulars_platform.guided.service import (
    SampleFile,
    after_file,
    before_file,
    open_sample_shop,
    put_sample_away,
    sample_of,
    truth_of,
)
from regulars_platform.guided.steps import CUSTOMERS, REPORT, keep_seen, progress_of, seen_of
from regulars_platform.intake import service as intake
from regulars_platform.intake.models import ImportId
from regulars_platform.orders.table import OrdersTable
from regulars_platform.reports.service import find_latest_report
from regulars_platform.shops.models import ShopProfile
from regulars_web.edge import (
    IN_SAMPLE,
    current_shop,
    find_current_shop,
    now,
    read_shop_again,
    settings,
    unit_of_work,
)
from regulars_web.language import choose_locale
from regulars_web.pages.data.taking import ask_to_look_at_orders, look_at_orders
from regulars_web.pages.guide.leading import VISITS, next_step
from regulars_web.pages.guide.steps import build_steps
from regulars_web.pages.guide.told import Told, tell
from regulars_web.problems import problem_text
from regulars_web.signing_in import current_account

blueprint = Blueprint("guide", __name__)


@blueprint.get("/")
def show() -> str:
    """The way through the first campaign, with where this shop stands on it."""
    shop = current_shop()
    sample = sample_of(shop)
    truth: list[Told] = []
    with unit_of_work() as work:
        found = progress_of(work, settings(), shop.id, shop)
        report = (
            find_latest_report(work, shop.id, found.launched)
            if found.read and found.launched is not None
            else None
        )
        if sample is not None and report is not None and found.launched is not None:
            truths = truth_of(work, settings(), shop_id=shop.id, campaign_id=found.launched)
            truth = tell(truths, report.document)
    return render_template(
        "guide/show.html",
        steps=build_steps(found, in_sample=sample is not None),
        is_over=all(found.done),
        sample=sample,
        truth=truth,
    )


@blueprint.post("/open")
def enter() -> BaseResponse:
    """Stand in the sample shop, the one that is open or a new one."""
    with unit_of_work() as work:
        open_sample_shop(work, language=choose_locale(), now=now())
    session[IN_SAMPLE] = True
    return redirect(url_for("guide.show"))


@blueprint.post("/again")
def again() -> BaseResponse:
    """Put the sample shop away and begin with a new one."""
    with unit_of_work() as work:
        put_sample_away(work)
    return enter()


@blueprint.post("/leave")
def leave() -> BaseResponse:
    """Back to the real shop."""
    session.pop(IN_SAMPLE, None)
    return redirect(url_for("home.shop"))


@blueprint.get("/before.csv.gz")
def before() -> Response:
    """The sample's orders until its today, to bring them by hand."""
    return _attached(before_file(current_shop()))


@blueprint.post("/before")
def bring_before() -> BaseResponse:
    """The same, brought at once; from there on it is an order file like any other."""
    return _bring(before_file(current_shop()))


@blueprint.get("/after/<int:campaign_id>.csv.gz")
def after(campaign_id: int) -> Response | BaseResponse:
    """The orders after a campaign, to bring them by hand."""
    found = _after(campaign_id)
    return _attached(found) if isinstance(found, SampleFile) else found


@blueprint.post("/after/<int:campaign_id>")
def bring_after(campaign_id: int) -> BaseResponse:
    """The same, brought at once."""
    found = _after(campaign_id)
    return _bring(found) if isinstance(found, SampleFile) else found


def _after(campaign_id: int) -> SampleFile | BaseResponse:
    try:
        with unit_of_work() as work:
            found = after_file(
                work,
                settings(),
                shop_id=current_shop().id,
                campaign_id=campaign_id,
                now=now(),
            )
    except RegularsError as error:
        flash(problem_text(error), "bad")
        return redirect(url_for("guide.show"))
    read_shop_again()
    return found


def _bring(file: SampleFile) -> BaseResponse:
    with unit_of_work() as work:
        import_id: ImportId = intake.receive_upload(
            work,
            settings(),
            current_shop().id,
            file.name,
            io.BytesIO(file.content),
            now(),
            current_account().id,
        )
        asked = ask_to_look_at_orders(work, import_id)
    if not asked:
        look_at_orders(import_id)
    return redirect(url_for("data.one", import_id=import_id))


def _attached(file: SampleFile) -> Response:
    answer = Response(file.content, content_type="application/gzip")
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    return answer


@blueprint.after_app_request
def remember_visits(response: BaseResponse) -> BaseResponse:
    """Visits are the only sign that somebody looked: written down the first time."""
    what = VISITS.get(request.endpoint or "")
    if what is None or request.method != "GET" or response.status_code != 200:
        return response
    shop = find_current_shop() if current_user.is_authenticated else None
    if shop is None or what in seen_of(shop):
        return response
    with unit_of_work() as work:
        if _shows_something(work, shop, what):
            keep_seen(work, shop.id, shop, what)
    return response


def _shows_something(work: Session, shop: ShopProfile, what: str) -> bool:
    """An empty page tells what it will show: opening it is no look at it."""
    if what == CUSTOMERS:
        return OrdersTable(settings().shop_dir(shop.id)).exists()
    if what == REPORT:
        campaign_id = (request.view_args or {}).get("campaign_id", 0)
        return find_latest_report(work, shop.id, campaign_id) is not None
    return True


@blueprint.app_context_processor
def standing() -> dict[str, object]:
    """For the lines above pages: that this is the sample shop, and what comes next."""
    shop = find_current_shop() if current_user.is_authenticated else None
    in_sample = shop is not None and sample_of(shop) is not None
    return {"in_sample": in_sample, "next_step": next_step}
