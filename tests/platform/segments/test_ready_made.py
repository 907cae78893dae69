"""Every ready-made group against the same group written by hand in Polars."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from regulars_platform.customers.catalogue import FEATURE_SCHEMA
from regulars_platform.customers.store import FeatureStore
from regulars_platform.segments.ready_made import (
    PRESETS,
    THEMES,
    is_open,
    known_features,
    read_answers,
    usual_answers,
)
from regulars_platform.segments.rules import bought_column, parse_rule, rule_expression, rule_json
from regulars_platform.segments.tree import Bought, leaves
from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder

ROWS = 500
VALUES: Mapping[str, Sequence[str]] = {
    "favourite_category": ["tea", "bed"],
    "tier": ["VIP", "ordinary"],
    "acquired_through": ["search", "friend"],
    "tags": ["wholesale", "gift"],
    "gender": ["female", "male"],
    "region": ["Zhejiang", "Beijing"],
    "product": ["Green tea", "Pillow"],
    "category": ["tea", "bed"],
    "attribute": ["Hobby", "Occupation", "Income band", "Taste in tea"],
    "attribute.Occupation": ["nurse", "Student"],
    "attribute.Income band": ["high", "low"],
    "attribute.Taste in tea": ["mild", "strong"],
}


def shop() -> pl.DataFrame:  # noqa: C901 -- one case per type of column
    """Customers with every feature drawn at random, and nothing known of every eighth value."""
    rng = np.random.default_rng(11)
    words = {"rhythm": ["new", "active", "dormant", "lost"], **VALUES}
    columns: dict[str, object] = {}
    for name, kind in FEATURE_SCHEMA.items():
        if kind == pl.String():
            drawn = rng.choice(words.get(name, ["x"]), ROWS).tolist()
        elif kind == pl.Boolean():
            drawn = (rng.random(ROWS) < 0.5).tolist()
        elif kind == pl.List(pl.String):
            drawn = [list(rng.choice(["wholesale", "gift", "old"], 2)) for _ in range(ROWS)]
        elif name.endswith("_share"):
            drawn = rng.random(ROWS).round(1).tolist()
        elif name.endswith("_score"):
            drawn = rng.integers(1, 6, ROWS).tolist()
        elif name.endswith("_ratio"):
            drawn = (rng.random(ROWS) * 4).round(1).tolist()
        elif kind == pl.Float64():
            drawn = (rng.random(ROWS) * 300).round(0).tolist()
        elif kind == pl.Int64():
            top = 6 if name in ("orders", "complaints", "brought", "unpaid_orders") else 200
            drawn = rng.integers(0, top, ROWS).tolist()
        else:
            drawn = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)] * ROWS
        if name not in ("customer_id", "orders", "unpaid_orders"):
            drawn = [None if rng.random() < 0.125 else value for value in drawn]
        columns[name] = drawn
    columns["customer_id"] = [f"c{n}" for n in range(ROWS)]
    columns["product_due_days"] = rng.integers(-20, 20, ROWS).tolist()
    frame = pl.DataFrame(columns, schema_overrides=FEATURE_SCHEMA)
    more = {
        f"attribute.{name}": rng.choice([*VALUES[f"attribute.{name}"], "else"], ROWS).tolist()
        for name in ("Occupation", "Income band", "Taste in tea")
    }
    more |= {
        "bought product ever: Green tea": (rng.random(ROWS) < 0.5).tolist(),
        "bought product within 90: Pillow": (rng.random(ROWS) < 0.5).tolist(),
        "bought category ever: tea": (rng.random(ROWS) < 0.5).tolist(),
        "bought category within 365: bed": (rng.random(ROWS) < 0.5).tolist(),
    }
    return frame.with_columns(pl.Series(name, column) for name, column in more.items())


c = pl.col
BY_HAND: dict[str, pl.Expr] = {
    "new": c("rhythm") == "new",
    "honeymoon": (c("orders") == 1) & (c("first_order_days") <= 30),
    "active": c("rhythm") == "active",
    "dormant": c("rhythm") == "dormant",
    "lost": c("rhythm") == "lost",
    "away": c("last_order_days") >= 180,
    "recent": c("last_order_days") <= 30,
    "unpaid": (c("unpaid_orders") > 0) & (c("unpaid_days") <= 7),
    "due": c("product_due_days").is_between(-7, 7),
    "birthday": c("birthday_in_days") <= 14,
    "best": (c("recency_score") >= 4) & (c("frequency_score") >= 4) & (c("monetary_score") >= 4),
    "at_risk": (c("recency_score") <= 2) & (c("frequency_score") >= 4),
    "quality": (c("orders") >= 3)
    & (c("basket_ratio") >= 1)
    & (c("deal_share") <= 0.3)
    & (c("refunded_orders_share") <= 0.1),
    "vip": c("basket_ratio") >= 3,
    "spend": c("monetary_score") == 5,
    "deals": (c("orders") >= 2) & (c("deal_share") >= 0.7),
    "everyday": (c("orders") >= 2) & (c("deal_share") <= 0.3),
    "frequent": (c("orders") >= 3) & (c("last_order_days") <= 365),
    "once": c("orders") == 1,
    "hard_to_please": ((c("orders") >= 2) & (c("refunded_orders_share") >= 0.3)).fill_null(False)
    | (c("complaints") >= 1).fill_null(False),
    "cross": c("bought product ever: Green tea") & ~c("bought product within 90: Pillow"),
    "cross_category": c("bought category ever: tea") & ~c("bought category within 365: bed"),
    "category": c("favourite_category") == "tea",
    "dear": c("price_ratio") >= 1.2,
    "cheap": c("price_ratio") <= 0.8,
    "taste": c("attribute.Taste in tea") == "mild",
    "tier": c("tier") == "VIP",
    "near_tier": c("to_next_tier") <= 100,
    "followers": c("follows") & (c("orders") == 0),
    "strangers": (c("orders") >= 1) & (c("follows").is_null() | ~c("follows")),
    "bringers": c("brought") >= 1,
    "arrival": c("acquired_through") == "search",
    "tag": c("tags").list.contains("wholesale"),
    "gender": c("gender") == "female",
    "age": (c("age") >= 18) & (c("age") <= 25),
    "region": c("region") == "Zhejiang",
    "students": c("attribute.Occupation") == "Student",
    "income": c("attribute.Income band") == "high",
}


def known(name: str) -> Sequence[str]:
    return VALUES.get(name, ())


def test_there_is_one_for_every_group_and_each_says_who_it_is_and_what_for() -> None:
    assert set(PRESETS) == set(BY_HAND)
    assert {preset.theme for preset in PRESETS.values()} == set(THEMES)
    for preset in PRESETS.values():
        assert preset.who.endswith(".")
        assert preset.use.startswith("Good ")


@pytest.mark.parametrize("key", list(BY_HAND))
def test_it_holds_whom_the_same_group_by_hand_holds(key: str) -> None:
    preset = PRESETS[key]
    typed = usual_answers(preset, known)
    assert typed is not None
    answers, reader = read_answers(preset, typed)
    assert not reader.problems
    assert answers is not None
    rule = preset.rule(answers)
    assert parse_rule(rule_json(rule)) == rule
    frame = shop()
    columns = {bought_column(leaf) for leaf in leaves(rule) if isinstance(leaf, Bought)}
    assert columns <= set(frame.columns)
    found = set(frame.filter(rule_expression(rule))["customer_id"])
    assert found == set(frame.filter(BY_HAND[key])["customer_id"])
    assert 0 < len(found) < ROWS


def test_numbers_that_are_asked_for_change_the_group() -> None:
    answers, _ = read_answers(PRESETS["deals"], {"share": "85", "orders": "4"})
    assert answers is not None
    frame = shop()
    found = frame.filter(rule_expression(PRESETS["deals"].rule(answers)))
    by_hand = frame.filter((c("orders") >= 4) & (c("deal_share") >= 0.85))
    assert found["customer_id"].to_list() == by_hand["customer_id"].to_list()


@pytest.mark.parametrize(
    ("key", "typed", "field"),
    [
        ("vip", {"times": "0"}, "times"),
        ("birthday", {"days": "1e9"}, "days"),
        ("deals", {"share": "101", "orders": "2"}, "share"),
        ("cross", {"had": "x", "lacks": " ", "days": "5"}, "lacks"),
        ("cross", {"had": "x", "lacks": "y", "days": "0"}, "days"),
        ("tag", {"tag": "x" * 10_000}, "tag"),
    ],
)
def test_answers_that_make_no_sense_are_problems_of_their_field(
    key: str, typed: dict[str, str], field: str
) -> None:
    answers, reader = read_answers(PRESETS[key], typed)
    assert answers is None
    assert [problem.field for problem in reader.problems] == [field]


def test_without_its_file_a_group_is_closed_and_with_it_open() -> None:
    frame = shop()
    assert all(is_open(preset, known_features(frame.lazy())) for preset in PRESETS.values())
    bare = frame.select(
        pl.lit(None).cast(kind).alias(name)
        if name not in ("customer_id", "orders", "last_order_days", "unpaid_orders")
        else pl.lit(0).alias(name)
        if name == "unpaid_orders"
        else c(name)
        for name, kind in FEATURE_SCHEMA.items()
    )
    there = known_features(bare.lazy())
    closed = {key for key, preset in PRESETS.items() if not is_open(preset, there)}
    assert closed == {key for key, preset in PRESETS.items() if preset.needs}
    assert {"unpaid", "tag", "students", "tier", "followers", "due", "cross"} <= closed


def test_without_a_column_that_looks_like_it_nothing_is_guessed() -> None:
    assert (
        usual_answers(PRESETS["students"], lambda name: ["Hobby"] * (name == "attribute")) is None
    )
    # and one product alone is no pair
    assert usual_answers(PRESETS["cross"], lambda _: ["only"]) is None


@pytest.mark.parametrize(
    ("there", "rule"),
    [
        ({"tags": ["批发", "学生"]}, {"feature": "tags", "op": "has", "value": "学生"}),
        (
            {"attribute": ["Occupation"], "attribute.Occupation": ["nurse"], "tags": ["Student"]},
            {"feature": "tags", "op": "has", "value": "Student"},
        ),
        (
            {"attribute": ["职业"], "attribute.职业": ["医生", "学生"], "tags": ["学生"]},
            {"feature": "attribute.职业", "op": "in", "value": ["学生"]},
        ),
        ({"attribute": ["Occupation"], "attribute.Occupation": ["nurse"], "tags": ["gift"]}, None),
    ],
)
def test_students_are_who_a_column_or_else_a_tag_calls_so(
    there: Mapping[str, Sequence[str]], rule: object
) -> None:
    students = PRESETS["students"]
    typed = usual_answers(students, lambda name: there.get(name, []))
    answers = None if typed is None else read_answers(students, typed)[0]

    found = None if answers is None else students.rule(answers)
    assert found == (None if rule is None else parse_rule(rule))


def test_a_tag_needs_no_column_and_other_groups_do() -> None:
    tagged, reader = read_answers(PRESETS["students"], {"attribute": " ", "value": "pupil"})
    assert not reader.problems
    assert tagged is not None
    assert rule_json(PRESETS["students"].rule(tagged)) == rule_json(
        parse_rule({"feature": "tags", "op": "has", "value": "pupil"})
    )
    assert [
        one.field for one in read_answers(PRESETS["income"], {"value": "high"})[1].problems
    ] == ["attribute"]


def test_lost_is_by_the_usual_interval_as_its_words_say_and_not_by_the_longest(
    tmp_path: Path,
) -> None:
    # usually 10 days apart, once 60: lost from 40 days on, long before as many as ever
    days = ("2026-01-01", "2026-01-11", "2026-01-21", "2026-03-22", "2026-04-01", "2026-04-11")
    rows = [line(str(n), "mei", day, 10) for n, day in enumerate(days)]
    store = FeatureStore(Folder(tmp_path, *rows).path, "UTC")
    lost = PRESETS["lost"]
    rule = rule_expression(lost.rule({}))
    for day, so in ((dt.date(2026, 5, 20), False), (dt.date(2026, 5, 22), True)):
        assert store.features(day, 0).select(rule).collect().item() is so
    assert "4 times" in lost.who
    assert "usual interval" in lost.who
