"""At most so many contacts with a customer in so many days, over all programmes and campaigns.

A contact counts as planned, in whichever arm: whoever one programme holds back has no more room for
the others than whoever it told, so that what one of them does is not what the others do less of.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
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
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import chunks

SECTION = "caps"
CHUNK = 400
MANY = 20_000
"""From so many customers on, all contacts of the days are read at once."""

PLANNED_SCHEMA: dict[str, pl.DataType] = {"customer_id": pl.String(), "contact_on": pl.Date()}


@dataclass(frozen=True, slots=True)
class Caps:
    """At most `contacts` in any `days` days on end, and two of them at least `apart` days apart."""

    contacts: int = 4
    days: int = 30
    apart: int = 0

    @property
    def reach(self) -> dt.timedelta:
        """How far before and after a contact others can be in its way."""
        return dt.timedelta(days=max(self.days, self.apart))


def contact_caps(shop: HasPractice) -> Caps:
    """The shop's; four in thirty days where it never said."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping):
        return Caps()
    return Caps(
        contacts=int(kept["contacts"]), days=int(kept["days"]), apart=int(kept.get("apart", 0))
    )


def keep_caps(session: Session, shop_id: int, raw: Mapping[str, Any]) -> Caps:
    """Keep `contacts`, `days` and `apart` of a form; without the last it stays as it is.

    Raises InvalidInputError.
    """
    shop = session.get(Shop, shop_id)
    before = Caps() if shop is None else contact_caps(shop)
    reader = FieldReader(raw)
    contacts = reader.whole("contacts", low=1, high=100)
    days = reader.whole("days", low=1, high=365)
    apart = reader.whole("apart", low=0, high=90, default=before.apart)
    if contacts is None or days is None or apart is None:
        raise InvalidInputError(reader.problems)
    kept = {"contacts": contacts, "days": days, "apart": apart}
    keep_section(session, shop_id, SECTION, kept)
    return Caps(contacts=contacts, days=days, apart=apart)


def campaign_limit(
    session: Session, settings: Settings, shop: Shop, day: dt.date
) -> Callable[[pl.Series], pl.Series]:
    """Of customers, in order, whether a contact on `day` would be one too many (a boolean each).

    By the shop's limit, and by the usual one where it never set any (see `contact_caps`).
    """
    caps = contact_caps(shop)

    def crowded(customers: pl.Series) -> pl.Series:
        names = customers.cast(pl.String).alias("customer_id")
        planned = planned_contacts(
            session,
            settings,
            shop.id,
            names.to_list(),
            first=day - caps.reach,
            last=day + caps.reach,
        )
        if planned.is_empty():
            return pl.repeat(False, len(names), dtype=pl.Boolean, eager=True)
        people = names.to_frame().with_columns(pl.lit(day).alias("contact_on"))
        return over_the_cap(people, planned, caps)

    return crowded


def without_room(session: Session, settings: Settings, shop: Shop, day: dt.date) -> pl.Series:
    """customer_id of everybody for whom a contact on `day` would be one too many.

    The same limit as `campaign_limit`, for whoever asks about many groups on one day.
    """
    caps = contact_caps(shop)
    first, last = day - caps.reach, day + caps.reach
    planned = planned_contacts(session, settings, shop.id, None, first=first, last=last)
    people = planned.select(pl.col("customer_id").unique().sort(), pl.lit(day).alias("contact_on"))
    if people.is_empty():
        return people["customer_id"]
    return people.filter(over_the_cap(people, planned, caps))["customer_id"]


def planned_contacts(
    session: Session,
    settings: Settings,
    shop_id: int,
    customers: Sequence[str] | None,
    *,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    """PLANNED_SCHEMA: contacts of these customers from `first` to `last`, both included.

    customers: None for everybody.
    """
    rows: list[tuple[str, dt.date]] = []
    entry = ProgrammeEntryRow
    query = select(entry.customer_id, entry.contact_on).where(
        entry.shop_id == shop_id, entry.contact_on.between(first, last)
    )
    if customers is None or len(customers) >= MANY:
        rows.extend((name, day) for name, day in session.execute(query))
    else:
        for part in chunks(customers, CHUNK):
            found = query.where(entry.customer_id.in_(part))
            rows.extend((name, day) for name, day in session.execute(found))
    own = pl.DataFrame(rows, schema=PLANNED_SCHEMA, orient="row")
    every = pl.concat([own, *_of_campaigns(session, settings, shop_id, first, last)])
    if customers is None:
        return every
    wanted = pl.Series("customer_id", list(customers), dtype=pl.String).unique()
    return every.filter(pl.col("customer_id").is_in(wanted.implode()))


def _of_campaigns(
    session: Session,
    settings: Settings,
    shop_id: int,
    first: dt.date,
    last: dt.date,
) -> list[pl.DataFrame]:
    launched = select(Campaign).where(Campaign.shop_id == shop_id, Campaign.state == LAUNCHED)
    found = []
    for row in session.scalars(launched):
        campaign = launched_of(row)
        if not first <= campaign.plan.send_date <= last:
            continue
        day = pl.lit(campaign.plan.send_date).alias("contact_on")
        found.append(campaign_ledger(settings, campaign).select("customer_id", day))
    return found


def over_the_cap(people: pl.DataFrame, planned: pl.DataFrame, caps: Caps) -> pl.Series:
    """Whether one more contact is too many: a boolean per row of `people` (PLANNED_SCHEMA).

    Counted are the contacts less than `caps.days` days before or after it. So no window of that
    many days that has the new contact in it can come to hold more than `caps.contacts`. One less
    than `caps.apart` days away is too near by itself.
    """
    apart = (pl.col("contact_on") - pl.col("other")).dt.total_days().abs()
    numbered = people.select("customer_id", "contact_on").with_row_index("place")
    near = (
        numbered.join(planned.rename({"contact_on": "other"}), on="customer_id", how="inner")
        .with_columns(apart.alias("away"))
        .group_by("place")
        .agg(
            (pl.col("away") < caps.days).sum().alias("len"),
            (pl.col("away") < caps.apart).any().alias("too_near"),
        )
    )
    counted = numbered.join(near, on="place", how="left", maintain_order="left")
    many = counted["len"].fill_null(0) >= caps.contacts
    return many | counted["too_near"].fill_null(value=False)
