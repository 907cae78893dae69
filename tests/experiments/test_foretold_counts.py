"""How many will rise: against the distribution that scipy has, and against draws."""

import numpy as np
import pytest
from scipy import stats

from regulars_experiments.foretold_counts import foretold_count
from regulars_experiments.results import Estimate, NotEstimable, Reason


@pytest.mark.parametrize(
    ("did", "of", "group"), [(600, 2_000, 10), (0, 7, 30), (7, 7, 30), (3, 10, 0), (9, 90, 20_000)]
)
def test_the_limits_are_those_of_the_beta_binomial(did: int, of: int, group: int) -> None:
    found = foretold_count(did, of, group, confidence=0.9)
    law = stats.betabinom(group, 0.5 + did, 0.5 + of - did)
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (law.ppf(0.05), law.ppf(0.95))
    assert found.estimate == pytest.approx(group * did / of)


@pytest.mark.parametrize(
    ("group", "of", "share"),
    [(10, 2_000, 0.3), (100, 2_000, 0.3), (50, 50, 0.3), (500, 500, 0.2), (1_000, 300, 0.1)],
)
def test_the_limits_hold_what_comes(group: int, of: int, share: float) -> None:
    """Of those seen and of the group each does it with the same chance."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(1_000):
        found = foretold_count(int(rng.binomial(of, share)), of, group)
        assert isinstance(found, Estimate)
        held += found.low <= rng.binomial(group, share) <= found.high
    assert held > 930


def test_nobody_before_tells_nothing() -> None:
    assert foretold_count(0, 0, 5) == NotEstimable(reason=Reason.TOO_FEW_UNITS)
