"""The aggregation of `moments` carried out by Polars: one lazy plan, streamed, exact.

Another engine can do the same from the same `AggregationPlan`; nothing else in the core touches
rows.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from regulars_experiments.moments import LOG_SCALE, AggregationPlan, Moments, build_moments

WIDE = pl.Int128
"""Sums of products of 48-bit integers fit."""


def aggregate(frame: pl.LazyFrame, plan: AggregationPlan) -> Moments:
    """One pass over `frame` (columns of `plan.by` as text, `plan.columns` as integers).

    >>> from regulars_experiments.moments import plan_moments
    >>> frame = pl.DataFrame({"arm": ["held", "sent", "sent"], "cents": [0, 150, 250]})
    >>> found = aggregate(frame.lazy(), plan_moments(by=["arm"], columns={"cents": 100}))
    >>> found.plan.statistics(), found.cells[("sent",)]
    (('n', 'sum:cents', 'product:cents*cents'), (2, 400, 85000))
    >>> found.summary([("sent",)], {"cents": 1}).mean
    array([2.])
    """
    return aggregate_all(frame, [plan])[0]


def aggregate_all(frame: pl.LazyFrame, plans: Sequence[AggregationPlan]) -> list[Moments]:
    """Several plans over the same rows in one streamed run."""
    lazies, spans = [], []
    for plan in plans:
        parts = _parts(frame, plan)
        spans.append(len(parts))
        lazies += parts
    # a shared sub-plan would be kept whole in memory (a file's columns on their grid, say); reading
    # a column again costs less
    each = pl.QueryOptFlags(comm_subplan_elim=False)
    frames = pl.collect_all(lazies, engine="streaming", optimizations=each)
    found, start = [], 0
    for plan, span in zip(plans, spans, strict=True):
        found.append(_assemble(frames[start : start + span], plan))
        start += span
    return found


def _parts(frame: pl.LazyFrame, plan: AggregationPlan) -> list[pl.LazyFrame]:
    """Counts over all rows, then each group of columns over the rows where it is not all zero.

    Shops' outcomes are 0 for most customers: leaving these rows out of the sums saves more than
    exact integers cost.
    """
    parts = [frame.group_by(plan.by).agg(pl.len().cast(WIDE).alias("n"))]
    for group in plan.groups:
        present = frame.filter(pl.any_horizontal(pl.col(name) != 0 for name in group))
        parts.append(present.group_by(plan.by).agg(_sums(plan, group)))
    return parts


def _sums(plan: AggregationPlan, group: Sequence[str]) -> list[pl.Expr]:
    sums = [pl.col(name).cast(WIDE).sum().alias(f"sum:{name}") for name in group]
    for a, b in plan.products_of(group):
        product = pl.col(a).cast(WIDE) * pl.col(b).cast(WIDE)
        sums.append(product.sum().alias(f"product:{a}*{b}"))
    for name in plan.shapes:
        if name in group:
            sums += shape_sums(name, pl.col(name))
    sums += [
        (pl.col(name) != 0).sum().cast(WIDE).alias(f"buyers:{name}")
        for name in plan.counted
        if name in group
    ]
    return sums


def shape_sums(name: str, value: pl.Expr) -> list[pl.Expr]:
    """Buyers, positive amounts and the powers of their logarithms, in the plan's order."""
    # 1 has no logarithm; a filter here would gather the rows of every cell in memory
    logs = log_grid(pl.when(value > 0).then(value).otherwise(1))
    sums = [
        (value != 0).sum().cast(WIDE).alias(f"buyers:{name}"),
        (value > 0).sum().cast(WIDE).alias(f"positive:{name}"),
    ]
    power = logs
    for exponent in (1, 2, 3, 4):
        sums.append(power.sum().alias(f"log{exponent}:{name}"))
        power = power * logs
    return sums


def log_grid(value: pl.Expr) -> pl.Expr:
    """Natural logarithms of positive integers on the grid of the shapes, as wide integers."""
    return (value.cast(pl.Float64).log() * LOG_SCALE).round().cast(WIDE)


def _assemble(frames: Sequence[pl.DataFrame], plan: AggregationPlan) -> Moments:
    """Parts -> one array of Python integers: 128-bit sums leave Polars as such."""
    names = plan.statistics()
    place = {name: i for i, name in enumerate(names)}
    keys = [tuple(_text(value) for value in row) for row in frames[0].select(plan.by).iter_rows()]
    row_of = {key: i for i, key in enumerate(keys)}
    sums = np.zeros((len(keys), len(names)), dtype=object)
    for frame in frames:
        rows = [row_of[tuple(map(_text, row))] for row in frame.select(plan.by).iter_rows()]
        for column in frame.columns:
            if column in place:
                sums[rows, place[column]] = frame.get_column(column).to_list()
    return build_moments(plan, keys, sums)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
