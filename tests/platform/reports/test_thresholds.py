"""Threshold curves of a campaign: which arms make a ladder, for whom one threshold pays."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.results import Estimate
from regulars_experiments.threshold_ratios import Reach
from regulars_experiments.verdicts import Advice
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.changes import with_changes
from regulars_platform.reports.deciding import Believed
from regulars_platform.reports.document import rounded
from regulars_platform.reports.findings import Findings, find
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from regulars_platform.reports.threshold_document import thresholds_json
from regulars_platform.reports.thresholds import ThresholdFindings, find_thresholds
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import drawn, held, ledger, plan

STEPS = {"k = 0.9": "0.9", "k = 1.2": "1.2", "k = 1.6": "1.6"}
NEAR, FAR = "near", "far"
SEGMENTS = [
    {"name": NEAR, "rule": {"feature": "orders", "op": ">=", "value": "2"}},
    {"name": FAR, "rule": {"feature": "orders", "op": ">=", "value": "1"}},
]


def step_arm(name: str, multiple: str, **other: Any) -> dict[str, Any]:
    offer = {
        "kind": "free_shipping",
        "threshold": "20",
        "shipping_cost": "5",
        "reach": "personal",
        "multiple": multiple,
        "price_points": "round",
    }
    return arm(name=name, share_percent="25", offer=offer | other, contact_cost="0")


def ladder_plan(**other: Any) -> Plan:
    terms: dict[str, Any] = {
        "holdout_percent": "25",
        "arms": [step_arm(name, multiple) for name, multiple in STEPS.items()],
        "margin_low_percent": "40",
        "margin_high_percent": "40",
    }
    return plan(**(terms | other))


def ladder_shop(
    buying: dict[str, float], *, segment: str = "everyone else", count: int = 1500, seed: int = 1
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Customers who spent 100 before; by arm the share that buys, for 100 or so."""
    rng = np.random.default_rng(seed)
    people, orders = [], []
    for name, share in buying.items():
        for number in range(count):
            customer = f"{segment}-{name}-{number}"
            told = {"code": f"K{customer}"} if name != "holdout" else {}
            people.append(drawn(customer, name, average_order_value=100.0, segment=segment, **told))
            if rng.random() < share:
                price = round(100 * rng.lognormal(0, 0.2), 2)
                orders.append(line(customer, customer, "2026-02-10", price))
    return ledger(*people), lines(*orders)


BEST_IN_THE_MIDDLE = {"holdout": 0.2, "k = 0.9": 0.22, "k = 1.2": 0.4, "k = 1.6": 0.25}


def found_in(
    people: pl.DataFrame, orders: pl.LazyFrame, campaign: Plan
) -> tuple[ThresholdFindings, Findings]:
    outcomes = outcomes_of(window_orders(orders, people, campaign), people, campaign)
    findings = find(outcomes, people, campaign)
    return (
        find_thresholds(findings.moments, outcomes, people, campaign, findings.shown_segments),
        findings,
    )


def test_arms_that_differ_in_their_multiple_alone_are_a_ladder_with_the_reports_own_net() -> None:
    people, orders = ladder_shop(BEST_IN_THE_MIDDLE)

    thresholds, findings = found_in(people, orders, ladder_plan())

    (found,) = thresholds.ladders
    assert thresholds.curves == ()
    assert (found.by_multiple, found.ladder.steps) == (True, (9_000, 12_000, 16_000))
    everybody, only_segment = found.groups
    assert only_segment.curve.net.answers() == everybody.curve.net.answers()
    assert everybody.curve.net.answers() == [group.net for group in findings.overall]
    assert everybody.curve.recommended == 1
    assert everybody.curve.chance_best[1] > 0.9
    # 0.9, 1.2 and 1.6 times 100, at round price points
    assert everybody.price_points == (900_000, 1_200_000, 1_600_000)


def test_the_band_is_wider_than_each_interval_but_for_the_same_estimates() -> None:
    thresholds, _ = found_in(*ladder_shop(BEST_IN_THE_MIDDLE), ladder_plan())

    curve = thresholds.ladders[0].groups[0].curve
    for own, joint in zip(curve.net.answers(), curve.band.answers(), strict=True):
        assert isinstance(own, Estimate)
        assert isinstance(joint, Estimate)
        assert joint.estimate == own.estimate
        assert joint.low < own.low
        assert joint.high > own.high


