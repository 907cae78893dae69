"""docs/customer-features.md says of every feature what it is."""

import re
from pathlib import Path

from regulars_platform.customers.catalogue import FEATURES, ORDER_FEATURES
from regulars_platform.customers.event_days import DEFAULT_EVENT_DAYS
from regulars_platform.customers.rhythm import DEFAULT_RHYTHM

GUIDE = (Path(__file__).parents[3] / "docs" / "customer-features.md").read_text("utf-8")
DESCRIBED = [
    name
    for row in re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", row)
]


def test_every_feature_is_described_once_and_nothing_else_is() -> None:
    assert sorted(DESCRIBED) == sorted(FEATURES)


def test_the_first_ten_are_those_that_evaluations_stay_with() -> None:
    assert DESCRIBED[:10] == list(ORDER_FEATURES)


def test_the_defaults_are_those_of_the_guide() -> None:
    assert f"at most {DEFAULT_RHYTHM.honeymoon_days} days ago" in GUIDE
    assert f"below {DEFAULT_RHYTHM.dormant_from:.0f}, **dormant**" in GUIDE
    assert f"**lost** from {DEFAULT_RHYTHM.lost_from:.0f} on" in GUIDE.replace("\n", " ")
    days = ("8 March", "18 June", "11 November", "12 December")
    assert len(DEFAULT_EVENT_DAYS) == len(days)
    assert all(day in GUIDE.replace("\n", " ") for day in days)
