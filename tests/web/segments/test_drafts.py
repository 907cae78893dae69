"""A rule at work: what a form holds becomes a tree, the tree a rule, and back."""

from flask import Flask

from regulars_platform.segments.rules import Rule, parse_rule, rule_json
from regulars_web.pages.segments.checking import check_draft
from regulars_web.pages.segments.draft import (
    DraftCondition,
    add_condition,
    add_group,
    draft_json,
    draft_of,
    empty_draft,
    read_draft,
    remove,
    walk,
)
from regulars_web.words.rules import rule_text

DEALS = parse_rule(
    {
        "all": [
            {"feature": "orders", "op": ">=", "value": "2"},
            {
                "any": [
                    {"feature": "discount_share", "op": ">", "value": "0.125"},
                    {"feature": "main_channel", "op": "in", "value": ["App", "Shop"]},
                    {"feature": "average_order_value", "op": "between", "value": ["48", "96"]},
                    {"feature": "usual_interval_days", "op": "is empty"},
                ]
            },
        ]
    }
)


def as_form(rule: Rule) -> dict[str, str]:
    """The fields that the page would send for a rule."""
    form: dict[str, str] = {}
    for node in walk(draft_of(rule)):
        if isinstance(node, DraftCondition):
            parts = {name: getattr(node, name) for name in ("feature", "op", "value", "second")}
            form |= {f"{node.path}-{name}": value for name, value in parts.items()}
        else:
            form[f"{node.path}-joiner"] = node.joiner
    return form


def test_a_rule_survives_the_form() -> None:
    assert rule_json(parse_rule(draft_json(read_draft(as_form(DEALS))))) == rule_json(DEALS)


def test_shares_are_typed_in_percent() -> None:
    form = as_form(DEALS)
    assert form["rule-1-0-value"] == "12.5"
    form["rule-1-0-value"] = " 20 % "
    assert draft_json(read_draft(form))["all"][1]["any"][0]["value"] == "0.2"


def test_gaps_in_the_places_close_and_what_is_too_deep_is_left_out() -> None:
    form = {
        "rule-joiner": "all",
        "rule-7-feature": "orders",
        "rule-7-op": "=",
        "rule-7-value": "1",
        "rule-3-feature": "spend",
        "rule-3-op": ">",
        "rule-3-value": "9",
        "rule-1-2-feature": "orders",  # its group is missing
        "rule-9" + "-0" * 12 + "-joiner": "all",
        "other": "x",
    }
    draft = read_draft(form)
    assert [part.path for part in draft.parts] == ["rule-0", "rule-1"]
    assert [part["feature"] for part in draft_json(draft)["all"]] == ["spend", "orders"]


def test_an_empty_form_is_a_rule_for_everybody() -> None:
    assert draft_json(read_draft({})) == {"all": []}


def test_a_group_is_added_the_other_way_round_and_goes_with_its_last_condition() -> None:
    draft = add_condition(add_group(empty_draft(), "rule"), "rule-1")
    assert [part["feature"] for part in draft_json(draft)["all"][1]["any"]] == ["orders", "orders"]
    once = remove(draft, "rule-1-0")
    assert [node.path for node in walk(once)] == ["rule", "rule-0", "rule-1", "rule-1-0"]
    assert [node.path for node in walk(remove(once, "rule-1-0"))] == ["rule", "rule-0"]


def test_removing_the_last_condition_leaves_everybody_however_they_were_joined() -> None:
    draft = read_draft(
        {"rule-joiner": "any", "rule-0-feature": "orders", "rule-0-op": "=", "rule-0-value": "1"}
    )
    assert draft_json(remove(draft, "rule-0")) == {"all": []}


def test_changing_a_number_for_a_text_changes_the_comparison_to_one_that_fits() -> None:
    form = {"rule-joiner": "all", "rule-0-feature": "main_channel", "rule-0-op": ">="}
    assert draft_json(read_draft(form))["all"][0]["op"] == "="


def test_problems_find_their_field(app: Flask) -> None:
    form = as_form(DEALS) | {"rule-0-value": "two", "rule-1-2-value": "96", "rule-1-2-second": "48"}
    with app.test_request_context():
        checked = check_draft(read_draft(form), missing_is_wrong=False)
    assert checked.rule is None
    assert set(checked.problems) == {"rule-0-value", "rule-1-2-value"}
    assert "'two' came" in checked.problems["rule-0-value"]
    assert "96 is above the upper end 48" in checked.problems["rule-1-2-value"]


def test_what_is_wrong_with_a_share_is_said_in_percent(app: Flask) -> None:
    share = {"feature": "discount_share", "op": "between", "value": "50", "second": "20"}
    form = {"rule-joiner": "all"} | {f"rule-0-{name}": value for name, value in share.items()}
    with app.test_request_context():
        checked = check_draft(read_draft(form), missing_is_wrong=True)
    assert "50% is above the upper end 20%" in checked.problems["rule-0-value"]


def test_what_is_not_typed_yet_is_a_problem_only_in_the_end(app: Flask) -> None:
    with app.test_request_context():
        typing = check_draft(empty_draft(), missing_is_wrong=False)
        done = check_draft(empty_draft(), missing_is_wrong=True)
    assert (typing.rule, typing.problems) == (None, {})
    assert done.problems == {"rule-0-value": "Give a number, such as 2 or 49.90."}


def test_a_rule_reads_as_a_phrase_with_money_and_percent(app: Flask) -> None:
    with app.test_request_context():
        said = rule_text(DEALS, "GBP")
    assert said == (
        "orders at least 2 and (share of orders with a discount more than 12.5% or "
        "main channel one of App, Shop or average order value from £48 to £96 or "
        "usual days between orders not known)"
    )
