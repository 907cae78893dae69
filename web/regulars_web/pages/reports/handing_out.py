"""Files of a report as answers: tables, drawings, everything in one, and the report on paper."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from flask import Response, abort, render_template, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from regulars_platform.report_tables.registry import (
    TABLES,
    all_tables,
    find_table,
    shared_table,
    table_csv,
    table_json,
)
from regulars_platform.reports.document import canonical_report
from regulars_web.downloads import csv_file, json_file
from regulars_web.drawing.as_json import drawing_json
from regulars_web.drawing.specification import Drawing
from regulars_web.drawing.standalone import standalone_svg
from regulars_web.formats import date_time, sentence
from regulars_web.language import choose_locale
from regulars_web.pages.reports.material import Material
from regulars_web.pages.reports.page import ReportPage, build_report_page
from regulars_web.pages.targeting.curve import gain_plot
from regulars_web.printing.press import PrintingError, press

_LETTER = frozenset({"USD", "CAD", "MXN", "PHP", "CLP", "COP"})
"""Currencies of places that print on letter paper."""

_FIXED_DAY = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes


def file_name(material: Material, kind: str, part: str = "") -> str:
    """ASCII, and the same in every language: report-3-version-2-segments.csv."""
    name = f"report-{material.campaign.id}-version-{material.version.number}"
    return f"{name}-{part}.{kind}" if part else f"{name}.{kind}"


def names_of_tables(material: Material, *, shared: bool = False) -> tuple[str, ...]:
    """Of the tables that have rows."""
    find = shared_table if shared else find_table
    return tuple(name for name in TABLES if find(name, material.sources) is not None)


def table_answer(material: Material, name: str, kind: str, *, shared: bool = False) -> Response:
    """A table as CSV or JSON; 404 where the report has none of that name."""
    find = shared_table if shared else find_table
    table = find(name, material.sources)
    if table is None or kind not in ("csv", "json"):
        abort(404)
    if kind == "csv":
        return csv_file(table_csv(table), file_name(material, kind, name))
    return json_file(table_json(table, material.about), file_name(material, kind, name))


def chart_answer(material: Material, shop_name: str, name: str, kind: str) -> Response:
    """A drawing as an SVG file, or its specification as JSON; 404 where there is none."""
    drawing = next((one for one in drawings_of(material) if one.name == name), None)
    if drawing is None:
        abort(404)
    if kind == "json":
        text = json.dumps(drawing_json(drawing), ensure_ascii=False, allow_nan=False)
        return json_file(text, file_name(material, kind, name))
    answer = Response(
        standalone_svg(drawing, footer=_source(material, shop_name)), mimetype="image/svg+xml"
    )
    named = f'attachment; filename="{file_name(material, "svg", name)}"'
    answer.headers["Content-Disposition"] = named
    # opened by itself it is a document of its own: it may load and run nothing
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer


def drawings_of(material: Material) -> tuple[Drawing, ...]:
    """All drawings of a report, the gain curve with them."""
    page = build_report_page(material.report, material.files)
    gain = None if material.targeting is None else gain_plot(material.targeting)
    return page.drawings if gain is None else (*page.drawings, gain)


def zip_answer(material: Material, shop_name: str) -> Response:
    """The document, every table as CSV and JSON, and every drawing, in one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:

        def put(name: str, content: bytes | str) -> None:
            entry = zipfile.ZipInfo(name, _FIXED_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)

        put("report.json", canonical_report(material.report.document))
        for table in all_tables(material.sources):
            put(f"tables/{table.name}.csv", b"".join(table_csv(table)))
            put(f"tables/{table.name}.json", table_json(table, material.about))
        for drawing in drawings_of(material):
            source = _source(material, shop_name)
            put(f"charts/{drawing.name}.svg", standalone_svg(drawing, footer=source))
    answer = Response(buffer.getvalue(), mimetype="application/zip")
    named = f'attachment; filename="{file_name(material, "zip")}"'
    answer.headers["Content-Disposition"] = named
    return answer


def paper_html(material: Material, page: ReportPage, shop_name: str, paper: str) -> str:
    """The report as it is printed. paper: as asked for; else as the shop's country prints."""
    if paper not in ("a4", "letter"):
        letter = choose_locale() == "en" and material.campaign.plan.currency in _LETTER
        paper = "letter" if letter else "a4"
    return render_template(
        "reports/paper.html",
        medium="pdf",
        links=None,
        campaign=material.campaign,
        page=page,
        this=material.version,
        shop_name=shop_name,
        paper=paper,
    )


def pdf_answer(
    html: str, name: str, say: Callable[..., str], again: str
) -> BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """The PDF; while it is being made a page that asks again by itself; or why there is none.

    say: renders a page with a title and a text. again: this address.
    """
    try:
        path = press().pdf(html)
    except PrintingError as error:
        return say(title=sentence(error.problem), text=sentence(error.hint), again=""), 503
    if path is None:
        words = gettext(
            "That takes a few seconds. The download begins by itself; if it does not, ask again."
        )
        page = say(title=gettext("The PDF is being made"), text=words, again=again)
        return page, 202, {"Refresh": f"2; url={again}"}
    return send_file(
        path, mimetype="application/pdf", as_attachment=True, download_name=name, max_age=0
    )


class OwnLinks:
    """Addresses of a report's files for whoever is signed in."""

    def __init__(self, campaign_id: int, report_id: int) -> None:
        self._place: dict[str, Any] = {"campaign_id": campaign_id, "report_id": report_id}
        self.kinds = ("csv", "json")

    def table(self, name: str, kind: str) -> str:
        """Of a table."""
        return url_for("report_files.table", name=name, kind=kind, **self._place)

    def chart(self, name: str) -> str:
        """Of a drawing."""
        return url_for("report_files.chart", name=name, kind="svg", **self._place)

    def pdf(self) -> str:
        """Of the report on paper."""
        return url_for("report_files.pdf", **self._place)


class SharedLinks:
    """Addresses of a report's files for whoever has a link."""

    def __init__(self, token: str, language: str) -> None:
        self._place: dict[str, Any] = {"token": token, "lang": language or None}
        self.kinds = ("csv",)

    def table(self, name: str, kind: str) -> str:
        """Of a table, where strangers are given it."""
        return url_for("shared.table", name=name, kind=kind, **self._place)

    def chart(self, name: str) -> str:
        """Drawings stand on the page and in the PDF; strangers get no files of them."""
        del name
        return ""

    def pdf(self) -> str:
        """Of the report on paper."""
        return url_for("shared.pdf", **self._place)


def _source(material: Material, shop_name: str) -> str:
    """What stands under a drawing that goes its own way."""
    return str(
        gettext(
            "%(shop)s, %(campaign)s, version %(n)s of %(when)s (%(digest)s)",
            shop=shop_name,
            campaign=material.campaign.plan.name,
            n=material.version.number,
            when=date_time(material.version.created_at),
            digest=material.report.document_sha256[:12],
        )
    )
