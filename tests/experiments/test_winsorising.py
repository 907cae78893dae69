"""Amounts capped at a limit that was declared, over all arms together."""

from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars_experiments.comparison import Collected, collect_moments
from regulars_experiments.effects import welch
from regulars_experiments.evaluation import evaluate
from regulars_experiments.fixed_point import quantise
from regulars_experiments.metrics import Design, Metric, Winsorising
from regulars_experiments.results import Estimate
from regulars_experiments.winsorising import capped_name
from tests.experiments.build import estimate, reference_case

SPEND = Metric(name="spend", kind="mean", value={"y": 1})


def design(rule: Winsorising, **more: Any) -> Design:
    return Design(arm="arm", control="held", metrics=(SPEND,), winsorising=rule, **more)


def frame_of(control: list[float], arm: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {"arm": ["held"] * len(control) + ["sent"] * len(arm), "y": [*control, *arm]}
    )


def collect(frame: pl.DataFrame, asked: Design) -> Collected:
    whole, scales = quantise(frame, ["y"])
    return collect_moments(whole.lazy(), asked, scales)


@pytest.mark.parametrize("name", ["wins-01", "wins-02"])  # wins-03 is Yuen's trimmed mean
def test_public_engines_cap_at_the_same_limit_and_find_the_same(name: str) -> None:
    case = reference_case("winsorising", name)
    given, expected, close = case["input"], case["expected"], case["tolerance"]
    rule = Winsorising(percentile=given["percentile"], of_buyers=given["ignore_zeros"])
    found = collect(frame_of(given["control"], given["treatment"]), design(rule))
    assert float(found.limits["spend"]) == pytest.approx(expected["cap"], rel=close["rtol"])
    control, arm = (
        found.moments[None].summary([(name,)], {capped_name("y"): 1}) for name in ("held", "sent")
    )
    answer = estimate(welch(control, arm, 0.95))
    assert answer.estimate == pytest.approx(expected["effect"], rel=close["rtol"])
    assert answer.low == pytest.approx(expected["ci_low"], rel=close["rtol"])
    assert answer.high == pytest.approx(expected["ci_high"], rel=close["rtol"])
    assert answer.p_value == pytest.approx(expected["pvalue"], rel=close["rtol"])


@pytest.mark.parametrize("percentile", [0.5, 0.9, 0.999])
def test_the_percentile_is_that_of_numpy(percentile: float) -> None:
    amounts = np.round(np.random.default_rng(1).lognormal(4, 1.2, 501), 2)
    frame = frame_of(amounts[:200].tolist(), amounts[200:].tolist())
    found = collect(frame, design(Winsorising(percentile=percentile)))
    assert float(found.limits["spend"]) == pytest.approx(
        np.quantile(amounts, percentile), rel=1e-12
    )


def test_both_results_are_shown_and_the_plain_one_stays_the_answer() -> None:
    rng = np.random.default_rng(2)
    amounts = np.round(rng.lognormal(4, 1.4, 4000), 2)
    frame = frame_of(amounts[:2000].tolist(), amounts[2000:].tolist())
    asked = design(Winsorising(limit=Fraction(100)))
    (effect,) = evaluate(collect(frame, asked), asked)
    (capped,) = [other for other in effect.sensitivity if other.method == "winsorised at 100"]
    assert isinstance(effect.difference, Estimate)
    assert isinstance(capped.difference, Estimate)
    plain, cut = (
        values[2000:].mean() - values[:2000].mean()
        for values in (amounts, np.minimum(amounts, 100))
    )
    assert effect.difference.estimate == pytest.approx(plain)
    assert capped.difference.estimate == pytest.approx(cut)
    assert capped.difference.high - capped.difference.low < (
        effect.difference.high - effect.difference.low
    )


def test_a_limit_leaves_amounts_of_any_size_and_sign_whole() -> None:
    huge, asked = 2.5e12, design(Winsorising(limit=Fraction("0.37")))
    found = collect(frame_of([huge, -huge, 0.25], [0.36, 0.38]), asked).moments[None]
    capped = {capped_name("y"): 1}
    assert found.summary([("held",)], capped).mean[0] == pytest.approx(
        (0.37 - huge + 0.25) / 3, rel=1e-15
    )
    assert found.summary([("sent",)], capped).mean[0] == pytest.approx(0.365, rel=1e-15)


def test_a_percentile_of_buyers_where_nobody_buys_caps_nothing() -> None:
    asked = design(Winsorising(percentile=0.99, of_buyers=True))
    found = collect(frame_of([0.0, 0.0], [0.0, 0.0]), asked)
    assert found.limits == {}
    (effect,) = evaluate(found, asked)
    assert [other.method for other in effect.sensitivity] == ["Welch"]


def test_moments_capped_at_different_limits_are_not_added() -> None:
    one, other = (
        collect(frame_of([1.0, 2.0], [3.0, limit]), design(Winsorising(percentile=0.9)))
        for limit in (4.0, 40.0)
    )
    with pytest.raises(ValueError, match="different limits"):
        one + other


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "either a limit or a percentile"),
        ({"limit": Fraction(1), "percentile": 0.9}, "either a limit or a percentile"),
        ({"limit": Fraction(0)}, "above zero, got 0"),
        ({"percentile": 1.0}, "between 0 and 1, got 1.0"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Winsorising(**rule)
