"""How often customers are told something, and what runs together: for pages and programs."""

import datetime as dt
from dataclasses import dataclass

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
LONG_PAST = dt.timedelta(days=7)
_ONE = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowded:
    """The context of reach/contacts.html. until: the last day that is counted; last_order: the day
    of it, where that is long past, so that there are two ways to count; first, last: the days of
    what runs together; soon: the last of the days for which programmes are foreseen."""

    counted: list[Contacts]
    until: dt.date
    is_today: bool
    last_order: dt.date | None
    first: dt.date
    last: dt.date
    soon: dt.date
    running: tuple[Running, ...]
    pairs: tuple[Overlap, ...]
    beside: ProgrammesBeside


def find_crowded(
    work: Session,
    store: FeatureStore,
    version: int,
    days: OrderDays,
    *,
    today: dt.date,
    until_today: bool = False,
) -> Crowded:
    """Counted back from today, or from the last order where that is long past and nobody wants it
    otherwise."""
    shop_id = current_shop().id
    is_old = days.day_after + LONG_PAST < today
    end = days.day_after if is_old and not until_today else today + _ONE
    first, last, soon = end - LOOK, today + LOOK, today + AHEAD
    told = contacts_between(work, settings(), shop_id, first, end - _ONE)
    running, pairs = find_overlaps(work, settings(), shop_id, first=first, last=last)
    everybody = store.customers(version)
    return Crowded(
        counted=[count_contacts(store, version, told, days=span, until=end) for span in SPANS],
        until=end - _ONE,
        is_today=end > today,
        last_order=days.last if is_old else None,
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
