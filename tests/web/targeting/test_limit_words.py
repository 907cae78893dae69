"""Under which limit an answer stands, in the reader's words."""

import pytest
from flask import Flask

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.targeting.limits import Limit
from regulars_web.pages.targeting.limited import limit_form, limit_words
from tests.platform.campaigns.build import draft
from tests.web.targeting.test_section_words import app as app  # noqa: PLC0414 - the same fixture

HEADS = Limit(kind="customers", amount=3000)


@pytest.fixture
def plan() -> Plan:
    return read_plan(draft(currency="GBP"))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (None, ""),
        (HEADS, "With at most 3,000 customers told"),
        (Limit(kind="percent", amount=2500), "With at most 25% of the customers told"),
        (Limit(kind="percent", amount=1250), "With at most 12.50% of the customers told"),
        (Limit(kind="money", amount=9_000_000), "With at most £900.00 for telling in all"),
    ],
)
def test_each_limit_is_said_with_its_unit(
    app: Flask, plan: Plan, limit: Limit | None, words: str
) -> None:
    with app.test_request_context():
        assert limit_words(limit, plan) == words


def test_households_are_counted_as_households(app: Flask) -> None:
    plan = read_plan(draft(unit="household"))
    with app.test_request_context():
        form = limit_form(plan, wanted=HEADS, shown=HEADS)

    assert form.words == "With at most 3,000 households told"
    assert ("customers", "Households") in form.choices


def test_the_form_keeps_what_was_asked_for_though_the_answer_is_under_another(
    app: Flask, plan: Plan
) -> None:
    with app.test_request_context():
        form = limit_form(plan, wanted=Limit(kind="percent", amount=1250), shown=HEADS)

    assert (form.chosen, form.amount, form.answered) == ("percent", "12.5", False)
    assert form.words == "With at most 3,000 customers told"
