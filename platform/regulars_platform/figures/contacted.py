"""What customers bought after they were contacted: attribution, never an effect.

Whoever was told something and bought within a week might have bought anyway. These shares are what
boards of old-customer marketing show; what the telling changed is what the experiments say.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.figures.periods import Period
from regulars_platform.figures.visits import Source
from regulars_platform.programme_effect.crowding import contacts_between
from regulars_platform.settings import Settings

WITHIN = 7
"""An order counts as following a contact of the same day or the six before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attributed:
    """A period. told_buyers, told_amount: of customers who had bought before and were contacted
    within a week before; buyers and amount (ten-thousandths): of all known customers."""

    told_buyers: int
    told_amount: int
    buyers: int
    amount: int

    @property
    def buyers_share(self) -> Fraction | None:
        """Of the buyers."""
        return Fraction(self.told_buyers, self.buyers) if self.buyers else None

    @property
    def amount_share(self) -> Fraction | None:
        """Of the paid amount."""
        return Fraction(self.told_amount, self.amount) if self.amount else None


def contacts_of(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    span: Period,
) -> pl.DataFrame:
    """customer_id and contact (day, from 1970): everybody told by campaigns, by programmes, or as
    the contact log says, who can count for an order in `span` (see `contacts_between`).
    """
    first = span.first - dt.timedelta(days=WITHIN - 1)
    return (
        contacts_between(session, settings, shop_id, first, span.last)
        .select(
            "customer_id",
            (pl.col("day").to_physical().cast(pl.Int64)).alias("contact"),
        )
        .sort("customer_id", "contact")
    )


def attribute(
    source: Source, contacts: pl.DataFrame, periods: Sequence[Period]
) -> tuple[Attributed, ...]:
    """The shares of each period. contacts: of `contacts_of`, over all of them."""
    told = hashlib.sha256()
    for column in contacts.get_columns():
        told.update(column.hash(seed=0).to_numpy().tobytes())
    told.update(" ".join(f"{one.first} {one.last}" for one in periods).encode())

    def build() -> pl.DataFrame:
        found = [asdict(_attribute(source, contacts, period)) for period in periods]
        return pl.DataFrame(found, schema=dict.fromkeys(Attributed.__dataclass_fields__, pl.Int64))

    rows = source.kept("attributed", told.hexdigest()[:16], build).iter_rows(named=True)
    return tuple(Attributed(**row) for row in rows)


def _attribute(source: Source, contacts: pl.DataFrame, period: Period) -> Attributed:
    found = source.visits.within(period)
    rows = pl.DataFrame(
        {
            "customer_id": source.customers.gather(pl.Series(found.code, dtype=pl.UInt32)),
            "day": pl.Series(found.day, dtype=pl.Int64),
            "had_bought": found.first < found.day,
            "amount": found.amount,
        }
    )
    last = rows.sort("day").join_asof(
        contacts.sort("contact"),
        left_on="day",
        right_on="contact",
        by="customer_id",
        strategy="backward",
        check_sortedness=False,  # within each customer they are
    )
    after = last.filter(
        pl.col("had_bought") & (pl.col("day") - pl.col("contact") < WITHIN).fill_null(False)
    )
    return Attributed(
        told_buyers=after["customer_id"].n_unique(),
        told_amount=int(after["amount"].sum()),
        buyers=found.customers(),
        amount=int(found.amount.sum()),
    )
