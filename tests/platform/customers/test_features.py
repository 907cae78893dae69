"""Features of customers from their orders, with values worked out by hand."""

import datetime as dt
from typing import Any

import pytest

from regulars_platform.customers.catalogue import (
    FEATURE_SCHEMA,
    FEATURES,
    ORDER_FEATURE_SCHEMA,
    ORDER_FEATURES,
    find_feature,
)
from regulars_platform.customers.features import customer_features
from tests.platform.customers.build import line, lines

AS_OF = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


def features_of(customer: str, *rows: dict[str, Any], **options: Any) -> dict[str, Any]:
    frame = customer_features(lines(*rows), AS_OF, **options).collect()
    found = frame.filter(customer_id=customer)
    assert found.height == 1
    return found.row(0, named=True)


def test_a_customer_with_three_orders_is_described_by_hand_worked_figures() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 10),
        line("2", "ann", "2026-01-11", 20, discount=5),
        line("3", "ann", "2026-01-30", 60, channel="app"),
        line("9", "ben", "2026-01-30", 1000),
    )
    assert found["orders"] == 3
    assert found["average_order_value"] == 30.0
    assert found["median_order_value"] == 20.0
    assert found["spend"] == 90.0
    assert found["last_order_days"] == 1
    assert found["first_order_days"] == 30
    assert found["usual_interval_days"] == (10 + 19) / 2
    assert found["discount_share"] == 1 / 3
    assert found["refund_share"] == 0.0
    assert found["main_channel"] == "app"
    assert found["last_order_at"] == dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC)


def test_refunds_and_credit_notes_come_off_the_spend_and_not_off_the_orders() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 100, refund=10),
        line("C1", "ann", "2026-01-05", -30),
    )
    assert (found["orders"], found["average_order_value"]) == (1, 100.0)
    assert found["spend"] == 60.0
    assert found["refund_share"] == 0.4
    assert found["last_order_days"] == 30


def test_the_lines_of_an_order_are_one_purchase() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 10),
        line("1", "ann", "2026-01-01", 15, line_key="2"),
    )
    assert (found["orders"], found["average_order_value"]) == (1, 25.0)


def test_unpaid_and_cancelled_orders_are_no_purchases_but_the_customer_is_known() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 10, status="unpaid"),
        line("2", "ann", "2026-01-02", 10, status="cancelled"),
    )
    assert (found["orders"], found["spend"]) == (0, 0.0)
    for name in ("average_order_value", "median_order_value", "last_order_days", "refund_share"):
        assert found[name] is None


def test_what_happens_at_or_after_the_moment_is_not_known_yet() -> None:
    frame = customer_features(
        lines(
            line("1", "ann", "2026-01-30", 10, at="2026-01-30T23:59:59+00:00"),
            line("2", "ann", "2026-01-31", 10, at="2026-01-31T00:00:00+00:00"),
            line("3", "new", "2026-02-01", 10),
        ),
        AS_OF,
    ).collect()
    assert frame["customer_id"].to_list() == ["ann"]
    assert frame["orders"].to_list() == [1]


def test_lines_without_a_customer_describe_nobody() -> None:
    assert customer_features(lines(line("1", None, "2026-01-01", 10)), AS_OF).collect().is_empty()


def test_two_orders_on_one_day_give_no_interval() -> None:
    found = features_of(
        "ann", line("1", "ann", "2026-01-01", 10), line("2", "ann", "2026-01-01", 10)
    )
    assert found["usual_interval_days"] is None


def test_days_are_those_of_the_shop() -> None:
    late = line("1", "ann", "2026-01-29", 10, at="2026-01-29T23:30:00+00:00")
    assert features_of("ann", late)["last_order_days"] == 2
    # in Shanghai that order was on the 30th, and as_of is still the 31st
    assert features_of("ann", late, timezone="Asia/Shanghai")["last_order_days"] == 1


def test_the_household_is_the_one_of_the_latest_order_that_names_one() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 10, household="old"),
        line("2", "ann", "2026-01-02", 10, household="new"),
        line("3", "ann", "2026-01-03", 10),
    )
    assert found["household"] == "new"


def test_among_equally_used_channels_the_first_by_name_is_main() -> None:
    found = features_of(
        "ann",
        line("1", "ann", "2026-01-01", 10, channel="web"),
        line("2", "ann", "2026-01-02", 10, channel="app"),
    )
    assert found["main_channel"] == "app"


def test_money_is_summed_exactly() -> None:
    many = [line(str(i), "ann", "2026-01-01", 0.1) for i in range(1000)]
    assert features_of("ann", *many)["spend"] == 100.0


def test_every_documented_feature_is_a_column() -> None:
    assert set(FEATURES) <= set(FEATURE_SCHEMA)
    assert set(ORDER_FEATURES) <= set(ORDER_FEATURE_SCHEMA)
    assert customer_features(lines(), AS_OF).collect_schema() == ORDER_FEATURE_SCHEMA


def test_a_shops_own_columns_are_features_by_their_heading() -> None:
    text, number = find_feature("attribute.school"), find_feature("number.shoe size")
    assert text is not None
    assert number is not None
    assert (text.label, text.kind) == ("school", "text")
    assert (number.label, number.kind) == ("shoe size", "ratio")
    assert find_feature("attribute. ") is None
    assert find_feature("shoe_size") is None


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        customer_features(lines(), dt.datetime(2026, 1, 1))  # noqa: DTZ001
