"""Several rules counted in one pass."""

import polars as pl

from regulars_platform.customers.features import FEATURE_SCHEMA
from regulars_platform.segments.counting import SegmentCount, count_each
from regulars_platform.segments.rules import EVERYBODY, parse_rule
from regulars_platform.segments.service import count_and_preview


def customers() -> pl.LazyFrame:
    columns: dict[str, list[object]] = {name: [None] * 3 for name in FEATURE_SCHEMA}
    columns |= {
        "customer_id": ["a", "b", "c"],
        "orders": [1, 2, 0],
        "average_order_value": [40.0, 60.0, None],
        "spend": [40.0, 119.5, 0.0],
    }
    return pl.LazyFrame(columns, schema=FEATURE_SCHEMA)


def test_each_rule_gets_its_own_count_in_the_order_asked() -> None:
    twice = parse_rule({"feature": "orders", "op": ">=", "value": 2})
    never = parse_rule({"feature": "orders", "op": "=", "value": 0})
    assert count_each(customers(), [twice, EVERYBODY, never]) == (
        SegmentCount(customers=1, spend=119.5, average_order_value=60.0),
        SegmentCount(customers=3, spend=159.5, average_order_value=50.0),
        SegmentCount(customers=1, spend=0.0, average_order_value=None),
    )


def test_it_agrees_with_the_count_of_one_rule_alone() -> None:
    rule = parse_rule(
        {
            "any": [
                {"feature": "orders", "op": "=", "value": 1},
                {"feature": "average_order_value", "op": "is empty"},
            ]
        }
    )
    alone = count_and_preview(customers(), rule)
    (together,) = count_each(customers(), [rule])
    assert (together.customers, together.spend) == (alone.count, alone.spend) == (2, 40.0)


def test_no_rules_have_no_counts() -> None:
    assert count_each(customers(), []) == ()
