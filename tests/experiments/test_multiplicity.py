"""Corrections against statsmodels; p-values far in the tail against enumeration and simulation."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from regulars_experiments.effects import welch
from regulars_experiments.moments import Summary
from regulars_experiments.multiplicity import (
    benjamini_hochberg,
    holm,
    mid_p_proportions,
    pooled_skew_p,
    segment_p_values,
)
from tests.experiments.build import Floats, reference_case, shares, summary, summary_of


def many(*values: float) -> Floats:
    return np.array(values, dtype=float)


def money_p(control: Floats, arm: Floats) -> float:
    return float(pooled_skew_p(summary_of(control), summary_of(arm))[0])


@pytest.mark.parametrize("seed", range(4))
def test_corrections_are_those_of_statsmodels(seed: int) -> None:
    p_values = np.round(np.random.default_rng(seed).beta(0.4, 2, 30), 3)  # with ties
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    known = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(known)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["mult-01", "mult-02", "mult-04", "mult-05"])
def test_corrections_agree_with_public_engines(name: str) -> None:
    case = reference_case("multiplicity", name)
    p_values = np.array(case["input"]["pvalues"], dtype=float)
    corrections = {"holm": holm, "bh": benjamini_hochberg}
    for known, correct in corrections.items():
        if known in case["expected"]:
            expected = np.array(case["expected"][known], dtype=float)
            assert correct(p_values) == pytest.approx(expected, nan_ok=True)


@pytest.mark.shared
def test_several_arms_are_corrected_over_the_arms() -> None:
    case = reference_case("multi_arm", "multi-02")
    control = summary_of(case["input"]["control"])
    p_values = np.array(
        [welch(control, summary_of(arm), 0.95).p_value[0] for arm in case["input"]["arms"]]
    )
    assert p_values == pytest.approx(case["expected"]["pvalue"], rel=1e-9)
    assert holm(p_values) == pytest.approx(case["expected"]["holm"], rel=1e-9)


def scipy_mid_p(x: int, n_c: int, y: int, n_t: int) -> float:
    split = stats.hypergeom(n_c + n_t, x + y, n_c)
    half = split.pmf(x) / 2
    return float(2 * min(split.cdf(x) - half, split.sf(x) + half))


@pytest.mark.parametrize(
    ("x", "n_c", "y", "n_t"),
    [
        (2, 10, 8, 10),
        (8, 10, 2, 10),
        (0, 50, 3, 450),
        (3, 50, 0, 450),
        (10, 10, 4, 9),
        (5, 100, 45, 900),
        (70, 1000, 400, 9000),
        (400, 10_000, 3960, 90_000),
        (5200, 100_000, 45_100, 900_000),
        (1, 2, 0, 1),
    ],
)
def test_mid_p_is_that_of_scipy_s_hypergeometric_distribution(
    x: int, n_c: int, y: int, n_t: int
) -> None:
    found = mid_p_proportions(many(x), many(n_c), many(y), many(n_t))[0]
    assert found == pytest.approx(scipy_mid_p(x, n_c, y, n_t), rel=1e-7)
    swapped = mid_p_proportions(many(y), many(n_t), many(x), many(n_c))[0]
    assert swapped == pytest.approx(found, rel=1e-9)


def test_mid_p_of_a_hundred_million_customers_is_the_normal_one() -> None:
    """There the exact distribution is normal to four digits, and far tails are still resolved."""
    x, n_c, y, n_t = 502_000.0, 1e7, 4.5e6, 9e7
    share = (x + y) / (n_c + n_t)
    z = (x / n_c - y / n_t) / np.sqrt(share * (1 - share) * (1 / n_c + 1 / n_t))
    found = mid_p_proportions(many(x), many(n_c), many(y), many(n_t))[0]
    assert found == pytest.approx(2 * stats.norm.sf(z), rel=0.005)


def test_mid_p_says_nothing_about_nobody() -> None:
    p_value = mid_p_proportions(
        many(0, 5, 0, np.nan, 1), many(9, 5, 0, 9, 9), many(0, 9, 1, 1, 1), many(5, 9, 5, 5, 0)
    )
    assert p_value[:2] == pytest.approx([1, 1])
    assert np.isnan(p_value[2:]).all()


def test_the_split_s_moments_are_those_of_all_splits() -> None:
    """12 customers, a quarter held out: all 220 splits, scipy's distributions with their moments.

    A quarter is half way from one-sided to symmetric, so half of the skewness is left.
    """
    spent = many(0, 0, 3, 0, 10, 0, 1, 0, 27, 0, 5, 0)
    sums = np.array([spent[list(split)].sum() for split in combinations(range(12), 3)])
    end = -2 * sums.mean() / sums.std()  # of the fitted distributions, in standard deviations
    gamma = stats.gamma(end**2, loc=end, scale=-1 / end)
    s = np.sqrt(np.log1p(1 / end**2))
    lognormal = stats.lognorm(s, loc=end, scale=-end * np.exp(-(s**2) / 2))
    assert (gamma.mean(), gamma.std()) == pytest.approx((0, 1), abs=1e-9)
    assert (lognormal.mean(), lognormal.std()) == pytest.approx((0, 1), abs=1e-9)
    for held in ([0, 1, 6], [2, 4, 8]):
        z = (spent[held].sum() - sums.mean()) / sums.std()
        below, above = (
            max(getattr(fitted, tail)(z) for fitted in (gamma, lognormal)) for tail in ("cdf", "sf")
        )
        found = money_p(spent[held], np.delete(spent, held))
        assert found == pytest.approx(2 * min(below, above), rel=1e-9)


@pytest.mark.parametrize("more", [0.55, 0.75, 1.5, 1.9])
def test_the_p_value_of_money_is_that_of_random_splits_or_somewhat_larger(more: float) -> None:
    """200 customers of 2,000 held out, who spend more or less of it than their share."""
    rng = np.random.default_rng(61)
    spent = np.where(rng.random(2000) < 0.2, rng.lognormal(3, 1, 2000), 0.0)
    splits = np.array([rng.permutation(spent)[:200].sum() for _ in range(20_000)])
    wanted = more * spent.sum() / 10
    order = rng.permutation(2000)
    # a split whose holdout spends about as much as wanted
    while abs(spent[order[:200]].sum() - wanted) > wanted / 50:
        i, j = rng.integers(0, 200), rng.integers(200, 2000)
        before = abs(spent[order[:200]].sum() - wanted)
        order[[i, j]] = order[[j, i]]
        if abs(spent[order[:200]].sum() - wanted) > before:
            order[[i, j]] = order[[j, i]]
    control, arm = spent[order[:200]], spent[order[200:]]
    share = float((splits >= control.sum()).mean())
    known = 2 * min(share, 1 - share)
    slack = 5 * np.sqrt(known / 2 / 20_000)
    found = money_p(control, arm)
    assert known * 0.9 - slack < found < known * 1.6 + slack


def test_money_s_p_value_knows_neither_units_nor_sides() -> None:
    rng = np.random.default_rng(62)
    control = np.where(rng.random(300) < 0.3, rng.lognormal(3, 1, 300).round(2), 0.0)
    arm = np.where(rng.random(900) < 0.3, rng.lognormal(3.2, 1, 900).round(2), 0.0)
    plain = money_p(control, arm)
    assert money_p(control * 1e4, arm * 1e4) == pytest.approx(plain, rel=1e-9)
    assert money_p(arm, control) == pytest.approx(plain, rel=1e-9)
    assert money_p(-control, -arm) == pytest.approx(plain, rel=1e-9)


def test_equal_groups_are_compared_by_the_normal_distribution() -> None:
    rng = np.random.default_rng(63)
    control, arm = rng.normal(10, 2, 400), rng.normal(10.3, 2, 400)
    pooled = np.concatenate([control, arm])
    error = pooled.std(ddof=1) * np.sqrt(2 / 400)
    z = (arm.mean() - control.mean()) / error
    assert money_p(control, arm) == pytest.approx(2 * stats.norm.sf(z), rel=1e-5)


def test_what_hardly_varies_against_its_mean_is_compared_by_the_normal_distribution() -> None:
    """A large offset: the end at zero is far away, and nothing cancels."""
    rng = np.random.default_rng(64)
    control, arm = rng.normal(0, 1, 200), rng.normal(0.2, 1, 1800)
    moved = [
        summary(len(values), values.mean() + 1e9, values.var(ddof=1)) for values in (control, arm)
    ]
    pooled = np.concatenate([control, arm])
    error = pooled.std(ddof=1) * np.sqrt(1 / 200 + 1 / 1800)
    z = (arm.mean() - control.mean()) / error
    assert pooled_skew_p(*moved)[0] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-4)


def test_a_group_that_spends_nothing_is_never_impossible() -> None:
    """30 buyers were expected in the control and none came: very rare, yet of positive chance."""
    p_value = pooled_skew_p(summary(1000, 0.0, 0.0), summary(9000, 3.0, 900.0))[0]
    assert 1e-9 < p_value < 1e-4


def test_segments_without_a_test_take_no_part() -> None:
    few, enough = shares(5, 100), shares(45, 900)
    assert np.isnan(segment_p_values(few, enough))[0]  # 5 buyers expected in the smaller group
    assert not np.isnan(segment_p_values(shares(60, 1000), shares(450, 9000)))[0]
    nobody = summary(0, np.nan, np.nan)
    assert np.isnan(segment_p_values(nobody, enough))[0]
    assert np.isnan(segment_p_values(shares(0, 500), shares(0, 900)))[0]
    assert np.isnan(segment_p_values(shares(500, 500), shares(900, 900)))[0]


def test_a_gate_on_expected_buyers_lets_a_lucky_small_group_not_through() -> None:
    lucky = segment_p_values(shares(40, 200), shares(60, 1800))  # 40 bought, 10 were expected
    assert np.isnan(lucky)[0]


def test_money_that_everybody_has_needs_no_buyers() -> None:
    control, arm = summary(20, 5.0, 4.0), summary(80, 7.0, 4.0)
    counts = many(20), many(80)
    assert segment_p_values(control, arm, buyers=counts)[0] < 0.001
    assert np.isnan(segment_p_values(control, arm, buyers=(many(1), many(4))))[0]


def test_money_that_adds_up_to_nothing_has_no_p_value() -> None:
    control, arm = summary(1000, 0.9, 30.0), summary(9000, -0.1, 30.0)
    assert np.isnan(pooled_skew_p(control, arm))[0]
    assert np.isnan(pooled_skew_p(summary(10, 5, 0), summary(90, 5, 0)))[0]


SEGMENTS, CAMPAIGNS = 100, 60


def null_segments(n: int, log_sd: float, rng: np.random.Generator) -> tuple[Summary, Floats]:
    """Sparse lognormal money in all segments of all campaigns, and how many bought."""
    cells = SEGMENTS * CAMPAIGNS
    buyers = rng.binomial(n, 0.05, cells)
    where = np.repeat(np.arange(cells), buyers)
    amounts = rng.lognormal(3, log_sd, where.size)
    mean, second = (np.bincount(where, amounts**power, cells) / n for power in (1, 2))
    found = Summary(
        n=np.full(cells, float(n)),
        mean=mean,
        variance=(second - mean**2) * n / (n - 1),
        mean_square=second,
    )
    return found, buyers.astype(float)


@pytest.mark.parametrize(
    ("held", "n", "log_sd"), [(700, 7000, 1.4), (700, 7000, 0.7), (700, 35_000, 1.2)]
)
def test_where_nothing_is_true_hardly_anything_is_discovered(
    held: int, n: int, log_sd: float
) -> None:
    rng = np.random.default_rng(65)
    control, bought_c = null_segments(held, log_sd, rng)
    arm, bought_t = null_segments(n - held, log_sd, rng)

    def campaigns_with_discoveries(p_values: Floats) -> float:
        by_campaign = p_values.reshape(CAMPAIGNS, SEGMENTS)
        return float(np.mean([(benjamini_hochberg(p) <= 0.1).any() for p in by_campaign]))

    p_values = segment_p_values(control, arm, buyers=(bought_c, bought_t))
    slack = 3 * np.sqrt(0.1 * 0.9 / CAMPAIGNS)
    assert campaigns_with_discoveries(p_values) < 0.1 + slack
    assert campaigns_with_discoveries(welch(control, arm, 0.95).p_value) > 0.4
    # and it is not silent: nearly as many below 5% as there should be
    assert 0.03 < np.nanmean(p_values < 0.05) < 0.055


def test_a_real_difference_is_found() -> None:
    control, arm = summary(2000, 2.0, 300.0), summary(18_000, 4.0, 600.0)
    p_value = segment_p_values(control, arm, buyers=(many(100), many(1800)))
    assert p_value[0] < 0.001
    assert segment_p_values(shares(100, 2000), shares(1500, 18_000))[0] < 1e-6
