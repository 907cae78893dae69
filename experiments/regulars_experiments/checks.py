"""Checks on which trust rests: sample ratio, balance before the start, whether orders match."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.moments import Summary
from regulars_experiments.results import FloatArray

SAMPLE_RATIO_LEVEL = 0.001
"""p below this flags a sample ratio (Fabijan et al. 2019)."""
_LEAST_EXPECTED = 10
_MOST_OUTCOMES = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleRatio:
    """Whether the counts per arm fit the shares that were planned."""

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    p_value: float
    method: str

    @property
    def flagged(self) -> bool:
        """Counts that far off hardly ever come about by chance: something lost customers."""
        return self.p_value < SAMPLE_RATIO_LEVEL


def sample_ratio(observed: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Chi-square of counts against shares; exact where an arm expects under 10.

    Exact is the multinomial test (all outcomes at most as likely as the observed one), or, where
    those are too many to go through, the smallest of the arms' binomial tests times their number.
    shares need not add up to 1; an arm with share 0 takes no part in statistic or degrees of
    freedom. Raises ValueError when nothing was observed or fewer than two arms are live.

    >>> sample_ratio([9_850, 90_150], [0.1, 0.9]).p_value  # doctest: +ELLIPSIS
    0.11384629...
    """
    live = [i for i, share in enumerate(shares) if share > 0]
    total = sum(observed[i] for i in live)
    if len(live) < 2 or total == 0:
        raise ValueError("a sample ratio needs at least two arms with a share, and a customer")
    weight = sum(shares[i] for i in live)
    expected = [total * shares[i] / weight for i in live]
    counts = [observed[i] for i in live]
    if min(expected) < _LEAST_EXPECTED:
        p_value, method = _exact(counts, [value / total for value in expected])
    else:
        statistic = sum((o - e) ** 2 / e for o, e in zip(counts, expected, strict=True))
        p_value = float(special.chdtrc(len(live) - 1, statistic))
        method = "chi-square"
    shown = [0.0] * len(shares)
    for place, value in zip(live, expected, strict=True):
        shown[place] = value
    return SampleRatio(
        observed=tuple(observed), expected=tuple(shown), p_value=p_value, method=method
    )


def same_shares(inside: Sequence[int], outside: Sequence[int]) -> float:
    """p-value that a segment's customers are shared out over the arms as all others are.

    Counts per arm in the segment and in the rest: chi-square, or where an arm expects under 10 in
    either, Fisher's exact test (with more than two arms the smallest of each arm against the
    others, times their number). 1 where there is nobody to compare with.

    >>> round(same_shares([10, 90], [20, 80]), 4)
    0.0477
    >>> round(same_shares([3, 1], [1, 3]), 4)  # Fisher 1935, the lady who tastes tea
    0.4857
    """
    counts = np.array([inside, outside], dtype=np.float64)
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return 1.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    if expected.min() >= _LEAST_EXPECTED:
        statistic = float(((counts - expected) ** 2 / expected).sum())
        return float(special.chdtrc(counts.shape[1] - 1, statistic))
    size, total = counts[0].sum(), counts.sum()
    pairs = zip(counts[0].tolist(), counts.sum(axis=0).tolist(), strict=True)
    each = [_fisher(taken, size, arm, total) for taken, arm in pairs]
    # of two arms, one says all that the other does
    return each[0] if len(each) == 2 else min(1.0, len(each) * min(each))


def _fisher(taken: float, size: float, arm: float, total: float) -> float:
    """Of `size` drawn from `total`, `taken` are of the `arm`: all outcomes at most as likely."""
    every = np.arange(max(0.0, size + arm - total), min(size, arm) + 1)
    log_mass = -sum(
        special.gammaln(left + 1) for left in (every, size - every, arm - every)
    ) - special.gammaln(total - size - arm + every + 1)
    log_mass -= special.logsumexp(log_mass)
    tie = 1e-7 + 1e-14 * float(special.gammaln(total + 1))
    own = log_mass[int(taken - every[0])]
    return float(min(1.0, np.exp(log_mass[log_mass <= own + tie]).sum()))


def _exact(counts: Sequence[int], shares: Sequence[float]) -> tuple[float, str]:
    if len(counts) == 2:
        return _exact_multinomial(counts, shares), "exact binomial"
    total, arms = sum(counts), len(counts)
    if math.comb(total + arms - 1, arms - 1) <= _MOST_OUTCOMES:
        return _exact_multinomial(counts, shares), "exact multinomial"
    each = [
        _exact_multinomial((count, total - count), (share, 1 - share))
        for count, share in zip(counts, shares, strict=True)
    ]
    return min(1.0, arms * min(each)), "exact binomial per arm (Bonferroni)"


