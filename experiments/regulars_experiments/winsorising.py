"""Amounts capped at a declared limit. It changes the question, so both answers are shown."""

from collections.abc import Mapping
from fractions import Fraction

import polars as pl

from regulars_experiments.fixed_point import GRID_BITS
from regulars_experiments.metrics import Design, Winsorising

_FINEST = 1_000_000  # an interpolated limit has more decimals than the amounts


def winsorised(
    frame: pl.LazyFrame, design: Design, scales: Mapping[str, int]
) -> tuple[pl.LazyFrame, dict[str, int], dict[str, Fraction]]:
    """The frame with a capped copy of each single-column mean metric.

    Returns it with the copies (see `capped_name`), their scales (units per 1), and the limit used
    by metric, in the metric's unit. A metric of which nobody has any, where the limit is a
    percentile, has no copy.
    """
    rule = design.winsorising
    columns = {
        metric.name: next(iter(metric.value))
        for metric in design.metrics
        if metric.kind == "mean" and list(metric.value.values()) == [1]
    }
    if rule is None or not columns:
        return frame, {}, {}
    limits = {
        name: find_limit(frame, column, scales[column], rule) for name, column in columns.items()
    }
    lowest = frame.select(pl.col(column).min() for column in set(columns.values()))
    least = lowest.collect(engine="streaming").row(0, named=True)
    copies, fine, used = [], {}, {}
    for name, limit in limits.items():
        if limit is None or limit <= 0:
            continue
        column = columns[name]
        copy, finer = _capped(column, scales[column], limit, least[column] or 0)
        copies.append(copy.alias(capped_name(column)))
        fine[capped_name(column)] = finer
        used[name] = limit
    return frame.with_columns(copies), fine, used


def capped_name(column: str) -> str:
    """The name of the capped copy of a column."""
    return f"{column}:capped"


def find_limit(frame: pl.LazyFrame, column: str, scale: int, rule: Winsorising) -> Fraction | None:
    """The limit in natural units; None where there is nobody to take a percentile of.

    A percentile interpolates linearly between the two values beside it (type 7 of Hyndman & Fan
    1996), here in exact arithmetic.
    """
    if rule.limit is not None or rule.percentile is None:
        return rule.limit
    values = frame.select(pl.col(column).cast(pl.Int64).alias("v"))
    if rule.of_buyers:
        values = values.filter(pl.col("v") > 0)
    n = int(values.select(pl.len()).collect(engine="streaming").item())
    if n == 0:
        return None
    place = Fraction(str(rule.percentile)) * (n - 1)
    below = int(place)
    # only the top of the distribution is sorted
    top = values.select(pl.col("v").top_k(n - below)).collect(engine="streaming").get_column("v")
    ordered = top.sort()
    low, high = int(ordered[0]), int(ordered[min(1, len(ordered) - 1)])
    return (low + (place - below) * (high - low)) / Fraction(scale)


def _capped(column: str, scale: int, limit: Fraction, lowest: int) -> tuple[pl.Expr, int]:
    """min(amount, limit) on a finer grid, where 48 bits allow it, and that grid's units per 1.

    lowest: the most negative amount, which has to fit the grid as well.
    """
    finer = 1
    reach = max(limit * scale, Fraction(-lowest))
    while finer < _FINEST and reach * finer * 10 < 2**GRID_BITS:
        finer *= 10
    most = int(limit * scale * finer)
    amount = pl.col(column).cast(pl.Int64)
    # whole numbers above `most // finer` are above the limit; the product of the others fits
    above = amount > most // finer
    return pl.when(above).then(most).otherwise(amount * finer), scale * finer
