"""The mean of values that come in bunches: those of one bunch are alike."""

import math

import numpy as np
from scipy.special import stdtr, stdtrit

from regulars_experiments.results import Answer, Estimate, FloatArray, NotEstimable, Reason


def clustered_mean(sums: FloatArray, sizes: FloatArray, *, confidence: float = 0.95) -> Answer:
    """Mean per unit, with an error that counts bunches instead of units.

    sums, sizes: (bunches,), the sum of the values and how many there are in each bunch. Liang &
    Zeger (1986), eq. 7, for a mean, with the factor G / (G - 1) for G bunches and t on G - 1
    degrees of freedom. NotEstimable for fewer than two bunches, or where no bunch differs.

    >>> found = clustered_mean(np.array([10.0, 0.0, 26.0]), np.array([2.0, 1.0, 3.0]))
    >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2)
    (6.0, -2.96, 14.96)
    """
    bunches, units = len(sums), float(np.sum(sizes))
    if bunches < 2 or units <= 0:
        return NotEstimable(reason=Reason.TOO_FEW_UNITS)
    mean = float(np.sum(sums)) / units
    residuals = sums - mean * sizes
    meat = float(np.sum(residuals**2)) * bunches / (bunches - 1)
    error = math.sqrt(meat) / units
    if not error > 1e-12 * abs(mean):
        return NotEstimable(reason=Reason.NO_VARIATION)
    half = float(stdtrit(bunches - 1, 0.5 + confidence / 2)) * error
    return Estimate(
        estimate=mean,
        standard_error=error,
        low=mean - half,
        high=mean + half,
        p_value=2 * float(stdtr(bunches - 1, -abs(mean) / error)),
    )
