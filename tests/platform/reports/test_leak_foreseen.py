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
    assert isinstance(found.given_away, Estimate)
    # for the 300 told, not for all 400
    assert (found.told, found.use_rate) == (300, 1.0)
    assert found.given_away.estimate == pytest.approx(30 * 5 / 100 * 300)
    # the offer is open, so Student's interval of one mean, by scipy
    given = np.array([5.0] * 30 + [0.0] * 70)
    low, high = stats.t.interval(0.95, 99, given.mean(), stats.sem(given))
    limits = (found.given_away.low, found.given_away.high)
    assert limits == pytest.approx((low * 300, high * 300))
    assert found.foreseen == ForeseenLeak(share=0.4, cost=450.0 * 300 / 400)
    (unknown,) = find_leaks(findings, orders, campaign, None)
    assert unknown.foreseen is None


def test_a_personal_offer_gives_away_only_what_its_codes_are_used_for() -> None:
    # held out: 60 of 200 reach it; told: 100 of 200 do, and 40 of these use their code
    people = ledger(
        *(held(f"h{i}") for i in range(200)),
        *(drawn(f"t{i}", code=f"K{i}") for i in range(200)),
    )
    rows = [line(f"h{i}", f"h{i}", "2026-02-10", 90) for i in range(60)]
    for i in range(100):
        used = {"coupon": f"K{i}"} if i < 40 else {}
        rows.append(line(f"t{i}", f"t{i}", "2026-02-10", 90, **used))
    offer = {
        "kind": "free_shipping",
        "threshold": "80",
        "shipping_cost": "5",
        "reach": "personal",
    }
    campaign = plan(holdout_percent="50", arms=[arm(share_percent="50", offer=offer)])
    orders = window_orders(lines(*rows), people, campaign)
    findings = find(outcomes_of(orders, people, campaign), people, campaign)

    (found,) = find_leaks(findings, orders, campaign, None)

    assert found.use_rate == pytest.approx(0.4)
    assert isinstance(found.given_away, Estimate)
    assert found.given_away.estimate == pytest.approx(60 / 200 * 5 * 200 * 0.4)
    # both parts of the error at once: each customer of either side drawn again
    rng = np.random.default_rng(1)
    n_reach = rng.binomial(200, 0.3, 20_000)
    could, gave = rng.multinomial(200, [0.3, 0.2, 0.5], 20_000)[:, :2].T
    drawn_again = n_reach * 5 * gave / (could + gave)
    assert found.given_away.standard_error == pytest.approx(drawn_again.std(), rel=0.03)
