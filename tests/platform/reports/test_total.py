"""What all arms of a campaign earned together."""

import numpy as np
import polars as pl
import pytest

from regulars_experiments.results import Estimate
from regulars_platform.campaigns.plan import Plan
from regulars_platform.reports.findings import Findings, find
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from regulars_platform.reports.total import find_total
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import drawn, ledger, plan

BUYING = {"holdout": 0.2, "first": 0.3, "second": 0.24}


def shop() -> tuple[pl.DataFrame, pl.LazyFrame]:
    rng = np.random.default_rng(8)
    people, orders = [], []
    for name, share in BUYING.items():
        for number in range({"first": 600}.get(name, 900)):
            who = f"{name}-{number}"
            people.append(drawn(who, name))
            if rng.random() < share:
                price = round(60 * rng.lognormal(0, 0.5), 2)
                orders.append(line(who, who, "2026-02-10", price))
    return ledger(*people), lines(*orders)


def campaign(*arms: tuple[str, str]) -> Plan:
    message = {"kind": "message"}
    return plan(
        holdout_percent="37.5",
        arms=[arm(name=name, share_percent=share, offer=message) for name, share in arms],
        margin_low_percent="40",
        margin_high_percent="40",
    )


def findings_of(people: pl.DataFrame, orders: pl.LazyFrame, terms: Plan) -> Findings:
    outcomes = outcomes_of(window_orders(orders, people, terms), people, terms)
    return find(outcomes, people, terms)


def test_the_total_is_the_sum_of_the_arms() -> None:
    people, orders = shop()
    terms = campaign(("first", "25"), ("second", "37.5"))
    findings = findings_of(people, orders, terms)

    total = find_total(findings.moments, terms)

    assert total is not None
    assert isinstance(total.net, Estimate)
    nets = [(g.net.estimate, g.n) for g in findings.overall if isinstance(g.net, Estimate)]
    assert total.n == 1500
    assert total.net.estimate * 1500 == pytest.approx(sum(net * n for net, n in nets))


def test_its_interval_is_that_of_one_arm_with_everybody_told() -> None:
    people, orders = shop()
    terms = campaign(("first", "25"), ("second", "37.5"))
    one = campaign(("both", "62.5"))
    renamed = people.with_columns(pl.col("arm").replace({"first": "both", "second": "both"}))

    total = find_total(findings_of(people, orders, terms).moments, terms)

    (alone,) = findings_of(renamed, orders, one).overall
    assert total is not None
    assert total.net == alone.net
    assert total.evidence is alone.evidence
    assert find_total(findings_of(renamed, orders, one).moments, one) is None