@pytest.mark.parametrize(
    "other",
    [{"channel": "sms"}, {"offer": {"kind": "message"}}],
    ids=["another channel", "no offer"],
)
def test_arms_that_differ_in_more_than_the_threshold_are_no_ladder(other: dict[str, Any]) -> None:
    arms = [step_arm("a", "0.9"), step_arm("b", "1.2") | other]
    people, orders = ladder_shop({"holdout": 0.2, "a": 0.2, "b": 0.3})

    thresholds, _ = found_in(
        people, orders, ladder_plan(arms=[each | {"share_percent": "30"} for each in arms],
                                    holdout_percent="40")
    )  # fmt: skip

    assert thresholds.ladders == ()


def test_a_few_shop_wide_thresholds_are_a_ladder_of_their_own() -> None:
    arms = [
        arm(
            name=name,
            contact_cost="0",
            offer={
                "kind": "free_shipping",
                "threshold": threshold,
                "shipping_cost": "5",
                "reach": "personal",
            },
        )
        for name, threshold in (("from 80", "80"), ("from 120", "120"))
    ]
    people, orders = ladder_shop({"holdout": 0.2, "from 80": 0.2, "from 120": 0.3})

    thresholds, _ = found_in(
        people,
        orders,
        ladder_plan(arms=[each | {"share_percent": "30"} for each in arms], holdout_percent="40"),
    )

    (found,) = thresholds.ladders
    assert (found.by_multiple, found.ladder.steps) == (False, (800_000, 1_200_000))
    assert found.groups[0].price_points == (800_000, 1_200_000)
    assert thresholds.curves == ()


def test_each_segment_has_its_own_best_step_and_price_point() -> None:
    near = ladder_shop(BEST_IN_THE_MIDDLE, segment=NEAR, seed=2)
    far = ladder_shop(
        {"holdout": 0.2, "k = 0.9": 0.4, "k = 1.2": 0.22, "k = 1.6": 0.2}, segment=FAR, seed=3
    )
    people = pl.concat([near[0], far[0].with_columns(average_order_value=50.0)])

    thresholds, _ = found_in(people, pl.concat([near[1], far[1]]), ladder_plan(segments=SEGMENTS))

    _, first, second = thresholds.ladders[0].groups
    assert (first.curve.segment, first.curve.recommended) == (NEAR, 1)
    assert (second.curve.segment, second.curve.recommended) == (FAR, 0)
    assert (first.price_points[1], second.price_points[0]) == (1_200_000, 450_000)


def test_the_advice_is_to_change_where_another_step_earns_more_and_to_keep_the_best() -> None:
    people, orders = ladder_shop(BEST_IN_THE_MIDDLE)
    campaign = ladder_plan()
    thresholds, findings = found_in(people, orders, campaign)

    advised = with_changes(findings, thresholds, campaign).overall

    decisions = {group.arm: group.decision for group in advised}
    assert {arm: d.advice for arm, d in decisions.items() if d} == {
        "k = 0.9": Advice.CHANGE,
        "k = 1.2": Advice.KEEP,
        "k = 1.6": Advice.CHANGE,
    }
    low = decisions["k = 0.9"]
    change = thresholds.ladders[0].groups[0].changes[0]
    assert low is not None
    assert change is not None
    # per unit of the whole group, arms and holdout, in each further round
    assert low.value_of_change == pytest.approx(change.gain * 6000 * campaign.horizon_rounds)


def test_what_is_believed_of_a_ladders_arms_decides_and_stands_beside_the_decision() -> None:
    near = ladder_shop(BEST_IN_THE_MIDDLE, segment=NEAR, seed=2)
    far = ladder_shop(
        {"holdout": 0.2, "k = 0.9": 0.4, "k = 1.2": 0.22, "k = 1.6": 0.2}, segment=FAR, seed=3
    )
    people, orders = pl.concat([near[0], far[0]]), pl.concat([near[1], far[1]])
    campaign = ladder_plan(segments=SEGMENTS)
    thresholds, findings = found_in(people, orders, campaign)

    advised = with_changes(findings, thresholds, campaign)

    curves = {group.curve.segment: group.curve for group in thresholds.ladders[0].groups}
    for group in (*advised.overall, *advised.segments):
        curve = curves[group.segment]
        place = list(STEPS).index(group.arm)
        assert curve.believed is not None
        assert group.believed is not None
        assert group.decision is not None
        assert group.believed.basis == "steps"
        assert group.believed.mean == pytest.approx(curve.believed.mean()[place])
        expected = group.believed.mean * group.customers * campaign.horizon_rounds
        assert group.decision.expected_net == pytest.approx(expected)
        chance = curve.believed.chance_above_zero()[place]
        assert group.decision.chance_positive == pytest.approx(chance)
    # nobody is sent to a step that is believed to earn less than the one it has
    for segment in (None, NEAR, FAR):
        found = {g.arm: g for g in (*advised.overall, *advised.segments) if g.segment == segment}
        best = max(found.values(), key=lambda g: g.believed.mean if g.believed else 0.0)
        assert best.decision is not None
        assert best.decision.advice is Advice.KEEP


