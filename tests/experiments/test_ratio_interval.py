"""Average order values of few buyers: coverage with known truth, refusals, the delta method."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_experiments import effects
from regulars_experiments.comparison import collect_moments
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms, expected_buyers
from regulars_experiments.multiplicity import holm
from regulars_experiments.ratio_interval import (
    as_ratio,
    build_ratio_limits,
    calibrated_ratio,
    cautious_p_values,
)
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason

BASKET = Metric(name="basket", kind="ratio", value={"spend": 1}, denominator={"orders": 1})


def group(
    rng: np.random.Generator, runs: int, n: int, *, log_sd: float, basket: float
) -> tuple[Summary, Shape]:
    """One group of `runs` campaigns: 5% buy, in 1 or more orders of lognormal amounts."""
    bought = rng.binomial(n, 0.05, runs)
    starts = np.cumsum(bought) - bought
    orders = 1.0 + rng.poisson(0.4, bought.sum())
    first = (np.cumsum(orders) - orders).astype(int)
    amounts = basket * rng.lognormal(0, log_sd, int(orders.sum()))
    money = np.add.reduceat(amounts, first)

    def total(values: FloatArray) -> FloatArray:
        return np.add.reduceat(values, starts)

    def summary(values: FloatArray) -> Summary:
        one, square = total(values), total(values**2)
        return Summary(
            n=np.full(runs, float(n)),
            mean=one / n,
            variance=(square - one**2 / n) / (n - 1),
            mean_square=square / n,
        )

    covariance = (total(money * orders) - total(money) * total(orders) / n) / (n - 1)
    logs = tuple(total(np.log(money) ** power) for power in (1, 2, 3, 4))
    found = effects.ratio_summary(summary(money), summary(orders), covariance)
    buyers = bought.astype(float)
    return as_ratio(found), Shape(buyers=buyers, positive=buyers, logs=logs)


def campaigns(
    seed: int, runs: int, *, buyers: int, held_out: float, log_sd: float, larger: float = 1.0
) -> Arms:
    rng = np.random.default_rng(seed)
    n = round(buyers / 0.05)
    held = group(rng, runs, n, log_sd=log_sd, basket=40.0)
    rest = round(n / held_out) - n
    sent = group(rng, runs, rest, log_sd=log_sd, basket=40.0 * larger)
    return Arms(control=held[0], arm=sent[0], control_shape=held[1], arm_shape=sent[1])


@pytest.mark.parametrize(
    ("buyers", "held_out", "log_sd", "larger"),
    [
        (35, 0.1, 1.0, 1.0),
        (50, 0.05, 0.7, 1.0),
        (50, 0.1, 1.4, 1.3),
        (50, 0.3, 1.0, 1.0),
        (150, 0.1, 1.4, 1.0),
    ],
)
def test_the_truth_is_inside_and_missed_on_no_side_too_often(
    buyers: int, held_out: float, log_sd: float, larger: float
) -> None:
    arms = campaigns(3, 1500, buyers=buyers, held_out=held_out, log_sd=log_sd, larger=larger)
    truth = 40 * (larger - 1) * np.exp(log_sd**2 / 2)
    found = calibrated_ratio(build_ratio_limits(arms), 0.95)
    known = np.isfinite(found.low)
    assert known.mean() > 0.75
    above, below = (found.low > truth)[known].mean(), (found.high < truth)[known].mean()
    # two standard errors of 1,500 runs beyond 4% a side, and 93.5% to 98% in all
    assert max(above, below) < 0.05
    assert 0.015 < above + below < 0.075


def test_the_delta_method_would_miss_on_one_side() -> None:
    """Why there is a calibrated interval: what stands beside it is not what is right here."""
    arms = campaigns(4, 1500, buyers=50, held_out=0.1, log_sd=1.4)
    plain = effects.ratio_difference(arms.control, arms.arm, 0.95)
    assert (plain.low > 0).mean() > 0.08
    assert (plain.high < 0).mean() < 0.02


def test_twenty_segments_without_an_effect_seldom_have_a_discovery() -> None:
    arms = campaigns(5, 200 * 20, buyers=50, held_out=0.1, log_sd=1.0)
    found = calibrated_ratio(build_ratio_limits(arms), 0.95)
    p_values = cautious_p_values(found, expected_buyers(arms)).reshape(200, 20)
    plain = effects.ratio_difference(arms.control, arms.arm, 0.95).p_value.reshape(200, 20)

    def any_found(rows: FloatArray) -> float:
        return float(np.mean([np.nanmin(holm(row)) < 0.05 for row in rows]))

    assert any_found(p_values) < 0.09  # 5% and two and a half standard errors
    assert any_found(plain) > 0.25


def test_the_p_value_is_where_the_limits_reach_zero() -> None:
    arms = campaigns(6, 50, buyers=60, held_out=0.1, log_sd=0.8, larger=1.5)
    limits = build_ratio_limits(arms)
    found = calibrated_ratio(limits, 0.95)
    z = stats.norm.isf(found.p_value / 2)
    low, high = limits.of_difference(z)
    touched = np.where(found.estimate > 0, low, high)
    assert touched == pytest.approx(np.zeros(50), abs=1e-6)
    assert ((found.p_value < 0.05) == ((found.low > 0) | (found.high < 0))).all()


def test_equal_groups_are_the_delta_methods() -> None:
    arms = campaigns(7, 40, buyers=200, held_out=0.5, log_sd=1.0, larger=1.1)
    found = calibrated_ratio(build_ratio_limits(arms), 0.95)
    plain = effects.ratio_difference(arms.control, arms.arm, 0.95)
    assert set(found.method) == {"delta method"}
    assert found.low == pytest.approx(plain.low)
    assert found.p_value == pytest.approx(plain.p_value)


# Files


def basket_of(held_orders: int, sent_orders: int, planned: int | None = None) -> Effect:
    """300 held out and 2,700 sent, of whom so many bought for about 60."""
    rng = np.random.default_rng(8)
    spend = np.zeros(3000)
    spend[:held_orders] = 250.0
    spend[300 : 300 + sent_orders] = np.round(rng.lognormal(4, 0.5, sent_orders), 2)
    frame = pl.DataFrame(
        {
            "arm": ["held"] * 300 + ["sent"] * 2700,
            "spend": spend,
            "orders": (spend > 0).astype(int),
            "before": np.round(rng.lognormal(3, 1, 3000), 2),
        }
    )
    asked = Design(
        arm="arm",
        control="held",
        metrics=(BASKET,),
        covariates=("before",),
        planned_customers=planned,
    )
    whole, scales = quantise(frame, ["spend", "orders", "before"])
    return evaluate(collect_moments(whole.lazy(), asked, scales), asked)[0]


def why(answer: Answer | None) -> Reason:
    assert isinstance(answer, NotEstimable), answer
    return answer.reason


def test_one_order_proves_nothing() -> None:
    effect = basket_of(1, 81)
    assert why(effect.difference) is Reason.TOO_FEW_BUYERS
    assert why(effect.relative) is Reason.TOO_FEW_BUYERS
    assert effect.corrected is None


def test_what_the_default_refuses_no_method_beside_it_answers() -> None:
    effect = basket_of(1, 81)
    names = [one.method for one in effect.sensitivity]
    assert names == ["delta method", "CUPED", "CUPED with interactions"]
    for one in effect.sensitivity:
        assert why(one.difference) is Reason.TOO_FEW_BUYERS
        assert one.variance_removed is None
    looked_at = basket_of(1, 81, planned=6000)
    assert why(looked_at.difference) is Reason.TOO_FEW_BUYERS
    for one in looked_at.sensitivity:
        assert why(one.difference) is Reason.TOO_FEW_BUYERS


def test_nobody_with_a_denominator_is_the_first_reason() -> None:
    assert why(basket_of(0, 81).difference) is Reason.NO_DENOMINATOR


def test_the_delta_method_stands_beside_it_with_enough_buyers() -> None:
    effect = basket_of(40, 400)
    assert effect.method == "calibrated ratio interval"
    assert isinstance(effect.difference, Estimate)
    beside = effect.sensitivity[0]
    assert beside.method == "delta method"
    assert isinstance(beside.difference, Estimate)
    assert beside.difference.estimate == pytest.approx(effect.difference.estimate)
    # every basket held out was 250: their own spread says nothing of the next one
    assert beside.difference.high - beside.difference.low < 0.3 * (
        effect.difference.high - effect.difference.low
    )
