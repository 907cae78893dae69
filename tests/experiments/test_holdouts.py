"""The three holdout sizes against the paper, brute force, and simulated shops."""

from typing import Any

import numpy as np
import pytest

from regulars_experiments.design import baseline_of_buyers, detectable_effect
from regulars_experiments.holdouts import (
    HoldoutQuestion,
    HoldoutSize,
    Prior,
    Stakes,
    expected_profit,
    holdout_sizes,
    size_of_test_and_roll,
)
from regulars_experiments.results import NotEstimable, Reason

SHOP = baseline_of_buyers(0.1, 60.0, 45.0)


def question(**other: Any) -> HoldoutQuestion:
    asked: dict[str, Any] = {
        "customers": 100_000,
        "baseline": SHOP,
        "prior": Prior(mean=0.6, sd=0.6),
        "stakes": Stakes(margin=0.4, contact_cost=0.02),
    }
    return HoldoutQuestion(**(asked | other))


def size(answer: HoldoutSize | NotEstimable) -> HoldoutSize:
    assert isinstance(answer, HoldoutSize), answer
    return answer


# ---- test & roll ----


@pytest.mark.parametrize(
    ("customers", "response_sd", "prior_sd", "published"),
    [
        (100_000, (0.68 * 0.32) ** 0.5, 0.03, 2_284),  # website design
        (1_000_000, 103.77, 4.40, 11_391),  # display advertising, its figures rounded in print
    ],
)
def test_test_and_roll_gives_the_sizes_of_the_paper(
    customers: int, response_sd: float, prior_sd: float, published: int
) -> None:
    ours = size_of_test_and_roll(customers=customers, response_sd=response_sd, prior_sd=prior_sd)
    assert ours == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize(("n", "s", "sigma"), [(5_000, 17.0, 0.4), (800, 2.0, 1.5)])
def test_test_and_roll_maximises_the_papers_profit(n: int, s: float, sigma: float) -> None:
    sizes = np.linspace(1, n / 2 - 1, 200_001)
    # Feit & Berman 2019, eq. 9, with a prior mean of 0 in both groups
    spread = np.sqrt(2 * s**2 / sizes + 2 * sigma**2)
    profit = (n - 2 * sizes) * 2 * sigma**2 / (np.sqrt(2 * np.pi) * spread)
    ours = size_of_test_and_roll(customers=n, response_sd=s, prior_sd=sigma)
    assert ours == pytest.approx(sizes[np.argmax(profit)], abs=n / 2e5)


def test_test_and_roll_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="above 0"):
        size_of_test_and_roll(customers=1_000, response_sd=1.0, prior_sd=0.0)


# ---- expected profit ----


@pytest.mark.parametrize("mean", [0.6, 0.0, -0.3])
@pytest.mark.parametrize("held", [2_000, 30_000])
def test_the_expected_profit_is_that_of_simulated_decisions(mean: float, held: int) -> None:
    asked = question(prior=Prior(mean=mean, sd=0.6))
    rng = np.random.default_rng(5)
    runs = 400_000
    effect = rng.normal(mean, 0.6, runs)
    error2 = float(SHOP.sd[0]) ** 2 * (1 / held + 1 / (100_000 - held))
    seen = rng.normal(effect, np.sqrt(error2))
    posterior = (mean / 0.36 + seen / error2) / (1 / 0.36 + 1 / error2)
    net = 0.4 * effect - 0.02
    sent_on = 0.4 * posterior - 0.02 > 0
    profit = (100_000 - held) * net + 4 * 100_000 * net * sent_on
    ours = expected_profit(asked, np.array([float(held)]))[0]
    assert ours == pytest.approx(profit.mean(), abs=4 * profit.std() / np.sqrt(runs))


def test_without_a_holdout_the_prior_decides() -> None:
    hopeful = expected_profit(question(), np.array([0.0]))[0]
    assert hopeful == pytest.approx(5 * 100_000 * (0.4 * 0.6 - 0.02))
    doubtful = expected_profit(question(prior=Prior(mean=-0.6, sd=0.6)), np.array([0.0]))[0]
    assert doubtful == pytest.approx(100_000 * (-0.4 * 0.6 - 0.02))


# ---- the three sizes ----


def test_learn_most_has_the_smallest_error_of_all_sizes() -> None:
    for share in (1.0, 0.25):
        found = size(holdout_sizes(question(arm_share=share)).learn_most)
        every = np.arange(1, 100_000)
        error = 1 / every + 1 / (share * (100_000 - every))
        assert found.customers == every[np.argmin(error)]


@pytest.mark.parametrize("mean", [0.9, 0.6, 0.2, 0.0])
def test_earn_most_earns_at_least_as_much_as_every_other_size(mean: float) -> None:
    asked = question(prior=Prior(mean=mean, sd=0.6))
    found = size(holdout_sizes(asked).earn_most)
    every = np.arange(301, 99_700, dtype=np.float64)
    best = every[np.argmax(expected_profit(asked, every))]
    assert found.customers == pytest.approx(best, abs=1)


