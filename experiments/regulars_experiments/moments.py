"""The addable value on which every estimator stands.

Per cell (arm x segment) it keeps n and, over the declared columns, sums and sums of products, as
exact integers. Columns are integers with a scale (fixed point): money in ten-thousandths is one
already, any other column is put on a grid by `quantise`. Integer sums do not depend on the order
of the rows, on threads or on the machine, so an evaluation that is run again is the same to the
byte, and nothing cancels, however large the values are.

The plan of the aggregation is data (`AggregationPlan`), so another engine can carry it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_experiments.results import FloatArray

Key = tuple[str | None, ...]

_DECIMAL_SCALES = (1, 100, 10_000)
_GRID_BITS = 48  # squares stay below 2^96, so 2^30 rows fit into 128 bits
_LARGEST = 2**_GRID_BITS
_TOO_LARGE = "column {name!r} has values of 2^48 (2.8e14) or more, too large to be added up exactly"
_LOG_SCALE = 1 << 16  # grid of the logarithms that describe the shape of buyers' amounts


@dataclass(frozen=True, kw_only=True, slots=True)
class AggregationPlan:
    """What one pass over the rows has to add up.

    by: grouping columns (arm first). columns: fixed-point integer columns -> units per 1.
    products: pairs whose sum of products is kept (a pair of a column with itself is its square).
    shapes: money columns of which the buyers (non-zero rows) are counted and the first, second
    and fourth power of the logarithm of positive amounts are kept.
    """

    by: tuple[str, ...]
    columns: Mapping[str, int]
    products: tuple[tuple[str, str], ...]
    shapes: tuple[str, ...] = ()

    def statistics(self) -> tuple[str, ...]:
        """Names of the integers kept per cell, in their order."""
        names = ["n", *(f"sum:{name}" for name in self.columns)]
        names += [f"product:{a}*{b}" for a, b in self.products]
        for name in self.shapes:
            names += [f"buyers:{name}", f"positive:{name}"]
            names += [f"log{power}:{name}" for power in (1, 2, 3, 4)]
        return tuple(names)


def plan_moments(
    *,
    by: Sequence[str],
    columns: Mapping[str, int],
    pairs: Iterable[tuple[str, str]] = (),
    shapes: Iterable[str] = (),
) -> AggregationPlan:
    """A plan with the square of each column and each further pair once, in a fixed order."""
    products = [(name, name) for name in columns]
    for a, b in pairs:
        pair = (a, b) if a <= b else (b, a)
        if pair not in products:
            products.append(pair)
    return AggregationPlan(
        by=tuple(by), columns=dict(columns), products=tuple(products), shapes=tuple(shapes)
    )


def aggregate(frame: pl.LazyFrame, plan: AggregationPlan) -> "Moments":
    """One pass over `frame` (columns of `plan.by` as text, `plan.columns` as integers)."""
    wide = pl.Int128
    sums = [pl.len().cast(wide).alias("n")]
    sums += [pl.col(name).cast(wide).sum().alias(f"sum:{name}") for name in plan.columns]
    for a, b in plan.products:
        product = pl.col(a).cast(wide) * pl.col(b).cast(wide)
        sums.append(product.sum().alias(f"product:{a}*{b}"))
    for name in plan.shapes:
        value = pl.col(name)
        logs = (value.filter(value > 0).cast(pl.Float64).log() * _LOG_SCALE).round().cast(wide)
        sums.append((value != 0).sum().cast(wide).alias(f"buyers:{name}"))
        sums.append((value > 0).sum().cast(wide).alias(f"positive:{name}"))
        power = logs
        for exponent in (1, 2, 3, 4):
            sums.append(power.sum().alias(f"log{exponent}:{name}"))
            power = power * logs
    cells = frame.group_by(plan.by).agg(sums).sort(plan.by).collect()
    names = plan.statistics()
    # 128-bit integers leave Polars as exact Python integers
    by_column = {name: cells.get_column(name).to_list() for name in names}
    keys = list(zip(*(cells.get_column(name).to_list() for name in plan.by), strict=True))
    return Moments(
        plan=plan,
        cells={
            key: tuple(by_column[name][row] or 0 for name in names) for row, key in enumerate(keys)
        },
    )


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums per cell. Adding two (other rows of the same plan) gives the value of all the rows."""

    plan: AggregationPlan
    cells: Mapping[Key, tuple[int, ...]]

    def __add__(self, other: "Moments") -> "Moments":
        if self.plan != other.plan:
            raise ValueError("moments of different plans cannot be added")
        merged = dict(self.cells)
        for key, sums in other.cells.items():
            merged[key] = _add(merged[key], sums) if key in merged else sums
        return Moments(self.plan, merged)

    def rolled_up(self, by: Sequence[str]) -> "Moments":
        """The same over fewer grouping columns: cells that share `by` are added."""
        places = [self.plan.by.index(name) for name in by]
        merged: dict[Key, tuple[int, ...]] = {}
        for key, sums in self.cells.items():
            short = tuple(key[place] for place in places)
            merged[short] = _add(merged[short], sums) if short in merged else sums
        plan = AggregationPlan(
            by=tuple(by),
            columns=self.plan.columns,
            products=self.plan.products,
            shapes=self.plan.shapes,
        )
        return Moments(plan, merged)

    def summary(self, keys: Sequence[Key], combination: Mapping[str, Fraction | int]) -> "Summary":
        """Summaries, one per key, of a linear combination of columns (in natural units).

        The combination's weights are exact, so net profit (margin rate x goods - cost) comes from
        the moments of goods and cost without another pass. A key without rows has n = 0.
        """
        place = {name: i for i, name in enumerate(self.plan.statistics())}
        empty = (0,) * len(place)
        n, mean, variance, second = [], [], [], []
        for key in keys:
            sums = self.cells.get(key, empty)
            count = sums[0]
            first, square = self._combine(sums, place, combination)
            n.append(float(count))
            mean.append(float(first / count) if count else np.nan)
            second.append(float(square / count) if count else np.nan)
            # (n S2 - S1^2) / (n (n - 1)) in exact arithmetic: nothing cancels
            variance.append(
                float((count * square - first * first) / (count * (count - 1)))
                if count > 1
                else np.nan
            )
        return Summary(
            n=np.array(n),
            mean=np.array(mean),
            variance=np.array(variance),
            mean_square=np.array(second),
        )

    def covariance(
        self,
        keys: Sequence[Key],
        one: Mapping[str, Fraction | int],
        other: Mapping[str, Fraction | int],
    ) -> FloatArray:
        """Sample covariances (ddof 1) of two linear combinations, one per key; NaN below n = 2."""
        place = {name: i for i, name in enumerate(self.plan.statistics())}
        empty = (0,) * len(place)
        found = []
        for key in keys:
            sums = self.cells.get(key, empty)
            count = sums[0]
            if count < 2:
                found.append(np.nan)
                continue
            total_one = self._combine(sums, place, one)[0]
            total_other = self._combine(sums, place, other)[0]
            cross = sum(
                (
                    weight * other_weight * self._product(sums, place, a, b)
                    for a, weight in one.items()
                    for b, other_weight in other.items()
                ),
                start=Fraction(0),
            )
            found.append(float((count * cross - total_one * total_other) / (count * (count - 1))))
        return np.array(found)

    def shape(self, keys: Sequence[Key], column: str) -> "Shape":
        """How many bought and how their amounts spread, per key."""
        place = {name: i for i, name in enumerate(self.plan.statistics())}
        empty = (0,) * len(place)
        rows = [self.cells.get(key, empty) for key in keys]

        def values(name: str, scale: int = 1) -> FloatArray:
            return np.array([float(Fraction(row[place[name]], scale)) for row in rows])

        return Shape(
            buyers=values(f"buyers:{column}"),
            positive=values(f"positive:{column}"),
            logs=tuple(values(f"log{power}:{column}", _LOG_SCALE**power) for power in (1, 2, 3, 4)),
        )

    def _combine(
        self,
        sums: tuple[int, ...],
        place: Mapping[str, int],
        combination: Mapping[str, Fraction | int],
    ) -> tuple[Fraction, Fraction]:
        first = sum(
            (
                weight * Fraction(sums[place[f"sum:{name}"]], self.plan.columns[name])
                for name, weight in combination.items()
            ),
            start=Fraction(0),
        )
        square = sum(
            (
                one * other * self._product(sums, place, a, b)
                for a, one in combination.items()
                for b, other in combination.items()
            ),
            start=Fraction(0),
        )
        return first, square

    def _product(self, sums: tuple[int, ...], place: Mapping[str, int], a: str, b: str) -> Fraction:
        one, other = (a, b) if f"product:{a}*{b}" in place else (b, a)
        scale = self.plan.columns[a] * self.plan.columns[b]
        return Fraction(sums[place[f"product:{one}*{other}"]], scale)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """One arm's figures in many cells; arrays of shape (cells,).

    variance: sample variance (ddof 1). mean_square: mean of the squares. NaN where undefined.
    """

    n: FloatArray
    mean: FloatArray
    variance: FloatArray
    mean_square: FloatArray

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


