"""The days on which customers bought, laid out once per version of the orders.

Everything that the shop report counts is a sum or a number of different customers over some days.
A row per customer and day, sorted by customer, answers both for any stretch of days in one pass
and without hashing.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from regulars_platform.customers.histories import read_column, read_names
from regulars_platform.customers.runs import Array, Ints, Runs
from regulars_platform.customers.store import FeatureStore
from regulars_platform.customers.whole import ways_key
from regulars_platform.datasets.table import dataset_versions
from regulars_platform.figures.periods import EPOCH, Period
from regulars_platform.orders.table import PAID, whole_orders
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, rule_expression, rule_json

FORMAT = 4
"""Raised whenever what is kept here changes its meaning."""

FEW = 8
"""Up to one in so many places are picked out one by one; more are told by a look at all."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Visits:
    """One place per customer and day with a purchase, by customer and day.

    code: the customer's number; day: counted from 1970; first: day of their first purchase ever;
    orders: purchases of that day; amount: theirs, ten-thousandths, refunds not taken off; returned:
    given back of them so far; size: how many customers have a number; by_day: the places in the
    order of their days, where that was kept, so that a few days are found without a look at all.
    """

    code: Array
    day: Array
    first: Array
    orders: Array
    amount: Ints
    returned: Ints
    size: int
    by_day: Array | None = None

    def within(self, period: Period, members: Array | None = None) -> "Visits":
        """Those of some days; members: by code, whether a customer counts."""
        low, high = period.numbers
        if self.by_day is not None:
            # of the same type as the days: else all of them would be copied
            ends = np.array([low, high + 1], dtype=self.day.dtype)
            start, stop = np.searchsorted(self.day, ends, sorter=self.by_day)
            if FEW * (stop - start) < len(self.day):
                rows = np.sort(self.by_day[start:stop])
                return self.where(rows if members is None else rows[members[self.code[rows]]])
        kept = (self.day >= low) & (self.day <= high)
        if members is not None:
            kept &= members[self.code]
        return self.where(kept)

    def where(self, kept: Array) -> "Visits":
        """The rows for which it holds, or of these ascending places."""
        return Visits(
            code=self.code[kept],
            day=self.day[kept],
            first=self.first[kept],
            orders=self.orders[kept],
            amount=self.amount[kept],
            returned=self.returned[kept],
            size=self.size,
        )

    def customers(self) -> int:
        """How many different ones."""
        return int(np.count_nonzero(np.diff(self.code))) + 1 if len(self.code) else 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Credits:
    """Money given back under an order number of its own: whose (code), on which day, how much in
    ten-thousandths (returned)."""

    code: Array
    day: Array
    returned: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A report for some customers only: those of a segment as of the first day of each period."""

    name: str
    rule: Rule

    @property
    def key(self) -> str:
        """A text that tells its rule from all others."""
        text = json.dumps(rule_json(self.rule), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Source:
    """What a report reads: a shop's orders at one version, and what is kept of them."""

    def __init__(self, store: FeatureStore, version: int) -> None:
        self.store = store
        self.version = version

    @cached_property
    def visits(self) -> Visits:
        """All of them; a new shop's are worked out on the first look."""
        rows = self._rows("visits", self._lay_out).collect()
        return Visits(
            size=len(self.customers),
            **{name: rows[name].to_numpy() for name in rows.columns},
        )

    @cached_property
    def credits(self) -> Credits:
        """All of them."""
        folder = self.store.histories(self.version)
        return Credits(
            code=Runs.of_lengths(read_column(folder, "credits", "rows")).code_of_rows(),
            day=read_column(folder, "credits", "day"),
            returned=read_column(folder, "credits", "returned").astype(np.int64),
        )

    @cached_property
    def unknown(self) -> pl.DataFrame:
        """Paid orders without a customer by day: day, orders, amount (ten-thousandths)."""
        return self._rows("nobody", self._nobody).collect()

    @cached_property
    def customers(self) -> pl.Series:
        """Their ids by code."""
        return read_names(self.store.histories(self.version), "customers")

    @cached_property
    def days(self) -> Period | None:
        """From the first to the last day with a paid order; None without any."""
        found = self._rows("bounds", self._bounds).collect().row(0)
        if found[0] is None:
            return None
        first, last = (dt.date.fromordinal(day + EPOCH) for day in found)
        return Period(first=first, last=last)

    @cached_property
    def files_key(self) -> str:
        """Changes whenever files beside the orders, or the shop's settings, do."""
        known = dataset_versions(self.store.shop_dir)
        versions = "_".join("x" if at is None else str(at) for at in known.values())
        return f"{ways_key(self.store, self.store.shop_dir, known)}-{versions}"

    def members(self, cut: Cut, day: dt.date) -> Array:
        """(size,): whether a customer is in the segment on the morning of the day."""
        frame = for_rules(self.store, [cut.rule], day, self.version)
        held = rule_expression(cut.rule) & pl.col("customer_id").is_not_null()
        return self.flags(frame.filter(held).select("customer_id").collect()["customer_id"])

    def flags(self, ids: pl.Series) -> Array:
        """(size,): which customers are among these."""
        return self.codes(ids, np.ones(len(ids), dtype=np.bool_), np.False_)

    def codes(self, ids: pl.Series, values: Array, default: object) -> Array:
        """(size,): the value that goes with each id, in the place of its code."""
        names = pl.DataFrame({"customer_id": self.customers}).with_row_index("code")
        given = pl.DataFrame({"customer_id": ids.cast(pl.String), "value": values})
        found = given.join(names, on="customer_id", how="inner")
        placed = np.full(len(self.customers), default, dtype=values.dtype)
        placed[found["code"].to_numpy()] = found["value"].to_numpy()
        return placed

    def kept(self, kind: str, key: str, build: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """A small table, worked out once for this version of the orders."""
        name = f"{kind}-{FORMAT}-{self.store.version_key(self.version)}-{key}"
        return self.store.kept(name, lambda: build().lazy()).collect()

    def _rows(self, kind: str, build: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
        key = self.store.version_key(self.version)
        return self.store.kept(f"{kind}-{FORMAT}-{key}", build)

    def _lay_out(self) -> pl.LazyFrame:
        folder = self.store.histories(self.version)
        day, returned, amount = (
            read_column(folder, "purchases", name) for name in ("day", "returned", "amount")
        )
        customers = Runs.of_lengths(read_column(folder, "purchases", "rows"))
        # by customer and time: a day of a customer is a run
        days, _ = customers.split(day)
        starts = days.starts
        return pl.LazyFrame(
            {
                "code": days.codes.astype(np.uint32),
                "day": day[starts],
                "by_day": np.argsort(day[starts], kind="stable"),
                "first": customers.first(day)[days.codes],
                "orders": days.lengths.astype(np.int32),
                "amount": _summed(amount, starts),
                "returned": _summed(returned, starts),
            }
        )

    def _nobody(self) -> pl.LazyFrame:
        lines = self.store.table.scan(self.version)
        nameless = lines.filter(pl.col("customer_id").is_null()).select("order_id").unique()
        orders = whole_orders(lines.join(nameless, on="order_id", how="semi"))
        local = pl.col("ordered_at").dt.convert_time_zone(self.store.timezone).dt.date()
        return (
            orders.filter(
                pl.col("customer_id").is_null()
                & (pl.col("status") == PAID)
                & (pl.col("amount") > 0)
                & pl.col("ordered_at").is_not_null()
            )
            .select(local.to_physical().alias("day"), "amount")
            .group_by("day")
            .agg(pl.len().cast(pl.Int64).alias("orders"), pl.col("amount").sum())
            .sort("day")
        )

    def _bounds(self) -> pl.LazyFrame:
        days = [*self.unknown["day"].to_list(), *_ends(self.visits.day)]
        found = {"first": [min(days, default=None)], "last": [max(days, default=None)]}
        return pl.LazyFrame(found, schema={"first": pl.Int64, "last": pl.Int64})


def _summed(values: Array, starts: Ints) -> Ints:
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    found: Ints = np.add.reduceat(values, starts, dtype=np.int64)
    return found


def _ends(days: Array) -> list[int]:
    return [int(days.min()), int(days.max())] if len(days) else []
