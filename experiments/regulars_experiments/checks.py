"""Checks on which trust rests: sample ratio, balance before the start, whether orders match."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from regulars_experiments.moments import Summary
from regulars_experiments.results import FloatArray

SAMPLE_RATIO_LEVEL = 0.001
"""p below this flags a sample ratio (Fabijan et al. 2019)."""
_LEAST_EXPECTED = 10


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
    """Chi-square of counts against shares; exact multinomial where an arm expects under 10.

    shares need not add up to 1; an arm with share 0 takes no part in statistic or degrees of
    freedom. Raises ValueError when nothing was observed or fewer than two arms are live.
    """
    live = [i for i, share in enumerate(shares) if share > 0]
    total = sum(observed[i] for i in live)
    if len(live) < 2 or total == 0:
        raise ValueError("a sample ratio needs at least two arms with a share, and a customer")
    weight = sum(shares[i] for i in live)
    expected = [total * shares[i] / weight for i in live]
    counts = [observed[i] for i in live]
    if min(expected) < _LEAST_EXPECTED and len(live) == 2:
        p_value, method = _exact_binomial(counts[0], total, expected[0] / total), "exact binomial"
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


def _exact_binomial(successes: int, n: int, share: float) -> float:
    """Two-sided: all outcomes that are at most as likely as the observed one."""
    k = np.arange(n + 1)
    log_mass = (
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + special.xlogy(k, share)
        + special.xlog1py(n - k, -share)
    )
    mass = np.exp(log_mass)
    return float(min(1.0, mass[mass <= mass[successes] * (1 + 1e-7)].sum()))


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
    inverse = np.linalg.pinv(correlation, rcond=1e-10, hermitian=True)
    rank = int(np.linalg.matrix_rank(correlation, tol=1e-10, hermitian=True))
    return Balance(
        covariates=tuple(covariates),
        differences=tuple(float(value) for value in standardised),
        p_value=float(special.chdtrc(rank, float(z @ inverse @ z))),
    )


def independence(table: Sequence[Sequence[int]]) -> float | None:
    """Chi-square p-value that rows (arms) fill the columns alike; None where a column is empty.

    The counts are taken as they are, without a continuity correction.
    """
    counts = np.array(table, dtype=np.float64)
    if counts.shape[0] < 2 or not (counts.sum(axis=0) > 0).all() or not counts.sum(axis=1).all():
        return None
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return float(special.chdtrc(freedom, statistic))
