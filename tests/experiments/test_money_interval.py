"""The money interval: what it claims by simulation with known truth, when it declines, and why."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.effects import welch
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import (
    FLAGGED_SHAPE_Z,
    Arms,
    build_limits,
    money_difference,
    money_lift,
    shape_change,
)
from regulars_experiments.results import Intervals, Reason
from tests.experiments.build import Floats, arms_of, estimate, reason, shape_of

REPETITIONS = 2_000


def spending(n: int, buyers: int, *, seed: int, log_sd: float = 1.0, times: float = 1.0) -> Floats:
    """Amounts of n customers of whom exactly `buyers` bought."""
    amounts = np.zeros(n)
    drawn = np.random.default_rng(seed).lognormal(3.5, log_sd, buyers)
    amounts[:buyers] = np.round(drawn * times, 2)
    return amounts


def difference(arms: Arms, confidence: float = 0.95) -> Intervals:
    return money_difference(build_limits(arms), confidence)


# What it is


def test_with_equal_groups_it_is_welch() -> None:
    arms = arms_of(spending(2000, 100, seed=1), spending(2000, 130, seed=2))
    found, known = estimate(difference(arms)), estimate(welch(arms.control, arms.arm, 0.95))
    assert difference(arms).method[0] == "Welch"
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
    assert found.p_value == pytest.approx(known.p_value)
    assert found.standard_error == pytest.approx(known.standard_error)


def test_with_a_small_holdout_its_limits_are_those_worked_out_by_hand() -> None:
    """Two-part log limits with the pooled spread, and MOVER; written out for 90/10."""
    held, sent = spending(1000, 50, seed=3), spending(9000, 500, seed=4)
    arms = arms_of(held, sent)
    assert abs(shape_change(arms.control_shape, arms.arm_shape)[0]) < 1.75
    spread = [np.mean(side[side > 0] ** 2) / np.mean(side[side > 0]) ** 2 for side in (held, sent)]
    pooled = (50 * spread[0] + 500 * spread[1]) / 550
    error = [
        np.sqrt((pooled * more / (buyers / n) - 1) / n)
        for more, buyers, n in zip(floors(held, sent), (50, 500), (1000, 9000), strict=True)
    ]
    z = 1.959963984540054
    (l_c, l_t), (u_c, u_t) = (
        [side.mean() * np.exp(sign * z * e) for side, e in zip((held, sent), error, strict=True)]
        for sign in (-1, 1)
    )
    d = sent.mean() - held.mean()
    found = estimate(difference(arms))
    assert found.estimate == pytest.approx(d)
    assert found.low == pytest.approx(
        d - np.sqrt((sent.mean() - l_t) ** 2 + (u_c - held.mean()) ** 2), rel=1e-4
    )
    assert found.high == pytest.approx(
        d + np.sqrt((u_t - sent.mean()) ** 2 + (held.mean() - l_c) ** 2), rel=1e-4
    )


def floors(held: Floats, sent: Floats) -> list[float]:
    """What a group whose log amounts vary more than all together raises the spread by."""
    logs = [np.log(side[side > 0]) for side in (held, sent)]
    n = [len(own) for own in logs]
    variance = [own.var() for own in logs]
    pooled = np.average(variance, weights=n)
    kurtosis = np.average([stats.kurtosis(own, fisher=False) for own in logs], weights=n)
    factors = []
    for own, size in zip(variance, n, strict=True):
        error2 = (kurtosis - 1) * own**2 / size
        factors.append(float(np.exp(0.04 / (0.04 + error2) * max(own - pooled, 0))))
    assert max(factors) > 1
    return factors


def test_exchanging_the_groups_mirrors_the_interval() -> None:
    held, sent = spending(1000, 50, seed=3), spending(9000, 500, seed=4)
    one, other = (estimate(difference(arms_of(*pair))) for pair in ((held, sent), (sent, held)))
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.p_value == pytest.approx(one.p_value)


def test_another_currency_scales_the_interval_and_leaves_the_evidence() -> None:
    held, sent = spending(1000, 60, seed=5), spending(9000, 700, seed=6)
    one = estimate(difference(arms_of(held, sent)))
    other = estimate(difference(arms_of(held * 100, sent * 100)))
    assert (other.low, other.high) == pytest.approx((100 * one.low, 100 * one.high), rel=1e-4)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-3)


@pytest.mark.parametrize("held_out", [100, 1500, 3000, 5000])
@pytest.mark.parametrize("seed", range(5))
def test_the_interval_at_one_minus_p_touches_zero(held_out: int, seed: int) -> None:
    arms = arms_of(
        spending(held_out, held_out // 2, seed=seed), spending(5000, 2600, seed=seed + 50)
    )
    p_value = estimate(difference(arms)).p_value
    assert p_value is not None
    assert 0 < p_value <= 1
    at = estimate(difference(arms, 1 - p_value))
    assert min(abs(at.low), abs(at.high)) == pytest.approx(0, abs=1e-6 * arms.arm.mean[0])


# What it declines


@pytest.mark.parametrize(
    ("held", "sent", "expected"),
    [
        (spending(500, 15, seed=7), spending(4500, 120, seed=8), Reason.TOO_FEW_BUYERS),
        (spending(500, 0, seed=7), spending(4500, 120, seed=8), Reason.NO_BUYERS),
        (spending(5000, 200, seed=7), spending(45000, 0, seed=8), Reason.NO_BUYERS),
        (spending(500, 0, seed=7), spending(4500, 0, seed=8), Reason.NO_VARIATION),
        (np.full(400, 9.99), np.full(3600, 9.99), Reason.NO_VARIATION),
        (np.array([5.0]), spending(4500, 120, seed=8), Reason.TOO_FEW_UNITS),
    ],
)
def test_it_declines_with_the_reason(held: Floats, sent: Floats, expected: Reason) -> None:
    arms = arms_of(held, sent)
    limits = build_limits(arms)
    found = money_difference(limits, 0.95)
    assert reason(found) is expected
    assert reason(money_lift(limits, found, 0.95)) is expected


def test_the_gate_is_on_expected_buyers_not_on_those_observed() -> None:
    """28 buyers among 1,000 held out, but 3.2% of all customers buy: 32 are expected."""
    arms = arms_of(spending(1000, 28, seed=9), spending(9000, 292, seed=10))
    assert difference(arms).undefined[0] is None


def test_an_amount_that_everybody_has_needs_no_buyers() -> None:
    rng = np.random.default_rng(11)
    arms = arms_of(np.round(rng.normal(50, 5, 12), 2), np.round(rng.normal(55, 5, 100), 2))
    assert estimate(difference(arms)).low < 5


# Difference and lift decide alike


def cells(shops: ModuleType, name: str, reps: int, seed: int, **shop: Any) -> tuple[Any, Arms]:
    made = shops.campaign(name, **shop)
    drawn: Arms = shops.draw(made, reps, np.random.default_rng(seed))
    return made, drawn


@pytest.mark.parametrize("holdout", [0.05, 0.1, 0.3, 0.5])
def test_the_difference_and_the_lift_always_decide_alike(shops: ModuleType, holdout: float) -> None:
    _, arms = cells(
        shops, "", 2000, 12, n=40_000, holdout=holdout, buyers=0.02, log_sd=1.4, more_buyers=1.25
    )
    limits = build_limits(arms)
    money = money_difference(limits, 0.95)
    lift = money_lift(limits, money, 0.95)
    known = np.isfinite(lift.low)
    assert known.mean() > 0.99
    better, worse = money.low[known] > 0, money.high[known] < 0
    assert 0.02 < better.mean() < 0.98
    assert np.array_equal(lift.low[known] > 0, better)
    assert np.array_equal(lift.high[known] < 0, worse)
    assert np.array_equal(money.p_value[known] < 0.05, better | worse)


# What it claims: coverage with three Monte Carlo errors of slack around the bounds of the design


def misses(shops: ModuleType, seed: int, **shop: Any) -> tuple[float, float]:
    """Shares of intervals wholly above, and wholly below, the truth."""
    made, arms = cells(shops, "", REPETITIONS, seed, **shop)
    found = difference(arms)
    known = np.isfinite(found.low)
    assert known.mean() > 0.99
    above = (found.low[known] > made.truth()).mean()
    return float(above), float((found.high[known] < made.truth()).mean())


def error(share: float) -> float:
    return float(np.sqrt(share * (1 - share) / REPETITIONS))


ORDINARY = {"n": 30_000, "holdout": 0.1, "log_sd": 1.4}


@pytest.mark.parametrize(
    "shop",
    [
        {"n": 20_000, "holdout": 0.1, "buyers": 0.02, "log_sd": 1.0},
        {**ORDINARY, "buyers": 0.02},
        {**ORDINARY, "buyers": 0.05},
        {**ORDINARY, "buyers": 0.03, "more_buyers": 1.5},
        {**ORDINARY, "buyers": 0.03, "larger_baskets": 0.8},
        {**ORDINARY, "buyers": 0.03, "larger_baskets": 1.2},
        {"n": 60_000, "holdout": 0.03, "buyers": 0.03, "log_sd": 1.4},
        {"n": 60_000, "holdout": 0.35, "buyers": 0.02, "log_sd": 1.4},
    ],
)
def test_it_covers_the_truth_and_misses_at_most_four_percent_on_either_side(
    shops: ModuleType, shop: dict[str, float]
) -> None:
    above, below = misses(shops, 13, **shop)
    covered = 1 - above - below
    assert 0.935 - 3 * error(0.935) < covered < 0.965 + 3 * error(0.965)
    assert max(above, below) < 0.04 + 3 * error(0.04)


def test_welch_would_call_the_campaign_better_than_it_is_far_too_often(shops: ModuleType) -> None:
    made, arms = cells(shops, "", REPETITIONS, 14, **ORDINARY, buyers=0.02)
    plain = welch(arms.control, arms.arm, 0.95)
    assert (plain.low > made.truth()).mean() > 0.07
    assert (difference(arms).low > made.truth()).mean() < 0.04 + 3 * error(0.04)


@pytest.mark.parametrize("wider", [-0.2, 0.2])
def test_where_the_campaign_changes_the_spread_it_covers_88_percent_and_says_so(
    shops: ModuleType, wider: float
) -> None:
    above, below = misses(shops, 15, **ORDINARY, buyers=0.03, wider=wider)
    assert 1 - above - below > 0.88 - 3 * error(0.88)
    _, many = cells(
        shops, "", 300, 16, n=200_000, holdout=0.1, buyers=0.03, log_sd=1.4, wider=wider
    )
    z = shape_change(many.control_shape, many.arm_shape)
    assert (np.abs(z) > FLAGGED_SHAPE_Z).mean() > 0.95
    assert (np.sign(z) == np.sign(wider)).mean() > 0.99


def test_returns_that_turn_amounts_negative_are_borrowed_as_well(shops: ModuleType) -> None:
    above, below = misses(shops, 19, **ORDINARY, buyers=0.03, returns=0.15)
    assert 1 - above - below > 0.935 - 3 * error(0.935)
    assert max(above, below) < 0.04 + 3 * error(0.04)


def test_where_the_spread_stays_the_flag_is_rarely_raised(shops: ModuleType) -> None:
    _, arms = cells(shops, "", REPETITIONS, 17, **ORDINARY, buyers=0.03)
    z = shape_change(arms.control_shape, arms.arm_shape)
    assert (np.abs(z) > FLAGGED_SHAPE_Z).mean() < 0.05 + 3 * error(0.05)  # 5% if z were normal
    assert z.std() == pytest.approx(1, abs=0.1)


# The change of shape


def test_a_change_of_scale_alone_is_no_change_of_shape() -> None:
    held = spending(900, 400, seed=18)
    assert shape_change(shape_of(held), shape_of(held * 7))[0] == pytest.approx(0, abs=1e-3)


def test_one_price_for_everybody_is_no_change_of_shape() -> None:
    """What rounding leaves of a variance of zero says nothing."""
    for held, sent in ((777, 9_123), (50, 61), (10_001, 33_333)):
        one = shape_of(np.full(held, 19.99))
        assert shape_change(one, shape_of(np.full(sent, 19.99)))[0] == 0
        assert shape_change(one, shape_of(np.full(sent, 24.99)))[0] == 0


def test_one_price_in_one_group_alone_is_a_change_of_shape() -> None:
    varied = spending(2000, 500, seed=19)
    assert shape_change(shape_of(np.full(200, 19.99)), shape_of(varied))[0] > FLAGGED_SHAPE_Z


def test_the_shape_of_fewer_than_ten_amounts_is_unknown() -> None:
    found = shape_change(shape_of(spending(50, 9, seed=20)), shape_of(spending(900, 90, seed=21)))
    assert np.isnan(found[0])


def test_mostly_negative_amounts_fall_back_to_welch() -> None:
    held, sent = spending(1000, 100, seed=22), spending(9000, 900, seed=23)
    held[:60], sent[:600] = -held[:60], -sent[:600]
    assert difference(arms_of(held, sent)).method[0] == "Welch"


def test_cells_do_not_touch_each_other(shops: ModuleType) -> None:
    _, arms = cells(shops, "", 20, 24, **ORDINARY, buyers=0.02)
    together = difference(arms)
    for i in range(20):
        alone = difference(
            Arms(
                control=_cell(arms.control, i),
                arm=_cell(arms.arm, i),
                control_shape=_shape_cell(arms.control_shape, i),
                arm_shape=_shape_cell(arms.arm_shape, i),
            )
        )
        assert alone.answer(0) == together.answer(i)


def _cell(of: Summary, i: int) -> Summary:
    return Summary(
        n=of.n[[i]], mean=of.mean[[i]], variance=of.variance[[i]], mean_square=of.mean_square[[i]]
    )


def _shape_cell(of: Shape, i: int) -> Shape:
    return Shape(
        buyers=of.buyers[[i]],
        positive=of.positive[[i]],
        logs=tuple(power[[i]] for power in of.logs),
    )
