"""The shop's own day of very many moments."""

import numpy as np
import polars as pl

from regulars_platform.customers.runs import Array

QUARTER = 15 * 60 * 1_000_000
"""Microseconds. Midnights and changes of clocks fall on a quarter of an hour almost everywhere."""


def local_days(moments: pl.Series, timezone: str) -> Array:
    """moments: in UTC, to the microsecond, none of them null -> days counted from 1970 (int32).

    >>> local_days(pl.Series([0, 16 * 3600 * 10**6]).cast(pl.Datetime("us", "UTC")), "Asia/Tokyo")
    array([0, 1], dtype=int32)
    """
    at = moments.to_physical().to_numpy()
    if not len(at):
        return np.empty(0, dtype=np.int32)
    first = int(at.min()) // QUARTER
    quarters = int(at.max()) // QUARTER - first + 1
    if quarters > len(at) // 2:
        return _converted(at, timezone)
    # a look in a short table instead of a conversion of every moment
    begins = (np.arange(first, first + quarters)) * QUARTER
    table = _converted(begins, timezone)
    mixed = table != _converted(begins + (QUARTER - 1), timezone)
    place = at // QUARTER
    place -= first
    days: Array = table[place]
    if mixed.any():
        rows = np.flatnonzero(mixed[place])
        days[rows] = _converted(at[rows], timezone)
    return days


def _converted(at: Array, timezone: str) -> Array:
    moments = pl.Series(at).cast(pl.Datetime("us", "UTC"))
    days: Array = moments.dt.convert_time_zone(timezone).dt.date().to_physical().to_numpy()
    return days
