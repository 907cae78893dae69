"""What is found in the outcomes: figures by hand, and rules that hold in any campaign."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_experiments.results import Estimate, NotEstimable, Reason
from regulars_experiments.verdicts import Evidence
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.findings import Findings, find
from regulars_platform.reports.outcomes import unit_outcomes
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import TOLD, drawn, held, ledger, plan

NEAR, FAR = "near the threshold", "far from it"


def shop(
    seed: int, *, told: int, out: int, buys: tuple[float, float], segment: str = "everyone else"
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """A ledger and the orders of a window; `buys`: share of buyers held out and told."""
    rng = np.random.default_rng(seed)
    people, orders = [], []
    for kind, count, share in ((held, out, buys[0]), (drawn, told, buys[1])):
        for number in range(count):
            name = f"{segment}-{kind.__name__}-{number}"
            people.append(kind(name, segment=segment))
            if rng.random() < share:
                orders.append(line(name, name, "2026-02-10", round(rng.lognormal(4, 0.8), 2)))
    return ledger(*people), lines(*orders)


def findings(people: pl.DataFrame, orders: pl.LazyFrame, campaign: Plan) -> Findings:
    return find(unit_outcomes(orders, people, campaign), people, campaign)


def test_the_bars_add_up_to_the_net_and_are_the_plain_differences_of_means() -> None:
    people, orders = shop(1, told=2000, out=500, buys=(0.3, 0.4))
    campaign = plan()
    outcomes = unit_outcomes(orders, people, campaign)
    means = {
        name: outcomes.group_by("arm").agg(pl.col(name).mean() / 10_000)
        for name in ("goods", "offer_cost", "contact_cost")
    }
    apart = {
        name: dict(frame.iter_rows())[TOLD] - dict(frame.iter_rows())["holdout"]
        for name, frame in means.items()
    }

    overall = find(outcomes, people, campaign).overall[0]

    bars = {bar.name: bar.amount for bar in overall.bars}
    values = {name: bar.estimate for name, bar in bars.items() if isinstance(bar, Estimate)}
    assert set(values) == {"goods", "returns", "offer", "contact", "net"}
    assert values["goods"] == pytest.approx(0.40 * apart["goods"], rel=1e-12)
    assert values["offer"] == pytest.approx(-apart["offer_cost"], rel=1e-12)
    assert values["contact"] == pytest.approx(-0.02, rel=1e-12)
    assert values["net"] == pytest.approx(
        sum(value for name, value in values.items() if name != "net"), rel=1e-9
    )


def test_a_margin_range_widens_the_interval_to_both_ends() -> None:
    people, orders = shop(2, told=2000, out=500, buys=(0.3, 0.5))
    at = {
        (low, high): findings(
            people, orders, plan(margin_low_percent=low, margin_high_percent=high)
        )
        .overall[0]
        .net
        for low, high in (("20", "20"), ("60", "60"), ("20", "60"))
    }
    low, high, both = at["20", "20"], at["60", "60"], at["20", "60"]
    assert isinstance(low, Estimate)
    assert isinstance(high, Estimate)
    assert isinstance(both, Estimate)

    assert both.low == min(low.low, high.low)
    assert both.high == max(low.high, high.high)
    assert both.estimate == pytest.approx((low.estimate + high.estimate) / 2)


def test_below_thirty_expected_buyers_it_cannot_tell() -> None:
    people, orders = shop(3, told=400, out=100, buys=(0.2, 0.2))

    overall = findings(people, orders, plan()).overall[0]

    assert overall.net == NotEstimable(reason=Reason.TOO_FEW_BUYERS)
    assert overall.evidence is Evidence.CANNOT_TELL


def two_segments(seed: int) -> tuple[pl.DataFrame, pl.LazyFrame]:
    near = shop(seed, told=3000, out=1000, buys=(0.2, 0.4), segment=NEAR)
    far = shop(seed + 1, told=3000, out=1000, buys=(0.2, 0.2), segment=FAR)
    return pl.concat([near[0], far[0]]), pl.concat([near[1], far[1]])


def with_segments(**other: str) -> Plan:
    return plan(
        **other,
        segments=[
            {"name": NEAR, "rule": {"feature": "orders", "op": ">=", "value": "2"}},
            {"name": FAR, "rule": {"feature": "orders", "op": ">=", "value": "1"}},
        ],
    )


def test_segments_carry_their_own_evidence_and_pooling_pulls_them_together() -> None:
    found = findings(*two_segments(4), with_segments())

    near, far = found.segments
    assert (near.segment, far.segment) == (NEAR, FAR)
    assert near.evidence is Evidence.PROVED_BETTER
    assert far.evidence is not Evidence.PROVED_BETTER
    assert isinstance(near.net, Estimate)
    assert isinstance(far.net, Estimate)
    assert near.pooled is not None
    assert far.pooled is not None
    assert far.net.estimate < far.pooled.mean < near.pooled.mean < near.net.estimate
    assert near.adjusted_p is not None
    assert near.net.p_value is not None
    # the pooled customers' test (1e-9 at least) is asked as well, so that the larger p-value counts
    assert 2 * near.net.p_value <= near.adjusted_p <= 2e-9


def test_segments_are_weighed_by_errors_that_know_no_lucky_group() -> None:
    """Pooling and Q from the rows: the variances of both groups, split as over both segments."""
    people, orders = two_segments(4)
    campaign = with_segments(margin_low_percent="40", margin_high_percent="40")
    outcomes = unit_outcomes(orders, people, campaign)
    found = find(outcomes, people, campaign)
    figures = {}
    for side in ("holdout", TOLD):
        groups = [
            outcomes.filter(pl.col("segment") == name, pl.col("arm") == side)
            for name in (NEAR, FAR)
        ]
        margins = [0.4 * rows["kept"].to_numpy() / 10_000 for rows in groups]
        costs = [(rows["offer_cost"] + rows["contact_cost"]).to_numpy() / 10_000 for rows in groups]
        figures[side] = (
            np.array([len(rows) for rows in groups]),
            np.array([np.cov(m, c) for m, c in zip(margins, costs, strict=True)]),
        )
    (n_c, control), (n_t, arm) = figures["holdout"], figures[TOLD]
    v_c, v_t = control[:, 0, 0], arm[:, 0, 0]
    inside = ((n_c - 1) * v_c + (n_t - 1) * v_t) / (n_c + n_t - 2)
    weight = 1 / (1 / n_c + 1 / n_t)
    ratio = (weight @ v_t) / (weight @ v_c)
    in_control = inside * (n_c + n_t) / (n_c + n_t * ratio)
    of_margin = np.sqrt(in_control / n_c + ratio * in_control / n_t)
    own = control / n_c[:, None, None] + arm / n_t[:, None, None]
    of_cost = np.sqrt(own[:, 1, 1])
    r = own[:, 0, 1] / np.sqrt(own[:, 0, 0] * own[:, 1, 1])
    known = np.sqrt(of_margin**2 + of_cost**2 - 2 * r * of_margin * of_cost)

    assert [group.shared_error for group in found.segments] == pytest.approx(known)
    nets = [group.net.estimate for group in found.segments if isinstance(group.net, Estimate)]
    ((_, test),) = found.heterogeneity
    assert test.q == pytest.approx((nets[0] - nets[1]) ** 2 / (known[0] ** 2 + known[1] ** 2))


def test_segments_with_fewer_than_ten_customers_on_a_side_are_hidden() -> None:
    big = shop(6, told=3000, out=1000, buys=(0.3, 0.3), segment=NEAR)
    small = shop(7, told=30, out=9, buys=(0.5, 0.5), segment=FAR)

    found = findings(pl.concat([big[0], small[0]]), pl.concat([big[1], small[1]]), with_segments())

    assert [group.hidden for group in found.segments] == [False, True]


def test_the_leak_is_what_the_holdout_would_have_got_over_what_was_given() -> None:
    # the holdout: 100 of 200 orders reach 80; told: 150 of 200; so two thirds were given away
    people = ledger(*(held(f"h{i}") for i in range(200)), *(drawn(f"t{i}") for i in range(200)))
    orders = lines(
        *(line(f"h{i}", f"h{i}", "2026-02-10", 90 if i < 100 else 50) for i in range(200)),
        *(line(f"t{i}", f"t{i}", "2026-02-10", 90 if i < 150 else 50) for i in range(200)),
    )

    overall = findings(people, orders, plan()).overall[0]

    assert isinstance(overall.leak, Estimate)
    assert overall.leak.estimate == pytest.approx(100 / 150)
    assert overall.leak.low < 100 / 150 < overall.leak.high
    assert (overall.offer_uses, overall.offer_uses_control) == (0.75, 0.5)


def test_several_arms_are_each_compared_with_the_holdout_and_corrected_together() -> None:
    arms = [arm(share_percent="40"), arm(name="Letter", share_percent="40")]
    people, orders = shop(8, told=2000, out=1000, buys=(0.3, 0.45))
    letter = people.with_columns(
        pl.when(pl.col("arm") == TOLD)
        .then(pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("Letter")).otherwise("arm"))
        .otherwise("arm")
        .alias("arm")
    )

    found = findings(letter, orders, plan(arms=arms))

    assert [group.arm for group in found.overall] == [TOLD, "Letter"]
    for group in found.overall:
        assert isinstance(group.net, Estimate)
        assert group.adjusted_p is not None
        assert group.net.p_value is not None
        assert group.adjusted_p >= group.net.p_value


def test_declared_metrics_are_there_once_for_everybody_and_once_per_segment() -> None:
    found = findings(*two_segments(9), with_segments())

    keys = [(effect.metric, effect.arm, effect.segment) for effect in found.effects]
    assert len(keys) == len(set(keys))
    assert {effect.metric for effect in found.effects} == {
        "revenue",
        "buyers",
        "average_order_value",
        "refunds",
    }
    assert {key[2] for key in keys} == {None, ("segment", NEAR), ("segment", FAR)}


def test_net_profit_stands_beside_welch_on_each_customers_own_net_and_cuped() -> None:
    people, orders = shop(10, told=1500, out=1500, buys=(0.3, 0.4))
    campaign = plan(
        holdout_percent="50",
        arms=[arm(share_percent="50")],
        margin_low_percent="40",
        margin_high_percent="40",
    )
    outcomes = unit_outcomes(orders, people, campaign)
    own = outcomes.with_columns(
        net=(
            0.40 * (pl.col("goods") - pl.col("returned"))
            - pl.col("offer_cost")
            - pl.col("contact_cost")
        )
        / 10_000
    )
    sides = {name: rows["net"].to_numpy() for (name,), rows in own.group_by("arm")}
    expected = stats.ttest_ind(sides[TOLD], sides["holdout"], equal_var=False)

    overall = find(outcomes, people, campaign).overall[0]

    checks = {check.method: check.difference for check in overall.sensitivity}
    welch = checks["Welch"]
    assert isinstance(welch, Estimate)
    assert isinstance(overall.net, Estimate)
    assert welch.estimate == pytest.approx(overall.net.estimate, rel=1e-9)
    assert welch.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    # with equal arms the limits are Welch's, and the covariance of margin and cost makes them the
    # same as on the row-wise net, but for the degrees of freedom
    assert overall.net.low == pytest.approx(welch.low, abs=0.001 * (welch.high - welch.low))
    # nobody differed before (pre_spend is alike), so there is nothing to adjust for
    assert checks["CUPED"] == NotEstimable(reason=Reason.NO_SPREAD_IN_COVARIATE)


def test_the_leak_of_a_personal_offer_compares_the_orders_that_reach_it() -> None:
    # half of either side reaches 80; every fourth of those told uses the code: all would have come
    offer = {"kind": "amount_off", "threshold": "80", "amount": "8", "reach": "personal"}
    people = ledger(
        *(held(f"h{i}") for i in range(200)), *(drawn(f"t{i}", code=f"K{i}") for i in range(200))
    )
    orders = lines(
        *(line(f"h{i}", f"h{i}", "2026-02-10", 90 if i < 100 else 50) for i in range(200)),
        *(
            line(
                f"t{i}",
                f"t{i}",
                "2026-02-10",
                (82 if i < 25 else 90) if i < 100 else 50,
                discount=8 if i < 25 else 0,
                coupon=f"K{i}" if i < 25 else None,
            )
            for i in range(200)
        ),
    )

    overall = findings(people, orders, plan(arms=[arm(offer=offer)])).overall[0]

    assert isinstance(overall.leak, Estimate)
    assert overall.leak.estimate == pytest.approx(1.0)
    assert overall.offer_uses == 25 / 200


def test_without_margin_and_cost_there_is_nothing_to_decide() -> None:
    people, orders = shop(11, told=800, out=200, buys=(0.5, 0.5))
    nothing = arm(offer={"kind": "message"}, contact_cost="0")

    found = findings(
        people, orders, plan(arms=[nothing], margin_low_percent="0", margin_high_percent="0")
    )

    assert found.overall[0].decision is None


def test_figures_of_a_hidden_segment_are_in_no_table() -> None:
    big = shop(6, told=3000, out=1000, buys=(0.3, 0.3), segment=NEAR)
    small = shop(7, told=30, out=9, buys=(0.5, 0.5), segment=FAR)

    found = findings(pl.concat([big[0], small[0]]), pl.concat([big[1], small[1]]), with_segments())

    assert {effect.segment for effect in found.effects} == {None, ("segment", NEAR)}


def test_identical_orders_in_every_arm_make_no_offer_bar() -> None:
    # an open offer works in the arm that only gets a message, and in the holdout
    arms = [
        arm(share_percent="40"),
        arm(name="Letter", share_percent="40", offer={"kind": "message"}),
    ]
    people = ledger(
        *(held(f"h{i}") for i in range(100)),
        *(drawn(f"t{i}") for i in range(100)),
        *(drawn(f"m{i}", "Letter") for i in range(100)),
    )
    orders = lines(
        *(
            line(f"{side}{i}", f"{side}{i}", "2026-02-10", 60 + i)
            for side in "htm"
            for i in range(100)
        )
    )

    for group in findings(people, orders, plan(arms=arms)).overall:
        bars = {bar.name: bar.amount for bar in group.bars}
        offer = bars["offer"]
        assert isinstance(offer, Estimate)
        assert offer.estimate == 0


def test_a_segment_is_proved_only_where_its_interval_and_the_corrected_tests_agree() -> None:
    for seed in range(20, 26):
        for group in findings(*two_segments(seed), with_segments()).segments:
            assert isinstance(group.net, Estimate)
            assert group.adjusted_p is not None
            if group.evidence is Evidence.PROVED_BETTER:
                assert group.net.low > 0
                assert group.adjusted_p < 0.05
            if isinstance(group.return_on_cost, Estimate):
                assert (group.net.low > 0) == (group.return_on_cost.low > 1)
                assert (group.net.high < 0) == (group.return_on_cost.high < 1)


def test_metrics_have_the_roles_of_the_plan_and_guard_rails_are_not_corrected() -> None:
    people, orders = shop(12, told=2000, out=500, buys=(0.3, 0.4))

    effects = findings(
        people, orders, plan(primary_metric="revenue", secondary_metrics=["buyers"])
    ).effects

    found = {effect.metric: effect for effect in effects if effect.segment is None}
    roles = {name: effect.role for name, effect in found.items()}
    assert roles == {
        "revenue": "primary",
        "buyers": "secondary",
        "average_order_value": "secondary",
        "refunds": "guardrail",
    }
    tests = {name: e.corrected and e.corrected.tests for name, e in found.items()}
    # the net by other methods is a check of the default, not one more claim
    assert tests == {"revenue": 1, "buyers": 2, "average_order_value": 2, "refunds": None}


def test_the_net_per_user_is_the_net_over_the_extra_share_that_used_the_offer() -> None:
    people, orders = shop(13, told=2000, out=2000, buys=(0.3, 0.4))
    campaign = plan(holdout_percent="50", arms=[arm(share_percent="50")])
    outcomes = unit_outcomes(orders, people, campaign)
    users = dict(outcomes.group_by("arm").agg(pl.col("offer_user").mean()).iter_rows())

    overall = find(outcomes, people, campaign).overall[0]

    assert isinstance(overall.per_user, Estimate)
    assert isinstance(overall.net, Estimate)
    assert overall.per_user.estimate == pytest.approx(
        overall.net.estimate / (users[TOLD] - users["holdout"])
    )


def test_a_message_has_no_users_but_a_cost_that_may_pay() -> None:
    people, orders = shop(14, told=2000, out=2000, buys=(0.3, 0.4))
    message = arm(share_percent="50", offer={"kind": "message"})

    overall = findings(people, orders, plan(holdout_percent="50", arms=[message])).overall[0]

    assert overall.per_user is None
    assert isinstance(overall.return_on_cost, Estimate)
    assert isinstance(overall.net, Estimate)
    # a message costs 0.02 a customer, so what it brings is 50 times the net and 1
    assert overall.return_on_cost.estimate == pytest.approx(1 + overall.net.estimate / 0.02)
