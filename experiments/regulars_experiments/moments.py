"""The addable value on which every estimator stands.

Per cell (arm x segment x stratum x day) it keeps n and, over the declared columns, sums and sums
of products, as exact integers (see `fixed_point`). So an evaluation that is run again is the same
to the byte whatever the order of rows or the number of threads, and nothing cancels.

The plan of the aggregation is data (`AggregationPlan`): `aggregation` carries it out in Polars,
and another engine could.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray

Key = tuple[str | None, ...]
Integers = npt.NDArray[np.object_]

LOG_SCALE = 1 << 16
"""Grid of the logarithms that describe the shape of buyers' amounts."""

_FAR_OFF = 1e6  # standard errors from zero, from which the rounding of a mean is kept


@dataclass(frozen=True, kw_only=True, slots=True)
class AggregationPlan:
    """What one pass over the rows has to add up.

    by: grouping columns (arm first). columns: fixed-point integer columns -> units per 1.
    products: pairs whose sum of products is kept (a pair of a column with itself is its square).
    shapes: money columns of which the buyers (non-zero rows) are counted and the first, second
    and fourth power of the logarithm of positive amounts are kept. counted: further columns whose
    non-zero rows are counted, no more. groups: the columns in groups that are mostly zero together,
    so that an engine may skip the rows where a whole group is.
    """

    by: tuple[str, ...]
    columns: Mapping[str, int]
    products: tuple[tuple[str, str], ...]
    shapes: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    counted: tuple[str, ...] = ()

    def statistics(self) -> tuple[str, ...]:
        """Names of the integers kept per cell, in their order."""
        names = ["n", *(f"sum:{name}" for name in self.columns)]
        names += [f"product:{a}*{b}" for a, b in self.products]
        for name in self.shapes:
            names += [f"buyers:{name}", f"positive:{name}"]
            names += [f"log{power}:{name}" for power in (1, 2, 3, 4)]
        names += [f"buyers:{name}" for name in self.counted]
        return tuple(names)

    def products_of(self, group: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The products to be summed over this group's rows: each product in one group only."""
        home = {name: i for i, names in enumerate(self.groups) for name in names}
        here = home[group[0]]
        return tuple((a, b) for a, b in self.products if min(home[a], home[b]) == here)


def plan_moments(
    *,
    by: Sequence[str],
    columns: Mapping[str, int],
    pairs: Iterable[tuple[str, str]] = (),
    shapes: Iterable[str] = (),
    counted: Iterable[str] = (),
    apart: Sequence[str] = (),
) -> AggregationPlan:
    """A plan with the square of each column and each further pair once, in a fixed order.

    counted: a column with a shape is counted anyway. apart: columns that are not zero where the
    others are (what was known before the start).
    """
    shapes = tuple(shapes)
    products = [(name, name) for name in columns]
    for a, b in pairs:
        pair = (a, b) if a <= b else (b, a)
        if pair not in products:
            products.append(pair)
    together = tuple(name for name in columns if name not in apart)
    alone = tuple(name for name in columns if name in apart)
    return AggregationPlan(
        by=tuple(by),
        columns=dict(columns),
        products=tuple(products),
        shapes=shapes,
        groups=tuple(group for group in (together, alone) if group),
        counted=tuple(name for name in dict.fromkeys(counted) if name not in shapes),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums per cell. Adding two (other rows of the same plan) gives the value of all the rows.

    keys: values of `plan.by` per cell, in a fixed order. sums: Python integers, (cells,
    statistics), columns as in `plan.statistics()`.
    """

    plan: AggregationPlan
    keys: tuple[Key, ...]
    sums: Integers
    _row_of: dict[Key, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the cells by their keys."""
        object.__setattr__(self, "_row_of", {key: i for i, key in enumerate(self.keys)})

    @property
    def cells(self) -> dict[Key, tuple[int, ...]]:
        """The sums of each cell by its key."""
        return {key: tuple(row) for key, row in zip(self.keys, self.sums, strict=True)}

    def __add__(self, other: "Moments") -> "Moments":
        if self.plan != other.plan:
            raise ValueError("moments of different plans cannot be added")
        return _merged(
            self.plan, [*self.keys, *other.keys], np.concatenate([self.sums, other.sums])
        )

    def rolled_up(self, by: Sequence[str]) -> "Moments":
        """The same over fewer grouping columns: cells that share `by` are added."""
        places = [self.plan.by.index(name) for name in by]
        plan = AggregationPlan(
            by=tuple(by),
            columns=self.plan.columns,
            products=self.plan.products,
            shapes=self.plan.shapes,
            groups=self.plan.groups,
            counted=self.plan.counted,
        )
        return _merged(
            plan, [tuple(key[place] for place in places) for key in self.keys], self.sums
        )

    def only(self, keys: Sequence[Key]) -> "Moments":
        """These cells in this order, also twice; zeros for a key that no row has."""
        return Moments(self.plan, tuple(keys), self._rows(keys))

    def counts(self, keys: Sequence[Key]) -> list[int]:
        """Rows per key, exact."""
        return [int(n) for n in self._rows(keys)[:, 0]]

    def summary(self, keys: Sequence[Key], combination: Mapping[str, Fraction | int]) -> "Summary":
        """Summaries, one per key, of a linear combination of columns (in natural units).

        The combination's weights are exact, so net profit (margin rate x goods - cost) comes from
        the moments of goods and cost without another pass. A key without rows has n = 0.
        """
        rows = self._rows(keys)
        n = rows[:, 0]
        weights, unit = self.whole_weights(combination)
        first, square = self._first(rows, weights), self._second(rows, weights, weights)
        mean = quotients(first, n * unit)
        # (n S2 - S1^2) / (n (n - 1)) in exact arithmetic: nothing cancels
        variance = quotients(n * square - first * first, n * (n - 1) * unit**2)
        return Summary(
            n=n.astype(np.float64),
            mean=mean,
            variance=variance,
            mean_square=quotients(square, n * unit**2),
            rest=_rest(first, n * unit, mean, variance),
        )

    def covariance(
        self,
        keys: Sequence[Key],
        one: Mapping[str, Fraction | int],
        other: Mapping[str, Fraction | int],
    ) -> FloatArray:
        """Sample covariances (ddof 1) of two linear combinations, one per key; NaN below n = 2."""
        rows = self._rows(keys)
        n = rows[:, 0]
        (weights, unit), (other_weights, other_unit) = (
            self.whole_weights(one),
            self.whole_weights(other),
        )
        cross = self._second(rows, weights, other_weights)
        sums = self._first(rows, weights) * self._first(rows, other_weights)
        return quotients(n * cross - sums, n * (n - 1) * (unit * other_unit))

    def shape(self, keys: Sequence[Key], column: str) -> "Shape":
        """How many bought and how their amounts spread, per key.

        Of a column that was only counted no more is known: NaN logs, all amounts above zero.
        """
        rows, place = self._rows(keys), self._place()

        def values(name: str, scale: int = 1) -> FloatArray:
            found: FloatArray = rows[:, place[name]].astype(np.float64) / scale
            return found

        buyers = values(f"buyers:{column}")
        if column not in self.plan.shapes:
            unknown = np.full(buyers.shape, np.nan)
            return Shape(buyers=buyers, positive=buyers, logs=(unknown,) * 4)
        return Shape(
            buyers=buyers,
            positive=values(f"positive:{column}"),
            logs=tuple(values(f"log{power}:{column}", LOG_SCALE**power) for power in (1, 2, 3, 4)),
        )

    def totals(self, keys: Sequence[Key], combination: Mapping[str, Fraction | int]) -> Integers:
        """Exact sums of a combination per key, counted in the unit of `whole_weights`."""
        return self._first(self._rows(keys), self.whole_weights(combination)[0])

    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.plan.statistics())}

    def _rows(self, keys: Sequence[Key]) -> Integers:
        """(keys, statistics); zeros for a key that no row has."""
        if keys is self.keys:
            return self.sums
        places = np.array([self._row_of.get(key, -1) for key in keys], dtype=np.intp)
        rows: Integers = np.zeros((len(places), self.sums.shape[1]), dtype=object)
        there = places >= 0
        rows[there] = self.sums[places[there]]
        return rows

    def whole_weights(
        self, combination: Mapping[str, Fraction | int]
    ) -> tuple[dict[str, int], int]:
        """Whole weights of the stored integers, and the unit that their sum is counted in."""
        exact = {
            name: Fraction(weight) / self.plan.columns[name] for name, weight in combination.items()
        }
        unit = math.lcm(*(weight.denominator for weight in exact.values()))
        return {name: int(weight * unit) for name, weight in exact.items()}, unit

    def _first(self, rows: Integers, weights: Mapping[str, int]) -> Integers:
        place = self._place()
        return _sum(rows, [(place[f"sum:{name}"], weight) for name, weight in weights.items()])

    def _second(
        self, rows: Integers, weights: Mapping[str, int], others: Mapping[str, int]
    ) -> Integers:
        place = self._place()
        terms: dict[int, int] = {}
        for a, weight in weights.items():
            for b, other in others.items():
                name = f"product:{a}*{b}" if f"product:{a}*{b}" in place else f"product:{b}*{a}"
                terms[place[name]] = terms.get(place[name], 0) + weight * other
        return _sum(rows, list(terms.items()))


