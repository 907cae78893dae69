"""Thresholds that look like a shop's: 39, 79, 129, 199, and never 83.27.

Money is whole ten-thousandths of a currency unit, so a price point is exact and so is the question
on which side of it an order lies. Steps grow with the size (a price point is at most a fifth above
the one before, from 10 on), so that steps of a ladder seldom meet in the same one. No currency is
named: 1,290 is a price in yen, 12.90 one in euros.
"""

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Style = Literal["nines", "round"]
"""nines: 39, 79, 129, 199. round: 40, 80, 130, 200."""

Whole = npt.NDArray[np.int64]

STYLES: tuple[Style, ...] = ("nines", "round")
UNIT = 10_000
"""Ten-thousandths in one currency unit."""
WHOLE_MULTIPLE = 10_000
"""A multiple counts basis points: 11,500 is 1.15 times."""

_LARGEST = 10**16  # 10^12 currency units: far above any order that fits the sums


def at_or_above(values: npt.ArrayLike, style: Style) -> Whole:
    """The lowest price point that is not below each value, in any shape.

    values: whole ten-thousandths; what is below the lowest price point gets that. Raises ValueError
    for a style that is none, or values of 10^16 and more.

    >>> (at_or_above([83_2700, 99_0000, 121_0000], "nines") / UNIT).tolist()
    [85.0, 99.0, 129.0]
    """
    points, wanted = _points(style), _whole(values)
    found: Whole = points[np.searchsorted(points, wanted, side="left")]
    return found


def nearest(values: npt.ArrayLike, style: Style) -> Whole:
    """The price point nearest to each value; the lower one where two are as near.

    Arguments and errors as in `at_or_above`.

    >>> (nearest([83_2700, 121_0000, 36_5000], "round") / UNIT).tolist()
    [85.0, 120.0, 35.0]
    """
    points, wanted = _points(style), _whole(values)
    above = np.searchsorted(points, wanted, side="left")
    upper, lower = points[above], points[np.maximum(above - 1, 0)]
    return np.where(upper - wanted < wanted - lower, upper, lower)


def personal_thresholds(values: npt.ArrayLike, multiple: int, style: Style, floor: int) -> Whole:
    """Each customer's threshold: the price point at or above multiple x the own past order value.

    values: past order values in ten-thousandths. multiple: basis points (11,500: 1.15 times), above
    zero. floor: nobody's threshold is below it. So the threshold rises with the value and with the
    multiple, or stays. Raises ValueError for a multiple that is not above zero, or what
    `at_or_above` refuses.

    >>> (personal_thresholds([20_0000, 71_9900], 11_500, "nines", 39_0000) / UNIT).tolist()
    [39.0, 85.0]
    """
    if multiple <= 0:
        raise ValueError(f"a multiple of past order values must be above zero, not {multiple}")
    own = _whole(values)
    # value x multiple, rounded up, without leaving 64 bits
    whole, rest = own // WHOLE_MULTIPLE, own % WHOLE_MULTIPLE
    wanted = whole * multiple - (-rest * multiple) // WHOLE_MULTIPLE
    return np.maximum(at_or_above(wanted, style), floor)


def threshold_column(value: pl.Expr, multiple: int, style: Style, floor: int) -> pl.Expr:
    """The same for a column of whole ten-thousandths; the floor where there is no value (null).

    >>> frame = pl.DataFrame({"value": [71_9900, None]})
    >>> column = threshold_column(pl.col("value"), 11_500, "nines", 39_0000)
    >>> frame.select(column).to_series(0).to_list()
    [850000, 390000]
    """

    def found(column: pl.Series) -> pl.Series:
        own = column.fill_null(0).cast(pl.Int64).to_numpy()
        return pl.Series(column.name, personal_thresholds(own, multiple, style, floor))

    return value.map_batches(found, return_dtype=pl.Int64, is_elementwise=True)


def _whole(values: npt.ArrayLike) -> Whole:
    given = np.asarray(values)
    if given.dtype.kind not in "iu" and given.size:
        raise ValueError("price points are looked for in whole ten-thousandths, not in fractions")
    if given.size and int(given.max()) >= _LARGEST:
        raise ValueError("there is no price point for amounts of 10^12 currency units and more")
    return given.astype(np.int64)


def _points(style: Style) -> Whole:
    if style not in _TABLES:
        raise ValueError(f"price points are {' or '.join(STYLES)}, not {style!r}")
    return _TABLES[style]


def _table(low: Iterable[int], tens: Iterable[int], higher: Iterable[int]) -> Whole:
    """All price points. low: below 10, in hundredths. tens: 10 to 99, in tenths.

    higher: three digits; from 100 on they repeat with every decade.
    """
    points = {*(p * UNIT // 100 for p in low), *(p * UNIT // 10 for p in tens)}
    decade = UNIT
    while decade < 10 * _LARGEST // 100:
        points |= {p * decade for p in higher}
        decade *= 10
    return np.array(sorted(points), dtype=np.int64)


_NINES = (
    *range(109, 200, 10),
    *(229, 249, 279, 299, 329, 349, 379, 399, 429, 449, 479, 499),
    *range(549, 1000, 50),
)
_TABLES: dict[Style, Whole] = {
    "nines": _table(
        low=(99, *_NINES),
        tens=(
            *(place for place in _NINES if place < 300),
            *sorted({*range(350, 1000, 100), *range(390, 1000, 100)}),
        ),
        higher=_NINES,
    ),
    "round": _table(
        low=range(100, 1000, 50),
        tens=(100, 110, 120, 140, 150, 160, 180, 200, 220, 250, 280, *range(300, 1000, 50)),
        higher=(*range(100, 200, 10), *range(200, 500, 25), *range(500, 1000, 50)),
    ),
}