def quantise(frame: pl.DataFrame, names: Sequence[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Put numeric columns on a fixed-point grid; nulls become 0 (no order is an outcome of 0).

    A column with at most 0, 2 or 4 decimals keeps every value exactly (as long as the largest fits
    into 48 bits of that unit); any other is rounded to a binary grid of 48 bits below its largest
    value, an error of at most 2^-48 (3.6e-15) of that value.
    Returns the frame with these columns as Int64, and units per 1 of each.
    Raises ValueError for values that are not finite, or of 2^48 and more.
    """
    columns, scales = [], {}
    for name in names:
        column = frame.get_column(name)
        whole = column.dtype.is_integer() or column.dtype == pl.Boolean
        values = (column.cast(pl.Int8) if column.dtype == pl.Boolean else column).fill_null(0)
        if whole:
            if (values.cast(pl.Int128).abs() >= _LARGEST).any():
                raise ValueError(_TOO_LARGE.format(name=name))
            columns.append(values.cast(pl.Int64))
            scales[name] = 1
            continue
        numbers: npt.NDArray[np.float64] = values.cast(pl.Float64).to_numpy()
        if not np.isfinite(numbers).all():
            raise ValueError(f"column {name!r} has values that are not finite numbers")
        if np.abs(numbers).max(initial=0.0) >= _LARGEST:
            raise ValueError(_TOO_LARGE.format(name=name))
        grid, scales[name] = _on_grid(numbers)
        columns.append(pl.Series(name, grid, dtype=pl.Int64))
    return frame.with_columns(columns), scales


def _on_grid(numbers: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], int]:
    largest = float(np.abs(numbers).max(initial=0.0))
    for scale in _DECIMAL_SCALES:
        if largest * scale >= 2**_GRID_BITS:
            break
        scaled = np.rint(numbers * scale)
        if np.array_equal(scaled / scale, numbers):
            return scaled.astype(np.int64), scale
    scale = 2 ** min(_GRID_BITS - int(np.ceil(np.log2(largest))), 200)
    return np.rint(numbers * float(scale)).astype(np.int64), scale


def _add(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
