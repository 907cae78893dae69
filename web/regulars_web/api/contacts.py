"""How often customers are told something, and what runs together."""

import datetime as dt
from typing import Literal

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.campaigns.errors import NoOrdersError
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import build_feature_store
from regulars_platform.programme_effect.crowding import Contacts, Overlap, Running
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Count, Id, Model
from regulars_web.api.preview_shown import ProgrammesBesideShown, beside_shown
from regulars_web.looking_at_contacts import Crowded, find_crowded

area = Area("contacts", "How often customers are told something over everything, and what meets.")


class ContactsQuery(Model):
    """Until when."""

    until: Literal["last_order", "today"] = "last_order"
    """The day of the last order, where that is over a week past; else both are today."""


class ContactsShown(Model):
    """Customers by their number of contacts in the days before `until` (not included)."""

    days: Count
    until: dt.date
    customers: Count
    counts: list[Count]
    """Place i: customers with i contacts; the last place: with so many or more."""
    contacts: Count


class RunningShown(Model):
    """A campaign or a programme in the days looked at."""

    kind: str
    id: Id
    name: str
    first: dt.date
    last: dt.date
    customers: Count
    told: Count
    """Those of its customers that are in no holdout of it."""


class MeetingOfTwo(Model):
    """Two that run at the same time."""

    one: RunningShown
    other: RunningShown
    shared: Count
    """Customers who are in both, in whichever group."""
    told: Count
    """Those of them whom both tell."""


class CrowdedShown(Model):
    """Contacts and what meets."""

    counted: list[ContactsShown]
    running: list[RunningShown]
    pairs: list[MeetingOfTwo]
    foreseen_until: dt.date
    """Programmes are foreseen up to this day."""
    programmes: ProgrammesBesideShown


@area.get("/contacts", scope=Scope.READ_REACH)
def count_customer_contacts(
    call: Call, work: Session, query: ContactsQuery
) -> Answer[CrowdedShown]:
    """How often customers were told something, and what runs together."""
    store = build_feature_store(call.settings, call.shop)
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        raise NoOrdersError.build()
    found = find_crowded(
        work, store, version, days, today=call.today, until_today=query.until == "today"
    )
    return Answer[CrowdedShown](data=_shown(found))


def _shown(found: Crowded) -> CrowdedShown:
    return CrowdedShown(
        counted=[_counted(one) for one in found.counted],
        running=[_running(one) for one in found.running],
        pairs=[_pair(one) for one in found.pairs],
        foreseen_until=found.soon,
        programmes=beside_shown(found.beside),
    )


def _counted(one: Contacts) -> ContactsShown:
    return ContactsShown(
        days=one.days,
        until=one.until,
        customers=one.customers,
        counts=list(one.counts),
        contacts=one.contacts,
    )


def _running(one: Running) -> RunningShown:
    return RunningShown(
        kind=one.kind,
        id=one.id,
        name=one.name,
        first=one.first,
        last=one.last,
        customers=one.customers,
        told=one.told,
    )


def _pair(one: Overlap) -> MeetingOfTwo:
    return MeetingOfTwo(
        one=_running(one.one), other=_running(one.other), shared=one.shared, told=one.told
    )
