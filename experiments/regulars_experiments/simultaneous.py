"""Bands that hold everywhere at once: the quantile for the largest of several correlated errors.

Of several intervals at 95% one is likely to miss. A band whose every limit holds at the same time
with 95% takes a larger quantile of the same limits. Arms that share one holdout err together, since
its luck is in each difference: corr(d_i, d_j) = l_i l_j, with l_i^2 the control's share of the
variance of d_i. Given the holdout the arms are independent, so the chance that all errors stay
within q is one integral (Dunnett 1955, eq. 2.5, two-sided):

    P(max |Z_i| <= q) = integral of phi(u) prod_i [Phi((q - l_i u) / s_i) - Phi((-q - l_i u) / s_i)]

over u, with s_i^2 = 1 - l_i^2. Cells without a common holdout have l = 0: Sidak's quantile.
"""

import numpy as np
from scipy import special

from regulars_experiments.results import FloatArray

_NODES = np.linspace(-9.0, 9.0, 361)
_LARGEST_LOADING2 = 0.99
"""Above, steps of 0.05 would no longer resolve the integrand; less correlation only widens."""
_MOST_STEPS = 60


def joint_quantile(loadings: FloatArray, confidence: float) -> FloatArray:
    """The q with P(max_i |Z_i| <= q) = confidence; one per family.

    loadings: (families, cells), each 0 to 1; NaN where a family lacks the cell. The answer has
    shape (families,); a family without any cell gets the quantile of a single one. Raises
    ValueError for a confidence outside 0 to 1 or loadings that are no such.

    Five arms as large as their common holdout; five independent ones; one alone:

    >>> five = np.full(5, np.sqrt(0.5))
    >>> joint_quantile(np.array([five, np.zeros(5)]), 0.95).round(3).tolist()
    [2.511, 2.569]
    >>> joint_quantile(np.array([[0.5, np.nan]]), 0.95).round(3).tolist()
    [1.96]
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    known = np.isfinite(loadings)
    shared = np.where(known, loadings, 0.0)
    if ((shared < 0) | (shared > 1)).any():
        raise ValueError("the loading on the common holdout lies between 0 and 1")
    shared = np.minimum(shared, np.sqrt(_LARGEST_LOADING2))
    # a cell that is missing stays within every q
    cells = np.maximum(known.sum(axis=1), 1)
    low = np.full(len(loadings), special.ndtri(0.5 + confidence / 2))
    high = -special.ndtri((1 - confidence) / (2 * cells))  # Bonferroni's is never too small
    for _ in range(_MOST_STEPS):
        middle = (low + high) / 2
        if (high - low <= 1e-12 * high).all():
            break
        within = _all_within(middle, shared, known) < confidence
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    found: FloatArray = (low + high) / 2
    return found


def joint_confidence(quantile: FloatArray) -> FloatArray:
    """Confidence of one interval alone that reaches as far as the band does.

    >>> joint_confidence(np.array([1.959964])).round(4).tolist()
    [0.95]
    """
    confidence: FloatArray = 1 - 2 * special.ndtr(-quantile)
    return confidence


def _all_within(quantile: FloatArray, loadings: FloatArray, known: FloatArray) -> FloatArray:
    """P(max |Z_i| <= q) per family, by the trapezoid rule, which is exact to rounding here."""
    rest = np.sqrt(1 - loadings**2)
    chance = np.ones((len(quantile), len(_NODES)))
    for cell in range(loadings.shape[1]):
        shift = loadings[:, [cell]] * _NODES
        high = special.ndtr((quantile[:, None] - shift) / rest[:, [cell]])
        low = special.ndtr((-quantile[:, None] - shift) / rest[:, [cell]])
        chance *= np.where(known[:, [cell]], high - low, 1.0)
    weight = np.exp(-0.5 * _NODES**2)
    average: FloatArray = chance @ (weight / weight.sum())
    return average
