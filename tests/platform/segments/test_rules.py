"""Rules over features: what they let through, and what is said when they do not parse."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_platform.customers.features import FEATURE_SCHEMA, FEATURES
from regulars_platform.errors import InvalidInputError
from regulars_platform.segments.rules import (
    COMPARISONS,
    MAX_DEPTH,
    Condition,
    Group,
    Rule,
    parse_rule,
    rule_expression,
    rule_json,
    rule_words,
)

CUSTOMERS = pl.LazyFrame(
    {
        "customer_id": ["none", "one", "two", "ten"],
        "orders": [0, 1, 2, 10],
        "average_order_value": [None, 50.0, 80.0, 20.0],
        "main_channel": [None, "app", "web", "app"],
    }
)


def who(raw: dict[str, Any]) -> list[str]:
    found = CUSTOMERS.filter(rule_expression(parse_rule(raw))).collect()
    return found["customer_id"].to_list()


def test_comparisons_let_through_what_they_say() -> None:
    expected = {">=": ["two", "ten"], "<=": ["none", "one", "two"], ">": ["ten"]}
    expected |= {"<": ["none", "one"], "=": ["two"]}
    for op in COMPARISONS:
        assert who({"feature": "orders", "op": op, "value": 2}) == expected[op]


def test_between_includes_both_ends() -> None:
    rule = {"feature": "average_order_value", "op": "between", "value": ["50", "80.00"]}
    assert who(rule) == ["one", "two"]


def test_a_customer_without_a_value_satisfies_no_comparison_in_either_direction() -> None:
    for op in ("<", ">="):
        rule = {"feature": "average_order_value", "op": op, "value": "50"}
        assert "none" not in who({"any": [rule]})
    assert who({"feature": "average_order_value", "op": "is empty"}) == ["none"]
    assert who({"feature": "average_order_value", "op": "is not empty"}) == ["one", "two", "ten"]


def test_text_is_compared_whole() -> None:
    assert who({"feature": "main_channel", "op": "=", "value": "app"}) == ["one", "ten"]
    assert who({"feature": "main_channel", "op": "in", "value": ["web", "ap"]}) == ["two"]


def test_a_province_is_asked_for_as_anybody_spells_it() -> None:
    people = pl.LazyFrame({"region": ["浙江", "广东", "North", None]})
    for op, value, found in [
        ("=", "浙江省", ["浙江"]),
        ("in", ["廣東", "North"], ["广东", "North"]),
    ]:
        rule = parse_rule({"feature": "region", "op": op, "value": value})
        assert people.filter(rule_expression(rule)).collect()["region"].to_list() == found


def test_numbers_may_be_listed() -> None:
    assert who({"feature": "orders", "op": "in", "value": [1, "10"]}) == ["one", "ten"]


def test_groups_nest() -> None:
    rule = {
        "any": [
            {"feature": "orders", "op": "=", "value": 10},
            {
                "all": [
                    {"feature": "main_channel", "op": "=", "value": "app"},
                    {"feature": "orders", "op": "<", "value": 5},
                ]
            },
        ]
    }
    assert who(rule) == ["one", "ten"]


def test_all_of_nothing_is_everybody() -> None:
    assert len(who({"all": []})) == 4


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ("orders > 2", "rule", "group of conditions"),
        ({"any": []}, "rule", "at least one rule"),
        ({"all": "x"}, "rule", "list of rules"),
        ({"feature": "shoe", "op": "=", "value": 1}, "rule.feature", "'shoe' is none"),
        ({"feature": "orders", "op": "~", "value": 1}, "rule.op", "'~'"),
        ({"feature": "main_channel", "op": ">", "value": "a"}, "rule.op", "does not go with"),
        ({"feature": "orders", "op": ">", "value": "many"}, "rule.value", "'many' came"),
        ({"feature": "orders", "op": ">", "value": ""}, "rule.value", "nothing came"),
        ({"feature": "orders", "op": ">", "value": True}, "rule.value", "Give a number"),
        ({"feature": "orders", "op": ">", "value": "NaN"}, "rule.value", "Give a number"),
        ({"feature": "orders", "op": ">", "value": [1]}, "rule.value", "one value"),
        ({"feature": "orders", "op": "between", "value": [1]}, "rule.value", "two numbers"),
        ({"feature": "orders", "op": "between", "value": [5, 1]}, "rule.value", "swap"),
        ({"feature": "orders", "op": "in", "value": []}, "rule.value", "at least one"),
        ({"feature": "main_channel", "op": "=", "value": " "}, "rule.value", "the text"),
        ({"feature": "orders", "op": "=", "value": 1, "x": 2}, "rule", "called x"),
    ],
)
def test_what_does_not_parse_is_named_at_its_place(raw: object, field: str, words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_rule(raw)
    assert caught.value.field == field
    assert words in str(caught.value)


def test_every_wrong_place_is_reported_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_rule(
            {
                "all": [
                    {"feature": "shoe", "op": "=", "value": 1},
                    {"feature": "orders", "op": "=", "value": 1},
                    {"any": [{"feature": "orders", "op": "=", "value": "x"}]},
                ]
            },
            field="audience",
        )
    places = [problem.field for problem in caught.value.problems]
    assert places == ["audience.all.0.feature", "audience.all.2.any.0.value"]


def test_a_bottomless_rule_is_refused() -> None:
    rule: dict[str, Any] = {"all": []}
    for _ in range(MAX_DEPTH + 1):
        rule = {"all": [rule]}
    with pytest.raises(InvalidInputError, match="deep"):
        parse_rule(rule)


def test_the_written_form_has_no_floats_and_one_spelling_per_number() -> None:
    spellings: list[Any] = ["80", "80.00", 80, 80.0, Decimal("8E1")]
    written = [
        rule_json(parse_rule({"feature": "spend", "op": ">=", "value": value}))
        for value in spellings
    ]
    assert written == [{"feature": "spend", "op": ">=", "value": "80"}] * len(spellings)


numbers = st.decimals(-1000, 1000, places=4)
conditions = st.one_of(
    st.builds(
        lambda op, value: Condition(feature="orders", op=op, values=(value,)),
        st.sampled_from(COMPARISONS),
        numbers,
    ),
    st.builds(
        lambda ends: Condition(feature="spend", op="between", values=tuple(sorted(ends))),
        st.tuples(numbers, numbers),
    ),
    st.just(Condition(feature="main_channel", op="in", values=("app", "web"))),
    st.just(Condition(feature="refund_share", op="is empty")),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    conditions,
    lambda inner: st.builds(
        lambda joiner, parts: Group(joiner=joiner, rules=tuple(parts)),
        st.sampled_from(("all", "any")),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(rules)
def test_a_rule_survives_being_written_and_read(rule: Rule) -> None:
    assert parse_rule(rule_json(rule)) == rule


@settings(deadline=None)
@given(rules)
def test_a_rule_is_never_undecided(rule: Rule) -> None:
    empty = pl.DataFrame({name: [None] for name in FEATURES}, schema_overrides=FEATURE_SCHEMA)
    assert empty.select(held=rule_expression(rule))["held"].dtype == pl.Boolean
    assert empty.select(held=rule_expression(rule))["held"].null_count() == 0


def test_a_rule_can_be_read_aloud() -> None:
    words = rule_words(
        parse_rule(
            {
                "all": [
                    {"feature": "average_order_value", "op": "between", "value": ["48", "96"]},
                    {
                        "any": [
                            {"feature": "orders", "op": ">=", "value": 2},
                            {"feature": "main_channel", "op": "is empty"},
                        ]
                    },
                ]
            }
        )
    )
    assert str(words) == (
        "average order value from 48 to 96 and (orders at least 2 or main channel not known)"
    )
    assert str(rule_words(parse_rule({"all": []}))) == "everybody"
