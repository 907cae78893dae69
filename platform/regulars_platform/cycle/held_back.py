"""Whom the due list leaves out because somebody is finding out what happens without a contact."""

import datetime as dt
import json

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, launched_of, list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeVersionRow
from regulars_platform.settings import Settings

LONGEST_WINDOW = 365


def held_back(session: Session, settings: Settings, shop_id: int, day: dt.date) -> frozenset[str]:
    """In the holdout of a campaign or programme whose window lasts on that day.

    A programme's window is taken as 365 days at most from the entry, the longest there can be where
    its own is not known any more.
    """
    found = set(_of_programmes(session, shop_id, day))
    for campaign in list_campaigns(session, shop_id):
        if campaign.state != LAUNCHED:
            continue
        launched = launched_of(campaign)
        if launched.plan.send_date <= day <= launched.plan.outcome_end:
            ledger = campaign_ledger(settings, launched)
            found.update(ledger.filter(pl.col("arm") == HOLDOUT)["customer_id"])
    return frozenset(found)


def _of_programmes(session: Session, shop_id: int, day: dt.date) -> list[str]:
    row = ProgrammeEntryRow
    windows = _windows(session, shop_id)
    entries = session.execute(
        select(row.customer_id, row.version_id, row.contact_on).where(
            row.shop_id == shop_id,
            row.held_back,
            row.contact_on > day - dt.timedelta(days=LONGEST_WINDOW),
            row.entered_on <= day,
        )
    )
    return [
        one.customer_id
        for one in entries
        if day < one.contact_on + dt.timedelta(days=windows.get(one.version_id, LONGEST_WINDOW))
    ]


def _windows(session: Session, shop_id: int) -> dict[int, int]:
    """Version of a programme -> days of its outcome window."""
    row = ProgrammeVersionRow
    found = session.execute(select(row.id, row.plan_json).where(row.shop_id == shop_id))
    return {
        one.id: int(json.loads(one.plan_json).get("window_days", LONGEST_WINDOW)) for one in found
    }
