"""The effect page's boards: what old-customer marketing shows, and what its experiments say."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import LaunchedCampaign, launched_of, list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.figures.contacted import Attributed, attribute, contacts_of
from regulars_platform.figures.counts import Counts, count
from regulars_platform.figures.industry import Beside, beside_industry
from regulars_platform.figures.members import Members, members_until
from regulars_platform.figures.periods import DAYS, Period, course, period_before, period_until
from regulars_platform.figures.traffic import Traffic
from regulars_platform.figures.visits import Source
from regulars_platform.figures.won import Won, buyers_won
from regulars_platform.programmes.history import entry_counts
from regulars_platform.programmes.results import find_result
from regulars_platform.programmes.service import Programme, list_programmes
from regulars_platform.reports.service import find_latest_report
from regulars_platform.settings import Settings
from regulars_platform.shops.service import get_shop
from regulars_platform.tiers.membership import membership_of

WEEKS = 8
MONTHS = 13
CAMPAIGNS = 20
"""The latest that are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """The experiments of the shop: launched campaigns with their latest report, and programmes
    that run or ran with how many they have told and their kept result (documents; None before the
    first)."""

    campaigns: tuple[tuple[LaunchedCampaign, Mapping[str, Any] | None], ...]
    programmes: tuple[tuple[Programme, int, Mapping[str, Any] | None], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Boards:
    """Everything of the page. weeks: attributed shares by 7 days, the oldest first; months: whole
    months, None before the orders; industry: over the last 7 days."""

    last: dt.date
    weeks: tuple[tuple[Period, Attributed], ...]
    won: tuple[Won, ...]
    members: Members | None
    months: tuple[tuple[Period, Counts | None], ...]
    industry: tuple[Beside, ...]


def read_tried(session: Session, shop_id: int) -> Tried:
    """The shop's experiments, the latest campaigns first."""
    launched = [one for one in list_campaigns(session, shop_id) if one.state == LAUNCHED]
    campaigns = []
    for row in launched[:CAMPAIGNS]:
        report = find_latest_report(session, shop_id, row.id)
        campaigns.append((launched_of(row), None if report is None else report.document))
    programmes, told = [], entry_counts(session, shop_id)
    for programme in list_programmes(session, shop_id):
        if programme.version is not None:
            result = find_result(session, programme.version.id)
            so_far, _ = told.get(programme.id, (0, 0))
            programmes.append((programme, so_far, None if result is None else result.document))
    return Tried(campaigns=tuple(campaigns), programmes=tuple(programmes))


def net_of_report(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """Net profit per unit told (currency units) and the units, as a report's document says: of all
    arms together, else of the first."""
    group = document.get("total") or document["overall"][0]
    return group["net"], group["n"]


def build_boards(
    session: Session,
    settings: Settings,
    source: Source,
    tried: Tried,
    *,
    shop_id: int,
    last: dt.date,
) -> Boards:
    """All boards on orders until the end of `last`."""
    weeks = [
        one
        for one in course("week", period_until("week", last), WEEKS)
        if source.days is not None and one.last >= source.days.first
    ]
    campaigns = [campaign for campaign, _ in tried.campaigns]
    contacts = contacts_of(
        session,
        settings,
        shop_id=shop_id,
        span=Period(first=weeks[0].first if weeks else last, last=last),
    )
    months = course("month", period_until("month", last), MONTHS)
    counted = count(source, months)
    now = Period(first=last - dt.timedelta(days=DAYS - 1), last=last)
    before = period_before("week", now)
    both = count(source, [now, before])
    shop_dir = source.store.shop_dir
    return Boards(
        last=last,
        weeks=tuple(zip(weeks, attribute(source, contacts, weeks), strict=True)),
        won=buyers_won(source, settings, campaigns, last),
        members=members_until(source, last, membership_of(get_shop(session, shop_id))),
        months=tuple(zip(months, counted, strict=True)),
        industry=beside_industry(
            Traffic(shop_dir), Traffic(shop_dir, "industry"), (now, both[0]), (before, both[1])
        ),
    )
