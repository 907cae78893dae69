"""Planning against public engines, and the planned power against simulated campaigns."""

from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from regulars_experiments.design import (
    Baseline,
    baseline_of_buyers,
    chance_of_proof,
    detectable_difference,
    detectable_effect,
    detectable_share,
    power_of_difference,
    required_control,
    required_control_for_shares,
)
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms, build_limits
from regulars_experiments.multiplicity import segment_p_values
from regulars_experiments.results import Reason
from tests.experiments.build import Floats, reference, reference_case


@pytest.mark.parametrize(
    ("n_arm", "n_control", "confidence", "power"),
    [(800, 200, 0.95, 0.8), (50_000, 5_000, 0.9, 0.9), (300, 300, 0.99, 0.5)],
)
def test_the_detectable_difference_is_what_statsmodels_solves_for(
    n_arm: int, n_control: int, confidence: float, power: float
) -> None:
    ours = detectable_difference(
        sd=7.0, n_arm=n_arm, n_control=n_control, confidence=confidence, power=power
    )
    asked = {"nobs1": n_control, "ratio": n_arm / n_control, "alpha": 1 - confidence}
    normal = NormalIndPower().solve_power(power=power, **asked) * 7.0
    assert ours == pytest.approx(normal, rel=1e-3)
    # the t distribution asks for a little more, and nearly nothing more in large samples
    student = TTestIndPower().solve_power(power=power, **asked) * 7.0
    assert ours == pytest.approx(student, rel=0.01)


