"""A campaign whose profit goes by costs per product: the same report, with exact margins."""

from typing import Any

import polars as pl
import pytest

from regulars_experiments.results import Estimate
from regulars_platform.campaigns.plan import Plan, plan_json
from regulars_platform.campaigns.plan_form import read_draft, read_plan
from regulars_platform.reports.days import find_days
from regulars_platform.reports.findings import find
from regulars_platform.reports.goods_costs import costs_json, window_coverage
from regulars_platform.reports.outcomes import outcomes_of, unit_outcomes, window_orders
from tests.platform.campaigns.build import arm, draft
from tests.platform.customers.build import line, lines, money
from tests.platform.reports.build import drawn, held, ledger

COSTS = pl.LazyFrame({"product": ["tea"], "cost": [money(30)]})
AMOUNT_OFF = {"kind": "amount_off", "threshold": "40", "amount": "10", "reach": "personal"}


def by_product(**other: Any) -> Plan:
    return read_plan(
        draft(margin_source="products", margin_low_percent="40", margin_high_percent="40", **other)
    )


def one(frame: pl.DataFrame, unit: str) -> dict[str, Any]:
    return frame.filter(pl.col("unit_id") == unit).row(0, named=True)


def test_goods_are_counted_by_the_margin_they_earn() -> None:
    orders = lines(
        line("1", "a", "2026-02-03", 50, refund=25),
        line("2", "a", "2026-02-04", 20, product="honey"),
        line("3", "b", "2026-02-04", -50, quantity=-10_000),
    )
    found = unit_outcomes(orders, ledger(drawn("a"), held("b")), by_product(), COSTS)

    a, b = one(found, "a"), one(found, "b")
    # tea: 50 - 30, of which half came back; honey: 40% of 20
    assert (a["goods_margin"], a["returned_margin"]) == (money(28), money(10))
    assert a["kept_margin"] == money(18)
    assert (b["goods_margin"], b["returned_margin"], b["kept_margin"]) == (0, money(20), money(-20))
    assert (a["goods"], a["returned"], a["revenue"]) == (money(70), money(25), money(45))


def test_what_the_offer_took_off_is_added_back_to_the_margin_in_full() -> None:
    """40 paid for a tea of 50 that costs 30: a margin of 20, and the offer cost 10."""
    orders = lines(line("1", "a", "2026-02-03", 40, discount=10, coupon="X"))
    plan = by_product(arms=[arm(offer=AMOUNT_OFF)])
    found = one(unit_outcomes(orders, ledger(drawn("a", code="X"), held("b")), plan, COSTS), "a")

    assert (found["goods_margin"], found["offer_cost"]) == (money(20), money(10))


def test_on_goods_of_unknown_cost_the_flat_part_of_it_is() -> None:
    orders = lines(line("1", "a", "2026-02-03", 40, discount=10, coupon="X", product="honey"))
    plan = by_product(arms=[arm(offer=AMOUNT_OFF)])
    found = one(unit_outcomes(orders, ledger(drawn("a", code="X"), held("b")), plan, COSTS), "a")

    # 40% of the 50 that the honey is sold for without the offer
    assert found["goods_margin"] == money(20)


def campaign_orders() -> tuple[pl.LazyFrame, pl.DataFrame]:
    people = [drawn(f"t{i}") for i in range(400)] + [held(f"h{i}") for i in range(400)]
    rows = [
        line(f"{side}{i}", f"{side}{i}", f"2026-02-{1 + i % 20:02d}", 40 + i % 7)
        for side, every in (("t", 2), ("h", 4))
        for i in range(0, 400, every)
    ]
    return lines(*rows), ledger(*people)


def test_the_net_is_the_difference_of_the_customers_own_profits() -> None:
    orders, people = campaign_orders()
    plan = by_product()
    outcomes = unit_outcomes(orders, people, plan, COSTS)
    overall = find(outcomes, people, plan).overall[0]

    # by hand: price - 30 a tea, less 0.02 an e-mail, and no order reaches the threshold of 80
    told = sum(40 + i % 7 - 30 for i in range(0, 400, 2)) / 400 - 0.02
    kept = sum(40 + i % 7 - 30 for i in range(0, 400, 4)) / 400
    assert isinstance(overall.net, Estimate)
    assert overall.net.estimate == pytest.approx(told - kept, abs=1e-12)
    total = sum(
        bar.amount.estimate for bar in overall.bars[:-1] if isinstance(bar.amount, Estimate)
    )
    assert total == pytest.approx(overall.net.estimate, abs=1e-12)


def test_the_days_end_where_the_report_ends() -> None:
    orders, people = campaign_orders()
    plan = by_product()
    window = window_orders(orders, people, plan, COSTS)
    overall = find(outcomes_of(window, people, plan), people, plan).overall[0]
    last = find_days(window, people, plan, plan.outcome_end)[0].days[-1].cumulative

    assert isinstance(overall.net, Estimate)
    assert isinstance(last, Estimate)
    assert last.estimate == pytest.approx(overall.net.estimate, abs=1e-12)


def test_without_a_single_cost_the_report_is_that_of_the_flat_margin() -> None:
    orders, people = campaign_orders()
    flat = read_plan(draft(margin_low_percent="40", margin_high_percent="40"))
    known = find(unit_outcomes(orders, people, by_product()), people, by_product()).overall[0]
    plain = find(unit_outcomes(orders, people, flat), people, flat).overall[0]

    assert isinstance(known.net, Estimate)
    assert isinstance(plain.net, Estimate)
    assert known.net.estimate == pytest.approx(plain.net.estimate, abs=1e-12)
    limits = pytest.approx((plain.net.low, plain.net.high), rel=1e-9)
    assert (known.net.low, known.net.high) == limits


def test_the_report_says_how_much_of_the_sales_has_a_known_cost() -> None:
    orders = lines(
        line("1", "a", "2026-02-03", 60),
        line("2", "b", "2026-02-03", 20, product="honey"),
        line("3", "stranger", "2026-02-03", 500),
        line("4", "a", "2026-03-03", 500),
    )
    found = window_coverage(orders, ledger(drawn("a"), held("b")), by_product(), COSTS)

    assert costs_json(found) == {"goods": "80", "known": "60", "share": 0.75}


def test_a_plan_says_where_its_margins_come_from_only_if_it_must() -> None:
    flat = read_plan(draft())
    assert "margin_source" not in plan_json(flat)
    written = plan_json(by_product())
    assert written["margin_source"] == "products"
    assert read_plan(written) == by_product()


def test_with_costs_per_product_the_other_margin_is_one_number() -> None:
    raw = draft(margin_source="products", margin_low_percent="35", margin_high_percent="45")

    problems = {problem.field for problem in read_draft(raw).problems}
    assert problems == {"margin_high_percent"}


def test_freight_that_is_given_back_takes_no_margin() -> None:
    orders = lines(line("1", "a", "2026-02-03", 50, shipping=6, refund=56))
    found = one(unit_outcomes(orders, ledger(drawn("a"), held("b")), by_product(), COSTS), "a")

    assert (found["goods_margin"], found["returned_margin"]) == (money(20), money(20))
    assert (found["returned"], found["kept_margin"]) == (money(50), 0)
