"""The shop's own day of a moment, beside the calendar of the standard library."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from regulars_platform.customers.local_days import local_days

ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/Sao_Paulo",  # clocks changed at midnight
    "America/St_Johns",  # and here a minute after it, back into the day before
    "Pacific/Apia",  # left a day out
)


def expected(moments: list[dt.datetime], zone: str) -> list[int]:
    epoch = dt.date(1970, 1, 1).toordinal()
    return [at.astimezone(ZoneInfo(zone)).date().toordinal() - epoch for at in moments]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [1905, 2006, 2011])
def test_many_moments_of_some_days_have_the_days_of_the_calendar(zone: str, year: int) -> None:
    source = np.random.default_rng(year)
    # around the changes of clocks in autumn, and the last days of the year
    for month, day in ((11, 5), (10, 28), (12, 29), (2, 17)):
        began = dt.datetime(year, month, day, tzinfo=dt.UTC)
        seconds = source.integers(0, 4 * 86_400, 3_000)
        moments = [began + dt.timedelta(seconds=int(one)) for one in seconds]
        moments.append(began - dt.timedelta(microseconds=1))
        found = local_days(pl.Series(moments, dtype=pl.Datetime("us", "UTC")), zone)
        assert found.tolist() == expected(moments, zone)


def test_few_moments_far_apart_have_them_too() -> None:
    moments = [dt.datetime(year, 6, 30, 20, tzinfo=dt.UTC) for year in (1, 1969, 2026, 9998)]
    found = local_days(pl.Series(moments, dtype=pl.Datetime("us", "UTC")), "Asia/Shanghai")
    assert found.tolist() == expected(moments, "Asia/Shanghai")


def test_no_moment_has_no_day() -> None:
    nothing = pl.Series([], dtype=pl.Datetime("us", "UTC"))
    assert local_days(nothing, "Asia/Shanghai").tolist() == []
