"""Rules in words: as few as say it, numbers and dates as people write them."""

from itertools import product

import pytest

from regulars_experiments.uplift.words import (
    Condition,
    Line,
    condition_words,
    joined,
    sentence,
)

INFINITE = float("inf")


def line(*conditions: Condition, action: int = 1, customers: int = 10) -> Line:
    return Line(conditions=conditions, action=action, customers=customers, share=customers / 100)


def least(value: float, column: str = "z", *, missing: bool = False) -> Condition:
    return Condition(column=column, at_least=value, missing=missing)


def below(value: float, column: str = "z", *, missing: bool = False) -> Condition:
    return Condition(column=column, below=value, missing=missing)


def words(lines: list[Line]) -> list[tuple[str, int, int]]:
    return [(condition_words(one.conditions), one.action, one.customers) for one in joined(lines)]


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([least(-0.487), least(0.503)], "z at least 0.503"),
        ([least(0.2), below(0.5)], "z from 0.2 to below 0.5"),
        ([below(0.5, missing=True), least(0.2, missing=True)],
         "(z from 0.2 to below 0.5 or missing)"),
        ([below(0.5, missing=True), least(0.2)], "z from 0.2 to below 0.5"),
        ([least(-INFINITE), below(3.0)], "z below 3"),
        ([least(-INFINITE)], "z is known"),
        ([Condition(column="z", below=-INFINITE, missing=True)], "z is missing"),
        ([below(3.0, missing=True), Condition(column="z", below=-INFINITE, missing=True)],
         "z is missing"),
        ([Condition(column="c", levels=("a", "b", "d")), Condition(column="c", levels=("b", "d"))],
         "c is b or d"),
        ([], "everybody"),
    ],
)  # fmt: skip
def test_questions_of_one_column_are_one_condition(conditions: list[Condition], said: str) -> None:
    assert condition_words(conditions) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1767225600144.0, "1767225600144"),
        (1e-7, "0.0000001"),
        (12_000_000.0, "12000000"),
        (0.1, "0.1"),
        (20004.504901, "20004.504901"),
    ],
)
def test_a_threshold_is_written_out_in_full(value: float, said: str) -> None:
    assert condition_words([least(value)]) == f"z at least {said}"
    assert float(said) == value


def test_dates_are_written_as_dates() -> None:
    day = Condition(column="joined", at_least=19_724.0, below=19_755.25, date=True)
    assert condition_words([day]) == "joined from 2024-01-02 to below 2024-02-02 06:00:00"


def test_siblings_with_the_same_action_are_one_line() -> None:
    vip = Condition(column="tier", levels=("gold",))
    plain = Condition(column="tier", levels=("plain", ""), missing=True)
    rule = [line(least(5), vip), line(least(5), plain), line(below(5), action=0)]
    assert words(rule) == [("z at least 5", 1, 20), ("z below 5", 0, 10)]
    assert sentence(rule, ["held", "mail"]) == "mail: z at least 5; leave alone: z below 5"
    assert words([*rule[:2], line(below(5))]) == [("everybody", 1, 30)]


def test_ranges_that_meet_are_one_line() -> None:
    rule = [line(least(6)), line(below(6), least(4)), line(below(6), below(4), action=0)]
    assert words(rule) == [("z at least 4", 1, 20), ("z below 4", 0, 10)]


def test_what_takes_an_or_stays_apart() -> None:
    rule = [
        line(least(6)),
        line(below(6), least(1, "x")),
        line(below(6), below(1, "x"), action=0),
    ]
    assert [said for said, *_ in words(rule)] == [
        "z at least 6", "z below 6 and x at least 1", "z below 6 and x below 1",
    ]  # fmt: skip
    outside = [line(least(6)), line(below(6), least(4), action=0), line(below(6), below(4))]
    assert len(joined(outside)) == 3


def test_segments_with_the_same_action_are_named_together() -> None:
    rule = [
        line(Condition(column="segment", levels=(name,)), action=action)
        for name, action in (("a", 1), ("b", 0), ("c", 1))
    ]
    assert words(rule) == [("segment is a or c", 1, 20), ("segment is b", 0, 10)]


def test_a_shorter_rule_treats_everybody_alike() -> None:
    def holds(condition: Condition, value: float | None) -> bool:
        if value is None:
            return condition.missing
        above = condition.at_least is None or value >= condition.at_least
        return above and (condition.below is None or value < condition.below)

    def action(rule: tuple[Line, ...] | list[Line], values: dict[str, float | None]) -> int:
        found = [
            one.action
            for one in rule
            if all(holds(condition, values[condition.column]) for condition in one.conditions)
        ]
        assert len(found) == 1  # nobody twice, nobody left
        return found[0]

    for actions in product((0, 1, 2), repeat=4):
        for column, cut in (("x", 1.0), ("z", 3.0)):
            tree = [
                (least(5, missing=True), least(8, missing=True)),
                (least(5, missing=True), below(8)),
                (below(5), least(cut, column)),
                (below(5), below(cut, column, missing=True)),
            ]
            rule = [line(*path, action=what) for path, what in zip(tree, actions, strict=True)]
            short = joined(rule)
            assert sum(one.customers for one in short) == 40
            for z, x in product((None, 0.0, 3.0, 4.0, 5.0, 8.0, 9.0), (None, 0.0, 1.0)):
                values = {"z": z, "x": x}
                assert action(short, values) == action(rule, values)
