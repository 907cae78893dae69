"""A share of yes and no where the same person answers several times: never below 0 or above 1."""

import math

import numpy as np
from scipy.special import betaincinv, stdtrit

from regulars_experiments.effects import normal_quantile
from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason


def clustered_share(ones: FloatArray, sizes: FloatArray, *, confidence: float = 0.95) -> Answer:
    """ones / sizes in all, with limits that count bunches (persons) and not answers.

    ones, sizes: (bunches,), how many answers of each are yes, of how many. Exact limits (Clopper &
    Pearson 1934) at the effective number of answers (Korn & Graubard 1998): n over the design
    effect, which is the variance between bunches (as in `clustered_mean`) over that of independent
    answers, at least 1, times the squared ratio of t on G - 1 degrees of freedom to the normal
    quantile for G bunches. With one answer each they are Clopper and Pearson's own; where all
    answers agree, each bunch counts once. NotEstimable for fewer than two bunches.

    >>> found = clustered_share(np.array([10.0, 0.0, 0.0, 6.0]), np.full(4, 10.0))
    >>> found.estimate, round(found.low, 2), round(found.high, 2)
    (0.4, 0.0, 0.99)
    """
    bunches, units = len(sizes), float(np.sum(sizes))
    if bunches < 2 or np.min(sizes) <= 0:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    share = float(np.sum(ones)) / units
    counted, alone = units, share * (1 - share) * units
    if bunches < units:
        between = float(np.sum((ones - share * sizes) ** 2)) * bunches / (bunches - 1)
        counted = units / max(between / alone, 1.0) if alone > 0 else float(bunches)
        wider = float(stdtrit(bunches - 1, 0.5 + confidence / 2)) / normal_quantile(confidence)
        counted /= wider**2
    low, high = _exact(share * counted, counted, (1 - confidence) / 2)
    return Estimate(
        estimate=share,
        standard_error=math.sqrt(share * (1 - share) / counted),
        low=low,
        high=high,
        p_value=None,
    )


def _exact(ones: float, units: float, tail: float) -> tuple[float, float]:
    """Clopper and Pearson's limits, of counts that need not be whole."""
    low = float(betaincinv(ones, units - ones + 1, tail)) if ones > 0 else 0.0
    high = float(betaincinv(ones + 1, units - ones, 1 - tail)) if ones < units else 1.0
    return low, high
