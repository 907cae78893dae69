"""What the section says of a plan's worth: one value, that of choosing, and whose it is."""

import copy
from typing import Any

import pytest
from flask import Flask

from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables
from regulars_web.app import create_app
from regulars_web.drawing.specification import Dot, Upright
from regulars_web.pages.targeting.curve import gain_plot
from regulars_web.pages.targeting.section import WorkedOut, worked_out


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """For words alone: nothing is stored."""
    settings = build_settings(tmp_path_factory.mktemp("words") / "data")
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    database.dispose()
    return create_app(settings, secure_cookies=False, setup_code=None)


def contrast(value: float, low: float, high: float) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "verdict": "not_proved",
        "detectable": 0.5,
    }


def standing(kind: str, value: dict[str, Any], *, chosen: bool = False) -> dict[str, Any]:
    return {
        "name": kind,
        "kind": kind,
        "share": 0.5,
        "value": value,
        "naive_value": 2.0,
        "optimism": 0.5,
        "behind_the_best": None,
        "within_one_standard_error": chosen,
        "chosen": chosen,
    }


def line(action: int, **ends: float) -> dict[str, Any]:
    asked = {
        "column": "spend",
        "at_least": None,
        "below": None,
        "levels": None,
        "missing": False,
        "is_known": None,
    }
    return {"conditions": [asked | ends], "action": action, "customers": 500, "share": 0.5}


def document(kind: str = "card", *, settled: bool = False, second: int = 0) -> dict[str, Any]:
    """1,000 customers; choosing is worth 1.46 each, the card by itself 2.26; `second`: what the
    card does with those who spent less than 60."""
    policy = contrast(1.46, 0.2, 2.7) | {
        "share": 0.43,
        "honest_share": 0.46,
        "naive_value": 3.0,
        "optimism": 1.54,
        "against": {"everyone": contrast(0.5, -0.75, 1.75), "nobody": contrast(1.46, 0.2, 2.7)},
    }
    card = standing("card", contrast(2.26, 0.8, 3.7), chosen=kind == "card")
    return {
        "currency": "GBP",
        "inputs": {},
        "unit": "customer",
        "units": 1000,
        "arms": ["holdout", "Message"],
        "chosen": {
            "kind": kind,
            "name": kind,
            "settled": settled,
            "agreement": 1.0 if settled else 0.71,
        },
        "scored_by": "T (linear)",
        "rules": [
            {
                "kind": "card",
                "lines": [line(1, at_least=60.0), line(second, below=60.0)],
                "share": 0.43,
                "value": {"estimate": 2.26, "low": 0.8, "high": 3.7},
            }
        ],
        "by_segment": None,
        "gain_curve": [
            {"share": share, "gain": share, "low": None, "high": None, "random": share}
            for share in (0.5, 1.0)
        ],
        "uplift": {
            "confidence": 0.95,
            "folds": 5,
            "features": ["spend"],
            "arms": [
                {"arm": "holdout", "contact_cost": 0.0},
                {"arm": "Message", "contact_cost": 0.25},
            ],
            "policy": policy,
            "leaderboard": [
                card,
                standing(
                    "nobody" if kind != "everyone" else "everyone",
                    contrast(0.0, 0.0, 0.0),
                    chosen=kind != "card",
                ),
                standing("random", contrast(0.1, -0.5, 0.7)),
            ],
            "sleeping_dogs": [],
            "warnings": [],
        },
    }


def shown(app: Flask, found: dict[str, Any]) -> WorkedOut:
    with app.test_request_context():
        return worked_out(copy.deepcopy(found), {})


def test_the_rule_to_follow_is_worth_what_choosing_is_worth_its_own_value_said_to_be_that(
    app: Flask,
) -> None:
    found = shown(app, document())
    (rule,) = found.rules

    assert rule.value.text == "+£1.46"
    assert "By itself it earns +£2.26 each" in rule.own
    assert "before allowing for having picked the best of 2" in rule.own


def test_where_the_choices_differ_it_says_how_far_they_agree_and_that_limits_are_wider(
    app: Flask,
) -> None:
    found = shown(app, document())

    assert "Such choices tell 46% of the customers" in found.agreement
    assert "71% alike, and all limits are widened" in found.agreement
    assert shown(app, document(settled=True)).agreement == ""


def test_what_it_is_worth_in_all_has_an_interval(app: Flask) -> None:
    assert "in all £500 (−£750 to £1,750)" in shown(app, document()).statement


@pytest.mark.parametrize("kind", ["nobody", "everyone"])
def test_the_value_of_other_choices_is_not_printed_as_that_of_nobody_or_everyone(
    app: Flask, kind: str
) -> None:
    found = shown(app, document(kind))

    assert "Following" not in found.statement
    assert "Chosen without each of 5 parts of the customers in turn, such choices" in (
        found.statement
    )
    assert "would have earned +£0.50 each" in found.statement
    assert found.follows == "Such choices against"
    settled = shown(app, document(kind, settled=True))
    assert settled.statement.startswith(f"Following “contact {kind}” instead")
    assert settled.follows == "The plan to follow against"


def test_a_card_that_tells_everybody_is_called_that_and_is_no_rule(app: Flask) -> None:
    found = shown(app, document(second=1))

    assert found.rules == ()
    assert "The plan to follow is “contact everyone”" in found.statement


def test_where_nobody_is_harmed_it_says_so_and_what_telling_in_vain_costs(app: Flask) -> None:
    assert "Nobody is shown to buy less because of the message" in shown(app, document()).unharmed
    assert "loses what it costs: £0.25." in shown(app, document()).unharmed


def test_the_plan_is_a_point_with_its_interval_at_its_own_share_and_value(app: Flask) -> None:
    found = document()
    points = [
        {"share": 0.5, "gain": 1.0, "low": None, "high": None, "random": 0.5},
        {"share": 1.0, "gain": 4.0, "low": None, "high": None, "random": 1.0},
    ]
    found["gain_curve"] = points
    policy = found["uplift"]["policy"]
    with app.test_request_context():
        plot = gain_plot(found)
        unknown = gain_plot(found | {"uplift": {"policy": {"value": None}}})

    assert plot is not None
    assert [(dot.x, dot.y) for dot in plot.marks if isinstance(dot, Dot)] == [(0.46, 1.46)]
    (limits,) = (mark for mark in plot.marks if isinstance(mark, Upright) and mark.high is not None)
    assert (limits.x, limits.low, limits.high) == (0.46, policy["low"], policy["high"])
    assert (plot.y.low, plot.y.high) == (0.0, 4.0)
    assert unknown is not None
    assert not any(isinstance(mark, Dot) for mark in unknown.marks)


def test_the_plan_of_an_earlier_campaign_is_called_by_its_name(app: Flask) -> None:
    found = document()
    assert shown(app, found).earlier == ""

    found["inputs"]["earlier"] = {"campaign": 7, "name": "February message"}
    found["uplift"]["policy"]["against"]["plan:7"] = contrast(0.3, -0.1, 0.7)
    section = shown(app, found)

    assert section.against[-1].name == "the plan of “February message”"
    assert section.against[-1].value.text == "+£0.30"
    assert "told by the arm here that is most like its own" in section.earlier
