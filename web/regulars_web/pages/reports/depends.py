"""Everything that the body of a report's page depends on, looked up without reading any of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import DecisionRow, ReportRow
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.tables import JobRow
from regulars_platform.shops.models import ShopProfile
from regulars_platform.targeting.jobs import KIND
from regulars_platform.targeting.tables import TargetingLimitRow, TargetingRow
from regulars_web.language import choose_locale

Key = tuple[object, ...]
_OVER = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


_SHOP: Any = bindparam("shop_id")
_CAMPAIGN: Any = bindparam("campaign_id")


def _of(column: Any, place: ColumnElement[bool]) -> Any:
    return select(column).where(place).scalar_subquery()


def _job(column: Any, kind: str) -> Any:
    """Of the last job of this kind about the campaign."""
    which = (JobRow.kind == kind) & (JobRow.subject_id == _CAMPAIGN)
    last = (JobRow.created_at.desc(), JobRow.id)
    return select(column).where(which).order_by(*last).limit(1).scalar_subquery()


_LOOK = select(
    _of(func.max(ReportRow.id), ReportRow.campaign_id == _CAMPAIGN),
    _of(func.count(ReportRow.id), ReportRow.campaign_id == _CAMPAIGN),
    _of(func.max(DecisionRow.id), DecisionRow.campaign_id == _CAMPAIGN),
    _of(func.max(OrderImportRow.id), OrderImportRow.shop_id == _SHOP),
    _of(func.count(OrderImportRow.id), OrderImportRow.shop_id == _SHOP),
    _of(func.max(TargetingRow.id), TargetingRow.campaign_id == _CAMPAIGN),
    _of(func.max(TargetingLimitRow.asked_at), TargetingLimitRow.campaign_id == _CAMPAIGN),
    _job(JobRow.id, "evaluate_campaign"),
    _job(JobRow.state, "evaluate_campaign"),
    _job(JobRow.id, KIND),
    _job(JobRow.state, KIND),
)
"""Put together once: that takes longer than asking it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One small look at the database. beside: what changes when anything does that the page shows
    besides the report, which never changes, nor does its plan.

    newest: the id of the newest version. jobs: (id, state) of the last evaluation, and of the last
    time that it was worked out whom to keep.
    """

    newest: int | None
    beside: Key
    jobs: tuple[tuple[str | None, str | None], ...]

    @property
    def is_still(self) -> bool:
        """Whether no job is under way, which would change the page from one look to the next."""
        return all(state is None or state in _OVER for _, state in self.jobs)

    def key(self, shop: ShopProfile, shop_dir: Path, campaign_id: int, report_id: int) -> Key:
        """What tells the body of this version's page from any other."""
        return (
            choose_locale(),
            repr(shop),
            campaign_id,
            report_id,
            self,
            data_state(shop_dir),
        )


def look_at(session: Session, shop_id: int, campaign_id: int) -> Look:
    """Rows are added and never changed: how many there are, and the last one, say which."""
    row = session.execute(_LOOK, {"shop_id": shop_id, "campaign_id": campaign_id}).one()
    *beside, one, its_state, other, other_state = row
    return Look(newest=row[0], beside=tuple(beside), jobs=((one, its_state), (other, other_state)))


def data_state(shop_dir: Path) -> Key:
    """Changes with every commit to the shop's orders and other data: each adds a file to a log."""
    logs = (shop_dir / "orders" / "_delta_log", *shop_dir.glob("datasets/*/_delta_log"))
    return tuple((log.parent.name, log.stat().st_mtime_ns) for log in logs if log.exists())
