"""How often customers are contacted, over everything, and what runs at the same time.

A customer's contacts are days: a campaign, an entry of a programme and the shop's own log that tell
of the same day are one contact.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    get_shop_of,
    launched_of,
)
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.programme_effect.sent import DAYS, campaign_contacts, programme_contacts
from regulars_platform.programmes.service import list_programmes
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.settings import Settings

MOST = 5
"""So many contacts and more are one row."""

MOST_RUNNING = 24
_SENT = ("sent", "delivered", "clicked", "unsubscribed", "complained")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contacts:
    """Customers by their number of contacts in the days before `until` (not included).

    counts: place i: customers with i contacts, the last with MOST or more; customers: all that are
    known; contacts: of all of them.
    """

    days: int
    until: dt.date
    customers: int
    counts: tuple[int, ...]
    contacts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A campaign whose window, or a programme whose entries, lie in the days looked at.

    told: of its customers, those in no holdout of it."""

    kind: str
    id: int
    name: str
    first: dt.date
    last: dt.date
    customers: int
    told: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Two that run at the same time. shared: customers who are in both, in whichever group; told:
    of these, those whom both tell."""

    one: Running
    other: Running
    shared: int
    told: int


def contacts_between(
    session: Session, settings: Settings, shop_id: int, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """DAYS: everybody who was told something on a day from `first` to `last`, once a day.

    Where messages went out from here, those that left count and not those drawn.
    """
    zone = get_shop_of(session, shop_id).timezone
    frames = [programme_contacts(session, shop_id, zone, first, last)]
    frames += [
        campaign_contacts(session, settings, campaign, first, last)
        for campaign in launched_campaigns(session, shop_id)
    ]
    frames.append(_logged(settings, shop_id, zone, first, last))
    return pl.concat(frames).unique()


def count_contacts(
    store: FeatureStore, version: int, contacts: pl.DataFrame, *, days: int, until: dt.date
) -> Contacts:
    """contacts: DAYS; of the customers whom the orders know on that day."""
    people = store.customers(version)
    within = contacts.filter(
        (pl.col("day") >= until - dt.timedelta(days=days)) & (pl.col("day") < until)
    )
    each = within.group_by("customer_id").len("contacts")
    found = (
        people.join(each.lazy(), on="customer_id", how="left")
        .select(pl.col("contacts").fill_null(0).clip(upper_bound=MOST).alias("n"))
        .group_by("n")
        .len()
        .collect(engine="streaming")
    )
    counted = dict(found.iter_rows())
    counts = tuple(int(counted.get(number, 0)) for number in range(MOST + 1))
    return Contacts(
        days=days, until=until, customers=sum(counts), counts=counts, contacts=within.height
    )


def find_overlaps(
    session: Session, settings: Settings, shop_id: int, *, first: dt.date, last: dt.date
) -> tuple[tuple[Running, ...], tuple[Overlap, ...]]:
    """What runs in these days, the latest MOST_RUNNING, and pairs that share days and customers,
    those that share most first."""
    running: list[tuple[Running, pl.DataFrame]] = []
    for campaign in launched_campaigns(session, shop_id):
        plan = campaign.plan
        if plan.send_date <= last and plan.outcome_end >= first:
            ledger = campaign_ledger(settings, campaign)
            people = _people(ledger.select("customer_id", (pl.col("arm") != HOLDOUT).alias("told")))
            running.append(
                (
                    Running(
                        kind="campaign",
                        id=campaign.id,
                        name=plan.name,
                        first=plan.send_date,
                        last=plan.outcome_end,
                        customers=people.height,
                        told=int(people["told"].sum()),
                    ),
                    people,
                )
            )
    running += _programmes(session, shop_id, first, last)
    latest = sorted(running, key=lambda pair: (pair[0].first, pair[0].id), reverse=True)
    kept = latest[:MOST_RUNNING]
    pairs = []
    for place, (one, people) in enumerate(kept):
        for other, theirs in kept[place + 1 :]:
            if one.first <= other.last and other.first <= one.last:
                shared = people.join(theirs, on="customer_id", how="inner", suffix="_too")
                if not shared.is_empty():
                    both = int((shared["told"] & shared["told_too"]).sum())
                    pairs.append(Overlap(one=one, other=other, shared=shared.height, told=both))
    pairs.sort(key=lambda pair: -pair.shared)
    return tuple(one for one, _ in kept), tuple(pairs)


def _programmes(
    session: Session, shop_id: int, first: dt.date, last: dt.date
) -> list[tuple[Running, pl.DataFrame]]:
    entry = ProgrammeEntryRow
    found = []
    for programme in list_programmes(session, shop_id):
        if programme.version is None:
            continue
        query = select(entry.customer_id, entry.contact_on, ~entry.held_back).where(
            entry.programme_id == programme.id, entry.contact_on.between(first, last)
        )
        rows = [tuple(row) for row in session.execute(query)]
        entries = pl.DataFrame(rows, schema=DAYS | {"told": pl.Boolean()}, orient="row")
        if entries.is_empty():
            continue
        days: Sequence[dt.date] = entries["day"].unique().sort().to_list()
        window = dt.timedelta(days=programme.version.plan.window_days - 1)
        people = _people(entries.select("customer_id", "told"))
        found.append(
            (
                Running(
                    kind="programme",
                    id=programme.id,
                    name=programme.name,
                    first=days[0],
                    last=days[-1] + window,
                    customers=people.height,
                    told=int(people["told"].sum()),
                ),
                people,
            )
        )
    return found


def _people(rows: pl.DataFrame) -> pl.DataFrame:
    """customer_id, told: one row each; told where any row of theirs is."""
    return rows.group_by("customer_id").agg(pl.col("told").any())


def launched_campaigns(session: Session, shop_id: int) -> list[LaunchedCampaign]:
    """Every launched campaign of the shop, the oldest first."""
    rows = session.scalars(
        select(Campaign)
        .where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
        .order_by(Campaign.id)
    )
    return [launched_of(row) for row in rows]


def _logged(
    settings: Settings, shop_id: int, zone: str, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """Days of the shop's own log of contacts, in its time zone."""
    log = DatasetTable(settings.shop_dir(shop_id), "contacts").scan()
    day = pl.col("happened_at").dt.convert_time_zone(zone).dt.date()
    return (
        log.filter(pl.col("outcome").is_in(_SENT) & pl.col("customer_id").is_not_null())
        .select("customer_id", day.alias("day"))
        .filter(pl.col("day").is_between(first, last))
        .collect(engine="streaming")
    )
