"""At most so many contacts with a customer in so many days, over all programmes and campaigns.

A contact counts as planned, in whichever arm: whoever one programme holds back has no more room for
the others than whoever it told, so that what one of them does is not what the others do less of.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import campaign_ledger, launched_of
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.reach.suppressions import chunks
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import HasPractice, keep_section, read_section

SECTION = "caps"
CHUNK = 400
PLANNED_SCHEMA: dict[str, pl.DataType] = {"customer_id": pl.String(), "contact_on": pl.Date()}


@dataclass(frozen=True, slots=True)
class Caps:
    """At most `contacts` in any `days` days on end."""

    contacts: int = 4
    days: int = 30


def contact_caps(shop: HasPractice) -> Caps:
    """The shop's; four in thirty days where it never said."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping):
        return Caps()
    return Caps(contacts=int(kept["contacts"]), days=int(kept["days"]))


def keep_caps(session: Session, shop_id: int, raw: Mapping[str, Any]) -> Caps:
    """Keep `contacts` and `days` of a form. Raises InvalidInputError."""
    reader = FieldReader(raw)
    contacts = reader.whole("contacts", low=1, high=100)
    days = reader.whole("days", low=1, high=365)
    if contacts is None or days is None:
        raise InvalidInputError(reader.problems)
    keep_section(session, shop_id, SECTION, {"contacts": contacts, "days": days})
    return Caps(contacts=contacts, days=days)


def planned_contacts(
    session: Session,
    settings: Settings,
    shop_id: int,
    customers: Sequence[str],
    *,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    """PLANNED_SCHEMA: contacts of these customers from `first` to `last`, both included."""
    rows: list[tuple[str, dt.date]] = []
    entry = ProgrammeEntryRow
    for part in chunks(customers, CHUNK):
        found = select(entry.customer_id, entry.contact_on).where(
            entry.shop_id == shop_id,
            entry.customer_id.in_(part),
            entry.contact_on.between(first, last),
        )
        rows.extend((name, day) for name, day in session.execute(found))
    own = pl.DataFrame(rows, schema=PLANNED_SCHEMA, orient="row")
    wanted = pl.Series("customer_id", list(customers), dtype=pl.String).to_frame()
    return pl.concat([own, *_of_campaigns(session, settings, shop_id, wanted, first, last)])


def _of_campaigns(
    session: Session,
    settings: Settings,
    shop_id: int,
    wanted: pl.DataFrame,
    first: dt.date,
    last: dt.date,
) -> list[pl.DataFrame]:
    launched = select(Campaign).where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
    found = []
    for row in session.scalars(launched):
        campaign = launched_of(row)
        if not first <= campaign.plan.send_date <= last:
            continue
        drawn = campaign_ledger(settings, campaign).join(wanted, on="customer_id", how="semi")
        found.append(
            drawn.select("customer_id", pl.lit(campaign.plan.send_date).alias("contact_on"))
        )
    return found


def over_the_cap(people: pl.DataFrame, planned: pl.DataFrame, caps: Caps) -> pl.Series:
    """Whether one more contact is too many: a boolean per row of `people` (PLANNED_SCHEMA).

    Counted are the contacts less than `caps.days` days before or after it. So no window of that
    many days that has the new contact in it can come to hold more than `caps.contacts`.
    """
    apart = (pl.col("contact_on") - pl.col("other")).dt.total_days().abs()
    numbered = people.select("customer_id", "contact_on").with_row_index("place")
    near = (
        numbered.join(planned.rename({"contact_on": "other"}), on="customer_id", how="inner")
        .filter(apart < caps.days)
        .group_by("place")
        .len()
    )
    counted = numbered.join(near, on="place", how="left", maintain_order="left")
    return counted["len"].fill_null(0) >= caps.contacts
