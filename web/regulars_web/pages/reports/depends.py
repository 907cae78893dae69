"""Everything that the body of a report's page depends on, looked up without reading any of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import DecisionRow
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.jobs.service import find_latest_job
from regulars_platform.reports.versions import Version
from regulars_platform.settings import Settings
from regulars_platform.shops.models import ShopProfile
from regulars_platform.targeting.jobs import KIND
from regulars_platform.targeting.tables import TargetingLimitRow, TargetingRow
from regulars_web.language import choose_locale

Key = tuple[object, ...]


def body_key(
    session: Session,
    settings: Settings,
    shop: ShopProfile,
    campaign_id: int,
    versions: Sequence[Version],
    report_id: int,
) -> Key | None:
    """What tells this body from any other; None while a job changes it from one look to the next.

    The report never changes, and neither does its plan. What stands on the page beside them: the
    list of versions, decisions, names of files, whom to keep, and what is known of the customers.
    """
    job = find_latest_job(session, (KIND,), campaign_id)
    if job is not None and not job.is_over:
        return None
    return (
        choose_locale(),
        repr(shop),
        campaign_id,
        report_id,
        tuple(version.digest for version in versions),
        None if job is None else (job.id, job.state),
        _beside(session, shop.id, campaign_id),
        data_state(settings.shop_dir(shop.id)),
    )


def _beside(session: Session, shop_id: int, campaign_id: int) -> Key:
    """Rows are added and never changed: how many there are, and the last, say which."""

    def of(column: Any, place: ColumnElement[bool]) -> Any:
        return select(column).where(place).scalar_subquery()

    brought = OrderImportRow.shop_id == shop_id
    row = session.execute(
        select(
            of(func.max(DecisionRow.id), DecisionRow.campaign_id == campaign_id),
            of(func.max(OrderImportRow.id), brought),
            of(func.count(OrderImportRow.id), brought),
            of(func.max(TargetingRow.id), TargetingRow.campaign_id == campaign_id),
            of(
                func.max(TargetingLimitRow.asked_at),
                TargetingLimitRow.campaign_id == campaign_id,
            ),
        )
    ).one()
    return tuple(row)


def data_state(shop_dir: Path) -> Key:
    """Changes with every commit to the shop's orders and other data: each adds a file to a log."""
    logs = (shop_dir / "orders" / "_delta_log", *shop_dir.glob("datasets/*/_delta_log"))
    return tuple((log.parent.name, log.stat().st_mtime_ns) for log in logs if log.exists())
