"""Several thresholds at once: made by one button, kept as ordinary arms, told to each customer."""

import csv
import io
from typing import Any

import pytest

from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.service import draft_plan_json, get_campaign, get_shop_of
from regulars_platform.storage.database import Database
from tests.web.campaigns.build import filled, keep, launch, said_beside, text_of, value_of
from tests.web.conftest import Browser


def make(browser: Browser, **other: Any) -> str:
    """The form after "Make these arms" was pressed."""
    fields = filled(**{"do": "ladder", "ladder.kind": "own"} | other)
    return browser.post("/campaigns/new", fields).get_data(as_text=True)


def arms_of(page: str, count: int) -> list[dict[str, str]]:
    names = ("offer.multiple", "offer.threshold", "share_percent", "name")
    return [
        {name: value_of(page, f"arms.{place}.{name}") for name in names} for place in range(count)
    ]


def ladder_fields(*multiples: str) -> dict[str, Any]:
    """The fields of a kept ladder, as they stand in the form afterwards."""
    first = {name: value for name, value in filled().items() if name.startswith("arms.0.")}
    share = str(80 // len(multiples))
    fields: dict[str, Any] = {"audience.choice": "everybody"}
    for place, multiple in enumerate(multiples):
        arm = {name.removeprefix("arms.0."): value for name, value in first.items()}
        arm |= {"name": f"k = {multiple}", "share_percent": share, "offer.words": ""}
        arm |= {"offer.multiple": multiple, "offer.price_points": "nines", "offer.threshold": "40"}
        fields |= {f"arms.{place}.{name}": value for name, value in arm.items()}
    return fields


def test_a_list_of_multiples_becomes_arms_of_equal_shares(planner: Browser) -> None:
    page = make(planner, **{"ladder.multiples": "1.15, 0.9，1"})
    assert arms_of(page, 3) == [
        # half of the threshold for all is the lowest, until somebody changes it
        {"offer.multiple": k, "offer.threshold": "40", "share_percent": share, "name": f"k = {k}"}
        for k, share in (("0.9", "26.68"), ("1", "26.66"), ("1.15", "26.66"))
    ]
    assert 'name="arms.3.name"' not in page
    # personal, with a code; and everybody is in it, as everybody's threshold fits
    assert page.count('value="personal" checked') == 3
    assert '<option value="everybody" selected>' in page
    assert 'value="fits"' not in page
    assert "needs mending" not in page


def test_what_the_ladder_makes_is_a_plan_that_can_be_launched(
    planner: Browser, database: Database
) -> None:
    kept = keep(planner, **ladder_fields("0.9", "1.15"))
    with database.unit_of_work() as session:
        campaign = get_campaign(session, 1, kept)
        plan = read_plan(draft_plan_json(get_shop_of(session, 1), campaign))
    assert [getattr(arm.offer, "multiple", None) for arm in plan.arms] == [9_000, 11_500]
    again = planner.get(f"/campaigns/{kept}/plan").get_data(as_text=True)
    assert value_of(again, "arms.1.offer.multiple") == "1.15"
    # the fields of the ladder show the steps there are
    assert value_of(again, "ladder.multiples") == "0.9, 1.15"


def test_the_side_says_who_would_be_told_what_and_what_is_given_away_anyway(
    planner: Browser,
) -> None:
    page = planner.post("/campaigns/preview", filled(**ladder_fields("0.9", "1", "1.15", "1.3")))
    told = text_of(page.get_data(as_text=True))
    # order values are 40 to 99, alike for all orders of a customer: 1.15 x that is reached by no
    # order, 0.9 x that by some
    assert told.count("They would be told") == 4
    assert told.count("own threshold") == 1
    assert "k = 1.15 0% · £0" in told
    assert "k = 0.9 0%" not in told


def test_thresholds_for_all_become_arms_named_after_their_offer(planner: Browser) -> None:
    steps = {"ladder.kind": "shop", "ladder.thresholds": "99 59 79"}
    page = make(planner, **steps)
    assert [value_of(page, f"arms.{i}.offer.threshold") for i in range(3)] == ["59", "79", "99"]
    assert "offer.multiple" not in page
    assert page.count('value="personal" checked') == 3
    assert 'placeholder="Free shipping from £79"' in page
    # up to 120% of the last threshold, in percent of the first
    assert value_of(page, "audience.highest") == "201.36"
    assert "average order value from £35.4" in text_of(page)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"ladder.multiples": ""}, "Numbers above zero"),
        ({"ladder.multiples": "0.9, one"}, "Numbers above zero"),
        ({"ladder.multiples": "0, 1"}, "Numbers above zero"),
        ({"ladder.multiples": "-1"}, "Numbers above zero"),
        ({"ladder.multiples": "1, 11"}, "At most 10 times"),
        ({"ladder.multiples": "1 2 3 4 5 6 7"}, "at most 6 arms, these are 7"),
        ({"ladder.multiples": "1.00001"}, "more decimals"),
        ({"ladder.kind": "shop", "ladder.thresholds": ""}, "59, 79, 99"),
        ({"ladder.kind": "shop", "ladder.thresholds": "1e99"}, "Numbers above zero"),
        ({"arms.0.offer.kind": "message"}, "A message has no threshold"),
    ],
)
def test_a_list_that_is_none_is_said_beside_it_and_changes_nothing(
    planner: Browser, typed: dict[str, str], words: str
) -> None:
    page = make(planner, **typed)
    assert words in said_beside(page, "ladder")
    assert '<details class="ladder" open>' in page
    assert 'name="arms.1.name"' not in page
    for name, value in typed.items():
        if name.startswith("ladder.m"):
            assert value_of(page, name) == value


