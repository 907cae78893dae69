"""Files of a report (tables, drawings, paper), what changed between versions, links to read it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from flask import Response, send_file, url_for
from flask_babel import gettext
from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import get_launched
from regulars_platform.reports.differences import find_differences
from regulars_platform.reports.errors import NoReportError
from regulars_platform.reports.service import find_latest_report, get_report
from regulars_platform.reports.versions import list_versions, version_before
from regulars_platform.sharing.service import Share, list_shares, make_share, revoke_share
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, JsonFile, Key, PdfFile, SvgFile, ZipFile
from regulars_web.api.models import Answer, Count, Document, Id, Model, Moment, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.problems import ApiError, Problem
from regulars_web.edge import reading
from regulars_web.pages.reports.handing_out import (
    chart_answer,
    drawings_of,
    file_name,
    names_of_tables,
    paper_html,
    table_answer,
    zip_answer,
)
from regulars_web.pages.reports.material import gather_material
from regulars_web.pages.reports.page import build_report_page
from regulars_web.printing.press import press

area = Area(
    "report-files",
    "Tables, drawings and the paper of a report, what changed between versions, and links under"
    " which somebody without an account may read it (docs/report-files.md).",
)

ONE = "/campaigns/{campaign_id}/reports/{report_id}"


class FileNames(Model):
    """What files a report has."""

    tables: list[str]
    charts: list[str]


class PaperQuery(Model):
    """On which paper."""

    paper: Literal["a4", "letter"] | None = None
    """Left out: as the shop's country prints."""


class SinceQuery(Model):
    """Since which version."""

    since: Id | None = None
    """Left out: the version before."""


class InputChange(Model):
    """Something that was read; null: that version has no word of it."""

    name: str
    before: Any
    after: Any


class BarMoved(Model):
    """A bar of the waterfall of a group, in all."""

    name: str
    before: float
    after: float


class GroupChange(Model):
    """An arm, or a segment of it, in both versions, as in the documents."""

    arm: str
    segment: str | None
    same: bool
    before: Document | None
    after: Document | None
    moved: list[BarMoved]


class Changes(Model):
    """What changed from one version to a later one."""

    since: Id
    until: Id
    numbers_changed: bool
    inputs: list[InputChange]
    new_files: list[Id]
    gone_files: list[Id]
    groups: list[GroupChange]


class LinkShown(Model):
    """A link to a report, without its address."""

    id: Id
    campaign_id: Id
    report_id: Id | None
    """Null: always the newest version."""
    meant_for: str
    made_by: Id
    made_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    opened_at: Moment | None
    times_opened: Count


class LinkBody(Model):
    """A link to be made."""

    report_id: Id | None = None
    """This version for good; left out: always the newest."""
    days: Literal[7, 30, 90, 365] = 30
    meant_for: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class LinkMade(Model):
    """A link that was made."""

    link: LinkShown
    address: str | None
    """Told this once: null where this answer comes again under its key."""


@area.get(ONE + "/files", scope=Scope.READ_REPORTS, also=(409,))
def list_report_files(
    call: Call, work: Session, campaign_id: Id, report_id: Id
) -> Answer[FileNames]:
    """The names of a report's tables and drawings."""
    material = gather_material(work, call.shop_id, campaign_id, report_id)
    charts = [drawing.name for drawing in drawings_of(material)]
    names = FileNames(tables=list(names_of_tables(material)), charts=charts)
    return Answer[FileNames](data=names)


@area.get(ONE + "/tables/{name}.csv", scope=Scope.READ_REPORTS, also=(409,))
def download_table(call: Call, work: Session, campaign_id: Id, report_id: Id, name: Key) -> CsvFile:
    """A table of a report, exact"""
    return CsvFile(*_content(_table(call, work, (campaign_id, report_id), name, "csv")))


@area.get(ONE + "/tables/{name}.json", scope=Scope.READ_REPORTS, also=(409,))
def get_table(call: Call, work: Session, campaign_id: Id, report_id: Id, name: Key) -> JsonFile:
    """A table of a report as JSON, each row by the names of its columns."""
    content, named = _content(_table(call, work, (campaign_id, report_id), name, "json"))
    return JsonFile(content.decode(), named)


@area.get(ONE + "/charts/{name}.svg", scope=Scope.READ_REPORTS, also=(409,))
def download_chart(call: Call, work: Session, campaign_id: Id, report_id: Id, name: Key) -> SvgFile:
    """A drawing of a report."""
    material = gather_material(work, call.shop_id, campaign_id, report_id)
    return SvgFile(chart_answer(material, call.shop.name, name, "svg"))


@area.get(ONE + "/charts/{name}.json", scope=Scope.READ_REPORTS, also=(409,))
def get_chart(call: Call, work: Session, campaign_id: Id, report_id: Id, name: Key) -> JsonFile:
    """The specification of a drawing, with its numbers."""
    material = gather_material(work, call.shop_id, campaign_id, report_id)
    content, named = _content(chart_answer(material, call.shop.name, name, "json"))
    return JsonFile(content.decode(), named)


