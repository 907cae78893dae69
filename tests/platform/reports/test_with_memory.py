"""Memory changes advice, never evidence; and it says nothing of groups that are hidden."""

import json
from typing import Any

import polars as pl
import pytest

from regulars_platform.campaigns.plan import Plan
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of_plan
from regulars_platform.memory.service import families_of, lessons_for
from regulars_platform.reports.document import rounded
from regulars_platform.reports.findings import Findings, find
from regulars_platform.reports.outcomes import unit_outcomes
from regulars_platform.reports.with_memory import memory_json, with_memory
from tests.platform.memory.build import lesson
from tests.platform.memory.test_overview import learning
from tests.platform.reports.build import TOLD, plan
from tests.platform.reports.test_findings import shop

NEAR, FEW = "near the threshold", "a few"


@pytest.fixture(scope="module")
def campaign() -> tuple[Plan, pl.DataFrame, Findings]:
    """February: one segment where a few more bought, and one of nine held-out customers."""
    parts = [
        shop(11, told=2000, out=800, buys=(0.30, 0.33), segment=NEAR),
        shop(12, told=30, out=9, buys=(0.5, 0.5), segment=FEW),
    ]
    people, orders = pl.concat([one[0] for one in parts]), pl.concat([one[1] for one in parts])
    made = plan(
        segments=[
            {"name": NEAR, "rule": {"feature": "orders", "op": ">=", "value": "2"}},
            {"name": FEW, "rule": {"feature": "orders", "op": ">=", "value": "9"}},
        ]
    )
    return made, people, find(unit_outcomes(orders, people, made), people, made)


def past(made: Plan, people: pl.DataFrame, net: float, error: float, *ends: str) -> list[Lesson]:
    """Campaigns on the same people with the same offer."""
    key = people_of_plan(made)[NEAR].key
    family = families_of(made, people)[TOLD, NEAR].key
    return [lesson(net, error, end, cell=(key, family)) for end in ends]


BEFORE = ("2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31")


def test_memory_turns_advice_round_and_leaves_evidence_as_it_is(
    campaign: tuple[Plan, pl.DataFrame, Findings],
) -> None:
    made, people, alone = campaign
    found, remembered = with_memory(alone, made, people, past(made, people, -1.5, 0.1, *BEFORE))
    before, after = alone.segments[0], found.segments[0]
    assert before.decision is not None
    assert after.decision is not None
    assert before.decision.expected_net > 0 > after.decision.expected_net
    assert after.decision.advice.value == "stop"
    assert (after.evidence, after.net, after.pooled, after.adjusted_p) == (
        before.evidence,
        before.net,
        before.pooled,
        before.adjusted_p,
    )
    one = next(group for group in remembered if group.segment == NEAR)
    assert (one.advice, one.advice_alone) == ("stop", before.decision.advice.value)
    # everybody is another cell: nothing is remembered of it
    assert found.overall == alone.overall


def test_without_lessons_nothing_changes(campaign: tuple[Plan, pl.DataFrame, Findings]) -> None:
    made, people, alone = campaign
    found, remembered = with_memory(alone, made, people, [])
    assert found.overall == alone.overall
    assert found.segments == alone.segments
    assert all(group.with_memory is None and not group.drifted for group in remembered)


def test_what_is_hidden_is_not_spoken_of_and_the_rest_can_be_written(
    campaign: tuple[Plan, pl.DataFrame, Findings],
) -> None:
    made, people, alone = campaign
    assert [group.hidden for group in alone.segments] == [False, True]
    _, remembered = with_memory(alone, made, people, past(made, people, 0.5, 0.1, *BEFORE))
    assert [group.segment for group in remembered] == [None, NEAR]
    written: Any = json.loads(json.dumps(rounded(memory_json(remembered)), allow_nan=False))
    assert [len(cell["campaigns"]) for cell in written["cells"]] == [0, 5]


def test_only_campaigns_that_were_over_and_of_the_same_people_and_offers_are_pinned(
    campaign: tuple[Plan, pl.DataFrame, Findings],
) -> None:
    made, people, _ = campaign
    key = people_of_plan(made)[None].key
    family = families_of(made, people)[TOLD, None]
    same = {"segment_key": key, "family": family}
    learnt = [
        learning(1, 1.0, "2026-01-31", **same),
        learning(2, 1.0, "2026-02-01", **same),  # not over when this one began
        learning(3, 1.0, "2026-01-31", segment_key="other people", family=family),
    ]
    assert [one.campaign_id for one in lessons_for(made, learnt)] == [1]
