"""The newest report of each of several campaigns, found without reading documents."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import Campaign, ReportRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Newest:
    """digest: SHA-256 of the document."""

    report_id: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A document under its SHA-256."""

    digest: str
    document: dict[str, Any]


def newest_reports(
    session: Session, shop_id: int, campaign_ids: Collection[int]
) -> dict[int, Newest]:
    """By campaign of this shop; those without a report are left out."""
    if not campaign_ids:
        return {}
    latest = (
        select(func.max(ReportRow.id))
        .join(Campaign, Campaign.id == ReportRow.campaign_id)
        .where(Campaign.shop_id == shop_id, ReportRow.campaign_id.in_(campaign_ids))
        .group_by(ReportRow.campaign_id)
    )
    rows = session.execute(
        select(ReportRow.campaign_id, ReportRow.id, ReportRow.document_sha256).where(
            ReportRow.id.in_(latest)
        )
    )
    return {campaign: Newest(report_id=number, digest=digest) for campaign, number, digest in rows}


def documents_of(session: Session, report_ids: Collection[int]) -> Iterator[Read]:
    """The documents of reports, one after the other."""
    for number in report_ids:
        row = session.get_one(ReportRow, number)
        yield Read(digest=row.document_sha256, document=json.loads(row.document))
