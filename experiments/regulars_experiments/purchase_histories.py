"""What of a customer's purchases a model of repeat buying needs: how often, how late, how long.

Fader, Hardie & Lee (2005), sec. 2: given the model, (x, t_x, T) says all that the days of the
purchases say. Customers with the same three numbers are one row, so a million customers are as
quick as their distinct histories are few.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Histories:
    """Distinct purchase histories and how many customers have each; arrays of shape (groups,).

    repeats: purchases after the first (x). recency: time of the last one since the first (t_x), 0
    without repeats. age: time from the first purchase to the end of what was seen (T). All times in
    one unit, which is the unit of every rate and horizon. customers: how many, above zero.
    """

    repeats: FloatArray
    recency: FloatArray
    age: FloatArray
    customers: FloatArray

    @property
    def repeaters(self) -> int:
        """Customers who bought again."""
        return int(self.customers[self.repeats > 0].sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupedHistories:
    """Histories, and for each customer given the row of theirs; group: shape (customers,)."""

    histories: Histories
    group: npt.NDArray[np.intp]


def group_histories(
    repeats: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike
) -> GroupedHistories:
    """Customers with equal histories put together; arrays of shape (customers,).

    Raises ValueError for histories that cannot be: negative numbers, a last purchase after the end,
    repeats without time between them and the first purchase, or the reverse.

    >>> found = group_histories([0, 2, 0], [0.0, 5.0, 0.0], [9.0, 9.0, 9.0])
    >>> found.histories.customers.tolist(), found.group.tolist()
    ([2.0, 1.0], [0, 1, 0])
    """
    columns = np.column_stack(
        [np.asarray(column, dtype=float).ravel() for column in (repeats, recency, age)]
    )
    _refuse(columns)
    order = np.lexsort(columns.T[::-1])
    ordered = columns[order]
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.empty(len(ordered), dtype=np.intp)
    group[order] = np.cumsum(first) - 1
    distinct = ordered[first]
    counts = np.bincount(group, minlength=len(distinct)).astype(float)
    return GroupedHistories(
        histories=Histories(
            repeats=distinct[:, 0], recency=distinct[:, 1], age=distinct[:, 2], customers=counts
        ),
        group=group,
    )


def _refuse(columns: FloatArray) -> None:
    x, t_x, age = columns.T
    if not np.isfinite(columns).all() or (columns < 0).any():
        raise ValueError("repeats, recency and age must be numbers of zero or more")
    if (t_x > age).any():
        raise ValueError("a last purchase lies after the end of what was seen")
    if ((x > 0) != (t_x > 0)).any():
        raise ValueError("repeats need a recency above zero, and no repeats one of zero")
