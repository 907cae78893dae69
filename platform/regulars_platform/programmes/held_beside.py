"""Customers whom a programme told, and who share an address with somebody it holds back.

They stay in their arm, and are not contacted: the one who is held back would read it.
"""

import datetime as dt
import json
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeVersionRow
from regulars_platform.reach.addresses import beside, shared_addresses
from regulars_platform.settings import Settings
from regulars_platform.suppressions.service import chunks

_CHUNK = 400


def beside_held_entries(
    session: Session,
    settings: Settings,
    shop_id: int,
    programme_id: int,
    channels: Collection[str],
    among: Collection[str],
    *,
    day: dt.date,
) -> frozenset[str]:
    """Of these customers those who share an address with another whom the programme holds back as
    of the day (by an entry whose orders still count); also others at the same address."""
    shared = shared_addresses(settings.shop_dir(shop_id), channels, among)
    entry = ProgrammeEntryRow
    found: set[str] = set()
    for part in chunks(sorted(set(shared["customer_id"])), _CHUNK):
        rows = session.execute(
            select(entry.customer_id, entry.contact_on, ProgrammeVersionRow.plan_json)
            .join(ProgrammeVersionRow, ProgrammeVersionRow.id == entry.version_id)
            .where(
                entry.shop_id == shop_id,
                entry.programme_id == programme_id,
                entry.customer_id.in_(part),
                entry.held_back.is_(True),
            )
        )
        for name, contact_on, plan in rows:
            window = dt.timedelta(days=json.loads(plan)["window_days"])
            if day < contact_on + window:
                found.add(name)
    return beside(shared, found)
