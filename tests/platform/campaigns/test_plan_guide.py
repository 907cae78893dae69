"""docs/plan.md says what is so."""

import json
import re
from pathlib import Path
from typing import Any

from regulars_platform.campaigns.plan import CHANNELS, MAX_ARMS, METRICS, UNITS, plan_json
from regulars_platform.campaigns.plan_arms import ARM_FIELDS
from regulars_platform.campaigns.plan_form import FIELDS, read_plan
from regulars_platform.customers.features import FEATURES
from regulars_platform.offers.kinds import KINDS, PRICE_STYLES, own_multiple
from regulars_platform.segments.rules import OPERATORS

GUIDE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text("utf-8")


def example() -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    raw: dict[str, Any] = json.loads(found.group(1))
    return raw | {"currency": "EUR", "timezone": "Europe/Berlin"}


def test_the_guides_plan_is_a_plan_written_as_it_is_frozen() -> None:
    raw = example()
    raw["arms"][0]["channel_label"] = ""
    raw["arms"][0]["offer"]["shipping_cost"] = "4.9"
    # what is as it was before there were costs per product is not written, so that digests stay
    del raw["margin_source"]
    # nor is what names the groups, where none are drawn
    del raw["group_by"]
    assert plan_json(read_plan(example())) == raw


def test_the_guide_shows_every_field_and_names_every_choice() -> None:
    assert set(example()) == set(FIELDS)
    assert set(example()["arms"][0]) | {"channel_label"} == set(ARM_FIELDS)
    for words in (CHANNELS, METRICS, UNITS, KINDS, FEATURES, *OPERATORS.values()):
        for word in words:
            assert f"`{word}`" in GUIDE, word


def test_the_defaults_are_those_that_the_guide_names() -> None:
    raw = example()
    optional = ("unit", "primary_metric", "confidence_percent", "horizon_rounds", "guardrails")
    for name in (*optional, "secondary_metrics"):
        del raw[name]
    assert read_plan(raw) == read_plan(example())


def test_the_guides_ladder_is_one() -> None:
    found = re.findall(r'```json\n("arms".*?)```', GUIDE, re.DOTALL)
    assert len(found) == 1
    plan = read_plan(example() | json.loads("{" + found[0] + "}"))
    assert [own_multiple(arm.offer) for arm in plan.arms] == [10_000, 13_000]
    for word in PRICE_STYLES:
        assert f"`{word}`" in GUIDE, word


def test_the_guide_says_how_many_arms_a_plan_may_have() -> None:
    assert f"1 to {MAX_ARMS}, with" in GUIDE
