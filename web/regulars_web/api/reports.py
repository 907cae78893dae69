"""Reports of campaigns: evaluating, the stored documents, the rows behind them, decisions."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.service import get_launched
from regulars_platform.campaigns.tables import DecisionRow
from regulars_platform.jobs.service import enqueue, find_latest_job
from regulars_platform.jobs.service import get_job as find_job
from regulars_platform.reports.document import canonical_report
from regulars_platform.reports.errors import NoReportError
from regulars_platform.reports.rows import report_rows, rows_csv
from regulars_platform.reports.service import (
    Report,
    find_latest_report,
    get_report,
    list_decisions,
    list_reports,
    recompute,
    record_decision,
)
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile, JsonFile
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Id, Line, Model, Moment, Page, Words
from regulars_web.api.paging import PageQuery, paged

area = Area(
    "reports",
    "What campaigns earned. docs/report-json.md describes the document; every evaluation on other"
    " inputs is a version of its own, and none changes.",
)

KIND = "evaluate_campaign"


class ReportShown(Model):
    """A version of a report, without its document."""

    id: Id
    campaign_id: Id
    created_at: Moment
    sha256: str
    """Of the document, to the byte."""
    state: Literal["open", "provisional", "closed"]
    evaluated_on: dt.date
    data_until: dt.date | None


class Decision(Model):
    """What was decided on a report."""

    id: Id
    report_id: Id
    arm: str
    segment: str | None
    """Null: everybody."""
    choice: Literal["keep", "stop", "retest", "change"]
    reason: str
    decided_by: Id
    decided_at: Moment


class DecisionBody(Model):
    """What is decided: for which group, and why."""

    arm: Line
    segment: Line | None = None
    """Left out: everybody."""
    choice: Literal["keep", "stop", "retest", "change"]
    reason: Annotated[Words, Field(min_length=1, max_length=2000)]


class Verified(Model):
    """Whether the report comes out again to the byte from the versions that it names."""

    same: bool


@area.get("/campaigns/{campaign_id}/reports", scope=Scope.READ_REPORTS, also=(409,))
def list_campaign_reports(
    call: Call, work: Session, campaign_id: Id, query: PageQuery
) -> Page[ReportShown]:
    """The versions of a campaign's report, the newest first."""
    return paged(
        list_reports(work, call.shop_id, campaign_id),
        query,
        _shown,
        lambda report: (report.id,),
        descending=True,
    )


@area.post("/campaigns/{campaign_id}/reports", scope=Scope.WRITE_REPORTS, status=202)
def evaluate_campaign(call: Call, work: Session, campaign_id: Id) -> Answer[JobShown]:
    """Evaluate on the orders as they are now

    A job does it; the same inputs give the version that is there already. An evaluation that is
    under way is enough.
    """
    campaign = get_launched(work, call.shop_id, campaign_id)
    running = find_latest_job(work, (KIND,), campaign.id)
    if running is None or running.is_over:
        job_id = enqueue(work, KIND, call.shop_id, campaign.id, call.now)
        running = find_job(work, call.shop_id, job_id)
    return Answer[JobShown](data=job_shown(running))


@area.get("/campaigns/{campaign_id}/report", scope=Scope.READ_REPORTS, also=(409,))
def get_latest_report(call: Call, work: Session, campaign_id: Id) -> JsonFile:
    """The document of the latest version, byte for byte as it is stored."""
    report = find_latest_report(work, call.shop_id, campaign_id)
    if report is None:
        raise NoReportError.unknown()
    return _document(report)


@area.get("/campaigns/{campaign_id}/reports/{report_id}", scope=Scope.READ_REPORTS, also=(409,))
def get_report_document(call: Call, work: Session, campaign_id: Id, report_id: Id) -> JsonFile:
    """The document of a version, byte for byte as it is stored

    The same bytes as the page's download, and but for the line's end as `regulars campaign report
    --json` prints.
    """
    return _document(get_report(work, call.shop_id, campaign_id, report_id))


@area.get(
    "/campaigns/{campaign_id}/reports/{report_id}/outcomes",
    scope=Scope.READ_OUTCOMES,
    also=(409,),
)
def download_outcomes(call: Call, work: Session, campaign_id: Id, report_id: Id) -> CsvFile:
    """What every drawn unit did, as the report has it, one row each

    Read from the very versions that the report names: unit_id, arm, segment, members (customers of
    the unit), amounts as decimals in the shop's currency (goods, returned, kept, offer_cost,
    contact_cost, revenue, capped_revenue, pre_spend), counts (orders, used_offer) and flags (buyer,
    offer_user, and what else the plan declares). Net profit of a unit is the margin on kept, less
    offer_cost and contact_cost.
    """
    found = report_rows(
        work,
        call.settings,
        shop_id=call.shop_id,
        campaign_id=campaign_id,
        report_id=report_id,
    )
    return CsvFile(rows_csv(found), f"outcomes-{campaign_id}-{report_id}.csv")


@area.post(
    "/campaigns/{campaign_id}/reports/{report_id}/verify",
    scope=Scope.READ_REPORTS,
    reads=True,
    also=(409,),
)
def verify_report(call: Call, work: Session, campaign_id: Id, report_id: Id) -> Answer[Verified]:
    """Compute a version again from the versions it names, and compare it byte for byte."""
    report = get_report(work, call.shop_id, campaign_id, report_id)
    same = recompute(work, call.settings, shop_id=call.shop_id, report_id=report.id)
    return Answer[Verified](data=Verified(same=same))


@area.get("/campaigns/{campaign_id}/decisions", scope=Scope.READ_REPORTS, also=(409,))
def list_campaign_decisions(
    call: Call, work: Session, campaign_id: Id, query: PageQuery
) -> Page[Decision]:
    """What was decided on a campaign's reports, the newest first."""
    get_launched(work, call.shop_id, campaign_id)
    return paged(
        list_decisions(work, campaign_id),
        query,
        _decision,
        lambda row: (row.id,),
        descending=True,
    )


@area.post(
    "/campaigns/{campaign_id}/reports/{report_id}/decisions",
    scope=Scope.WRITE_REPORTS,
    status=201,
    example={
        "arm": "Free shipping",
        "segment": "new",
        "choice": "keep",
        "reason": "Proved twice by now.",
    },
)
def decide(
    call: Call, work: Session, campaign_id: Id, report_id: Id, body: DecisionBody
) -> Answer[Decision]:
    """Record a decision; decisions are added, never changed."""
    row = record_decision(
        work,
        get_report(work, call.shop_id, campaign_id, report_id),
        arm=body.arm,
        segment=body.segment,
        choice=body.choice,
        reason=body.reason,
        user_id=call.user_id,
        now=call.now,
    )
    return Answer[Decision](data=_decision(row))


def _document(report: Report) -> JsonFile:
    name = f"report-{report.campaign_id}-{report.id}.json"
    return JsonFile(canonical_report(report.document), name)


def _shown(report: Report) -> ReportShown:
    status = report.document["status"]
    until = status["data_until"]
    return ReportShown(
        id=report.id,
        campaign_id=report.campaign_id,
        created_at=report.created_at,
        sha256=report.document_sha256,
        state=status["state"],
        evaluated_on=dt.date.fromisoformat(status["evaluated_on"]),
        data_until=None if until is None else dt.date.fromisoformat(until),
    )


def _decision(row: DecisionRow) -> Decision:
    return Decision.model_validate({name: getattr(row, name) for name in Decision.model_fields})
