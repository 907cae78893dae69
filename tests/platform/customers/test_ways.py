"""Birthdays, event days, rhythm and tiers: what the calendar and the shop's settings say."""

import calendar
import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regulars_platform.customers.birthdays import birthday_columns, birthday_in
from regulars_platform.customers.errors import PracticeError
from regulars_platform.customers.event_days import EventSpan, event_dates, parse_event_days
from regulars_platform.customers.rhythm import Rhythm, parse_rhythm
from regulars_platform.customers.tiers import Tier, read_tiers, tier_columns
from regulars_platform.customers.whole import due_dates, due_path
from regulars_platform.shops.models import ShopId, ShopProfile
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder


def ages(as_of: dt.date, *births: tuple[int | None, int | None, int | None]) -> list[Any]:
    frame = pl.DataFrame(
        births,
        schema={name: pl.Int32() for name in ("birth_year", "birth_month", "birth_day")},
        orient="row",
    )
    return frame.select(*birthday_columns(as_of)).rows()


def test_a_birthday_on_29_february_is_kept_on_the_28th_in_common_years() -> None:
    born = (2004, 2, 29)
    assert ages(dt.date(2027, 2, 27), born) == [(22, 1)]
    assert ages(dt.date(2027, 2, 28), born) == [(23, 0)]
    # the next one is in a leap year: 29 February 2028
    assert ages(dt.date(2027, 3, 1), born) == [(23, 365)]
    assert ages(dt.date(2028, 2, 28), born) == [(23, 1)]
    assert ages(dt.date(2028, 2, 29), born) == [(24, 0)]
    assert ages(dt.date(2028, 3, 1), born) == [(24, 364)]
    assert birthday_in(1900, 2, 29) == dt.date(1900, 2, 28)


