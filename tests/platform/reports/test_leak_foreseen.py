"""The leak measured in the holdout, beside what was foreseen of it at launch."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.results import Estimate
from regulars_platform.reports.findings import find
from regulars_platform.reports.leak_foreseen import ForeseenLeak, find_leaks
from regulars_platform.reports.outcomes import outcomes_of, window_orders
from tests.platform.campaigns.build import arm
from tests.platform.customers.build import line, lines
from tests.platform.reports.build import TOLD, drawn, held, ledger, plan


def test_the_measured_leak_stands_beside_what_was_foreseen_for_the_same_customers() -> None:
    # held out: 30 of 60 orders reach 80 and would be given 5 each;
    # 100 of the 400 drawn are held out
    people = ledger(*(held(f"h{i}") for i in range(100)), *(drawn(f"t{i}") for i in range(300)))
    rows = [
        line(f"{side}{i}", f"{side}{i}", "2026-02-10", 90 if i < 30 else 50)
        for side in "ht"
        for i in range(60)
    ]
    campaign = plan(holdout_percent="25", arms=[arm(share_percent="75")])
    orders = window_orders(lines(*rows), people, campaign)
    findings = find(outcomes_of(orders, people, campaign), people, campaign)
    forecast = {
        "schema": "regulars.forecast/1",
        "arms": [
            {
                "arm": TOLD,
                "units": 300,
                "remembered": 0,
                "campaigns": 0,
                "expected": "10.0000",
                "low": "-5.0000",
                "high": "20.0000",
                "chance_of_loss": "0.2000",
                "leak": {"share": "0.4000", "cost": "450.0000"},
                "groups": [],
            }
        ],
    }

    (found,) = find_leaks(findings, orders, campaign, forecast)

    assert (found.orders, found.qualifying) == (60, 30)
    assert isinstance(found.cost, Estimate)
    assert found.cost.estimate == pytest.approx(30 * 5 / 100 * 400)
    # Student's interval of one mean, by scipy
    given = np.array([5.0] * 30 + [0.0] * 70)
    low, high = stats.t.interval(0.95, 99, given.mean(), stats.sem(given))
    assert (found.cost.low, found.cost.high) == pytest.approx((low * 400, high * 400))
    assert found.foreseen == ForeseenLeak(share=0.4, cost=450.0)
    (unknown,) = find_leaks(findings, orders, campaign, None)
    assert unknown.foreseen is None
