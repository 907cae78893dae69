"""Who a group is beside everybody, small cells put together, and whom it shares with others."""

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_platform.customers.catalogue import FEATURE_SCHEMA
from regulars_platform.segments.overlap import measure_overlaps
from regulars_platform.segments.portrait import MOST_LEVELS, draw_portrait, merge_small
from regulars_platform.segments.rules import EVERYBODY, parse_rule

BUYERS = parse_rule({"feature": "orders", "op": ">=", "value": 1})


def people(**columns: list[object]) -> pl.LazyFrame:
    height = len(next(iter(columns.values())))
    filled: dict[str, list[object]] = {name: [None] * height for name in FEATURE_SCHEMA}
    filled |= columns
    filled["customer_id"] = [f"c{n}" for n in range(height)]
    return pl.LazyFrame(filled, schema=FEATURE_SCHEMA)


def test_shares_stand_beside_those_of_everybody_counted_by_hand() -> None:
    dice = random.Random(5)  # noqa: S311 -- a test's people
    rows = [
        (
            dice.choice(["female", "male", None]),
            dice.choice([17, 18, 24, 25, 64, 65, 99, None]),
            dice.randrange(3),
        )
        for _ in range(600)
    ]
    found = draw_portrait(
        people(
            gender=[row[0] for row in rows],
            age=[row[1] for row in rows],
            orders=[row[2] for row in rows],
        ),
        BUYERS,
    )
    gender, age = found
    assert [one.feature for one in found] == ["gender", "age"]

    def by_hand(test: object, place: int, *, buyers: bool) -> int:
        return sum(test(row[place]) and (row[2] >= 1 or not buyers) for row in rows)  # type: ignore[operator]

    assert {one.level: (one.inside, one.everybody) for one in gender.shares} == {
        sex: (
            by_hand(lambda value, sex=sex: value == sex, 0, buyers=True),
            by_hand(lambda value, sex=sex: value == sex, 0, buyers=False),
        )
        for sex in ("female", "male")
    }
    assert gender.unknown == by_hand(lambda value: value is None, 0, buyers=True)
    bands = {
        "-17": (0, 17),
        "18-24": (18, 24),
        "25-34": (25, 34),
        "55-64": (55, 64),
        "65-": (65, 200),
    }
    assert {one.level: one.inside for one in age.shares} == {
        name: by_hand(
            lambda value, low=low, high=high: value is not None and low <= value <= high,
            1,
            buyers=True,
        )
        for name, (low, high) in bands.items()
    }
    assert [one.level for one in age.shares] == list(bands)


def test_a_small_cell_takes_the_next_with_it_so_that_nothing_can_be_worked_out() -> None:
    rows = [("north", 40, 50), ("south", 30, 40), ("west", 12, 20), ("east", 3, 9)]
    shares = merge_small(rows, ordered=False)
    assert [(one.level, one.inside, one.everybody) for one in shares] == [
        ("north", 40, 50),
        ("south", 30, 40),
        (None, 15, 29),
    ]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=14), st.booleans())
def test_no_cell_is_small_and_nobody_is_lost(counts: list[tuple[int, int]], ordered: bool) -> None:
    rows = [(f"{n}", part, part + more) for n, (part, more) in enumerate(counts)]
    shares = merge_small(rows, ordered=ordered)
    assert sum(one.inside for one in shares) == sum(row[1] for row in rows)
    assert sum(one.everybody for one in shares) == sum(row[2] for row in rows)
    if sum(row[1] for row in rows) >= 10:
        assert all(one.inside == 0 or one.inside >= 10 for one in shares)
    if not ordered:
        assert len(shares) <= MOST_LEVELS + 1


def test_of_few_known_people_nothing_is_said() -> None:
    (gender,) = draw_portrait(people(gender=["female"] * 9 + [None] * 50, orders=[1] * 59), BUYERS)
    assert (gender.hidden, gender.shares) == (True, ())


def test_overlaps_are_counted_both_ways() -> None:
    frame = people(orders=[0, 1, 1, 2, 3], spend=[0.0, 5.0, 50.0, 60.0, 70.0])
    rich = parse_rule({"feature": "spend", "op": ">=", "value": 50})
    nobody = parse_rule({"feature": "spend", "op": ">", "value": 999})
    first, whole, none = measure_overlaps(frame, BUYERS, [rich, EVERYBODY, nobody])
    assert (first.both, first.group, first.other) == (3, 4, 3)
    assert first.share_of_group == pytest.approx(0.75)
    assert first.share_of_other == pytest.approx(1.0)
    assert (whole.both, whole.other) == (4, 5)
    assert (none.both, none.share_of_group, none.share_of_other) == (0, 0.0, None)
    assert measure_overlaps(frame, BUYERS, []) == ()
