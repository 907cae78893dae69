"""The report's sentences and its trust strip, on documents made by hand."""

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from regulars_web.drawing.specification import Box, Course
from regulars_web.pages.reports.days import day_sections
from regulars_web.pages.reports.headline import headline, total_words
from regulars_web.pages.reports.metrics import metric_row
from regulars_web.pages.reports.segments import leak_shown
from regulars_web.pages.reports.trust import trust_items
from regulars_web.words.reports import (
    chance,
    clauses,
    correction_words,
    decision_reason,
    p_equation,
    per_user_words,
    price,
    return_words,
    segment_name,
)


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
        "status": {"state": "closed"},
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
        ({"state": "provisional"}, "wait", "provisional until Mar 31, 2026"),
        ({"gap": True}, "bad", "orders are missing at the end"),
        ({"attributed": {"known": 70, "orders": 100}}, "warn", "70% of orders have a customer"),
        ({"attributed": {"known": 7, "orders": 100}}, "bad", "7% of orders have a customer"),
        ({"sample_ratio": {"observed": [1, 9], "flagged": True}}, "bad", "arm sizes do not fit"),
        ({"matches": [{"p_value": 1e-9, "flagged": True}]}, "bad", "not found alike"),
        ({"matches": [{"p_value": 0.4, "flagged": False}]}, "ok", "found alike"),
        ({"balance": [{"flagged": True, "differences": {"spend": 0.4}}]}, "warn", "differed"),
        ({"balance": [{"flagged": False, "differences": {"spend": 0.09}}]}, "ok", "arms alike"),
        (
            {"balance": [{"flagged": False, "differences": {"spend": -0.374}}]},
            "ok",
            "differed before the start by no more than chance does at this size",
        ),
        ({"failed_sends": {"told": 12}}, "warn", "12 messages did not arrive"),
    ],
)
def test_each_check_says_how_it_stands(
    app: Flask, what: dict[str, Any], state: str, label: str
) -> None:
    with app.test_request_context(), force_locale("en"):
        items = trust_items(checks(**what))

    assert [item.state for item in items if label in item.label] == [state]


def cannot(code: str) -> dict[str, str]:
    return {"not_estimable": "why", "code": code}


RETURN = {"estimate": 2.233, "low": 1.797, "high": 2.648}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            RETURN,
            "Each €1 of extra cost brought back €2.23 of margin (95%: €1.80 to €2.65); "
            "above €1 the campaign pays.",
        ),
        (
            cannot("not_a_ratio"),
            "Return on cost is not a ratio here: the extra cost is not clearly above zero.",
        ),
        (cannot("no_buyers"), "What each €1 of extra cost brought back cannot be told: nobody"),
        (None, ""),
    ],
)
def test_return_on_cost_is_money_or_says_why_not(
    app: Flask, answer: dict[str, Any] | None, words: str
) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    with app.test_request_context(), force_locale("en"):
        said_ = return_words(made, {"return_on_cost": answer})
    assert said_.startswith(words)


def test_the_net_per_user_says_what_it_takes_for_granted(app: Flask) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    with app.test_request_context(), force_locale("en"):
        per_user = per_user_words(made, {"net_per_user": RETURN})
        unknown = per_user_words(made, {"net_per_user": cannot("not_a_ratio")})
    assert per_user.startswith("Net profit per user of the offer: +€2.23 (95%: €1.80 to €2.65).")
    assert "right only if the campaign changed nothing" in per_user
    assert unknown.endswith("cannot be told: what it is divided by is not clearly above zero.")


