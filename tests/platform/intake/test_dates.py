"""Dates are read in the forms that exports use, in the shop's time zone, or not at all."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from regulars_platform.intake.dates import DateOrder, date_evidence, read_moments

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")


def at(*parts: int) -> dt.datetime:
    year, month, day, hour, minute, second, micro = (*parts, 0, 0, 0, 0)[:7]
    return dt.datetime(year, month, day, hour, minute, second, micro, tzinfo=dt.UTC)


def read(cell: str, order: DateOrder | None = None, zone: dt.tzinfo = dt.UTC) -> dt.datetime | None:
    found = read_moments(pl.Series([cell], dtype=pl.String), order, zone)[0]
    assert found is None or isinstance(found, dt.datetime)
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2010-12-01 08:26:00", at(2010, 12, 1, 8, 26)),
        ("2010-12-01", at(2010, 12, 1)),
        ("2010-12-01T08:26", at(2010, 12, 1, 8, 26)),
        ("2016/5/23 22:02", at(2016, 5, 23, 22, 2)),
        ("2010.12.01", at(2010, 12, 1)),
        ("2010年12月1日", at(2010, 12, 1)),
        ("2010年12月1日 下午3:05", at(2010, 12, 1, 15, 5)),
        ("20101201", at(2010, 12, 1)),
        ("20101201 081500", at(2010, 12, 1, 8, 15)),
        ("20101201081500", at(2010, 12, 1, 8, 15)),
        ("1 Dec 2010", at(2010, 12, 1)),
        ("01-Dec-10 8:26", at(2010, 12, 1, 8, 26)),
        ("Dec 1, 2010 3:05 PM", at(2010, 12, 1, 15, 5)),
        ("December 1st, 2010", at(2010, 12, 1)),
        ("Wed, 1 Dec 2010 00:05", at(2010, 12, 1, 0, 5)),
        ("2010-12-01 12:30 AM", at(2010, 12, 1, 0, 30)),
        ("2010-12-01 12:30 PM", at(2010, 12, 1, 12, 30)),
        ("2010-12-01 08:26:00.123456", at(2010, 12, 1, 8, 26, 0, 123456)),
        ("２０１０-12-01", at(2010, 12, 1)),
    ],
)
def test_a_usual_form_is_read(cell: str, expected: dt.datetime) -> None:
    assert read(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "2010-02-30",
        "2010-13-01",
        "2010-12-01 25:00",
        "2010-12-01 13:00 PM",
        "1 Foo 2010",
        "1899-12-31",
        "9999-12-31",
        "yesterday",
        "12",
        "40513.5",
        "2010-12-01 and more",
        "01/02/2010",
    ],
)
def test_what_is_no_date_is_not_made_one(cell: str) -> None:
    assert read(cell) is None


def test_day_and_month_follow_the_order_of_the_column() -> None:
    assert read("01/02/2010", "day_first") == dt.datetime(2010, 2, 1, tzinfo=dt.UTC)
    assert read("01/02/2010", "month_first") == dt.datetime(2010, 1, 2, tzinfo=dt.UTC)
    assert read("31.12.99 23:59", "day_first") == dt.datetime(1999, 12, 31, 23, 59, tzinfo=dt.UTC)


def test_a_time_without_zone_is_the_shops_own() -> None:
    assert read("2024-05-01 10:00", zone=SHANGHAI) == dt.datetime(2024, 5, 1, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-01 10:00:00 +0800",
        "2024-05-01T10:00:00+08:00",
        "2024-05-01T02:00:00Z",
        "2024-05-01 02:00 UTC",
        "2024-04-30 19:00:00 -0700",
    ],
)
def test_an_offset_in_the_cell_beats_the_shops_zone(cell: str) -> None:
    assert read(cell, zone=LONDON) == dt.datetime(2024, 5, 1, 2, tzinfo=dt.UTC)


def test_the_hour_that_comes_twice_is_the_earlier_and_the_one_left_out_is_an_hour_later() -> None:
    # London 2021: clocks went forward on 28 March at 01:00 and back on 31 October at 02:00
    assert read("2021-10-31 01:30", zone=LONDON) == dt.datetime(2021, 10, 31, 0, 30, tzinfo=dt.UTC)
    assert read("2021-03-28 01:30", zone=LONDON) == dt.datetime(2021, 3, 28, 1, 30, tzinfo=dt.UTC)


def test_one_day_above_twelve_decides_for_the_whole_column() -> None:
    cells = pl.Series(["01/02/2010", "03/04/2010"])
    assert date_evidence(cells).day_first is None
    both = date_evidence(cells) + date_evidence(pl.Series(["25/04/2010"]))
    assert (both.day_first, both.month_first) == ("25/04/2010", None)
