"""Rules of keepers hold for exactly the customers they should, missing values included."""

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.uplift.words import Condition as Asked
from regulars_experiments.uplift.words import Line
from regulars_platform.campaigns.plan import EVERYONE_ELSE, Exclusions, NamedRule
from regulars_platform.campaigns.population import build_population
from regulars_platform.customers.features import FEATURE_SCHEMA
from regulars_platform.reach.gate import Gate
from regulars_platform.segments.rules import (
    EVERYBODY,
    Condition,
    Group,
    Rule,
    parse_rule,
    rule_expression,
    rule_json,
)
from regulars_platform.targeting.rules import (
    NOBODY,
    any_of,
    first_fit,
    fits_a_plan,
    opposite,
    rule_of_lines,
)

LEVELS = {"main_channel": ("app", "store", "web")}


def customers() -> pl.DataFrame:
    """500 of them, with every combination of a few values and with values missing."""
    rng = np.random.default_rng(2)
    n = 500

    def some(values: list[Any]) -> list[Any]:
        return [values[place] for place in rng.integers(0, len(values), n)]

    known = {
        "customer_id": [f"c{i}" for i in range(n)],
        "orders": some([0, 1, 2, 3, 4]),
        "average_order_value": some([30.0, 60.0, 80.0, 100.0, None]),
        "last_order_days": some(list(range(400))),
        "main_channel": some(["app", "store", "web", None]),
        "spend": some([20.0, 60.0, 150.0]),
    }
    columns = {name: known.get(name, [None] * n) for name in FEATURE_SCHEMA}
    return pl.DataFrame(columns, schema=FEATURE_SCHEMA)


def held(rule: Rule) -> list[bool]:
    people = customers()
    found = people.select((rule_expression(rule) & pl.lit(True)).alias("held"))["held"]
    return (list(found) * people.height)[: people.height] if len(found) == 1 else list(found)


def number(op: str, *values: int, feature: str = "orders") -> Condition:
    return Condition(feature=feature, op=op, values=tuple(map(Decimal, values)))


@pytest.mark.parametrize(
    "rule",
    [
        number(">=", 2),
        number("<=", 2),
        number(">", 2),
        number("<", 2),
        number("=", 2),
        number("in", 1, 3),
        number("between", 60, 80, feature="average_order_value"),
        number(">", 60, feature="average_order_value"),
        Condition(feature="main_channel", op="=", values=("web",)),
        Condition(feature="main_channel", op="in", values=("app", "web")),
        Condition(feature="main_channel", op="is empty"),
        Condition(feature="main_channel", op="is not empty"),
        Group(joiner="any", rules=(number(">=", 4), number("<", 60, feature="spend"))),
        Group(joiner="all", rules=(number(">=", 2), number(">=", 60, feature="spend"))),
        EVERYBODY,
    ],
)
def test_the_opposite_holds_for_exactly_the_others(rule: Rule) -> None:
    turned = opposite(rule, LEVELS)

    assert held(turned) == [not inside for inside in held(rule)]
    assert held(opposite(turned, LEVELS)) == held(rule)


SEGMENTS = (
    NamedRule(name="Frequent", rule=number(">=", 3)),
    NamedRule(name="Recent", rule=number("<=", 100, feature="last_order_days")),
    NamedRule(name="Web", rule=Condition(feature="main_channel", op="=", values=("web",))),
)


@pytest.mark.parametrize(
    "wanted",
    [
        {"Frequent"},
        {"Recent"},
        {"Web"},
        {"Frequent", "Web"},
        {EVERYONE_ELSE},
        {"Recent", EVERYONE_ELSE},
        {"Frequent", "Recent", "Web"},
    ],
)
def test_kept_segments_are_those_whom_the_plan_put_there(wanted: set[str]) -> None:
    drawn = build_population(
        customers().lazy(),
        audience=EVERYBODY,
        segments=SEGMENTS,
        exclusions=Exclusions(),
        gate=Gate(silent=frozenset(), refusing=frozenset(), holdout=None),
    ).drawn
    there = dict(drawn.select("customer_id", "segment").iter_rows())
    expected = [there[customer] in wanted for customer in customers()["customer_id"]]

    rule = first_fit(SEGMENTS, wanted, LEVELS)

    assert held(rule) == expected
    assert held(parse_rule(rule_json(rule))) == expected


