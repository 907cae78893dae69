"""What files of a report are made of: the report with its version, whom to keep, and decisions."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from regulars_platform.accounts.service import names_of_users
from regulars_platform.campaigns.service import LaunchedCampaign, get_launched
from regulars_platform.intake.service import list_imports
from regulars_platform.report_tables.table import Decided, Document, Sources
from regulars_platform.reports.service import Report, get_report, list_decisions
from regulars_platform.reports.versions import Version, list_versions, version_of
from regulars_platform.targeting.service import find_targeting


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """One version of a report and what stands beside it. files: names by import."""

    campaign: LaunchedCampaign
    report: Report
    version: Version
    targeting: Document | None
    decisions: tuple[Decided, ...]
    files: Mapping[int, str]

    @property
    def sources(self) -> Sources:
        """For the tables."""
        return Sources(
            document=self.report.document,
            targeting=self.targeting,
            decisions=self.decisions,
            files=self.files,
        )

    @property
    def about(self) -> dict[str, str | int]:
        """Which report a file is of."""
        return {
            "campaign": self.campaign.id,
            "report": self.report.id,
            "version": self.version.number,
            "document_sha256": self.report.document_sha256,
        }


def gather_material(
    session: Session, shop_id: int, campaign_id: int, report_id: int, *, shared: bool = False
) -> Material:
    """Of a report of this shop; shared: without what strangers may not read.

    Raises NoReportError.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    report = get_report(session, shop_id, campaign_id, report_id)
    return Material(
        campaign=campaign,
        report=report,
        version=version_of(list_versions(session, campaign_id), report_id),
        targeting=targeting_of(session, report, shop_id),
        decisions=() if shared else _decisions(session, campaign_id),
        files={}
        if shared
        else {int(file.id): file.filename for file in list_imports(session, shop_id)},
    )


def targeting_of(session: Session, report: Report, shop_id: int) -> Document | None:
    """Whom to keep, where it was worked out on the orders of this very report."""
    found = find_targeting(session, shop_id, report.campaign_id)
    if found is None or found.orders_version != report.document["inputs"]["orders_version"]:
        return None
    return found.document if found.is_worked_out else None


def _decisions(session: Session, campaign_id: int) -> tuple[Decided, ...]:
    rows = list_decisions(session, campaign_id)
    names = names_of_users(session, {row.decided_by for row in rows})
    return tuple(
        Decided(
            arm=row.arm,
            segment=row.segment,
            choice=row.choice,
            reason=row.reason,
            decided_by=names.get(row.decided_by, ""),
            decided_at=row.decided_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            report=row.report_id,
        )
        for row in rows
    )
