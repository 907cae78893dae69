"""Whom the past still reaches on the day a holdout begins: told before, in windows that run on."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger
from regulars_platform.programme_effect.crowding import launched_campaigns
from regulars_platform.programmes.service import list_programmes
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldLately:
    """customers: told before the day by something whose window lasts on it; last: the last day of
    these windows, None where there are none."""

    customers: int
    last: dt.date | None

    @property
    def clean_from(self) -> dt.date | None:
        """The first day that none of these windows holds."""
        return None if self.last is None else self.last + dt.timedelta(days=1)


def told_and_waiting(
    session: Session, settings: Settings, shop_id: int, day: dt.date
) -> ToldLately:
    """By campaigns sent before `day` and entries of programmes contacted before it.

    Held back ones were told nothing and are not counted.
    """
    people: list[pl.Series] = []
    ends: list[dt.date] = []
    for campaign in launched_campaigns(session, shop_id):
        plan = campaign.plan
        if plan.send_date < day <= plan.outcome_end:
            ledger = campaign_ledger(settings, campaign)
            people.append(ledger.filter(pl.col("arm") != HOLDOUT)["customer_id"])
            ends.append(plan.outcome_end)
    entry = ProgrammeEntryRow
    for programme in list_programmes(session, shop_id):
        if programme.version is None:
            continue
        window = dt.timedelta(days=programme.version.plan.window_days)
        told = session.execute(
            select(entry.customer_id, entry.contact_on).where(
                entry.shop_id == shop_id,
                entry.programme_id == programme.id,
                entry.held_back.is_(False),
                entry.contact_on < day,
                entry.contact_on > day - window,
            )
        ).all()
        if told:
            people.append(pl.Series("customer_id", [row[0] for row in told], dtype=pl.String))
            ends.append(max(row[1] for row in told) + window - dt.timedelta(days=1))
    return ToldLately(
        customers=int(pl.concat(people).n_unique()) if people else 0,
        last=max(ends, default=None),
    )