def test_a_p_value_is_never_nothing(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert [p_equation(p) for p in (0.0123, 1e-9, None)] == ["p = 0.012", "p < 0.001", ""]


def since_launch(*days: dict[str, Any], share: dict[str, Any]) -> dict[str, Any]:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    listed = [
        {"day": i, "date": f"2026-02-{i:02d}", "cumulative": day, "daily": cannot("too_few_buyers")}
        for i, day in enumerate(days, start=1)
    ]
    kept = [{"early_days": 14, "late_days": 28, "share": share}]
    return made | {"days": [{"arm": "told", "days": listed, "kept": kept}]}


def test_days_that_cannot_be_told_leave_a_gap_and_single_days_a_sentence(app: Flask) -> None:
    known = [net(-0.1, -0.2, 0.0), net(0.2, 0.0, 0.4), net(0.3, 0.1, 0.5)]
    made = since_launch(known[0], cannot("too_few_buyers"), *known[1:], share=RETURN)
    with app.test_request_context(), force_locale("en"):
        (part,) = day_sections(made)

    assert part.drawing is not None
    marks = part.drawing.plot.marks
    assert sum(isinstance(mark, Box) for mark in marks) == 3
    # only the last two days stand side by side
    (line,) = (mark.points for mark in marks if isinstance(mark, Course))
    assert [day for day, _ in line] == [3, 4]
    assert [value for _, value in line] == pytest.approx([8240, 12360])
    assert not part.own_days
    assert [line.total.text for line in part.lines] == [
        "−€4,120", "–", "+€8,240", "+€12,360",
    ]  # fmt: skip
    # said once, under the table
    assert part.unknown.startswith("fewer than 30 buyers are expected")
    assert part.lines[1].total.interval == ""
    assert part.kept == (
        "Of what the first 14 days brought, 223% is there after 28 days (95%: 180% to 265%).",
    )


def test_a_single_day_makes_no_chart_and_an_unclear_share_says_why(app: Flask) -> None:
    made = since_launch(net(0.1, 0, 0.2), share=cannot("not_a_ratio"))
    with app.test_request_context(), force_locale("en"):
        (part,) = day_sections(made)

    assert part.drawing is None
    assert part.kept == (
        "How much of what the first 14 days brought is left after 28 days cannot be told: what it "
        "is divided by is not clearly above zero.",
    )


def test_a_kept_share_whose_limits_reach_anywhere_is_said_only_of_a_proved_effect(
    app: Flask,
) -> None:
    wide = net(0.4, -25.4, 2.61)
    unclear = since_launch(*[net(0.1, -0.2, 0.4)] * 14, share=wide)
    proved = since_launch(*[net(0.3, 0.1, 0.5)] * 14, share=wide)
    with app.test_request_context(), force_locale("en"):
        (said,), (told,) = day_sections(unclear)[0].kept, day_sections(proved)[0].kept

    assert said == (
        "How much of it is left after 28 days cannot be told: what the first 14 days brought is "
        "not clear of zero."
    )
    assert "−2,540% to 261%" in told


def test_before_returns_have_settled_the_headline_says_so(app: Flask) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    early = {state: made | {"status": {"state": state}} for state in ("open", "provisional")}
    with app.test_request_context(), force_locale("en"):
        assert headline(made, "told").startswith("Telling these")
        for document_then in early.values():
            assert headline(document_then, "told").startswith("Provisional: Telling these")


def test_what_all_arms_earned_is_one_sentence(app: Flask) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    made["plan"]["arms"] = [{"name": "a"}, {"name": "b"}]
    total = {"n": 1000, "net": net(2.0, 0.5, 3.5), "evidence": "proved_better"}
    with app.test_request_context(), force_locale("en"):
        assert total_words(made) == ""
        assert total_words(made | {"total": None}) == ""
        assert total_words(made | {"total": total}) == (
            "Telling these 1,000 customers (all arms together) earned €2,000 net (95%: €500 to "
            "€3,500); a profit is proved."
        )


def test_an_interval_clear_of_zero_that_proves_nothing_says_what_it_was_corrected_for(
    app: Flask,
) -> None:
    def corrected(low: float, p: float | None, evidence: str) -> dict[str, Any]:
        return group("a", net(1.0, low, 2.0), evidence, "keep") | {"adjusted_p": p}

    family = [corrected(0.1, 0.548, "not_proved"), corrected(-1.0, 1.0, "not_proved"), {}]
    with app.test_request_context(), force_locale("en"):
        assert correction_words(family[0], family) == (
            "after correcting for 2 comparisons: p = 0.548"
        )
        assert correction_words(family[1], family) == "p = 1.000"
        assert correction_words(corrected(0.1, 0.01, "proved_better"), family) == "p = 0.010"
        assert correction_words(corrected(0.1, None, "not_proved"), family) == ""


def test_segments_too_small_to_be_shown_are_counted_too(app: Flask) -> None:
    shown = [group(name, net(0.5, -0.1, 0.9), "not_proved", "keep") for name in "ab"]
    small = [{"arm": "told", "segment": name, "hidden": True} for name in "cd"]
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"), *shown, *small)
    with app.test_request_context(), force_locale("en"):
        assert "of the 2 segments that are large enough to be shown (of 4)" in headline(
            made, "told"
        )


def test_a_primary_metric_is_proved_only_after_correction_and_guard_rails_are_not_corrected(
    app: Flask,
) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    made["plan"] |= {"primary_metric": "revenue", "guardrails": ["refunds"]}
    effect: dict[str, Any] = {
        "arm": "told", "segment": None, "mean_control": 1.0, "mean_arm": 2.0, "sensitivity": [],
        "difference": net(1, 0.1, 1.9), "relative": net(1, 0.1, 1.9), "method": "Welch",
    }  # fmt: skip

    def row(name: str, holm: float | None) -> tuple[str, str]:
        tests = None if holm is None else {"holm": holm, "benjamini_hochberg": holm, "tests": 2}
        found = metric_row(made, effect | {"metric": name, "corrected": tests}, "EUR")
        assert found.verdict is not None
        return found.corrected, found.verdict[1]

    with app.test_request_context(), force_locale("en"):
        assert row("revenue", 0.03) == ("0.030", "proved better")
        assert row("revenue", 0.06) == ("0.060", "not proved")
        assert row("refunds", None) == ("not corrected", "got worse")


EFFECT: dict[str, Any] = {
    "metric": "buyers", "arm": "told", "segment": None, "mean_control": 0.2, "mean_arm": 0.27,
    "difference": net(0.07391, -0.0012, 0.1), "relative": net(0.41, -0.08, 0.9),
    "sensitivity": [], "corrected": None, "method": "Welch",
}  # fmt: skip


def metric_cells(
    app: Flask, changed: dict[str, Any], locale: str = "en"
) -> tuple[str, str, str, str]:
    """Text and interval of the difference, then of the relative one."""
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    made["plan"] |= {"primary_metric": "revenue", "guardrails": ["refunds"]}
    with app.test_request_context(), force_locale(locale):
        row = metric_row(made, EFFECT | changed, "EUR")
    return row.difference.text, row.difference.interval, row.relative.text, row.relative.interval


def test_differences_of_shares_are_points_and_every_difference_has_its_sign(app: Flask) -> None:
    assert metric_cells(app, {}) == (
        "+7.39 points", "−0.12 to 10.00 points", "+41.0%", "−8.0% to 90.0%",
    )  # fmt: skip
    assert metric_cells(app, {}, "zh_Hans")[0] == "+7.39个百分点"
    fewer = metric_cells(app, {"difference": net(-0.02, -0.1, 0), "relative": net(-0.1, -0.2, 0)})
    assert (fewer[0], fewer[2]) == ("−2.00 points", "−10.0%")
    orders = metric_cells(app, {"metric": "orders", "difference": net(0.1, 0, 0.2)})
    assert orders[:2] == ("+0.100", "0.000 to 0.200")


def test_why_a_difference_cannot_be_told_is_said_once_in_a_row(app: Flask) -> None:
    few = {"difference": cannot("too_few_buyers"), "relative": cannot("too_few_buyers")}
    text, why, relative, again = metric_cells(app, few)
    assert text == "cannot tell"
    assert why.startswith("fewer than 30 buyers")
    assert (relative, again) == ("–", "")
    unclear = metric_cells(app, {"relative": cannot("unbounded")})
    assert unclear[2] == "cannot tell"


def test_a_guard_rail_without_proof_of_harm_is_not_called_harmless(app: Flask) -> None:
    made = document(group(None, net(0.5, 0.1, 0.9), "proved_better", "keep"))
    made["plan"] |= {"primary_metric": "revenue", "guardrails": ["refunds"]}
    unclear = {"metric": "refunds", "difference": net(0.2, -0.1, 0.5)}
    with app.test_request_context(), force_locale("en"):
        assert metric_row(made, EFFECT | unclear, "EUR").verdict == ("open", "harm not proved")


def test_a_leak_over_all_of_it_says_what_that_means(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        over, under = leak_shown(net(1.3, 0.68, 2.26)), leak_shown(net(0.9, 0.54, 1.38))
        assert leak_shown(cannot("too_few_buyers")).text == "cannot tell"
    assert (over.text, over.interval) == ("130%", "68% to 226%")
    assert over.note == "over 100%: fewer orders came than without"
    assert under.note == ""


def test_our_own_names_of_groups_are_written_as_names(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert [segment_name(name) for name in (None, "everyone else", "near")] == [
            "Everybody", "Everyone else", "near",
        ]  # fmt: skip


def test_chinese_joins_clauses_with_its_own_marks(app: Flask) -> None:
    with app.test_request_context(), force_locale("zh_Hans"):
        assert clauses(("一", "二")) == "一；二"
        items = trust_items(checks(attributed={"known": 70, "orders": 100}))
        balance = trust_items(checks(balance=[{"flagged": True, "differences": {"spend": 0.4}}]))
    for item in (*items, *balance):
        assert "; " not in item.detail
        assert ": " not in item.detail.replace(" : ", "")