@pytest.mark.parametrize("as_of", [dt.date(2027, 12, 31), dt.date(2028, 2, 29)])
def test_from_any_day_the_next_birthday_is_the_first_day_that_is_one(as_of: dt.date) -> None:
    year = [dt.date(2000, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    found = ages(as_of, *((1990, day.month, day.day) for day in year))
    for day, (_, left) in zip(year, found, strict=True):
        ahead = (as_of + dt.timedelta(days=n) for n in range(400))
        common = (2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day)
        first = next(
            one
            for one in ahead
            if (one.month, one.day)
            == (common if not calendar.isleap(one.year) else (day.month, day.day))
        )
        assert left == (first - as_of).days


def test_what_is_no_birthday_is_none() -> None:
    as_of = dt.date(2026, 6, 1)
    assert ages(as_of, (1990, None, None), (None, 6, 2), (1990, 2, 30), (1990, 13, 1)) == [
        (36, None),
        (None, 1),
        (36, None),
        (36, None),
    ]
    # 150 years old, or born next year, is nobody
    assert ages(as_of, (1876, 1, 1), (2027, 1, 1)) == [(None, 214), (None, 214)]


def test_yearly_spans_come_back_and_may_reach_over_new_year() -> None:
    spans = (
        EventSpan(first="12-30", last="01-02"),
        EventSpan(first="02-29", last="02-29"),
        EventSpan(first="2025-06-18", last="2025-06-19"),
    )
    found = event_dates(spans, dt.date(2024, 1, 1), dt.date(2025, 12, 31))
    assert [day.isoformat() for day in found] == [
        *("2024-01-01", "2024-01-02", "2024-02-29", "2024-12-30", "2024-12-31"),
        *("2025-01-01", "2025-01-02", "2025-06-18", "2025-06-19", "2025-12-30", "2025-12-31"),
    ]


def test_spans_are_read_as_typed_and_nonsense_is_said() -> None:
    assert parse_event_days([("11-11 ", " 11-11"), ("12-30", "01-02")]) == (
        EventSpan(first="11-11", last="11-11"),
        EventSpan(first="12-30", last="01-02"),
    )
    for pair in (("2026-02-30", "2026-03-01"), ("11-11", "2026-11-11"), ("x", "y"), ("", "")):
        with pytest.raises(PracticeError, match="Event days are written as"):
            parse_event_days([pair])
    for pair in (("2026-03-02", "2026-03-01"), ("2020-01-01", "2026-01-01"), ("03-01", "02-28")):
        with pytest.raises(PracticeError, match="are not 1 to"):
            parse_event_days([pair])


def test_a_rhythm_is_read_as_typed_and_nonsense_is_said() -> None:
    assert parse_rhythm("45", "1.5", " 3") == Rhythm(
        honeymoon_days=45, dormant_from=1.5, lost_from=3.0
    )
    for days in ("0", "-1", "1e3", "", "99999999999", "²"):
        with pytest.raises(PracticeError, match="whole number of days"):
            parse_rhythm(days, "2", "4")
    for dormant, lost in (("4", "2"), ("2", "2"), ("0.5", "2"), ("NaN", "4"), ("2", "1e99")):
        with pytest.raises(PracticeError, match="first below the second"):
            parse_rhythm("30", dormant, lost)


def shop(tiers: object) -> ShopProfile:
    return ShopProfile(
        id=ShopId(1), name="s", currency="CNY", timezone="UTC", practice={"tiers": tiers}
    )


def by(measure: str, name: str, least: float) -> dict[str, Any]:
    return {"name": name, "rule": {"by": measure, "from": least}}


def standing(tiers: object, **columns: list[Any]) -> list[Any]:
    frame = pl.DataFrame({"told": ["as told"] * len(next(iter(columns.values()))), **columns})
    return frame.select(*tier_columns(read_tiers(shop(tiers)), pl.col("told"))).rows()


def test_a_customer_is_in_the_highest_tier_that_fits() -> None:
    tiers = [by("spend", "silver", 100), by("spend", "gold", 500)]
    found = standing(tiers, spend=[99.5, 100.0, 499.0, 500.0, None])
    assert found == [
        (None, "silver", 0.5),
        ("silver", "gold", 400.0),
        ("silver", "gold", 1.0),
        ("gold", None, None),
        (None, "silver", None),
    ]


def test_tiers_in_disorder_are_put_in_order_and_equal_ones_overlap() -> None:
    tiers = [by("spend", "gold", 500), by("spend", "silver", 100), by("spend", "lace", 500)]
    assert standing(tiers, spend=[100.0, 600.0]) == [
        ("silver", "gold", 400.0),
        ("lace", None, None),
    ]


def test_what_is_missing_is_money_to_the_cent() -> None:
    found = standing([by("spend", "gold", 20)], spend=[12.3, 8.1, 19.99])
    assert [missing for _, _, missing in found] == [7.7, 11.9, 0.01]


def test_tiers_by_different_measures_stand_as_listed() -> None:
    tiers = [by("orders", "regular", 3), by("spend", "big", 1000)]
    assert read_tiers(shop(tiers))[0] == Tier(name="regular", by="orders", least=3.0)
    found = standing(tiers, orders=[1, 3, 1], spend=[10.0, 10.0, 2000.0])
    assert found == [(None, "regular", None), ("regular", "big", 990.0), ("big", None, None)]


def test_without_tiers_the_file_is_believed_and_nonsense_is_no_tier() -> None:
    assert standing(None, spend=[1.0]) == [("as told", None, None)]
    assert standing([{"name": "x"}, by("shoes", "y", 1), by("spend", "", 1)], spend=[1.0]) == [
        ("as told", None, None)
    ]


def test_a_shops_tiers_are_in_its_frame(tmp_path: Path) -> None:
    folder = Folder(tmp_path, line("1", "ann", "2026-01-01", 60))
    ann = folder.known("ann", tiers=[by("spend_365", "silver", 50), by("spend_365", "gold", 100)])
    assert (ann["tier"], ann["next_tier"], ann["to_next_tier"]) == ("silver", "gold", 40.0)


def test_due_dates_that_a_job_writes_anew_while_they_are_read_are_those_from_before(
    tmp_path: Path,
) -> None:
    def write(customers: int) -> None:
        ids = [f"customer {n}" for n in range(customers)]
        path = due_path(tmp_path)
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_suffix(".new")
        pl.DataFrame(
            {"customer_id": ids, "due_on": [dt.date(2026, 1, 1)] * customers}
        ).write_parquet(fresh)
        fresh.replace(path)

    write(10)
    found = due_dates(tmp_path)
    write(5_000)
    assert found.collect().height == 10
