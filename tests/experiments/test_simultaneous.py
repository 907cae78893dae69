"""Quantiles of the largest of several errors: published tables, algebra, and another integral."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.simultaneous import joint_confidence, joint_quantile


@pytest.mark.parametrize(
    ("arms", "expected"), [(2, 2.21), (3, 2.35), (4, 2.44), (5, 2.51), (6, 2.57), (9, 2.69)]
)
def test_equal_groups_have_the_quantiles_of_dunnetts_table(arms: int, expected: float) -> None:
    """Dunnett (1964), two-sided, 95%, infinite degrees of freedom, correlation 1/2."""
    found = joint_quantile(np.full((1, arms), np.sqrt(0.5)), 0.95)
    assert found[0] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("cells", [1, 2, 7, 40])
def test_independent_cells_have_sidaks_quantile(cells: int) -> None:
    expected = stats.norm.ppf(0.5 + 0.95 ** (1 / cells) / 2)
    assert joint_quantile(np.zeros((1, cells)), 0.95)[0] == pytest.approx(expected, rel=1e-9)


def test_unequal_arms_agree_with_the_multivariate_normal() -> None:
    loadings = np.array([0.2, 0.55, 0.8, 0.9])
    found = float(joint_quantile(loadings[None, :], 0.9)[0])
    covariance = np.outer(loadings, loadings)
    np.fill_diagonal(covariance, 1.0)
    limits = np.full(4, found)
    inside = stats.multivariate_normal(cov=covariance).cdf(limits, lower_limit=-limits, rng=1)
    assert inside == pytest.approx(0.9, abs=2e-4)


def test_arms_that_all_share_one_error_need_hardly_more_than_one() -> None:
    alone = joint_quantile(np.zeros((1, 1)), 0.95)[0]
    together = joint_quantile(np.ones((1, 5)), 0.95)[0]
    assert alone < together < 1.1 * alone


def test_missing_cells_are_left_out_and_families_do_not_mix() -> None:
    loadings = np.array([[0.5, 0.5, np.nan], [0.5, 0.5, 0.5]])
    found = joint_quantile(loadings, 0.95)
    assert found[0] == pytest.approx(joint_quantile(np.full((1, 2), 0.5), 0.95)[0])
    assert found[1] > found[0]


def test_one_interval_at_the_joint_confidence_reaches_as_far() -> None:
    assert joint_confidence(np.array([2.5]))[0] == pytest.approx(2 * stats.norm.cdf(2.5) - 1)


def test_what_is_no_confidence_or_loading_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence"):
        joint_quantile(np.zeros((1, 1)), 95.0)
    with pytest.raises(ValueError, match="loading"):
        joint_quantile(np.full((1, 2), 1.2), 0.95)