def test_the_lowest_threshold_stays_above_what_is_taken_off(planner: Browser) -> None:
    off = {"arms.0.offer.kind": "amount_off", "arms.0.offer.amount": "45"}
    page = make(planner, **off, **{"ladder.multiples": "1, 1.2"})
    assert float(value_of(page, "arms.0.offer.threshold")) > 45
    assert said_beside(page, "arms.0.offer.amount") == ""


def test_an_arm_without_its_multiple_has_one_threshold_for_all_again(
    planner: Browser, database: Database
) -> None:
    fields = ladder_fields("0.9", "1.15") | {"arms.1.offer.multiple": ""}
    kept = keep(planner, **fields)
    with database.unit_of_work() as session:
        offer = dict(get_campaign(session, 1, kept).draft)["arms"][1]["offer"]
    assert "multiple" not in offer
    assert "price_points" not in offer


def test_a_launched_ladder_tells_each_customer_their_own_threshold(planner: Browser) -> None:
    kept = keep(planner, **ladder_fields("1", "1.5"))
    launch(planner, kept)
    page = text_of(planner.get(f"/campaigns/{kept}").get_data(as_text=True))
    assert "Free shipping from 1.5 × own order value" in page
    assert "price points ending in 9 or 5: 39, 75, 129, the lowest £40" in page
    listed = planner.get(f"/campaigns/{kept}/contacts/2.csv").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(listed, newline="")))
    assert rows
    for row in rows:
        value = 40 + int(row["customer_id"][1:]) % 60
        assert float(row["threshold"]) >= 1.5 * value
        assert row["offer"] == f"Free shipping from £{row['threshold']}"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1, 1, 1", "Each step once: 1 came more than once."),
        ("0.9, 1.0, 1.00", "Each step once: 1 came more than once."),
        ("1;1,15;1,3", "Decimals take a point, as in: 0.9, 1, 1.15, 1.3."),
        ("0,9 1 1,15", "Decimals take a point, as in: 0.9, 1, 1.15, 1.3."),
        ("1,15", "At most 10 times the own order value is possible, 15 came. Decimals take a"),
    ],
)
def test_a_list_that_may_be_meant_otherwise_makes_no_arms(
    planner: Browser, typed: str, words: str
) -> None:
    page = make(planner, **{"ladder.multiples": typed})
    assert words in text_of(page)
    assert value_of(page, "ladder.multiples") == typed
    assert 'name="arms.1.name"' not in page


def test_the_name_that_an_arm_gets_follows_its_threshold(planner: Browser) -> None:
    page = planner.get("/campaigns/new").get_data(as_text=True)
    field = page.partition('name="arms.0.offer.threshold"')[2].partition(">")[0]
    assert 'hx-trigger="change"' in field
    assert 'hx-target="#planner"' in field
    changed = planner.post(
        "/campaigns/new", filled(**{"arms.0.offer.threshold": "85", "arms.0.name": ""})
    )
    assert 'placeholder="Free shipping from £85"' in changed.get_data(as_text=True)
