"""Results by day since launch: of each day alone, and of everything up to it.

Sums add up over days, squares do not: a customer who buys on two days counts once with the square
of both together. So what is kept per day is by how much each customer's *cumulative* square (and
product, and logarithm) grew on that day: C(d)^2 - C(d-1)^2. These increments add up over customers
and over days, and their running sums are the ordinary moments of the outcome up to each day, which
every estimator reads unchanged. For the share of an early effect that is kept later, the products
with the cumulative amount at a few reference days are kept as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import polars as pl

from regulars_experiments.aggregation import WIDE, log_grid, shape_sums
from regulars_experiments.moments import (
    AggregationPlan,
    Integers,
    Key,
    Moments,
    build_moments,
    quotients,
)
from regulars_experiments.results import FloatArray

DAY = "day"
_LARGEST_DAY = 3660


@dataclass(frozen=True, kw_only=True, slots=True)
class DayPlan:
    """What is added up by day. `cells` as for any aggregation; its columns are in the purchases.

    unit: column that names who was assigned. last_day: days run from 0 (launch) to this one.
    references: days whose cumulative amounts are multiplied with those of every later day.
    """

    cells: AggregationPlan
    unit: str
    last_day: int
    references: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for days that cannot be."""
        if not 0 <= self.last_day <= _LARGEST_DAY:
            raise ValueError(f"expected a last day from 0 to {_LARGEST_DAY}, got {self.last_day}")
        odd = [day for day in self.references if not 0 <= day <= self.last_day]
        if odd:
            raise ValueError(f"reference days lie from 0 to {self.last_day}, got {odd[0]}")


@dataclass(frozen=True, slots=True, eq=False)
class DayMoments:
    """Moments per cell and day; keys are the cell's key with the day as text at the end.

    daily: of that day alone. cumulative: from launch to the end of that day. crossed: per
    reference day and ordered pair of columns (a, b), the sum of a up to the key's day times b up
    to the reference, (keys,) integers; meaningful from the reference day on.
    """

    plan: DayPlan
    daily: Moments
    cumulative: Moments
    crossed: Mapping[tuple[int, str, str], Integers]

    def key(self, cell: Key, day: int) -> Key:
        """The key of a cell on a day, in `daily` and `cumulative`."""
        return (*cell, str(day))

    def covariance(
        self, cells: Sequence[Key], value: Mapping[str, Fraction | int], early: int, late: int
    ) -> FloatArray:
        """Sample covariance of each customer's amount up to `early` and up to `late`, per cell.

        Raises ValueError where `early` is no reference day of the plan or comes after `late`.
        """
        if early not in self.plan.references or early > late:
            raise ValueError(
                f"expected a reference day ({self.plan.references}) before day {late}, got {early}"
            )
        row_of = {key: i for i, key in enumerate(self.cumulative.keys)}
        late_keys = [self.key(cell, late) for cell in cells]
        early_keys = [self.key(cell, early) for cell in cells]
        weights, unit = self.cumulative.whole_weights(value)
        cross: Integers = np.zeros(len(cells), dtype=object)
        for a, weight in weights.items():
            for b, other in weights.items():
                sums = self.crossed[(early, a, b)]
                found = [sums[row_of[key]] if key in row_of else 0 for key in late_keys]
                cross = cross + np.array(found, dtype=object) * (weight * other)
        n = np.array(self.cumulative.counts(late_keys), dtype=object)
        totals = self.cumulative.totals(early_keys, value)
        products = totals * self.cumulative.totals(late_keys, value)
        return quotients(n * cross - products, n * (n - 1) * unit**2)