def test_nothing_varies_so_anything_is_detected() -> None:
    assert detectable_difference(sd=0.0, n_arm=10, n_control=10) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [{"n_arm": 0}, {"n_control": 0}, {"sd": -1.0}, {"sd": float("nan")}, {"power": 1.0}],
)
def test_impossible_designs_are_refused(wrong: dict[str, float]) -> None:
    asked = {"sd": 1.0, "n_arm": 10, "n_control": 10} | wrong
    with pytest.raises(ValueError, match=r"got"):
        detectable_difference(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", ["power-01", "power-02", "power-04"])
def test_required_sizes_are_those_of_the_reference_down_to_small_alpha(case: str) -> None:
    found = reference_case("power", case)
    asked, tolerance = found["input"], found["tolerance"]["rtol"]
    design: dict[str, Any] = {
        "ratio": asked["ratio_t_over_c"],
        "confidence": 1 - asked["alpha"],
        "power": asked["power"],
    }
    student = required_control(asked["cohen_d"], **design)
    assert student == pytest.approx(found["expected"]["n_control_t"], rel=tolerance)
    # the normal approximation, from the other end: what is detected with the reference's size
    n = found["expected"]["n_control_normal"]
    design["n_arm"] = n * design.pop("ratio")
    assert detectable_difference(sd=1.0, n_control=n, **design) == pytest.approx(
        asked["cohen_d"], rel=tolerance
    )


def test_required_sizes_for_shares_are_those_of_the_reference() -> None:
    found = reference_case("power", "power-05")
    asked, tolerance = found["input"], found["tolerance"]["rtol"]
    shares = (asked["p_control"], asked["p_treatment"])
    design: dict[str, Any] = {
        "ratio": asked["ratio_t_over_c"],
        "confidence": 1 - asked["alpha"],
        "power": asked["power"],
    }
    unpooled = required_control_for_shares(*shares, **design)
    assert unpooled == pytest.approx(found["expected"]["n_control_unpooled"], rel=tolerance)
    # n_control_arcsine (Cohen's h) stays out: the share is planned as it is tested, by differences


def test_every_case_of_the_reference_is_tested_here() -> None:
    known = {"power-01", "power-02", "power-04", "power-05"}
    assert {case["id"] for case in reference("power")} <= known


@pytest.mark.parametrize("alpha", [0.05, 1e-3, 1e-6])
@pytest.mark.parametrize("effect", [0.02, 0.3])
def test_a_size_that_was_solved_for_has_the_power_asked_for(alpha: float, effect: float) -> None:
    n = required_control(effect, ratio=9.0, confidence=1 - alpha, power=0.8)
    freedom, shift = 10 * n - 2, effect * np.sqrt(0.9 * n)
    critical = stats.t.isf(alpha / 2, freedom)
    # conditional on the estimated sd, integrated by scipy, independently of the code
    spread = stats.chi(freedom, scale=1 / np.sqrt(freedom))
    nodes = np.linspace(float(spread.ppf(1e-13)), float(spread.isf(1e-13)), 20_001)
    proved = stats.norm.cdf(shift - critical * nodes)
    assert np.trapezoid(proved * spread.pdf(nodes), nodes) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("n", [4, 15, 100, 2_000])
@pytest.mark.parametrize("effect", [-0.8, 0.0, 0.1, 0.7])
def test_power_is_that_of_the_noncentral_t(n: int, effect: float) -> None:
    ours = power_of_difference(effect, sd=1.0, n_control=n, n_arm=3 * n)[0]
    freedom, shift = 4 * n - 2, abs(effect) * np.sqrt(0.75 * n)
    critical = stats.t.isf(0.025, freedom)
    other_tail = stats.nct.cdf(-critical, freedom, shift) if shift < 3 else 0.0  # else NaN for 0
    public = stats.nct.sf(critical, freedom, shift) + other_tail
    assert ours == pytest.approx(public, rel=1e-6)


def test_no_customers_and_no_effect_are_refused() -> None:
    with pytest.raises(ValueError, match="more than two customers"):
        power_of_difference(1.0, sd=1.0, n_control=1, n_arm=1)
    with pytest.raises(ValueError, match="proved by no number"):
        required_control(0.0)
    with pytest.raises(ValueError, match="two different shares"):
        required_control_for_shares(0.1, 0.1)


@pytest.mark.parametrize("share", [0.005, 0.2, 0.7])
def test_the_detectable_share_needs_just_the_customers_there_are(share: float) -> None:
    gain = detectable_share(share, n_control=5_000, n_arm=45_000, confidence=0.99, power=0.9)
    assert gain is not None
    needed = required_control_for_shares(share, share + gain, ratio=9.0, confidence=0.99, power=0.9)
    assert needed == pytest.approx(5_000)


def test_a_share_cannot_grow_beyond_everybody() -> None:
    assert detectable_share(0.97, n_control=40, n_arm=40) is None


def test_what_buyers_spend_becomes_what_customers_spend() -> None:
    amounts = np.array([20.0, 35.0, 80.0, 120.0])
    everybody = np.concatenate([amounts, np.zeros(46)])
    found = baseline_of_buyers(4 / 50, amounts.mean(), amounts.std())
    assert found.mean[0] == pytest.approx(everybody.mean())
    assert found.sd[0] == pytest.approx(everybody.std())


@pytest.mark.parametrize("wrong", [{"rate": 1.2}, {"mean": -1.0}, {"sd": float("nan")}])
def test_impossible_buyers_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|from 0 up"):
        baseline_of_buyers(**({"rate": 0.1, "mean": 10.0, "sd": 5.0} | wrong))


# ---- the detectable effect of money ----


def lognormal_shop(rate: float, log_sd: float) -> Baseline:
    mean = np.exp(log_sd**2 / 2)
    return baseline_of_buyers(rate, mean, mean * np.sqrt(np.expm1(log_sd**2)))


def simulated_proofs(
    rng: np.random.Generator,
    *,
    n_control: int,
    n_arm: int,
    rate: float,
    log_sd: float,
    lift: float,
    runs: int,
    segments: int = 1,
) -> float:
    """Share of campaigns with baskets larger by `lift` whose money interval lies above zero.

    segments: one of so many, where the pooled customers' test has to find it too, both at the most
    cautious step of Holm's correction: what `profit_tests` and `evidence_of` make of it.
    """
    level = 0.05 / segments

    def side(n: int, scale: float) -> tuple[Summary, Shape]:
        bought = rng.binomial(n, rate, size=runs)
        amounts = rng.lognormal(0, log_sd, bought.sum()) * scale
        ends = np.concatenate([[0], np.cumsum(bought)])

        def total(values: Floats) -> Floats:
            sums: Floats = np.diff(np.concatenate([[0], np.cumsum(values)])[ends])
            return sums

        mean, square = total(amounts) / n, total(amounts**2) / n
        logs = np.log(amounts)
        buyers = bought.astype(np.float64)
        summary = Summary(
            n=np.full(runs, float(n)),
            mean=mean,
            variance=(square - mean**2) * n / (n - 1),
            mean_square=square,
        )
        powers = tuple(total(logs**power) for power in (1, 2, 3, 4))
        return summary, Shape(buyers=buyers, positive=buyers, logs=powers)

    control, control_shape = side(n_control, 1.0)
    arm, arm_shape = side(n_arm, 1 + lift)
    limits = build_limits(
        Arms(control=control, arm=arm, control_shape=control_shape, arm_shape=arm_shape)
    )
    low, _ = limits.of_difference(np.full(runs, special.ndtri(1 - level / 2)))
    if segments == 1:
        return float((low > 0).mean())
    p_value = segment_p_values(control, arm, buyers=(control_shape.buyers, arm_shape.buyers))
    return float(((low > 0) & (p_value < level)).mean())


@pytest.mark.parametrize(
    ("n_control", "n_arm", "rate", "log_sd"),
    [
        (10_000, 90_000, 0.02, 0.7),
        (10_000, 90_000, 0.02, 1.0),
        (2_000, 98_000, 0.05, 0.7),
        (5_000, 20_000, 0.05, 0.7),
        (5_000, 10_000, 0.05, 1.0),
        (5_000, 5_000, 0.05, 0.7),
    ],
)
def test_a_planned_power_of_80_percent_is_one_of_78_to_82(
    n_control: int, n_arm: int, rate: float, log_sd: float
) -> None:
    runs = 1_500
    found = detectable_effect(lognormal_shop(rate, log_sd), n_control=n_control, n_arm=n_arm)
    power = simulated_proofs(
        np.random.default_rng(7),
        n_control=n_control,
        n_arm=n_arm,
        rate=rate,
        log_sd=log_sd,
        lift=float(found.relative[0]),
        runs=runs,
    )
    monte_carlo = 2 * np.sqrt(0.8 * 0.2 / runs)
    assert 0.78 - monte_carlo < power < 0.82 + monte_carlo


@pytest.mark.parametrize(
    ("segments", "n_control", "n_arm", "rate", "log_sd"),
    [
        (20, 4_000, 36_000, 0.05, 1.0),
        (50, 5_000, 45_000, 0.03, 1.0),
        (4, 2_000, 18_000, 0.05, 1.2),
        (10, 5_000, 5_000, 0.05, 0.7),
    ],
)
def test_for_one_of_many_segments_a_planned_80_percent_is_that_of_both_tests_together(
    segments: int, n_control: int, n_arm: int, rate: float, log_sd: float
) -> None:
    runs = 1_500
    found = detectable_effect(
        lognormal_shop(rate, log_sd),
        n_control=n_control,
        n_arm=n_arm,
        confidence=1 - 0.05 / segments,
        by_both_tests=True,
    )
    power = simulated_proofs(
        np.random.default_rng(9),
        n_control=n_control,
        n_arm=n_arm,
        rate=rate,
        log_sd=log_sd,
        lift=float(found.relative[0]),
        runs=runs,
        segments=segments,
    )
    monte_carlo = 2 * np.sqrt(0.8 * 0.2 / runs)
    assert 0.79 - monte_carlo < power < 0.82 + monte_carlo


def test_with_few_buyers_and_a_heavy_tail_it_promises_no_more_than_it_keeps() -> None:
    found = detectable_effect(lognormal_shop(0.05, 1.4), n_control=2_000, n_arm=18_000)
    power = simulated_proofs(
        np.random.default_rng(8),
        n_control=2_000,
        n_arm=18_000,
        rate=0.05,
        log_sd=1.4,
        lift=float(found.relative[0]),
        runs=1_500,
    )
    assert found.relative[0] > 1  # more than twice the spend: nobody should hope for it
    assert power > 0.8


def test_in_large_equal_groups_it_is_the_textbooks() -> None:
    # the effect is small there, so that both arms have about the same standard deviation
    found = detectable_effect(baseline_of_buyers(1.0, 10.0, 5.0), n_control=500_000, n_arm=500_000)
    textbook = detectable_difference(sd=5.0, n_arm=500_000, n_control=500_000)
    assert found.difference[0] == pytest.approx(textbook, rel=5e-3)


def test_a_small_holdout_detects_less_than_welch_would_promise() -> None:
    shop = lognormal_shop(0.02, 1.0)
    found = detectable_effect(shop, n_control=10_000, n_arm=90_000)
    welch = detectable_difference(sd=float(shop.sd[0]), n_arm=90_000, n_control=10_000)
    assert found.difference[0] > 1.05 * welch


def test_the_chance_of_proof_is_the_inverse_of_the_detectable_effect() -> None:
    shop = baseline_of_buyers([0.02, 0.1], [60.0, 40.0], [45.0, 60.0])
    asked: dict[str, Any] = {"n_control": [20_000, 4_000], "n_arm": 60_000, "confidence": 0.9}
    found = detectable_effect(shop, power=0.7, **asked)
    assert chance_of_proof(shop, found.relative, **asked) == pytest.approx([0.7, 0.7])


def test_segments_are_answered_at_once_as_one_by_one() -> None:
    shop = baseline_of_buyers([0.02, 0.1, 0.3], [60.0, 40.0, 20.0], [45.0, 60.0, 5.0])
    held = np.array([9_000.0, 3_000.0, 800.0])
    together = detectable_effect(shop, n_control=held, n_arm=4 * held, confidence=0.99)
    for place in range(3):
        alone = detectable_effect(
            shop.cell(place), n_control=held[place], n_arm=4 * held[place], confidence=0.99
        )
        assert alone.difference[0] == together.difference[place]


def test_scaling_money_scales_the_difference_and_leaves_the_relative_effect() -> None:
    one = detectable_effect(baseline_of_buyers(0.05, 60, 45), n_control=5_000, n_arm=45_000)
    cents = detectable_effect(baseline_of_buyers(0.05, 6e3, 4.5e3), n_control=5_000, n_arm=45_000)
    assert cents.difference == pytest.approx(100 * one.difference)
    assert cents.relative == pytest.approx(one.relative)


@pytest.mark.parametrize(
    ("shop", "sizes", "why"),
    [
        (baseline_of_buyers(0.02, 60, 45), (1_000, 9_000), Reason.TOO_FEW_BUYERS),
        (baseline_of_buyers(0.0, 60, 45), (1_000, 9_000), Reason.NO_BUYERS),
        (baseline_of_buyers(0.5, 0, 0), (1_000, 9_000), Reason.NO_VARIATION),
        (baseline_of_buyers(0.5, 60, 45), (1, 9_000), Reason.TOO_FEW_UNITS),
        (baseline_of_buyers(0.5, 60, 45), (0, 0), Reason.TOO_FEW_UNITS),
        (baseline_of_buyers(0.05, 60, 6_000), (700, 700), Reason.NOT_DETECTABLE),
    ],
)
def test_where_nothing_can_be_proved_it_says_why_and_gives_no_number(
    shop: Baseline, sizes: tuple[int, int], why: Reason
) -> None:
    found = detectable_effect(shop, n_control=sizes[0], n_arm=sizes[1])
    assert found.undefined[0] is why
    assert np.isnan(found.difference[0])
    assert np.isnan(found.relative[0])
