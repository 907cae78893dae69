"""What figures of a shop hang on besides its orders, as texts that change whenever it does.

A figure that is kept under such a text is never out of date. The tables asked here only grow, or
change their moments when a row changes; each is asked for a few numbers.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import LAUNCHED, Campaign, NextRoundRow, ReportRow
from regulars_platform.customers.whole import due_path
from regulars_platform.datasets.table import dataset_versions
from regulars_platform.memory.tables import LearningRow
from regulars_platform.programmes.tables import (
    ProgrammeEntryRow,
    ProgrammeRow,
    ProgrammeRunRow,
    ProgrammeVersionRow,
)
from regulars_platform.reach.holdout import list_holdouts
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.tables import Suppression


def contact_state(session: Session, settings: Settings, shop: Shop) -> str:
    """Whom the shop may contact, and whom it contacts already: settings, files of customers, who
    opted out, global holdouts, launched campaigns, programmes and their entries."""
    shop_dir = settings.shop_dir(shop.id)
    entry = select(ProgrammeEntryRow.id).where(ProgrammeEntryRow.shop_id == shop.id)
    found: list[Any] = [
        shop.practice,
        dataset_versions(shop_dir),
        file_state(due_path(shop_dir)),
        _silent(session, shop.id),
        [str(one) for one in list_holdouts(session, shop.id)],
        launched_ledgers(session, shop.id),
        _programmes(session, shop.id),
        _numbers(session, ProgrammeRunRow, shop.id, func.max(ProgrammeRunRow.ran_at)),
        # entries are many: the last of them is found without counting
        session.scalar(entry.order_by(ProgrammeEntryRow.id.desc()).limit(1)),
    ]
    return _digest(found)


def memory_state(session: Session, shop_id: int) -> str:
    """What past campaigns taught: reports, what was learnt of them, and drafts of next rounds."""
    own = Campaign.shop_id == shop_id
    reports = select(func.count(), func.max(ReportRow.id)).join(
        Campaign, Campaign.id == ReportRow.campaign_id
    )
    rounds = select(
        func.count(), func.max(NextRoundRow.id), func.max(NextRoundRow.created_at)
    ).join(Campaign, Campaign.id == NextRoundRow.campaign_id)
    found: list[Any] = [
        tuple(session.execute(reports.where(own)).one()),
        tuple(session.execute(rounds.where(own)).one()),
        _numbers(session, LearningRow, shop_id, func.max(LearningRow.report_id)),
        launched_ledgers(session, shop_id),
    ]
    return _digest(found)


def launched_ledgers(session: Session, shop_id: int) -> list[tuple[Any, ...]]:
    """id and checksums of the plan and the ledger of every launched campaign: they never change."""
    rows = session.execute(
        select(Campaign.id, Campaign.plan_sha256, Campaign.ledger_sha256)
        .where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
        .order_by(Campaign.id)
    )
    return [tuple(row) for row in rows]


def _programmes(session: Session, shop_id: int) -> list[tuple[Any, ...]]:
    # the draft of a programme that runs is not what it does: its versions are
    row, version = ProgrammeRow, ProgrammeVersionRow
    rows = session.execute(
        select(row.id, row.state, row.name, row.version_id, version.id, version.plan_sha256)
        .outerjoin(version, version.programme_id == row.id)
        .where(row.shop_id == shop_id)
        .order_by(row.id, version.id)
    )
    return [tuple(row) for row in rows]


def _silent(session: Session, shop_id: int) -> tuple[Any, ...]:
    # somebody taken off and another put on in one moment would not show in counts and moments
    name = Suppression.customer_id
    texts = (func.min(name), func.max(name), func.sum(func.length(name)))
    asked = select(*texts).where(Suppression.shop_id == shop_id)
    added = _numbers(session, Suppression, shop_id, func.max(Suppression.added_at))
    return (*added, *session.execute(asked).one())


def _numbers(session: Session, table: Any, shop_id: int, latest: Any) -> tuple[Any, ...]:
    asked = select(func.count(), func.max(table.id), func.sum(table.id), latest)
    return tuple(session.execute(asked.where(table.shop_id == shop_id)).one())


def file_state(path: Path) -> tuple[int, int] | None:
    """When it was last written, and how large it is; None where it is not."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _digest(found: list[Any]) -> str:
    text = json.dumps(found, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
