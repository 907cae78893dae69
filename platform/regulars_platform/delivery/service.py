"""Handing out the lists of a launched campaign."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger, get_launched
from regulars_platform.delivery.lists import (
    assignment_list,
    contact_list,
    contacted,
    treated_arm,
)
from regulars_platform.reach.gate import open_gate
from regulars_platform.settings import Settings


def campaign_contact_list(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    arm: str,
    now: dt.datetime,
) -> Iterator[bytes]:
    """The contact list of one treated arm as CSV, in pieces, without whoever is barred now.

    Raises HoldoutContactError, ArmNotFoundError, NotLaunchedError, LedgerDamagedError: all before
    the first piece.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    treated = treated_arm(campaign.plan, arm)
    ledger = campaign_ledger(settings, campaign)
    barred = barred_of_arm(session, settings, campaign, arm, ledger, now=now)
    return contact_list(treated, ledger, suppressed=barred)


def barred_of_arm(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    arm: str,
    ledger: pl.DataFrame,
    *,
    now: dt.datetime,
) -> list[str]:
    """Customers of a treated arm whom the gate bars at this moment, for the arm's channel."""
    channel = next(one.channel for one in campaign.plan.arms if one.name == arm)
    day = now.astimezone(ZoneInfo(campaign.plan.timezone)).date()
    gate = open_gate(session, settings, campaign.shop_id, channels=(channel,), day=day)
    theirs = ledger.filter(pl.col("arm") == arm)["customer_id"]
    return theirs.filter(gate.barred(theirs).is_not_null()).to_list()


def campaign_assignment_list(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int
) -> Iterator[bytes]:
    """The full assignment as CSV, in pieces, for the analyst."""
    return assignment_list(campaign_ledger(settings, get_launched(session, shop_id, campaign_id)))


def contact_counts(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Treated arm -> (customers on its list now, customers barred since the draw)."""
    campaign = get_launched(session, shop_id, campaign_id)
    ledger = campaign_ledger(settings, campaign)
    drawn = dict(campaign.arms)
    counts = {}
    for arm in campaign.plan.arms:
        barred = barred_of_arm(session, settings, campaign, arm.name, ledger, now=now)
        listed = contacted(treated_arm(campaign.plan, arm.name), ledger, suppressed=barred)
        counts[arm.name] = (listed.height, drawn[arm.name] - listed.height)
    return counts
