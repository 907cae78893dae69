"""Further versions of a stored report, without evaluating again."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from regulars_platform.campaigns.tables import ReportRow
from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.reports.document import canonical_report
from regulars_platform.storage.database import Database
from tests.web.conftest import NOW


def stored_document(database: Database, report_id: int = 1) -> dict[str, Any]:
    """The document of a stored report."""
    with database.unit_of_work() as session:
        row = session.scalars(select(ReportRow).where(ReportRow.id == report_id)).one()
        document: dict[str, Any] = json.loads(row.document)
        return document


def keep_another(database: Database, document: Mapping[str, Any], campaign_id: int = 1) -> int:
    """Keep a further version with this document; returns its id."""
    text = canonical_report(document)
    with database.unit_of_work() as session:
        row = ReportRow(
            campaign_id=campaign_id,
            created_at=NOW,
            inputs=dict(document["inputs"]),
            inputs_sha256=sha256_of(canonical_json(text)),
            document=text,
            document_sha256=sha256_of(text),
        )
        session.add(row)
        session.flush()
        return row.id
