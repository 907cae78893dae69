"""Rules that deny, ask for tags and flags, or for what was bought: read, written and said."""

import json
from decimal import Decimal
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars_platform.canonical import canonical_json
from regulars_platform.customers.catalogue import FEATURE_SCHEMA
from regulars_platform.errors import InvalidInputError
from regulars_platform.memory.people import canonical_rule
from regulars_platform.segments.rules import (
    Bought,
    Condition,
    Group,
    Not,
    Rule,
    bought_column,
    leaves,
    parse_rule,
    rule_expression,
    rule_json,
    rule_words,
)
from regulars_platform.targeting.rules import opposite

TEA = {"bought": {"by": "product", "name": "Green tea", "within_days": 90}, "op": "yes"}

# every combination of three facts: bought, follows, tagged
FACTS = list(product((True, False), repeat=3))
PEOPLE = pl.LazyFrame(
    {
        "customer_id": [str(place) for place in range(len(FACTS))],
        "bought product within 90: Green tea": [fact[0] for fact in FACTS],
        "follows": [fact[1] for fact in FACTS],
        "tags": [["vip", "old"] if fact[2] else ["old"] for fact in FACTS],
    }
)
ATOMS: list[dict[str, Any]] = [
    TEA,
    {"feature": "follows", "op": "yes"},
    {"feature": "tags", "op": "has", "value": "vip"},
]


def held(raw: dict[str, Any], people: pl.LazyFrame = PEOPLE) -> list[bool]:
    expression = rule_expression(parse_rule(raw)) & pl.col("customer_id").is_not_null()
    return people.select(expression.alias("held")).collect()["held"].to_list()


def test_and_or_and_not_follow_their_truth_tables() -> None:
    a, b, c = ATOMS
    assert held({"all": ATOMS}) == [x and y and z for x, y, z in FACTS]
    assert held({"any": ATOMS}) == [x or y or z for x, y, z in FACTS]
    assert held({"not": a}) == [not x for x, _, _ in FACTS]
    assert held({"not": {"any": [a, b]}}) == [not (x or y) for x, y, _ in FACTS]
    assert held({"not": {"all": [a, b]}}) == [not (x and y) for x, y, _ in FACTS]
    assert held({"any": [{"all": [a, {"not": b}]}, {"not": {"not": c}}]}) == [
        (x and not y) or z for x, y, z in FACTS
    ]
    assert held({"not": {"all": []}}) == [False] * len(FACTS)


def test_who_lacks_a_value_is_among_those_for_whom_it_does_not_hold() -> None:
    people = pl.LazyFrame(
        {
            "customer_id": ["yes", "no", "unknown"],
            "follows": [True, False, None],
            "tags": [["vip"], [], None],
            "attribute.taste": ["sweet", "salty", None],
        },
        schema_overrides={"tags": pl.List(pl.String)},
    )
    flag = {"feature": "follows", "op": "yes"}
    assert held(flag, people) == [True, False, False]
    assert held({"feature": "follows", "op": "no"}, people) == [False, True, False]
    assert held({"not": flag}, people) == [False, True, True]
    tagged = {"feature": "tags", "op": "has", "value": "vip"}
    assert held(tagged, people) == [True, False, False]
    assert held({"feature": "tags", "op": "has not", "value": "vip"}, people) == [False, True, True]
    assert held({"feature": "tags", "op": "is empty"}, people) == [False, True, True]
    assert held({"feature": "tags", "op": "is not empty"}, people) == [True, False, False]
    sweet = {"feature": "attribute.taste", "op": "=", "value": "sweet"}
    assert held(sweet, people) == [True, False, False]
    assert held({"not": sweet}, people) == [False, True, True]


texts = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
atoms: st.SearchStrategy[Rule] = st.one_of(
    st.builds(
        Bought,
        by=st.sampled_from(("product", "category", "need")),
        name=texts,
        within_days=st.none() | st.integers(1, 36_500),
        held=st.booleans(),
    ),
    st.builds(
        lambda op, text: Condition(feature="tags", op=op, values=(text,)),
        st.sampled_from(("has", "has not")),
        texts,
    ),
    st.builds(
        lambda name, text: Condition(feature=f"attribute.{name}", op="=", values=(text,)),
        texts,
        texts,
    ),
    st.builds(
        lambda name, number: Condition(feature=f"number.{name}", op=">", values=(number,)),
        texts,
        st.decimals(-1000, 1000, places=3),
    ),
    st.builds(
        lambda op: Condition(feature="follows", op=op),
        st.sampled_from(("yes", "no", "is empty", "is not empty")),
    ),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda part: Not(rule=part), inner),
        st.builds(
            lambda joiner, parts: Group(joiner=joiner, rules=tuple(parts)),
            st.sampled_from(("all", "any")),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=6,
).filter(lambda rule: _depth(rule) <= 6)