def aggregate_days(assigned: pl.LazyFrame, purchases: pl.LazyFrame, plan: DayPlan) -> DayMoments:
    """One lazy run over who was assigned and what they bought.

    assigned: one row per unit with `plan.unit` and the cells' `by` columns. purchases: any number
    of rows per unit with `plan.unit`, `day` (whole days since launch) and the cells' columns as
    integers; rows of units that were not assigned, and days outside the plan, take no part.
    Memory grows with the days on which somebody bought, not with those assigned.

    >>> from regulars_experiments.moments import plan_moments
    >>> plan = DayPlan(cells=plan_moments(by=["arm"], columns={"m": 1}), unit="who", last_day=2)
    >>> assigned = pl.LazyFrame({"who": [1, 2], "arm": ["sent", "sent"]})
    >>> purchases = pl.LazyFrame({"who": [1, 1], "day": [0, 2], "m": [10, 5]})
    >>> found = aggregate_days(assigned, purchases, plan)
    >>> [found.cumulative.cells[("sent", str(day))] for day in range(3)]  # n, sum, squares
    [(2, 10, 100), (2, 10, 100), (2, 15, 225)]
    """
    cells = plan.cells
    counts = assigned.group_by(cells.by).agg(pl.len().cast(WIDE).alias("n"))
    changes = _with_increments(_bought(assigned, purchases, plan), plan)
    sums = changes.group_by(*cells.by, DAY).agg(_sums(plan))
    sizes, found = pl.collect_all([counts, sums], engine="streaming")
    return _assemble(sizes, found, plan)


def _bought(assigned: pl.LazyFrame, purchases: pl.LazyFrame, plan: DayPlan) -> pl.LazyFrame:
    """One row per unit and day, in the order of days, with each column's amount of the day."""
    in_time = (pl.col(DAY) >= 0) & (pl.col(DAY) <= plan.last_day)
    known = assigned.select(plan.unit, *plan.cells.by)
    return (
        purchases.filter(in_time)
        .join(known, on=plan.unit, how="inner")
        .group_by(plan.unit, *plan.cells.by, DAY)
        .agg(pl.col(name).sum() for name in plan.cells.columns)
        .sort(plan.unit, DAY)
    )


def _with_increments(bought: pl.LazyFrame, plan: DayPlan) -> pl.LazyFrame:
    """Beside each column: `name:so_far` up to the end of that day, and `name:at<r>` after day r.

    Rows come unit by unit in the order of days, so a unit's own running sum is that over all rows
    less what it was where the unit begins: many times faster than a window per unit.
    """
    first = (pl.col(plan.unit) != pl.col(plan.unit).shift()).fill_null(True)

    def running(amount: pl.Expr) -> pl.Expr:
        amount = amount.cast(WIDE)
        over_all = amount.cum_sum()
        return over_all - pl.when(first).then(over_all - amount).forward_fill()

    names = plan.cells.columns
    so_far = [running(pl.col(name)).alias(f"{name}:so_far") for name in names]
    at = [
        running(pl.col(name) * (pl.col(DAY) <= day)).alias(f"{name}:at{day}")
        for name in names
        for day in plan.references
    ]
    return bought.with_columns(*so_far, *at)


def _sums(plan: DayPlan) -> list[pl.Expr]:
    """Per cell and day: the day's own sums, the growth of the cumulative ones, and the crossed."""
    cells = plan.cells
    sums = [pl.col(name).cast(WIDE).sum().alias(f"sum:{name}") for name in cells.columns]
    for a, b in cells.products:
        own = pl.col(a).cast(WIDE) * pl.col(b).cast(WIDE)
        sums.append(own.sum().alias(f"product:{a}*{b}"))
        grown = _now(a) * _now(b) - _before(a) * _before(b)
        sums.append(grown.sum().alias(f"grown:product:{a}*{b}"))
    for name in cells.shapes:
        sums += shape_sums(name, pl.col(name))
        sums += _shape_growth(name)
    for day, a, b in _crossings(plan):
        later = (pl.col(DAY) > day) * pl.col(a).cast(WIDE) * pl.col(f"{b}:at{day}").cast(WIDE)
        sums.append(later.sum().alias(f"crossed:{day}:{a}*{b}"))
    return sums