@pytest.mark.parametrize(("contact_cost", "rounds"), [(1.0, 4.0), (0.4, 0.0), (0.24, 0.0)])
def test_where_not_sending_earns_most_no_size_is_named(contact_cost: float, rounds: float) -> None:
    stakes = Stakes(margin=0.4, contact_cost=contact_cost, further_rounds=rounds)
    asked = question(prior=Prior(mean=0.1 if rounds else 0.6, sd=0.6), stakes=stakes)
    # not sending earns nothing, and every size at most that
    assert expected_profit(asked, np.arange(301, 99_700, dtype=np.float64)).max() <= 1e-9
    found = holdout_sizes(asked)
    assert found.earn_most == NotEstimable(reason=Reason.SENDING_DOES_NOT_PAY)
    assert size(found.learn_most).customers == 50_000


def test_a_doubtful_campaign_is_still_tested_where_its_chance_is_worth_it() -> None:
    asked = question(prior=Prior(mean=-0.1, sd=0.6))  # expected to lose 6 cents a customer
    found = size(holdout_sizes(asked).earn_most)
    assert expected_profit(asked, np.array([float(found.customers)]))[0] > 0


def test_convince_finance_is_the_smallest_that_proves_the_effect() -> None:
    asked = question(target=0.7)
    found = size(holdout_sizes(asked).convince_finance)
    sizes = np.array([found.customers - 1.0, found.customers])
    reach = detectable_effect(SHOP, n_control=sizes, n_arm=100_000 - sizes).difference
    assert reach[1] <= 0.7 < reach[0]
    assert found.difference == reach[1]
    assert found.relative == pytest.approx(reach[1] / 6.0)


def test_each_size_says_what_it_withholds() -> None:
    found = holdout_sizes(question())
    for answer in (found.learn_most, found.earn_most, found.convince_finance):
        one = size(answer)
        assert one.withheld == pytest.approx(one.customers * (0.4 * 0.6 - 0.02))
        assert one.share == one.customers / 100_000


def test_the_longer_the_horizon_the_more_is_held_out() -> None:
    sizes = [
        size(holdout_sizes(question(stakes=Stakes(margin=0.4, further_rounds=rounds))).earn_most)
        for rounds in (0, 1, 4, 20)
    ]
    held = [one.customers for one in sizes]
    assert held[0] == 0  # nothing left to decide: knowing is worth nothing
    assert sizes[0].difference is None
    assert held == sorted(set(held))


def test_nothing_given_the_aim_is_the_size_of_effects_or_what_pays_for_the_contact() -> None:
    assert holdout_sizes(question()).target == 0.6
    dear = question(stakes=Stakes(margin=0.4, contact_cost=0.5))
    assert holdout_sizes(dear).target == pytest.approx(1.25)
    doubtful = question(prior=Prior(mean=-0.5, sd=0.6), stakes=Stakes(margin=0.4))
    assert holdout_sizes(doubtful).target == 0.6


def test_a_target_out_of_reach_is_said_to_be() -> None:
    found = holdout_sizes(question(target=0.05))
    assert found.convince_finance == NotEstimable(reason=Reason.NOT_DETECTABLE)
    assert size(found.learn_most).difference is not None


@pytest.mark.parametrize(
    ("customers", "rate", "why"),
    [
        (500, 0.1, Reason.TOO_FEW_BUYERS),
        (500, 0.0, Reason.NO_BUYERS),
        (3, 1.0, Reason.TOO_FEW_UNITS),
    ],
)
def test_a_list_too_short_for_any_holdout_has_none(
    customers: int, rate: float, why: Reason
) -> None:
    shop = baseline_of_buyers(rate, 60.0, 45.0)
    found = holdout_sizes(question(customers=customers, baseline=shop))
    none = NotEstimable(reason=why)
    assert (found.learn_most, found.earn_most, found.convince_finance) == (none, none, none)


def test_every_size_leaves_thirty_expected_buyers_in_both_groups() -> None:
    shop = baseline_of_buyers(0.07, 60.0, 45.0)
    short = question(customers=1_000, baseline=shop, prior=Prior(mean=5.0, sd=0.1), arm_share=0.8)
    found = holdout_sizes(short)
    held = size(found.learn_most).customers
    assert held * 0.07 >= 30
    assert 0.8 * (1_000 - held) * 0.07 >= 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"prior": Prior(mean=0.0, sd=0.0)},
        {"prior": Prior(mean=float("nan"), sd=1.0)},
        {"stakes": Stakes(margin=0.0)},
        {"stakes": Stakes(contact_cost=-1.0)},
        {"arm_share": 0.0},
        {"target": -1.0},
    ],
)
def test_impossible_questions_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"above 0|at least one"):
        question(**wrong)
