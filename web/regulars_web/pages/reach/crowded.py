"""How often customers are told something, and what runs together: the values of the page."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.customers.order_days import OrderDays
from regulars_platform.customers.store import FeatureStore
from regulars_platform.programme_effect.beside import Days, ProgrammesBeside, programmes_beside
from regulars_platform.programme_effect.crowding import (
    Contacts,
    Overlap,
    Running,
    contacts_between,
    count_contacts,
    find_overlaps,
)
from regulars_web.edge import current_shop, settings

LOOK = dt.timedelta(days=90)
AHEAD = dt.timedelta(days=29)
SPANS = (30, 90)
_ONE = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowded:
    """The context of reach/contacts.html. until: the last day that is counted; first, last: the
    days of what runs together; soon: the last of the days for which programmes are foreseen."""

    counted: list[Contacts]
    until: dt.date
    is_today: bool
    first: dt.date
    last: dt.date
    soon: dt.date
    running: tuple[Running, ...]
    pairs: tuple[Overlap, ...]
    beside: ProgrammesBeside


def find_crowded(
    work: Session, store: FeatureStore, version: int, days: OrderDays, today: dt.date
) -> Crowded:
    """Counted back from the last order or contact, where that is past."""
    shop_id = current_shop().id
    told = contacts_between(work, settings(), shop_id, today - LOOK, today)
    latest = [days.day_after, *(day + _ONE for day in told["day"].unique())]
    end = min(today + _ONE, max(latest))
    if end <= today:
        told = contacts_between(work, settings(), shop_id, end - LOOK, today)
    first, last, soon = end - LOOK, today + LOOK, today + AHEAD
    running, pairs = find_overlaps(work, settings(), shop_id, first=first, last=last)
    everybody = store.orders(version).select(pl.col("customer_id").unique())
    return Crowded(
        counted=[count_contacts(store, version, told, days=span, until=end) for span in SPANS],
        until=end - _ONE,
        is_today=end > today,
        first=first,
        last=last,
        soon=soon,
        running=running,
        pairs=pairs,
        beside=programmes_beside(
            work,
            settings(),
            get_shop_of(work, shop_id),
            everybody.collect(engine="streaming")["customer_id"],
            Days(first=today, last=soon, as_of=min(days.day_after, today)),
        ),
    )
