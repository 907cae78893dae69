"""Numbers as integers with a scale, so that their sums are exact.

Money in ten-thousandths is such a column already; any other is put on a grid. Integer sums do not
depend on the order of the rows, on threads or on the machine, and nothing cancels.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import polars as pl

GRID_BITS = 48
"""Values stay below 2^48 units and squares below 2^96, so 2^30 rows fit into 128 bits."""

_DECIMAL_SCALES = (1, 100, 10_000)
_LARGEST = 2**GRID_BITS

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def quantise(frame: Frame, names: Sequence[str]) -> tuple[Frame, dict[str, int]]:
    """Put numeric columns on a fixed-point grid; nulls become 0 (no order is an outcome of 0).

    A column with at most 0, 2 or 4 decimals keeps every value exactly (as long as the largest fits
    into 48 bits of that unit); any other is rounded to a binary grid of 48 bits below its largest
    value, an error of at most 2^-48 (3.6e-15) of that value. A lazy frame stays lazy: the scales
    are found in one streamed pass.
    Returns the frame with these columns as Int64, and units per 1 of each.
    Raises ValueError for values that are not finite, or of 2^48 and more.

    >>> whole, scales = quantise(pl.DataFrame({"spend": [12.5, None, 3.25]}), ["spend"])
    >>> whole.get_column("spend").to_list(), scales
    ([1250, 0, 325], {'spend': 100})
    """
    lazy = frame.lazy()
    schema = lazy.collect_schema()
    whole = [n for n in names if schema[n].is_integer() or schema[n] == pl.Boolean]
    scales = _find_scales(lazy, names, whole)
    found = frame.with_columns(_on_grid(name, scales[name], name in whole) for name in names)
    return found, scales


def _on_grid(name: str, scale: int, whole: bool) -> pl.Expr:
    values = pl.col(name).fill_null(0)
    if whole:
        return values.cast(pl.Int64)
    # rounding halves to even, as everywhere in floating point
    return (values.cast(pl.Float64) * float(scale)).round(mode="half_to_even").cast(pl.Int64)


def _find_scales(lazy: pl.LazyFrame, names: Sequence[str], whole: Sequence[str]) -> dict[str, int]:
    """Units per 1 of each column, from one pass over the largest values and the decimals."""
    looks: list[pl.Expr] = []
    for name in names:
        if name in whole:
            wide = pl.col(name).cast(pl.Int128).abs()
            looks.append(wide.max().alias(f"{name}:largest"))
            continue
        values = pl.col(name).cast(pl.Float64)
        looks.append((~values.is_finite()).any().alias(f"{name}:odd"))
        looks.append(values.abs().max().alias(f"{name}:largest"))
        for scale in _DECIMAL_SCALES:
            # divided by a column: Polars multiplies by the reciprocal of a constant, not the same
            kept = (values * scale).round(mode="half_to_even") / (values * 0 + scale)
            looks.append((kept == values).all().alias(f"{name}:{scale}"))
    if not looks:
        return {}
    facts = lazy.select(looks).collect(engine="streaming").row(0, named=True)
    return {name: _scale(name, facts, name in whole) for name in names}


def _scale(name: str, facts: Mapping[str, object], whole: bool) -> int:
    largest = facts[f"{name}:largest"] or 0
    if not isinstance(largest, int | float):
        raise TypeError(f"column {name!r} holds no numbers")
    if not whole and (facts[f"{name}:odd"] or np.isnan(largest)):
        raise ValueError(f"column {name!r} has values that are not finite numbers")
    if largest >= _LARGEST:
        raise ValueError(
            f"column {name!r} has values of 2^48 (2.8e14) or more, too large to be added up exactly"
        )
    if whole:
        return 1
    for scale in _DECIMAL_SCALES:
        if largest * scale >= _LARGEST:
            break
        if facts[f"{name}:{scale}"]:
            return scale
    return int(2 ** min(GRID_BITS - int(np.ceil(np.log2(largest))), 200))
