"""Saved segments, presets and the live count."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from regulars_platform.customers.features import FEATURE_SCHEMA
from regulars_platform.errors import NotFoundError
from regulars_platform.segments import presets
from regulars_platform.segments.rules import EVERYBODY, Rule, parse_rule, rule_expression
from regulars_platform.segments.service import (
    SegmentNameError,
    change_rule,
    count_and_preview,
    delete_segment,
    get_segment,
    list_segments,
    rename_segment,
    save_segment,
)
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        for name in ("tea", "books"):
            opened.add(Shop(name=name, currency="EUR", timezone="UTC", created_at=NOW))
        opened.flush()
        yield opened


def customers() -> pl.LazyFrame:
    columns: dict[str, list[object]] = {name: [None] * 4 for name in FEATURE_SCHEMA}
    columns |= {
        "customer_id": ["a", "b", "c", "d"],
        "orders": [1, 2, 5, 0],
        "average_order_value": [47.99, 48.0, 96.01, None],
        "spend": [47.99, 96.0, 480.05, 0.0],
        "last_order_days": [10, 200, 30, None],
    }
    return pl.LazyFrame(columns, schema=FEATURE_SCHEMA)


def who(rule: Rule) -> list[str]:
    return customers().filter(rule_expression(rule)).collect()["customer_id"].to_list()


def test_those_who_fit_a_threshold_of_80_spent_from_48_to_96_an_order() -> None:
    assert who(presets.fits_threshold(Decimal(80))) == ["b"]
    assert who(presets.fits_threshold(Decimal(80), highest=Decimal("1.3"))) == ["b", "c"]


def test_the_other_presets_hold_for_whom_they_name() -> None:
    assert who(presets.dormant(days=180)) == ["b"]
    assert who(presets.recent_buyers(days=30)) == ["a", "c"]
    assert who(presets.one_time_buyers()) == ["a"]
    assert who(presets.frequent_buyers(orders=3)) == ["c"]


def test_the_preview_counts_sums_and_shows_the_biggest_spenders_first() -> None:
    found = count_and_preview(
        customers(), parse_rule({"feature": "orders", "op": ">=", "value": 1}), rows=2
    )
    assert (found.count, found.total, found.orders) == (3, 4, 8)
    assert found.spend == 624.04
    assert [row["customer_id"] for row in found.rows] == ["c", "b"]


def test_a_rule_that_holds_for_nobody_counts_nobody() -> None:
    found = count_and_preview(
        customers(), parse_rule({"feature": "orders", "op": ">", "value": 99})
    )
    assert (found.count, found.total, found.average_order_value, found.rows) == (0, 4, None, ())


def test_a_saved_segment_is_found_renamed_changed_and_deleted(session: Session) -> None:
    saved = save_segment(session, shop_id=1, name="  All  of us ", rule=EVERYBODY, now=NOW)
    assert [s.name for s in list_segments(session, 1)] == ["All of us"]
    later = NOW + dt.timedelta(days=1)
    rename_segment(session, shop_id=1, segment_id=saved.id, name="Everybody", now=later)
    change_rule(session, shop_id=1, segment_id=saved.id, rule=presets.one_time_buyers(), now=later)
    found = get_segment(session, 1, saved.id)
    assert (found.name, found.changed_at) == ("Everybody", later)
    assert parse_rule(found.rule) == presets.one_time_buyers()
    delete_segment(session, shop_id=1, segment_id=saved.id)
    assert list_segments(session, 1) == []


def test_another_shops_segment_is_not_found(session: Session) -> None:
    saved = save_segment(session, shop_id=1, name="Mine", rule=EVERYBODY, now=NOW)
    with pytest.raises(NotFoundError):
        get_segment(session, 2, saved.id)
    with pytest.raises(NotFoundError):
        delete_segment(session, shop_id=2, segment_id=saved.id)


def test_a_name_is_needed_and_taken_once_per_shop(session: Session) -> None:
    save_segment(session, shop_id=1, name="Near 80", rule=EVERYBODY, now=NOW)
    save_segment(session, shop_id=2, name="Near 80", rule=EVERYBODY, now=NOW)
    for name in ("Near  80", "   ", "x" * 201):
        with pytest.raises(SegmentNameError) as caught:
            save_segment(session, shop_id=1, name=name, rule=EVERYBODY, now=NOW)
        assert caught.value.field == "name"