@area.get(ONE + "/archive", scope=Scope.READ_REPORTS, also=(409,))
def download_archive(call: Call, work: Session, campaign_id: Id, report_id: Id) -> ZipFile:
    """The document, every table and every drawing, in one file."""
    material = gather_material(work, call.shop_id, campaign_id, report_id)
    return ZipFile(zip_answer(material, call.shop.name))


@area.get(ONE + "/pdf", scope=Scope.READ_REPORTS, also=(409,))
def download_pdf(call: Call, campaign_id: Id, report_id: Id, query: PaperQuery) -> PdfFile:
    """The report on paper, in the language that is asked for

    While it is being made, which takes seconds, the answer is 409 with the code `being_made`: ask
    again.
    """
    with reading() as work:
        material = gather_material(work, call.shop_id, campaign_id, report_id)
    page = build_report_page(material.report, material.files)
    path = press().pdf(paper_html(material, page, call.shop.name, query.paper or ""))
    if path is None:
        message = gettext("The PDF is being made; ask again in a few seconds.")
        raise ApiError(409, Problem(code="being_made", message=message))
    name = file_name(material, "pdf")
    return PdfFile(
        send_file(path, mimetype="application/pdf", as_attachment=True, download_name=name)
    )


@area.get(ONE + "/changes", scope=Scope.READ_REPORTS, also=(409,))
def get_changes(
    call: Call, work: Session, campaign_id: Id, report_id: Id, query: SinceQuery
) -> Answer[Changes]:
    """What changed up to this version; the older of the two stands first."""
    get_launched(work, call.shop_id, campaign_id)
    before = version_before(list_versions(work, campaign_id), report_id)
    wanted = query.since or (before.id if before else report_id)
    first, last = sorted((wanted, report_id))
    old, new = (get_report(work, call.shop_id, campaign_id, one) for one in (first, last))
    found = find_differences(old.document, new.document)
    groups = [
        GroupChange(
            arm=group.arm,
            segment=group.segment,
            same=group.is_same,
            before=None if group.before is None else dict(group.before),
            after=None if group.after is None else dict(group.after),
            moved=[BarMoved(**asdict(bar)) for bar in group.moved],
        )
        for group in found.groups
    ]
    changes = Changes(
        since=first,
        until=last,
        numbers_changed=found.numbers_changed,
        inputs=[
            InputChange(name=one.name, before=one.before, after=one.after) for one in found.inputs
        ],
        new_files=list(found.new_files),
        gone_files=list(found.gone_files),
        groups=groups,
    )
    return Answer[Changes](data=changes)


@area.get("/campaigns/{campaign_id}/links", scope=Scope.READ_REPORTS, also=(409,))
def list_links(call: Call, work: Session, campaign_id: Id, query: PageQuery) -> Page[LinkShown]:
    """The links to a campaign's report, the newest first, closed ones too."""
    get_launched(work, call.shop_id, campaign_id)
    return paged(
        list_shares(work, call.shop_id, campaign_id),
        query,
        _link,
        lambda share: (share.id,),
        descending=True,
    )


@area.post(
    "/campaigns/{campaign_id}/links",
    scope=Scope.WRITE_REPORTS,
    status=201,
    example={"days": 30, "meant_for": "Finance"},
)
def make_link(call: Call, campaign_id: Id, body: LinkBody) -> Answer[LinkMade]:
    """Make a link under which anybody who has it may read the report; its address is told once."""
    with call.writing() as write:
        work = write.session
        get_launched(work, call.shop_id, campaign_id)
        report = (
            find_latest_report(work, call.shop_id, campaign_id)
            if body.report_id is None
            else get_report(work, call.shop_id, campaign_id, body.report_id)
        )
        if report is None:
            raise NoReportError.unknown()
        token = make_share(
            work,
            report,
            shop_id=call.shop_id,
            newest=body.report_id is None,
            days=body.days,
            meant_for=body.meant_for,
            user_id=call.user_id,
            now=call.now,
        )
        link = _link(list_shares(work, call.shop_id, campaign_id)[0])
        address = url_for("shared.show", token=token, _external=True)
        return write.answer(
            Answer[LinkMade](data=LinkMade(link=link, address=address)),
            kept=Answer[LinkMade](data=LinkMade(link=link, address=None)),
        )


@area.delete("/campaigns/{campaign_id}/links/{link_id}", scope=Scope.WRITE_REPORTS)
def withdraw_link(call: Call, work: Session, campaign_id: Id, link_id: Id) -> None:
    """Withdraw a link at once; twice is once."""
    revoke_share(
        work,
        shop_id=call.shop_id,
        campaign_id=campaign_id,
        share_id=link_id,
        user_id=call.user_id,
        now=call.now,
    )


def _table(call: Call, work: Session, place: tuple[int, int], name: str, kind: str) -> Response:
    material = gather_material(work, call.shop_id, *place)
    return table_answer(material, name, kind)


def _content(answer: Response) -> tuple[bytes, str]:
    """The bytes of a file that a page hands out, and its name."""
    named = answer.headers["Content-Disposition"].partition('filename="')[2].rstrip('"')
    return answer.get_data(), named


def _link(share: Share) -> LinkShown:
    return LinkShown.model_validate({name: getattr(share, name) for name in LinkShown.model_fields})
