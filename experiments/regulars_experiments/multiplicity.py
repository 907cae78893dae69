"""Many tests at once: corrections, and p-values that stay honest far out in the tail.

Correcting for 500 segments looks at p-values near 1 in 1,000, where those of Welch's test are
wrong for sparse money: with nothing true, Benjamini-Hochberg at 10% on them finds something nearly
always. `segment_p_values` gives what keeps the level: for shares the exact conditional test, for
money the permutation test of the pooled customers. Measured with 500 segments, a tenth held out, 5%
buyers, log-sd 1.4, nothing true, at least 30 expected buyers in the smaller group: any discovery in
99% of campaigns by Welch, 45% by the money interval of each segment, 3% here.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import FloatArray

_LEAST_P = 1e-9  # three moments do not resolve a smaller p-value of money
_BLOCK = 128  # terms of the hypergeometric tail per step


def holm(p_values: FloatArray) -> FloatArray:
    """Adjusted p-values that hold the family-wise error (Holm 1979, sec. 3); NaN takes no part.

    p_values: (tests,), any dependence between them.

    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted, known = _ranked(p_values)
    steps = (len(known) - np.arange(len(known))) * p_values[known]
    adjusted[known] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Adjusted p-values that hold the false discovery rate; NaN takes no part.

    p_values: (tests,), independent or positively dependent, and right in the tail: see
    `segment_p_values`. Source: Benjamini & Hochberg 1995, sec. 3.1.

    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.2])).round(2).tolist()
    [0.03, 0.06, nan, 0.2]
    """
    adjusted, known = _ranked(p_values)
    steps = p_values[known] * len(known) / np.arange(1, len(known) + 1)
    adjusted[known] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def family_adjusted(
    p_values: FloatArray,
    family: npt.NDArray[np.bool_],
    *,
    correct: Callable[[FloatArray], FloatArray] = holm,
) -> FloatArray:
    """Corrected within the family, as they are outside of it; both arrays of shape (tests,).

    A guard-rail asks whether something was broken: it is not one of the chances to claim success,
    and correcting it would hide damage. It stays outside, and makes no claim harder.

    >>> import numpy as np
    >>> primary_or_secondary = np.array([True, True, False])
    >>> family_adjusted(np.array([0.01, 0.04, 0.03]), primary_or_secondary).tolist()
    [0.02, 0.04, 0.03]
    """
    adjusted = p_values.astype(np.float64)
    adjusted[family] = correct(p_values[family])
    return adjusted


def segment_p_values(
    control: Summary,
    arm: Summary,
    *,
    buyers: tuple[FloatArray, FloatArray] | None = None,
    third: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """p-values of "no effect in this segment" for Benjamini-Hochberg over many; shape (segments,).

    A column of 0 and 1 (buyers None): `mid_p_proportions`. Money: `pooled_skew_p`, which explains
    `third`; buyers: customers with a non-zero amount, (control, arm). NaN, no test, with fewer than
    two customers in a group, without variation, or with fewer than 30 buyers expected in the
    smaller group (its size x the common share of buyers, which under no effect says nothing about
    who won: Bourgon, Gentleman & Huber 2010).

    >>> import numpy as np
    >>> def share(n: float, p: float) -> Summary:
    ...     return Summary(n=np.array([n, 100.0]), mean=np.array([p, p]),
    ...                    variance=np.array([p * (1 - p)] * 2), mean_square=np.array([p, p]))
    >>> segment_p_values(share(1_000, 0.05), share(9_000, 0.07)).round(4).tolist()
    [0.0139, nan]
    """
    bought = (control.mean * control.n, arm.mean * arm.n) if buyers is None else buyers
    n, total = control.n + arm.n, bought[0] + bought[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.minimum(control.n, arm.n) * total / n
        enough = (total >= n) | (expected >= LEAST_EXPECTED_BUYERS)
    if buyers is None:
        p_value = mid_p_proportions(bought[0], control.n, bought[1], arm.n)
    else:
        p_value = pooled_skew_p(control, arm, buyers=buyers, third=third)
    testable = (control.n >= 2) & (arm.n >= 2) & (control.variance + arm.variance > 0)
    return np.where(testable & enough, p_value, np.nan)


def mid_p_proportions(
    successes_control: FloatArray,
    n_control: FloatArray,
    successes_arm: FloatArray,
    n_arm: FloatArray,
) -> FloatArray:
    """Two-sided mid-p of "both shares are equal", given how many succeeded in all; shape (cells,).

    Twice the smaller tail of the hypergeometric distribution, what was observed counted half
    (Lancaster 1961, sec. 2): exact but for that half, so a little liberal where Fisher's test is
    too strict. 1 where nobody or everybody succeeds; NaN where a group is empty or a number is
    missing. Tails are added term by term, in time that grows as the root of the successes; relative
    error 1e-13 for thousands of customers, 1e-6 for a thousand million.

    >>> import numpy as np
    >>> p = mid_p_proportions(*(np.array([x]) for x in (2.0, 10.0, 8.0, 10.0)))
    >>> round(float(p[0]), 4)
    0.0121
    """
    x_c, x_t = np.rint(successes_control), np.rint(successes_arm)
    k = x_c + x_t
    with np.errstate(divide="ignore", invalid="ignore"):
        high = x_c * n_arm > x_t * n_control
        known = (n_control >= 1) & (n_arm >= 1) & np.isfinite(k)
    # the lower tail of the control is the upper tail of the arm
    x = np.where(high, x_c, x_t)[known]
    n = np.where(high, n_control, n_arm)[known]
    other, k = np.where(high, n_arm, n_control)[known], k[known]
    p_value = np.full(successes_control.shape, np.nan)
    tail = np.exp(_log_hypergeometric(x, k, n, other)) * (_terms_from(x, k, n, other) - 0.5)
    p_value[known] = 2 * np.minimum(tail, np.maximum(1 - tail, 0))
    return p_value


def pooled_skew_p(
    control: Summary,
    arm: Summary,
    *,
    buyers: tuple[FloatArray, FloatArray],
    third: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """Two-sided p-value of "the campaign changed nothing for anybody" for money; shape (cells,).

    Were that so, the groups would be a random split of the pooled customers. The split's moments
    are known exactly from the pooled ones (Pitman 1937, sec. 2): with N customers, the control's
    sum has variance n_c n_t S2 / (N (N-1)) and third moment n_c n_t (n_t - n_c) S3 /
    (N (N-1) (N-2)). A shifted lognormal with these three moments gives the tails (Johnson 1949):
    the normal is far too sure where a small group lacks a big basket, Cornish-Fisher's expansion
    too timid, and Pearson's third type too sure on the left.

    third: each group's third central moment, mean of (y - its mean)^3. Without it the amounts of
    buyers count as gamma distributed, which keeps the level too and finds a little less. A test of
    no effect, not an interval. Values below 1e-9 are given as 1e-9; NaN without variation.

    >>> import numpy as np
    >>> def group(n: float, mean: float) -> Summary:
    ...     return Summary(n=np.array([n]), mean=np.array([mean]), variance=np.array([220.0]),
    ...                    mean_square=np.array([220.0 + mean**2]))
    >>> bought = np.array([50.0]), np.array([450.0])
    >>> pooled_skew_p(group(1e3, 1.5), group(9e3, 2.5), buyers=bought).round(3).tolist()
    [0.03]
    >>> pooled_skew_p(group(1e3, 3.4), group(9e3, 2.4), buyers=bought).round(3).tolist()
    [0.055]
    """
    n_c, n_t = control.n, arm.n
    n = n_c + n_t
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = (n_c * control.mean + n_t * arm.mean) / n
        sides = [
            (side.n, side.mean - mean, side.variance * (side.n - 1) / side.n)
            for side in (control, arm)
        ]
        square = np.sum([size * (v + away**2) for size, away, v in sides], axis=0)
        if third is None:
            cube = n * _gamma_third(mean, square / n, (buyers[0] + buyers[1]) / n)
        else:
            cube = np.sum(
                [
                    size * (own + 3 * away * v + away**3)
                    for (size, away, v), own in zip(sides, third, strict=True)
                ],
                axis=0,
            )
        deviation = np.sqrt(n_c * n_t * square / (n * (n - 1)))
        skewness = n_c * n_t * (n_t - n_c) * cube / (n * (n - 1) * (n - 2)) / deviation**3
        skewness = np.where(n_c == n_t, 0.0, skewness)
        z = _shifted_lognormal_z(n_c * (control.mean - mean) / deviation, skewness)
    p_value: FloatArray = np.maximum(2 * special.ndtr(-np.abs(z)), _LEAST_P)
    return p_value


def _shifted_lognormal_z(z: FloatArray, skewness: FloatArray) -> FloatArray:
    """The normal quantile that goes with z standard deviations of a shifted lognormal.

    Its third moment fixes w = exp(s^2) by (w + 2) sqrt(w - 1) = skewness (Johnson 1949, eq. 20);
    with sinh this cubic has the root sqrt(w - 1) = 2 sinh(arcsinh(skewness / 2) / 3).
    """
    root = 2 * np.sinh(np.arcsinh(skewness / 2) / 3)  # its sign is the skewness's
    s = np.sign(root) * np.sqrt(np.log1p(root**2))
    inside = 1 + z * root
    # beyond the end of the distribution nothing is expected: as far out as can be
    beyond = np.where(root > 0, -np.inf, np.inf)
    value = np.where(
        inside > 0, (np.log1p(np.maximum(z * root, -1 + 1e-300)) + s**2 / 2) / s, beyond
    )
    return np.where(np.abs(root) < 1e-9, z, np.where(np.isnan(root), np.nan, value))


def _gamma_third(mean: FloatArray, variance: FloatArray, share: FloatArray) -> FloatArray:
    """Third central moment of amounts that are 0 or, for a share of customers, gamma distributed.

    Given the mean and variance over all customers. NaN where buyers spend nothing on balance.
    """
    amount = mean / share
    above = amount - mean
    spread = np.maximum(variance - share * above**2 - (1 - share) * mean**2, 0) / share
    # gamma: third central moment = 2 variance^2 / mean
    third = share * (2 * spread**2 / amount + 3 * above * spread + above**3) - (1 - share) * mean**3
    return np.where(amount > 0, third, np.nan)


def _log_hypergeometric(
    x: FloatArray, k: FloatArray, n: FloatArray, other: FloatArray
) -> FloatArray:
    """log P(x of the k successes are among n) when the rest are among `other`."""

    def choose(size: FloatArray, part: FloatArray) -> FloatArray:
        value: FloatArray = (
            special.gammaln(size + 1) - special.gammaln(part + 1) - special.gammaln(size - part + 1)
        )
        return value

    return choose(n, x) + choose(other, k - x) - choose(n + other, k)


def _terms_from(x: FloatArray, k: FloatArray, n: FloatArray, other: FloatArray) -> FloatArray:
    """(P(x) + P(x + 1) + ...) / P(x) of the hypergeometric distribution, x at or above its mean."""
    total, last = np.ones(x.shape), np.ones(x.shape)
    active = np.flatnonzero(np.minimum(k, n) > x)
    step = np.arange(_BLOCK)
    while len(active):
        at = x[active, None] + step
        among, rest = k[active, None], n[active, None]
        # P(x + 1) / P(x); 0 at the end of the support
        ratio = np.maximum((among - at) * (rest - at), 0) / (
            (at + 1) * (other[active, None] - among + at + 1)
        )
        ratio[(at >= among) | (at >= rest)] = 0.0
        terms = last[active, None] * np.cumprod(ratio, axis=1)
        total[active] += terms.sum(axis=1)
        last[active] = terms[:, -1]
        active = active[terms[:, -1] > 1e-17 * total[active]]
        step = step + _BLOCK
    return total


def _ranked(p_values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """NaN for each test, and the places of those with a p-value, smallest first."""
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    return np.full(p_values.shape, np.nan), order