def _now(name: str) -> pl.Expr:
    return pl.col(f"{name}:so_far").cast(WIDE)


def _before(name: str) -> pl.Expr:
    return (pl.col(f"{name}:so_far") - pl.col(name)).cast(WIDE)


def _shape_growth(name: str) -> list[pl.Expr]:
    """How the shape of the cumulative amounts changed on the day: as it is now less as it was."""
    now, before = _now(name), _before(name)

    def grown(what: str, one: pl.Expr, other: pl.Expr) -> pl.Expr:
        return (one.cast(WIDE) - other.cast(WIDE)).sum().alias(f"grown:{what}:{name}")

    sums = [grown("buyers", now != 0, before != 0), grown("positive", now > 0, before > 0)]
    logs = [
        pl.when(side > 0).then(log_grid(pl.when(side > 0).then(side).otherwise(1))).otherwise(0)
        for side in (now, before)
    ]
    powers = list(logs)
    for exponent in (1, 2, 3, 4):
        sums.append(grown(f"log{exponent}", powers[0], powers[1]))
        powers = [power * log for power, log in zip(powers, logs, strict=True)]
    return sums


def _crossings(plan: DayPlan) -> list[tuple[int, str, str]]:
    """Every ordered pair whose product is kept, for each reference day."""
    pairs = dict.fromkeys(pair for a, b in plan.cells.products for pair in ((a, b), (b, a)))
    return [(day, a, b) for day in plan.references for a, b in pairs]


def _assemble(sizes: pl.DataFrame, found: pl.DataFrame, plan: DayPlan) -> DayMoments:
    """Days without a purchase filled in, running sums taken: Python integers throughout."""
    cells, days = plan.cells, plan.last_day + 1
    keys = [_key(row) for row in sizes.select(cells.by).iter_rows()]
    n = np.array(sizes.get_column("n").to_list(), dtype=object)
    cell_of = {key: i for i, key in enumerate(keys)}
    rows = [cell_of[_key(row)] for row in found.select(cells.by).iter_rows()]
    on = found.get_column(DAY).to_list()

    def filled(name: str) -> Integers:
        grid: Integers = np.zeros((len(keys), days), dtype=object)
        grid[rows, on] = found.get_column(name).to_list()
        return grid

    daily, cumulative = [], []
    for name in cells.statistics():
        if name == "n":
            daily.append(np.repeat(n, days))
            cumulative.append(np.repeat(n, days))
            continue
        daily.append(filled(name).ravel())
        grows = name if name.startswith("sum:") else f"grown:{name}"
        cumulative.append(np.cumsum(filled(grows), axis=1).ravel())
    every = [(*key, str(day)) for key in keys for day in range(days)]
    by_day = replace(cells, by=(*cells.by, DAY))
    total = build_moments(by_day, every, np.stack(cumulative, axis=1))
    place = {name: i for i, name in enumerate(cells.statistics())}
    crossed = {}
    for day, a, b in _crossings(plan):
        square = cumulative[place[_product(cells, a, b)]].reshape(len(keys), days)[:, [day]]
        # up to the reference day both factors are the same amounts; later days add to it
        running = square + np.cumsum(filled(f"crossed:{day}:{a}*{b}"), axis=1)
        crossed[(day, a, b)] = _in_order(every, total.keys, running.ravel())
    return DayMoments(plan, build_moments(by_day, every, np.stack(daily, axis=1)), total, crossed)


def _product(cells: AggregationPlan, a: str, b: str) -> str:
    return f"product:{a}*{b}" if (a, b) in cells.products else f"product:{b}*{a}"


def _key(row: Sequence[object]) -> Key:
    return tuple(None if value is None else str(value) for value in row)


def _in_order(given: Sequence[Key], wanted: Sequence[Key], values: Integers) -> Integers:
    row_of = {key: i for i, key in enumerate(given)}
    return values[[row_of[key] for key in wanted]]
