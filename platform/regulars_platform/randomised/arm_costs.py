"""A column that is the same for all customers of an arm, added to moments without touching rows.

What contacting a customer cost is such a column: its sums and products follow exactly from counts
and from the other columns' sums, while a column in every row would be summed row by row.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import lcm

import numpy as np

from regulars_experiments.comparison import Collected
from regulars_experiments.moments import Moments, build_moments


def with_arm_cost(collected: Collected, column: str, costs: Mapping[str, Fraction]) -> Collected:
    """The moments with `column`, which holds the arm's cost for each of its customers.

    costs: by arm, the first grouping column; the column must not be there yet.
    """
    scale = lcm(*(cost.denominator for cost in costs.values()))
    units = {arm: int(cost * scale) for arm, cost in costs.items()}
    return Collected(
        {
            name: _with_cost(value, column, units, scale)
            for name, value in collected.moments.items()
        },
        {
            name: _with_cost(value, column, units, scale)
            for name, value in collected.stratified.items()
        },
        collected.limits,
    )


def _with_cost(moments: Moments, column: str, units: Mapping[str, int], scale: int) -> Moments:
    old = moments.plan
    if column in old.columns:
        raise ValueError(f"there is a column {column!r} already")
    plan = replace(
        old,
        columns={**old.columns, column: scale},
        products=(*old.products, (column, column), *((column, other) for other in old.columns)),
        groups=(*old.groups, (column,)),
    )
    place = {name: i for i, name in enumerate(old.statistics())}
    cost = np.array([units[str(key[0])] for key in moments.keys], dtype=object)
    n = moments.sums[:, place["n"]]
    new = {
        f"sum:{column}": n * cost,
        f"product:{column}*{column}": n * cost * cost,
        **{
            f"product:{column}*{other}": moments.sums[:, place[f"sum:{other}"]] * cost
            for other in old.columns
        },
    }
    columns = [
        new[name] if name in new else moments.sums[:, place[name]] for name in plan.statistics()
    ]
    return build_moments(plan, moments.keys, np.stack(columns, axis=1))
