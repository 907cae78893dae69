"""Second purchases by channel of arrival, beside what the arrival cost.

A customer's channel is the one that the customers file names, else the channel of their first
order. Only who first bought at least 90 days ago counts, and only what they bought within 90 days
of their first purchase, so that all have had the same time.
"""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.effects import normal_quantile
from regulars_platform.customers.histories import read_column, read_names
from regulars_platform.customers.runs import Array, Runs
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.figures.cohorts import share_range
from regulars_platform.figures.coming_back import coming_back
from regulars_platform.figures.periods import EPOCH
from regulars_platform.figures.visits import Cut, Source
from regulars_platform.orders.table import MONEY_SCALE

WITHIN = 90
LOOK_BACK = 365
MOST = 50
Z = float(normal_quantile(0.95))


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Customers of one channel. channel: None where neither file nor order names one.

    again: bought on a second day within 90 days, of the `could` who bought anything but goods that
    one buys once; spent: net of refunds and of credit notes in those
    90 days, of all of them, ten-thousandths, and squares: of their spending in currency units;
    priced: customers whose arrival cost is known; cost: theirs.
    """

    channel: str | None
    customers: int
    could: int
    again: int
    spent: int
    squares: float
    priced: int
    cost: int

    @property
    def rate(self) -> Fraction | None:
        """Second-purchase rate; None where all bought once what one buys once."""
        return Fraction(self.again, self.could) if self.could else None

    @property
    def rate_range(self) -> tuple[float, float] | None:
        """95% limits (Wilson 1927)."""
        return share_range(self.again, self.could) if self.could else None

    @property
    def spent_each(self) -> Fraction:
        """Net spending per customer within 90 days, ten-thousandths."""
        return Fraction(self.spent, self.customers)

    @property
    def spent_range(self) -> tuple[float, float] | None:
        """95% limits of it, by the central limit theorem; None for fewer than 30 customers."""
        if self.customers < 30:
            return None
        n, mean = self.customers, self.spent / MONEY_SCALE / self.customers
        variance = max(0.0, (self.squares - n * mean**2) / (n - 1))
        half = Z * (variance / n) ** 0.5
        return MONEY_SCALE * (mean - half), MONEY_SCALE * (mean + half)

    @property
    def cost_each(self) -> Fraction | None:
        """Acquisition cost per customer of whom it is known, ten-thousandths."""
        return Fraction(self.cost, self.priced) if self.priced else None

    @property
    def margin_to_pay_back(self) -> Fraction | None:
        """The margin on goods from which 90 days pay back the arrival; None where not known."""
        if self.cost_each is None or self.spent_each <= 0:
            return None
        return self.cost_each / self.spent_each


def arrivals_until(
    source: Source, day: dt.date, cut: Cut | None = None, as_of: dt.date | None = None
) -> tuple[Arrival, ...]:
    """By channel, most customers first; first purchases of 365 days that ended 90 days before."""
    asked = "all" if cut is None else f"{cut.key}-{as_of}"

    def build() -> pl.DataFrame:
        members = None if cut is None else source.members(cut, as_of or day)
        return _work_out(source, day, members)

    found = source.kept("arrivals", f"{day}-{asked}-{source.files_key}", build)
    return tuple(Arrival(**row) for row in found.iter_rows(named=True))


def _work_out(source: Source, day: dt.date, members: Array | None) -> pl.DataFrame:
    newest = day.toordinal() - EPOCH - WITHIN
    visits = source.visits
    kept = (visits.first <= newest) & (visits.first > newest - LOOK_BACK)
    kept &= visits.day <= visits.first + WITHIN
    if members is not None:
        kept &= members[visits.code]
    rows = visits.where(kept)
    customers = pl.DataFrame({"code": rows.code, "net": rows.amount - rows.returned})
    customers = customers.group_by("code").agg(pl.col("net").sum())
    customers = customers.join(_days(source, newest), on="code", how="left")
    customers = _less_credits(customers, source)
    frame = customers.join(_first_channels(source), on="code", how="left").join(
        _told(source), on="code", how="left"
    )
    net = pl.col("net") / MONEY_SCALE
    return (
        frame.group_by(pl.coalesce("acquired_through", "channel").alias("channel"))
        .agg(
            pl.len().cast(pl.Int64).alias("customers"),
            (pl.col("days") > 0).sum().cast(pl.Int64).alias("could"),
            (pl.col("days") > 1).sum().cast(pl.Int64).alias("again"),
            pl.col("net").sum().alias("spent"),
            (net**2).sum().alias("squares"),
            pl.col("acquisition_cost").count().cast(pl.Int64).alias("priced"),
            pl.col("acquisition_cost").sum().alias("cost"),
        )
        .sort(["customers", "channel"], descending=[True, False])
        .head(MOST)
    )


def _days(source: Source, newest: int) -> pl.DataFrame:
    """code, days: with purchases but those of one-off goods, within 90 days of the very first."""
    visits = source.visits
    very_first = np.zeros(visits.size, dtype=np.int64)
    very_first[visits.code] = visits.first
    rows = coming_back(source)
    start = very_first[rows.code]
    kept = (start <= newest) & (rows.day <= start + WITHIN)
    return pl.DataFrame({"code": rows.code[kept]}).group_by("code").agg(pl.len().alias("days"))


def _less_credits(customers: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Their net less what credit notes gave back within 90 days of the first purchase."""
    visits, notes = source.visits, source.credits
    first = np.zeros(visits.size, dtype=np.int64)
    first[visits.code] = visits.first
    since = notes.day - first[notes.code]
    kept = (since >= 0) & (since <= WITHIN)
    given = pl.DataFrame({"code": notes.code[kept], "given": notes.returned[kept]})
    back = given.group_by("code").agg(pl.col("given").sum())
    return customers.join(back, on="code", how="left").select(
        "code", "days", pl.col("net") - pl.col("given").fill_null(0)
    )


def _first_channels(source: Source) -> pl.DataFrame:
    """code, channel: of the first order that names one on the day of the first purchase."""
    folder = source.store.histories(source.version)
    rows, word = (read_column(folder, "channels", name) for name in ("row", "word"))
    code = Runs.of_lengths(read_column(folder, "channels", "rows")).code_of_rows()
    words = read_names(folder, "channels")
    visits = source.visits
    first = np.full(visits.size, -1, dtype=np.int64)
    first[visits.code] = visits.first
    on = read_column(folder, "purchases", "day")[rows] == first[code]
    named = pl.DataFrame({"code": code[on].astype(np.uint32), "word": word[on]})
    named = named.unique("code", keep="first")
    channel = words.gather(named["word"]).cast(pl.String)
    return pl.DataFrame({"code": named["code"], "channel": channel})


def _told(source: Source) -> pl.DataFrame:
    """code, acquired_through, acquisition_cost: from the customers file."""
    names = pl.DataFrame({"customer_id": source.customers}).with_row_index("code")
    told = DatasetTable(source.store.shop_dir, "customers").scan()
    columns = ("customer_id", "acquired_through", "acquisition_cost")
    return told.select(columns).collect().join(names, on="customer_id").drop("customer_id")
