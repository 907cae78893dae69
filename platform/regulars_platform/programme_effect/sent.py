"""Who was written to: what has left, where the messages went out from here."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import LaunchedCampaign, campaign_ledger
from regulars_platform.campaigns.tables import FailedSend
from regulars_platform.delivery.states import LEFT, UNSURE
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeRunRow
from regulars_platform.settings import Settings

DAYS: dict[str, pl.DataType] = {"customer_id": pl.String(), "day": pl.Date()}
_DAY = dt.timedelta(days=1)


def campaign_contacts(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    """DAYS: contacts of a campaign on the days from `first` to `last`.

    Of an arm whose messages went out from here, those that left, on the day on which they did (an
    unsure one may have arrived and counts); of an arm by a list, everybody drawn, on the day of
    sending, but for those whom the shop says it did not reach.
    """
    theirs = (MessageRow.source == "campaign", MessageRow.source_id == campaign.id)
    zone = ZoneInfo(campaign.plan.timezone)
    sent = _sent(session, campaign.shop_id, theirs, zone, first, last)
    if not first <= campaign.plan.send_date <= last:
        return sent
    failed = select(FailedSend.customer_id).where(FailedSend.campaign_id == campaign.id)
    ways = select(MessageRow.arm).where(MessageRow.shop_id == campaign.shop_id, *theirs)
    drawn = campaign_ledger(settings, campaign).filter(
        (pl.col("arm") != HOLDOUT)
        & ~pl.col("arm").is_in(_texts(session.scalars(ways.distinct()).all()))
        & ~pl.col("customer_id").is_in(_texts(session.scalars(failed).all()))
    )
    by_list = drawn.select("customer_id", pl.lit(campaign.plan.send_date).alias("day"))
    return pl.concat([sent, by_list])


def programme_contacts(
    session: Session, shop_id: int, timezone: str, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """DAYS: contacts of all programmes of the shop on the days from `first` to `last`.

    Of days whose messages were handed to delivery, those that left, as with campaigns; of days that
    made a list, everybody told, on their day of contact.
    """
    zone = ZoneInfo(timezone)
    theirs = (MessageRow.source == "programme",)
    entry, run = ProgrammeEntryRow, ProgrammeRunRow
    runs = session.execute(select(run.id, run.counts).where(run.shop_id == shop_id))
    handed_over = {run_id for run_id, counts in runs if "queued" in counts}
    told = session.execute(
        select(entry.customer_id, entry.contact_on, entry.run_id).where(
            entry.shop_id == shop_id,
            entry.held_back.is_(False),
            entry.contact_on.between(first, last),
        )
    )
    by_list = [(name, day) for name, day, run_id in told if run_id not in handed_over]
    return pl.concat(
        [
            _sent(session, shop_id, theirs, zone, first, last),
            pl.DataFrame(by_list, schema=DAYS, orient="row"),
        ]
    )


def _sent(
    session: Session,
    shop_id: int,
    theirs: Sequence[ColumnElement[bool]],
    zone: ZoneInfo,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    message = MessageRow
    moment = func.coalesce(message.sent_at, message.changed_at, type_=message.changed_at.type)
    begins = dt.datetime.combine(first, dt.time(), tzinfo=zone)
    ends = dt.datetime.combine(last + _DAY, dt.time(), tzinfo=zone)
    query = select(message.customer_id, moment).where(
        message.shop_id == shop_id,
        *theirs,
        message.state.in_((*LEFT, UNSURE)),
        moment >= begins,
        moment < ends,
    )
    rows = [(name, at.astimezone(zone).date()) for name, at in session.execute(query)]
    return pl.DataFrame(rows, schema=DAYS, orient="row")


def _texts(names: Sequence[str]) -> pl.Series:
    return pl.Series(names, dtype=pl.String).implode()
