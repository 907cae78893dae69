"""Shares of people who answer several times."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.clustered_shares import clustered_share
from regulars_experiments.results import Estimate, NotEstimable, Reason


@pytest.mark.parametrize(("yes", "of"), [(16, 40), (0, 25), (25, 25)])
def test_one_answer_each_has_clopper_and_pearsons_limits(yes: int, of: int) -> None:
    ones = (np.arange(of) < yes).astype(float)
    found = clustered_share(ones, np.ones(of), confidence=0.9)
    assert isinstance(found, Estimate)
    exact = stats.binomtest(yes, of).proportion_ci(0.9)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_answers_that_always_agree_count_once_a_person() -> None:
    """20 people who say the same ten times: the variance of 20 answers, by t on 19 degrees."""
    each = np.repeat([1.0, 0.0], [8, 12])
    found = clustered_share(each * 10, np.full(20, 10.0))
    ratio = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 19)) ** 2
    count = 19 * ratio
    assert isinstance(found, Estimate)
    assert found.low == pytest.approx(stats.beta.ppf(0.025, 0.4 * count, 0.6 * count + 1))
    assert found.high == pytest.approx(stats.beta.ppf(0.975, 0.4 * count + 1, 0.6 * count))


def test_who_all_say_no_leave_room_for_as_many_as_there_are_people() -> None:
    found = clustered_share(np.zeros(20), np.full(20, 10.0))
    assert isinstance(found, Estimate)
    assert found.low == 0
    assert found.high > stats.binomtest(0, 20).proportion_ci(0.95).high


def test_the_limits_hold_where_people_differ() -> None:
    """30 people, ten answers each, whose own shares are from Beta(1/3, 3)."""
    rng, missed = np.random.default_rng(3), 0
    for _ in range(1_000):
        ones = rng.binomial(10, rng.beta(1 / 3, 3, 30)).astype(float)
        found = clustered_share(ones, np.full(30, 10.0))
        assert isinstance(found, Estimate)
        missed += not found.low <= 0.1 <= found.high
    assert missed < 70


def test_one_person_is_too_few() -> None:
    found = clustered_share(np.array([3.0]), np.array([9.0]))
    assert found == NotEstimable(reason=Reason.TOO_FEW_UNITS)
