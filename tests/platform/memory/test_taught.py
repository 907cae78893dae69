"""What a report taught of keepers that no segment names, among what is remembered."""

import datetime as dt

from regulars_platform.memory.likeness import Met, ShopMemory
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.taught import Taught, with_taught
from regulars_platform.segments.rules import parse_rule
from tests.platform.memory.build import CELL, lesson

RICH = parse_rule({"feature": "average_order_value", "op": ">=", "value": "60"})


def taught(**other: object) -> Taught:
    usual: dict[str, object] = {
        "campaign_id": 7,
        "report_id": 3,
        "campaign": "Spring",
        "audience": RICH,
        "families": (CELL[1],),
        "ends_on": dt.date(2026, 5, 1),
        "n": 900,
        "net": 4.5,
        "error": 0.5,
        "level": 8.0,
    }
    return Taught(**(usual | other))  # type: ignore[arg-type]


def test_what_was_taught_of_keepers_is_one_more_lesson_on_them() -> None:
    before = ShopMemory(lessons=(lesson(1.0, 0.2, "2026-04-01"),))
    found = with_taught(before, [taught()])
    assert found.lessons[0] == before.lessons[0]
    (added,) = found.lessons[1:]
    assert (added.net, added.error, added.campaign_id) == (4.5, 0.5, 7)
    (met,) = found.met
    assert (met.key, met.keepers, met.audience) == (added.cell[0], True, RICH)


def test_of_two_drafts_on_the_same_keepers_the_last_counts() -> None:
    found = with_taught(ShopMemory(), [taught(net=1.0), taught(net=2.0)])
    assert [one.net for one in found.lessons] == [2.0]
    assert len(found.met) == 1
    # another campaign's report is another lesson
    both = with_taught(ShopMemory(), [taught(net=1.0), taught(net=2.0, campaign_id=8)])
    assert [one.net for one in both.lessons] == [1.0, 2.0]


def test_keepers_who_are_a_segment_that_the_report_has_are_not_learnt_from_twice() -> None:
    spoken: Lesson = lesson(4.0, 0.4, "2026-05-01", campaign_id=7, cell=(taught().key, CELL[1]))
    segment = Met(
        key=taught().key,
        campaign="Spring",
        segment="Rich",
        ends_on=dt.date(2026, 5, 1),
        audience=RICH,
        segments=(),
    )
    before = ShopMemory(lessons=(spoken,), met=(segment,))
    assert with_taught(before, [taught()]) == before
