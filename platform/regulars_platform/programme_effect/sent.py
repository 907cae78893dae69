"""Who was written to by a campaign: what has left, where the messages went out from here."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger
from regulars_platform.delivery.states import LEFT, UNSURE
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.settings import Settings


def campaign_contacts(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    """customer_id, day: contacts of a campaign on the days from `first` to `last`.

    Of an arm whose messages went out from here, those that left, on the day on which they did (an
    unsure one may have arrived and counts); of an arm by a list, everybody drawn, on the day of
    sending.
    """
    sent = _sent(session, campaign)
    by_list = campaign.plan.send_date
    drawn = (
        campaign_ledger(settings, campaign)
        .filter((pl.col("arm") != HOLDOUT) & ~pl.col("arm").is_in(_arms(session, campaign)))
        .select("customer_id", pl.lit(by_list).alias("day"))
    )
    return pl.concat([sent, drawn]).filter(pl.col("day").is_between(first, last))


def _arms(session: Session, campaign: LaunchedCampaign) -> pl.Series:
    """Arms of which any message was queued here."""
    message = MessageRow
    query = select(message.arm).where(
        message.shop_id == campaign.shop_id,
        message.source == "campaign",
        message.source_id == campaign.id,
    )
    return pl.Series(session.scalars(query.distinct()).all(), dtype=pl.String).implode()


def _sent(session: Session, campaign: LaunchedCampaign) -> pl.DataFrame:
    message, zone = MessageRow, ZoneInfo(campaign.plan.timezone)
    query = select(
        message.customer_id,
        func.coalesce(message.sent_at, message.changed_at, type_=message.changed_at.type),
    ).where(
        message.shop_id == campaign.shop_id,
        message.source == "campaign",
        message.source_id == campaign.id,
        message.state.in_((*LEFT, UNSURE)),
    )
    rows = [(name, moment.astimezone(zone).date()) for name, moment in session.execute(query)]
    schema = {"customer_id": pl.String(), "day": pl.Date()}
    return pl.DataFrame(rows, schema=schema, orient="row")
