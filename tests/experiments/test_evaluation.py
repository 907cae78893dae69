"""Plan and frame to records: one per metric, arm and segment, by the method of its kind."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars_experiments.comparison import collect_moments
from regulars_experiments.evaluation import Effect, evaluate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason

SPEND = Metric(name="spend", kind="mean", value={"spend": 1})
BOUGHT = Metric(name="bought", kind="conversion", value={"bought": 1})
AVERAGE = Metric(name="basket", kind="ratio", value={"spend": 1}, denominator={"orders": 1})


def shop(n: int = 3000, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    orders = rng.poisson(0.4, n)
    before = np.round(rng.lognormal(3, 0.6, n), 2)
    noise = rng.lognormal(0, 0.3, n)
    return pl.DataFrame(
        {
            "arm": rng.choice(["held", "mail", "sms"], n, p=[0.3, 0.4, 0.3]),
            "tier": rng.choice(["gold", "plain"], n),
            "city": rng.choice(["north", "south", "west"], n),
            "orders": orders,
            "bought": (orders > 0).astype(int),
            "spend": np.round(orders * before * noise, 2),
            "before": before,
        }
    )


def effects_of(frame: pl.DataFrame, **design: Any) -> tuple[Effect, ...]:
    asked = Design(arm="arm", control="held", **design)
    numbers = ["orders", "bought", "spend", "before"]
    whole, scales = quantise(frame, numbers)
    return evaluate(collect_moments(whole.lazy(), asked, scales), asked)


def number(answer: Answer) -> Estimate:
    assert isinstance(answer, Estimate), answer
    return answer


def values(frame: pl.DataFrame, arm: str, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return frame.filter(pl.col("arm") == arm)[column].to_numpy().astype(float)


def test_there_is_exactly_one_record_per_metric_arm_and_segment() -> None:
    frame = shop()
    found = effects_of(frame, metrics=(SPEND, BOUGHT, AVERAGE), segments=("tier", "city"))
    keys = [(effect.metric, effect.arm, effect.segment) for effect in found]
    segments = [
        None, ("tier", "gold"), ("tier", "plain"),
        ("city", "north"), ("city", "south"), ("city", "west"),
    ]  # fmt: skip
    assert keys == [
        (metric, arm, segment)
        for metric in ("spend", "bought", "basket")
        for segment in segments
        for arm in ("mail", "sms")
    ]
    for effect in found:
        own = frame
        if effect.segment is not None:
            own = frame.filter(pl.col(effect.segment[0]) == effect.segment[1])
        assert effect.n_arm == (own["arm"] == effect.arm).sum()
        assert effect.n_control == (own["arm"] == "held").sum()
        assert effect.control == "held"


def test_means_and_differences_are_those_of_the_rows() -> None:
    frame = shop()
    spend, bought, basket = effects_of(frame, metrics=(SPEND, BOUGHT, AVERAGE))[::2]
    assert spend.arm == "mail"
    mail, held = values(frame, "mail", "spend"), values(frame, "held", "spend")
    assert (spend.mean_arm, spend.mean_control) == pytest.approx((mail.mean(), held.mean()))
    assert number(spend.difference).estimate == pytest.approx(mail.mean() - held.mean())
    assert number(spend.relative).estimate == pytest.approx(mail.mean() / held.mean() - 1)
    known = stats.ttest_ind(
        values(frame, "mail", "bought"), values(frame, "held", "bought"), equal_var=False
    )
    assert bought.method == "Welch"
    assert number(bought.difference).p_value == pytest.approx(known.pvalue)
    ratios = [
        v.sum() / values(frame, a, "orders").sum() for a, v in (("mail", mail), ("held", held))
    ]
    assert number(basket.difference).estimate == pytest.approx(ratios[0] - ratios[1])
    assert basket.method == "calibrated ratio interval"


def test_welch_stands_beside_the_money_interval() -> None:
    frame = shop()
    spend = effects_of(frame, metrics=(SPEND,))[0]
    (welch,) = spend.sensitivity
    known = stats.ttest_ind(
        values(frame, "mail", "spend"), values(frame, "held", "spend"), equal_var=False
    )
    low, high = known.confidence_interval()
    found = number(welch.difference)
    assert welch.method == "Welch"
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(known.pvalue)
    assert welch.relative is not None
    assert (number(welch.relative).low > 0) == (found.low > 0)


def test_cuped_stands_beside_it_where_covariates_are_given() -> None:
    frame = shop()
    spend, basket = effects_of(frame, metrics=(SPEND, AVERAGE), covariates=("before",))[::2]
    assert [other.method for other in spend.sensitivity] == [
        "Welch",
        "CUPED",
        "CUPED with interactions",
    ]
    both = frame.filter(pl.col("arm") != "sms")
    slope = np.polyfit(both["before"].to_numpy(), both["spend"].to_numpy(), 1)[0]
    left = [
        values(frame, arm, "spend") - slope * values(frame, arm, "before")
        for arm in ("mail", "held")
    ]
    known = stats.ttest_ind(left[0], left[1], equal_var=False)
    assert number(spend.sensitivity[1].difference).p_value == pytest.approx(known.pvalue, rel=1e-6)
    raw = [values(frame, arm, "spend") for arm in ("mail", "held")]
    kept = sum(v.var(ddof=1) / len(v) for v in left) / sum(v.var(ddof=1) / len(v) for v in raw)
    assert spend.variance_removed == pytest.approx(1 - kept)
    assert [other.method for other in basket.sensitivity] == [
        "delta method",
        "CUPED",
        "CUPED with interactions",
    ]
    assert basket.variance_removed is not None
    assert 0 < basket.variance_removed < 1


def test_a_metric_is_no_covariate_of_itself() -> None:
    found = effects_of(shop(), metrics=(SPEND,), covariates=("spend",))[0]
    assert [other.method for other in found.sensitivity] == ["Welch"]


def test_the_order_of_the_rows_changes_nothing() -> None:
    frame = shop()
    asked = {
        "metrics": (SPEND, BOUGHT, AVERAGE),
        "segments": ("tier",),
        "covariates": ("before",),
    }
    shuffled = frame.sample(fraction=1, shuffle=True, seed=5)
    assert effects_of(shuffled, **asked) == effects_of(frame, **asked)


def test_everybody_is_the_same_with_and_without_segments() -> None:
    frame = shop()
    alone = effects_of(frame, metrics=(SPEND,))
    assert effects_of(frame, metrics=(SPEND,), segments=("city", "tier"))[:2] == alone


def test_an_arm_that_is_missing_from_a_segment_is_said_to_be() -> None:
    frame = shop().filter((pl.col("arm") != "sms") | (pl.col("tier") == "gold"))
    found = {
        (effect.arm, effect.segment): effect
        for effect in effects_of(frame, metrics=(SPEND,), segments=("tier",))
    }
    missing = found["sms", ("tier", "plain")]
    assert missing.n_arm == 0
    assert missing.mean_arm is None
    assert missing.difference == NotEstimable(reason=Reason.TOO_FEW_UNITS)
    assert missing.relative == NotEstimable(reason=Reason.TOO_FEW_UNITS)


def test_a_segment_that_only_an_arm_has_still_has_its_record() -> None:
    frame = shop().filter((pl.col("arm") != "held") | (pl.col("tier") == "gold"))
    plain = [e for e in effects_of(frame, metrics=(BOUGHT,), segments=("tier",)) if e.segment]
    assert [effect.n_control for effect in plain[2:]] == [0, 0]
    assert all(isinstance(effect.difference, NotEstimable) for effect in plain[2:])


def test_a_control_that_nobody_is_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no row has the control value 'held'"):
        effects_of(shop().filter(pl.col("arm") != "held"), metrics=(SPEND,))


def test_few_conversions_take_newcombe_for_difference_and_lift() -> None:
    frame = shop(300, seed=3).with_columns(bought=(pl.col("orders") > 2).cast(pl.Int64))
    found = effects_of(frame, metrics=(BOUGHT,))[0]
    assert found.method == "Newcombe"
    difference, lift = number(found.difference), number(found.relative)
    assert (difference.low > 0) == (lift.low > 0)
    assert (difference.high < 0) == (lift.high < 0)
    assert lift.p_value == difference.p_value