def _depth(rule: Rule) -> int:
    if isinstance(rule, Not):
        return 1 + _depth(rule.rule)
    if isinstance(rule, Group):
        return 1 + max(_depth(part) for part in rule.rules)
    return 0


@settings(deadline=None, max_examples=150)
@given(rules)
def test_a_rule_survives_being_written_to_json_and_read(rule: Rule) -> None:
    assert parse_rule(json.loads(json.dumps(rule_json(rule)))) == rule
    # whatever the words are, they can be said
    assert str(rule_words(rule))


def _frame_of(rule: Rule) -> pl.DataFrame:
    kinds = {
        bought_column(leaf) if isinstance(leaf, Bought) else leaf.feature: pl.Boolean()
        if isinstance(leaf, Bought)
        else FEATURE_SCHEMA.get(
            leaf.feature, pl.Float64() if leaf.feature.startswith("number.") else pl.String()
        )
        for leaf in leaves(rule)
    }
    return pl.DataFrame({name: [None] for name in kinds}, schema=kinds)


@settings(deadline=None, max_examples=60)
@given(rules)
def test_rule_opposite_and_the_one_spelling_agree_where_nothing_is_known(rule: Rule) -> None:
    frame = _frame_of(rule)
    found = frame.select(
        held=rule_expression(rule),
        same=rule_expression(canonical_rule(rule)),
        opposite=rule_expression(opposite(rule, {})),
    )
    held, same, other = found.row(0)
    assert held is not None
    assert (same, other) == (held, not held)


def test_rules_as_they_were_before_are_written_to_the_byte_as_before() -> None:
    rule = parse_rule({"any": [{"feature": "orders", "op": ">=", "value": 2.0}, {"all": []}]} | {})
    assert canonical_json(rule_json(rule)) == (
        '{"any":[{"feature":"orders","op":">=","value":"2"},{"all":[]}]}'
    )
    assert rule_json(parse_rule(TEA)) == TEA


@pytest.mark.parametrize(
    ("raw", "field", "told"),
    [
        ({"bought": "tea", "op": "yes"}, "rule", "Say what was bought"),
        ({"bought": {"by": "colour", "name": "x"}}, "rule.bought.by", "product, category, need"),
        ({"bought": {"by": "need", "name": " "}}, "rule.bought.name", "Give the text"),
        ({"bought": {"by": "need", "name": "x" * 10_000}}, "rule.bought.name", "at most 500"),
        (
            {"bought": {"by": "need", "name": "x", "within_days": 0}},
            "rule.bought.within_days",
            "0 came",
        ),
        (
            {"bought": {"by": "need", "name": "x", "within_days": "1e999999"}},
            "rule.bought.within_days",
            "36500",
        ),
        (
            {"bought": {"by": "need", "name": "x", "within_days": True}},
            "rule.bought.within_days",
            "True came",
        ),
        ({"bought": {"by": "need", "name": "x", "ever": 1}}, "rule.bought", "no part called ever"),
        ({"bought": {"by": "need", "name": "x"}, "op": "maybe"}, "rule.op", "yes, no"),
        ({"not": [1]}, "rule.not", "a group of conditions or one condition"),
        ({"feature": "tags", "op": ">", "value": 1}, "rule.op", "has, has not"),
        ({"feature": "follows", "op": "=", "value": "yes"}, "rule.op", "yes, no"),
        ({"feature": "attribute. ", "op": "=", "value": "x"}, "rule.feature", "is none"),
        ({"feature": "tags", "op": "has", "value": ["a", "b"]}, "rule.value", "one value"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_place(
    raw: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_rule(raw)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert told in str(problem.problem)


def test_denials_deeper_than_six_are_refused() -> None:
    raw: dict[str, Any] = {"feature": "orders", "op": "=", "value": 1}
    for _ in range(7):
        raw = {"not": raw}
    with pytest.raises(InvalidInputError):
        parse_rule(raw)
    assert isinstance(parse_rule(raw["not"]), Not)


def test_purchases_and_denials_can_be_read_aloud() -> None:
    rule = parse_rule({"all": [TEA, {"not": {"any": ATOMS[1:]}}]})
    assert str(rule_words(rule)) == (
        "has bought Green tea within 90 days and (not (follows the shop: yes or tags with vip))"
    )
    never = Bought(by="need", name="sleep", held=False)
    assert str(rule_words(never)) == "has never bought for the need sleep"


def test_a_rule_denied_twice_is_the_same_people() -> None:
    rule = Condition(feature="orders", op=">=", values=(Decimal(2),))
    assert canonical_rule(Not(rule=Not(rule=rule))) == rule
