"""What customers bought in a period: who was new, who came back, and for how much."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_platform.customers.runs import Array
from regulars_platform.figures.periods import Period
from regulars_platform.figures.visits import Cut, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """One period. Amounts in ten-thousandths, goods after discounts, refunds not taken off.

    buyers: different known customers with a paid order; new_buyers: those of them whose first paid
    order ever lies in the period; old_amount: of the others; refunded: given back of known
    customers' orders so far, and by credit notes of the period; buyer_days: the buyers of each day
    added up, new_days and old_days those who were new on that day or not; unknown_*: paid orders
    without a customer.
    """

    buyers: int
    new_buyers: int
    orders: int
    amount: int
    old_amount: int
    refunded: int
    buyer_days: int
    new_days: int
    unknown_orders: int
    unknown_amount: int

    @property
    def old_buyers(self) -> int:
        """Buyers who had bought before the period."""
        return self.buyers - self.new_buyers

    @property
    def old_days(self) -> int:
        """Each day's buyers who had bought before that day, added up."""
        return self.buyer_days - self.new_days

    @property
    def paid(self) -> int:
        """All that was paid, by known customers and others."""
        return self.amount + self.unknown_amount

    @property
    def average(self) -> Fraction | None:
        """Paid amount per known buyer, ten-thousandths."""
        return Fraction(self.amount, self.buyers) if self.buyers else None

    @property
    def old_share(self) -> Fraction | None:
        """Share of old buyers among the buyers."""
        return Fraction(self.old_buyers, self.buyers) if self.buyers else None

    @property
    def old_amount_share(self) -> Fraction | None:
        """Share of the known customers' amount that old buyers paid."""
        return Fraction(self.old_amount, self.amount) if self.amount else None


def count(
    source: Source, periods: Sequence[Period], cut: Cut | None = None
) -> tuple[Counts | None, ...]:
    """The counts of each period; None for one that begins before the orders do.

    A period before the first order is not one without buyers: nothing is known of it.
    """
    days = source.days
    known = [days is not None and period.first >= days.first for period in periods]
    asked = [period for period, is_known in zip(periods, known, strict=True) if is_known]
    rows = iter(_kept(source, asked, cut))
    return tuple(next(rows) if is_known else None for is_known in known)


def count_one(source: Source, period: Period, cut: Cut | None = None) -> Counts:
    """The counts of one period, whether or not orders reach back to its beginning."""
    return _kept(source, [period], cut)[0]


def _kept(source: Source, periods: Sequence[Period], cut: Cut | None) -> list[Counts]:
    if not periods:
        return []
    names = " ".join(f"{one.first} {one.last}" for one in periods)
    key = hashlib.sha256(names.encode()).hexdigest()[:16]
    if cut is not None:
        key += f"-{cut.key}-{source.files_key}"

    def build() -> pl.DataFrame:
        found = []
        for period in periods:
            members = None if cut is None else source.members(cut, period.first)
            found.append(asdict(_count(source, period, members)))
        return pl.DataFrame(found, schema=dict.fromkeys(Counts.__dataclass_fields__, pl.Int64))

    return [Counts(**row) for row in source.kept("counts", key, build).iter_rows(named=True)]


def _count(source: Source, period: Period, members: Array | None) -> Counts:
    found = source.visits.within(period, members)
    low, high = period.numbers
    old = found.first < low
    nobody = source.unknown.filter(pl.col("day").is_between(low, high) & (members is None))
    return Counts(
        buyers=found.customers(),
        new_buyers=int(np.count_nonzero(found.day == found.first)),
        orders=int(found.orders.sum()),
        amount=int(found.amount.sum()),
        old_amount=int(found.amount[old].sum()),
        refunded=int(found.returned.sum()) + _credited(source, period, members),
        buyer_days=len(found.day),
        new_days=int(np.count_nonzero(found.day == found.first)),
        unknown_orders=int(nobody["orders"].sum()),
        unknown_amount=int(nobody["amount"].sum()),
    )


def _credited(source: Source, period: Period, members: Array | None) -> int:
    low, high = period.numbers
    notes = source.credits
    kept = (notes.day >= low) & (notes.day <= high)
    if members is not None:
        kept &= members[notes.code]
    return int(notes.returned[kept].sum())
