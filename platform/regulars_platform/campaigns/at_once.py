"""Campaigns that run in the days of a plan, and how many of its customers are in them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, launched_of
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.fields import WHOLE
from regulars_platform.settings import Settings


class HasWindow(Protocol):
    """A plan, or what of a draft holds."""

    @property
    def send_date(self) -> dt.date | None:
        """The first day of its outcome window."""
        ...

    @property
    def outcome_end(self) -> dt.date | None:
        """The last day of it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningCampaign:
    """A launched campaign with its customers: customer_id, arm."""

    id: int
    name: str
    last: dt.date
    people: pl.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """A running campaign whose customers a plan would draw again. last: of its outcome window.

    shared: of its customers, in whichever arm; told: of these, about how many it holds back and the
    plan would tell (None while the plan's holdout is not known).
    """

    id: int
    name: str
    last: dt.date
    shared: int
    told: int | None


def running_beside(
    session: Session, settings: Settings, shop_id: int, plan: HasWindow
) -> list[RunningCampaign]:
    """Launched campaigns of the shop whose outcome window shares a day with the plan's.

    None of them while the plan does not say its days.
    """
    first, last = plan.send_date, plan.outcome_end
    if first is None or last is None:
        return []
    rows = session.scalars(
        select(Campaign)
        .where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
        .order_by(Campaign.id)
    )
    beside = [one for one in map(launched_of, rows) if _overlaps(one, first, last)]
    return [
        RunningCampaign(
            id=one.id,
            name=one.plan.name,
            last=one.plan.outcome_end,
            people=campaign_ledger(settings, one).select("customer_id", "arm"),
        )
        for one in beside
    ]


def _overlaps(campaign: LaunchedCampaign, first: dt.date, last: dt.date) -> bool:
    return campaign.plan.send_date <= last and first <= campaign.plan.outcome_end


def members_of(running: Sequence[RunningCampaign]) -> pl.Series:
    """customer_id of everybody in any of them, held back or told, once each."""
    if not running:
        return pl.Series("customer_id", [], dtype=pl.String)
    return pl.concat([one.people["customer_id"] for one in running]).unique()


def find_meetings(
    running: Sequence[RunningCampaign], drawn: pl.DataFrame, holdout: int | None
) -> tuple[Meeting, ...]:
    """Those that share customers with the drawn, the most first.

    drawn: customer_id; holdout: the plan's, in basis points.
    """
    found = []
    for one in running:
        shared = one.people.join(drawn, on="customer_id", how="semi")
        if shared.is_empty():
            continue
        held = shared.filter(pl.col("arm") == HOLDOUT).height
        found.append(
            Meeting(
                id=one.id,
                name=one.name,
                last=one.last,
                shared=shared.height,
                told=None if holdout is None else round(held * (WHOLE - holdout) / WHOLE),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.shared, one.id)))