def _exact_multinomial(counts: Sequence[int], shares: Sequence[float]) -> float:
    """All outcomes that are at most as likely as the observed one."""
    total = sum(counts)
    left, log_mass = np.array([total]), np.array([special.gammaln(total + 1)])
    for share in shares[:-1]:
        # every outcome so far goes on with 0, 1, ... all of those left in this arm
        ways = left + 1
        before = np.repeat(np.cumsum(ways) - ways, ways)
        taken = np.arange(int(ways.sum())) - before
        left = np.repeat(left, ways) - taken
        log_mass = np.repeat(log_mass, ways) + special.xlogy(taken, share)
        log_mass -= special.gammaln(taken + 1)
    log_mass += special.xlogy(left, shares[-1]) - special.gammaln(left + 1)
    observed = float(special.gammaln(total + 1)) + sum(
        float(special.xlogy(count, share) - special.gammaln(count + 1))
        for count, share in zip(counts, shares, strict=True)
    )
    # equally likely outcomes differ by rounding, the more so the more customers there are
    tie = 1e-7 + 1e-14 * float(special.gammaln(total + 1))
    return float(min(1.0, np.exp(log_mass[log_mass <= observed + tie]).sum()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """How alike arm and control were before the start.

    differences: standardised difference per covariate (in standard deviations), NaN where nobody
    differs. p_value: one chi-square over all covariates together; NaN where none varies.
    """

    covariates: tuple[str, ...]
    differences: tuple[float, ...]
    p_value: float

    @property
    def flagged(self) -> bool:
        """A draw this uneven happens once in a thousand."""
        return self.p_value < SAMPLE_RATIO_LEVEL


def balance(
    covariates: Sequence[str],
    control: Sequence[Summary],
    arm: Sequence[Summary],
    covariance: FloatArray,
) -> Balance:
    """Standardised differences and one omnibus test.

    control, arm: one Summary per covariate, of one cell each. covariance: pooled covariance
    matrix (covariates x covariates). The statistic is d' V^-1 d with V = covariance (1/n_c + 1/n_t)
    (Hansen & Bowers 2008), chi-square with the rank of V.

    >>> def group(n: float, mean: float) -> Summary:
    ...     return Summary(n=np.array([n]), mean=np.array([mean]), variance=np.array([4.0]),
    ...                    mean_square=np.array([4.0 + mean**2]))
    >>> found = balance(["orders"], [group(100, 3.0)], [group(100, 3.5)], np.array([[4.0]]))
    >>> float(found.differences[0]), round(found.p_value, 4)
    (0.25, 0.0771)
    """
    differences = np.array(
        [float(t.mean[0] - c.mean[0]) for c, t in zip(control, arm, strict=True)]
    )
    spread = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = np.where(spread > 0, differences / spread, np.nan)
    varies = spread > 0
    if not varies.any():
        return Balance(
            covariates=tuple(covariates), differences=tuple(standardised), p_value=float("nan")
        )
    # on the correlation scale, so that the rank does not depend on the units
    correlation = covariance[np.ix_(varies, varies)] / np.outer(spread[varies], spread[varies])
    n_c, n_t = float(control[0].n[0]), float(arm[0].n[0])
    z = standardised[varies] / np.sqrt(1 / n_c + 1 / n_t)
    values, directions = np.linalg.eigh(correlation)
    own = values > 1e-10 * values.max()
    statistic = float((((directions.T @ z)[own]) ** 2 / values[own]).sum())
    return Balance(
        covariates=tuple(covariates),
        differences=tuple(float(value) for value in standardised),
        p_value=float(special.chdtrc(int(own.sum()), statistic)),
    )


def independence(table: Sequence[Sequence[int]]) -> float | None:
    """Chi-square p-value that rows (arms) fill the columns alike; None where a column is empty.

    The counts are taken as they are, without a continuity correction (Pearson 1900).

    >>> round(independence([[10, 90], [20, 80]]), 4)
    0.0477
    """
    counts = np.array(table, dtype=np.float64)
    if counts.shape[0] < 2 or not (counts.sum(axis=0) > 0).all() or not counts.sum(axis=1).all():
        return None
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return float(special.chdtrc(freedom, statistic))
