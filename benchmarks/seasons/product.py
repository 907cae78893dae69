"""Regulars: its advice from one campaign alone, and with the memory of those before.

The product's own functions, put together as its report does (`reports.findings` and
`reports.with_memory` of the platform).
"""

from dataclasses import dataclass

import numpy as np
from benchmarks.seasons import shop
from benchmarks.seasons.bayes import Decided, Flags
from benchmarks.seasons.shop import Reading
from benchmarks.seasons.worlds import DAYS_BETWEEN, Floats
from scipy import special

from regulars_experiments.memory import recall, remember
from regulars_experiments.pooling import Posterior
from regulars_experiments.segments import pool_segments
from regulars_experiments.verdicts import Advice, decide

CONFIDENCE = 0.95
_HELD = shop.HOLDOUT * shop.SIZES


@dataclass(frozen=True, kw_only=True)
class _Taught:
    """What the campaigns so far have shown, each with the tests that this rule made of it."""

    estimate: Floats
    shared: Floats
    level: Floats


def follow(one: Reading, both: Reading, *, memory: bool) -> Decided:
    """one, both: of one test and of two together; (seasons, campaigns, segments)."""
    shape = one.estimate.shape
    kept, tested = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    taught = _Taught(
        estimate=one.estimate.copy(), shared=np.where(np.isnan(one.estimate), np.nan, one.shared),
        level=one.level,
    )  # fmt: skip
    for campaign in range(shape[1]):
        priors = _recalled(taught, campaign) if memory and campaign else [None] * shape[0]
        for season, prior in enumerate(priors):
            here = (season, campaign)
            keep, again = _advice(_believed(taught, here, prior), taught.shared[here])
            if again.any():
                taught.estimate[here] = np.where(again, both.estimate[here], one.estimate[here])
                taught.shared[here] = np.where(again, both.shared[here], taught.shared[here])
                after = _believed(taught, here, prior).mean() > 0
                keep = np.where(again, after, keep)
            kept[here], tested[here] = keep, again
    return Decided(kept=kept, tested=tested)


def _recalled(taught: _Taught, campaign: int) -> list[Posterior]:
    """Before this campaign, per season: what memory expects, doubt included."""

    def cells(values: Floats) -> Floats:
        return values[:, :campaign].transpose(0, 2, 1).reshape(-1, campaign)

    estimates = cells(taught.estimate)
    ages = np.broadcast_to(DAYS_BETWEEN * np.arange(campaign, 0, -1), estimates.shape)
    levels = cells(taught.level).mean(axis=1)
    prior = recall(estimates, cells(taught.shared), ages, levels).as_prior
    segments = taught.estimate.shape[2]
    return [
        Posterior(
            weights=prior.weights if prior.weights.ndim == 1 else prior.weights[:, mine],
            means=prior.means[:, mine],
            deviations=prior.deviations[:, mine],
        )
        for mine in (slice(k, k + segments) for k in range(0, len(estimates), segments))
    ]


def _believed(taught: _Taught, here: tuple[int, int], prior: Posterior | None) -> Posterior:
    pooled = pool_segments(taught.estimate[here], taught.shared[here], _HELD, taught.level[here])
    if pooled is None:
        raise ValueError("a shop of this size always has an estimate for some segment")
    if prior is None:
        return pooled
    # as a normal belief, of the same central interval
    tail = (1 - CONFIDENCE) / 2
    width = pooled.quantile(1 - tail) - pooled.quantile(tail)
    return remember(prior, pooled.mean(), width / (2 * special.ndtri(1 - tail))).with_memory


def _advice(believed: Posterior, errors: Floats) -> tuple[Flags, Flags]:
    """(keep, test once more) per segment."""
    # too few buyers for an answer of its own: one more test would be as vague as the belief now
    test_errors = np.where(np.isfinite(errors), errors, believed.deviation())
    advice = [
        decide(
            believed,
            segment,
            customers=int(shop.SIZES[segment]),
            rounds=shop.ROUNDS,
            holdout_share=shop.HOLDOUT,
            test_error=float(test_errors[segment]),
        ).advice
        for segment in range(len(errors))
    ]
    return (
        np.array([each is Advice.KEEP for each in advice]),
        np.array([each is Advice.RETEST for each in advice]),
    )
