"""Downloads of a report: tables, drawings, all in one, and the report on paper."""

from functools import partial

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from regulars_web.edge import current_shop, unit_of_work
from regulars_web.pages.reports.handing_out import (
    chart_answer,
    file_name,
    paper_html,
    pdf_answer,
    table_answer,
    zip_answer,
)
from regulars_web.pages.reports.material import Material, gather_material
from regulars_web.pages.reports.page import build_report_page

blueprint = Blueprint("report_files", __name__)

_REPORT = "/<int:campaign_id>/report/<int:report_id>"


@blueprint.get(f"{_REPORT}/tables/<name>.csv", defaults={"kind": "csv"})
@blueprint.get(f"{_REPORT}/tables/<name>.json", defaults={"kind": "json"})
def table(campaign_id: int, report_id: int, name: str, kind: str) -> Response:
    """One table, exact."""
    return table_answer(_material(campaign_id, report_id), name, kind)


@blueprint.get(f"{_REPORT}/charts/<name>.svg", defaults={"kind": "svg"})
@blueprint.get(f"{_REPORT}/charts/<name>.json", defaults={"kind": "json"})
def chart(campaign_id: int, report_id: int, name: str, kind: str) -> Response:
    """One drawing."""
    return chart_answer(_material(campaign_id, report_id), current_shop().name, name, kind)


@blueprint.get(f"{_REPORT}.zip")
def everything(campaign_id: int, report_id: int) -> Response:
    """The document, all tables and all drawings in one file."""
    return zip_answer(_material(campaign_id, report_id), current_shop().name)


@blueprint.get(f"{_REPORT}.pdf")
def pdf(
    campaign_id: int, report_id: int
) -> BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """The report on paper; ?paper=a4 or letter."""
    material = _material(campaign_id, report_id)
    page = build_report_page(material.report, material.files)
    html = paper_html(material, page, current_shop().name, request.args.get("paper", ""))
    say = partial(render_template, "reports/printing.html", campaign=material.campaign)
    return pdf_answer(html, file_name(material, "pdf"), say, request.full_path.rstrip("?"))


def _material(campaign_id: int, report_id: int) -> Material:
    with unit_of_work() as work:
        return gather_material(work, current_shop().id, campaign_id, report_id)
