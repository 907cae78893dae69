"""How far a median can be trusted, from the order of the values alone."""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from regulars_experiments.results import FloatArray

LEAST_VALUES = 6
"""Of fewer values not even the smallest and the largest enclose the median 19 times out of 20."""


def median_ranks(
    n: FloatArray, confidence: float = 0.95
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which of `n` values in ascending order (counted from 0) enclose the median, whatever their
    distribution.

    n: (cells,), at least LEAST_VALUES at 95%. Conover (1999), Practical Nonparametric Statistics,
    section 3.2, in the normal approximation, one place wider on each side so that the exact
    binomial coverage is never below the confidence.

    >>> low, high = median_ranks(np.array([6.0, 20.0, 1000.0]))
    >>> low.tolist(), high.tolist()
    ([0, 4, 468], [5, 15, 531])
    """
    half = ndtri(0.5 + confidence / 2) * np.sqrt(n) / 2
    low = np.maximum(np.floor(n / 2 - half) - 1, 0).astype(np.int64)
    return low, (n - 1).astype(np.int64) - low
