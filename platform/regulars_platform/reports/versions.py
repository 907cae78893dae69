"""The versions of a campaign's report: each evaluation on other inputs is one, and none changes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import ReportRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One stored report without its document. number: counted from 1 within its campaign."""

    id: int
    number: int
    created_at: dt.datetime
    digest: str


def list_versions(session: Session, campaign_id: int) -> tuple[Version, ...]:
    """All versions of the campaign's report, the first one first; documents are not read.

    campaign_id: of a campaign that was already found to be the shop's.
    """
    rows = session.execute(
        select(ReportRow.id, ReportRow.created_at, ReportRow.document_sha256)
        .where(ReportRow.campaign_id == campaign_id)
        .order_by(ReportRow.id)
    )
    return tuple(
        Version(id=id_, number=number, created_at=created_at, digest=digest)
        for number, (id_, created_at, digest) in enumerate(rows, start=1)
    )


def version_of(versions: Sequence[Version], report_id: int) -> Version:
    """The version with this id; KeyError if it is none of them."""
    for version in versions:
        if version.id == report_id:
            return version
    raise KeyError(report_id)


def version_before(versions: Sequence[Version], report_id: int) -> Version | None:
    """The version just before this one; None before the first."""
    earlier = [version for version in versions if version.id < report_id]
    return max(earlier, key=lambda version: version.id, default=None)