def test_no_change_is_advised_before_the_window_closes() -> None:
    campaign = ladder_plan()
    thresholds, findings = found_in(*ladder_shop(BEST_IN_THE_MIDDLE), campaign)

    advised = with_changes(findings, thresholds, campaign, changing=False)

    for group in (*advised.overall, *advised.segments):
        assert group.decision is not None
        assert group.decision.advice is not Advice.CHANGE
        assert group.decision.value_of_change is None


def test_where_memory_decides_a_change_needs_memory_to_agree() -> None:
    campaign = ladder_plan()
    thresholds, findings = found_in(*ladder_shop(BEST_IN_THE_MIDDLE), campaign)

    def remembered(means: dict[str, float]) -> Findings:
        groups = tuple(
            replace(g, believed=Believed(mean=means[g.arm], low=0, high=9, basis="memory"))
            for g in findings.overall
        )
        return with_changes(replace(findings, overall=groups), thresholds, campaign)

    agreed = remembered({"k = 0.9": 1.0, "k = 1.2": 3.0, "k = 1.6": 3.5}).overall
    worth = {group.arm: group.decision.value_of_change for group in agreed if group.decision}
    assert worth == {
        "k = 0.9": pytest.approx(2.0 * 6000 * campaign.horizon_rounds),
        "k = 1.2": None,
        "k = 1.6": None,
    }
    assert all(group.believed and group.believed.basis == "memory" for group in agreed)


def one_threshold_shop(*, padders: bool) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Free shipping from 80: who spent 50 before pays if `padders`; who spent 200 never does."""
    rng = np.random.default_rng(5)
    people, orders = [], []
    for kind in (held, drawn):
        for number in range(4000):
            value = 50.0 if number % 2 else 200.0
            name = f"{kind.__name__}-{number}"
            people.append(kind(name, average_order_value=value, spend=2 * value))
            share = 0.45 if padders and kind is drawn and value == 50.0 else 0.3
            if rng.random() < share:
                price = value * rng.lognormal(0, 0.1)
                orders.append(line(name, name, "2026-02-10", round(price, 2)))
    people.append(drawn("new", average_order_value=None, spend=0.0))
    return ledger(*people), lines(*orders)


def half(contact_cost: str = "0") -> Plan:
    free = {"kind": "free_shipping", "threshold": "80", "shipping_cost": "5", "reach": "personal"}
    return plan(
        holdout_percent="50",
        arms=[arm(share_percent="50", contact_cost=contact_cost, offer=free)],
        margin_low_percent="40",
        margin_high_percent="40",
    )


def test_one_threshold_pays_for_those_who_need_it_and_not_for_those_who_are_above_anyway() -> None:
    people, orders = one_threshold_shop(padders=True)
    campaign = half()

    thresholds, findings = found_in(people, orders, campaign)

    assert thresholds.ladders == ()
    (found,) = thresholds.curves
    assert (found.arm, found.threshold, found.without_value) == ("Free shipping", 800_000, 1)
    assert found.curve.reach is Reach.SOME
    assert found.curve.limits is not None
    low, high = found.curve.limits
    assert low <= 50 / 80 < high <= 200 / 80
    (advised,) = with_changes(findings, thresholds, campaign).overall
    assert advised.decision is not None
    assert advised.decision.advice is Advice.CHANGE


def test_a_threshold_that_pays_for_nobody_is_no_reason_to_change_it() -> None:
    people, orders = one_threshold_shop(padders=False)
    campaign = half(contact_cost="3")

    thresholds, findings = found_in(people, orders, campaign)

    (found,) = thresholds.curves
    assert found.curve.reach is Reach.NOBODY
    assert found.curve.proved_to_lose.all()
    (advised,) = with_changes(findings, thresholds, campaign).overall
    assert advised.decision is not None
    assert advised.decision.advice is Advice.STOP
    assert advised.decision.value_of_change is None


def test_the_curves_are_written_without_numbers_that_are_not_finite() -> None:
    for people, orders, campaign in (
        (*one_threshold_shop(padders=True), half()),
        (*ladder_shop({"holdout": 0.2, **dict.fromkeys(STEPS, 0.2)}, count=20), ladder_plan()),
    ):
        thresholds, _ = found_in(people, orders, campaign)

        written = json.dumps(rounded(thresholds_json(thresholds, 0.95)), allow_nan=False)

        assert json.loads(written).keys() == {"ladders", "curves"}
