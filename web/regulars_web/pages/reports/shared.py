"""What of a report strangers may read: nothing about few people, no names of the shop's files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext

from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.reports.service import Report
from regulars_web.formats import number
from regulars_web.pages.reports.contamination import ArmsRow, ContaminationSection, LedgerRow
from regulars_web.pages.reports.page import ReportPage, build_report_page


def shared_page(report: Report) -> ReportPage:
    """The report's page as strangers may read it."""
    page = build_report_page(report, names_of_files(report.document))
    if page.contamination is None:
        return page
    return replace(page, contamination=without_few(page.contamination))


def names_of_files(document: Mapping[str, Any]) -> dict[int, str]:
    """Order files by their place: their names may say more than a stranger should read."""
    matches: Sequence[Mapping[str, Any]] = document["checks"]["matches"]
    return {
        match["import_id"]: str(gettext("order file %(n)s", n=place))
        for place, match in enumerate(matches, start=1)
    }


def without_few(section: ContaminationSection) -> ContaminationSection:
    """The ledger without counts and shares of fewer people than may be shown."""
    return replace(
        section,
        rows=tuple(_row(row) for row in section.rows),
        by_arm=tuple(_arms(row) for row in section.by_arm),
        finding="",  # says a count of the ledger
    )


def _row(row: LedgerRow) -> LedgerRow:
    return replace(row, count=_few(), share="") if _is_few(row.count) else row


def _arms(row: ArmsRow) -> ArmsRow:
    return replace(
        row,
        cells=tuple(
            (arm, _few(), "") if _is_few(count) else (arm, count, share)
            for arm, count, share in row.cells
        ),
    )


def _is_few(count: str) -> bool:
    return count.isdecimal() and 0 < int(count) < LEAST_SHOWN


def _few() -> str:
    return str(gettext("under %(n)s", n=number(LEAST_SHOWN)))
