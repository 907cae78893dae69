"""How far a shop is on the way through its first campaign, read from what there is."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.delivery.tables import BatchRow
from regulars_platform.intake.models import ImportState
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.orders.table import OrdersTable
from regulars_platform.reports.service import find_latest_report, list_decisions
from regulars_platform.segments.service import list_segments
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import HasPractice, keep_section, read_section

SECTION = "guide"
CUSTOMERS, LIST, REPORT = "customers", "list", "report"
"""What was looked at or taken along: nothing but the visit itself says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """draft, launched: numbers of the campaigns that the way is about, the latest; None: none yet.

    brought: orders came after the launch. campaigns: how many were launched. The others say whether
    it was done.
    """

    orders: bool
    looked: bool
    chosen: bool
    draft: int | None
    launched: int | None
    handed_out: bool
    brought: bool
    evaluated: bool
    read: bool
    decided: bool
    campaigns: int

    @property
    def done(self) -> tuple[bool, ...]:
        """The steps in their order. A later one that was done stands for what leads to it."""
        return (
            self.orders,
            self.looked,
            self.chosen or self.launched is not None,
            self.draft is not None or self.launched is not None,
            self.launched is not None,
            self.handed_out,
            self.brought,
            self.read,
            self.decided,
        )


def progress_of(session: Session, settings: Settings, shop_id: int, shop: HasPractice) -> Progress:
    """How far the shop is."""
    campaigns = list_campaigns(session, shop_id)
    launched = next((one for one in campaigns if one.state == LAUNCHED), None)
    draft = next((one for one in campaigns if one.state != LAUNCHED), None)
    seen = seen_of(shop)
    evaluated = launched is not None and _has_report(session, shop_id, launched)
    return Progress(
        orders=OrdersTable(settings.shop_dir(shop_id)).exists(),
        looked=CUSTOMERS in seen,
        chosen=bool(campaigns) or bool(list_segments(session, shop_id)),
        draft=None if draft is None else draft.id,
        launched=None if launched is None else launched.id,
        handed_out=launched is not None
        and (LIST in seen or _has_messages(session, shop_id, launched.id)),
        brought=launched is not None and _has_orders_since(session, shop_id, launched.launched_at),
        evaluated=evaluated,
        read=evaluated and REPORT in seen,
        decided=launched is not None and bool(list_decisions(session, launched.id)),
        campaigns=sum(one.state == LAUNCHED for one in campaigns),
    )


def seen_of(shop: HasPractice) -> Collection[str]:
    """What was looked at in the shop so far."""
    kept = read_section(shop, SECTION)
    return frozenset(map(str, kept)) if isinstance(kept, list) else frozenset()


def keep_seen(session: Session, shop_id: int, shop: HasPractice, what: str) -> None:
    """Remember that it was looked at."""
    keep_section(session, shop_id, SECTION, sorted({*seen_of(shop), what}))


def _has_report(session: Session, shop_id: int, campaign: Campaign) -> bool:
    return find_latest_report(session, shop_id, campaign.id) is not None


def _has_messages(session: Session, shop_id: int, campaign_id: int) -> bool:
    found = select(BatchRow.id).where(
        BatchRow.shop_id == shop_id,
        BatchRow.source == "campaign",
        BatchRow.source_id == campaign_id,
    )
    return session.scalar(found.limit(1)) is not None


def _has_orders_since(session: Session, shop_id: int, moment: dt.datetime | None) -> bool:
    found = select(OrderImportRow.id).where(
        OrderImportRow.shop_id == shop_id,
        OrderImportRow.state == ImportState.STORED,
        OrderImportRow.received_at > moment,
    )
    return moment is not None and session.scalar(found.limit(1)) is not None
