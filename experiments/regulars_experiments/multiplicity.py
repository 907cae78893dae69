"""Many tests at once: corrections, and p-values that stay honest far out in the tail.

Correcting for 500 segments looks at p-values near 1 in 1,000, where those of Welch's test are
wrong for sparse money: with nothing true, Benjamini-Hochberg at 10% on them finds something nearly
always. `segment_p_values` gives what keeps the level: for shares the exact conditional test, for
money the permutation test of the pooled customers.

Measured with 500 segments, 5% buyers, nothing true, at least 30 buyers expected in the smaller
group (100 campaigns each): any discovery at 10%, by Welch / each segment's money interval / here:
- a tenth held out, log-sd of baskets 1.4: 99% / 18% / 2%
- a fiftieth held out, log-sd 1.2: 100% / 14% / 9%
- a tenth held out, log-sd between 0.4 and 1.6 by segment: 86% / 9% / 4%
"""

import numpy as np
import numpy.typing as npt
from scipy import special

from regulars_experiments.moments import Summary
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import FloatArray

_LEAST_P = 1e-9  # two moments do not resolve a smaller p-value of money
_NO_SKEW = 1e-5  # below, gamma and lognormal tails are normal to five digits
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


def segment_p_values(
    control: Summary,
    arm: Summary,
    *,
    buyers: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """p-values of "no effect in this segment" for Benjamini-Hochberg over many; shape (segments,).

    A column of 0 and 1 (buyers None): `mid_p_proportions`. Money: `pooled_skew_p`; buyers:
    customers with a non-zero amount, (control, arm). NaN, no test, with fewer than two customers in
    a group, without variation, or with fewer than 30 buyers expected in the smaller group (its size
    x the common share of buyers, which under no effect says nothing about who won: Bourgon,
    Gentleman & Huber 2010).

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
        p_value = pooled_skew_p(control, arm)
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


def pooled_skew_p(control: Summary, arm: Summary) -> FloatArray:
    """Two-sided p-value of "the campaign changed nothing for anybody" for money; shape (cells,).

    Were that so, the groups would be a random split of the pooled customers, and the smaller
    group's sum would have the mean n_s M and the variance n_c n_t S2 / (N (N - 1)) of all splits
    (Pitman 1937, sec. 2; M the mean, S2 the squares around it of all N). It is never below zero and
    skewed, the more so the fewer buyers carry it and the smaller the group: as a gamma or a
    lognormal variable on [0, inf) for a small share f of the customers, symmetric at one half, so
    the skewness fades as 1 - 2 f. The larger p-value of the two counts. The normal distribution is
    far too sure where a small group lacks a big basket; expansions from third moments (Edgeworth,
    Cornish-Fisher, shifted lognormal, Pearson) were too timid or, at 2% held out, too sure.

    A test of no effect, not an interval. Values below 1e-9 are given as 1e-9. NaN without
    variation, and where the mean of all is zero.

    >>> import numpy as np
    >>> def group(n: float, mean: float) -> Summary:
    ...     return Summary(n=np.array([n]), mean=np.array([mean]), variance=np.array([220.0]),
    ...                    mean_square=np.array([220.0 + mean**2]))
    >>> pooled_skew_p(group(1e3, 1.5), group(9e3, 2.5)).round(3).tolist()
    [0.027]
    >>> pooled_skew_p(group(1e3, 3.4), group(9e3, 2.4)).round(3).tolist()
    [0.063]
    """
    n_c, n_t = control.n, arm.n
    n = n_c + n_t
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = (n_c * control.mean + n_t * arm.mean) / n
        square = np.sum(
            [
                (side.n - 1) * side.variance + side.n * (side.mean - mean) ** 2
                for side in (control, arm)
            ],
            axis=0,
        )
        deviation = np.sqrt(n_c * n_t * square / (n * (n - 1)))
        smaller = np.minimum(n_c, n_t)
        # the smaller group's sum; what is below zero on the whole is seen from its other side
        side = np.where(n_c <= n_t, 1.0, -1.0) * np.sign(mean)
        z = side * n_c * (control.mean - mean) / deviation
        skew = (1 - 2 * smaller / n) * deviation / (smaller * np.abs(mean))
        tails = zip(_gamma_tails(z, skew), _lognormal_tails(z, skew), strict=True)
        below, above = (np.maximum(one, other) for one, other in tails)
    p_value: FloatArray = np.clip(2 * np.minimum(below, above), _LEAST_P, 1.0)
    return np.where(np.isfinite(z) & np.isfinite(skew), p_value, np.nan)


def _gamma_tails(z: FloatArray, skew: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P below and above z of a standardised gamma variable that ends at -1 / skew."""
    shape = 1 / np.maximum(skew, _NO_SKEW) ** 2
    x = np.maximum(shape + np.sqrt(shape) * z, 0)
    straight = skew < _NO_SKEW
    below = np.where(straight, special.ndtr(z), special.gammainc(shape, x))
    above = np.where(straight, special.ndtr(-z), special.gammaincc(shape, x))
    return below, above


def _lognormal_tails(z: FloatArray, skew: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P below and above z of a standardised lognormal variable that ends at -1 / skew."""
    skew = np.maximum(skew, _NO_SKEW)
    s2 = np.log1p(skew**2)
    quantile = (np.log(np.maximum(1 + z * skew, 0)) + s2 / 2) / np.sqrt(s2)
    return special.ndtr(quantile), special.ndtr(-quantile)


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