def line(action: int, *conditions: Asked) -> Line:
    return Line(conditions=conditions, action=action, customers=1, share=0.5)


def test_lines_of_a_card_become_the_rule_of_those_they_tell() -> None:
    lines = [
        line(1, Asked(column="average_order_value", at_least=60.0, missing=True)),
        line(
            0,
            Asked(column="average_order_value", below=60.0),
            Asked(column="main_channel", levels=("web",)),
        ),
        line(
            2,
            Asked(column="average_order_value", below=60.0),
            Asked(column="main_channel", levels=("store", ""), missing=True),
        ),
    ]
    people = customers()
    value, channel = people["average_order_value"], people["main_channel"]

    told_first = [v is None or v >= 60 for v in value]
    # "" stands for the words too rare for a line of their own: here only "app"
    told_second = [
        v is not None and v < 60 and c != "web" for v, c in zip(value, channel, strict=True)
    ]

    assert held(rule_of_lines(lines, [1], LEVELS)) == told_first
    assert held(rule_of_lines(lines, [2], LEVELS)) == told_second
    assert held(rule_of_lines(lines, [1, 2], LEVELS)) == [
        a or b for a, b in zip(told_first, told_second, strict=True)
    ]


def test_a_card_whose_lines_all_tell_means_everybody() -> None:
    lines = [
        line(1, Asked(column="spend", at_least=60.0), Asked(column="spend", at_least=100.0)),
        line(1, Asked(column="spend", at_least=60.0), Asked(column="spend", below=100.0)),
        line(2, Asked(column="spend", below=60.0)),
    ]

    assert rule_of_lines(lines, [1, 2], LEVELS) == EVERYBODY
    assert rule_of_lines(lines, [1], LEVELS) == number(">=", 60, feature="spend")
    assert rule_of_lines(lines[:1], [1], LEVELS) == number(">=", 100, feature="spend")


def test_bounds_of_one_column_become_one_range_and_the_missing_stay_where_they_were() -> None:
    value = "average_order_value"
    lines = [
        line(
            1,
            Asked(column=value, at_least=60.0, missing=True),
            Asked(column=value, below=100.0, missing=True),
        ),
        line(
            0, Asked(column=value, at_least=60.0, missing=True), Asked(column=value, at_least=100.0)
        ),
        line(0, Asked(column=value, below=60.0)),
    ]
    rule = rule_of_lines(lines, [1], LEVELS)

    assert held(rule) == [v is None or 60 <= v < 100 for v in customers()[value]]
    assert rule_json(rule) == {
        "any": [
            {
                "all": [
                    {"feature": value, "op": ">=", "value": "60"},
                    {"feature": value, "op": "<", "value": "100"},
                ]
            },
            {"feature": value, "op": "is empty"},
        ]
    }


def test_whether_there_is_a_value_at_all_can_be_asked() -> None:
    known = line(1, Asked(column="average_order_value", at_least=float("-inf")))
    unknown = line(1, Asked(column="average_order_value", below=float("-inf")))
    value = customers()["average_order_value"]

    assert held(rule_of_lines([known], [1], LEVELS)) == [v is not None for v in value]
    assert held(rule_of_lines([unknown], [1], LEVELS)) == [v is None for v in value]


def test_nobody_and_what_is_too_deep_fit_no_plan() -> None:
    deep: Rule = number(">=", 1)
    for place in range(8):
        joiner = "all" if place % 2 else "any"
        deep = Group(joiner="all" if joiner == "all" else "any", rules=(deep, number("<", place)))

    assert not fits_a_plan(NOBODY)
    assert not fits_a_plan(deep)
    assert fits_a_plan(any_of([number(">=", 1), number("<", 0)]))
