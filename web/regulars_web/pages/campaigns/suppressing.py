"""The suppression list: who is never contacted, and taken out before every draw."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from regulars_platform.errors import RegularsError
from regulars_platform.suppressions.service import (
    add_suppressions,
    count_suppressions,
    list_suppressions,
    remove_suppressions,
)
from regulars_platform.suppressions.tables import Suppression
from regulars_web.edge import current_shop, now, unit_of_work
from regulars_web.formats import number
from regulars_web.pages.campaigns.area import blueprint
from regulars_web.pasted_ids import posted_lines
from regulars_web.problems import problem_text

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppressionPage:
    """The context of campaigns/suppressions.html. problem: what was wrong with a posted list."""

    total: int
    rows: list[Suppression]
    page: int
    pages: int
    problem: str
    problem_field: str


@blueprint.get("/suppressions")
def suppressions() -> str:
    """How many are on the list, and the latest of them."""
    return _show("", "")


@blueprint.post("/suppressions")
def suppress() -> str | Response | tuple[str, int]:
    """Put customers on the list."""
    reason = request.form.get("reason", "").strip() or gettext("opted out")
    try:
        with unit_of_work() as work:
            added = add_suppressions(
                work,
                shop_id=current_shop().id,
                lines=posted_lines(request),
                reason=reason,
                now=now(),
            )
    except RegularsError as error:
        return _show(problem_text(error), error.field or "ids"), 422
    flash(
        gettext(
            "%(added)s of %(given)s were put on the list; the others were on it already.",
            added=number(added.added),
            given=number(added.given),
        )
        if added.known
        else gettext("%(added)s were put on the list.", added=number(added.added)),
        "good",
    )
    return redirect(url_for("campaigns.suppressions"))


@blueprint.post("/suppressions/remove")
def unsuppress() -> Response:
    """Take customers off the list: the one of a row, or pasted ids."""
    with unit_of_work() as work:
        removed = remove_suppressions(
            work,
            shop_id=current_shop().id,
            lines=request.form.get("ids", "").splitlines(),
        )
    flash(gettext("%(n)s were taken off the list.", n=number(removed)), "good")
    return redirect(url_for("campaigns.suppressions"))


def _show(problem: str, field: str) -> str:
    shop = current_shop()
    with unit_of_work() as work:
        total = count_suppressions(work, shop.id)
        pages = max(1, -(-total // PAGE_SIZE))
        page = min(max(1, request.args.get("page", 1, type=int)), pages)
        rows = list_suppressions(work, shop.id, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "campaigns/suppressions.html",
        page=SuppressionPage(
            total=total, rows=rows, page=page, pages=pages, problem=problem, problem_field=field
        ),
    )
