"""The report's sentences and its trust strip, on documents made by hand."""

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from regulars_web.charts import BarInput
from regulars_web.pages.reports.trust import trust_items
from regulars_web.pages.reports.words import chance, decision_reason, headline, price
from regulars_web.waterfall import build_waterfall


def net(estimate: float, low: float, high: float) -> dict[str, Any]:
    return {
        "estimate": estimate, "low": low, "high": high, "p_value": 0.1, "standard_error": 1.0,
    }  # fmt: skip


def group(
    segment: str | None, answer: dict[str, Any], evidence: str, advice: str
) -> dict[str, Any]:
    return {
        "arm": "told",
        "segment": segment,
        "n": 41_200,
        "hidden": False,
        "net": answer,
        "evidence": evidence,
        "decision": {"advice": advice},
    }


def document(overall: dict[str, Any], *segments: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": {
            "currency": "EUR",
            "confidence_percent": "95",
            "unit": "customer",
            "arms": [{"name": "told"}],
        },
        "overall": [overall],
        "segments": list(segments),
    }


def said(app: Flask, made: dict[str, Any], locale: str = "en") -> str:
    with app.test_request_context(), force_locale(locale):
        return headline(made, "told")


def test_a_proved_profit_with_the_segments_that_carried_it(app: Flask) -> None:
    made = document(
        group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"),
        group("near", net(2, 1, 3), "proved_better", "keep"),
        group("far", net(-1, -2, 0.1), "not_proved", "stop"),
        group("new", net(0.1, -2, 2), "not_proved", "retest"),
    )

    assert said(app, made) == (
        "Telling these 41,200 customers earned €20,600 net (95%: €4,120 to €37,080); "
        "a profit is proved. 1 of 3 segments carried it: near. Stop: far. Test again: new."
    )


def test_bad_news_is_said_as_plainly(app: Flask) -> None:
    made = document(group(None, net(-0.5, -0.9, -0.1), "proved_worse", "stop"))

    assert said(app, made) == (
        "Telling these 41,200 customers lost €20,600 net (95%: −€37,080 to −€4,120); "
        "a loss is proved."
    )


def test_what_cannot_be_told_says_why(app: Flask) -> None:
    answer = {"not_estimable": "few", "code": "too_few_buyers"}
    made = document(group(None, answer, "cannot_tell", "keep"))

    assert said(app, made).startswith(
        "What telling these 41,200 customers earned cannot be told: fewer than 30 buyers"
    )


def test_households_and_arms_are_named(app: Flask) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    made["plan"] |= {"unit": "household", "arms": [{"name": "told"}, {"name": "other"}]}

    assert said(app, made).startswith("Telling these 41,200 households (told) earned €20,600 net")


def test_the_same_in_chinese_has_no_english_left(app: Flask) -> None:
    made = document(
        group(None, net(0.5, -0.1, 0.9), "not_proved", "keep"),
        group("甲", net(2, -1, 3), "not_proved", "keep"),
        group("乙", net(2, -1, 3), "not_proved", "stop"),
    )

    words = said(app, made, "zh_Hans")
    assert not any(letter.isascii() and letter.isalpha() for letter in words)


def test_nothing_is_certain_and_nothing_is_free(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert [chance(p) for p in (0.9999, 0.5, 0.0001)] == ["over 99%", "50%", "under 1%"]
        assert [price(v, "EUR") for v in (0.2, 12.3)] == ["under €1", "€12"]
        assert decision_reason({"decision": None}, "EUR") == "There is nothing to go by yet."


def test_the_steps_of_a_waterfall_stand_on_each_other_and_end_at_the_total() -> None:
    def bar(value: float) -> BarInput:
        return BarInput(label="", value=value, text="", tone="good")

    chart = build_waterfall([bar(10), bar(-4), bar(-1)], bar(5))

    ends = [(row.x, row.x + row.width) for row in chart.rows]
    assert ends == [
        pytest.approx((0, 100)),
        pytest.approx((60, 100)),
        pytest.approx((50, 60)),
        pytest.approx((0, 50)),
    ]


def checks(**other: Any) -> dict[str, Any]:
    status = {
        "state": "closed",
        "gap": False,
        "data_until": "2026-03-31",
        "settle_until": "2026-03-31",
    }
    found = {
        "sample_ratio": {"observed": [200, 800], "flagged": False},
        "attributed": {"known": 95, "orders": 100},
        "matches": [],
        "balance": [{"flagged": False, "differences": {"spend": 0.01}}],
        "failed_sends": {},
    }
    status |= {key: other.pop(key) for key in list(other) if key in status}
    inputs = {"plan_sha256": "a" * 64, "ledger_sha256": "b" * 64}
    return {"status": status, "checks": found | other, "inputs": inputs}


@pytest.mark.parametrize(
    ("what", "state", "label"),
    [
        ({}, "ok", "window closed"),
        ({"state": "open"}, "wait", "still open"),
        ({"state": "provisional"}, "wait", "provisional until 2026-03-31"),
        ({"gap": True}, "bad", "orders are missing at the end"),
        ({"attributed": {"known": 70, "orders": 100}}, "warn", "70% of orders have a customer"),
        ({"attributed": {"known": 7, "orders": 100}}, "bad", "7% of orders have a customer"),
        ({"sample_ratio": {"observed": [1, 9], "flagged": True}}, "bad", "arm sizes do not fit"),
        ({"matches": [{"p_value": 1e-9, "flagged": True}]}, "bad", "not found alike"),
        ({"matches": [{"p_value": 0.4, "flagged": False}]}, "ok", "found alike"),
        ({"balance": [{"flagged": True, "differences": {"spend": 0.4}}]}, "warn", "differed"),
        ({"failed_sends": {"told": 12}}, "warn", "12 messages did not arrive"),
    ],
)
def test_each_check_says_how_it_stands(
    app: Flask, what: dict[str, Any], state: str, label: str
) -> None:
    with app.test_request_context(), force_locale("en"):
        items = trust_items(checks(**what))

    assert [item.state for item in items if label in item.label] == [state]