def build_moments(plan: AggregationPlan, keys: Sequence[Key], sums: Integers) -> Moments:
    """Moments with their cells in a fixed order. sums: (cells, statistics), Python integers."""
    order = sorted(range(len(keys)), key=lambda i: [(part is None, part or "") for part in keys[i]])
    return Moments(plan, tuple(keys[i] for i in order), sums[order])


def _merged(plan: AggregationPlan, keys: Sequence[Key], sums: Integers) -> Moments:
    """Cells of the same key added."""
    place: dict[Key, int] = {}
    rows = [place.setdefault(key, len(place)) for key in keys]
    merged = np.zeros((len(place), sums.shape[1]), dtype=object)
    np.add.at(merged, rows, sums)
    return build_moments(plan, list(place), merged)


def _sum(rows: Integers, terms: Sequence[tuple[int, int]]) -> Integers:
    total: Integers = np.zeros(len(rows), dtype=object)
    for column, weight in terms:
        total = total + (rows[:, column] if weight == 1 else rows[:, column] * weight)
    return total


def _rest(total: Integers, count: Integers, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Exact mean less its rounding to `mean`, where that may matter beside the standard error."""
    rest = np.zeros(mean.shape)
    with np.errstate(invalid="ignore"):
        n = count.astype(np.float64)
        large = mean**2 * n > _FAR_OFF**2 * variance
    for i in np.flatnonzero(large & (mean != 0) & np.isfinite(mean)):
        rest[i] = float(Fraction(int(total[i]), int(count[i])) - Fraction(float(mean[i])))
    return rest


def mean_difference(control: "Summary", arm: "Summary") -> FloatArray:
    """Arm's mean minus the control's, in any shape; amounts of 1e12 that differ by cents included.

    >>> def exactly(mean: float, rest: float) -> Summary:
    ...     ten, nine = np.array([10.0]), np.array([9.0])
    ...     return Summary(n=ten, mean=np.array([mean]), variance=nine, mean_square=nine,
    ...                    rest=np.array([rest]))
    >>> mean_difference(exactly(1e12, 0.000015), exactly(1e12, 0.00003))
    array([1.5e-05])
    """
    difference: FloatArray = arm.mean - control.mean
    if control.rest is None or arm.rest is None:
        return difference
    return difference + (arm.rest - control.rest)


def quotients(numerator: Integers, denominator: Integers) -> FloatArray:
    """Correctly rounded quotients of integers of any size; NaN where the denominator is 0."""
    return np.array(
        [a / b if b else np.nan for a, b in zip(numerator, denominator, strict=True)],
        dtype=np.float64,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """One arm's figures in many cells; arrays of shape (cells,).

    variance: sample variance (ddof 1). mean_square: mean of the squares. NaN where undefined.
    rest: what rounding took from `mean`, where that is known; see `mean_difference`.
    """

    n: FloatArray
    mean: FloatArray
    variance: FloatArray
    mean_square: FloatArray
    rest: FloatArray | None = None

    @property
    def error2(self) -> FloatArray:
        """Squared standard error of the mean."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.variance / self.n


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How amounts spread among buyers; arrays of shape (cells,).

    buyers: customers with a non-zero amount. positive: with an amount above zero. logs: sums of
    the first four powers of the positive amounts' logarithm.
    """

    buyers: FloatArray
    positive: FloatArray
    logs: tuple[FloatArray, ...]
